/* SPDX-License-Identifier: MIT */
/* Loads the system call filter. The last step: the filter refuses calls that the steps before it
 * make. */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "init/seccomp_program.h"
#include "init/steps.h"

int step_seccomp(struct init_context *context)
{
	struct sock_fprog program = { .len = seccomp_program_len,
				      /* The kernel only reads it. */
				      .filter = (struct sock_filter *)(uintptr_t)seccomp_program };
	int r;

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0)
		return 0;
	r = -errno;
	(void)snprintf(context->reason, sizeof(context->reason), "cannot load the filter: %s",
		       strerror(-r));
	return r;
}

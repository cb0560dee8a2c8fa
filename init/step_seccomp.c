/* SPDX-License-Identifier: MIT */
/* Loads the system call filter. The last step: the filter refuses calls that the steps before it
 * make. */
#include <stdio.h>
#include <string.h>

#include "init/seccomp_filter.h"
#include "init/steps.h"

int step_seccomp(struct init_context *context)
{
	scmp_filter_ctx filter = NULL;
	int r = seccomp_filter_build(SCMP_ARCH_NATIVE, &filter);

	if (r == 0) {
		r = seccomp_load(filter);
		seccomp_release(filter);
	}
	if (r < 0)
		(void)snprintf(context->reason, sizeof(context->reason),
			       "cannot load the filter: %s", strerror(-r));
	return r;
}

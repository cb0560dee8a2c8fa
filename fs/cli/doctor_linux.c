/* SPDX-License-Identifier: MIT */
/* The checks of `claudefs doctor` that only Linux has. Empty elsewhere. */
#include "fs/cli/doctor_checks.h"

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"

#define KERNEL_MAJOR 5ul /* openat2(2), new mount API */
#define KERNEL_MINOR 6ul

void doctor_look_at_kernel(const struct cli *cli, struct finding *finding)
{
	struct utsname name;
	unsigned long major;
	unsigned long minor;
	char *end;

	(void)cli;
	if (uname(&name) < 0)
		return;
	text_appendf(&finding->found, "%s %s", name.sysname, name.release);
	major = strtoul(name.release, &end, 10);
	minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
	if (major > KERNEL_MAJOR || (major == KERNEL_MAJOR && minor >= KERNEL_MINOR))
		return;
	finding->level = FINDING_WARN;
	text_appendf(&finding->mend, "without openat2; %lu.%lu or newer is faster and stricter",
		     KERNEL_MAJOR, KERNEL_MINOR);
}

void doctor_look_at_fuse(const struct cli *cli, struct finding *finding)
{
	cleanup_fd int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	(void)cli;
	if (fd >= 0) {
		text_append(&finding->found, "can be opened");
		return;
	}
	finding->level = FINDING_FAIL;
	finding->code = EXIT_NO_FUSE;
	text_append(&finding->found, strerror(errno));
	if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
		text_append(&finding->mend, "'modprobe fuse' as root; in a container, start it "
					    "with --device /dev/fuse");
	else
		text_append(&finding->mend, "'chmod 666 /dev/fuse' as root (the usual mode); in a "
					    "container, allow the device");
}

void doctor_look_at_namespaces(const struct cli *cli, struct finding *finding)
{
	int status = 0;
	pid_t pid;

	(void)cli;
	pid = fork();
	if (pid == 0)
		_exit(unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 ? 0 : 1);
	if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 0) {
		text_append(&finding->found, "can be made");
		return;
	}
	finding->level = FINDING_FAIL;
	finding->code = EXIT_FAULT;
	text_append(&finding->found, "cannot be made");
	text_append(&finding->mend,
		    "as root: 'sysctl kernel.unprivileged_userns_clone=1' (Debian), 'sysctl "
		    "kernel.apparmor_restrict_unprivileged_userns=0' (Ubuntu), 'sysctl "
		    "user.max_user_namespaces=15000'");
}

void doctor_look_at_fusermount(const struct cli *cli, struct finding *finding)
{
	cleanup_free char *path = NULL;

	(void)cli;
	if (doctor_find_program("fusermount3", &path)) {
		text_append(&finding->found, path ? path : "on PATH");
		return;
	}
	finding->level = FINDING_WARN;
	text_append(&finding->found, "not on PATH");
	text_append(&finding->mend,
		    "only 'claudefs-mount DIR' by hand needs it: install the package fuse3");
}

#endif

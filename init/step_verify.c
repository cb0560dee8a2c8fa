/* SPDX-License-Identifier: MIT */
/* Steps that believe nothing of what the launcher was to prepare: each looks for itself. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "init/steps.h"

#ifndef FUSE_SUPER_MAGIC
#define FUSE_SUPER_MAGIC 0x65735546
#endif

int step_verify_pid(struct init_context *context)
{
	char self[16] = "";

	if (getpid() != 1)
		return step_refuse(context, "process id is %d, not 1", (int)getpid());
	/* A /proc of another pid namespace would show the host's processes. */
	if (readlink("/proc/self", self, sizeof(self) - 1) < 0)
		return step_refuse(context, "/proc/self: %s", strerror(errno));
	if (strcmp(self, "1") != 0)
		return step_refuse(context, "/proc belongs to another pid namespace");
	return 0;
}

static int require_read_only(struct init_context *context, const char *path)
{
	struct statvfs info;

	if (statvfs(path, &info) < 0)
		return step_refuse(context, "%s: %s", path, strerror(errno));
	if (!(info.f_flag & ST_RDONLY))
		return step_refuse(context, "%s is writable", path);
	return 0;
}

int step_verify_root(struct init_context *context)
{
	static const char *const read_only[] = { "/", "/usr", "/proc/sys" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(read_only) / sizeof(read_only[0]); i++)
		r = require_read_only(context, read_only[i]);
	return r;
}

int step_verify_view(struct init_context *context)
{
	struct statfs info;

	if (!context->view)
		return 0;
	if (statfs(context->view, &info) < 0)
		return step_refuse(context, "%s: %s", context->view, strerror(errno));
	if (info.f_type != FUSE_SUPER_MAGIC)
		return step_refuse(context, "%s is not the view (file system type %#lx)",
				   context->view, (unsigned long)info.f_type);
	return 0;
}

int step_verify_namespaces(struct init_context *context)
{
	static const char path[] = "/proc/sys/user/max_user_namespaces";
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	char value[16] = "";
	ssize_t n;

	if (fd < 0)
		return step_refuse(context, "%s: %s", path, strerror(errno));
	n = fd_pread_all(fd, value, sizeof(value) - 1, 0);
	if (n < 0)
		return step_refuse(context, "%s: %s", path, strerror((int)-n));
	if (strcmp(value, "0\n") != 0)
		return step_refuse(context, "%s is not 0", path);
	return 0;
}

/* The value behind "name:" in /proc/self/status, NUL-terminated. Returns 0 or -ENOENT. */
static int read_status(const char *status, const char *name, char *ret, size_t size)
{
	const char *line = strstr(status, name);
	size_t len;

	if (!line)
		return -ENOENT;
	line += strlen(name);
	line += strspn(line, "\t ");
	len = strcspn(line, "\n");
	if (len >= size)
		return -ENOENT;
	memcpy(ret, line, len);
	ret[len] = '\0';
	return 0;
}

/* As the kernel tells it, not as the engine was asked for it. */
int step_verify_confinement(struct init_context *context)
{
	static const struct {
		const char *name;
		const char *wanted;
		const char *what;
	} lines[] = {
		{ "\nCapInh:", "0000000000000000", "inheritable capabilities are not empty" },
		{ "\nCapPrm:", "0000000000000000", "permitted capabilities are not empty" },
		{ "\nCapEff:", "0000000000000000", "effective capabilities are not empty" },
		{ "\nCapBnd:", "0000000000000000", "the bounding set is not empty" },
		{ "\nCapAmb:", "0000000000000000", "ambient capabilities are not empty" },
		{ "\nNoNewPrivs:", "1", "no_new_privs is not set" },
		{ "\nSeccomp:", "2", "no seccomp filter is active" },
	};
	cleanup_fd int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	char status[8192] = "";
	ssize_t n = fd < 0 ? -errno : fd_pread_all(fd, status, sizeof(status) - 1, 0);

	if (n < 0)
		return step_refuse(context, "/proc/self/status: %s", strerror((int)-n));
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char value[32];

		if (read_status(status, lines[i].name, value, sizeof(value)) < 0 ||
		    strcmp(value, lines[i].wanted) != 0)
			return step_refuse(context, "%s", lines[i].what);
	}
	return 0;
}

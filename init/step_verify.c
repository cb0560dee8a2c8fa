/* SPDX-License-Identifier: MIT */
/* Steps that believe nothing of what the launcher was to prepare: each looks for itself. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdarg.h>
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

__attribute__((format(printf, 2, 3))) static int refuse(struct init_context *context,
							const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(context->reason, sizeof(context->reason), format, args);
	va_end(args);
	return -EPERM;
}

int step_verify_pid(struct init_context *context)
{
	char self[16] = "";

	if (getpid() != 1)
		return refuse(context, "process id is %d, not 1", (int)getpid());
	/* A /proc of another pid namespace would show the host's processes. */
	if (readlink("/proc/self", self, sizeof(self) - 1) < 0)
		return refuse(context, "/proc/self: %s", strerror(errno));
	if (strcmp(self, "1") != 0)
		return refuse(context, "/proc belongs to another pid namespace");
	return 0;
}

static int require_read_only(struct init_context *context, const char *path)
{
	struct statvfs info;

	if (statvfs(path, &info) < 0)
		return refuse(context, "%s: %s", path, strerror(errno));
	if (!(info.f_flag & ST_RDONLY))
		return refuse(context, "%s is writable", path);
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
		return refuse(context, "%s: %s", context->view, strerror(errno));
	if (info.f_type != FUSE_SUPER_MAGIC)
		return refuse(context, "%s is not the view (file system type %#lx)", context->view,
			      (unsigned long)info.f_type);
	return 0;
}

int step_verify_namespaces(struct init_context *context)
{
	static const char path[] = "/proc/sys/user/max_user_namespaces";
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	char value[16] = "";
	ssize_t n;

	if (fd < 0)
		return refuse(context, "%s: %s", path, strerror(errno));
	n = fd_pread_all(fd, value, sizeof(value) - 1, 0);
	if (n < 0)
		return refuse(context, "%s: %s", path, strerror((int)-n));
	if (strcmp(value, "0\n") != 0)
		return refuse(context, "%s is not 0", path);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* Steps of the agent's container. They run as the agent's user, without a privilege, before the
 * first instruction of the agent. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "init/private_file.h"
#include "init/steps.h"

#ifndef FUSE_SUPER_MAGIC
#define FUSE_SUPER_MAGIC 0x65735546
#endif

#define SKELETON  "/opt/claudefs/home" /* bound by claudefs-run: what the home begins with */
#define WORKSPACE "/run/agent/workspace"
#define FILE_MAX  (1u << 20) /* bytes of one of its files */
#define POLL_NS   2000000

extern char **environ;

static int copy_entry(int from, int to, const char *name)
{
	cleanup_free char *data = NULL;
	cleanup_fd int fd = -1;
	struct stat info;
	size_t len = 0;
	int r;

	if (fstatat(from, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISDIR(info.st_mode))
		return mkdirat(to, name, 0700) < 0 && errno != EEXIST ? -errno : 0;
	r = fd_read_file_at(from, name, FILE_MAX, &data, &len);
	if (r < 0)
		return r;
	fd = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	return fd < 0 ? -errno : fd_write_all(fd, data, len);
}

int step_agent_home(struct init_context *context)
{
	cleanup_dir DIR *skeleton = opendir(SKELETON);
	cleanup_fd int home = open(context->home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;

	if (!skeleton)
		return step_refuse(context, SKELETON ": %s", strerror(errno));
	if (home < 0)
		return step_refuse(context, "%s: %s", context->home, strerror(errno));
	while ((entry = readdir(skeleton))) {
		int r = 0;

		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = copy_entry(dirfd(skeleton), home, entry->d_name);
		if (r < 0)
			return step_refuse(context, "%s/%s: %s", context->home, entry->d_name,
					   strerror(-r));
	}
	return 0;
}

/* The image's own /workspace is a link to this one: its root is read-only. */
int step_agent_workspace(struct init_context *context)
{
	if (context->project && symlink(context->project, WORKSPACE) < 0)
		return step_refuse(context, WORKSPACE ": %s", strerror(errno));
	return 0;
}

int step_agent_wait(struct init_context *context)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };

	for (int64_t waited = 0; waited < (int64_t)context->view_ms * 1000000; waited += POLL_NS) {
		struct statfs info;

		if (statfs(context->view, &info) < 0)
			return step_refuse(context, "%s: %s", context->view, strerror(errno));
		if (info.f_type == FUSE_SUPER_MAGIC)
			return 0;
		(void)nanosleep(&pause, NULL);
	}
	return step_refuse(context, "%s: the keeper did not mount the view within %d ms",
			   context->view, context->view_ms);
}

int step_agent_environment(struct init_context *context)
{
	cleanup_fd int home = open(context->home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *data = NULL;
	size_t len = 0;
	int r = home < 0 ? -errno : private_file_take(home, &data, &len);

	if (r < 0)
		return step_refuse(context, "%s: the private variables: %s", context->home,
				   strerror(-r));
	/* Kept for good: putenv() does not copy. */
	for (char *entry = data; entry < data + len; entry += strlen(entry) + 1) {
		if (!strchr(entry, '=') || putenv(entry) != 0)
			return step_refuse(context, "a variable is not NAME=VALUE");
	}
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* The keeper and the agent's container: the view is made here and attached over there. Until
 * step_keeper_attach() has returned, nothing runs in that container but our own program, which
 * waits for the view; so what is found in it is the engine's and ours, not the agent's. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "init/private_file.h"
#include "init/steps.h"

#define POLL_NS 2000000 /* between two looks at /proc */

int step_keeper_fuse(struct init_context *context)
{
	char fd_text[16], uid_text[16], gid_text[16];
	const char *const strings[][2] = {
		{ "source", "claudefs" }, { "subtype", "claudefs" }, { "fd", fd_text },
		{ "rootmode", "40000" },  { "user_id", uid_text },   { "group_id", gid_text },
	};
	cleanup_fd int fs = -1;

	context->fuse_fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (context->fuse_fd < 0)
		return step_refuse(context,
				   "/dev/fuse: %s: load the fuse module on the engine's machine",
				   strerror(errno));
	(void)snprintf(fd_text, sizeof(fd_text), "%d", context->fuse_fd);
	(void)snprintf(uid_text, sizeof(uid_text), "%u", (unsigned int)context->uid);
	(void)snprintf(gid_text, sizeof(gid_text), "%u", (unsigned int)context->gid);
	fs = fsopen("fuse", FSOPEN_CLOEXEC);
	if (fs < 0)
		return step_refuse(context, "fsopen: %s", strerror(errno));
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		if (fsconfig(fs, FSCONFIG_SET_STRING, strings[i][0], strings[i][1], 0) < 0)
			return step_refuse(context, "%s: %s", strings[i][0], strerror(errno));
	}
	/* No allow_other: it is for the agent's user alone, not even for this process. */
	if (fsconfig(fs, FSCONFIG_SET_FLAG, "default_permissions", NULL, 0) < 0 ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return step_refuse(context, "fsconfig: %s", strerror(errno));
	context->mount_fd = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (context->mount_fd < 0)
		return step_refuse(context, "fsmount: %s", strerror(errno));
	return 0;
}

/* All four user ids of a process, from its status file. */
static bool has_uid(int proc, const char *pid, uid_t uid)
{
	char path[64], status[4096] = "";
	unsigned int ids[4] = { 0 };
	cleanup_fd int fd = -1;
	const char *line;

	(void)snprintf(path, sizeof(path), "%s/status", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fd_pread_all(fd, status, sizeof(status) - 1, 0) < 0)
		return false;
	line = strstr(status, "\nUid:");
	return line && sscanf(line, "\nUid: %u %u %u %u", ids, ids + 1, ids + 2, ids + 3) == 4 &&
	       ids[0] == uid && ids[1] == uid && ids[2] == uid && ids[3] == uid;
}

/* The mount namespace of the first program of another container: our own program, with the agent's
 * user, in another namespace than ours. Returns the fd or -1. */
static int open_agent(int proc, const char *pid, const struct init_context *context)
{
	char path[64], exe[64] = "", own[64] = "";
	cleanup_fd int ns = -1;
	struct stat theirs, ours;

	(void)snprintf(path, sizeof(path), "%s/exe", pid);
	if (readlinkat(proc, path, exe, sizeof(exe) - 1) < 0 ||
	    readlink("/proc/self/exe", own, sizeof(own) - 1) < 0 || strcmp(exe, own) != 0 ||
	    !has_uid(proc, pid, context->uid))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/ns/mnt", pid);
	ns = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (ns < 0 || fstat(ns, &theirs) < 0 || stat("/proc/self/ns/mnt", &ours) < 0 ||
	    theirs.st_ino == ours.st_ino)
		return -1;
	return steal_fd(&ns);
}

static int look_for_agent(const struct init_context *context)
{
	cleanup_dir DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		int ns = -1;

		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			ns = open_agent(dirfd(proc), entry->d_name, context);
		if (ns >= 0)
			return ns;
	}
	return -1;
}

int step_keeper_find_agent(struct init_context *context)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };

	for (int64_t waited = 0; waited < (int64_t)context->view_ms * 1000000; waited += POLL_NS) {
		struct pollfd lifeline = { .fd = context->lifeline };

		context->agent_ns = look_for_agent(context);
		if (context->agent_ns >= 0)
			return 0;
		if (poll(&lifeline, 1, 0) > 0 && (lifeline.revents & (POLLHUP | POLLERR)))
			return step_refuse(context, "claudefs-run is gone");
		(void)nanosleep(&pause, NULL);
	}
	return step_refuse(context, "no agent's container came within %d ms", context->view_ms);
}

/* An absolute path in the namespace that was entered, every component a real directory. */
static int open_strictly(const char *path)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
				.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };

	return (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
}

/* In a child, for a process cannot come back. As the agent's user: its home is closed to others. */
static int attach_inside(const struct init_context *context)
{
	cleanup_fd int home = -1;
	cleanup_fd int view = -1;
	int r;

	if (setns(context->agent_ns, CLONE_NEWNS) < 0)
		return -errno;
	(void)setfsgid(context->gid);
	(void)setfsuid(context->uid);
	home = open_strictly(context->home);
	if (home < 0)
		return -errno;
	r = private_file_write(home, context->private, context->private_len);
	if (r < 0)
		return r;
	view = open_strictly(context->view);
	if (view < 0 || move_mount(context->mount_fd, "", view, "",
				   MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return -errno;
	return 0;
}

int step_keeper_attach(struct init_context *context)
{
	int status = 0;
	pid_t child = fork();

	if (child < 0)
		return -errno;
	if (child == 0)
		_exit(-attach_inside(context));
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return step_refuse(context, "the child that enters the agent's container died");
	if (WEXITSTATUS(status) != 0)
		return step_refuse(context, "%s: %s", context->view, strerror(WEXITSTATUS(status)));
	explicit_bzero(context->private, context->private_len);
	free(context->private);
	context->private = NULL;
	context->private_len = 0;
	(void)close(context->agent_ns);
	(void)close(context->mount_fd);
	context->agent_ns = context->mount_fd = -1;
	return 0;
}

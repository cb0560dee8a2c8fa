/* SPDX-License-Identifier: MIT */
/* The command line of claudefs-mount. */
#ifndef CLAUDEFS_MOUNT_OPTIONS_H
#define CLAUDEFS_MOUNT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* Strings are borrowed from argv. File descriptors are -1 if not given. */
struct mount_options {
	const char *session;    /* an id, or a directory if it has a '/' */
	const char *mountpoint; /* NULL with fuse_fd */
	const char *rules;      /* one more rule file, or NULL */
	int fuse_fd;            /* /dev/fuse, on which somebody else has mounted */
	int session_fd;         /* the session's directory (O_PATH will do), instead of session */
	int ready_fd;
	int credentials_fd;
	int credentials_out_fd;
	int64_t uid; /* owner shown for files, as the mount's users see ids; -1: the caller's own */
	int64_t gid;
	int64_t fs_uid; /* harden.h: read and write files as this user; -1: as the caller */
	int64_t fs_gid;
	bool has_user_rules;
	bool is_foreground;
	bool allow_other;
};

/* Returns 0; 1 (help or version was printed: exit with 0); -EINVAL (said on stderr). */
int mount_options_parse(int argc, char **argv, struct mount_options *ret);

#endif

/* SPDX-License-Identifier: MIT */
/* One watched entry of a project: read from disk, written as JSON, read back. */
#ifndef CLAUDEFS_GIT_WORKSPACE_ENTRY_H
#define CLAUDEFS_GIT_WORKSPACE_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "fs/base/json.h"
#include "fs/git/object_id.h"

#define WORKSPACE_FILE_MAX \
	(64u << 20) /* bytes read of one file; larger ones go by size and times */

enum workspace_type {
	WORKSPACE_FILE,
	WORKSPACE_SYMLINK,
	WORKSPACE_REPOSITORY, /* a git directory */
	WORKSPACE_OTHER,      /* FIFO, socket, device */
};

struct workspace_entry {
	char *path; /* relative to the project; any bytes */
	enum workspace_type type;
	char *kind;   /* of the rule; "repository", "symlink" */
	char *why;    /* of the rule */
	char *target; /* of a symlink, else NULL */
	mode_t mode;
	uint64_t size, ino;
	int64_t mtime_ns, ctime_ns;
	uint8_t id[OBJECT_ID_SIZE]; /* of the content; zero: not read (too large, or no file) */
	bool is_git;                /* lies in a git directory */
	bool is_kept;               /* its content is in the store (workspace_snapshot.h) */
};

/* Returns 0 or -ENOMEM. */
int workspace_entry_init(struct workspace_entry *entry, const char *path, const char *kind,
			 const char *why);
void workspace_entry_done(struct workspace_entry *entry);
#define cleanup_workspace_entry __attribute__((cleanup(workspace_entry_done)))

/* Fills type, stat fields, id and target from dir_fd/name (one component; never followed, nothing
 * but a regular file is opened). *ret_content (ret_; may be NULL, or be left NULL) is what was
 * read. Returns 0, -ENOENT (also for a directory), -EACCES (the stat fields are set) or -errno. */
int workspace_entry_read(int dir_fd, const char *name, struct workspace_entry *entry,
			 char **ret_content, size_t *ret_len);

/* True if both hold the same: type, mode, content or target. */
bool workspace_entry_is_same(const struct workspace_entry *a, const struct workspace_entry *b);
/* True if, beyond that, the file was not even written to: inode and times. */
bool workspace_entry_is_untouched(const struct workspace_entry *a, const struct workspace_entry *b);

/* NULL: out of memory. */
json_t *workspace_entry_to_json(const struct workspace_entry *entry);
/* Returns 0, -EBADMSG or -ENOMEM. */
int workspace_entry_from_json(const json_t *json, struct workspace_entry *ret);

#endif

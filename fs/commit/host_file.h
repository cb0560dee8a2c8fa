/* SPDX-License-Identifier: MIT */
/* The steps of which an entry's application consists: the temporary file, the pre-image, the state
 * afterwards. */
#ifndef CLAUDEFS_COMMIT_HOST_FILE_H
#define CLAUDEFS_COMMIT_HOST_FILE_H

#include "fs/commit/intent.h"
#include "fs/journal/content_store.h"

/* A commit being applied. */
struct run {
	int root_fd;             /* of the host */
	const char *config_path; /* of its .claude.json (host_parent.h); borrowed */
	int receipt_fd;          /* receipts/<n> */
	int log_fd;              /* done_log.h */
	struct content_store *store;
	struct intent *intent;
};

/* One entry of it. */
struct target {
	struct run *run;
	struct intent_entry *entry;
	size_t index;
	int dir_fd;       /* its parent on the host */
	const char *name; /* its last component */
	/* The host is not as it was any more: whatever fails now is for a next try to finish. */
	bool is_written;
};

/* Sets the status and the reason. Returns 0. */
int target_settle(struct target *target, enum commit_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Opens the bytes to write (fd) or -errno. */
int target_open_source(const struct target *target);

/* Opens the host's file for lines to be appended to it (flags: O_APPEND) or taken from it (0).
 * Returns the fd, -ENODATA (it is gone, no file, or has another name too: settled) or -errno. */
int target_open_host(struct target *target, int flags, struct stat *ret_st);

/* True (1) if the regular file name beside the target holds just the bytes to write. Or -errno. */
int target_is_written(const struct target *target, const char *name);

/* Writes the temporary file with the owner, mode and time that it must have, and syncs it. old: the
 * file that it will replace, or NULL. Returns 0, -ENODATA (the source is not what was planned:
 * settled) or -errno; then no temporary file is left. */
int target_write_temp(struct target *target, const struct stat *old);
/* Removes the temporary file, if there is one. */
void target_remove_temp(const struct target *target);

/* Copies the target's bytes to pre-<k> and fills entry->before. Returns 0, -EAGAIN (it changed
 * meanwhile) or -errno. */
int target_keep(struct target *target, const struct stat *st);
void target_describe(struct intent_before *before, const struct stat *st);

/* Syncs the directory, fills entry->after, and settles as applied. What stands there by now without
 * being the commit's is not described: after then exists with an identity that no file has. */
int target_finish(struct target *target);

#endif

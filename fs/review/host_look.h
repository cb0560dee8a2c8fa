/* SPDX-License-Identifier: MIT */
/* What stands on the host at one name now, compared with what a change expects there. The host's
 * own symlinks are never followed here: this is the eye of commit, and what it cannot see by its
 * own name it does not touch. */
#ifndef CLAUDEFS_REVIEW_HOST_LOOK_H
#define CLAUDEFS_REVIEW_HOST_LOOK_H

#include <sys/stat.h>

#include "fs/review/change.h"

struct host_look {
	bool exists;
	bool is_base;   /* what the change expects, absence included */
	bool has_grown; /* a file that begins with the base's identity.size bytes; more may follow
			 */
	struct stat st; /* lstat, if it exists */
};

/* name is one component in dir_fd (both borrowed). Returns 0, or -errno (an unreadable file:
 * -EACCES). */
int host_look_at(int dir_fd, const char *name, const struct change_base *base,
		 struct host_look *ret);

/* The same for a state path beneath root_fd; ".claude.json" is the file at config_path (see
 * host_parent.h; root_fd may be -1 then). A missing parent is absence. Returns 0, -ELOOP (a
 * symlink on the way), -ENOTDIR (a file on the way), -EXDEV (a mount on the way) or -errno. */
int host_look_beneath(int root_fd, const char *config_path, const char *path,
		      const struct change_base *base, struct host_look *ret);

/* True if fd's first size bytes digest to hash (see sample.h). 0, 1 or -errno. */
int host_has_content(int fd, uint64_t size, const struct hash *hash, bool is_sampled);
/* The same of the size bytes from offset on. */
int host_has_content_at(int fd, uint64_t offset, uint64_t size, const struct hash *hash,
			bool is_sampled);

#endif

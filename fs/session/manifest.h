/* SPDX-License-Identifier: MIT */
/* manifest.json: what a session is about. Written by the launcher before the mount starts,
 * completed at the end. Read with suspicion: a session directory may come from elsewhere. */
#ifndef CLAUDEFS_SESSION_MANIFEST_H
#define CLAUDEFS_SESSION_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "fs/base/hash.h"

#define MANIFEST_VERSION     1u
#define MANIFEST_MAX         (64u << 10) /* bytes */
#define MANIFEST_PATH_MAX    4096u       /* bytes of each path */
#define MANIFEST_ENDED_MAX   64u         /* bytes */
#define MANIFEST_COMMAND_MAX 4096u       /* bytes; longer ones are cut when written */
#define MANIFEST_LINES_MAX   (8u << 10)  /* bytes of each list of lines */

struct manifest {
	uint32_t version;
	char *id;          /* the session's id, equal to its directory's name */
	char *project;     /* canonical absolute path */
	char *host_root;   /* absolute path of the real ~/.claude */
	char *host_config; /* absolute path of the real .claude.json (may lie outside host_root) */
	uint64_t host_dev; /* identity of host_root at the start; both 0: it did not exist */
	uint64_t host_ino;
	struct hash rules_hash;
	uint32_t uid;
	uint64_t start_ns;
	uint64_t end_ns;   /* 0: not ended */
	char *ended;       /* "exit 0", "signal 9", ...: one word or two; NULL: not ended */
	char *command;     /* what ran in it, for people; NULL if unknown */
	char *never;       /* patterns that the project's .claudefs.json added, one a line
			    * (never_list.h); NULL: none */
	char *egress;      /* hosts to which it narrowed the network, one a line (egress_list.h);
			    * NULL: it did not */
	bool is_discarded; /* `claudefs discard` */
};

void manifest_done(struct manifest *manifest);
#define cleanup_manifest __attribute__((cleanup(manifest_done)))

/* id (borrowed): the name of the session's directory, which the manifest must repeat; NULL takes
 * any well-formed id. Returns 0, -ENOENT, -EPROTONOSUPPORT (newer version), -EBADMSG (not a
 * manifest, or not of this session) or -errno. */
int manifest_read(int session_fd, const char *id, struct manifest *ret);
/* Durable replacement. Returns 0, -EINVAL (a field is missing, too long, or a path not absolute) or
 * -errno. */
int manifest_write(int session_fd, const struct manifest *manifest);

#endif

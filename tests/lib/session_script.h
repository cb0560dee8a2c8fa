/* SPDX-License-Identifier: MIT */
/* Writes a session as the mount would, without FUSE: journal records through journal_writer,
 * contents through content_store. For tests of what reads sessions. */
#ifndef CLAUDEFS_TESTS_SESSION_SCRIPT_H
#define CLAUDEFS_TESTS_SESSION_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/host/host_tree.h"
#include "fs/journal/content_store.h"
#include "fs/journal/writer.h"
#include "fs/session/manifest.h"

#define SCRIPT_FILES_MAX 4096u

/* One name that is the session's own. */
struct script_file {
	char *path;      /* NULL: a free slot */
	uint64_t object; /* 0: a directory */
	uint64_t prefix;
	uint64_t size;
	uint64_t low_water;
};

struct session_script {
	int session_fd;
	struct manifest manifest;
	struct journal_writer *journal;
	struct content_store *store;
	struct host_tree *host;
	struct script_file files[SCRIPT_FILES_MAX];
	size_t file_count;
	char *based[SCRIPT_FILES_MAX]; /* names that have a BASE record */
	size_t based_count;
	uint64_t process;
	bool is_closed;
};

/* Runs one line ("" and "#..." do nothing). Returns 0 or -errno; -EINVAL: not a line of the
 * language (session_script.c lists it). */
int session_script_run(struct session_script *script, char *line);

/* Ends the journal and the manifest ("exit 0"), if the script did not. */
int session_script_end(struct session_script *script);

#endif

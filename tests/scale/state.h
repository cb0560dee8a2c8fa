/* SPDX-License-Identifier: MIT */
/* A host state as it looks after a year: one very long transcript with one very long line, many
 * files, a directory of many files, many empty directories. */
#ifndef CLAUDEFS_TESTS_SCALE_STATE_H
#define CLAUDEFS_TESTS_SCALE_STATE_H

#include <stddef.h>
#include <stdint.h>

struct scale {
	uint64_t transcript; /* bytes, at least */
	uint64_t long_line;  /* bytes of one line in its middle */
	size_t files;        /* in directories of 500 */
	size_t file_size;    /* bytes of each */
	size_t crowd;        /* files in one directory */
	size_t empty_dirs;
	size_t made;    /* files that a session makes */
	size_t records; /* of a long journal */
};

/* What this run uses: small, or with CLAUDEFS_TEST_LONG as large as it gets. */
const struct scale *scale_of_run(void);

/* Fills ~/.claude beneath claude (exists, with own: the project's directory). Fails the test. */
void state_fill(const char *claude, const char *own);

/* Entries that a walk of plugins/ meets, itself included. */
size_t state_walk_count(void);

#endif

/* SPDX-License-Identifier: MIT */
/* What `-p` walks through: the hunks of a text, the keys of a configuration, or the records of a
 * transcript. Private to patch*.c. */
#ifndef CLAUDEFS_CLI_PATCH_SOURCE_H
#define CLAUDEFS_CLI_PATCH_SOURCE_H

#include <stdio.h>

#include "fs/cli/patch.h"
#include "fs/review/print_status.h"

struct patch_source {
	const char *noun; /* "hunk", "key", "record" */
	size_t count;
	bool may_split; /* what run_end puts together */
	/* The end of what is asked about together with first. */
	size_t (*run_end)(const struct patch_source *source, size_t first);
	/* What was decided before, and counts. */
	enum decision_verdict (*decided)(const struct patch_source *source, size_t index);
	int (*show)(const struct patch_source *source, size_t first, size_t end, bool has_heading,
		    const struct print_style *style, FILE *stream);
	const void *data;
	const struct change *change;
};

/* Asks about each; verdicts has room for source->count. Returns EXIT_OK or another exit code. */
int patch_walk(struct patch *patch, const struct change *change, const struct patch_source *source,
	       enum decision_verdict *verdicts);

/* Ask and write down. Return an exit code, or, with nothing asked, -ENOTSUP (it has none) or
 * another -errno. */
int patch_hunks(struct patch *patch, const struct change *change, struct patch_result *ret);
int patch_parts(struct patch *patch, const struct change *change, struct patch_result *ret);

#endif

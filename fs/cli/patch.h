/* SPDX-License-Identifier: MIT */
/* Deciding hunk by hunk, key by key or record by record, as `git add -p` feels: for `approve -p`,
 * `reject -p` and the p of `commit -i`. A change that has none of these is asked about as a whole.
 */
#ifndef CLAUDEFS_CLI_PATCH_H
#define CLAUDEFS_CLI_PATCH_H

#include "fs/cli/command.h"
#include "fs/cli/session_choice.h"
#include "fs/review/review.h"

struct patch {
	const struct cli *cli;
	const struct chosen_session *session;
	const struct review *review;
	enum decision_verdict verdict; /* what "y" means */
	bool has_quit;
	size_t approved; /* hunks, keys, records, or whole changes without any, so far */
	size_t rejected;
};

/* What became of the edits of one change. */
struct patch_result {
	enum decision_verdict *verdicts; /* of hunks, by number; NULL: it was not asked about so */
	size_t count;
	struct decisions *answers; /* about keys or records; NULL: the same */
	enum decision_verdict whole;
	struct digest digest; /* of the change as it was shown */
};

void patch_result_done(struct patch_result *result);
#define cleanup_patch_result __attribute__((cleanup(patch_result_done)))

/* Asks about one change, and writes the answers down (not in a dry run). The end of the input is
 * "q". Returns EXIT_OK or another exit code (said). */
int patch_change(struct patch *patch, const struct change *change, struct patch_result *ret);

#endif

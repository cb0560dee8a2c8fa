/* SPDX-License-Identifier: MIT */
/* After a commit of some hunks the others are measured by another base: what was rejected of them
 * is bound to that, so that it is not asked about again. */
#ifndef CLAUDEFS_CLI_REBIND_H
#define CLAUDEFS_CLI_REBIND_H

#include "fs/cli/open_review.h"
#include "fs/commit/plan.h"

/* plan (with its review) was applied. Only where the session's side is as it was. Returns EXIT_OK
 * or another exit code (said). */
int rebind_rejected(const struct chosen_session *session, const struct rules *rules,
		    const struct commit_plan *plan);

#endif

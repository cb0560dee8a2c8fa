/* SPDX-License-Identifier: MIT */
/* A session's review with everything that it borrows: rules, project, host state. */
#ifndef CLAUDEFS_CLI_OPEN_REVIEW_H
#define CLAUDEFS_CLI_OPEN_REVIEW_H

#include "fs/base/json.h"
#include "fs/cli/command.h"
#include "fs/cli/session_choice.h"
#include "fs/policy/project_scope.h"
#include "fs/review/review.h"

struct open_review {
	struct rules *rules;
	struct project_scope *scope;
	struct host_tree *host;
	struct state_key *key;
	struct review *review;
};

void open_review_done(struct open_review *open);
#define cleanup_open_review __attribute__((cleanup(open_review_done)))

/* Opens the review of a session (borrowed) by the rules of cli; may be called again to read anew.
 * Hazards are found too. Warns of a damaged journal (its good prefix is reviewed) and of a host
 * state that is not the
 * session's. Returns EXIT_OK or another exit code (said on stderr). */
int open_review(const struct cli *cli, const struct chosen_session *session,
		struct open_review *ret);

/* Says why a session's journal (or a receipt beside it) cannot be read; returns the exit code. */
int say_journal_failure(const struct chosen_session *session, int error);

/* open_review() for many sessions: rules (borrowed) were loaded before, and nothing is said.
 * Returns 0 or -errno. */
int open_review_quietly(const struct rules *rules, const struct chosen_session *session,
			struct open_review *ret);

/* "running", "ended", "crashed", "discarded" or "empty" (it never started); static. review may be
 * NULL: no journal. */
const char *session_state_name(const struct chosen_session *session, const struct review *review);

/* {id, project, state, start, end, ended, command, host_root}: the "session" of every command's
 * JSON. */
json_t *session_to_json(const struct chosen_session *session, const struct review *review);

/* {state, records, offset, reason}: the "journal" of every command's JSON. */
json_t *journal_to_json(const struct review *review);

#endif

/* SPDX-License-Identifier: MIT */
/* Writing down what the person decides: one `claudefs` at a time per session, durable at once. */
#ifndef CLAUDEFS_CLI_DECIDING_H
#define CLAUDEFS_CLI_DECIDING_H

#include "fs/cli/session_choice.h"
#include "fs/review/decision.h"
#include "fs/review/review.h"

struct deciding {
	const struct chosen_session *session; /* borrowed */
	int lock_fd;
	struct state_key *key;
	struct decisions *decisions;
};

void deciding_done(struct deciding *deciding);
#define cleanup_deciding __attribute__((cleanup(deciding_done)))

/* Takes the lock (waiting a little for another one), makes the key if there is none, and reads what
 * was decided so far. Returns EXIT_OK, or another exit code (said on stderr). */
int deciding_open(const struct chosen_session *session, struct deciding *ret);

/* Decides about a whole change as it was when it had this digest; what was decided about its parts
 * is forgotten. Returns EXIT_OK or another exit code (said). */
int deciding_set(struct deciding *deciding, const char *path, enum decision_verdict verdict,
		 const struct digest *digest);

/* About a part of it; what was decided about the whole, or other kinds of parts, is forgotten. */
int deciding_set_part(struct deciding *deciding, const char *path, enum decision_scope scope,
		      const char *part, enum decision_verdict verdict, const struct digest *digest);

/* Durably. Returns EXIT_OK or another exit code (said). */
int deciding_save(struct deciding *deciding);

/* All of it for one change. */
int deciding_note(const struct chosen_session *session, const char *path,
		  enum decision_verdict verdict, const struct digest *digest);

#endif

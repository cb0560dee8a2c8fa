/* SPDX-License-Identifier: MIT */
/* What became of a session on the host's side, by time: what a person decided, what commits and
 * undos did, and the pushes that it asked for, with whose word they went by. The journal has none
 * of that. Names in it are the session's choice: not safe to print as they are. Of a decision that
 * was made anew only the last one is known. */
#ifndef CLAUDEFS_CLI_HOST_EVENTS_H
#define CLAUDEFS_CLI_HOST_EVENTS_H

#include "fs/base/text.h"
#include "fs/cli/command.h"
#include "fs/cli/pushes.h"
#include "fs/cli/session_choice.h"
#include "fs/review/decision.h"
#include "fs/review/receipt.h"

/* One of the three is set. */
struct host_event {
	uint64_t time_ns;
	const struct decision *decision;
	const struct receipt_info *receipt;
	const struct push_entry *push;
	struct push_event turn; /* of the push; borrowed from it */
};

struct host_events {
	struct state_key key;
	struct decisions *decisions; /* NULL: none that counts */
	struct receipts *receipts;
	struct pushes pushes;
	struct host_event *items; /* by time */
	size_t count;
};

#define HOST_EVENTS_NONE               \
	{                              \
		.pushes = PUSHES_NONE, \
	}

void host_events_done(struct host_events *events);
#define cleanup_host_events __attribute__((cleanup(host_events_done)))

/* Fills *ret (HOST_EVENTS_NONE before). Decisions that were not made with this machine's key are
 * left out. Returns EXIT_OK or another exit code (said on stderr by the name of command; there are
 * none then). */
int host_events_read(const char *command, const struct chosen_session *session,
		     struct host_events *ret);

/* Whose doing: "person", "rules", "claudefs" or "--allow-git-push" (static). */
const char *host_event_actor(const struct host_event *event);
/* "approve", "reject", "commit", "undo" or "push" (static). */
const char *host_event_type(const struct host_event *event);
/* What of the session it is about, and what was done: both appended as they are, not safe. */
void host_event_append_object(struct text *text, const struct host_event *event);
void host_event_append_detail(struct text *text, const struct host_event *event);

/* The line of `log`: {"type": "decision", "decision", "path", "scope", "part"}, {"type": "commit"
 * or "undo", "receipt", "undoes", "names"} or {"type": "push", "push", "state", "by", "remote",
 * "target", "refs", "reason"}, each with "time" (ret_). NULL: out of memory. */
json_t *host_event_to_json(const struct host_event *event);

/* Prints for `log` what lies in (*printed_ns, until_ns], and moves *printed_ns. Returns 0 or -EIO.
 */
int host_events_print(const struct cli *cli, const struct host_events *events, uint64_t *printed_ns,
		      uint64_t until_ns);

#endif

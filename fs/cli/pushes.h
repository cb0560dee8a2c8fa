/* SPDX-License-Identifier: MIT */
/* The pushes of a session (fs/git/push_store.h) in the commands: "push:1" stands for one, wherever
 * a change stands for itself by its path. */
#ifndef CLAUDEFS_CLI_PUSHES_H
#define CLAUDEFS_CLI_PUSHES_H

#include "fs/base/json.h"
#include "fs/base/terminal.h"
#include "fs/cli/command.h"
#include "fs/cli/session_choice.h"
#include "fs/git/push_store.h"

struct pushes {
	struct push_store store;
	struct push_entry *items; /* by number */
	size_t count;
	int lock_fd; /* -1: only read */
};

#define PUSHES_NONE                                     \
	{                                               \
		.store = PUSH_STORE_NONE, .lock_fd = -1 \
	}

void pushes_done(struct pushes *pushes);
#define cleanup_pushes __attribute__((cleanup(pushes_done)))

/* Fills *ret (PUSHES_NONE before); a session without pushes has none. is_writing: nobody else
 * decides or pushes meanwhile. Returns EXIT_OK or another exit code (said on stderr by the name of
 * command). */
int pushes_open(const char *command, const struct chosen_session *session, bool is_writing,
		struct pushes *ret);

/* True for "push:...". */
bool push_is_named(const char *argument);
/* The push that an argument names; NULL after a line on stderr. */
struct push_entry *pushes_find(const char *command, struct pushes *pushes, const char *argument);
/* "main" of "refs/heads/main"; other refs as they are. Borrowed. */
const char *push_ref_name(const char *ref);
size_t pushes_count_state(const struct pushes *pushes, enum push_state state);
/* Held or approved. */
size_t pushes_count_open(const struct pushes *pushes);

/* The section of `status`; nothing if there are none. */
void pushes_print(const struct cli *cli, const struct pushes *pushes);
enum terminal_style push_state_style(enum push_state state);
/* {push, state, time, remote, target, refs: [{ref, old, new}], commits, files, added, removed,
 * reason, events: [{time, state, by, reason}]}. */
json_t *push_to_json(const struct push_entry *entry);
json_t *pushes_to_json(const struct pushes *pushes);

/* The rules of today. Returns EXIT_OK or EXIT_RULES (said on stderr). */
int pushes_load_rules(struct push_rules **ret);

/* `show push:N`, `diff push:N`, `approve push:N...` and `reject push:N...`. */
int pushes_show(const struct cli *cli, const struct chosen_session *session, const char *argument);
int pushes_diff(const struct cli *cli, const struct chosen_session *session, const char *argument);
int pushes_decide(const struct cli *cli, const char *command, const struct chosen_session *session,
		  enum push_state state);

/* What `discard` does: none of them can be decided any more, and their objects go. Returns EXIT_OK
 * or another code (said on stderr). */
int pushes_discard(const struct chosen_session *session);

/* What `commit` does about pushes: pushes what is approved, named by --only, or said yes to (-i).
 * Returns EXIT_OK, EXIT_REFUSED (by rule), EXIT_HELD (the server or the credential did not do) or
 * another code. */
int pushes_commit(const struct cli *cli, const struct chosen_session *session);

#endif

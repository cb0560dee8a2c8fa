/* SPDX-License-Identifier: MIT */
/* The pushes of a session: <state>/push/<session id>/, which is in nobody's reach but the host's
 * (the session's directory is in that of the daemon beside a container).
 *
 *	remotes.json	the project's remotes before the session (push_remotes.h)
 *	<n>.json	one push: struct push_entry
 *	<n>.git		its quarantine, as long as it may still be pushed
 *	<n>.way		what libgit2 wants beside it, while a server is asked
 *	<n>.refs	what the remote had when it was asked last, as long
 *	empty/		where the host's credential programs run
 */
#ifndef CLAUDEFS_GIT_PUSH_STORE_H
#define CLAUDEFS_GIT_PUSH_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "fs/git/push_check.h"
#include "fs/git/push_protocol.h"

#define PUSH_ENTRIES_MAX 1000u /* of one session */
#define PUSH_HELD_MAX    32u   /* quarantines of one session; see push_usage.h */
#define PUSH_SESSION_MAX 64u   /* bytes of a session's id with the NUL */
#define PUSH_EVENTS_MAX  16u   /* of one push */

struct push_store {
	int fd;
	char *path;  /* absolute */
	char *empty; /* absolute; see push_access.directory */
};

#define PUSH_STORE_NONE  \
	{                \
		.fd = -1 \
	}

enum push_state {
	PUSH_HELD,     /* fit; a person decides */
	PUSH_APPROVED, /* by a person; the next commit pushes it */
	PUSH_REJECTED,
	PUSH_PUSHED,
	PUSH_REFUSED, /* by the rules, or by the server */
};

/* Whose doing a state is. */
enum push_actor {
	PUSH_BY_RULES,  /* push.json, the checks, or the end of what it waited for */
	PUSH_BY_PERSON, /* `claudefs approve`, `reject`, `discard`, `commit` */
	PUSH_BY_LAUNCH, /* the person at launch: --allow-git-push */
};

struct push_event {
	uint64_t time_ns;
	enum push_state state; /* from then on; the same as before where a try to push failed */
	enum push_actor by;
	char *reason; /* as push_entry.reason then; NULL: none */
};

struct push_entry {
	unsigned int number;   /* from 1; "push:1" */
	enum push_state state; /* push_entry_turn() sets it */
	uint64_t time_ns;
	char *remote; /* its name */
	char *target;
	struct push_command commands[PUSH_COMMANDS_MAX]; /* old_id: what the remote had */
	size_t count;
	struct push_facts facts;
	bool refuse_broad; /* the session ran with --disallow-broad-gh-token */
	char *reason;      /* of PUSH_REFUSED, or why the last try to push failed; one safe line */
	/* What became of it, in order; of more than PUSH_EVENTS_MAX the first and the last ones. */
	struct push_event events[PUSH_EVENTS_MAX];
	size_t event_count;
};

void push_store_done(struct push_store *store);
#define cleanup_push_store __attribute__((cleanup(push_store_done)))
void push_entry_done(struct push_entry *entry);
#define cleanup_push_entry __attribute__((cleanup(push_entry_done)))

/* state_path: absolute; session_id is a checked one (session_dir.h). Fills *ret (PUSH_STORE_NONE
 * before). Returns 0, -ENOENT (no push, unless may_create) or -errno. */
int push_store_open(const char *state_path, const char *session_id, bool may_create,
		    struct push_store *ret);

/* The highest number in use, 0: none. Returns it or -errno. */
int push_store_last(const struct push_store *store);
/* The quarantine's path (ret_). NULL: out of memory. */
char *push_store_quarantine(const struct push_store *store, unsigned int number);
/* What the remote has. The reader: push_refs.h. */
int push_store_write_refs(const struct push_store *store, unsigned int number,
			  const struct push_refs *refs);
int push_store_load_refs(const struct push_store *store, unsigned int number,
			 struct push_refs *ret);
/* The path (ret_) of a new repository without objects (push_remote.h), or NULL. */
char *push_store_make_way(const struct push_store *store, unsigned int number);
void push_store_drop_way(const struct push_store *store, unsigned int number);
/* Removes all of them. Returns 0 or -errno (missing ones are fine). */
int push_store_drop(const struct push_store *store, unsigned int number);

/* Returns 0, -ENOENT, -EBADMSG, -ENOMEM or -errno. */
int push_entry_read(const struct push_store *store, unsigned int number, struct push_entry *ret);
int push_entry_write(const struct push_store *store, const struct push_entry *entry);

/* Gives an entry a state, now, and notes whose doing it is; reason as in the entry (copied; NULL:
 * none). Nothing is written. Returns 0 or -ENOMEM (the state is set). */
int push_entry_turn(struct push_entry *entry, enum push_state state, enum push_actor by,
		    const char *reason);

/* "rules", "person", "--allow-git-push" (static). */
const char *push_actor_name(enum push_actor actor);
/* "held", "approved", ... (static). */
const char *push_state_name(enum push_state state);
/* True while its quarantine is kept. */
bool push_is_open(const struct push_entry *entry);

#endif

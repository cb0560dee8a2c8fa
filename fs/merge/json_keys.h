/* SPDX-License-Identifier: MIT */
/* The three-way merge of JSON files by key. Pure: texts in, text out.
 *
 *	base     what the session saw: through a filter, so that a key which was hidden is absent
 *here session  what it left host     what the host has now
 *
 * A change is one key whose value differs between base and session; what was absent from both is no
 * change, so hidden keys are never touched. Objects are gone into wherever both sides have one, so
 * that a change names the deepest key; an array, a scalar, an empty object and whatever becomes
 * another kind of value is one change as a whole. Numbers are compared as JavaScript would (1.0 is
 * 1), and the order of keys means nothing.
 *
 * The host's text is kept: only changed members are cut out, replaced or put in (json_splice.h), in
 * the host's own indentation. Everything else stays byte for byte: order, escapes, spelling of
 * numbers, the end of the file.
 *
 * Texts are distrusted: a side that is no strict JSON object (json_load_strict()) ends the merge.
 */
#ifndef CLAUDEFS_MERGE_JSON_KEYS_H
#define CLAUDEFS_MERGE_JSON_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "fs/base/json.h"

#define JSON_KEYS_TEXT_MAX    (64u << 20) /* bytes of each side; more is -EFBIG */
#define JSON_KEYS_CHANGES_MAX 100000u     /* changed keys; more is -E2BIG */

/* What to do with a key that session and host both changed, to different values. */
enum json_key_both {
	JSON_BOTH_CONFLICT, /* reported, and applied only by JSON_KEY_FORCE */
	JSON_BOTH_HOST,     /* the host's stays: it says nothing that the session's would miss */
	JSON_BOTH_MAX,      /* the larger of two numbers; a conflict if they are none */
};

enum json_key_state {
	JSON_KEY_OPEN,     /* the host still has the old value: the new one can go there */
	JSON_KEY_DONE,     /* the host has the result already */
	JSON_KEY_CONFLICT, /* the host has a third value, or the way to the key is gone there */
};

struct json_key_change {
	const char *const *keys; /* from the top down; borrowed, like all here, from json_keys */
	size_t depth;
	const json_t *old_value;  /* in base; NULL: absent */
	const json_t *new_value;  /* in session; NULL: removed */
	const json_t *host_value; /* NULL: absent, or not to be reached */
	enum json_key_state state;
	bool is_superseded; /* DONE since the host's own value stays (JSON_BOTH_HOST, _MAX) */
	const char *why;    /* static: of a conflict, what the host did; else NULL */
};

enum json_side { JSON_SIDE_BASE, JSON_SIDE_SESSION, JSON_SIDE_HOST };

struct json_keys_problem {
	enum json_side side;
	struct json_problem problem;
};

/* One side's text. data NULL: there is no file, which is an object without keys. */
struct json_text {
	const char *data;
	size_t len;
};

typedef enum json_key_both json_key_both_fn(const char *const *keys, size_t depth, void *arg);

struct json_keys;

/* Compares. both (NULL: always a conflict) is asked during the call. The texts need not outlive it.
 * *ret (ret_). Returns 0, -EBADMSG (*problem, may be NULL, says which side, line and why), -EFBIG,
 * -E2BIG or -ENOMEM. */
int json_keys_compare(const struct json_text *base, const struct json_text *session,
		      const struct json_text *host, json_key_both_fn *both, void *arg,
		      struct json_keys_problem *problem, struct json_keys **ret);
void json_keys_free(struct json_keys *keys);
void cleanup_json_keys_free(struct json_keys **keys);
#define cleanup_json_keys __attribute__((cleanup(cleanup_json_keys_free)))

/* The changes: of each object first what the session added or changed, in its order, then what it
 * removed. Borrowed. */
size_t json_keys_count(const struct json_keys *keys);
const struct json_key_change *json_keys_get(const struct json_keys *keys, size_t index);

enum json_key_choice {
	JSON_KEY_LEAVE, /* stays in the session, and stays a change */
	JSON_KEY_TAKE,  /* goes to the host unless it is a conflict */
	JSON_KEY_FORCE, /* goes to the host even if it is a conflict, if there is a way */
};
typedef enum json_key_choice json_key_choose_fn(const struct json_key_change *change, void *arg);

struct json_keys_result {
	char *text; /* what the host's file becomes (ret_; NUL added) */
	size_t len;
	char *next_base; /* base with all changes that the host has now: what later changes of the
			    session are measured by (ret_; NUL added) */
	size_t next_base_len;
	size_t applied;   /* changes that are in text and were not in the host's */
	size_t conflicts; /* chosen, and left out */
};
void json_keys_result_done(struct json_keys_result *result);
#define cleanup_json_keys_result __attribute__((cleanup(json_keys_result_done)))

/* Merges. choose is asked once for each change that is not DONE, in order. The result has been
 * parsed again and found to be what was meant. Returns 0, -EBADMSG (it was not: nothing may be
 * written) or -ENOMEM. */
int json_keys_merge(const struct json_keys *keys, json_key_choose_fn *choose, void *arg,
		    struct json_keys_result *ret);

/* True if two values are the same to this merge. */
bool json_keys_is_same(const json_t *a, const json_t *b);

#endif

/* SPDX-License-Identifier: MIT */
/* The changes of a JSON file that is merged by key (.claude.json): each with what the key rules of
 * today say of it, and whether the host has changed the key too. Read anew from session and host by
 * each call; nothing here is remembered. */
#ifndef CLAUDEFS_REVIEW_KEY_CHANGES_H
#define CLAUDEFS_REVIEW_KEY_CHANGES_H

#include "fs/base/text.h"
#include "fs/merge/json_keys.h"
#include "fs/policy/key_rules.h"
#include "fs/review/review.h"

/* Of one session and file, without asking: more need approval, all of them. */
#define KEY_CHANGES_AUTO_MAX 1000u
#define KEY_TEXT_MAX         256u /* bytes of a text, and of a key's name, that go without asking */

/* What becomes of a changed key; the best comes first. */
enum key_fate {
	KEY_FATE_GOES,     /* committed without asking */
	KEY_FATE_ASKS,     /* committed when approved */
	KEY_FATE_CONFLICT, /* the host changed it too; else it would go, or ask */
	KEY_FATE_STAYS,    /* never leaves the session */
	KEY_FATE_DONE,     /* the host has it already, or has a later one that stays */
};

struct key_change {
	const struct json_key_change *merge; /* borrowed, as all here, from key_changes */
	enum key_fate fate;
	const char *why;  /* one sentence: the rule's, or why it is stricter */
	const char *rule; /* the key glob that decided; NULL: the rule of the file's path did */
};

struct key_changes;

/* Of a change whose merge is RULE_MERGE_JSON_KEYS. *ret (ret_). Returns 0; -EBADMSG (one of the
 * texts is not acceptable: reterr_reason, terminal-safe, says which and why), -ESTALE (what the
 * session saw is not known any more), -EFBIG, -E2BIG, -ENOMEM or another -errno. */
int key_changes_load(const struct review *review, const struct change *change,
		     struct key_changes **ret, char *reterr_reason, size_t reason_size);
void key_changes_free(struct key_changes *keys);
void cleanup_key_changes_free(struct key_changes **keys);
#define cleanup_key_changes __attribute__((cleanup(cleanup_key_changes_free)))

size_t key_changes_count(const struct key_changes *keys);
const struct key_change *key_changes_get(const struct key_changes *keys, size_t index);
void key_changes_sum(const struct key_changes *keys, struct change_keys *ret);

/* What the session left, as it was read (borrowed): to compare with what was approved. */
struct json_text key_changes_session(const struct key_changes *keys);

/* The host's file at the moment of loading, as a base that a commit expects: exists, identity and
 * host_hash. */
void key_changes_host(const struct key_changes *keys, struct change_base *ret);

/* The merge itself; choose is asked for what is not DONE. */
int key_changes_merge(const struct key_changes *keys, json_key_choose_fn *choose, void *arg,
		      struct json_keys_result *ret);
/* The entry of a change that choose was asked about. */
const struct key_change *key_changes_find(const struct key_changes *keys,
					  const struct json_key_change *change);

/* A key's name for people, one that no other key has: projects["/home/me/x"].lastCost. Not made
 * safe for a terminal. */
void key_change_append_name(struct text *text, const struct json_key_change *change);

/* "commit", "approval", "conflict", "never", "done": for JSON. */
const char *key_fate_name(enum key_fate fate);

#endif

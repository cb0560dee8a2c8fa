/* SPDX-License-Identifier: MIT */
/* Changes by key for people and as JSON. Keys and values are the session's: made safe, and cut. */
#ifndef CLAUDEFS_REVIEW_PRINT_KEYS_H
#define CLAUDEFS_REVIEW_PRINT_KEYS_H

#include <stdio.h>

#include "fs/review/key_changes.h"
#include "fs/review/print_status.h"

#define PRINT_KEYS_VALUE_MAX 120u /* bytes of a value; longer ones are cut on a terminal */

/* What stands behind a key: "" or a remark of a few words. May set *fate (its own) to the one under
 * which it stands. */
typedef const char *print_keys_remark_fn(size_t index, enum key_fate *fate, const void *arg);

/* Keys that go, that ask, that are in conflict, and that stay, in this order. remark may be NULL.
 * Returns 0, -EPIPE or -ENOMEM. */
int print_keys(const struct key_changes *keys, print_keys_remark_fn *remark, const void *arg,
	       const struct print_style *style, FILE *stream);

/* One of them: its name and why, what was there and what will be. */
int print_key(const struct key_change *key, const char *remark, const struct print_style *style,
	      FILE *stream);

/* [{"key", "path": [..], "group", "old", "new", "host", "superseded", "rule", "why"}] (ret_);
 * absent values are null, with "has_old", "has_new" and "has_host" false. NULL: out of memory. */
json_t *keys_to_json(const struct key_changes *keys);

#endif

/* SPDX-License-Identifier: MIT */
/* Which keys of a JSON file may be seen: an ordered list of key globs, first match wins, and what
 * none matches is hidden. A key glob is a pattern (fs/policy/pattern.h) whose components are the
 * keys from the top down; an element of a list has its number as key; <project> is the project's
 * path. */
#ifndef CLAUDEFS_FILTER_KEY_RULES_H
#define CLAUDEFS_FILTER_KEY_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "fs/policy/pattern.h"

#define KEY_RULES_MAX 256u

struct key_rules;

enum key_verdict {
	KEY_HIDDEN,
	KEY_WAY, /* hidden itself, but something below it is shown */
	KEY_SHOWN,
};

/* {"version":1,"keys":[{"key":..,"read":"show"|"hide","why":..}]}. *ret (ret_).
 * Returns 0, -EBADMSG or -ENOMEM. */
int key_rules_parse(const char *text, size_t len, struct key_rules **ret);
void key_rules_free(struct key_rules *rules);
void cleanup_key_rules_free(struct key_rules **rules);
#define cleanup_key_rules __attribute__((cleanup(cleanup_key_rules_free)))

enum key_verdict key_rules_decide(const struct key_rules *rules,
				  const struct pattern_context *context,
				  const struct pattern_name *keys, size_t count);

#endif

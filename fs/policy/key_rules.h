/* SPDX-License-Identifier: MIT */
/* Which keys of a JSON file a session may see, and what of its changes to them may come home: an
 * ordered list of key globs, first match wins; what none matches is hidden and never leaves. A key
 * glob is a pattern (pattern.h) whose components are the keys from the top down; an element of a
 * list has its number as key; <project> is the project's path. */
#ifndef CLAUDEFS_POLICY_KEY_RULES_H
#define CLAUDEFS_POLICY_KEY_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "fs/policy/pattern.h"
#include "fs/policy/rules.h"

#define KEY_RULES_MAX 256u

enum key_verdict {
	KEY_HIDDEN,
	KEY_WAY, /* hidden itself, but something below it is shown */
	KEY_SHOWN,
};

/* What becomes of a key that session and host both changed, to different values. */
enum key_both {
	KEY_BOTH_CONFLICT, /* the person decides */
	KEY_BOTH_HOST,     /* the host's stays */
	KEY_BOTH_MAX,      /* the larger number */
};

/* What a new value must be to be committed without asking: a session may write anything, and what
 * reads the file on the host may not expect that. */
enum key_value {
	KEY_VALUE_NONE, /* nothing is, by itself */
	KEY_VALUE_FLAG, /* true or false */
	KEY_VALUE_COUNT,
	KEY_VALUE_NUMBER,
	KEY_VALUE_TEXT, /* short, of visible characters */
};

struct key_rule {
	struct pattern *pattern;
	char *key; /* the pattern as written */
	char *why;
	bool is_shown;
	bool has_write; /* else the rule of the file's path decides */
	enum rule_write write;
	enum key_both both;
	enum key_value value;
};

struct key_rules;

/* {"version":1,"keys":[{"key":..,"read":"show"|"hide","why":..}]}, and in each key there may be
 * "write": "auto"|"review"|"never", "both": "conflict"|"host"|"max", and "value":
 * "flag"|"count"|"number"|"text", which "auto" needs. *ret (ret_). Returns 0, -EBADMSG or
 * -ENOMEM. */
int key_rules_parse(const char *text, size_t len, struct key_rules **ret);
void key_rules_free(struct key_rules *rules);
void cleanup_key_rules_free(struct key_rules **rules);
#define cleanup_key_rules __attribute__((cleanup(cleanup_key_rules_free)))

/* The built-in ones of a filter that goes by keys (*ret ret_; NULL: it has none). */
int key_rules_new_builtin(const char *filter, struct key_rules **ret);

size_t key_rules_count(const struct key_rules *rules);
const struct key_rule *key_rules_get(const struct key_rules *rules, size_t index); /* borrowed */

/* May it be seen? */
enum key_verdict key_rules_decide(const struct key_rules *rules,
				  const struct pattern_context *context,
				  const struct pattern_name *keys, size_t count);

/* The rule that matches (borrowed); NULL: none does. */
const struct key_rule *key_rules_find(const struct key_rules *rules,
				      const struct pattern_context *context,
				      const struct pattern_name *keys, size_t count);

#endif

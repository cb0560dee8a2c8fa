/* SPDX-License-Identifier: MIT */
/* The rules: which names of a ~/.claude a session may see, and what of its changes may come home.
 * Pure: no I/O but reading rule texts that the caller hands in. */
#ifndef CLAUDEFS_POLICY_RULES_H
#define CLAUDEFS_POLICY_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "fs/base/hash.h"

#define RULES_MAX        1024u      /* rules in all */
#define RULES_FILE_MAX   (1u << 20) /* bytes of one rule file */
#define RULE_PATTERN_MAX 1024u      /* bytes */

enum rule_read {
	RULE_READ_SHOW,      /* as on the host */
	RULE_READ_HIDE,      /* ENOENT, in no listing */
	RULE_READ_FILTER,    /* through the named filter */
	RULE_READ_SYNTHETIC, /* content that the daemon makes; absent if it has none */
};

enum rule_write {
	RULE_WRITE_AUTO,   /* committed without asking */
	RULE_WRITE_REVIEW, /* committed when approved */
	RULE_WRITE_NEVER,  /* works in the session, never leaves it */
	RULE_WRITE_REFUSE, /* the operation itself fails (EROFS) */
};

enum rule_merge {
	RULE_MERGE_REPLACE,
	RULE_MERGE_APPEND_LINES,
	RULE_MERGE_UNION_RECORDS,
	RULE_MERGE_JSON_KEYS,
};

struct rule {
	char *pattern; /* glob, anchored at the root of ~/.claude; see pattern.h, docs/RULES.md */
	enum rule_read read;
	enum rule_write write;
	enum rule_merge merge;
	char *filter; /* name of the filter for RULE_READ_FILTER, else NULL: "history", "settings",
			 "claude-json" */
	char *why;    /* one sentence for a security reader */
	char *origin; /* file the rule came from; "built-in" */
	unsigned int line;
};

struct pattern;
struct rules; /* an ordered list; first match wins; the last rule is "**": show, never */

struct rules_problem {
	char file[256];
	unsigned int line;
	char reason[200]; /* one terminal-safe line */
};

/* The built-in rules alone (rules/files.json). *ret (ret_). Returns 0 or -ENOMEM. */
int rules_new_builtin(struct rules **ret);

/* Adds a user's rule file in front of what is there already (so the file added last wins).
 * name is for messages. Returns 0, -EBADMSG (*problem says file, line and reason; rules unchanged),
 * -E2BIG (over RULES_MAX; *problem too) or -ENOMEM. */
int rules_add_text(struct rules *rules, const char *name, const char *text, size_t len,
		   struct rules_problem *problem);

void rules_free(struct rules *rules);
void cleanup_rules_free(struct rules **rules);
#define cleanup_rules __attribute__((cleanup(cleanup_rules_free)))

size_t rules_count(const struct rules *rules);
const struct rule *rules_get(const struct rules *rules, size_t index);            /* borrowed */
const struct pattern *rules_get_pattern(const struct rules *rules, size_t index); /* borrowed */

/* Identifies the rule set in a manifest: a digest over every field of every rule in order,
 * but not where it was written (origin, line). */
struct hash rules_hash(const struct rules *rules);

/* The words of the rule files ("show", "auto", "append-lines", ...). */
const char *rule_read_name(enum rule_read read);
const char *rule_write_name(enum rule_write write);
const char *rule_merge_name(enum rule_merge merge);

/* True for the name of a filter (fs/filter implements them; a test compares the two lists). */
bool rule_filter_is_known(const char *name);

#endif

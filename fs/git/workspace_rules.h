/* SPDX-License-Identifier: MIT */
/* Which names in a project make the host run something, or steer an agent on it: the built-in list
 * of rules/workspace.json, compiled once. Pure.
 *
 * A rule of `watch` has literal names that count in every directory of the project, or suffixes of
 * names; with `below` the name is a directory and the glob (pattern.h) says what in it counts, with
 * `executable` only what has an executable bit does. A rule of `git` is a
 * glob relative to a git directory. Names are compared folded (fold.h), since the project may lie
 * on a host that folds case: `.ENVRC` is `.envrc`. */
#ifndef CLAUDEFS_GIT_WORKSPACE_RULES_H
#define CLAUDEFS_GIT_WORKSPACE_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "fs/policy/pattern.h"

#define WORKSPACE_RULES_MAX 256u /* of each list */

struct workspace_rule {
	char *kind;            /* "git", "build", "editor", ...: one word for lists */
	char *why;             /* one sentence for a security reader */
	char **names;          /* folded; or suffixes with their dot */
	size_t name_count;     /* 0: a rule of `git` */
	struct pattern *below; /* NULL: the name itself */
	bool is_suffix;        /* names are what a name ends in, from its last dot on */
	bool is_executable;    /* only files that somebody may execute */
};

struct workspace_rules;

/* *ret (ret_). Returns 0, -EBADMSG (the text is no such list) or -ENOMEM. */
int workspace_rules_parse(const char *text, size_t len, struct workspace_rules **ret);
/* rules/workspace.json as built in. Returns 0 or -ENOMEM. */
int workspace_rules_new_builtin(struct workspace_rules **ret);
void workspace_rules_free(struct workspace_rules *rules);
void cleanup_workspace_rules_free(struct workspace_rules **rules);
#define cleanup_workspace_rules __attribute__((cleanup(cleanup_workspace_rules_free)))

/* The rules that a folded name (or its suffix) begins: steps through them, cursor 0 at first. NULL:
 * no more. */
const struct workspace_rule *workspace_rules_next_for(const struct workspace_rules *rules,
						      const char *folded_name, size_t *cursor);

/* The rule of `git` for names (folded, below a git directory), or NULL. */
const struct workspace_rule *workspace_rules_find_git(const struct workspace_rules *rules,
						      const struct pattern_name *names,
						      size_t count);

#endif

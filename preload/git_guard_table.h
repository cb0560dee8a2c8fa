/* SPDX-License-Identifier: MIT */
/* What git-guard refuses: rules/git.json as tables, made by rules/git_guard.py when it is built, so
 * that nothing inside a sandbox changes them. All lists end with NULL; a list that is NULL was not
 * given. Patterns are fnmatch(3)'s, where a star also stands for slashes and dots. */
#ifndef CLAUDEFS_PRELOAD_GIT_GUARD_TABLE_H
#define CLAUDEFS_PRELOAD_GIT_GUARD_TABLE_H

#include <stdbool.h>
#include <stddef.h>

/* A key of git's configuration; its parts compare without case. The first that matches counts. */
struct git_guard_key {
	const char *section;
	const char *subsection; /* NULL: a key without one */
	const char *name;
	const char *const *harmless; /* values that are let through */
	const char *const *only;     /* only these values are refused */
	const char *why;
};

/* A command; all rules that match it count. With neither words nor options nor addresses it is
 * refused as such. */
struct git_guard_command {
	const char *command;
	const char *const *words;     /* its first word that is no option */
	const char *const *options;   /* "-c", "--config"; also abbreviated, and in a cluster */
	const char *const *addresses; /* any word that is no option */
	const char *const *harmless;  /* values of the options that are let through */
	const char *const *values;    /* further options whose value may be the next word */
	bool opens; /* let through where pushing goes by the host (GIT_GUARD_PUSH) */
	const char *why;
	const char *instead;
};

/* A variable; the first that matches counts. */
struct git_guard_variable {
	const char *name;
	const char *const *harmless;
	const char *const *only;
	const char *why;
};

extern const struct git_guard_key git_guard_keys[];
extern const size_t git_guard_keys_count;
extern const struct git_guard_command git_guard_commands[];
extern const size_t git_guard_commands_count;
extern const struct git_guard_variable git_guard_variables[];
extern const size_t git_guard_variables_count;

#endif

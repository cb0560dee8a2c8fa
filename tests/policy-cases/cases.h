/* SPDX-License-Identifier: MIT */
/* The rows of cases.tsv: what the rules must say of names. */
#ifndef CLAUDEFS_TESTS_POLICY_CASES_H
#define CLAUDEFS_TESTS_POLICY_CASES_H

#include "fs/policy/decide.h"
#include "fs/policy/rules.h"

/* Borrowed for the call. */
struct policy_case {
	unsigned int line;
	const struct rules *rules;
	const struct project_scope *scope;
	const char *path;    /* any bytes but NUL */
	const char *spelled; /* the same as in the file */
	const char *read;    /* the names of what must be said */
	const char *write;
	const char *merge;
	const char *rule;
};

/* Calls each(row, arg) for every row of dir/cases.tsv. Returns how many there are, or -1 after a
 * message on stderr. Ends the process if a rule file there cannot be used. */
int policy_cases_each(const char *dir, void (*each)(const struct policy_case *row, void *arg),
		      void *arg);

#endif

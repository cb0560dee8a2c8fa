/* SPDX-License-Identifier: MIT */
/* `approve` and `reject` of keys and records by name. */
#ifndef CLAUDEFS_CLI_PART_DECISION_H
#define CLAUDEFS_CLI_PART_DECISION_H

#include "fs/cli/command.h"
#include "fs/cli/deciding.h"
#include "fs/review/parts.h"

/* Tells of one that was decided. */
typedef void part_decided_fn(const char *path, enum decision_scope scope, const char *part,
			     void *arg);

struct part_decision {
	const struct cli *cli; /* keys, records, resets */
	const char *command;   /* "approve", "reject" */
	enum decision_verdict verdict;
	const struct review *review;
	part_decided_fn *tell;
	void *arg;
};

/* Decides about those parts of the change that cli names, or forgets what was decided; all of them
 * or, where one cannot be decided about, none. What was decided about the change as a whole goes on
 * counting for its other parts. The caller saves. Returns EXIT_OK or another exit code (said). */
int part_decision_make(const struct part_decision *decision, const struct change *change,
		       struct deciding *deciding);

#endif

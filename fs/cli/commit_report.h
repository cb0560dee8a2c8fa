/* SPDX-License-Identifier: MIT */
/* What a commit did, or would do: for people as it happens, as JSON at the end. */
#ifndef CLAUDEFS_CLI_COMMIT_REPORT_H
#define CLAUDEFS_CLI_COMMIT_REPORT_H

#include "fs/base/json.h"
#include "fs/cli/command.h"
#include "fs/cli/session_choice.h"
#include "fs/commit/commit.h"

/* Starts as { .cli = cli }. */
struct commit_report {
	const struct cli *cli;
	const char *applied_word; /* what stands for COMMIT_APPLIED; NULL: "applied" */
	json_t *entries;          /* NULL until the first one */
	struct commit_result recovered;
	struct commit_result result;
};

void commit_report_done(struct commit_report *report);
#define cleanup_commit_report __attribute__((cleanup(commit_report_done)))

/* A commit_event_fn; arg is a struct commit_report. */
void commit_report_event(const struct commit_event *event, void *arg);

/* {receipt, applied, conflicts, skipped, damaged, failed}. */
json_t *commit_result_to_json(const struct commit_result *result);

/* The end: sums, and what stays pending. Returns the exit code of the commit. */
int commit_report_print(struct commit_report *report, const struct chosen_session *session,
			const struct commit_plan *plan);

/* `commit -n`. Returns an exit code. */
int commit_report_plan(const struct cli *cli, const struct chosen_session *session,
		       const struct commit_plan *plan);

#endif

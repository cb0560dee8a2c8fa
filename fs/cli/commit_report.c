/* SPDX-License-Identifier: MIT */
#include "fs/cli/commit_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fs/base/message.h"
#include "fs/base/terminal.h"
#include "fs/cli/change_json.h"
#include "fs/cli/json_output.h"
#include "fs/cli/open_review.h"

#define STATUS_COLUMNS 9

void commit_report_done(struct commit_report *report)
{
	json_decref(report->entries);
	report->entries = NULL;
}

static enum terminal_style status_style(enum commit_status status)
{
	switch (status) {
	case COMMIT_APPLIED: return STYLE_GREEN;
	case COMMIT_CONFLICT:
	case COMMIT_LAPSED:
	case COMMIT_SKIPPED: return STYLE_YELLOW;
	case COMMIT_DAMAGED:
	case COMMIT_FAILED: return STYLE_RED;
	}
	return STYLE_RED;
}

static json_t *event_to_json(const struct commit_event *event)
{
	json_t *json = json_object();

	json_output_set_name(json, "path", event->path);
	(void)json_object_set_new(json, "action", json_string(plan_action_name(event->action)));
	(void)json_object_set_new(json, "status", json_string(commit_status_name(event->status)));
	(void)json_object_set_new(json, "reason",
				  event->reason ? json_string_lossy(event->reason) : json_null());
	(void)json_object_set_new(json, "recovered", json_boolean(event->is_recovered));
	return json;
}

static void print_entry(bool is_colored, const char *word, enum terminal_style style,
			const char *action, const char *path, const char *reason)
{
	cleanup_text struct text line = { 0 };

	text_append(&line, "  ");
	terminal_appendf(&line, is_colored, style, "%-*s", STATUS_COLUMNS, word);
	terminal_appendf(&line, is_colored, STYLE_PLAIN, " %-8s", action);
	terminal_append(&line, is_colored, STYLE_PLAIN, path);
	if (reason) {
		text_append(&line, "  ");
		/* Safe already, by contract. */
		terminal_append_styled(&line, is_colored, STYLE_DIM, reason);
	}
	if (line.data)
		printf("%s\n", line.data);
}

static const char *status_word(const struct commit_report *report, enum commit_status status)
{
	return status == COMMIT_APPLIED && report->applied_word ? report->applied_word
								: commit_status_name(status);
}

void commit_report_event(const struct commit_event *event, void *arg)
{
	struct commit_report *report = arg;
	const char *reason = event->reason;

	if (report->cli->is_json) {
		if (!report->entries)
			report->entries = json_array();
		(void)json_array_append_new(report->entries, event_to_json(event));
		return;
	}
	if (event->status == COMMIT_FAILED && event->error < 0 && !reason)
		reason = strerror(-event->error);
	print_entry(report->cli->is_colored, status_word(report, event->status),
		    status_style(event->status), plan_action_name(event->action), event->path,
		    reason);
}

static json_t *rest_to_json(const struct commit_plan *plan)
{
	json_t *list = json_array();

	for (size_t i = 0; i < commit_plan_rest_count(plan); i++) {
		const struct plan_rest *rest = commit_plan_rest_get(plan, i);
		json_t *json = json_object();

		json_output_set_name(json, "path", rest->change->path);
		(void)json_object_set_new(json, "kind",
					  json_string(change_kind_name(rest->change->kind)));
		(void)json_object_set_new(json, "group",
					  json_string(review_group_name(rest->change->group)));
		(void)json_object_set_new(json, "reason",
					  json_string_lossy(rest->reason ? rest->reason : ""));
		(void)json_object_set_new(
			json, "decision",
			json_string(change_decision_name(rest->change->decision)));
		(void)json_array_append_new(list, json);
	}
	return list;
}

json_t *commit_result_to_json(const struct commit_result *result)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "receipt", (json_int_t)result->receipt,
			 "applied", (json_int_t)result->applied, "conflicts",
			 (json_int_t)result->conflicts, "skipped", (json_int_t)result->skipped,
			 "damaged", (json_int_t)result->damaged, "failed",
			 (json_int_t)result->failed);
}

static size_t count_rest(const struct commit_plan *plan, enum review_group group)
{
	size_t count = 0;

	for (size_t i = 0; i < commit_plan_rest_count(plan); i++)
		count += commit_plan_rest_get(plan, i)->change->group == group;
	return count;
}

/* Changes that wait for the person's word. */
static size_t count_open(const struct commit_plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < commit_plan_rest_count(plan); i++)
		count += commit_plan_rest_get(plan, i)->is_open;
	return count;
}

/* A conflict that was seen before anything was tried counts like one that was met on the way; and
 * who asks for all, or for a path, is told when that cannot be had. */
static int exit_code_of(const struct commit_report *report, const struct commit_plan *plan)
{
	int code = commit_exit_code(&report->result);
	bool is_asked_for = report->cli->approves_all || report->cli->only.count > 0;

	if (code == EXIT_OK && count_rest(plan, REVIEW_CONFLICT) > 0)
		code = EXIT_CONFLICT;
	if (code == EXIT_OK && is_asked_for && count_rest(plan, REVIEW_HELD) > 0)
		code = EXIT_HELD;
	return code;
}

static void print_rest(const struct cli *cli, const struct commit_plan *plan)
{
	for (size_t i = 0; i < commit_plan_rest_count(plan); i++) {
		const struct plan_rest *rest = commit_plan_rest_get(plan, i);

		/* What never leaves is not news at every commit; status counts it. */
		if (rest->change->group == REVIEW_NEVER_LEAVES)
			continue;
		print_entry(cli->is_colored, "stays", STYLE_YELLOW,
			    change_kind_name(rest->change->kind), rest->change->path, rest->reason);
	}
}

static void print_sum(const struct commit_report *report, const struct commit_plan *plan)
{
	const struct commit_result *result = &report->result;
	size_t approvable = count_open(plan);
	size_t held = count_rest(plan, REVIEW_HELD);
	size_t applied = result->applied + report->recovered.applied;

	if (applied > 0)
		printf("committed %zu %s", applied, applied == 1 ? "change" : "changes");
	else
		printf("nothing committed");
	if (result->receipt > 0)
		printf(" (receipt %" PRIu64 ")", result->receipt);
	if (report->recovered.applied > 0)
		printf(", %zu of them left from a commit that was cut short",
		       report->recovered.applied);
	if (result->conflicts + count_rest(plan, REVIEW_CONFLICT) > 0)
		printf("; %zu in conflict with the host",
		       result->conflicts + count_rest(plan, REVIEW_CONFLICT));
	if (result->skipped + result->damaged + result->failed > 0)
		printf("; %zu could not be applied",
		       result->skipped + result->damaged + result->failed);
	if (held > 0)
		printf("; %zu cannot be applied as %s", held, held == 1 ? "it is" : "they are");
	if (approvable > 0)
		printf("; %zu need%s approval: claudefs commit -i", approvable,
		       approvable == 1 ? "s" : "");
	printf("\n");
}

int commit_report_print(struct commit_report *report, const struct chosen_session *session,
			const struct commit_plan *plan)
{
	int code = exit_code_of(report, plan);
	cleanup_json json_t *json = NULL;

	if (!report->cli->is_json) {
		print_rest(report->cli, plan);
		print_sum(report, plan);
		return code;
	}
	json = json_object();
	(void)json_object_set_new(json, "session",
				  session_to_json(session, commit_plan_review(plan)));
	(void)json_object_set_new(json, "dry_run", json_false());
	(void)json_object_set(json, "entries", report->entries ? report->entries : json_array());
	(void)json_object_set_new(json, "rest", rest_to_json(plan));
	(void)json_object_set_new(json, "recovered", commit_result_to_json(&report->recovered));
	(void)json_object_set_new(json, "result", commit_result_to_json(&report->result));
	return json_output_print(json) == EXIT_OK ? code : EXIT_FAULT;
}

static json_t *plan_to_json(const struct commit_plan *plan)
{
	json_t *list = json_array();

	for (size_t i = 0; i < commit_plan_count(plan); i++) {
		const struct plan_entry *entry = commit_plan_get(plan, i);
		json_t *json = json_object();

		json_output_set_name(json, "path", entry->change->path);
		(void)json_object_set_new(json, "action",
					  json_string(plan_action_name(entry->action)));
		(void)json_object_set_new(json, "status", json_string("planned"));
		(void)json_object_set_new(json, "reason", json_string_lossy(entry->change->reason));
		(void)json_object_set_new(json, "recovered", json_false());
		(void)json_array_append_new(list, json);
	}
	return list;
}

int commit_report_plan(const struct cli *cli, const struct chosen_session *session,
		       const struct commit_plan *plan)
{
	size_t count = commit_plan_count(plan);
	cleanup_json json_t *json = NULL;

	if (cli->is_json) {
		json = json_object();
		(void)json_object_set_new(json, "session",
					  session_to_json(session, commit_plan_review(plan)));
		(void)json_object_set_new(json, "dry_run", json_true());
		(void)json_object_set_new(json, "entries", plan_to_json(plan));
		(void)json_object_set_new(json, "rest", rest_to_json(plan));
		return json_output_print(json);
	}
	for (size_t i = 0; i < count; i++) {
		const struct plan_entry *entry = commit_plan_get(plan, i);

		print_entry(cli->is_colored, "would", STYLE_GREEN, plan_action_name(entry->action),
			    entry->change->path, entry->change->reason);
	}
	print_rest(cli, plan);
	printf("would commit %zu %s; nothing was done\n", count, count == 1 ? "change" : "changes");
	if (!review_is_settled(commit_plan_review(plan)))
		printf("a commit was cut short: 'claudefs commit' finishes that one first\n");
	return EXIT_OK;
}

/* SPDX-License-Identifier: MIT */
/* `claudefs undo`: what a commit did to the host is taken back. All writing is done by fs/commit.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/message.h"
#include "fs/base/terminal.h"
#include "fs/cli/json_output.h"
#include "fs/cli/open_commit.h"
#include "fs/cli/open_review.h"
#include "fs/commit/undo.h"
#include "fs/review/receipt.h"

/* The receipts of one commit (it may have several parts), the last one first. */
struct undo_list {
	uint64_t *numbers;
	size_t count;
};

static void undo_list_done(struct undo_list *list)
{
	free(list->numbers);
	*list = (struct undo_list){ 0 };
}
#define cleanup_undo_list __attribute__((cleanup(undo_list_done)))

static int read_receipts(const struct chosen_session *session, struct receipts **ret)
{
	int r = receipts_read(session->fd, ret, NULL);

	return r < 0 ? say_journal_failure(session, r) : EXIT_OK;
}

/* The last commit of which something stands; NULL: none. */
static const struct receipt_info *find_last(const struct receipts *receipts)
{
	size_t count = 0;
	const struct receipt_info *infos = receipts_infos(receipts, &count);

	while (count > 0) {
		const struct receipt_info *info = &infos[--count];

		if (info->undoes == 0 && info->standing > 0)
			return receipts_info(receipts, info->part_of);
	}
	return NULL;
}

static int find_named(const struct chosen_session *session, const struct receipts *receipts,
		      const char *name, const struct receipt_info **ret)
{
	char *end = NULL;
	unsigned long long number = strtoull(name, &end, 10);

	*ret = *name >= '0' && *name <= '9' && *end == '\0' ? receipts_info(receipts, number)
							    : NULL;
	if (*ret)
		return EXIT_OK;
	message_error("undo: %s: session %s has no such receipt; 'claudefs undo --list' lists them",
		      name, session->id);
	return EXIT_USAGE;
}

static int make_list(const struct receipts *receipts, const struct receipt_info *chosen,
		     struct undo_list *ret)
{
	size_t count = 0;
	const struct receipt_info *infos = receipts_infos(receipts, &count);

	ret->numbers = calloc(count + 1, sizeof(*ret->numbers));
	if (!ret->numbers) {
		message_error("undo: out of memory");
		return EXIT_FAULT;
	}
	while (count > 0) {
		const struct receipt_info *info = &infos[--count];

		if (info->number == chosen->number ||
		    (chosen->part_of == chosen->number && info->part_of == chosen->number))
			ret->numbers[ret->count++] = info->number;
	}
	return EXIT_OK;
}

/* What is to be undone; an empty list: nothing can be. */
static int choose(const struct cli *cli, const struct chosen_session *session,
		  struct undo_list *ret)
{
	cleanup_receipts struct receipts *receipts = NULL;
	const struct receipt_info *chosen = NULL;
	int r = read_receipts(session, &receipts);

	if (r != EXIT_OK)
		return r;
	if (cli->argument_count == 0)
		chosen = find_last(receipts);
	else
		r = find_named(session, receipts, cli->arguments[0], &chosen);
	return r == EXIT_OK && chosen ? make_list(receipts, chosen, ret) : r;
}

static void add_result(struct commit_result *sum, const struct commit_result *result)
{
	sum->receipt = result->receipt > 0 ? result->receipt : sum->receipt;
	sum->applied += result->applied;
	sum->conflicts += result->conflicts;
	sum->skipped += result->skipped;
	sum->damaged += result->damaged;
	sum->failed += result->failed;
}

static int say_failure(const struct chosen_session *session, uint64_t number, int error)
{
	if (error == -EBADMSG) {
		message_error("undo: receipt %" PRIu64 " of session %s: damaged, or not made by "
			      "this machine's claudefs; nothing of it is undone",
			      number, session->id);
		return EXIT_DAMAGED;
	}
	return open_commit_say("undo", session, error);
}

/* Returns EXIT_OK or an exit code; what was undone before is no failure. */
static int undo_all(const struct chosen_session *session, const struct undo_list *list,
		    struct commit *commit, struct commit_report *report)
{
	uint64_t first = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct commit_result result = { 0 };
		uint64_t number = list->numbers[i];
		int r = commit ? undo_apply(commit, number, &first, commit_report_event, report,
					    &result)
			       : undo_look(session->fd, &session->manifest, session->state_fd,
					   number, commit_report_event, report, &result);

		add_result(&report->result, &result);
		if (r < 0 && r != -EALREADY)
			return say_failure(session, number, r);
	}
	return EXIT_OK;
}

static void print_sum(const struct commit_report *report, bool is_dry_run)
{
	const struct commit_result *result = &report->result;
	size_t refused = result->conflicts + result->skipped + result->damaged + result->failed;
	const char *changes = result->applied == 1 ? "change" : "changes";

	if (is_dry_run)
		printf("would undo %zu %s; nothing was done", result->applied, changes);
	else if (result->applied > 0)
		printf("undid %zu %s (receipt %" PRIu64 ")", result->applied, changes,
		       result->receipt);
	else
		printf("nothing was undone");
	if (refused > 0)
		printf("; %zu left alone", refused);
	printf("\n");
}

static int print_end(const struct cli *cli, const struct chosen_session *session,
		     const struct undo_list *list, struct commit_report *report)
{
	cleanup_json json_t *json = NULL;
	json_t *numbers;
	int code = commit_exit_code(&report->result);

	if (code == EXIT_OK && report->result.skipped > 0)
		code = EXIT_CONFLICT;
	if (!cli->is_json) {
		print_sum(report, cli->is_dry_run);
		return code;
	}
	json = json_object();
	numbers = json_array();
	for (size_t i = 0; i < list->count; i++)
		(void)json_array_append_new(numbers, json_integer((json_int_t)list->numbers[i]));
	(void)json_object_set_new(json, "session", session_to_json(session, NULL));
	(void)json_object_set_new(json, "dry_run", json_boolean(cli->is_dry_run));
	(void)json_object_set_new(json, "undoes", numbers);
	if (report->entries)
		(void)json_object_set(json, "entries", report->entries);
	else
		(void)json_object_set_new(json, "entries", json_array());
	(void)json_object_set_new(json, "recovered", commit_result_to_json(&report->recovered));
	(void)json_object_set_new(json, "result", commit_result_to_json(&report->result));
	return json_output_print(json) == EXIT_OK ? code : EXIT_FAULT;
}

static int undo(const struct cli *cli, const struct chosen_session *session)
{
	cleanup_commit_report struct commit_report report = { .cli = cli };
	cleanup_commit struct commit *commit = NULL;
	cleanup_undo_list struct undo_list list = { 0 };
	int r = 0;

	/* First, so that what was cut short is whole before it is looked at. */
	if (!cli->is_dry_run)
		r = open_commit(session, &report, &commit);
	if (r < 0)
		return open_commit_say("undo", session, r);
	report.applied_word = cli->is_dry_run ? "would" : "undone";
	r = choose(cli, session, &list);
	if (r == EXIT_OK)
		r = undo_all(session, &list, commit, &report);
	return r == EXIT_OK ? print_end(cli, session, &list, &report) : r;
}

static json_t *info_to_json(const struct receipt_info *info)
{
	json_t *json = json_object();

	(void)json_object_set_new(json, "receipt", json_integer((json_int_t)info->number));
	json_output_set_time(json, "time", info->time_ns);
	(void)json_object_set_new(json, "undoes",
				  info->undoes ? json_integer((json_int_t)info->undoes)
					       : json_null());
	(void)json_object_set_new(json, "part_of", json_integer((json_int_t)info->part_of));
	(void)json_object_set_new(json, "applied", json_integer((json_int_t)info->applied));
	(void)json_object_set_new(json, "standing", json_integer((json_int_t)info->standing));
	return json;
}

static void add_row(struct table *table, const struct receipt_info *info)
{
	char time[CLOCK_TEXT_SIZE];

	clock_format_local(info->time_ns, time);
	table_cellf(table, STYLE_BOLD, "%" PRIu64, info->number);
	table_cell(table, STYLE_PLAIN, time);
	if (info->undoes > 0)
		table_cellf(table, STYLE_YELLOW, "undo of %" PRIu64, info->undoes);
	else
		table_cell(table, STYLE_PLAIN, "commit");
	table_cellf(table, STYLE_PLAIN, "%zu %s", info->applied,
		    info->applied == 1 ? "change" : "changes");
	if (info->undoes > 0)
		table_cell(table, STYLE_DIM, "");
	else if (info->standing == info->applied)
		table_cell(table, STYLE_PLAIN, "all stand");
	else
		table_cellf(table, STYLE_DIM, "%zu stand", info->standing);
	table_end_row(table);
}

static int list(const struct cli *cli, const struct chosen_session *session)
{
	cleanup_table struct table *table = table_new(cli->is_colored, "");
	cleanup_receipts struct receipts *receipts = NULL;
	cleanup_json json_t *json = json_object();
	json_t *rows = json_array();
	const struct receipt_info *infos;
	size_t count = 0;
	int r = read_receipts(session, &receipts);

	(void)json_object_set_new(json, "receipts", rows);
	if (r != EXIT_OK)
		return r;
	infos = receipts_infos(receipts, &count);
	for (size_t i = 0; i < count; i++) {
		if (cli->is_json)
			(void)json_array_append_new(rows, info_to_json(&infos[i]));
		else
			add_row(table, &infos[i]);
	}
	if (cli->is_json) {
		(void)json_object_set_new(json, "session", session_to_json(session, NULL));
		return json_output_print(json);
	}
	if (count == 0)
		printf("nothing was committed\n");
	table_limit(table, cli->columns);
	return table_print(table, stdout) < 0 ? EXIT_FAULT : EXIT_OK;
}

int cmd_undo(const struct cli *cli)
{
	cleanup_chosen_session struct chosen_session session = CHOSEN_SESSION_NONE;
	int r = session_choose(cli, &session);

	if (r != EXIT_OK)
		return r;
	if (cli->lists)
		return list(cli, &session);
	open_commit_calm();
	return undo(cli, &session);
}

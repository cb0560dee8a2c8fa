/* SPDX-License-Identifier: MIT */
/* `claudefs verify`: is the session what it was when it was written? */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fs/base/message.h"
#include "fs/base/terminal.h"
#include "fs/cli/command.h"
#include "fs/cli/json_output.h"
#include "fs/cli/session_choice.h"
#include "fs/review/verify.h"

struct problems {
	const struct cli *cli;
	json_t *list; /* borrowed */
};

static void add_problem(const char *text, void *arg)
{
	struct problems *problems = arg;
	cleanup_text struct text line = { 0 };

	if (problems->cli->is_json) {
		(void)json_array_append_new(problems->list, json_string_lossy(text));
		return;
	}
	terminal_append(&line, problems->cli->is_colored, STYLE_RED, "damaged");
	text_append(&line, "  ");
	/* Safe already, by contract: not escaped twice. */
	text_append(&line, text);
	if (line.data)
		printf("%s\n", line.data);
}

static const char *tell_journal(const struct verify_report *report, bool is_running)
{
	switch (report->journal) {
	case JOURNAL_COMPLETE: return "complete";
	case JOURNAL_OPEN:
		return is_running ? "still being written" : "without an end: the session crashed";
	case JOURNAL_TORN:
		return is_running ? "still being written"
				  : "last record cut off: the session crashed";
	case JOURNAL_DAMAGED: return "damaged";
	}
	return "damaged";
}

static const char *journal_word(enum journal_state state)
{
	switch (state) {
	case JOURNAL_COMPLETE: return "complete";
	case JOURNAL_OPEN: return "open";
	case JOURNAL_TORN: return "torn";
	case JOURNAL_DAMAGED: return "damaged";
	}
	return "damaged";
}

static int print_json(const struct chosen_session *session, const struct verify_report *report,
		      json_t *problems)
{
	cleanup_json json_t *json = json_pack(
		"{s:s, s:b, s:{s:s, s:I, s:I}, s:I, s:I, s:I, s:O}", "session", session->id, "ok",
		report->problems == 0, "journal", "state", journal_word(report->journal), "records",
		(json_int_t)report->records, "offset", (json_int_t)report->offset, "objects",
		(json_int_t)report->objects, "receipts", (json_int_t)report->receipts,
		"unfinished_commits", (json_int_t)report->unfinished, "problems", problems);

	return json_output_print(json);
}

static void print_report(const struct cli *cli, const struct chosen_session *session,
			 const struct verify_report *report)
{
	cleanup_text struct text line = { 0 };

	if (report->problems == 0)
		terminal_append(&line, cli->is_colored, STYLE_GREEN, "ok");
	else
		terminal_appendf(&line, cli->is_colored, STYLE_RED, "%" PRIu64 " %s",
				 report->problems, report->problems == 1 ? "problem" : "problems");
	printf("%s  session %s: %" PRIu64 " records (%s), %" PRIu64 " objects, %" PRIu64 " %s\n",
	       line.data ? line.data : "", session->id, report->records,
	       tell_journal(report, session->is_running), report->objects, report->receipts,
	       report->receipts == 1 ? "receipt" : "receipts");
	if (report->journal == JOURNAL_DAMAGED)
		printf("    the journal is good up to byte %" PRIu64
		       "; 'claudefs status' shows what comes before it\n",
		       report->offset);
	if (report->unfinished > 0)
		printf("    %" PRIu64 " %s cut short; 'claudefs commit' finishes it\n",
		       report->unfinished, report->unfinished == 1 ? "commit was" : "commits were");
}

int cmd_verify(const struct cli *cli)
{
	cleanup_chosen_session struct chosen_session session = CHOSEN_SESSION_NONE;
	cleanup_json json_t *list = json_array();
	struct problems problems = { cli, list };
	struct verify_report report = { 0 };
	int r = session_choose(cli, &session);

	if (r != EXIT_OK)
		return r;
	r = verify_session(session.fd, session.id, add_problem, &problems, &report);
	if (r == -ENOENT) {
		message_error("session %s: it never started, so there is no journal to verify",
			      session.id);
		return EXIT_NO_SESSION;
	}
	if (r == -EPROTONOSUPPORT) {
		message_error("session %s: journal written by a newer claudefs; use that version "
			      "to verify it",
			      session.id);
		return EXIT_TOO_NEW;
	}
	if (r < 0) {
		message_error("session %s: verify: %s", session.id, strerror(-r));
		return message_exit_code(r);
	}
	if (cli->is_json)
		r = print_json(&session, &report, list);
	else
		print_report(cli, &session, &report);
	if (r != EXIT_OK)
		return r;
	return report.problems > 0 ? EXIT_DAMAGED : EXIT_OK;
}

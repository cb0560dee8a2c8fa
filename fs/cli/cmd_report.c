/* SPDX-License-Identifier: MIT */
/* `claudefs report`: a session as one HTML page that needs nothing else, for reading and keeping.
 * It holds no script, and its policy forbids every script, style and connection but its own sheet.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/clock.h"
#include "fs/base/message.h"
#include "fs/base/path_name.h"
#include "fs/cli/command.h"
#include "fs/cli/html.h"
#include "fs/cli/open_review.h"
#include "fs/cli/report.h"
#include "fs/cli/report_css.h"

static void print_head(const struct report *report)
{
	FILE *out = report->out;

	(void)fputs("<!DOCTYPE html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
		    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		    "style-src '" REPORT_CSS_HASH "'; base-uri 'none'; form-action 'none'\">\n"
		    "<meta name=referrer content=no-referrer>\n"
		    "<meta name=viewport content=\"width=device-width,initial-scale=1\">\n<title>",
		    out);
	html_print_string(out, path_base(report->session->manifest.project));
	(void)fputs(": what the session changed</title>\n<style>", out);
	(void)fputs(report_css, out);
	(void)fputs("</style>\n</head>\n<body>\n<main>\n", out);
}

static void print_facts(const struct report *report)
{
	const struct manifest *manifest = &report->session->manifest;
	FILE *out = report->out;
	char when[CLOCK_TEXT_SIZE];

	(void)fputs("<h1>What the session in <span class=mono>", out);
	html_print_string(out, manifest->project);
	(void)fputs("</span> changed</h1>\n<p class=facts>session <b class=mono>", out);
	html_print_string(out, report->session->id);
	(void)fprintf(out, "</b> &middot; %s", session_state_name(report->session, report->review));
	if (manifest->ended && !report->session->is_running) {
		(void)fputs(" (", out);
		html_print_string(out, manifest->ended);
		(void)fputc(')', out);
	}
	clock_format_local(manifest->start_ns, when);
	(void)fprintf(out, " &middot; since %s", when);
	if (manifest->end_ns > 0) {
		clock_format_local(manifest->end_ns, when);
		(void)fprintf(out, " until %s", when);
	}
	if (manifest->command) {
		(void)fputs("<br>command <span class=mono>", out);
		html_print(out, manifest->command,
			   strnlen(manifest->command, REPORT_LINE_BYTES_MAX));
		(void)fputs("</span>", out);
	}
	(void)fputs("</p>\n", out);
}

static void print_tile(FILE *out, const char *name, size_t count, const char *label)
{
	(void)fprintf(out, "<li class=\"%s%s\"><a href=\"#%s\"><b>%zu</b>%s</a></li>\n",
		      count == 0 ? "zero t-none" : "t-", count == 0 ? "" : name, name, count,
		      label);
}

static void print_tiles(const struct report *report)
{
	static const struct {
		enum review_group group;
		const char *label;
	} tiles[] = {
		{ REVIEW_NEEDS_APPROVAL, "need your approval" },
		{ REVIEW_CONFLICT, "in conflict" },
		{ REVIEW_HELD, "held" },
		{ REVIEW_WILL_COMMIT, "will be committed" },
		{ REVIEW_NEVER_LEAVES, "never leave" },
	};
	size_t hazards = 0;

	for (size_t i = 0; i < review_count(report->review); i++) {
		const struct hazard_list *list = &review_get(report->review, i)->hazards;

		hazards += list->count + list->omitted;
	}
	(void)fputs("<ul class=tiles>\n", report->out);
	print_tile(report->out, "hazards", hazards, "to look at first");
	for (size_t i = 0; i < sizeof(tiles) / sizeof(tiles[0]); i++)
		print_tile(report->out, review_group_name(tiles[i].group),
			   review_count_group(report->review, tiles[i].group), tiles[i].label);
	if (report->host->pushes.count > 0)
		print_tile(report->out, "pushes", pushes_count_open(&report->host->pushes),
			   "pushes wait");
	(void)fputs("</ul>\n", report->out);
}

static void print_next(const struct report *report)
{
	size_t approvable = review_count_group(report->review, REVIEW_NEEDS_APPROVAL);
	size_t automatic = review_count_group(report->review, REVIEW_WILL_COMMIT);
	size_t committed = review_count_committed(report->review);
	const struct pushes *pushes = &report->host->pushes;
	FILE *out = report->out;

	(void)fputs("<p class=next>", out);
	if (committed > 0) {
		report_count(out, committed, "name");
		(void)fputs(" committed before. ", out);
	}
	if (approvable > 0)
		(void)fputs("To decide about each: <code>claudefs commit -i</code>", out);
	else if (automatic > 0)
		(void)fputs("To bring it home: <code>claudefs commit</code>", out);
	else if (pushes_count_state(pushes, PUSH_APPROVED) > 0)
		(void)fputs("To push what was approved: <code>claudefs commit</code>", out);
	else if (pushes_count_state(pushes, PUSH_HELD) == 0)
		(void)fputs("Nothing is left to commit.", out);
	if (pushes_count_state(pushes, PUSH_HELD) > 0)
		(void)fputs(" Pushes that wait for you: <code>claudefs diff push:N</code>, then "
			    "<code>claudefs approve push:N</code>",
			    out);
	if (approvable + automatic + pushes_count_open(pushes) > 0) {
		(void)fputs(" <span class=dim>in the project, or with --session ", out);
		html_print_string(out, report->session->id);
		(void)fputs("</span>", out);
	}
	(void)fputs("</p>\n", out);
}

static int print_page(struct report *report)
{
	char now[CLOCK_TEXT_SIZE];
	int r;

	print_head(report);
	print_facts(report);
	print_tiles(report);
	print_next(report);
	report_hazards(report);
	report_changes(report);
	report_host(report);
	r = report_events(report);
	report_network(report);
	clock_format_local(clock_now_ns(), now);
	(void)fprintf(report->out,
		      "<footer>claudefs " CLAUDEFS_VERSION ", %s. This page holds what a sandboxed "
		      "session wrote: names and contents are quoted, and nothing in it is active."
		      "</footer>\n</main>\n</body>\n</html>\n",
		      now);
	return r;
}

int cmd_report(const struct cli *cli)
{
	cleanup_chosen_session struct chosen_session session = CHOSEN_SESSION_NONE;
	cleanup_open_review struct open_review open = { 0 };
	cleanup_host_events struct host_events host = HOST_EVENTS_NONE;
	struct report report = { .cli = cli, .session = &session, .host = &host, .out = stdout };
	int r;

	if (cli->is_json) {
		message_error("report: HTML only; 'claudefs --json status' has the same as JSON");
		return EXIT_USAGE;
	}
	if (isatty(STDOUT_FILENO) == 1) {
		message_error("report: a page of HTML is not for a terminal; try 'claudefs report "
			      ">report.html'");
		return EXIT_USAGE;
	}
	r = session_choose(cli, &session);
	if (r == EXIT_OK)
		r = open_review(cli, &session, &open);
	if (r == EXIT_OK)
		r = host_events_read("report", &session, &host);
	if (r != EXIT_OK)
		return r;
	report.review = open.review;
	r = print_page(&report);
	return r < 0 ? say_journal_failure(&session, r) : EXIT_OK;
}

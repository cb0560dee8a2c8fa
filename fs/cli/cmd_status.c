/* SPDX-License-Identifier: MIT */
/* `claudefs status`: one screen. What changed, what will become of it, what to type next. */
#include <stdio.h>
#include <string.h>

#include "fs/base/clock.h"
#include "fs/base/message.h"
#include "fs/base/terminal.h"
#include "fs/cli/change_json.h"
#include "fs/cli/earlier.h"
#include "fs/cli/json_output.h"
#include "fs/cli/open_review.h"
#include "fs/cli/pushes.h"
#include "fs/review/print_status.h"

#define COMMAND_COLUMNS 100u /* where there is no terminal to fit it into */

static int print_json(const struct chosen_session *session, const struct review *review,
		      const struct pushes *pushes, const struct earlier *earlier)
{
	cleanup_json json_t *json = json_object();
	json_t *changes = json_array();
	json_t *refused;
	uint64_t total = 0;

	for (size_t i = 0; i < review_count(review); i++)
		(void)json_array_append_new(changes, change_to_json(review_get(review, i)));
	refused = refusals_to_json(review_replay(review), &total);
	(void)json_object_set_new(json, "session", session_to_json(session, review));
	(void)json_object_set_new(json, "journal", journal_to_json(review));
	(void)json_object_set_new(json, "settled", json_boolean(review_is_settled(review)));
	(void)json_object_set_new(json, "committed",
				  json_integer((json_int_t)review_count_committed(review)));
	(void)json_object_set_new(json, "counts", counts_to_json(review));
	(void)json_object_set_new(json, "decisions", decisions_to_json(review));
	(void)json_object_set_new(json, "changes", changes);
	(void)json_object_set_new(json, "refused", refused);
	(void)json_object_set_new(json, "refused_total", json_integer((json_int_t)total));
	(void)json_object_set_new(json, "pushes", pushes_to_json(pushes));
	(void)json_object_set_new(json, "earlier",
				  earlier->id ? json_pack("{s:s, s:I}", "session", earlier->id,
							  "waiting", (json_int_t)earlier->waiting)
					      : json_null());
	return json_output_print(json);
}

static enum terminal_style state_style(const char *state)
{
	if (strcmp(state, "running") == 0)
		return STYLE_GREEN;
	return strcmp(state, "ended") == 0 ? STYLE_PLAIN : STYLE_YELLOW;
}

/* What ran, cut to one line of the terminal: a prompt may be a page long. */
static void print_command(const struct cli *cli, const char *command)
{
	cleanup_table struct table *table = table_new(cli->is_colored, "");

	if (!command)
		return;
	table_cell(table, STYLE_PLAIN, "command");
	table_cell(table, STYLE_DIM, command);
	table_end_row(table);
	table_limit(table, cli->columns > 0 ? cli->columns : COMMAND_COLUMNS);
	(void)table_print(table, stdout);
}

static void print_header(const struct cli *cli, const struct chosen_session *session,
			 const struct review *review)
{
	const struct manifest *manifest = &session->manifest;
	const char *state = session_state_name(session, review);
	cleanup_text struct text text = { 0 };
	char started[CLOCK_TEXT_SIZE];

	clock_format_local(manifest->start_ns, started);
	text_append(&text, "session  ");
	terminal_append(&text, cli->is_colored, STYLE_BOLD, session->id);
	text_append(&text, "  ");
	terminal_append(&text, cli->is_colored, state_style(state), state);
	if (manifest->ended && !session->is_running)
		terminal_appendf(&text, cli->is_colored, STYLE_PLAIN, " (%s)", manifest->ended);
	text_append(&text, "\nproject  ");
	terminal_append(&text, cli->is_colored, STYLE_BOLD, manifest->project);
	text_appendf(&text, "  since %s", started);
	if (text.data)
		printf("%s\n", text.data);
	print_command(cli, manifest->command);
	if (review_count_committed(review) > 0)
		printf("%zu committed before\n", review_count_committed(review));
}

static void print_next(const struct cli *cli, const struct chosen_session *session,
		       const struct review *review, const struct pushes *pushes)
{
	size_t ready = review_count_ready(review);
	size_t approvable = review_count_open(review);
	size_t stuck = review_count_group(review, REVIEW_CONFLICT) +
		       review_count_group(review, REVIEW_HELD);
	const char *rest = "nothing is left to commit";
	const char *next = NULL;
	cleanup_text struct text text = { 0 };

	if (session->manifest.is_discarded) {
		rest = "discarded: nothing of it will be committed";
	} else if (!review_is_settled(review)) {
		next = "claudefs commit";
		rest = "finishes the commit that was cut short";
	} else if (approvable > 0) {
		next = "claudefs diff, then claudefs commit -i";
		rest = "asks about each";
	} else if (ready > 0) {
		next = "claudefs commit";
		rest = "or claudefs diff to look first";
	} else if (stuck > 0) {
		next = "claudefs diff";
		rest = "then claudefs commit --theirs PATH or --ours PATH, or carry over by hand";
	} else if (pushes_count_state(pushes, PUSH_APPROVED) > 0) {
		next = "claudefs commit";
		rest = "pushes what was approved";
	} else if (pushes_count_state(pushes, PUSH_HELD) > 0) {
		next = "claudefs diff push:N";
		rest = "then claudefs approve push:N or reject push:N";
	} else if (review_count_decision(review, CHANGE_REJECTED) > 0) {
		rest = "what is left was rejected";
	}
	text_append(&text, "\n");
	if (next) {
		text_append(&text, "next: ");
		terminal_append(&text, cli->is_colored, STYLE_BOLD, next);
		text_append(&text, "  ");
	}
	terminal_appendf(&text, cli->is_colored, next ? STYLE_DIM : STYLE_PLAIN,
			 next ? "(%s)" : "%s", rest);
	if (text.data)
		printf("%s\n", text.data);
}

static void print_earlier(const struct cli *cli, const struct earlier *earlier)
{
	cleanup_text struct text text = { 0 };

	if (!earlier->id)
		return;
	text_appendf(&text, "earlier: %zu %s in session %s: ", earlier->waiting,
		     earlier->waiting == 1 ? "change waits" : "changes wait", earlier->id);
	terminal_appendf(&text, cli->is_colored, STYLE_BOLD, "claudefs --session %s status",
			 earlier->id);
	if (text.data)
		printf("%s\n", text.data);
}

int cmd_status(const struct cli *cli)
{
	cleanup_chosen_session struct chosen_session session = CHOSEN_SESSION_NONE;
	cleanup_open_review struct open_review open = { 0 };
	cleanup_pushes struct pushes pushes = PUSHES_NONE;
	cleanup_earlier struct earlier earlier = { 0 };
	struct print_style style = { cli->is_colored, cli->wants_everything, cli->columns };
	int r = session_choose(cli, &session);

	if (r == EXIT_OK)
		r = open_review(cli, &session, &open);
	if (r == EXIT_OK)
		r = pushes_open("status", &session, false, &pushes);
	if (r != EXIT_OK)
		return r;
	earlier_find(cli, &session, &earlier);
	if (cli->is_json)
		return print_json(&session, open.review, &pushes, &earlier);
	print_header(cli, &session, open.review);
	if (print_status(open.review, &style, stdout) < 0) {
		message_error("out of memory");
		return EXIT_FAULT;
	}
	pushes_print(cli, &pushes);
	print_next(cli, &session, open.review, &pushes);
	print_earlier(cli, &earlier);
	return EXIT_OK;
}

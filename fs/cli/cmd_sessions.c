/* SPDX-License-Identifier: MIT */
/* `claudefs sessions`: newest first, with what is left to do in each. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/message.h"
#include "fs/base/terminal.h"
#include "fs/cli/json_output.h"
#include "fs/cli/open_review.h"
#include "fs/cli/rules_choice.h"
#include "fs/session/session_dir.h"

/* What one line says. */
struct session_line {
	const char *id;
	const char *state; /* static */
	bool is_readable;
	size_t pending; /* all but what never leaves */
	size_t held;    /* those of them that a commit would not apply now */
	size_t committed;
};

static const char *unreadable_state(int error)
{
	return error == -EPROTONOSUPPORT ? "newer" : "damaged";
}

/* Counts are absent (is_readable false) where the journal or the host state cannot be read. */
static void count_changes(const struct rules *rules, const struct chosen_session *session,
			  struct session_line *line)
{
	cleanup_open_review struct open_review open = { 0 };
	int r = open_review_quietly(rules, session, &open);

	if (r < 0) {
		line->state = session_state_name(session, NULL);
		if (r == -EPROTONOSUPPORT || r == -EBADMSG)
			line->state = unreadable_state(r);
		line->is_readable = r == -ENOENT;
		return;
	}
	line->is_readable = true;
	line->state = session_state_name(session, open.review);
	line->pending =
		review_count(open.review) - review_count_group(open.review, REVIEW_NEVER_LEAVES);
	line->held = line->pending - review_count_ready(open.review);
	line->committed = review_count_committed(open.review);
}

static enum terminal_style state_style(const char *state)
{
	if (strcmp(state, "running") == 0)
		return STYLE_GREEN;
	if (strcmp(state, "crashed") == 0)
		return STYLE_YELLOW;
	if (strcmp(state, "damaged") == 0 || strcmp(state, "newer") == 0)
		return STYLE_RED;
	return STYLE_PLAIN;
}

static void count_cell(struct table *table, const struct session_line *line, size_t count)
{
	char number[24] = "-";

	if (line->is_readable)
		(void)snprintf(number, sizeof(number), "%zu", count);
	table_number(table, line->is_readable && count > 0 ? STYLE_PLAIN : STYLE_DIM, number);
}

static void add_row(struct table *table, const struct session_line *line,
		    const struct manifest *manifest)
{
	char started[CLOCK_TEXT_SIZE] = "";

	if (manifest)
		clock_format_local(manifest->start_ns, started);
	table_cell(table, STYLE_BOLD, line->id);
	table_cell(table, state_style(line->state), line->state);
	table_cell(table, STYLE_PLAIN, started);
	count_cell(table, line, line->pending);
	count_cell(table, line, line->held);
	count_cell(table, line, line->committed);
	table_cell(table, STYLE_PLAIN, manifest ? manifest->project : "");
	table_end_row(table);
}

static void add_json(json_t *list, const struct session_line *line,
		     const struct chosen_session *session)
{
	json_t *json;

	if (session->id) {
		json = session_to_json(session, NULL);
	} else {
		json = json_object();
		(void)json_object_set_new(json, "id", json_string_lossy(line->id));
	}
	(void)json_object_set_new(json, "state", json_string(line->state));
	if (line->is_readable) {
		(void)json_object_set_new(json, "pending", json_integer((json_int_t)line->pending));
		(void)json_object_set_new(json, "held", json_integer((json_int_t)line->held));
		(void)json_object_set_new(json, "committed",
					  json_integer((json_int_t)line->committed));
	}
	(void)json_array_append_new(list, json);
}

static void print_heads(struct table *table)
{
	static const char *const heads[] = { "session", "state", "started" };

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		table_cell(table, STYLE_DIM, heads[i]);
	table_number(table, STYLE_DIM, "pending");
	table_number(table, STYLE_DIM, "held");
	table_number(table, STYLE_DIM, "committed");
	table_cell(table, STYLE_DIM, "project");
	table_end_row(table);
}

struct listing {
	const struct cli *cli;
	const struct rules *rules;
	struct table *table; /* borrowed */
	json_t *json;        /* borrowed */
	size_t shown;
};

static void list_one(struct listing *listing, int state_fd, const char *id)
{
	cleanup_chosen_session struct chosen_session session = CHOSEN_SESSION_NONE;
	struct session_line line = { .id = id };
	int r = session_open_chosen(state_fd, id, &session);

	if (r < 0)
		line.state = unreadable_state(r);
	else
		count_changes(listing->rules, &session, &line);
	if (r == 0 && session.manifest.is_discarded && !listing->cli->wants_everything)
		return;
	listing->shown++;
	if (listing->cli->is_json)
		add_json(listing->json, &line, &session);
	else
		add_row(listing->table, &line, session.id ? &session.manifest : NULL);
}

static int print_listing(struct listing *listing)
{
	if (listing->cli->is_json) {
		cleanup_json json_t *json = json_pack("{s:O}", "sessions", listing->json);

		return json_output_print(json);
	}
	if (listing->shown == 0) {
		printf("no sessions; 'claudefs-run DIR' starts one\n");
		return EXIT_OK;
	}
	if (table_print(listing->table, stdout) < 0) {
		message_error("out of memory");
		return EXIT_FAULT;
	}
	return EXIT_OK;
}

int cmd_sessions(const struct cli *cli)
{
	cleanup_table struct table *table = table_new(cli->is_colored, "");
	cleanup_json json_t *json = json_array();
	cleanup_rules struct rules *rules = NULL;
	struct listing listing = { cli, NULL, table, json, 0 };
	cleanup_fd int state_fd = -1;
	char **ids = NULL;
	int count = 0;
	int r = rules_choose(cli, &rules);

	if (r != EXIT_OK)
		return r;
	listing.rules = rules;
	r = session_open_state(&state_fd);
	if (r != EXIT_OK && r != EXIT_NO_SESSION)
		return r;
	if (r == EXIT_OK)
		count = session_list(state_fd, &ids);
	if (count < 0) {
		message_error("sessions: %s", strerror(-count));
		return message_exit_code(count);
	}
	print_heads(table);
	for (int i = 0; i < count; i++)
		list_one(&listing, state_fd, ids[i]);
	session_list_free(ids, count);
	return print_listing(&listing);
}

/* SPDX-License-Identifier: MIT */
/* `claudefs diff [PATH]`: what changed against the host. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/base/path_name.h"
#include "fs/base/terminal.h"
#include "fs/cli/change_json.h"
#include "fs/cli/json_output.h"
#include "fs/cli/open_review.h"
#include "fs/cli/pager.h"
#include "fs/cli/path_argument.h"
#include "fs/cli/pushes.h"
#include "fs/review/print_diff.h"
#include "fs/review/print_parts.h"
#include "fs/review/text_diff.h"

struct change_list {
	const struct change **items; /* borrowed from the review */
	size_t count;
	size_t left_out; /* since they never leave the sandbox, and nobody asked for them */
};

static int select_changes(const struct cli *cli, const struct review *review, const char *path,
			  struct change_list *ret)
{
	bool wants_never = cli->wants_everything || *path;
	size_t count = review_count(review);

	ret->items = calloc(count + 1, sizeof(*ret->items));
	if (!ret->items)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct change *change = review_get(review, i);

		if (!path_is_beneath(change->path, path))
			continue;
		if (change->group == REVIEW_NEVER_LEAVES && !wants_never)
			ret->left_out++;
		else
			ret->items[ret->count++] = change;
	}
	return 0;
}

static const char *form_name(enum text_diff_form form)
{
	switch (form) {
	case TEXT_DIFF_LINES: return "lines";
	case TEXT_DIFF_BINARY: return "binary";
	case TEXT_DIFF_TOO_LARGE: return "too-large";
	case TEXT_DIFF_UNREADABLE: return "unreadable";
	}
	return "unreadable";
}

static json_t *line_to_json(const char *prefix, const char *line, size_t len)
{
	cleanup_text struct text text = { 0 };

	text_append(&text, prefix);
	/* A NUL would end the string for json_string_lossy(); text with NULs is told as binary. */
	text_append_bytes(&text, line, len);
	return json_string_lossy(text.data ? text.data : "");
}

static int add_line(char origin, const char *line, size_t len, void *arg)
{
	char prefix[2] = { origin, '\0' };
	json_t *hunks = arg;
	json_t *hunk;

	if (origin == 'H') {
		hunk = json_object();
		(void)json_object_set_new(hunk, "header", line_to_json("", line, len));
		(void)json_object_set_new(hunk, "lines", json_array());
		return json_array_append_new(hunks, hunk) == 0 ? 0 : -ENOMEM;
	}
	hunk = json_array_get(hunks, json_array_size(hunks) - 1);
	return json_array_append_new(json_object_get(hunk, "lines"),
				     line_to_json(prefix, line, len)) == 0
		       ? 0
		       : -ENOMEM;
}

/* "keys" of a file that is merged by key, "records" of a transcript. */
static void set_parts(const struct review *review, const struct change *change, json_t *json)
{
	cleanup_parts struct parts *parts = NULL;

	if (parts_of_change(review, change, review_decisions(review), false, &parts) == 0)
		(void)json_object_set_new(json, parts_keys(parts) ? "keys" : "records",
					  parts_to_json(parts));
}

static int print_json(const struct cli *cli, const struct chosen_session *session,
		      const struct review *review, const struct change_list *list)
{
	bool wants_lines = !cli->wants_stat && !cli->wants_names;
	cleanup_json json_t *json = json_object();
	json_t *changes = json_array();

	(void)json_object_set_new(json, "session", session_to_json(session, review));
	(void)json_object_set_new(json, "changes", changes);
	for (size_t i = 0; i < list->count; i++) {
		struct text_diff_stat stat = { 0 };
		json_t *change = change_to_json(list->items[i]);
		json_t *hunks = json_array();
		int r = cli->wants_names
				? 0
				: text_diff_change(review, list->items[i], PRINT_DIFF_CONTEXT,
						   wants_lines ? add_line : NULL, hunks, &stat);

		if (wants_lines)
			set_parts(review, list->items[i], change);
		if (r < 0) {
			stat.form = TEXT_DIFF_UNREADABLE;
			stat.error = r;
		}
		if (!cli->wants_names) {
			(void)json_object_set_new(change, "form",
						  json_string(form_name(stat.form)));
			(void)json_object_set_new(change, "added",
						  json_integer((json_int_t)stat.added));
			(void)json_object_set_new(change, "removed",
						  json_integer((json_int_t)stat.removed));
		}
		if (stat.form == TEXT_DIFF_UNREADABLE)
			(void)json_object_set_new(change, "error",
						  json_string(strerror(-stat.error)));
		if (wants_lines)
			(void)json_object_set(change, "hunks", hunks);
		json_decref(hunks);
		(void)json_array_append_new(changes, change);
	}
	return json_output_print(json);
}

static void print_names(const struct cli *cli, const struct change_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		cleanup_text struct text text = { 0 };

		terminal_append(&text, cli->is_colored, STYLE_PLAIN, list->items[i]->path);
		if (text.data)
			printf("%s\n", text.data);
	}
}

/* One damaged content does not hide the others. */
static int print_all(const struct review *review, const struct change_list *list,
		     const struct print_style *style)
{
	int worst = EXIT_OK;

	for (size_t i = 0; i < list->count; i++) {
		int r;

		if (i > 0)
			(void)fputc('\n', stdout);
		r = print_diff(review, list->items[i], style, stdout);
		if (r == -EPIPE)
			return EXIT_OK;
		if (r < 0 && r != -ESTALE)
			worst = message_exit_code(r);
	}
	return worst;
}

static int print_chosen(const struct cli *cli, const struct review *review,
			const struct change_list *list)
{
	struct print_style style = { cli->is_colored, false, cli->columns };
	cleanup_pager struct pager pager = { 0 };
	int r = EXIT_OK;

	pager_start(cli, &pager);
	if (cli->wants_names)
		print_names(cli, list);
	else if (!cli->wants_stat)
		r = print_all(review, list, &style);
	else if (print_diff_stat(review, list->items, list->count, &style, stdout) < 0)
		r = EXIT_FAULT;
	return r;
}

int cmd_diff(const struct cli *cli)
{
	cleanup_chosen_session struct chosen_session session = CHOSEN_SESSION_NONE;
	cleanup_open_review struct open_review open = { 0 };
	cleanup_free char *path = NULL;
	struct change_list list = { 0 };
	int r = session_choose(cli, &session);

	if (r == EXIT_OK && cli->argument_count > 0 && push_is_named(cli->arguments[0]))
		return pushes_diff(cli, &session, cli->arguments[0]);
	if (r == EXIT_OK)
		r = path_argument(&session, cli->argument_count > 0 ? cli->arguments[0] : "",
				  &path);
	if (r == EXIT_OK)
		r = open_review(cli, &session, &open);
	if (r != EXIT_OK)
		return r;
	if (select_changes(cli, open.review, path, &list) < 0) {
		message_error("out of memory");
		return EXIT_FAULT;
	}
	if (list.count == 0 && *path && !cli->is_json) {
		message_error("diff: %s: the session left nothing pending there; 'claudefs status' "
			      "lists what it did",
			      path);
		r = EXIT_USAGE;
	} else if (cli->is_json) {
		r = print_json(cli, &session, open.review, &list);
	} else {
		r = print_chosen(cli, open.review, &list);
		if (list.left_out > 0)
			message_info("%zu more never leave%s the sandbox; 'claudefs diff --all' "
				     "shows them too",
				     list.left_out, list.left_out == 1 ? "s" : "");
	}
	free(list.items);
	return r;
}

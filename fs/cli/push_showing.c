/* SPDX-License-Identifier: MIT */
/* `claudefs diff push:N`: what it would change at the remote. `claudefs show push:N`: what is known
 * of it, and what became of it. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/fd.h"
#include "fs/base/message.h"
#include "fs/base/terminal.h"
#include "fs/cli/json_output.h"
#include "fs/cli/pager.h"
#include "fs/cli/pushes.h"
#include "fs/git/push_diff.h"
#include "fs/git/push_quarantine.h"
#include "fs/git/push_rules.h"

#define LINE_MAX_SHOWN 2000u /* bytes; the rest is counted */

struct output {
	const struct cli *cli;
	json_t *lines; /* NULL: to stdout */
};

static enum terminal_style line_style(char origin)
{
	switch (origin) {
	case '+': return STYLE_GREEN;
	case '-': return STYLE_RED;
	case 'H': return STYLE_CYAN;
	case 'C': return STYLE_YELLOW;
	case 'F':
	case 'R': return STYLE_BOLD;
	default: return STYLE_PLAIN;
	}
}

static int add_json(struct output *output, char origin, const char *line, size_t len)
{
	cleanup_text struct text text = { 0 };

	text_append_bytes(&text, &origin, 1);
	text_append_bytes(&text, line, strnlen(line, len));
	return json_array_append_new(output->lines,
				     json_string_lossy(text.data ? text.data : "")) == 0
		       ? 0
		       : -ENOMEM;
}

/* Stat and names are of the heads alone. */
static int print_line(char origin, const char *line, size_t len, void *arg)
{
	struct output *output = arg;
	bool is_cut = len > LINE_MAX_SHOWN;
	cleanup_text struct text safe = { 0 };
	cleanup_text struct text out = { 0 };

	if (output->lines)
		return add_json(output, origin, line, len);
	if ((output->cli->wants_stat || output->cli->wants_names) && !strchr("RCF", origin))
		return 0;
	if (origin == 'C')
		text_append(&safe, "commit ");
	else if (strchr(" +-\\", origin))
		text_append_bytes(&safe, &origin, 1);
	for (size_t i = 0, n = is_cut ? LINE_MAX_SHOWN : len; i < n;) {
		size_t run = 0;

		/* Tabs are of the text; everything else that acts on a terminal is shown. */
		while (i + run < n && line[i + run] != '\t')
			run++;
		text_append_safe(&safe, line + i, run, false);
		i += run;
		if (i < n) {
			text_append(&safe, "\t");
			i++;
		}
	}
	if (is_cut)
		text_appendf(&safe, " ... (%zu more bytes)", len - LINE_MAX_SHOWN);
	terminal_append_styled(&out, output->cli->is_colored, line_style(origin),
			       safe.data ? safe.data : "");
	text_append(&out, "\n");
	if (safe.is_failed || out.is_failed)
		return -ENOMEM;
	return fwrite(out.data, 1, out.len, stdout) == out.len ? 0 : -EPIPE;
}

static int print_json(const struct push_entry *entry, json_t *lines)
{
	cleanup_json json_t *json = json_object();

	(void)json_object_set_new(json, "push", json_integer(entry->number));
	(void)json_object_set(json, "lines", lines);
	return json_output_print(json);
}

/* Reads the agent's objects, so it can do little, as the others that do. */
_Noreturn static void show_in_child(const struct cli *cli, const struct push_entry *entry,
				    const char *path, const struct push_refs *remote,
				    const struct push_limits *limits)
{
	json_t *lines = cli->is_json ? json_array() : NULL;
	struct output output = { cli, lines };
	int code = EXIT_OK;
	int r = fd_close_others(NULL, 0);

	if (r == 0)
		r = push_confine(path, limits);
	if (r == 0)
		r = push_diff_show(path, entry, remote, print_line, &output);
	if (r < 0 && r != -EPIPE) {
		message_error("diff: push:%u: %s", entry->number, strerror(-r));
		code = message_exit_code(r);
	} else if (cli->is_json) {
		code = print_json(entry, lines);
	}
	(void)fflush(stdout);
	_exit(code);
}

static int await_child(pid_t pid, const struct push_entry *entry)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return EXIT_FAULT;
	}
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	/* As if it were us. */
	if (WTERMSIG(status) == SIGPIPE)
		(void)raise(SIGPIPE);
	message_error("diff: push:%u: the process that reads it was ended by signal %d: too much "
		      "time or memory (limits in ~/.config/claudefs/push.json)",
		      entry->number, WTERMSIG(status));
	return EXIT_FAULT;
}

static int show(const struct cli *cli, const struct pushes *pushes, const struct push_entry *entry)
{
	cleanup_push_refs struct push_refs remote = { 0 };
	cleanup_push_rules struct push_rules *rules = NULL;
	cleanup_free char *path = push_store_quarantine(&pushes->store, entry->number);
	/* Not asked yet: everything is new. */
	int r = push_store_load_refs(&pushes->store, entry->number, &remote);
	int code = pushes_load_rules(&rules);
	pid_t pid;

	if (code != EXIT_OK)
		return code;
	if (r == -ENOENT)
		r = 0;
	if (r == 0 && !path)
		r = -ENOMEM;
	(void)fflush(stdout);
	pid = r == 0 ? fork() : -1;
	if (pid == 0)
		show_in_child(cli, entry, path, &remote, push_rules_limits(rules));
	if (pid > 0)
		return await_child(pid, entry);
	r = r == 0 ? -errno : r;
	message_error("diff: push:%u: %s", entry->number, strerror(-r));
	return message_exit_code(r);
}

int pushes_diff(const struct cli *cli, const struct chosen_session *session, const char *argument)
{
	cleanup_pushes struct pushes pushes = PUSHES_NONE;
	cleanup_pager struct pager pager = { 0 };
	const struct push_entry *entry;
	int r = pushes_open("diff", session, false, &pushes);

	if (r != EXIT_OK)
		return r;
	entry = pushes_find("diff", &pushes, argument);
	if (!entry)
		return EXIT_USAGE;
	if (!push_is_open(entry)) {
		message_error("diff: %s: it is %s, and its objects are not kept", argument,
			      push_state_name(entry->state));
		return EXIT_USAGE;
	}
	pager_start(cli, &pager);
	return show(cli, &pushes, entry);
}

static void add_fact(struct table *table, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void add_fact(struct table *table, const char *name, const char *format, ...)
{
	cleanup_text struct text text = { 0 };
	va_list arguments;

	va_start(arguments, format);
	text_vappendf(&text, format, arguments);
	va_end(arguments);
	table_cell(table, STYLE_DIM, name);
	table_cell(table, STYLE_PLAIN, text.data ? text.data : "");
	table_end_row(table);
}

static int print_facts(const struct cli *cli, const struct push_entry *entry)
{
	cleanup_table struct table *facts = table_new(cli->is_colored, "  ");
	cleanup_table struct table *events = table_new(cli->is_colored, "  ");
	char when[CLOCK_TEXT_SIZE];
	char size[PUSH_FACTS_SIZE];

	add_fact(facts, "remote", "%s", entry->remote);
	add_fact(facts, "target", "%s", entry->target);
	for (size_t i = 0; i < entry->count; i++)
		add_fact(facts, i == 0 ? "refs" : "", "%s  %.12s -> %.12s", entry->commands[i].ref,
			 entry->commands[i].old_id, entry->commands[i].new_id);
	add_fact(facts, "size", "%s", push_facts_text(&entry->facts, size));
	if (entry->reason)
		add_fact(facts, "reason", "%s", entry->reason);
	for (size_t i = 0; i < entry->event_count; i++) {
		const struct push_event *event = &entry->events[i];

		clock_format_local(event->time_ns, when);
		table_cell(events, STYLE_DIM, when);
		table_cell(events, STYLE_CYAN, push_actor_name(event->by));
		table_cell(events, push_state_style(event->state), push_state_name(event->state));
		table_cell(events, STYLE_DIM, event->reason ? event->reason : "");
		table_end_row(events);
	}
	printf("push:%u  %s\n", entry->number, push_state_name(entry->state));
	return table_print(facts, stdout) < 0 || table_print(events, stdout) < 0 ? -ENOMEM : 0;
}

int pushes_show(const struct cli *cli, const struct chosen_session *session, const char *argument)
{
	cleanup_pushes struct pushes pushes = PUSHES_NONE;
	const struct push_entry *entry;
	int r = pushes_open("show", session, false, &pushes);

	if (r != EXIT_OK)
		return r;
	entry = pushes_find("show", &pushes, argument);
	if (!entry)
		return EXIT_USAGE;
	if (cli->is_json) {
		cleanup_json json_t *json = push_to_json(entry);

		return json_output_print(json);
	}
	if (print_facts(cli, entry) < 0) {
		message_error("out of memory");
		return EXIT_FAULT;
	}
	return EXIT_OK;
}

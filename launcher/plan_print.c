/* SPDX-License-Identifier: MIT */
/* The plan for people. Everything in it may come from a path or a file of the project: it is made
 * safe on its way to the terminal. */
#include <errno.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/terminal.h"
#include "launcher/plan_report.h"

static const char *text_of(const json_t *json, const char *key)
{
	return json_get_string(json, key, "");
}

/* "key       value", the value made safe. */
static void add_line(struct text *text, const char *key, const char *value)
{
	text_appendf(text, "%-11s", key);
	terminal_append(text, false, STYLE_PLAIN, value);
	text_append(text, "\n");
}

static void add_linef(struct text *text, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void add_linef(struct text *text, const char *key, const char *format, ...)
{
	char line[1024];
	va_list args;

	va_start(args, format);
	text_vformat_safe(line, sizeof(line), format, args);
	va_end(args);
	text_appendf(text, "%-11s%s\n", key, line);
}

static void add_network(struct text *text, const json_t *plan)
{
	const json_t *egress = json_object_get(plan, "egress");
	const char *narrowed = text_of(egress, "narrowed_by");

	if (!json_is_object(egress)) {
		add_line(text, "network", text_of(plan, "network"));
		return;
	}
	add_linef(text, "network", "gateway: %lld names of %s%s%s%s%s",
		  json_get_integer(egress, "names", 0), text_of(egress, "list"),
		  json_is_true(json_object_get(egress, "partial"))
			  ? ", and what npm and pip are yet to say"
			  : "",
		  *narrowed ? ", narrowed by " : "", narrowed,
		  json_is_true(json_object_get(egress, "learning"))
			  ? "; other public hosts pass, to learn"
			  : "");
}

static void add_login(struct text *text, const json_t *plan)
{
	const json_t *login = json_object_get(plan, "credentials");
	const char *source = text_of(login, "source");

	add_linef(text, "login", "%s%s%s%s", *source ? source : text_of(login, "mode"),
		  *source ? ": " : "", *source ? text_of(login, "state") : "",
		  json_is_true(json_object_get(login, "refresh")) ? ", with its refresh token"
								  : "");
}

static void add_rules(struct text *text, const json_t *plan)
{
	const json_t *rules = json_object_get(plan, "rules");
	const json_t *never = json_object_get(rules, "never");
	size_t index;
	const json_t *file;

	json_array_foreach (json_object_get(rules, "files"), index, file)
		add_linef(text, index ? "" : "rules", "%s (%lld)", text_of(file, "file"),
			  json_get_integer(file, "rules", 0));
	if (json_array_size(never) > 0)
		add_linef(text, "", "%zu patterns of the project that never leave",
			  json_array_size(never));
}

static void add_limit(struct text *text, const char *name, const json_t *value)
{
	text_append(text, name);
	if (json_is_integer(value))
		terminal_append_size(text, (uint64_t)json_integer_value(value));
	else
		text_append(text, "no limit");
}

static void add_limits(struct text *text, const json_t *plan)
{
	const json_t *limits = json_object_get(plan, "limits");
	long long cpus = json_get_integer(limits, "cpus_milli", 0);

	text_appendf(text, "%-11s", "limits");
	add_limit(text, "memory ", json_object_get(limits, "memory"));
	if (cpus > 0)
		text_appendf(text, ", processors %lld.%03lld", cpus / 1000, cpus % 1000);
	else
		text_append(text, ", processors all");
	text_appendf(text, ", processes %lld", json_get_integer(limits, "pids", 0));
	add_limit(text, ", /dev/shm ", json_object_get(limits, "shm"));
	text_append(text, "\n");
}

static void add_words(struct text *text, const char *key, const json_t *array)
{
	cleanup_text struct text words = { 0 };
	size_t index;
	const json_t *word;

	json_array_foreach (array, index, word)
		text_appendf(&words, "%s%s", index ? " " : "", json_string_value(word));
	add_line(text, key, words.data ? words.data : "");
}

static const char *mode_of(const json_t *mount)
{
	bool is_writable = json_is_true(json_object_get(mount, "writable"));

	if (!json_object_get(mount, "writable"))
		return "";
	if (json_is_true(json_object_get(mount, "exec")))
		return is_writable ? "rw exec" : "ro exec";
	return is_writable ? "rw" : "ro";
}

static int print_mounts(const char *title, const json_t *mounts, FILE *stream)
{
	cleanup_table struct table *table = table_new(false, "  ");
	size_t index;
	const json_t *mount;

	if (!json_is_array(mounts))
		return 0;
	if (fprintf(stream, "\n%s\n", title) < 0)
		return -EIO;
	json_array_foreach (mounts, index, mount) {
		const char *source = text_of(mount, "source");

		table_cell(table, STYLE_PLAIN, text_of(mount, "kind"));
		table_cell(table, STYLE_PLAIN, mode_of(mount));
		table_cell(table, STYLE_PLAIN, text_of(mount, "target"));
		table_cell(table, STYLE_PLAIN,
			   strcmp(source, text_of(mount, "target")) == 0 ? "" : source);
		table_end_row(table);
	}
	return table_print(table, stream);
}

static void add_value(struct text *text, const json_t *value)
{
	size_t index;
	const json_t *item;

	switch (json_typeof(value)) {
	case JSON_STRING: text_append(text, json_string_value(value)); break;
	case JSON_INTEGER:
		text_appendf(text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_TRUE: text_append(text, "on"); break;
	case JSON_FALSE: text_append(text, "off"); break;
	case JSON_ARRAY:
		if (json_array_size(value) == 0)
			text_append(text, "none");
		json_array_foreach (value, index, item)
			text_appendf(text, "%s%s", index ? " " : "", json_string_value(item));
		break;
	case JSON_NULL:
	case JSON_OBJECT:
	case JSON_REAL: text_append(text, "none"); break;
	}
}

/* Those that somebody has said. */
static int print_settings(const json_t *settings, FILE *stream)
{
	cleanup_table struct table *table = table_new(false, "  ");
	const char *key;
	json_t *setting;

	if (fputs("\nsettings that are not the default, and where they were said\n", stream) < 0)
		return -EIO;
	json_object_foreach ((json_t *)(uintptr_t)settings, key, setting) {
		const char *source = text_of(setting, "source");
		cleanup_text struct text value = { 0 };

		if (strcmp(source, "default") == 0)
			continue;
		add_value(&value, json_object_get(setting, "value"));
		table_cell(table, STYLE_PLAIN, key);
		table_cell(table, STYLE_PLAIN, value.data ? value.data : "");
		table_cell(table, STYLE_PLAIN, source);
		table_end_row(table);
	}
	return table_print(table, stream);
}

int plan_print_text(const json_t *plan, FILE *stream)
{
	cleanup_text struct text text = { 0 };
	const char *image = text_of(plan, "image");
	const char *engine = text_of(plan, "engine");
	int r;

	add_linef(&text, "runtime", "%s%s%s%s%s", text_of(plan, "runtime"), *engine ? " by " : "",
		  engine, *image ? ", image " : "", image);
	add_line(&text, "project", text_of(plan, "project"));
	add_linef(&text, "view", "%s of %s", text_of(plan, "view"), text_of(plan, "host_state"));
	add_linef(&text, "session", "a new one in %s", text_of(plan, "sessions"));
	add_linef(&text, "user", "%lld:%lld, no capabilities", json_get_integer(plan, "uid", 0),
		  json_get_integer(plan, "gid", 0));
	add_linef(&text, "filter", "system calls by %s", text_of(plan, "seccomp"));
	add_network(&text, plan);
	add_login(&text, plan);
	add_rules(&text, plan);
	add_line(&text, "commit", text_of(plan, "commit"));
	add_limits(&text, plan);
	add_words(&text, "variables", json_object_get(plan, "env"));
	add_words(&text, "command", json_object_get(plan, "command"));
	if (text.is_failed)
		return -ENOMEM;
	if (fputs(text.data, stream) < 0)
		return -EIO;
	r = print_mounts("mounts", json_object_get(plan, "mounts"), stream);
	if (r == 0)
		r = print_mounts("mounts of the keeper", json_object_get(plan, "keeper_mounts"),
				 stream);
	if (r == 0)
		r = print_settings(json_object_get(plan, "settings"), stream);
	return r == 0 && fflush(stream) != 0 ? -EIO : r;
}

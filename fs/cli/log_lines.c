/* SPDX-License-Identifier: MIT */
#include "fs/cli/log_lines.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/terminal.h"
#include "fs/cli/errno_name.h"
#include "fs/cli/json_output.h"
#include "fs/cli/object_names.h"
#include "fs/review/writer_name.h"

#define PROCESSES_MAX (1u << 20) /* later ones are shown without a name */
#define ACTOR_COLUMNS 18u
#define TYPE_COLUMNS  11u

struct process {
	uint64_t number;
	uint32_t pid;
	char *exe;
	char *command;
};

struct log_lines {
	const struct cli *cli;
	struct object_names names;
	struct process *processes; /* in the order of the journal, which is that of their numbers */
	size_t count;
	size_t size;
};

struct log_lines *log_lines_new(const struct cli *cli)
{
	struct log_lines *lines = calloc(1, sizeof(*lines));

	if (lines)
		lines->cli = cli;
	return lines;
}

void log_lines_free(struct log_lines *lines)
{
	if (!lines)
		return;
	for (size_t i = 0; i < lines->count; i++) {
		free(lines->processes[i].exe);
		free(lines->processes[i].command);
	}
	free(lines->processes);
	object_names_done(&lines->names);
	free(lines);
}

void cleanup_log_lines_free(struct log_lines **lines)
{
	log_lines_free(*lines);
}

ANALYZER_LOSES_OWNERS
static int add_process(struct log_lines *lines, const struct journal_record *record)
{
	struct process process = { record->process, record->pid, NULL, NULL };

	if (lines->count == PROCESSES_MAX)
		return 0;
	if (lines->count == lines->size) {
		size_t size = lines->size ? lines->size * 2 : 16;
		struct process *grown = realloc(lines->processes, size * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		lines->processes = grown;
		lines->size = size;
	}
	process.exe = strdup(record->exe ? record->exe : "");
	process.command = strdup(record->command ? record->command : "");
	if (!process.exe || !process.command) {
		free(process.exe);
		free(process.command);
		return -ENOMEM;
	}
	lines->processes[lines->count++] = process;
	return 0;
}
ANALYZER_KNOWS_OWNERS

/* Backwards: the writer is most often a recent one. */
static const struct process *find_process(const struct log_lines *lines,
					  const struct journal_record *record)
{
	if (!(record->has & JOURNAL_HAS_PROCESS))
		return NULL;
	for (size_t i = lines->count; i > 0; i--) {
		if (lines->processes[i - 1].number == record->process)
			return &lines->processes[i - 1];
	}
	return NULL;
}

static const char *path_of(struct log_lines *lines, const struct journal_record *record)
{
	if (record->has & JOURNAL_HAS_PATH)
		return record->path;
	return record->has & JOURNAL_HAS_OBJECT ? object_names_get(&lines->names, record->object)
						: NULL;
}

static bool is_for_people(enum journal_type type)
{
	switch (type) {
	case JOURNAL_PROCESS:
	case JOURNAL_BASE:
	case JOURNAL_MATERIALISE:
	case JOURNAL_SEAL: return false;
	case JOURNAL_SESSION:
	case JOURNAL_MKDIR:
	case JOURNAL_CREATE:
	case JOURNAL_COPY_UP:
	case JOURNAL_WRITE:
	case JOURNAL_TRUNCATE:
	case JOURNAL_SET_ATTR:
	case JOURNAL_UNLINK:
	case JOURNAL_RMDIR:
	case JOURNAL_RENAME:
	case JOURNAL_LINK:
	case JOURNAL_REFUSE:
	case JOURNAL_END: return true;
	}
	return true;
}

static enum terminal_style type_style(enum journal_type type)
{
	if (type == JOURNAL_UNLINK || type == JOURNAL_RMDIR || type == JOURNAL_REFUSE)
		return STYLE_RED;
	if (type == JOURNAL_CREATE || type == JOURNAL_MKDIR || type == JOURNAL_LINK)
		return STYLE_GREEN;
	return STYLE_PLAIN;
}

static void append_padded(struct text *line, bool is_colored, enum terminal_style style,
			  const char *s, size_t columns)
{
	cleanup_text struct text safe = { 0 };
	size_t width;

	text_append_safe(&safe, s, strlen(s), false);
	width = terminal_width(safe.data ? safe.data : "", safe.len);
	terminal_append(line, is_colored, style, s);
	for (; width < columns; width++)
		text_append(line, " ");
	text_append(line, "  ");
}

void log_line_begin(struct text *line, bool is_colored, uint64_t time_ns, const char *actor,
		    enum terminal_style style, const char *type)
{
	char when[CLOCK_TEXT_SIZE];

	clock_format_local(time_ns, when);
	terminal_append(line, is_colored, STYLE_DIM, when);
	text_append(line, "  ");
	append_padded(line, is_colored, STYLE_CYAN, actor, ACTOR_COLUMNS);
	append_padded(line, is_colored, style, type, TYPE_COLUMNS);
}

static void append_numbers(struct text *line, const struct journal_record *record)
{
	if (record->type == JOURNAL_SESSION) {
		text_append(line, "begins");
	} else if (record->type == JOURNAL_WRITE) {
		text_append(line, "  ");
		terminal_append_size(line, record->size);
		text_appendf(line, " at %" PRIu64, record->offset);
	} else if (record->type == JOURNAL_TRUNCATE) {
		text_append(line, "  to ");
		terminal_append_size(line, record->size);
	} else if (record->type == JOURNAL_SET_ATTR && (record->has & JOURNAL_HAS_MODE)) {
		text_appendf(line, "  mode %04o", record->mode & 07777);
	} else if (record->type == JOURNAL_SET_ATTR && (record->has & JOURNAL_HAS_MTIME)) {
		text_append(line, "  mtime");
	} else if (record->type == JOURNAL_REFUSE) {
		char name[ERRNO_NAME_SIZE];

		text_appendf(line, "  %s", errno_name(record->error, name));
	}
}

static void print_for_people(struct log_lines *lines, const struct journal_record *record)
{
	const struct process *process = find_process(lines, record);
	bool is_colored = lines->cli->is_colored;
	const char *path = path_of(lines, record);
	cleanup_text struct text actor = { 0 };
	cleanup_text struct text line = { 0 };

	if (process)
		writer_name_append(&actor, process->exe, process->command, process->pid);
	else
		text_append(&actor, "-");
	log_line_begin(&line, is_colored, record->time_ns, actor.data ? actor.data : "",
		       type_style(record->type), journal_type_name(record->type));
	if (record->type == JOURNAL_REFUSE)
		terminal_appendf(&line, is_colored, STYLE_PLAIN, "%s ",
				 record->operation ? record->operation : "");
	if (path)
		terminal_append(&line, is_colored, STYLE_PLAIN, path);
	else if (record->has & JOURNAL_HAS_OBJECT)
		text_appendf(&line, "(object %" PRIu64 ")", record->object);
	if (record->has & JOURNAL_HAS_TO) {
		text_append(&line, " -> ");
		terminal_append(&line, is_colored, STYLE_PLAIN, record->to);
	}
	append_numbers(&line, record);
	while (line.len > 0 && line.data[line.len - 1] == ' ')
		line.data[--line.len] = '\0';
	text_append(&line, "\n");
	if (line.data && !line.is_failed)
		(void)fwrite(line.data, 1, line.len, stdout);
}

/* Fields that are whole numbers, in the order of the format. */
static const struct {
	uint32_t has;
	const char *key;
	size_t offset;
	bool is_short;
} number_fields[] = {
	{ JOURNAL_HAS_VERSION, "version", offsetof(struct journal_record, version), true },
	{ JOURNAL_HAS_SIZE, "size", offsetof(struct journal_record, size), false },
	{ JOURNAL_HAS_OBJECT, "object", offsetof(struct journal_record, object), false },
	{ JOURNAL_HAS_OBJECT_BEFORE, "object_before",
	  offsetof(struct journal_record, object_before), false },
	{ JOURNAL_HAS_PREFIX, "prefix", offsetof(struct journal_record, prefix), false },
	{ JOURNAL_HAS_OFFSET, "offset", offsetof(struct journal_record, offset), false },
	{ JOURNAL_HAS_LOW_WATER, "low_water", offsetof(struct journal_record, low_water), false },
};

static void set_numbers(json_t *json, const struct journal_record *record)
{
	for (size_t i = 0; i < sizeof(number_fields) / sizeof(number_fields[0]); i++) {
		const char *field = (const char *)record + number_fields[i].offset;
		uint64_t value;

		if (!(record->has & number_fields[i].has))
			continue;
		if (number_fields[i].is_short)
			value = *(const uint32_t *)(const void *)field;
		else
			value = *(const uint64_t *)(const void *)field;
		(void)json_object_set_new(json, number_fields[i].key,
					  json_integer((json_int_t)value));
	}
}

static void set_details(json_t *json, const struct journal_record *record)
{
	char text[HASH_HEX_SIZE];
	char name[ERRNO_NAME_SIZE];

	if (record->has & JOURNAL_HAS_MODE) {
		(void)snprintf(text, sizeof(text), "%04o", record->mode & 07777);
		(void)json_object_set_new(json, "mode", json_string(text));
	}
	if (record->has & JOURNAL_HAS_HASH) {
		hash_to_hex(&record->hash, text);
		(void)json_object_set_new(json, "hash", json_string(text));
	}
	if (record->has & JOURNAL_HAS_MTIME)
		json_output_set_time(json, "mtime", record->mtime_ns);
	if (record->has & JOURNAL_HAS_OPERATION)
		(void)json_object_set_new(json, "operation", json_string_lossy(record->operation));
	if (record->has & JOURNAL_HAS_ERROR)
		(void)json_object_set_new(json, "error",
					  json_string(errno_name(record->error, name)));
}

static int print_json(struct log_lines *lines, const struct journal_record *record)
{
	const struct process *process = find_process(lines, record);
	const char *path = path_of(lines, record);
	cleanup_json json_t *json = json_object();

	(void)json_object_set_new(json, "seq", json_integer((json_int_t)record->seq));
	json_output_set_time(json, "time", record->time_ns);
	(void)json_object_set_new(json, "type", json_string(journal_type_name(record->type)));
	if (path)
		json_output_set_name(json, "path", path);
	if (record->has & JOURNAL_HAS_TO)
		json_output_set_name(json, "to", record->to);
	set_numbers(json, record);
	set_details(json, record);
	if (process) {
		(void)json_object_set_new(json, "pid", json_integer(process->pid));
		json_output_set_name(json, "exe", process->exe);
		json_output_set_name(json, "command", process->command);
	}
	return json_output_print_line(json) == 0 ? 0 : -EIO;
}

int log_lines_take(struct log_lines *lines, const struct journal_record *record, bool is_printed)
{
	int r = 0;

	if (record->type == JOURNAL_PROCESS)
		r = add_process(lines, record);
	if (r == 0 && is_printed && lines->cli->is_json)
		r = print_json(lines, record);
	else if (r == 0 && is_printed && is_for_people(record->type))
		print_for_people(lines, record);
	/* Afterwards: a rename is told by its old name. */
	object_names_follow(&lines->names, record);
	return r;
}

/* SPDX-License-Identifier: MIT */
#include "fs/review/print_status.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/path_name.h"
#include "fs/base/terminal.h"
#include "fs/review/print_fold.h"
#include "fs/review/print_hazards.h"
#include "fs/review/writer_name.h"

#define NEVER_SHOWN_MAX    8u  /* changes of the group that nobody acts upon */
#define OTHERS_SHOWN_MAX   40u /* of each other one; what needs approval is always shown */
#define REFUSALS_SHOWN_MAX 10u
#define LISTS_SEARCHED_MAX 500u

/* In the order of the screen. */
static const struct {
	enum review_group group;
	const char *title;
	const char *meaning;
	enum terminal_style style;
	size_t shown_max; /* 0: all */
} groups[] = {
	{ REVIEW_WILL_COMMIT, "will commit", "the rules let these out without asking", STYLE_GREEN,
	  OTHERS_SHOWN_MAX },
	{ REVIEW_NEEDS_APPROVAL, "needs approval", "leaves once you approve it", STYLE_YELLOW, 0 },
	{ REVIEW_CONFLICT, "conflicts", "the host changed too; these stay until you decide",
	  STYLE_RED, 0 },
	{ REVIEW_HELD, "held", "cannot be applied as they are", STYLE_RED, 0 },
	{ REVIEW_NEVER_LEAVES, "never leaves", "stays in the sandbox", STYLE_DIM, NEVER_SHOWN_MAX },
};

const char *print_kind_word(const struct change *change)
{
	switch (change->kind) {
	case CHANGE_CREATE: return "new";
	case CHANGE_MODIFY: return change->is_append_only ? "appended" : "modified";
	case CHANGE_DELETE: return "deleted";
	case CHANGE_MKDIR: return "new dir";
	case CHANGE_RMDIR: return "removed dir";
	case CHANGE_TYPE_CHANGE: return "type change";
	}
	return "?";
}

static enum terminal_style kind_style(enum change_kind kind)
{
	switch (kind) {
	case CHANGE_CREATE:
	case CHANGE_MKDIR: return STYLE_GREEN;
	case CHANGE_MODIFY: return STYLE_PLAIN;
	case CHANGE_DELETE:
	case CHANGE_RMDIR:
	case CHANGE_TYPE_CHANGE: return STYLE_RED;
	}
	return STYLE_RED;
}

static void append_size_change(struct text *text, const struct change *change)
{
	bool had_file = change->base.exists && !change->base.is_directory;
	uint64_t before = had_file ? change->base.size : 0;
	bool is_gone = change->kind == CHANGE_DELETE;
	uint64_t after = is_gone ? 0 : change->size;

	if (change->kind == CHANGE_MKDIR || change->kind == CHANGE_RMDIR)
		return;
	if (after != before)
		text_append(text, after > before ? "+" : "-");
	terminal_append_size(text, after >= before ? after - before : before - after);
}

/* In front of the reason, since that may be cut. */
static const char *decision_word(enum change_decision decision)
{
	switch (decision) {
	case CHANGE_UNDECIDED: return "";
	case CHANGE_APPROVED: return "approved; ";
	case CHANGE_REJECTED: return "rejected; ";
	case CHANGE_PARTLY: return "partly decided; ";
	case CHANGE_LAPSED: return "changed since you decided; ";
	}
	return "";
}

static void append_count(struct text *text, size_t count, const char *what)
{
	if (count > 0)
		text_appendf(text, "%zu %s, ", count, what);
}

void print_append_decision(struct text *text, const struct change *change)
{
	const struct change_parts *parts = &change->parts;

	if (parts->scope == DECISION_WHOLE ||
	    (change->decision != CHANGE_PARTLY && parts->lapsed == 0)) {
		text_append(text, decision_word(change->decision));
		return;
	}
	append_count(text, parts->approved, "approved");
	append_count(text, parts->rejected, "rejected");
	append_count(text, parts->lapsed, "changed since you decided");
	text_appendf(text, "%zu %s in all; ", parts->total,
		     parts->scope == DECISION_KEY ? parts->total == 1 ? "key" : "keys"
		     : parts->total == 1          ? "record"
						  : "records");
}

static enum terminal_style decision_style(enum change_decision decision)
{
	switch (decision) {
	case CHANGE_UNDECIDED: return STYLE_DIM;
	case CHANGE_APPROVED: return STYLE_GREEN;
	case CHANGE_REJECTED:
	case CHANGE_PARTLY:
	case CHANGE_LAPSED: return STYLE_YELLOW;
	}
	return STYLE_DIM;
}

/* pid 0: unknown. */
static void add_writer(struct table *table, const char *exe, const char *command, uint32_t pid)
{
	cleanup_text struct text name = { 0 };

	if (exe || command || pid)
		writer_name_append(&name, exe, command, pid);
	table_cell(table, name.data ? STYLE_CYAN : STYLE_DIM, name.data ? name.data : "-");
}

static void add_row(struct table *table, const struct change *change)
{
	cleanup_text struct text size = { 0 };
	cleanup_text struct text reason = { 0 };

	append_size_change(&size, change);
	table_cell(table, kind_style(change->kind), print_kind_word(change));
	table_cellf(table, STYLE_PLAIN, "%s%s", change->path,
		    change->kind == CHANGE_MKDIR || change->kind == CHANGE_RMDIR ? "/" : "");
	table_number(table, STYLE_PLAIN, size.data ? size.data : "");
	add_writer(table, change->exe, change->command, change->pid);
	print_append_decision(&reason, change);
	text_append(&reason, change->reason);
	table_safe(table, decision_style(change->decision), reason.data ? reason.data : "");
	table_end_row(table);
}

int print_change(const struct change *change, const struct print_style *style, FILE *stream)
{
	cleanup_table struct table *table = table_new(style->is_colored, "  ");

	table_limit(table, style->columns);
	add_row(table, change);
	return table_print(table, stream);
}

static void print_title(const struct print_style *style, enum terminal_style color,
			const char *title, uint64_t count, const char *meaning, FILE *stream)
{
	cleanup_text struct text line = { 0 };

	terminal_appendf(&line, style->is_colored, color == STYLE_DIM ? STYLE_BOLD : color, "%s",
			 title);
	terminal_appendf(&line, style->is_colored, STYLE_PLAIN, " (%" PRIu64 ")", count);
	terminal_appendf(&line, style->is_colored, STYLE_DIM, "  %s", meaning);
	if (line.data)
		(void)fprintf(stream, "\n%s\n", line.data);
}

static void add_folded_row(struct table *table, const struct folded_directory *directory)
{
	cleanup_text struct text counts = { 0 };
	cleanup_text struct text size = { 0 };

	if (directory->files == 1 && directory->only) {
		add_row(table, directory->only);
		return;
	}
	if (directory->files > 0) {
		terminal_append_size(&size, directory->bytes);
		text_appendf(&counts, "%zu %s", directory->files,
			     directory->files == 1 ? "file" : "files");
	}
	if (directory->directories > 0)
		text_appendf(&counts, "%s%zu %s", counts.len > 0 ? ", " : "",
			     directory->directories,
			     directory->directories == 1 ? "directory" : "directories");
	if (counts.len == 0)
		return;
	table_cell(table, STYLE_DIM, "in");
	if (directory->path)
		table_cellf(table, STYLE_PLAIN, "%s/", directory->path);
	else
		table_cell(table, STYLE_DIM, "(elsewhere)");
	table_number(table, STYLE_PLAIN, size.data ? size.data : "");
	table_safe(table, STYLE_DIM, counts.data ? counts.data : "");
	table_end_row(table);
}

/* Deletions and type changes one by one, whatever their number; the rest by directory. */
static int print_folded(const struct review *review, size_t first, size_t end, struct table *table)
{
	cleanup_fold_list struct fold_list list = { 0 };

	for (size_t i = first; i < end; i++) {
		const struct change *change = review_get(review, i);

		if (fold_keeps(change))
			add_row(table, change);
		else if (fold_add(&list, change) < 0)
			return -ENOMEM;
	}
	for (size_t i = 0; i < list.count; i++)
		add_folded_row(table, &list.directories[i]);
	add_folded_row(table, &list.elsewhere);
	return 0;
}

/* A new directory goes without saying where something in it is listed. Only looked for in lists
 * that a person can read: the search is quadratic. */
static bool goes_without_saying(const struct review *review, size_t first, size_t end,
				const struct change *directory)
{
	if (directory->kind != CHANGE_MKDIR || end - first > LISTS_SEARCHED_MAX)
		return false;
	for (size_t i = first; i < end; i++) {
		const struct change *change = review_get(review, i);

		if (change != directory && path_is_beneath(change->path, directory->path))
			return true;
	}
	return false;
}

static void add_rows(const struct review *review, size_t first, size_t end,
		     const struct print_style *style, struct table *table)
{
	for (size_t i = first; i < end; i++) {
		const struct change *change = review_get(review, i);

		if (style->is_full || !goes_without_saying(review, first, end, change))
			add_row(table, change);
	}
}

/* The changes of one group stand together in the review. */
static size_t find_group(const struct review *review, enum review_group group, size_t *ret_end)
{
	size_t first = 0;

	while (first < review_count(review) && review_get(review, first)->group != group)
		first++;
	*ret_end = first;
	while (*ret_end < review_count(review) && review_get(review, *ret_end)->group == group)
		++*ret_end;
	return first;
}

static int print_group(const struct review *review, size_t index, const struct print_style *style,
		       FILE *stream)
{
	cleanup_table struct table *table = table_new(style->is_colored, "  ");
	size_t shown_max = style->is_full ? 0 : groups[index].shown_max;
	size_t end;
	size_t first = find_group(review, groups[index].group, &end);
	int r = 0;

	if (first == end)
		return 0;
	print_title(style, groups[index].style, groups[index].title, end - first,
		    groups[index].meaning, stream);
	if (shown_max > 0 && end - first > shown_max)
		r = print_folded(review, first, end, table);
	else
		add_rows(review, first, end, style, table);
	if (r < 0)
		return r;
	table_limit(table, style->columns);
	return table_print(table, stream);
}

static int print_refusals(const struct review *review, const struct print_style *style,
			  FILE *stream)
{
	cleanup_table struct table *table = table_new(style->is_colored, "  ");
	const struct replay *replay = review_replay(review);
	uint64_t total = 0;
	size_t count = 0;
	const struct replay_refusal *refusals = replay_refusals(replay, &count, &total);
	size_t shown = style->is_full || count <= REFUSALS_SHOWN_MAX ? count : REFUSALS_SHOWN_MAX;

	if (total == 0)
		return 0;
	print_title(style, STYLE_DIM, "refused in the sandbox", total,
		    "the operation itself failed", stream);
	for (size_t i = 0; i < shown; i++) {
		const struct replay_process *process = replay_process(replay, refusals[i].process);

		table_cell(table, STYLE_RED, refusals[i].operation);
		table_cellf(table, STYLE_PLAIN, "%s%s%s", refusals[i].path ? refusals[i].path : "",
			    refusals[i].to ? " -> " : "", refusals[i].to ? refusals[i].to : "");
		add_writer(table, process ? process->exe : NULL, process ? process->command : NULL,
			   process ? process->pid : 0);
		table_cell(table, STYLE_DIM, strerror((int)refusals[i].error));
		table_end_row(table);
	}
	table_limit(table, style->columns);
	if (table_print(table, stream) < 0)
		return -ENOMEM;
	if (total > shown)
		(void)fprintf(stream, "  and %" PRIu64 " more: 'claudefs log' has them all\n",
			      total - shown);
	return 0;
}

int print_status(const struct review *review, const struct print_style *style, FILE *stream)
{
	int looked = print_all_hazards(review, style, stream);

	if (looked < 0)
		return looked;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		int r = print_group(review, i, style, stream);

		if (r < 0)
			return r;
	}
	return print_refusals(review, style, stream);
}

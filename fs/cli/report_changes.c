/* SPDX-License-Identifier: MIT */
/* The changes of a report: hazards first, then what wants to come home, with diffs. */
#include <inttypes.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/path_name.h"
#include "fs/base/terminal.h"
#include "fs/cli/html.h"
#include "fs/cli/report.h"
#include "fs/review/print_diff.h"
#include "fs/review/text_diff.h"

/* In the order of the page: what a person must decide comes first. */
static const struct {
	enum review_group group;
	const char *title;
	const char *meaning;
} groups[] = {
	{ REVIEW_NEEDS_APPROVAL, "Needs your approval", "leaves the sandbox once you approve it" },
	{ REVIEW_CONFLICT, "Conflicts", "the host changed too; these stay until you decide" },
	{ REVIEW_HELD, "Held", "cannot be applied as they are" },
	{ REVIEW_WILL_COMMIT, "Will be committed", "the rules let these out without asking" },
};

void report_count(FILE *out, size_t count, const char *noun)
{
	(void)fprintf(out, "%zu %s%s", count, noun, count == 1 ? "" : "s");
}

static void print_path(struct report *report, const struct change *change)
{
	html_print_string(report->out, change->path);
	if (change->kind == CHANGE_MKDIR || change->kind == CHANGE_RMDIR)
		(void)fputc('/', report->out);
}

static void print_hazard(struct report *report, const struct hazard *hazard)
{
	(void)fprintf(report->out, "<span class=id>%s</span> ", hazard_id(hazard->kind));
	html_print_safe(report->out, hazard->what);
}

/* Rows of the changes that could come home, or of the others: max in all. */
static size_t print_hazard_rows(struct report *report, bool wants_never, size_t max)
{
	size_t shown = 0;

	for (size_t i = 0; i < review_count(report->review); i++) {
		const struct change *change = review_get(report->review, i);
		bool is_never = change->group == REVIEW_NEVER_LEAVES;

		for (size_t h = 0; is_never == wants_never && h < change->hazards.count &&
				   h < REPORT_HAZARDS_EACH && shown < max;
		     h++, shown++) {
			(void)fputs("<tr><td class=i>", report->out);
			(void)fprintf(report->out, "<span class=id>%s</span></td><td class=mono>",
				      hazard_id(change->hazards.items[h].kind));
			if (is_never)
				print_path(report, change);
			else {
				(void)fprintf(report->out, "<a href=\"#c%zu\">", i);
				print_path(report, change);
				(void)fputs("</a>", report->out);
			}
			(void)fputs("</td><td>", report->out);
			html_print_safe(report->out, change->hazards.items[h].what);
			(void)fprintf(report->out, "<br><span class=dim>%s%s</span></td></tr>\n",
				      hazard_meaning(change->hazards.items[h].kind),
				      is_never ? "; never leaves the sandbox" : "");
		}
	}
	return shown;
}

void report_hazards(struct report *report)
{
	size_t total = 0;
	size_t shown;

	for (size_t i = 0; i < review_count(report->review); i++) {
		const struct hazard_list *list = &review_get(report->review, i)->hazards;

		total += list->count + list->omitted;
	}
	if (total == 0)
		return;
	(void)fputs("<h2 id=hazards>Look first<small>what could run on the host, steer later "
		    "sessions, or deceive</small></h2>\n<table>\n",
		    report->out);
	shown = print_hazard_rows(report, false, REPORT_HAZARDS_MAX);
	shown += print_hazard_rows(report, true, REPORT_HAZARDS_NEVER);
	(void)fputs("</table>\n", report->out);
	if (total > shown)
		(void)fprintf(report->out,
			      "<p class=dim>and %zu more: <code>claudefs status "
			      "--all</code> has them all</p>\n",
			      total - shown);
}

struct diff_lines {
	struct report *report;
	size_t count;
	bool is_begun;
};

static void begin_diff(struct diff_lines *lines)
{
	if (!lines->is_begun)
		(void)fputs("<pre>", lines->report->out);
	lines->is_begun = true;
}

static int print_line(char origin, const char *line, size_t len, void *arg)
{
	struct diff_lines *lines = arg;
	FILE *out = lines->report->out;
	size_t shown = len < REPORT_LINE_BYTES_MAX ? len : REPORT_LINE_BYTES_MAX;
	const char *style = origin == '+' ? " a" : origin == '-' ? " d" : origin == 'H' ? " h" : "";

	if (lines->count == REPORT_DIFF_LINES_MAX || lines->report->lines == REPORT_LINES_MAX)
		return 1;
	begin_diff(lines);
	(void)fprintf(out, "<span class=\"l%s\">", style);
	if (origin == '\\')
		(void)fputs("\\ no newline at the end", out);
	else if (origin != 'H')
		(void)fputc(origin, out);
	html_print(out, line, shown);
	if (shown < len)
		(void)fprintf(out, " <span class=x>%zu more bytes</span>", len - shown);
	(void)fputs("</span>", out);
	lines->count++;
	lines->report->lines++;
	return 0;
}

static void print_sizes(struct report *report, const char *what, const struct text_diff_stat *stat)
{
	cleanup_text struct text text = { 0 };

	terminal_append_size(&text, stat->old_size);
	text_append(&text, " &rarr; ");
	terminal_append_size(&text, stat->new_size);
	(void)fprintf(report->out, "<div class=why>%s: %s</div>\n", what,
		      text.data ? text.data : "");
}

static void print_diff_lines(struct report *report, const struct change *change)
{
	struct diff_lines lines = { .report = report };
	struct text_diff_stat stat = { 0 };
	int r = text_diff_change(report->review, change, PRINT_DIFF_CONTEXT, print_line, &lines,
				 &stat);

	if (lines.is_begun)
		(void)fputs("</pre>\n", report->out);
	if (r == 1)
		(void)fputs(
			"<div class=why>cut here: <code>claudefs diff</code> has the rest</div>\n",
			report->out);
	else if (r < 0 || stat.form == TEXT_DIFF_UNREADABLE)
		(void)fputs(
			"<div class=why>cannot be read: see <code>claudefs verify</code></div>\n",
			report->out);
	else if (stat.form == TEXT_DIFF_BINARY)
		print_sizes(report, "not text", &stat);
	else if (stat.form == TEXT_DIFF_TOO_LARGE)
		print_sizes(report, "too large to compare", &stat);
}

static const char *kind_class(enum change_kind kind)
{
	switch (kind) {
	case CHANGE_CREATE:
	case CHANGE_MKDIR: return " k-new";
	case CHANGE_MODIFY: return "";
	case CHANGE_DELETE:
	case CHANGE_RMDIR:
	case CHANGE_TYPE_CHANGE: return " k-gone";
	}
	return "";
}

static void print_summary(struct report *report, const struct change *change)
{
	cleanup_text struct text size = { 0 };

	terminal_append_size(&size, change->size);
	(void)fprintf(report->out,
		      "<summary><span class=size>%s</span><span class=\"kind%s\">%s</span>"
		      "<span class=path>",
		      change->kind == CHANGE_CREATE || change->kind == CHANGE_MODIFY ? size.data
										     : "",
		      kind_class(change->kind), print_kind_word(change));
	print_path(report, change);
	(void)fputs("</span>", report->out);
	for (size_t i = 0; i < change->hazards.count; i++) {
		if (i == 0 || change->hazards.items[i].kind != change->hazards.items[i - 1].kind)
			(void)fprintf(report->out, " <span class=id>%s</span>",
				      hazard_id(change->hazards.items[i].kind));
	}
	(void)fputs("</summary>\n", report->out);
}

static void print_reason(struct report *report, const struct change *change)
{
	(void)fputs("<div class=why>", report->out);
	if (change->hazards.count > 0) {
		(void)fputs("<ul>", report->out);
		for (size_t i = 0; i < change->hazards.count; i++) {
			(void)fputs("<li>", report->out);
			print_hazard(report, &change->hazards.items[i]);
			(void)fputs("</li>", report->out);
		}
		(void)fputs("</ul>", report->out);
	}
	html_print_safe(report->out, change->reason);
	if (change->verdict.rule) {
		(void)fputs("<br>rule <code>", report->out);
		html_print_string(report->out, change->verdict.rule->pattern);
		(void)fputs("</code>", report->out);
	}
	if (change->exe || change->command) {
		(void)fputs(" &middot; written by <code>", report->out);
		html_print_writer(report->out, change->exe, change->command, change->pid);
		(void)fputs("</code>", report->out);
	}
	(void)fputs("</div>\n", report->out);
}

static void print_card(struct report *report, size_t index, bool is_open)
{
	const struct change *change = review_get(report->review, index);

	(void)fprintf(report->out, "<details id=c%zu class=%s%s>\n", index,
		      review_group_name(change->group), is_open ? " open" : "");
	print_summary(report, change);
	print_reason(report, change);
	report_decision(report, change);
	if (change->kind != CHANGE_MKDIR && change->kind != CHANGE_RMDIR)
		print_diff_lines(report, change);
	(void)fputs("</details>\n", report->out);
}

#define OPEN_MAX 12u /* cards that are open at first */

static void print_group(struct report *report, size_t g, size_t *cards)
{
	size_t total = review_count_group(report->review, groups[g].group);
	size_t shown = 0;

	if (total == 0)
		return;
	(void)fprintf(report->out, "<h2 id=%s>%s<small>%zu &middot; %s</small></h2>\n",
		      review_group_name(groups[g].group), groups[g].title, total,
		      groups[g].meaning);
	/* Those with hazards first. */
	for (size_t pass = 0;
	     pass < 2 * review_count(report->review) && *cards < REPORT_CHANGES_MAX; pass++) {
		size_t i = pass % review_count(report->review);
		const struct change *change = review_get(report->review, i);
		bool is_second = pass >= review_count(report->review);

		if (change->group != groups[g].group || (change->hazards.count == 0) != is_second)
			continue;
		print_card(report, i, groups[g].group != REVIEW_WILL_COMMIT && *cards < OPEN_MAX);
		shown++;
		(*cards)++;
	}
	if (shown < total)
		(void)fprintf(
			report->out,
			"<p class=dim>and %zu more: <code>claudefs diff</code> has them all</p>\n",
			total - shown);
}

static void print_never(struct report *report)
{
	size_t total = review_count_group(report->review, REVIEW_NEVER_LEAVES);
	size_t shown = 0;

	if (total == 0)
		return;
	(void)fprintf(
		report->out,
		"<h2 id=never>Never leaves<small>%zu &middot; stays in the sandbox, whatever is "
		"approved</small></h2>\n<details><summary>",
		total);
	report_count(report->out, total, "name");
	(void)fputs("</summary><ul class=names>\n", report->out);
	for (size_t i = 0; i < review_count(report->review) && shown < REPORT_NEVER_MAX; i++) {
		const struct change *change = review_get(report->review, i);

		if (change->group != REVIEW_NEVER_LEAVES)
			continue;
		(void)fputs("<li>", report->out);
		print_path(report, change);
		(void)fputs("</li>\n", report->out);
		shown++;
	}
	if (shown < total)
		(void)fprintf(report->out, "<li>and %zu more</li>\n", total - shown);
	(void)fputs("</ul></details>\n", report->out);
}

void report_changes(struct report *report)
{
	size_t cards = 0;

	for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++)
		print_group(report, g, &cards);
	print_never(report);
}

/* SPDX-License-Identifier: MIT */
#include "fs/review/print_hazards.h"

#include <errno.h>

#include "fs/base/terminal.h"

#define SHOWN_MAX        30u /* rows on the screen of `status` */
#define SHOWN_EACH_MAX   6u  /* of one change among them */
#define SHOWN_NEVER_MAX  6u  /* of all that never leaves the sandbox */
#define SHOWN_IN_ROW_MAX 8u  /* in front of one diff */

int print_hazards(const struct change *change, const struct print_style *style, FILE *stream)
{
	const struct hazard_list *list = &change->hazards;
	size_t shown = style->is_full || list->count < SHOWN_IN_ROW_MAX ? list->count
									: SHOWN_IN_ROW_MAX;
	size_t left = list->count - shown + list->omitted;

	for (size_t i = 0; i < shown; i++) {
		cleanup_text struct text text = { 0 };

		terminal_append_styled(&text, style->is_colored, STYLE_RED, "! ");
		terminal_append_styled(&text, style->is_colored, STYLE_RED,
				       hazard_id(list->items[i].kind));
		text_append(&text, "  ");
		terminal_append_styled(&text, style->is_colored, STYLE_BOLD, list->items[i].what);
		if (text.is_failed)
			return -ENOMEM;
		(void)fprintf(stream, "%s\n", text.data);
	}
	if (left > 0)
		(void)fprintf(stream, "! and %zu more\n", left);
	return 0;
}

struct section {
	struct table *table; /* borrowed */
	const struct print_style *style;
	size_t shown;
	size_t left; /* hazards that have no row */
};

/* A sign of intent in what never leaves is nothing to be afraid of any more. */
static void add_what(struct table *table, const char *what, bool is_never)
{
	cleanup_text struct text text = { 0 };

	text_appendf(&text, "%s%s", is_never ? "never leaves: " : "", what);
	table_safe(table, is_never ? STYLE_DIM : STYLE_BOLD, text.data ? text.data : "");
}

static void add_rows(struct section *section, const struct change *change, size_t max)
{
	const struct hazard_list *list = &change->hazards;
	size_t i = 0;

	for (; i < list->count &&
	       (section->style->is_full || (i < SHOWN_EACH_MAX && section->shown < max));
	     i++) {
		table_cell(section->table, STYLE_RED, hazard_id(list->items[i].kind));
		table_cell(section->table, STYLE_PLAIN, change->path);
		add_what(section->table, list->items[i].what, change->group == REVIEW_NEVER_LEAVES);
		table_end_row(section->table);
		section->shown++;
	}
	section->left += list->count - i + list->omitted;
}

static size_t add_all(struct section *section, const struct review *review)
{
	size_t changes = 0;
	size_t max;

	for (size_t i = 0; i < review_count(review); i++) {
		const struct change *change = review_get(review, i);

		changes += change->hazards.count > 0;
		if (change->group != REVIEW_NEVER_LEAVES)
			add_rows(section, change, SHOWN_MAX);
	}
	/* What never leaves has a share of its own: a sign of intent, and nothing to decide. */
	max = section->shown + SHOWN_NEVER_MAX;
	for (size_t i = 0; i < review_count(review); i++) {
		const struct change *change = review_get(review, i);

		if (change->group == REVIEW_NEVER_LEAVES)
			add_rows(section, change, max);
	}
	return changes;
}

int print_all_hazards(const struct review *review, const struct print_style *style, FILE *stream)
{
	cleanup_table struct table *table = table_new(style->is_colored, "  ");
	struct section section = { .table = table, .style = style };
	cleanup_text struct text title = { 0 };
	size_t changes = add_all(&section, review);

	if (changes == 0)
		return 0;
	terminal_append_styled(&title, style->is_colored, STYLE_RED, "look first");
	terminal_appendf(&title, style->is_colored, STYLE_PLAIN, " (%zu)",
			 section.shown + section.left);
	terminal_append_styled(&title, style->is_colored, STYLE_DIM,
			       "  what could run on the host, steer later sessions, or deceive");
	if (title.is_failed)
		return -ENOMEM;
	(void)fprintf(stream, "\n%s\n", title.data);
	table_limit(table, style->columns);
	if (table_print(table, stream) < 0)
		return -ENOMEM;
	if (section.left > 0)
		(void)fprintf(stream, "  and %zu more: 'claudefs status --all' has them all\n",
			      section.left);
	return 0;
}

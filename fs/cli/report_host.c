/* SPDX-License-Identifier: MIT */
/* What became of a session on the host: decisions about a change and its parts in the change's own
 * card; pushes; and all of it by time. */
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/cli/host_events.h"
#include "fs/cli/html.h"
#include "fs/cli/report.h"
#include "fs/review/parts.h"
#include "fs/review/print_status.h"

static bool is_bad(enum push_state state)
{
	return state == PUSH_REFUSED || state == PUSH_REJECTED;
}

static void print_verdict(FILE *out, enum decision_verdict verdict, bool has_lapsed)
{
	(void)fprintf(out, "<b>%s</b> ",
		      has_lapsed ? "changed since it was decided" : decision_verdict_name(verdict));
}

/* Those that were decided about, each by its name. */
static void print_parts(struct report *report, const struct change *change)
{
	cleanup_parts struct parts *parts = NULL;
	const char *noun = change->parts.scope == DECISION_KEY ? "key" : "record";
	size_t shown = 0;
	size_t decided = 0;

	if (parts_of_change(report->review, change, review_decisions(report->review), false,
			    &parts) < 0)
		return;
	for (size_t i = 0; i < parts_count(parts); i++) {
		const struct part *part = parts_get(parts, i);

		if (part->verdict == DECISION_NONE && !part->has_lapsed)
			continue;
		decided++;
		if (shown == REPORT_PARTS_MAX)
			continue;
		shown++;
		(void)fputs("<li>", report->out);
		print_verdict(report->out, part->verdict, part->has_lapsed);
		(void)fprintf(report->out, "%s <code>", noun);
		html_print(report->out, part->name, strnlen(part->name, REPORT_LINE_BYTES_MAX));
		(void)fputs("</code></li>", report->out);
	}
	if (shown < decided)
		(void)fprintf(report->out, "<li>and %zu more</li>", decided - shown);
}

static void print_hunks(struct report *report, const struct change *change)
{
	for (size_t i = 0; i < change->hunk_count && i < REPORT_PARTS_MAX; i++) {
		if (change->hunks[i] == DECISION_NONE)
			continue;
		(void)fputs("<li>", report->out);
		print_verdict(report->out, change->hunks[i], false);
		(void)fprintf(report->out, "edit %zu of %zu</li>", i + 1, change->hunk_count);
	}
}

void report_decision(struct report *report, const struct change *change)
{
	cleanup_text struct text words = { 0 };

	if (change->decision == CHANGE_UNDECIDED && change->parts.scope == DECISION_WHOLE)
		return;
	print_append_decision(&words, change);
	/* They end in "; ", for a reason that follows. */
	(void)fputs("<div class=why>Decided: ", report->out);
	html_print(report->out, words.data, words.len >= 2 ? words.len - 2 : 0);
	(void)fputs("<ul>", report->out);
	if (change->parts.scope != DECISION_WHOLE)
		print_parts(report, change);
	else
		print_hunks(report, change);
	(void)fputs("</ul></div>\n", report->out);
}

static void print_push(struct report *report, const struct push_entry *push)
{
	char facts[PUSH_FACTS_SIZE];
	FILE *out = report->out;

	(void)fprintf(out, "<tr><td class=\"i mono\">push:%u</td><td class=i>%s%s%s</td><td><b>",
		      push->number, is_bad(push->state) ? "<span class=id>" : "",
		      push_state_name(push->state), is_bad(push->state) ? "</span>" : "");
	html_print_string(out, push->remote);
	(void)fputs("</b> <span class=mono>", out);
	html_print(out, push->target, strnlen(push->target, REPORT_LINE_BYTES_MAX));
	(void)fputs("</span>", out);
	for (size_t i = 0; i < push->count; i++) {
		(void)fputs("<br><code>", out);
		html_print_string(out, push_ref_name(push->commands[i].ref));
		(void)fprintf(out, "</code> <span class=\"dim mono\">%.12s &rarr; %.12s</span>",
			      push->commands[i].old_id, push->commands[i].new_id);
	}
	if (push->reason) {
		(void)fputs("<br>", out);
		html_print(out, push->reason, strnlen(push->reason, REPORT_LINE_BYTES_MAX));
	}
	(void)fprintf(out, "</td><td class=n>%s</td></tr>\n", push_facts_text(&push->facts, facts));
}

static void print_pushes(struct report *report, const struct pushes *pushes)
{
	size_t shown = 0;

	if (pushes->count == 0)
		return;
	(void)fputs("<h2 id=pushes>git push<small>what the sandbox asked for; a push cannot be "
		    "undone</small></h2>\n<table>\n",
		    report->out);
	for (; shown < pushes->count && shown < REPORT_PUSHES_MAX; shown++)
		print_push(report, &pushes->items[shown]);
	(void)fputs("</table>\n", report->out);
	if (shown < pushes->count)
		(void)fprintf(report->out,
			      "<p class=dim>and %zu more: <code>claudefs status</code> has them "
			      "all</p>\n",
			      pushes->count - shown);
}

static void print_event(struct report *report, const struct host_event *event)
{
	cleanup_text struct text object = { 0 };
	cleanup_text struct text detail = { 0 };
	FILE *out = report->out;
	char when[CLOCK_TEXT_SIZE];

	clock_format_local(event->time_ns, when);
	(void)fprintf(out,
		      "<tr><td class=when>%s</td><td class=i>%s</td><td class=i>%s</td>"
		      "<td class=mono>",
		      when, host_event_actor(event), host_event_type(event));
	host_event_append_object(&object, event);
	host_event_append_detail(&detail, event);
	html_print(out, object.data,
		   strnlen(object.data ? object.data : "", REPORT_LINE_BYTES_MAX));
	(void)fputs(" <span class=dim>", out);
	html_print(out, detail.data,
		   strnlen(detail.data ? detail.data : "", REPORT_LINE_BYTES_MAX));
	(void)fputs("</span></td></tr>\n", out);
}

void report_host(struct report *report)
{
	const struct host_events *events = report->host;
	size_t shown = 0;

	print_pushes(report, &events->pushes);
	if (events->count == 0)
		return;
	(void)fputs("<h2 id=host>On the host<small>what was decided, committed, undone and pushed, "
		    "and whose word it was</small></h2>\n<table>\n",
		    report->out);
	for (; shown < events->count && shown < REPORT_EVENTS_MAX; shown++)
		print_event(report, &events->items[shown]);
	(void)fputs("</table>\n", report->out);
	if (shown < events->count)
		(void)fprintf(report->out,
			      "<p class=dim>and %zu more: <code>claudefs log</code> has them "
			      "all</p>\n",
			      events->count - shown);
}

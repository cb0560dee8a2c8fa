/* SPDX-License-Identifier: MIT */
/* When what happened, and who did it: the journal of a session on one screen. Read twice, since the
 * scale of the timeline is known only at its end; memory does not grow with it. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/path_name.h"
#include "fs/base/terminal.h"
#include "fs/cli/errno_name.h"
#include "fs/cli/html.h"
#include "fs/cli/object_names.h"
#include "fs/cli/report.h"
#include "fs/journal/reader.h"

#define BUCKETS      120u
#define CHART_WIDTH  1080u
#define CHART_HEIGHT 96u
#define CHART_FLOOR  80u   /* y of the axis */
#define TRACKED_MAX  4096u /* processes that are counted one by one */

enum activity {
	ACTIVITY_NONE,
	ACTIVITY_WRITE,
	ACTIVITY_NAME, /* a name came, went or moved */
	ACTIVITY_REFUSED,
	ACTIVITIES,
};

struct actor {
	uint64_t number;
	uint32_t pid;
	char *exe;
	char *command;
	size_t records;
	size_t refused;
};

struct span {
	uint64_t first_ns;
	uint64_t last_ns;
	uint64_t records;
};

struct events {
	struct report *report;
	FILE *rows; /* in memory: they come below the chart, which is known last */
	struct span span;
	size_t counts[BUCKETS][ACTIVITIES];
	struct object_names names;
	struct actor actors[TRACKED_MAX];
	size_t actor_count;
	size_t shown;
	uint64_t left;
	/* Writes in a row to one object are one event. */
	uint64_t written; /* 0: none is waiting */
	uint64_t write_object;
	uint64_t write_bytes;
	uint64_t write_process;
	uint64_t write_ns;
	char *write_path;
};

static enum activity activity_of(enum journal_type type)
{
	switch (type) {
	case JOURNAL_WRITE:
	case JOURNAL_TRUNCATE: return ACTIVITY_WRITE;
	case JOURNAL_MKDIR:
	case JOURNAL_CREATE:
	case JOURNAL_UNLINK:
	case JOURNAL_RMDIR:
	case JOURNAL_RENAME:
	case JOURNAL_LINK: return ACTIVITY_NAME;
	case JOURNAL_REFUSE: return ACTIVITY_REFUSED;
	case JOURNAL_SESSION:
	case JOURNAL_PROCESS:
	case JOURNAL_BASE:
	case JOURNAL_COPY_UP:
	case JOURNAL_MATERIALISE:
	case JOURNAL_SET_ATTR:
	case JOURNAL_SEAL:
	case JOURNAL_END: return ACTIVITY_NONE;
	}
	return ACTIVITY_NONE;
}

static struct actor *find_actor(struct events *events, uint64_t number)
{
	for (size_t i = events->actor_count; i > 0; i--) {
		if (events->actors[i - 1].number == number)
			return &events->actors[i - 1];
	}
	return NULL;
}

static int add_actor(struct events *events, const struct journal_record *record)
{
	struct actor *actor;

	if (events->actor_count == TRACKED_MAX)
		return 0;
	actor = &events->actors[events->actor_count];
	*actor = (struct actor){ .number = record->process, .pid = record->pid };
	actor->exe = strdup(record->exe ? record->exe : "");
	actor->command = strdup(record->command ? record->command : "");
	events->actor_count++;
	return actor->exe && actor->command ? 0 : -ENOMEM;
}

static void events_free(struct events *events)
{
	for (size_t i = 0; i < events->actor_count; i++) {
		free(events->actors[i].exe);
		free(events->actors[i].command);
	}
	object_names_done(&events->names);
	free(events->write_path);
	free(events);
}

static void cleanup_events_free(struct events **events)
{
	if (*events)
		events_free(*events);
}
#define cleanup_events __attribute__((cleanup(cleanup_events_free)))

/* Begins a row: when, and who. False: there are enough. */
static bool begin_row(struct events *events, uint64_t time_ns, uint64_t process)
{
	const struct actor *actor = find_actor(events, process);
	FILE *out = events->rows;
	char when[CLOCK_TEXT_SIZE];

	if (events->shown == REPORT_EVENTS_MAX) {
		events->left++;
		return false;
	}
	if (events->shown++ == 0)
		(void)fputs("<details><summary>What happened, in order</summary><table>\n", out);
	clock_format_local(time_ns, when);
	(void)fprintf(out, "<tr><td class=when>%s</td><td class=\"i mono\">", when);
	if (actor)
		html_print_writer(out, actor->exe, actor->command, actor->pid);
	return true;
}

static void flush_writes(struct events *events)
{
	cleanup_text struct text size = { 0 };
	FILE *out = events->rows;

	if (events->written == 0)
		return;
	if (begin_row(events, events->write_ns, events->write_process)) {
		terminal_append_size(&size, events->write_bytes);
		(void)fputs("</td><td class=i>write</td><td class=mono>", out);
		html_print_string(out, events->write_path ? events->write_path : "?");
		(void)fprintf(out, " <span class=dim>%s%s</span></td></tr>\n",
			      size.data ? size.data : "", events->written > 1 ? ", in pieces" : "");
	}
	events->written = 0;
	free(events->write_path);
	events->write_path = NULL;
}

static const char *path_of(struct events *events, const struct journal_record *record)
{
	if (record->has & JOURNAL_HAS_PATH)
		return record->path;
	return record->has & JOURNAL_HAS_OBJECT ? object_names_get(&events->names, record->object)
						: NULL;
}

static void take_write(struct events *events, const struct journal_record *record)
{
	const char *path = path_of(events, record);

	if (events->written > 0 && events->write_object == record->object) {
		events->written++;
	} else {
		flush_writes(events);
		events->written = 1;
		events->write_object = record->object;
		events->write_bytes = 0;
		events->write_process = record->process;
		events->write_ns = record->time_ns;
		events->write_path = path ? strdup(path) : NULL;
	}
	if (__builtin_add_overflow(events->write_bytes, record->size, &events->write_bytes))
		events->write_bytes = UINT64_MAX;
}

static void print_event(struct events *events, const struct journal_record *record)
{
	const char *path = path_of(events, record);
	FILE *out = events->rows;
	char name[ERRNO_NAME_SIZE];

	if (!begin_row(events, record->time_ns, record->process))
		return;
	(void)fprintf(out, "</td><td class=i>%s</td><td class=mono>",
		      journal_type_name(record->type));
	if (record->type == JOURNAL_REFUSE) {
		html_print_string(out, record->operation ? record->operation : "");
		(void)fputc(' ', out);
	}
	html_print_string(out, path ? path : "");
	if (record->has & JOURNAL_HAS_TO) {
		(void)fputs(" &rarr; ", out);
		html_print_string(out, record->to);
	}
	if (record->type == JOURNAL_REFUSE)
		(void)fprintf(out, " <span class=dim>%s</span>", errno_name(record->error, name));
	(void)fputs("</td></tr>\n", out);
}

static void count(struct events *events, const struct journal_record *record,
		  enum activity activity)
{
	uint64_t length = events->span.last_ns - events->span.first_ns + 1;
	uint64_t at = record->time_ns < events->span.first_ns
			      ? 0
			      : record->time_ns - events->span.first_ns;
	/* Times are the session's word: anything may come. */
	uint64_t bucket = length > 0 && at < length
				  ? (uint64_t)((double)at / (double)length * BUCKETS)
				  : BUCKETS - 1;
	struct actor *actor = find_actor(events, record->process);

	events->counts[bucket < BUCKETS ? bucket : BUCKETS - 1][activity]++;
	if (actor) {
		actor->records++;
		actor->refused += activity == ACTIVITY_REFUSED;
	}
}

static int take(struct events *events, const struct journal_record *record)
{
	enum activity activity = activity_of(record->type);
	int r = 0;

	if (record->type == JOURNAL_PROCESS)
		r = add_actor(events, record);
	if (activity != ACTIVITY_NONE)
		count(events, record, activity);
	if (record->type == JOURNAL_WRITE) {
		take_write(events, record);
	} else if (activity != ACTIVITY_NONE) {
		flush_writes(events);
		print_event(events, record);
	}
	object_names_follow(&events->names, record);
	return r;
}

typedef int record_fn(const struct journal_record *record, void *arg);

static int each_record(struct report *report, record_fn *each, void *arg)
{
	cleanup_journal_reader struct journal_reader *reader = NULL;
	struct journal_record record;
	int r = journal_reader_open(report->session->fd, report->session->id, &reader);

	if (r < 0)
		return r;
	while ((r = journal_reader_next(reader, &record)) > 0) {
		r = each(&record, arg);
		if (r < 0)
			return r;
	}
	return r;
}

static int measure(const struct journal_record *record, void *arg)
{
	struct span *span = arg;

	if (span->records++ == 0 || record->time_ns < span->first_ns)
		span->first_ns = record->time_ns;
	if (record->time_ns > span->last_ns)
		span->last_ns = record->time_ns;
	return 0;
}

static int take_record(const struct journal_record *record, void *arg)
{
	return take(arg, record);
}

/* Bars as attributes of shapes: the page's policy knows no style but its own sheet. */
static void print_bar(FILE *out, size_t bucket, unsigned int *y, size_t value, size_t most,
		      const char *style)
{
	const unsigned int width = CHART_WIDTH / BUCKETS;
	unsigned int height = (unsigned int)((double)value * (CHART_FLOOR - 8) / (double)most);

	if (value == 0)
		return;
	height = height < 2 ? 2 : height;
	height = height > *y ? *y : height;
	*y -= height;
	(void)fprintf(out, "<rect class=%s x=%zu y=%u width=%u height=%u></rect>", style,
		      bucket * width + 1, *y, width - 2, height);
}

static void print_chart(const struct events *events)
{
	FILE *out = events->report->out;
	char first[CLOCK_TEXT_SIZE];
	char last[CLOCK_TEXT_SIZE];
	size_t most = 1;

	for (size_t i = 0; i < BUCKETS; i++) {
		const size_t *counts = events->counts[i];
		size_t sum =
			counts[ACTIVITY_WRITE] + counts[ACTIVITY_NAME] + counts[ACTIVITY_REFUSED];

		most = sum > most ? sum : most;
	}
	clock_format_local(events->span.first_ns, first);
	clock_format_local(events->span.last_ns, last);
	(void)fprintf(out,
		      "<svg viewBox=\"0 0 %u %u\" role=img aria-label=\"Activity over time\">"
		      "<line x1=0 y1=%u x2=%u y2=%u></line>",
		      CHART_WIDTH, CHART_HEIGHT, CHART_FLOOR, CHART_WIDTH, CHART_FLOOR);
	for (size_t i = 0; i < BUCKETS; i++) {
		unsigned int y = CHART_FLOOR;

		print_bar(out, i, &y, events->counts[i][ACTIVITY_WRITE], most, "w");
		print_bar(out, i, &y, events->counts[i][ACTIVITY_NAME], most, "c");
		print_bar(out, i, &y, events->counts[i][ACTIVITY_REFUSED], most, "r");
	}
	(void)fprintf(out,
		      "<text x=4 y=92>%s</text><text x=%u y=92 text-anchor=end>%s</text></svg>\n"
		      "<p class=\"key dim\"><span><i class=w></i>writes</span><span><i class=c></i>"
		      "names made, moved, removed</span><span><i class=r></i>refused</span>"
		      "%" PRIu64 " records</p>\n",
		      first, CHART_WIDTH - 4, last, events->span.records);
}

static int compare_actors(const void *a, const void *b)
{
	const struct actor *x = a;
	const struct actor *y = b;

	if (x->records != y->records)
		return x->records > y->records ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static void print_actors(struct events *events)
{
	FILE *out = events->report->out;
	size_t shown = 0;

	if (events->actor_count == 0)
		return;
	qsort(events->actors, events->actor_count, sizeof(*events->actors), compare_actors);
	(void)fprintf(out,
		      "<h2 id=processes>Processes<small>%zu that wrote, or tried to</small></h2>\n"
		      "<table><tr><th>program</th><th>command</th><th>changes</th>"
		      "<th>refused</th></tr>\n",
		      events->actor_count);
	for (; shown < events->actor_count && shown < REPORT_PROCESSES_MAX; shown++) {
		const struct actor *actor = &events->actors[shown];
		size_t len = strnlen(actor->command, REPORT_LINE_BYTES_MAX);

		(void)fputs("<tr><td class=\"i mono\">", out);
		html_print_writer(out, actor->exe, actor->command, actor->pid);
		(void)fputs("</td><td class=mono>", out);
		html_print(out, actor->command, len);
		(void)fprintf(out, "%s</td><td class=n>%zu</td><td class=n>%zu</td></tr>\n",
			      actor->command[len] ? "&hellip;" : "",
			      actor->records - actor->refused, actor->refused);
	}
	(void)fputs("</table>\n", out);
	if (shown < events->actor_count)
		(void)fprintf(out, "<p class=dim>and %zu more</p>\n", events->actor_count - shown);
}

/* The rows of the events, as text (ret_). */
static int collect(struct events *events, char **ret_rows)
{
	cleanup_file FILE *rows = NULL;
	size_t len = 0;
	int r;

	rows = open_memstream(ret_rows, &len);
	if (!rows)
		return -ENOMEM;
	events->rows = rows;
	r = each_record(events->report, take_record, events);
	if (r < 0)
		return r;
	flush_writes(events);
	if (events->shown > 0)
		(void)fputs("</table>", rows);
	if (events->left > 0)
		(void)fprintf(rows,
			      "<div class=why>and %" PRIu64 " more: <code>claudefs log</code> has "
			      "them all</div>",
			      events->left);
	if (events->shown > 0)
		(void)fputs("</details>\n", rows);
	return fflush(rows) == 0 ? 0 : -ENOMEM;
}

int report_events(struct report *report)
{
	cleanup_events struct events *events = calloc(1, sizeof(*events));
	cleanup_free char *rows = NULL;
	int r;

	if (!events)
		return -ENOMEM;
	events->report = report;
	r = each_record(report, measure, &events->span);
	if (r == 0)
		r = collect(events, &rows);
	if (r < 0)
		return r;
	(void)fputs("<h2 id=timeline>Timeline</h2>\n", report->out);
	print_chart(events);
	(void)fputs(rows, report->out);
	print_actors(events);
	return 0;
}

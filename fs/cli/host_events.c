/* SPDX-License-Identifier: MIT */
#include "fs/cli/host_events.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/message.h"
#include "fs/cli/json_output.h"
#include "fs/cli/log_lines.h"

static const char *const scope_names[] = { [DECISION_WHOLE] = "whole",
					   [DECISION_HUNK] = "hunk",
					   [DECISION_KEY] = "key",
					   [DECISION_RECORD] = "record" };

void host_events_done(struct host_events *events)
{
	free(events->items);
	decisions_free(events->decisions);
	receipts_free(events->receipts);
	pushes_done(&events->pushes);
	*events = (struct host_events)HOST_EVENTS_NONE;
}

static int read_decisions(const struct chosen_session *session, struct host_events *events)
{
	int r = state_key_read(session->state_fd, false, &events->key);

	/* Nothing was decided here yet. */
	if (r == -ENOENT)
		return 0;
	return r < 0 ? r
		     : decisions_read(session->fd, session->id, &events->key, &events->decisions,
				      NULL);
}

static int compare(const void *a, const void *b)
{
	const struct host_event *x = a;
	const struct host_event *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	/* A commit goes by the decisions of its moment. */
	return (x->decision == NULL) - (y->decision == NULL);
}

static void add_push(struct host_events *events, const struct push_entry *entry)
{
	if (entry->event_count == 0)
		/* An older claudefs wrote it. */
		events->items[events->count++] = (struct host_event){
			.time_ns = entry->time_ns,
			.push = entry,
			.turn = { .time_ns = entry->time_ns,
				  .state = entry->state,
				  .by = PUSH_BY_RULES,
				  .reason = entry->reason },
		};
	for (size_t i = 0; i < entry->event_count; i++)
		events->items[events->count++] = (struct host_event){
			.time_ns = entry->events[i].time_ns, .push = entry, .turn = entry->events[i]
		};
}

static int collect(struct host_events *events)
{
	size_t decisions = events->decisions ? decisions_count(events->decisions) : 0;
	size_t receipts = 0;
	const struct receipt_info *infos = receipts_infos(events->receipts, &receipts);

	events->items = calloc(decisions + receipts + events->pushes.count * PUSH_EVENTS_MAX + 1,
			       sizeof(*events->items));
	if (!events->items)
		return -ENOMEM;
	for (size_t i = 0; i < decisions; i++) {
		const struct decision *decision = decisions_get(events->decisions, i);

		/* One that another took the place of has no time of its own. */
		if (decision->verdict == DECISION_NONE)
			continue;
		events->items[events->count++] =
			(struct host_event){ .time_ns = decision->time_ns, .decision = decision };
	}
	for (size_t i = 0; i < receipts; i++)
		events->items[events->count++] =
			(struct host_event){ .time_ns = infos[i].time_ns, .receipt = &infos[i] };
	for (size_t i = 0; i < events->pushes.count; i++)
		add_push(events, &events->pushes.items[i]);
	qsort(events->items, events->count, sizeof(*events->items), compare);
	return 0;
}

static int read_all(const char *command, const struct chosen_session *session,
		    struct host_events *ret)
{
	uint64_t bad = 0;
	int r = read_decisions(session, ret);

	if (r < 0) {
		message_error("%s: session %s: what was decided cannot be read: %s; 'claudefs "
			      "verify' says what is wrong",
			      command, session->id, strerror(-r));
		return message_exit_code(r);
	}
	r = receipts_read(session->fd, &ret->receipts, &bad);
	if (r < 0) {
		message_error("%s: session %s: receipt %" PRIu64 " cannot be read: %s; 'claudefs "
			      "verify' says what is wrong",
			      command, session->id, bad, strerror(-r));
		return message_exit_code(r);
	}
	r = pushes_open(command, session, false, &ret->pushes);
	if (r == EXIT_OK && collect(ret) < 0) {
		message_error("out of memory");
		r = EXIT_FAULT;
	}
	return r;
}

int host_events_read(const char *command, const struct chosen_session *session,
		     struct host_events *ret)
{
	int code = read_all(command, session, ret);

	if (code != EXIT_OK)
		host_events_done(ret);
	return code;
}

const char *host_event_actor(const struct host_event *event)
{
	if (event->push)
		return push_actor_name(event->turn.by);
	return event->decision ? "person" : "claudefs";
}

const char *host_event_type(const struct host_event *event)
{
	if (event->push)
		return "push";
	if (event->receipt)
		return event->receipt->undoes ? "undo" : "commit";
	return event->decision->verdict == DECISION_APPROVED ? "approve" : "reject";
}

void host_event_append_object(struct text *text, const struct host_event *event)
{
	if (event->push) {
		text_appendf(text, "push:%u %s", event->push->number, event->push->remote);
		for (size_t i = 0; i < event->push->count; i++)
			text_appendf(text, " %s", push_ref_name(event->push->commands[i].ref));
	} else if (event->receipt) {
		text_appendf(text, "receipt %" PRIu64, event->receipt->number);
	} else {
		text_append(text, event->decision->path);
	}
}

void host_event_append_detail(struct text *text, const struct host_event *event)
{
	if (event->push) {
		text_append(text, push_state_name(event->turn.state));
		if (event->turn.reason)
			text_appendf(text, ": %s", event->turn.reason);
	} else if (event->receipt) {
		text_appendf(text, "%zu %s", event->receipt->applied,
			     event->receipt->applied == 1 ? "name" : "names");
		if (event->receipt->undoes)
			text_appendf(text, ", takes back receipt %" PRIu64, event->receipt->undoes);
	} else if (event->decision->scope != DECISION_WHOLE) {
		text_appendf(text, "%s %s", scope_names[event->decision->scope],
			     event->decision->part);
	}
}

static void set_decision(json_t *json, const struct decision *decision)
{
	(void)json_object_set_new(json, "type", json_string("decision"));
	(void)json_object_set_new(json, "decision",
				  json_string(decision_verdict_name(decision->verdict)));
	json_output_set_name(json, "path", decision->path);
	(void)json_object_set_new(json, "scope", json_string(scope_names[decision->scope]));
	json_output_set_name(json, "part", decision->part);
}

static void set_receipt(json_t *json, const struct receipt_info *receipt)
{
	(void)json_object_set_new(json, "type", json_string(receipt->undoes ? "undo" : "commit"));
	(void)json_object_set_new(json, "receipt", json_integer((json_int_t)receipt->number));
	(void)json_object_set_new(json, "undoes",
				  receipt->undoes ? json_integer((json_int_t)receipt->undoes)
						  : json_null());
	(void)json_object_set_new(json, "names", json_integer((json_int_t)receipt->applied));
}

static void set_push(json_t *json, const struct host_event *event)
{
	const struct push_entry *push = event->push;
	json_t *refs = json_array();

	(void)json_object_set_new(json, "type", json_string("push"));
	(void)json_object_set_new(json, "push", json_integer(push->number));
	(void)json_object_set_new(json, "state", json_string(push_state_name(event->turn.state)));
	(void)json_object_set_new(json, "by", json_string(push_actor_name(event->turn.by)));
	(void)json_object_set_new(json, "remote", json_string_lossy(push->remote));
	(void)json_object_set_new(json, "target", json_string_lossy(push->target));
	for (size_t i = 0; i < push->count; i++)
		(void)json_array_append_new(refs, json_string_lossy(push->commands[i].ref));
	(void)json_object_set_new(json, "refs", refs);
	(void)json_object_set_new(json, "reason",
				  event->turn.reason ? json_string_lossy(event->turn.reason)
						     : json_null());
}

json_t *host_event_to_json(const struct host_event *event)
{
	json_t *json = json_object();

	if (event->push)
		set_push(json, event);
	else if (event->receipt)
		set_receipt(json, event->receipt);
	else
		set_decision(json, event->decision);
	json_output_set_time(json, "time", event->time_ns);
	return json;
}

static void print_text(const struct cli *cli, const struct host_event *event)
{
	cleanup_text struct text line = { 0 };
	cleanup_text struct text object = { 0 };
	cleanup_text struct text detail = { 0 };

	log_line_begin(&line, cli->is_colored, event->time_ns, host_event_actor(event),
		       STYLE_YELLOW, host_event_type(event));
	host_event_append_object(&object, event);
	host_event_append_detail(&detail, event);
	terminal_append(&line, cli->is_colored, STYLE_PLAIN, object.data ? object.data : "");
	if (detail.len > 0) {
		text_append(&line, "  ");
		terminal_append(&line, cli->is_colored, STYLE_DIM, detail.data);
	}
	if (line.data && !line.is_failed)
		printf("%s\n", line.data);
}

int host_events_print(const struct cli *cli, const struct host_events *events, uint64_t *printed_ns,
		      uint64_t until_ns)
{
	for (size_t i = 0; i < events->count; i++) {
		const struct host_event *event = &events->items[i];

		if (event->time_ns <= *printed_ns)
			continue;
		if (event->time_ns > until_ns)
			return 0;
		if (cli->is_json) {
			cleanup_json json_t *json = host_event_to_json(event);

			if (json_output_print_line(json) != 0)
				return -EIO;
		} else {
			print_text(cli, event);
		}
		/* Of several at one instant all are printed. */
		if (i + 1 == events->count || events->items[i + 1].time_ns != event->time_ns)
			*printed_ns = event->time_ns;
	}
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "fs/cli/pushes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/lock.h"
#include "fs/base/message.h"
#include "fs/base/terminal.h"
#include "fs/cli/json_output.h"
#include "fs/session/session_dir.h"

void pushes_done(struct pushes *pushes)
{
	for (size_t i = 0; i < pushes->count; i++)
		push_entry_done(&pushes->items[i]);
	free(pushes->items);
	push_store_done(&pushes->store);
	cleanup_close_fd(&pushes->lock_fd);
	*pushes = (struct pushes)PUSHES_NONE;
}

static int read_all(const char *command, struct pushes *pushes)
{
	int last = push_store_last(&pushes->store);

	if (last < 0)
		return last;
	pushes->items = calloc((size_t)last + 1, sizeof(*pushes->items));
	if (!pushes->items)
		return -ENOMEM;
	for (int i = 1; i <= last; i++) {
		int r = push_entry_read(&pushes->store, (unsigned int)i,
					&pushes->items[pushes->count]);

		/* One that is just coming has no entry yet; one that is damaged is none of the
		 * others' business. */
		if (r == -ENOMEM)
			return r;
		if (r < 0 && r != -ENOENT)
			message_warning("%s: push:%d: %s/%d.json: %s; it is left out", command, i,
					pushes->store.path, i, strerror(-r));
		pushes->count += r == 0;
	}
	return 0;
}

int pushes_open(const char *command, const struct chosen_session *session, bool is_writing,
		struct pushes *ret)
{
	cleanup_free char *state = session_state_path();
	int r = state ? push_store_open(state, session->id, false, &ret->store) : -ENOENT;

	if (r == -ENOENT)
		return EXIT_OK;
	if (r == 0 && is_writing) {
		ret->lock_fd = lock_take(ret->store.fd, "lock");
		r = ret->lock_fd < 0 ? ret->lock_fd : 0;
	}
	if (r == 0)
		r = read_all(command, ret);
	if (r == 0)
		return EXIT_OK;
	message_error("%s: the pushes of session %s: %s", command, session->id,
		      r == -EBUSY ? "another claudefs is at them; wait for it" : strerror(-r));
	return message_exit_code(r);
}

bool push_is_named(const char *argument)
{
	return strncmp(argument, "push:", 5) == 0;
}

struct push_entry *pushes_find(const char *command, struct pushes *pushes, const char *argument)
{
	for (size_t i = 0; i < pushes->count; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "push:%u", pushes->items[i].number);
		if (strcmp(name, argument) == 0)
			return &pushes->items[i];
	}
	message_error("%s: %s: the session has no such push; 'claudefs status' lists them", command,
		      argument);
	return NULL;
}

size_t pushes_count_state(const struct pushes *pushes, enum push_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < pushes->count; i++)
		count += pushes->items[i].state == state;
	return count;
}

size_t pushes_count_open(const struct pushes *pushes)
{
	return pushes_count_state(pushes, PUSH_HELD) + pushes_count_state(pushes, PUSH_APPROVED);
}

enum terminal_style push_state_style(enum push_state state)
{
	switch (state) {
	case PUSH_HELD: return STYLE_YELLOW;
	case PUSH_APPROVED:
	case PUSH_PUSHED: return STYLE_GREEN;
	case PUSH_REJECTED:
	case PUSH_REFUSED: return STYLE_RED;
	}
	return STYLE_PLAIN;
}

const char *push_ref_name(const char *ref)
{
	return strncmp(ref, "refs/heads/", 11) == 0 ? ref + 11 : ref;
}

/* Whose word its state is, where that is not clear by itself: rules hold and refuse. */
static const char *word_of(const struct push_entry *entry)
{
	const struct push_event *last =
		entry->event_count > 0 ? &entry->events[entry->event_count - 1] : NULL;

	return last && last->by != PUSH_BY_RULES && entry->state != PUSH_HELD
		       ? push_actor_name(last->by)
		       : "";
}

static void add_row(struct table *table, const struct push_entry *entry)
{
	cleanup_text struct text refs = { 0 };
	char facts[PUSH_FACTS_SIZE];
	const char *by = word_of(entry);

	for (size_t i = 0; i < entry->count; i++)
		text_appendf(&refs, "%s%s", i ? " " : "", push_ref_name(entry->commands[i].ref));
	table_cellf(table, STYLE_PLAIN, "push:%u", entry->number);
	table_cellf(table, push_state_style(entry->state), "%s%s%s", push_state_name(entry->state),
		    *by ? " by " : "", by);
	table_cellf(table, STYLE_BOLD, "%s %s", entry->remote, refs.data ? refs.data : "");
	if (entry->state == PUSH_REFUSED)
		table_cell(table, STYLE_DIM, entry->reason ? entry->reason : "");
	else if (entry->facts.commits == 0 && entry->reason)
		/* Nobody has told yet what is new there. */
		table_cellf(table, STYLE_DIM, "to %s; %s", entry->target, entry->reason);
	else
		table_cellf(table, STYLE_DIM, "%s to %s%s%s", push_facts_text(&entry->facts, facts),
			    entry->target, entry->reason ? "; " : "",
			    entry->reason ? entry->reason : "");
	table_end_row(table);
}

void pushes_print(const struct cli *cli, const struct pushes *pushes)
{
	cleanup_table struct table *table = table_new(cli->is_colored, "  ");

	if (pushes->count == 0)
		return;
	printf("\ngit push (a push cannot be undone)\n");
	for (size_t i = 0; i < pushes->count; i++)
		add_row(table, &pushes->items[i]);
	if (table_print(table, stdout) < 0)
		message_error("out of memory");
}

static json_t *events_to_json(const struct push_entry *entry)
{
	json_t *list = json_array();

	for (size_t i = 0; i < entry->event_count; i++) {
		const struct push_event *event = &entry->events[i];
		json_t *json = json_object();

		json_output_set_time(json, "time", event->time_ns);
		(void)json_object_set_new(json, "state",
					  json_string(push_state_name(event->state)));
		(void)json_object_set_new(json, "by", json_string(push_actor_name(event->by)));
		(void)json_object_set_new(json, "reason",
					  event->reason ? json_string_lossy(event->reason)
							: json_null());
		(void)json_array_append_new(list, json);
	}
	return list;
}

json_t *push_to_json(const struct push_entry *entry)
{
	json_t *json = json_object();
	json_t *refs = json_array();
	char time[CLOCK_TEXT_SIZE];

	clock_format_rfc3339(entry->time_ns, time);
	(void)json_object_set_new(json, "push", json_integer(entry->number));
	(void)json_object_set_new(json, "state", json_string(push_state_name(entry->state)));
	(void)json_object_set_new(json, "time", json_string(time));
	(void)json_object_set_new(json, "remote", json_string_lossy(entry->remote));
	(void)json_object_set_new(json, "target", json_string_lossy(entry->target));
	for (size_t i = 0; i < entry->count; i++) {
		const struct push_command *command = &entry->commands[i];

		(void)json_array_append_new(refs,
					    json_pack("{s:s, s:s, s:s}", "ref", command->ref, "old",
						      command->old_id, "new", command->new_id));
	}
	(void)json_object_set_new(json, "refs", refs);
	(void)json_object_set_new(json, "commits", json_integer((json_int_t)entry->facts.commits));
	(void)json_object_set_new(json, "files", json_integer((json_int_t)entry->facts.files));
	(void)json_object_set_new(json, "added", json_integer((json_int_t)entry->facts.added));
	(void)json_object_set_new(json, "removed", json_integer((json_int_t)entry->facts.removed));
	(void)json_object_set_new(json, "reason",
				  entry->reason ? json_string_lossy(entry->reason) : json_null());
	(void)json_object_set_new(json, "events", events_to_json(entry));
	return json;
}

json_t *pushes_to_json(const struct pushes *pushes)
{
	json_t *list = json_array();

	for (size_t i = 0; i < pushes->count; i++)
		(void)json_array_append_new(list, push_to_json(&pushes->items[i]));
	return list;
}

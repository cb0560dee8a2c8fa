/* SPDX-License-Identifier: MIT */
#include "fs/cli/change_json.h"

#include <stdio.h>

#include "fs/cli/errno_name.h"
#include "fs/cli/json_output.h"

static json_t *rule_to_json(const struct verdict *verdict)
{
	const struct rule *rule = verdict->rule;
	json_t *json;

	if (!rule)
		return json_null();
	json = json_object();
	json_output_set_name(json, "pattern", rule->pattern);
	(void)json_object_set_new(json, "write", json_string(rule_write_name(rule->write)));
	json_output_set_name(json, "origin", rule->origin ? rule->origin : "built-in");
	(void)json_object_set_new(json, "line", json_integer(rule->line));
	(void)json_object_set_new(json, "why", json_string_lossy(rule->why ? rule->why : ""));
	return json;
}

static void set_writer(json_t *json, const char *exe, const char *command, uint32_t pid)
{
	(void)json_object_set_new(json, "pid", pid ? json_integer(pid) : json_null());
	if (exe)
		json_output_set_name(json, "exe", exe);
	else
		(void)json_object_set_new(json, "exe", json_null());
	if (command)
		json_output_set_name(json, "command", command);
	else
		(void)json_object_set_new(json, "command", json_null());
}

static json_t *hazards_to_json(const struct hazard_list *list)
{
	json_t *json = json_array();

	for (size_t i = 0; i < list->count; i++) {
		json_t *hazard = json_object();

		(void)json_object_set_new(hazard, "id",
					  json_string(hazard_id(list->items[i].kind)));
		(void)json_object_set_new(hazard, "what", json_string_lossy(list->items[i].what));
		(void)json_array_append_new(json, hazard);
	}
	return json;
}

static json_t *key_counts_to_json(const struct change_keys *keys)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "commit", (json_int_t)keys->goes, "approval",
			 (json_int_t)keys->asks, "conflict", (json_int_t)keys->conflicts, "never",
			 (json_int_t)keys->stays);
}

static json_t *parts_counts_to_json(const struct change_parts *parts)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "of",
			 parts->scope == DECISION_KEY ? "keys" : "records", "approved",
			 (json_int_t)parts->approved, "rejected", (json_int_t)parts->rejected,
			 "lapsed", (json_int_t)parts->lapsed, "open", (json_int_t)parts->open,
			 "total", (json_int_t)parts->total);
}

json_t *change_to_json(const struct change *change)
{
	bool had_file = change->base.exists && !change->base.is_directory;
	json_t *json = json_object();
	char mode[8];

	(void)snprintf(mode, sizeof(mode), "%04o", change->mode & 07777);
	json_output_set_name(json, "path", change->path);
	(void)json_object_set_new(json, "kind", json_string(change_kind_name(change->kind)));
	(void)json_object_set_new(json, "group", json_string(review_group_name(change->group)));
	(void)json_object_set_new(json, "append_only", json_boolean(change->is_append_only));
	(void)json_object_set_new(json, "size", json_integer((json_int_t)change->size));
	(void)json_object_set_new(json, "base_size",
				  had_file ? json_integer((json_int_t)change->base.size)
					   : json_null());
	(void)json_object_set_new(json, "mode", json_string(mode));
	json_output_set_time(json, "mtime", change->mtime_ns);
	json_output_set_time(json, "time", change->time_ns);
	(void)json_object_set_new(json, "seq", json_integer((json_int_t)change->seq));
	set_writer(json, change->exe, change->command, change->pid);
	(void)json_object_set_new(json, "merge", json_string(rule_merge_name(change->merge)));
	if (change->merge == RULE_MERGE_JSON_KEYS)
		(void)json_object_set_new(json, "key_counts", key_counts_to_json(&change->keys));
	(void)json_object_set_new(json, "reason", json_string_lossy(change->reason));
	(void)json_object_set_new(json, "decision",
				  json_string(change_decision_name(change->decision)));
	if (change->parts.scope != DECISION_WHOLE)
		(void)json_object_set_new(json, "decided_parts",
					  parts_counts_to_json(&change->parts));
	(void)json_object_set_new(json, "rule", rule_to_json(&change->verdict));
	(void)json_object_set_new(json, "hazards", hazards_to_json(&change->hazards));
	return json;
}

json_t *decisions_to_json(const struct review *review)
{
	static const enum change_decision decisions[] = { CHANGE_APPROVED, CHANGE_REJECTED,
							  CHANGE_PARTLY, CHANGE_LAPSED };
	json_t *json = json_object();

	for (size_t i = 0; i < sizeof(decisions) / sizeof(decisions[0]); i++)
		(void)json_object_set_new(
			json, change_decision_name(decisions[i]),
			json_integer((json_int_t)review_count_decision(review, decisions[i])));
	(void)json_object_set_new(json, "not_ours",
				  json_integer((json_int_t)review_count_forged(review)));
	return json;
}

json_t *refusals_to_json(const struct replay *replay, uint64_t *ret_total)
{
	json_t *list = json_array();
	size_t count = 0;
	const struct replay_refusal *refusals = replay_refusals(replay, &count, ret_total);

	for (size_t i = 0; i < count; i++) {
		const struct replay_process *process = replay_process(replay, refusals[i].process);
		json_t *json = json_object();
		char name[ERRNO_NAME_SIZE];

		(void)json_object_set_new(json, "seq", json_integer((json_int_t)refusals[i].seq));
		json_output_set_time(json, "time", refusals[i].time_ns);
		(void)json_object_set_new(json, "operation",
					  json_string_lossy(refusals[i].operation));
		if (refusals[i].path)
			json_output_set_name(json, "path", refusals[i].path);
		if (refusals[i].to)
			json_output_set_name(json, "to", refusals[i].to);
		(void)json_object_set_new(json, "error",
					  json_string(errno_name(refusals[i].error, name)));
		if (process)
			set_writer(json, process->exe, process->command, process->pid);
		else
			set_writer(json, NULL, NULL, 0);
		(void)json_array_append_new(list, json);
	}
	return list;
}

json_t *counts_to_json(const struct review *review)
{
	static const enum review_group groups[] = { REVIEW_WILL_COMMIT, REVIEW_NEEDS_APPROVAL,
						    REVIEW_CONFLICT, REVIEW_HELD,
						    REVIEW_NEVER_LEAVES };
	json_t *json = json_object();

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		(void)json_object_set_new(
			json, review_group_name(groups[i]),
			json_integer((json_int_t)review_count_group(review, groups[i])));
	return json;
}

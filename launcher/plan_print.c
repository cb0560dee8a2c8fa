/* SPDX-License-Identifier: MIT */
/* --print-plan. */
#include <errno.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/json.h"
#include "launcher/plan.h"

static const char *const kind_names[] = {
	[PLAN_BIND] = "bind",   [PLAN_DEVPTS] = "devpts", [PLAN_DIR] = "directory",
	[PLAN_FILE] = "file",   [PLAN_LINK] = "symlink",  [PLAN_PROC] = "proc",
	[PLAN_TMPFS] = "tmpfs", [PLAN_VIEW] = "view",
};

/* Shown by name only. */
static const char *const secret_words[] = { "AUTH",  "CREDENTIAL", "HEADER", "KEY",  "PASS",
					    "PROXY", "SECRET",     "TOKEN",  "proxy" };

static json_t *entry_to_json(const struct plan_entry *entry)
{
	json_t *json = json_object();

	(void)json_object_set_new(json, "kind", json_string(kind_names[entry->kind]));
	(void)json_object_set_new(json, "target", json_string_lossy(entry->target));
	if (entry->source)
		(void)json_object_set_new(json, entry->kind == PLAN_FILE ? "content" : "source",
					  json_string_lossy(entry->source));
	if (entry->kind == PLAN_TMPFS)
		(void)json_object_set_new(json, "size", json_integer((json_int_t)entry->size));
	if (entry->kind != PLAN_DIR && entry->kind != PLAN_LINK && entry->kind != PLAN_FILE) {
		(void)json_object_set_new(json, "writable",
					  json_boolean(entry->flags & PLAN_WRITABLE));
		(void)json_object_set_new(json, "exec", json_boolean(entry->flags & PLAN_EXEC));
	}
	if (entry->why)
		(void)json_object_set_new(json, "why", json_string(entry->why));
	if (entry->flags & PLAN_OPTIONAL)
		(void)json_object_set_new(json, "optional", json_true());
	return json;
}

static json_t *variable_to_json(const char *entry)
{
	size_t len = strcspn(entry, "=");

	for (size_t i = 0; i < sizeof(secret_words) / sizeof(secret_words[0]); i++) {
		const char *found = strstr(entry, secret_words[i]);

		if (found && found < entry + len)
			return json_sprintf("%.*s=(not shown)", (int)len, entry);
	}
	return json_string_lossy(entry);
}

static json_t *strings_to_json(const struct string_list *list, json_t *(*convert)(const char *))
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->count; i++)
		(void)json_array_append_new(array, convert(list->items[i]));
	return array;
}

static json_t *limit_to_json(uint64_t value)
{
	return value ? json_integer((json_int_t)value) : json_null();
}

/* Units as in limits.h. */
static json_t *limits_to_json(const struct limits *limits)
{
	json_t *json = json_object();

	(void)json_object_set_new(json, "memory", limit_to_json(limits->memory));
	(void)json_object_set_new(json, "cpus_milli", limit_to_json(limits->cpus_milli));
	(void)json_object_set_new(json, "pids",
				  limit_to_json(limits->pids ? limits->pids : LIMITS_PIDS_DEFAULT));
	(void)json_object_set_new(json, "shm",
				  limit_to_json(limits->shm ? limits->shm : LIMITS_SHM_DEFAULT));
	return json;
}

int plan_print(const struct plan *plan, FILE *stream)
{
	cleanup_json json_t *root = json_object();
	json_t *mounts = json_array();
	json_t *keeper = json_array();

	for (size_t i = 0; i < plan->count; i++)
		(void)json_array_append_new(plan->entries[i].flags & PLAN_KEEPER ? keeper : mounts,
					    entry_to_json(&plan->entries[i]));
	(void)json_object_set_new(root, "runtime", json_string(plan->runtime));
	(void)json_object_set_new(root, "network", json_string(network_mode_name(plan->network)));
	(void)json_object_set_new(root, "uid", json_integer(plan->uid));
	(void)json_object_set_new(root, "gid", json_integer(plan->gid));
	(void)json_object_set_new(root, "capabilities", json_array());
	(void)json_object_set_new(root, "limits", limits_to_json(&plan->limits));
	(void)json_object_set_new(root, "project", json_string_lossy(plan->project));
	(void)json_object_set_new(root, "home", json_string_lossy(plan->home));
	(void)json_object_set_new(root, "mounts", mounts);
	if (plan->is_container) {
		(void)json_object_set_new(root, "keeper_mounts", json_incref(keeper));
		(void)json_object_set_new(root, "image", json_string_lossy(plan->image));
		(void)json_object_set_new(root, "seccomp", json_string_lossy(plan->seccomp));
	}
	json_decref(keeper);
	(void)json_object_set_new(root, "env", strings_to_json(&plan->env, variable_to_json));
	(void)json_object_set_new(root, "command", strings_to_json(&plan->argv, json_string_lossy));
	if (json_dumpf(root, stream, JSON_INDENT(2)) < 0 || fputc('\n', stream) == EOF ||
	    fflush(stream) != 0)
		return -EIO;
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* The document of --print-plan --json. */
#include <errno.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/policy/egress_list.h"
#include "launcher/credentials.h"
#include "launcher/egress.h"
#include "launcher/engine.h"
#include "launcher/plan_report.h"
#include "launcher/rules_in_force.h"
#include "launcher/settings.h"

#define DOCUMENT_VERSION 1

static const char *const kind_names[] = {
	[PLAN_BIND] = "bind",   [PLAN_DEVPTS] = "devpts", [PLAN_DIR] = "directory",
	[PLAN_FILE] = "file",   [PLAN_LINK] = "symlink",  [PLAN_PROC] = "proc",
	[PLAN_TMPFS] = "tmpfs", [PLAN_VIEW] = "view",
};

static json_t *text_or_null(const char *text)
{
	return text ? json_string_lossy(text) : json_null();
}

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

static json_t *entries_to_json(const struct plan *plan, unsigned int keeper)
{
	json_t *array = json_array();

	for (size_t i = 0; i < plan->count; i++) {
		if ((plan->entries[i].flags & PLAN_KEEPER) == keeper)
			(void)json_array_append_new(array, entry_to_json(&plan->entries[i]));
	}
	return array;
}

/* Names alone: what a variable holds may be a secret, whatever it is called. */
static json_t *variable_to_json(const char *entry)
{
	cleanup_free char *name = strndup(entry, strcspn(entry, "="));

	return name ? json_string_lossy(name) : NULL;
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

/* Nobody is asked for a registry: what is not noted of npm's and pip's makes the list partial. */
static int egress_to_json(const struct options *options, const struct host_places *places,
			  json_t *document)
{
	const struct egress_wish wish = { options->egress, options->narrowed_egress,
					  options->project_file };
	cleanup_egress_list struct egress_list *parsed = NULL;
	cleanup_text struct text list = { 0 };
	cleanup_free char *name = egress_list_name(places, options->egress);
	struct egress_problem problem = { 0 };
	json_t *json;
	int r;

	if (options->network != NETWORK_GATEWAY) {
		(void)json_object_set_new(document, "egress", json_null());
		return 0;
	}
	r = egress_load(places, &wish, EGRESS_QUICK, &list);
	if (r != 0 && r != EGRESS_PARTIAL)
		return r;
	if (egress_list_parse(list.data ? list.data : "", list.len, &parsed, &problem) < 0)
		return EXIT_RUN_FAILED;
	json = json_object();
	(void)json_object_set_new(json, "list", text_or_null(name));
	(void)json_object_set_new(json, "names",
				  json_integer((json_int_t)egress_list_count(parsed)));
	(void)json_object_set_new(json, "partial", json_boolean(r == EGRESS_PARTIAL));
	(void)json_object_set_new(
		json, "narrowed_by",
		text_or_null(options->narrowed_egress ? options->project_file : NULL));
	(void)json_object_set_new(json, "learning", json_boolean(options->is_learning_egress));
	(void)json_object_set_new(document, "egress", json);
	return 0;
}

/* The files in the order in which they win, each with how many of its rules there are. */
static json_t *rule_files_to_json(const struct rules *rules)
{
	json_t *array = json_array();
	json_int_t count = 0;

	for (size_t i = 0; i < rules_count(rules); i++) {
		const char *origin = rules_get(rules, i)->origin;
		const char *next = i + 1 < rules_count(rules) ? rules_get(rules, i + 1)->origin
							      : NULL;

		count++;
		if (next && strcmp(origin, next) == 0)
			continue;
		(void)json_array_append_new(
			array,
			json_pack("{s:o, s:I}", "file", json_string_lossy(origin), "rules", count));
		count = 0;
	}
	return array;
}

static int rules_to_json(const struct options *options, json_t *document)
{
	cleanup_rules struct rules *rules = NULL;
	json_t *json;
	char hex[HASH_HEX_SIZE];
	struct hash hash;
	int r = rules_in_force(options, &rules);

	if (r != 0)
		return r;
	json = json_object();
	hash = rules_hash(rules);
	hash_to_hex(&hash, hex);
	(void)json_object_set_new(json, "hash", json_string(hex));
	(void)json_object_set_new(json, "files", rule_files_to_json(rules));
	(void)json_object_set_new(json, "never", setting_value(options, "never"));
	(void)json_object_set_new(document, "rules", json);
	return 0;
}

static json_t *credentials_to_json(const struct options *options, const struct host_places *places)
{
	const char *source = NULL;
	const char *state = credentials_look(options, places, &source);

	return json_pack("{s:s, s:s?, s:s, s:b}", "mode",
			 credentials_mode_name(options->credentials), "source", source, "state",
			 state, "refresh", options->is_refresh ? 1 : 0);
}

static json_t *engine_to_json(const struct plan *plan)
{
	cleanup_engine struct engine engine = { 0 };

	if (!plan->is_container)
		return json_null();
	return engine_find(plan->runtime, &engine) == 0 ? json_string_lossy(engine.program)
							: json_null();
}

static json_t *path_to_json(const char *directory, const char *name)
{
	cleanup_free char *path = NULL;

	if (asprintf(&path, "%s/%s", directory, name) < 0) {
		path = NULL;
		return NULL;
	}
	return json_string_lossy(path);
}

static int settings_add(const struct options *options, const struct host_places *places,
			json_t *document)
{
	cleanup_free char *user_config = NULL;

	if (asprintf(&user_config, "%s/config.json", places->config_dir) < 0) {
		user_config = NULL;
		return EXIT_RUN_FAILED;
	}
	(void)json_object_set_new(document, "settings", settings_to_json(options, user_config));
	return 0;
}

int plan_to_json(const struct plan *plan, const struct options *options,
		 const struct host_places *places, json_t **ret)
{
	cleanup_json json_t *root = json_object();
	int r;

	(void)json_object_set_new(root, "version", json_integer(DOCUMENT_VERSION));
	(void)json_object_set_new(root, "runtime", json_string(plan->runtime));
	(void)json_object_set_new(root, "engine", engine_to_json(plan));
	(void)json_object_set_new(root, "image", text_or_null(plan->image));
	(void)json_object_set_new(root, "project", json_string_lossy(plan->project));
	(void)json_object_set_new(root, "home", json_string_lossy(plan->home));
	(void)json_object_set_new(root, "view", text_or_null(plan->view));
	(void)json_object_set_new(root, "host_state", json_string_lossy(places->claude_dir));
	(void)json_object_set_new(root, "sessions", path_to_json(places->state_dir, "sessions"));
	(void)json_object_set_new(root, "uid", json_integer(plan->uid));
	(void)json_object_set_new(root, "gid", json_integer(plan->gid));
	(void)json_object_set_new(root, "capabilities", json_array());
	(void)json_object_set_new(
		root, "seccomp",
		json_string_lossy(plan->seccomp ? plan->seccomp : "claudefs-init"));
	(void)json_object_set_new(root, "network", json_string(network_mode_name(plan->network)));
	r = egress_to_json(options, places, root);
	if (r != 0)
		return r;
	(void)json_object_set_new(root, "credentials", credentials_to_json(options, places));
	(void)json_object_set_new(root, "commit", json_string(commit_mode_name(options->commit)));
	r = rules_to_json(options, root);
	if (r != 0)
		return r;
	(void)json_object_set_new(root, "limits", limits_to_json(&plan->limits));
	(void)json_object_set_new(root, "mounts", entries_to_json(plan, 0));
	(void)json_object_set_new(root, "keeper_mounts",
				  plan->is_container ? entries_to_json(plan, PLAN_KEEPER)
						     : json_null());
	(void)json_object_set_new(root, "env", strings_to_json(&plan->env, variable_to_json));
	(void)json_object_set_new(root, "command", strings_to_json(&plan->argv, json_string_lossy));
	r = settings_add(options, places, root);
	if (r == 0)
		*ret = json_incref(root);
	return r;
}

int plan_print(const struct plan *plan, const struct options *options,
	       const struct host_places *places, FILE *stream)
{
	cleanup_json json_t *document = NULL;
	int r = plan_to_json(plan, options, places, &document);

	if (r != 0)
		return r;
	if (!options->is_json)
		r = plan_print_text(document, stream);
	else if (json_dumpf(document, stream, JSON_INDENT(2) | JSON_ENSURE_ASCII) < 0 ||
		 fputc('\n', stream) == EOF || fflush(stream) != 0)
		r = -EIO;
	return r < 0 ? EXIT_FAULT : EXIT_OK;
}

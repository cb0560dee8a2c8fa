/* SPDX-License-Identifier: MIT */
/* Configuration by key: settings, .claude.json, MCP servers, plugin manifests, key bindings. Looks
 * for keys at any depth, since projects, plugins and marketplaces nest them. Values that may be
 * secrets are compared and never shown. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fold.h"
#include "fs/base/json.h"
#include "fs/base/text.h"
#include "fs/review/hazard_facts.h"

/* One step down: where we are, for the person, and what we collect. */
struct place {
	const struct place *above;
	const char *key; /* NULL: the top */
};

static void append_place(struct text *text, const struct place *place)
{
	if (!place || !place->key)
		return;
	append_place(text, place->above);
	text_appendf(text, "%s%s", text->len > 0 ? "." : "", place->key);
}

/* "a.b.c" (ret_). NULL: out of memory. */
static char *place_name(const struct place *place, struct hazard_facts *facts)
{
	cleanup_text struct text text = { 0 };
	char *name;

	append_place(&text, place);
	name = text_steal(&text);
	if (!name)
		facts->is_failed = true;
	return name;
}

/* Keys and values compare by what was written, the shown text is cut. */
static void add_value(struct hazard_facts *facts, enum hazard_kind kind, const struct place *place,
		      const char *verb, const char *value)
{
	cleanup_free char *name = place_name(place, facts);
	cleanup_text struct text key = { 0 };

	text_appendf(&key, "%s\x01%s", name ? name : "", value);
	if (name && key.data)
		hazard_facts_add_key(facts, kind, key.data, "%s %s \"%.*s\"", name, verb,
				     (int)HAZARD_QUOTED_MAX, value);
	facts->is_failed |= key.is_failed;
}

static void add_secret(struct hazard_facts *facts, enum hazard_kind kind, const struct place *place,
		       const json_t *value, const char *what)
{
	cleanup_free char *name = place_name(place, facts);
	cleanup_free char *dumped =
		json_dump_whole(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
	cleanup_text struct text key = { 0 };

	if (!name || !dumped) {
		facts->is_failed = true;
		return;
	}
	text_appendf(&key, "%s\x01%s", name, dumped);
	if (key.data)
		hazard_facts_add_key(facts, kind, key.data, "%s %s", name, what);
	facts->is_failed |= key.is_failed;
}

typedef void leaf_fn(struct hazard_facts *facts, const struct place *place, const char *value);

/* Calls each for every string (and true, as "true") at or below value. */
static void each_leaf(struct hazard_facts *facts, const struct place *place, json_t *value,
		      leaf_fn *each)
{
	const char *key;
	json_t *item;
	size_t i;

	if (json_is_string(value)) {
		each(facts, place, json_string_value(value));
	} else if (json_is_true(value)) {
		each(facts, place, "true");
	} else if (json_is_array(value)) {
		json_array_foreach (value, i, item)
			each_leaf(facts, place, item, each);
	} else if (json_is_object(value)) {
		json_object_foreach (value, key, item) {
			struct place below = { place, key };

			each_leaf(facts, &below, item, each);
		}
	}
}

static void add_hook(struct hazard_facts *facts, const struct place *place, const char *value)
{
	static const char *const quiet[] = { "type",    "timeout", "statusMessage", "description",
					     "matcher", "once",    "async" };

	for (size_t i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++) {
		if (place->key && strcmp(place->key, quiet[i]) == 0)
			return;
	}
	add_value(facts, HAZARD_HOOK, place, "runs", value);
}

static void add_sandbox(struct hazard_facts *facts, const struct place *place, const char *value)
{
	if (place->key && strcmp(place->key, "enabled") == 0)
		hazard_facts_add_guard(facts, "sandbox.enabled is taken away");
	else
		add_value(facts, HAZARD_PERMISSION, place, "gains", value);
}

static void add_plugin(struct hazard_facts *facts, const struct place *place, const char *value)
{
	add_value(facts, HAZARD_PLUGIN, place, "is", value);
}

static void find_hooks(struct hazard_facts *facts, const struct place *place, json_t *value)
{
	const char *key;
	json_t *item;
	size_t i;

	/* A hook that runs on more is another hook: its matcher belongs to what it is. */
	if (json_is_object(value)) {
		const char *matcher = json_get_string(value, "matcher", "");
		struct place narrowed = { place, matcher };
		const struct place *here = *matcher ? &narrowed : place;

		json_object_foreach (value, key, item) {
			struct place below = { here, key };

			find_hooks(facts, &below, item);
		}
	} else if (json_is_array(value)) {
		json_array_foreach (value, i, item)
			find_hooks(facts, place, item);
	} else {
		each_leaf(facts, place, value, add_hook);
	}
}

/* A command with its arguments as one line: new arguments make it another command. */
static void add_server_command(struct hazard_facts *facts, const struct place *place,
			       json_t *server, const char *command)
{
	cleanup_text struct text line = { 0 };
	json_t *args = json_object_get(server, "args");
	json_t *item;
	size_t i;

	text_append(&line, command);
	json_array_foreach (args, i, item)
		text_appendf(&line, " %s", json_is_string(item) ? json_string_value(item) : "?");
	if (line.data)
		add_value(facts, HAZARD_MCP, place, "runs", line.data);
	facts->is_failed |= line.is_failed;
}

static void find_server(struct hazard_facts *facts, const struct place *place, json_t *server)
{
	const char *key;
	json_t *item;

	if (json_is_string(server)) { /* a file with servers, in a plugin manifest */
		add_value(facts, HAZARD_MCP, place, "is", json_string_value(server));
		return;
	}
	json_object_foreach (server, key, item) {
		struct place below = { place, key };

		if (strcmp(key, "command") == 0 && json_is_string(item))
			add_server_command(facts, place, server, json_string_value(item));
		else if (strcmp(key, "url") == 0 && json_is_string(item))
			add_value(facts, HAZARD_MCP, place, "connects to", json_string_value(item));
		else if (strcmp(key, "headersHelper") == 0 && json_is_string(item))
			add_value(facts, HAZARD_MCP, &below, "runs", json_string_value(item));
		else if (strcmp(key, "env") == 0 || strcmp(key, "headers") == 0)
			add_secret(facts, HAZARD_MCP, &below, item, "is changed");
	}
}

static void find_servers(struct hazard_facts *facts, const struct place *place, json_t *value)
{
	const char *key;
	json_t *item;
	size_t i;

	if (json_is_string(value))
		find_server(facts, place, value);
	json_array_foreach (value, i, item)
		find_servers(facts, place, item);
	json_object_foreach (value, key, item) {
		struct place below = { place, key };

		find_server(facts, &below, item);
	}
}

/* How much a mode allows by itself. dontAsk refuses what it would ask for. */
static unsigned int mode_rank(const char *mode)
{
	static const struct {
		const char *name;
		unsigned int rank;
	} modes[] = { { "plan", 0 },    { "default", 1 },          { "manual", 1 },
		      { "dontAsk", 1 }, { "delegate", 1 },         { "acceptEdits", 2 },
		      { "auto", 3 },    { "bypassPermissions", 4 } };

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(modes[i].name, mode) == 0)
			return modes[i].rank;
	}
	return 5; /* a word that we do not know may allow anything */
}

/* One fact for each rank up to its own: a mode is a hazard if the old one was below it. */
static void find_mode(struct hazard_facts *facts, const struct place *place, json_t *value)
{
	const char *mode = json_is_string(value) ? json_string_value(value) : "?";
	cleanup_free char *name = place_name(place, facts);
	unsigned int rank = mode_rank(mode);

	for (unsigned int i = 2; name && i <= rank; i++) {
		cleanup_text struct text key = { 0 };

		text_appendf(&key, "%s\x01%u", name, i);
		if (!key.data)
			facts->is_failed = true;
		else if (i < rank)
			hazard_facts_add_key(facts, HAZARD_PERMISSION, key.data, NULL);
		else
			hazard_facts_add_key(facts, HAZARD_PERMISSION, key.data,
					     "%s becomes \"%.*s\"", name, 40, mode);
	}
}

static void find_permissions(struct hazard_facts *facts, const struct place *place, json_t *value)
{
	const char *key;
	json_t *item;

	json_object_foreach (value, key, item) {
		struct place below = { place, key };
		cleanup_free char *name = place_name(&below, facts);
		json_t *element;
		size_t i;

		if (!name)
			return;
		if (strcmp(key, "defaultMode") == 0) {
			find_mode(facts, &below, item);
		} else if (strcmp(key, "deny") == 0 || strcmp(key, "ask") == 0) {
			json_array_foreach (item, i, element)
				if (json_is_string(element))
					hazard_facts_add_guard(facts, "%s loses \"%.*s\"", name,
							       (int)HAZARD_QUOTED_MAX,
							       json_string_value(element));
		} else if (strncmp(key, "disable", 7) == 0) {
			hazard_facts_add_guard(facts, "%s is taken away", name);
		} else {
			json_array_foreach (item, i, element)
				if (json_is_string(element))
					add_value(facts, HAZARD_PERMISSION, &below, "gains",
						  json_string_value(element));
		}
	}
}

static void find_env(struct hazard_facts *facts, const struct place *place, json_t *value)
{
	const char *key;
	json_t *item;

	json_object_foreach (value, key, item) {
		struct place below = { place, key };

		add_secret(facts, HAZARD_ENV, &below, item, "is set");
	}
}

static void find_tools(struct hazard_facts *facts, const struct place *place, json_t *value)
{
	json_t *item;
	size_t i;

	json_array_foreach (value, i, item)
		if (json_is_string(item))
			add_value(facts, HAZARD_PERMISSION, place, "gains",
				  json_string_value(item));
}

/* Answers that only the person may give. A list grows by an element, a switch goes on. */
static void find_trust(struct hazard_facts *facts, const struct place *place, json_t *value)
{
	json_t *item;
	size_t i;

	if (json_is_true(value))
		add_value(facts, HAZARD_TRUST, place, "becomes", "true");
	json_array_foreach (value, i, item)
		add_secret(facts, HAZARD_TRUST, place, item, "gains an entry");
}

static void find_key_responses(struct hazard_facts *facts, const struct place *place, json_t *value)
{
	struct place below = { place, "approved" };

	find_trust(facts, &below, json_object_get(value, "approved"));
}

static void find_sandbox(struct hazard_facts *facts, const struct place *place, json_t *value)
{
	each_leaf(facts, place, value, add_sandbox);
}

static void find_plugins(struct hazard_facts *facts, const struct place *place, json_t *value)
{
	each_leaf(facts, place, value, add_plugin);
}

static void find_guard(struct hazard_facts *facts, const struct place *place, json_t *value)
{
	cleanup_free char *name = place_name(place, facts);

	if (name && json_is_true(value))
		hazard_facts_add_guard(facts, "%s is taken away", name);
}

/* In alphabetical order. */
static const struct {
	const char *key;
	void (*find)(struct hazard_facts *facts, const struct place *place, json_t *value);
} keys[] = {
	{ "agents", find_plugins },
	{ "allowedTools", find_tools },
	{ "bypassPermissionsModeAccepted", find_trust },
	{ "commands", find_plugins },
	{ "customApiKeyResponses", find_key_responses },
	{ "disableAllHooks", find_guard },
	{ "enableAllProjectMcpServers", find_trust },
	{ "enabledMcpjsonServers", find_trust },
	{ "enabledPlugins", find_plugins },
	{ "env", find_env },
	{ "extraKnownMarketplaces", find_plugins },
	{ "hasClaudeMdExternalIncludesApproved", find_trust },
	{ "hasTrustDialogAccepted", find_trust },
	{ "hasTrustDialogHooksAccepted", find_trust },
	{ "hooks", find_hooks },
	{ "lspServers", find_servers },
	{ "mcpServers", find_servers },
	{ "outputStyles", find_plugins },
	{ "permissions", find_permissions },
	{ "sandbox", find_sandbox },
	{ "skills", find_plugins },
	{ "skipDangerousModePermissionPrompt", find_trust },
};

/* apiKeyHelper, statusLine.command, awsAuthRefresh, ...: keys that name a program, also those that
 * do not exist yet. */
static bool names_program(const char *key)
{
	static const char *const ends[] = { "command", "helper", "refresh",
					    "export",  "script", "wrapper" };
	cleanup_free char *folded = NULL;
	size_t len;

	if (fold_name(key, &folded) < 0)
		return true;
	len = strlen(folded);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t end_len = strlen(ends[i]);

		if (len >= end_len && strcmp(folded + len - end_len, ends[i]) == 0)
			return true;
	}
	return false;
}

static void descend(struct hazard_facts *facts, const struct place *place, json_t *value)
{
	const char *key;
	json_t *item;
	size_t i;

	json_array_foreach (value, i, item)
		descend(facts, place, item);
	json_object_foreach (value, key, item) {
		struct place below = { place, key };
		size_t k = 0;

		while (k < sizeof(keys) / sizeof(keys[0]) && strcmp(keys[k].key, key) != 0)
			k++;
		if (k < sizeof(keys) / sizeof(keys[0]))
			keys[k].find(facts, &below, item);
		else if (json_is_string(item) && names_program(key))
			add_value(facts, HAZARD_COMMAND, &below, "runs", json_string_value(item));
		else
			descend(facts, &below, item);
	}
}

static void add_binding(struct hazard_facts *facts, const struct place *place, const char *value)
{
	if (strncmp(value, "command:", 8) == 0)
		add_value(facts, HAZARD_COMMAND, place, "runs", value);
}

void hazard_find_config(const char *data, size_t len, enum hazard_place place,
			struct hazard_facts *facts)
{
	cleanup_json json_t *json = NULL;
	struct json_problem problem = { 0 };
	const struct place top = { NULL, NULL };
	int r;

	if (len == 0)
		return;
	r = json_load_strict(data, len, &json, &problem);
	if (r == -ENOMEM)
		facts->is_failed = true;
	/* Claude may read what we do not: as a whole it is unknown. */
	else if (r < 0)
		hazard_facts_add(facts, HAZARD_UNSEEN,
				 "no strict JSON (line %u: %s): what it would run cannot be told",
				 problem.line, problem.reason);
	else if (place == PLACE_KEYBINDINGS)
		each_leaf(facts, &top, json, add_binding);
	else
		descend(facts, &top, json);
}

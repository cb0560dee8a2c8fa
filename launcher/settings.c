/* SPDX-License-Identifier: MIT */
#include "launcher/settings.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/terminal.h"
#include "fs/base/text.h"
#include "launcher/option_table.h"

enum setting_kind {
	SETTING_CPUS,
	SETTING_ENV,
	SETTING_FLAG,
	SETTING_LINES, /* char *, one item a line */
	SETTING_MODE,  /* a word of an enumeration */
	SETTING_PIDS,
	SETTING_SIZE,
	SETTING_TEXT, /* char * */
};

struct setting {
	const char *key;
	enum setting_kind kind;
	size_t offset;
	const char *(*word)(const struct options *options); /* SETTING_MODE */
	const char *unset; /* what holds where it is NULL or 0, for people */
};

static const char *commit_word(const struct options *options)
{
	return commit_mode_name(options->commit);
}

static const char *credentials_word(const struct options *options)
{
	return credentials_mode_name(options->credentials);
}

static const char *network_word(const struct options *options)
{
	return network_mode_name(options->network);
}

static const char *runtime_word(const struct options *options)
{
	return runtime_choice_name(options->runtime);
}

#define AT(field) offsetof(struct options, field)

/* Alphabetical. "never" is the project's alone; "egress" the person's list, or what the project
 * left of it. */
static const struct setting settings[] = {
	{ "allow-git-push", SETTING_FLAG, AT(is_push_allowed), NULL, NULL },
	{ "claude", SETTING_TEXT, AT(claude), NULL, "that of PATH" },
	{ "claude-version", SETTING_TEXT, AT(claude_version), NULL, "that of the host" },
	{ "commit", SETTING_MODE, 0, commit_word, NULL },
	{ "cpus", SETTING_CPUS, AT(limits.cpus_milli), NULL, "all" },
	{ "credentials", SETTING_MODE, 0, credentials_word, NULL },
	{ "credentials-refresh", SETTING_FLAG, AT(is_refresh), NULL, NULL },
	{ "disallow-broad-gh-token", SETTING_FLAG, AT(is_broad_token_refused), NULL, NULL },
	{ "egress", SETTING_LINES, AT(narrowed_egress), NULL, "your list" },
	{ "env", SETTING_ENV, AT(env), NULL, "none" },
	{ "image", SETTING_TEXT, AT(image), NULL, "claudefs's own" },
	{ "image-root", SETTING_TEXT, AT(image_root), NULL, "Debian" },
	{ "isolate-claude-data", SETTING_FLAG, AT(is_isolated), NULL, NULL },
	{ "learn-egress", SETTING_FLAG, AT(is_learning_egress), NULL, NULL },
	{ "memory", SETTING_SIZE, AT(limits.memory), NULL, "no limit" },
	{ "network", SETTING_MODE, 0, network_word, NULL },
	{ "never", SETTING_LINES, AT(never), NULL, "none" },
	{ "no-gvisor", SETTING_FLAG, AT(without_gvisor), NULL, NULL },
	{ "pids-limit", SETTING_PIDS, AT(limits.pids), NULL, "4096" },
	{ "rules", SETTING_TEXT, AT(rules), NULL, "none" },
	{ "runtime", SETTING_MODE, 0, runtime_word, NULL },
	{ "shm-size", SETTING_SIZE, AT(limits.shm), NULL, "256 MiB" },
};
#define SETTING_COUNT (sizeof(settings) / sizeof(settings[0]))

static uint64_t number_of(const struct setting *setting, const void *field)
{
	uint64_t u64 = 0;
	uint32_t u32 = 0;

	if (setting->kind == SETTING_SIZE) {
		memcpy(&u64, field, sizeof(u64));
		return u64;
	}
	memcpy(&u32, field, sizeof(u32));
	return u32;
}

static json_t *lines_to_json(const char *lines)
{
	json_t *array = json_array();

	while (lines && *lines) {
		size_t len = strcspn(lines, "\n");
		cleanup_free char *line = strndup(lines, len);

		if (len > 0)
			(void)json_array_append_new(array, json_string_lossy(line ? line : ""));
		lines += len + (lines[len] == '\n');
	}
	return array;
}

static json_t *env_to_json(const struct string_list *env)
{
	json_t *array = json_array();

	for (size_t i = 0; i < env->count; i++)
		(void)json_array_append_new(
			array, json_stringn(env->items[i], strcspn(env->items[i], "=")));
	return array;
}

/* Sizes in bytes, processors in thousandths as text ("1.500"), null where nothing was asked for. */
static json_t *value_to_json(const struct options *options, const struct setting *setting)
{
	const void *field = (const char *)options + setting->offset;
	const char *text = NULL;
	uint64_t number;

	switch (setting->kind) {
	case SETTING_MODE: return json_string(setting->word(options));
	case SETTING_FLAG: return json_boolean(*(const bool *)field);
	case SETTING_ENV: return env_to_json(field);
	case SETTING_LINES:
		text = *(const char *const *)field;
		/* What the person's list is called, if the project has left it alone. */
		if (!text && strcmp(setting->key, "egress") == 0)
			return options->egress ? json_string_lossy(options->egress) : json_null();
		return lines_to_json(text);
	case SETTING_TEXT:
		text = *(const char *const *)field;
		return text ? json_string_lossy(text) : json_null();
	case SETTING_CPUS:
		number = number_of(setting, field);
		return number ? json_sprintf("%" PRIu64 ".%03" PRIu64, number / 1000, number % 1000)
			      : json_null();
	case SETTING_PIDS:
	case SETTING_SIZE:
		number = number_of(setting, field);
		return number ? json_integer((json_int_t)number) : json_null();
	}
	return json_null();
}

static const char *source_text(const struct options *options, const char *key,
			       const char *user_config)
{
	switch (option_source(options, key)) {
	case SETTING_DEFAULT: break;
	case SETTING_LINE: return "command line";
	case SETTING_FILE: return options->config ? options->config : "--config";
	case SETTING_USER: return user_config;
	case SETTING_PROJECT: return options->project_file;
	}
	/* No option of the line. */
	if (strcmp(key, "never") == 0 && options->never)
		return options->project_file;
	return "default";
}

json_t *settings_to_json(const struct options *options, const char *user_config)
{
	json_t *json = json_object();

	for (size_t i = 0; i < SETTING_COUNT; i++) {
		const char *source = source_text(options, settings[i].key, user_config);
		json_t *entry = json_object();

		(void)json_object_set_new(entry, "value", value_to_json(options, &settings[i]));
		(void)json_object_set_new(entry, "source",
					  json_string_lossy(source ? source : "default"));
		(void)json_object_set_new(json, settings[i].key, entry);
	}
	return json;
}

#define SHOWN_MAX 4u /* items of a list, in a text */

static void append_array(struct text *text, const json_t *array)
{
	size_t count = json_array_size(array);

	if (count == 0)
		text_append(text, "none");
	for (size_t i = 0; i < count && i < SHOWN_MAX; i++)
		text_appendf(text, "%s%s", i ? " " : "",
			     json_string_value(json_array_get(array, i)));
	if (count > SHOWN_MAX)
		text_appendf(text, " and %zu more", count - SHOWN_MAX);
}

static const struct setting *find_setting(const char *key)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		if (strcmp(settings[i].key, key) == 0)
			return &settings[i];
	}
	return NULL;
}

json_t *setting_value(const struct options *options, const char *key)
{
	const struct setting *setting = find_setting(key);

	return setting ? value_to_json(options, setting) : NULL;
}

char *setting_text(const struct options *options, const char *key)
{
	const struct setting *setting = find_setting(key);
	cleanup_json json_t *value = setting ? value_to_json(options, setting) : NULL;
	cleanup_text struct text text = { 0 };

	if (!value)
		return NULL;
	if (json_is_boolean(value))
		text_append(&text, json_is_true(value) ? "on" : "off");
	else if (json_is_array(value))
		append_array(&text, value);
	else if (json_is_string(value))
		text_append(&text, json_string_value(value));
	else if (json_is_integer(value) && setting->kind == SETTING_SIZE)
		terminal_append_size(&text, (uint64_t)json_integer_value(value));
	else if (json_is_integer(value))
		text_appendf(&text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else
		text_append(&text, setting->unset ? setting->unset : "");
	return text_steal(&text);
}

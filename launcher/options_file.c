/* SPDX-License-Identifier: MIT */
/* Options from the person's configuration files: config.json and --config FILE. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/json.h"
#include "fs/base/message.h"
#include "launcher/option_table.h"
#include "launcher/own_file.h"

#define NUMBER_SIZE 32u

/* The value as it would stand on the command line: *ret is borrowed from value, buf or *ret_owned.
 * Returns 0, -EINVAL (no value of such an option) or -ENOMEM. */
static int to_word(size_t option, const json_t *value, char buf[NUMBER_SIZE], char **ret_owned,
		   const char **ret)
{
	const char *home = getenv("HOME");

	*ret = json_string_value(value);
	if (json_is_integer(value)) {
		(void)snprintf(buf, NUMBER_SIZE, "%" JSON_INTEGER_FORMAT,
			       json_integer_value(value));
		*ret = buf;
	} else if (json_is_real(value)) {
		(void)snprintf(buf, NUMBER_SIZE, "%.3f", json_real_value(value));
		*ret = buf;
	}
	if (!*ret)
		return -EINVAL;
	if (!option_is_path(option) || (*ret)[0] == '/')
		return 0;
	if (strncmp(*ret, "~/", 2) != 0 || !home || home[0] != '/')
		return -EINVAL;
	if (asprintf(ret_owned, "%s%s", home, *ret + 1) < 0) {
		*ret_owned = NULL;
		return -ENOMEM;
	}
	*ret = *ret_owned;
	return 0;
}

/* Is the variable of this word already said, by something that wins? */
static bool has_variable(const struct options *options, const char *word, size_t count)
{
	size_t len = strcspn(word, "=");

	for (size_t i = 0; i < count; i++) {
		const char *item = options->env.items[i];

		if (strcspn(item, "=") == len && strncmp(item, word, len) == 0)
			return true;
	}
	return false;
}

static int apply_list(struct options *options, size_t option, const json_t *value,
		      enum setting_source source)
{
	size_t before = options->env.count;
	size_t index;
	const json_t *item;
	int r = 0;

	json_array_foreach (value, index, item) {
		const char *word = json_string_value(item);

		if (!word)
			return -EINVAL;
		if (has_variable(options, word, before))
			continue;
		r = option_set(options, option, word, source);
		if (r != 0)
			break;
	}
	return r;
}

/* Returns 0, -EINVAL, -ENOMEM, or an exit code after a line. */
static int apply_value(struct options *options, size_t option, const json_t *value,
		       enum setting_source source)
{
	cleanup_free char *owned = NULL;
	char buf[NUMBER_SIZE];
	const char *word;
	int r;

	if (option_is_list(option) && json_is_array(value))
		return apply_list(options, option, value, source);
	if (!option_argument(option)) {
		if (!json_is_boolean(value))
			return -EINVAL;
		if (json_is_true(value))
			return option_set(options, option, NULL, source);
		/* Said, and so decided against what wins less. */
		if (option_source(options, option_name(option)) == SETTING_DEFAULT)
			option_mark(options, option_name(option), source);
		return 0;
	}
	r = to_word(option, value, buf, &owned, &word);
	return r < 0 ? r : option_set(options, option, word, source);
}

static int apply_key(struct options *options, const char *path, const char *key,
		     const json_t *value, enum setting_source source)
{
	int option = option_find(key);
	int r;

	if (option < 0) {
		message_error("%s: \"%s\": unknown option; remove it (see claudefs-run --help)",
			      path, key);
		return EXIT_USAGE;
	}
	if (!option_may_configure((size_t)option)) {
		message_error("%s: \"%s\": only for the command line; remove it", path, key);
		return EXIT_USAGE;
	}
	r = apply_value(options, (size_t)option, value, source);
	if (r >= 0)
		return r;
	message_error("%s: \"%s\": %s", path, key,
		      r == -ENOMEM                       ? strerror(ENOMEM)
		      : !option_argument((size_t)option) ? "must be true or false"
		      : option_is_path((size_t)option)
			      ? "must be an absolute path, or begin with ~/"
			      : "must be a string or a number");
	return EXIT_USAGE;
}

static int read_text(struct options *options, const char *path, const char *text, size_t len,
		     enum setting_source source)
{
	cleanup_json json_t *root = NULL;
	struct json_problem problem = { 0 };
	const char *key;
	json_t *value;
	int r = json_load_strict(text, len, &root, &problem);

	if (r < 0 || !json_is_object(root)) {
		message_error("%s:%u: %s", path, problem.line,
			      r < 0 ? problem.reason : "not a JSON object");
		return EXIT_USAGE;
	}
	json_object_foreach (root, key, value) {
		r = apply_key(options, path, key, value, source);
		if (r != 0)
			return r;
	}
	return 0;
}

int options_read_config(struct options *options, const char *path, enum setting_source source)
{
	cleanup_free char *text = NULL;
	size_t len = 0;
	int r = own_file_read(path, OPTIONS_CONFIG_MAX, &text, &len);

	if (r < 0) {
		own_file_say(path, r);
		return EXIT_USAGE;
	}
	return read_text(options, path, text, len, source);
}

int options_read_user_config(struct options *options, const char *config_dir)
{
	cleanup_free char *path = NULL;
	cleanup_free char *text = NULL;
	size_t len = 0;
	int r;

	if (asprintf(&path, "%s/config.json", config_dir) < 0) {
		path = NULL;
		message_error("%s", strerror(ENOMEM));
		return EXIT_RUN_FAILED;
	}
	r = own_file_read(path, OPTIONS_CONFIG_MAX, &text, &len);
	if (r == -ENOENT)
		return 0;
	if (r < 0) {
		own_file_say(path, r);
		return EXIT_USAGE;
	}
	return read_text(options, path, text, len, SETTING_USER);
}

/* SPDX-License-Identifier: MIT */
/* .claudefs.json: every key tightens, in one direction, and nothing else of it has any effect. */
#include "tests/unit/cmocka_setup.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/json.h"
#include "fs/base/message.h"
#include "launcher/option_table.h"
#include "launcher/project_file.h"
#include "launcher/settings.h"
#include "tests/unit/temp_dir.h"

static struct temp_dir dir;

static int setup(void **state)
{
	(void)state;
	return temp_dir_make(&dir);
}

static int teardown(void **state)
{
	(void)state;
	temp_dir_remove(&dir);
	return 0;
}

/* Words separated by blanks, as on the command line. */
static void parse_line(const char *line, struct options *ret)
{
	cleanup_free char *copy = strdup(line);
	char *argv[12] = { (char *)(size_t) "claudefs-run" };
	char *rest = copy;
	int argc = 1;

	assert_non_null(copy);
	for (char *word; argc < 12 && (word = strsep(&rest, " "));) {
		if (*word)
			argv[argc++] = word;
	}
	assert_int_equal(options_parse(argc, argv, ret), 0);
}

static int apply(const char *json, struct options *options)
{
	return project_file_apply_text("/p/.claudefs.json", json, strlen(json), options);
}

/* Key by key: what is in force, the file's value, and what it then is; NULL: refused. */
static const struct row {
	const char *line;
	const char *key;
	const char *value;
	const char *result; /* JSON of setting_value() */
} rows[] = {
	{ "--allow-git-push", "allow-git-push", "false", "false" },
	{ "--allow-git-push", "allow-git-push", "true", "true" },
	{ "", "allow-git-push", "false", "false" },
	{ "", "allow-git-push", "true", NULL },
	{ "", "allow-git-push", "0", NULL },
	{ "", "commit", "\"never\"", "\"never\"" },
	{ "--commit ask", "commit", "\"never\"", "\"never\"" },
	{ "--commit ask", "commit", "\"ask\"", "\"ask\"" },
	{ "--commit ask", "commit", "\"auto\"", NULL },
	{ "", "commit", "\"ask\"", NULL },
	{ "--no-sync-back", "commit", "\"auto\"", NULL },
	{ "", "commit", "\"later\"", NULL },
	{ "", "commit", "true", NULL },
	{ "", "cpus", "1.5", "\"1.500\"" },
	{ "", "cpus", "2", "\"2.000\"" },
	{ "--cpus 2", "cpus", "\"0.5\"", "\"0.500\"" },
	{ "--cpus 2", "cpus", "2", "\"2.000\"" },
	{ "--cpus 2", "cpus", "2.001", NULL },
	{ "--cpus 2", "cpus", "0", NULL },
	{ "--cpus 2", "cpus", "-1", NULL },
	{ "--cpus 2", "cpus", "null", NULL },
	{ "", "credentials", "\"none\"", "\"none\"" },
	{ "--credentials none", "credentials", "\"none\"", "\"none\"" },
	{ "--credentials none", "credentials", "\"auto\"", NULL },
	{ "--credentials file", "credentials", "\"keychain\"", NULL },
	{ "", "credentials", "false", NULL },
	{ "--credentials-refresh", "credentials-refresh", "false", "false" },
	{ "", "credentials-refresh", "false", "false" },
	{ "", "credentials-refresh", "true", NULL },
	{ "", "credentials-refresh", "\"no\"", NULL },
	{ "", "disallow-broad-gh-token", "true", "true" },
	{ "--disallow-broad-gh-token", "disallow-broad-gh-token", "true", "true" },
	{ "", "disallow-broad-gh-token", "false", "false" },
	{ "--disallow-broad-gh-token", "disallow-broad-gh-token", "false", NULL },
	{ "", "disallow-broad-gh-token", "1", NULL },
	{ "", "egress", "[\"a.test\",\"*.b.test\",\"@npm\"]",
	  "[\"a.test\",\"*.b.test\",\"@npm\"]" },
	{ "", "egress", "[]", "[]" },
	{ "", "egress", "[\"a.test private\"]", NULL },
	{ "", "egress", "[\"a.test\\nb.test\"]", NULL },
	{ "", "egress", "[\"a.test#\"]", NULL },
	{ "", "egress", "[\"10.0.0.1\"]", NULL },
	{ "", "egress", "[\"\"]", NULL },
	{ "", "egress", "[1]", NULL },
	{ "", "egress", "\"/etc/passwd\"", NULL },
	{ "--learn-egress", "learn-egress", "false", "false" },
	{ "", "learn-egress", "true", NULL },
	{ "", "memory", "\"2g\"", "2147483648" },
	{ "--memory 4g", "memory", "2147483648", "2147483648" },
	{ "--memory 4g", "memory", "\"4g\"", "4294967296" },
	{ "--memory 4g", "memory", "\"4097m\"", NULL },
	{ "--memory 4g", "memory", "\"1m\"", NULL },
	{ "--memory 4g", "memory", "\"\"", NULL },
	{ "", "network", "\"none\"", "\"none\"" },
	{ "--network host", "network", "\"gateway\"", "\"gateway\"" },
	{ "--network host", "network", "\"none\"", "\"none\"" },
	{ "--network host", "network", "\"host\"", "\"host\"" },
	{ "", "network", "\"host\"", NULL },
	{ "--network none", "network", "\"gateway\"", NULL },
	{ "--network none", "network", "\"host\"", NULL },
	{ "", "network", "\"all\"", NULL },
	{ "", "network", "[\"none\"]", NULL },
	{ "", "never", "[\"plans/**\"]", "[\"plans/**\"]" },
	{ "", "never", "[]", "[]" },
	{ "", "never", "[\"a/**b\"]", NULL },
	{ "", "never", "[\"a\\nb\"]", NULL },
	{ "", "never", "[{}]", NULL },
	{ "", "never", "\"plans/**\"", NULL },
	{ "", "pids-limit", "100", "100" },
	{ "", "pids-limit", "4096", "4096" },
	{ "", "pids-limit", "4097", NULL },
	{ "--pids-limit 8000", "pids-limit", "4097", "4097" },
	{ "--pids-limit 100", "pids-limit", "101", NULL },
	{ "", "pids-limit", "1", NULL },
	{ "", "shm-size", "\"64m\"", "67108864" },
	{ "", "shm-size", "\"257m\"", NULL },
	{ "--shm-size 1g", "shm-size", "\"512m\"", "536870912" },
	{ "--shm-size 64m", "shm-size", "\"65m\"", NULL },
};
#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static void each_key_tightens_in_its_direction_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROW_COUNT; i++) {
		const struct row *row = &rows[i];
		cleanup_options struct options options = { 0 };
		cleanup_json json_t *before = NULL;
		cleanup_json json_t *after = NULL;
		cleanup_json json_t *wanted = NULL;
		cleanup_free char *json = NULL;
		int code;

		parse_line(row->line, &options);
		before = setting_value(&options, row->key);
		assert_true(asprintf(&json, "{\"%s\":%s}", row->key, row->value) > 0);
		code = apply(json, &options);
		after = setting_value(&options, row->key);
		wanted = row->result ? json_loads(row->result, JSON_DECODE_ANY, NULL)
				     : json_incref(before);
		if (code != (row->result ? 0 : EXIT_RUN_FAILED) || !json_equal(after, wanted))
			fail_msg("%s: %s: code %d", row->line, json, code);
	}
}

/* Each key has a row above that it passes and one that it refuses. */
static void every_key_of_the_table_is_tested(void **state)
{
	const char *how;
	const char *key;

	(void)state;
	for (size_t i = 0; (key = project_file_key(i, &how)); i++) {
		bool is_taken = false;
		bool is_refused = false;

		for (size_t k = 0; k < ROW_COUNT; k++) {
			if (strcmp(rows[k].key, key) != 0)
				continue;
			is_taken = is_taken || rows[k].result;
			is_refused = is_refused || !rows[k].result;
		}
		if (!is_taken || !is_refused)
			fail_msg("%s", key);
	}
}

static bool is_tightening(const char *name)
{
	const char *how;
	const char *key;

	for (size_t i = 0; (key = project_file_key(i, &how)); i++) {
		if (strcmp(key, name) == 0)
			return true;
	}
	return false;
}

/* Every option of claudefs-run, also of those that a person's configuration may have. */
static void all_other_options_are_the_persons(void **state)
{
	static const char *const values[] = { "true",      "false", "\"x\"", "[]",
					      "[\"A=1\"]", "1",     "null" };
	const char *name;

	(void)state;
	for (size_t i = 0; (name = option_name(i)); i++) {
		if (is_tightening(name))
			continue;
		for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
			cleanup_options struct options options = { 0 };
			cleanup_free char *json = NULL;

			assert_true(asprintf(&json, "{\"%s\":%s}", name, values[k]) > 0);
			assert_int_equal(apply(json, &options), EXIT_RUN_FAILED);
			assert_int_equal(options.env.count, 0);
			assert_null(options.rules);
			assert_null(options.claude);
		}
	}
}

static void hostile_texts_are_refused_whole(void **state)
{
	static const char *const texts[] = {
		"",
		"[]",
		"null",
		"{\"network\":\"none\",\"network\":\"gateway\"}",
		"{\"network\":\"none\"} {}",
		"{\"network\":\"none\"}\xff",
		"\xef\xbb\xbf{\"network\":\"none\"}",
		"{\"network\":\"no\\u0000ne\"}",
		"{\"__proto__\":{}}",
		"{\"Network\":\"none\"}",
		"{\"--network\":\"none\"}",
		"{\"never\":[\"\\u001b[2J\"]}",
	};
	cleanup_free char *deep = malloc(400002);

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cleanup_options struct options options = { 0 };

		if (apply(texts[i], &options) != EXIT_RUN_FAILED)
			fail_msg("%s", texts[i]);
	}
	assert_non_null(deep);
	memset(deep, '[', 400001);
	deep[400001] = '\0';
	assert_int_equal(apply(deep, &(struct options){ 0 }), EXIT_RUN_FAILED);
}

/* Narrowed hosts mean nothing where all are reached, or where new ones are learnt. */
static void narrowed_hosts_close_the_wider_ways(void **state)
{
	cleanup_options struct options options = { 0 };

	(void)state;
	parse_line("--network host --learn-egress", &options);
	assert_int_equal(apply("{\"egress\":[\"a.test\"]}", &options), 0);
	assert_int_equal(options.network, NETWORK_GATEWAY);
	assert_false(options.is_learning_egress);
	assert_int_equal(option_source(&options, "network"), SETTING_PROJECT);
	assert_int_equal(option_source(&options, "egress"), SETTING_PROJECT);
}

static int apply_file(struct options *options)
{
	struct stat info;
	struct project project = { .path = dir.path };

	assert_int_equal(stat(dir.path, &info), 0);
	project.dev = info.st_dev;
	project.ino = info.st_ino;
	return project_file_apply(&project, options);
}

static void only_a_regular_file_of_the_project_is_read(void **state)
{
	cleanup_options struct options options = { 0 };
	struct project other = { .path = dir.path, .dev = 1, .ino = 1 };

	(void)state;
	assert_int_equal(apply_file(&options), 0);
	assert_null(options.project_file);
	assert_int_equal(temp_dir_write(&dir, "real", "{\"network\":\"none\"}"), 0);
	assert_int_equal(symlinkat("real", dir.fd, PROJECT_FILE_NAME), 0);
	assert_int_equal(apply_file(&options), EXIT_RUN_FAILED);
	assert_int_equal(unlinkat(dir.fd, PROJECT_FILE_NAME, 0), 0);
	assert_int_equal(mkfifoat(dir.fd, PROJECT_FILE_NAME, 0600), 0);
	options_done(&options);
	assert_int_equal(apply_file(&options), EXIT_RUN_FAILED);
	assert_int_equal(unlinkat(dir.fd, PROJECT_FILE_NAME, 0), 0);
	assert_int_equal(mkdirat(dir.fd, PROJECT_FILE_NAME, 0700), 0);
	options_done(&options);
	assert_int_equal(apply_file(&options), EXIT_RUN_FAILED);
	assert_int_equal(unlinkat(dir.fd, PROJECT_FILE_NAME, AT_REMOVEDIR), 0);
	assert_int_equal(temp_dir_write(&dir, PROJECT_FILE_NAME, "{\"network\":\"none\"}"), 0);
	options_done(&options);
	assert_int_equal(apply_file(&options), 0);
	assert_int_equal(options.network, NETWORK_NONE);
	options_done(&options);
	assert_int_equal(project_file_apply(&other, &options), EXIT_RUN_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_key_tightens_in_its_direction_only),
		cmocka_unit_test(every_key_of_the_table_is_tested),
		cmocka_unit_test(all_other_options_are_the_persons),
		cmocka_unit_test(hostile_texts_are_refused_whole),
		cmocka_unit_test(narrowed_hosts_close_the_wider_ways),
		cmocka_unit_test(only_a_regular_file_of_the_project_is_read),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

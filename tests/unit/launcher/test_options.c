/* SPDX-License-Identifier: MIT */
/* Which arguments are ours, which one is the project, and what goes to claude. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/message.h"
#include "launcher/option_table.h"
#include "tests/unit/temp_dir.h"

static struct options options;
static struct temp_dir dir;

static int setup(void **state)
{
	(void)state;
	return temp_dir_make(&dir);
}

static int teardown(void **state)
{
	(void)state;
	options_done(&options);
	temp_dir_remove(&dir);
	return 0;
}

/* A list of at most 11 words, ending with NULL. */
static int parse(const char *const *words)
{
	char *argv[12] = { (char *)(size_t) "claudefs-run" };
	int argc = 1;

	options_done(&options);
	for (; *words && argc < 12; words++)
		argv[argc++] = (char *)(size_t)*words;
	return options_parse(argc, argv, &options);
}
#define PARSE(...) parse((const char *const[]){ __VA_ARGS__, NULL })

static void first_existing_directory_is_the_project(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--resume", "nonexistent", dir.path, "--add-dir", "/tmp"), 0);
	assert_string_equal(options.project, dir.path);
	assert_int_equal(options.arguments.count, 4);
	assert_string_equal(options.arguments.items[0], "--resume");
	assert_string_equal(options.arguments.items[1], "nonexistent");
	assert_string_equal(options.arguments.items[2], "--add-dir");
	assert_string_equal(options.arguments.items[3], "/tmp");
}

static void ours_are_taken_wherever_they_stand(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-p", "--network=host", "hi", "--commit", "ask"), 0);
	assert_int_equal(options.network, NETWORK_HOST);
	assert_int_equal(options.commit, COMMIT_ASK);
	assert_int_equal(options.arguments.count, 2);
}

static void nothing_is_ours_after_two_dashes(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--", "--network", "--help", "/tmp", "--"), 0);
	assert_null(options.project);
	assert_false(options.is_help);
	assert_int_equal(options.arguments.count, 4);
	assert_string_equal(options.arguments.items[3], "--");
}

static void exec_takes_the_rest_of_the_line(void **state)
{
	(void)state;
	assert_int_equal(PARSE(dir.path, "--exec", "ls", "--help", "/tmp"), 0);
	assert_int_equal(options.command, COMMAND_EXEC);
	assert_false(options.is_help);
	assert_int_equal(options.arguments.count, 3);
	assert_string_equal(options.arguments.items[0], "ls");
	assert_int_equal(PARSE(dir.path, "--exec"), EXIT_USAGE);
	assert_int_equal(PARSE(dir.path, "--exec", "--"), EXIT_USAGE);
	/* They would be the command. */
	assert_int_equal(PARSE("--memry", "2g", "--exec", "ls"), EXIT_USAGE);
	assert_int_equal(PARSE("no-such-project", "--exec", "ls"), EXIT_USAGE);
}

static void a_project_that_is_not_there_is_no_prompt(void **state)
{
	(void)state;
	assert_int_equal(PARSE("/no/such/project"), EXIT_USAGE);
	assert_int_equal(PARSE("./nowhere", "-p", "x"), EXIT_USAGE);
	/* Prompts, claude's commands, and what follows claude's own options. */
	assert_int_equal(PARSE("/review"), 0);
	assert_int_equal(PARSE("fix /no/such/file"), 0);
	assert_int_equal(PARSE("--debug-file", "/no/such/file"), 0);
	assert_int_equal(PARSE(dir.path, "/no/such/file"), 0);
	assert_int_equal(PARSE("--", "/no/such/file"), 0);
}

static void no_sync_back_is_commit_never(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--no-sync-back"), 0);
	assert_int_equal(options.commit, COMMIT_NEVER);
}

static void options_of_older_tools_are_answered_and_never_passed_on(void **state)
{
	static const char *const old[] = { "--with-gvisor" };

	(void)state;
	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		assert_int_equal(PARSE(old[i]), EXIT_USAGE);
		assert_int_equal(options.arguments.count, 0);
	}
	assert_int_equal(PARSE("--runtime", "docker"), 0);
	assert_int_equal(PARSE("--runtime", "podman"), 0);
	assert_int_equal(PARSE("--runtime", "kubernetes"), EXIT_USAGE);
	assert_int_equal(PARSE("--reload-firewall"), 0);
	assert_int_equal(PARSE("--isolate-claude-data"), 0);
	assert_true(options.is_isolated);
	assert_int_equal(PARSE("--allow-git-push"), 0);
	assert_true(options.is_push_allowed);
	assert_int_equal(PARSE("--disallow-broad-gh-token"), 0);
	assert_true(options.is_broad_token_refused);
	assert_int_equal(PARSE("--no-gvisor"), 0);
	assert_true(options.without_gvisor);
	assert_int_equal(PARSE("--rebuild"), 0);
	assert_true(options.is_rebuild);
	assert_int_equal(PARSE("--claude-version", "2.1.197"), 0);
	assert_int_equal(PARSE("--claude-version", "npm:evil@1"), EXIT_USAGE);
	assert_int_equal(PARSE("--runtime", "native"), 0);
}

static void credentials_come_from_where_the_person_says(void **state)
{
	(void)state;
	assert_int_equal(PARSE("x"), 0);
	assert_int_equal(options.credentials, CREDENTIALS_AUTO);
	assert_false(options.is_refresh || options.is_fresh);
	assert_int_equal(
		PARSE("--credentials", "secret-service", "--credentials-refresh", "--fresh-creds"),
		0);
	assert_int_equal(options.credentials, CREDENTIALS_SECRET_SERVICE);
	assert_true(options.is_refresh && options.is_fresh);
	assert_int_equal(PARSE("--credentials=none"), 0);
	assert_int_equal(options.credentials, CREDENTIALS_NONE);
	assert_int_equal(PARSE("--credentials", "pocket"), EXIT_USAGE);
}

static void wrong_values_are_usage_errors(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--network", "some"), EXIT_USAGE);
	assert_int_equal(PARSE("--network"), EXIT_USAGE);
	assert_int_equal(PARSE("--commit", ""), EXIT_USAGE);
	assert_int_equal(PARSE("--env", "1A=x"), EXIT_USAGE);
	assert_int_equal(PARSE("--env", "=x"), EXIT_USAGE);
	assert_int_equal(PARSE("--env", "A B=x"), EXIT_USAGE);
	assert_int_equal(PARSE("--help=x"), EXIT_USAGE);
	assert_int_equal(PARSE("--shell", "ls"), EXIT_USAGE);
}

static void configuration_fills_in_what_the_line_left_open(void **state)
{
	char path[96];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/c", dir.path);
	assert_int_equal(temp_dir_write(&dir, "c",
					"{\"network\":\"host\",\"commit\":\"never\","
					"\"env\":[\"A=1\",\"B\"],\"rules\":\"/r\"}"),
			 0);
	assert_int_equal(PARSE("--config", path, "--commit", "ask", "--env", "C"), 0);
	assert_int_equal(options.network, NETWORK_HOST);
	assert_int_equal(options.commit, COMMIT_ASK);
	assert_int_equal(options.env.count, 3);
	assert_string_equal(options.rules, "/r");
	assert_int_equal(PARSE("--no-sync-back", "--config", path), 0);
	assert_int_equal(options.commit, COMMIT_NEVER);
}

/* A flag, a number and a path with "~"; the layers in their order; what was said is not said again.
 */
static void what_is_said_first_wins(void **state)
{
	char config[96];
	char file[96];

	(void)state;
	assert_true(mkdirat(dir.fd, "user", 0700) == 0 || errno == EEXIST);
	(void)snprintf(config, sizeof(config), "%s/user", dir.path);
	(void)snprintf(file, sizeof(file), "%s/f", dir.path);
	assert_int_equal(setenv("HOME", dir.path, 1), 0);
	assert_int_equal(PARSE("x"), 0);
	assert_int_equal(options_read_user_config(&options, config), 0);
	assert_int_equal(temp_dir_write(&dir, "user/config.json",
					"{\"no-gvisor\":true,\"credentials-refresh\":true,"
					"\"pids-limit\":100,\"cpus\":1.5,\"memory\":\"1g\","
					"\"rules\":\"~/r.json\",\"env\":[\"A=user\",\"B=user\"]}"),
			 0);
	assert_int_equal(temp_dir_write(&dir, "f",
					"{\"credentials-refresh\":false,\"memory\":\"2g\","
					"\"env\":[\"B=file\"]}"),
			 0);
	assert_int_equal(PARSE("--config", file, "--cpus", "2", "--env", "A=line"), 0);
	assert_int_equal(options_read_user_config(&options, config), 0);
	assert_true(options.without_gvisor);
	assert_false(options.is_refresh);
	assert_int_equal(options.limits.pids, 100);
	assert_int_equal(options.limits.cpus_milli, 2000);
	assert_true(options.limits.memory == UINT64_C(2) << 30);
	assert_int_equal(options.env.count, 2);
	assert_string_equal(options.env.items[0], "A=line");
	assert_string_equal(options.env.items[1], "B=file");
	assert_true(strncmp(options.rules, dir.path, strlen(dir.path)) == 0);
	assert_int_equal(option_source(&options, "cpus"), SETTING_LINE);
	assert_int_equal(option_source(&options, "memory"), SETTING_FILE);
	assert_int_equal(option_source(&options, "credentials-refresh"), SETTING_FILE);
	assert_int_equal(option_source(&options, "pids-limit"), SETTING_USER);
	assert_int_equal(option_source(&options, "network"), SETTING_DEFAULT);
}

/* Others who could write it would say what runs. */
static void configuration_must_be_the_persons_own(void **state)
{
	char path[96];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/o", dir.path);
	assert_int_equal(temp_dir_write(&dir, "o", "{}"), 0);
	assert_int_equal(PARSE("--config", path), 0);
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(PARSE("--config", path), EXIT_USAGE);
	assert_int_equal(chmod(path, 0600), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 12345, 12345), 0);
		assert_int_equal(PARSE("--config", path), EXIT_USAGE);
	}
	assert_int_equal(PARSE("--config", dir.path), EXIT_USAGE);
}

static void wrong_configuration_is_a_usage_error(void **state)
{
	static const char *const wrong[] = { "",
					     "[]",
					     "{\"nettwork\":\"host\"}",
					     "{\"network\":1}",
					     "{\"shell\":\"x\"}",
					     "{\"commit\":[\"ask\"]}",
					     "{\"env\":[1]}",
					     "{\"rules\":\"relative\"}",
					     "{\"claude\":\"./claude\"}",
					     "{\"no-gvisor\":\"true\"}",
					     "{\"no-gvisor\":1}",
					     "{\"memory\":true}",
					     "{\"config\":\"/x\"}",
					     "{\"print-plan\":true}",
					     "{\"network\":\"all\"}" };
	char path[96];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/c", dir.path);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(temp_dir_write(&dir, "c", wrong[i]), 0);
		assert_int_equal(PARSE("--config", path), EXIT_USAGE);
	}
	assert_int_equal(PARSE("--config", "/nonexistent"), EXIT_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_existing_directory_is_the_project),
		cmocka_unit_test(ours_are_taken_wherever_they_stand),
		cmocka_unit_test(nothing_is_ours_after_two_dashes),
		cmocka_unit_test(exec_takes_the_rest_of_the_line),
		cmocka_unit_test(a_project_that_is_not_there_is_no_prompt),
		cmocka_unit_test(no_sync_back_is_commit_never),
		cmocka_unit_test(options_of_older_tools_are_answered_and_never_passed_on),
		cmocka_unit_test(credentials_come_from_where_the_person_says),
		cmocka_unit_test(wrong_values_are_usage_errors),
		cmocka_unit_test(configuration_fills_in_what_the_line_left_open),
		cmocka_unit_test(what_is_said_first_wins),
		cmocka_unit_test(configuration_must_be_the_persons_own),
		cmocka_unit_test(wrong_configuration_is_a_usage_error),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

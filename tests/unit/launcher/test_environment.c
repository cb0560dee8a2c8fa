/* SPDX-License-Identifier: MIT */
/* Which variables reach the agent. */
#include "tests/unit/cmocka_setup.h"

#include <string.h>

#include "launcher/environment.h"

static struct string_list result;

static int teardown(void **state)
{
	(void)state;
	string_list_done(&result);
	return 0;
}

static void build(const char *const *caller, const char *const *wanted)
{
	struct string_list list = { 0 };

	for (; wanted && *wanted; wanted++)
		string_list_add(&list, *wanted);
	assert_int_equal(environment_build((char *const *)(void *)(size_t)caller, false, &list,
					   "/home/u", "u", "/home/u/.claude", &result),
			 0);
	string_list_done(&list);
}

static unsigned int count(const char *start)
{
	unsigned int found = 0;

	for (size_t i = 0; i < result.count; i++)
		found += strncmp(result.items[i], start, strlen(start)) == 0;
	return found;
}

static void only_listed_variables_pass(void **state)
{
	const char *const caller[] = { "TERM=xterm",
				       "LC_ALL=C",
				       "ANTHROPIC_API_KEY=k",
				       "CLAUDE_CODE_X=1",
				       "DISABLE_Y=1",
				       "https_proxy=p",
				       "SSH_AUTH_SOCK=/s",
				       "LD_PRELOAD=/l",
				       "AWS_SECRET_ACCESS_KEY=z",
				       "TERMINFO=/evil",
				       "GITHUB_TOKEN=t",
				       "XANTHROPIC_=1",
				       "DBUS_SESSION_BUS_ADDRESS=unix:",
				       NULL };

	(void)state;
	build(caller, NULL);
	assert_int_equal(count("TERM="), 1);
	assert_int_equal(count("LC_ALL=C"), 1);
	assert_int_equal(count("ANTHROPIC_API_KEY=k"), 1);
	assert_int_equal(count("CLAUDE_CODE_X=1"), 1);
	assert_int_equal(count("DISABLE_Y=1"), 1);
	assert_int_equal(count("https_proxy=p"), 1);
	assert_int_equal(count("SSH_AUTH_SOCK"), 0);
	assert_int_equal(count("LD_PRELOAD"), 0);
	assert_int_equal(count("AWS_"), 0);
	assert_int_equal(count("TERMINFO"), 0);
	assert_int_equal(count("GITHUB_TOKEN"), 0);
	assert_int_equal(count("XANTHROPIC_"), 0);
	assert_int_equal(count("DBUS_"), 0);
}

static void what_the_sandbox_sets_cannot_be_overridden(void **state)
{
	const char *const caller[] = { "HOME=/evil", "PATH=/evil", "CLAUDE_CONFIG_DIR=/evil",
				       "DISABLE_AUTOUPDATER=0", NULL };
	const char *const wanted[] = { "HOME=/evil", "PATH", "IS_SANDBOX=0", NULL };

	(void)state;
	build(caller, wanted);
	assert_int_equal(count("HOME="), 1);
	assert_int_equal(count("HOME=/home/u"), 1);
	assert_int_equal(count("PATH="), 1);
	assert_int_equal(count("PATH=/evil"), 0);
	assert_int_equal(count("CLAUDE_CONFIG_DIR=/home/u/.claude"), 1);
	assert_int_equal(count("CLAUDE_CONFIG_DIR="), 1);
	assert_int_equal(count("DISABLE_AUTOUPDATER=1"), 1);
	assert_int_equal(count("DISABLE_AUTOUPDATER="), 1);
	assert_int_equal(count("IS_SANDBOX=1"), 1);
	assert_int_equal(count("IS_SANDBOX="), 1);
}

static void wanted_variables_pass_by_name_or_with_a_value(void **state)
{
	const char *const caller[] = { "GITHUB_TOKEN=t", "TERM=xterm", NULL };
	const char *const wanted[] = { "GITHUB_TOKEN", "ABSENT", "TERM=dumb", "A=1", "A=2", NULL };

	(void)state;
	build(caller, wanted);
	assert_int_equal(count("GITHUB_TOKEN=t"), 1);
	assert_int_equal(count("ABSENT"), 0);
	assert_int_equal(count("TERM=dumb"), 1);
	assert_int_equal(count("TERM="), 1);
	assert_int_equal(count("A=2"), 1);
	assert_int_equal(count("A="), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(only_listed_variables_pass, teardown),
		cmocka_unit_test_teardown(what_the_sandbox_sets_cannot_be_overridden, teardown),
		cmocka_unit_test_teardown(wanted_variables_pass_by_name_or_with_a_value, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

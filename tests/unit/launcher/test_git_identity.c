/* SPDX-License-Identifier: MIT */
/* What of a person's git configuration reaches the sandbox. */
#include "tests/unit/cmocka_setup.h"

#include <string.h>
#include <sys/stat.h>

#include "fs/base/cleanup.h"
#include "launcher/git_identity.h"
#include "tests/unit/temp_dir.h"

static const char config[] = "[core]\n\tname = wrong\n\tpager = evil\n"
			     "[user]\n\tname = Ada Lovelace  \n\temail=ada@example.org\n"
			     "\tsigningkey = SECRET\n[alias]\n\temail = !sh\n";

static void name_and_email_are_found_in_their_section(void **state)
{
	cleanup_free char *name = git_identity_read(config, "name");
	cleanup_free char *email = git_identity_read(config, "email");

	(void)state;
	assert_string_equal(name, "Ada Lovelace");
	assert_string_equal(email, "ada@example.org");
}

static void values_that_are_not_plain_are_left_alone(void **state)
{
	(void)state;
	assert_null(git_identity_read("[user]\nname = \"a\"\n", "name"));
	assert_null(git_identity_read("[user]\nname = a\\nb\n", "name"));
	assert_null(git_identity_read("[user]\nname = a ; b\n", "name"));
	assert_null(git_identity_read("[user]\nname = a\033[31m\n", "name"));
	assert_null(git_identity_read("[user]\nname =\n", "name"));
	assert_null(git_identity_read("[user]\nnamed = x\n", "name"));
	assert_null(git_identity_read("[user \"x\"]\nname = x\n", "name"));
	assert_null(git_identity_read("", "name"));
}

static void nothing_but_the_identity_passes(void **state)
{
	cleanup_free char *text = NULL;
	struct temp_dir dir;

	(void)state;
	assert_int_equal(temp_dir_make(&dir), 0);
	assert_int_equal(temp_dir_write(&dir, ".gitconfig", config), 0);
	text = git_identity_config(dir.path);
	temp_dir_remove(&dir);
	assert_non_null(text);
	assert_non_null(strstr(text, "name = \"Ada Lovelace\"\n"));
	assert_non_null(strstr(text, "email = \"ada@example.org\"\n"));
	assert_non_null(strstr(text, "hooksPath = /dev/null\n"));
	assert_null(strstr(text, "pager"));
	assert_null(strstr(text, "SECRET"));
	assert_null(strstr(text, "alias"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(name_and_email_are_found_in_their_section),
		cmocka_unit_test(values_that_are_not_plain_are_left_alone),
		cmocka_unit_test(nothing_but_the_identity_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

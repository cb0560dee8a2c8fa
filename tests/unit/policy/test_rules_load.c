/* SPDX-License-Identifier: MIT */
/* Whose rule files count. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/text.h"
#include "fs/policy/rules_load.h"
#include "tests/unit/temp_dir.h"

#define RULES_OF(path)                                                                           \
	"{\"version\":1,\"rules\":[{\"path\":\"" path "\",\"read\":\"show\",\"write\":\"auto\"," \
	"\"why\":\"w\"}]}"

static struct temp_dir dir;
static struct rules *rules;
static struct rules_problem problem;

static int set_up(void **state)
{
	(void)state;
	problem = (struct rules_problem){ 0 };
	return temp_dir_make(&dir) < 0 || rules_new_builtin(&rules) < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	rules_free(rules);
	temp_dir_remove(&dir);
	return 0;
}

static void files_are_added_in_byte_order(void **state)
{
	(void)state;
	assert_int_equal(temp_dir_write(&dir, "20.json", RULES_OF("b")), 0);
	assert_int_equal(temp_dir_write(&dir, "10.json", RULES_OF("a")), 0);
	assert_int_equal(temp_dir_write(&dir, "30.json", RULES_OF("c")), 0);
	assert_int_equal(temp_dir_write(&dir, "README", "no rules"), 0);
	assert_int_equal(temp_dir_write(&dir, "40.json~", "no rules"), 0);
	assert_int_equal(rules_load_dir(rules, dir.path, &problem), 0);
	assert_string_equal(rules_get(rules, 0)->pattern, "c");
	assert_string_equal(rules_get(rules, 1)->pattern, "b");
	assert_string_equal(rules_get(rules, 2)->pattern, "a");
	assert_non_null(strstr(rules_get(rules, 0)->origin, "/30.json"));
}

static void an_absent_directory_is_no_rules(void **state)
{
	cleanup_text struct text path = { 0 };
	size_t count = rules_count(rules);

	(void)state;
	text_appendf(&path, "%s/absent", dir.path);
	assert_int_equal(rules_load_dir(rules, path.data, &problem), 0);
	assert_int_equal(rules_count(rules), count);
	assert_int_equal(rules_load_file(rules, path.data, &problem), -ENOENT);
}

static void a_broken_file_is_named_with_its_line(void **state)
{
	(void)state;
	assert_int_equal(temp_dir_write(&dir, "a.json", "{\"version\":1,\n\"rules\":[\n{}]}"), 0);
	assert_int_equal(rules_load_dir(rules, dir.path, &problem), -EBADMSG);
	assert_non_null(strstr(problem.file, "/a.json"));
	assert_int_equal(problem.line, 3);
}

static void a_file_that_others_can_write_is_refused(void **state)
{
	(void)state;
	assert_int_equal(temp_dir_write(&dir, "a.json", RULES_OF("a")), 0);
	assert_int_equal(fchmodat(dir.fd, "a.json", 0664, 0), 0);
	assert_int_equal(rules_load_dir(rules, dir.path, &problem), -EBADMSG);
	assert_non_null(strstr(problem.reason, "other users"));
	assert_int_equal(fchmodat(dir.fd, "a.json", 0644, 0), 0);
	assert_int_equal(rules_load_dir(rules, dir.path, &problem), 0);
}

static void a_directory_that_others_can_write_is_refused(void **state)
{
	(void)state;
	assert_int_equal(fchmod(dir.fd, 0777), 0);
	assert_int_equal(rules_load_dir(rules, dir.path, &problem), -EBADMSG);
}

static void a_file_of_another_user_is_refused(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(temp_dir_write(&dir, "a.json", RULES_OF("a")), 0);
	assert_int_equal(fchownat(dir.fd, "a.json", 12345, -1, 0), 0);
	assert_int_equal(rules_load_dir(rules, dir.path, &problem), -EBADMSG);
	assert_non_null(strstr(problem.reason, "another user"));
}

static void links_and_special_files_are_refused(void **state)
{
	static const char *const names[] = { "link.json", "fifo.json", "dir.json" };

	(void)state;
	assert_int_equal(temp_dir_write(&dir, "target", RULES_OF("a")), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (i == 0)
			assert_int_equal(symlinkat("target", dir.fd, names[i]), 0);
		else if (i == 1)
			assert_int_equal(mkfifoat(dir.fd, names[i], 0600), 0);
		else
			assert_int_equal(mkdirat(dir.fd, names[i], 0700), 0);
		assert_int_equal(rules_load_dir(rules, dir.path, &problem), -EBADMSG);
		assert_non_null(strstr(problem.file, names[i]));
		assert_int_equal(unlinkat(dir.fd, names[i], i == 2 ? AT_REMOVEDIR : 0), 0);
	}
}

static void the_user_directory_follows_the_environment(void **state)
{
	cleanup_free char *by_xdg = NULL;
	cleanup_free char *by_home = NULL;

	(void)state;
	assert_int_equal(setenv("HOME", "/h", 1), 0);
	assert_int_equal(setenv("XDG_CONFIG_HOME", "/c", 1), 0);
	by_xdg = rules_user_dir();
	assert_string_equal(by_xdg, "/c/claudefs/rules.d");
	assert_int_equal(setenv("XDG_CONFIG_HOME", "relative", 1), 0);
	by_home = rules_user_dir();
	assert_string_equal(by_home, "/h/.config/claudefs/rules.d");
	assert_int_equal(setenv("HOME", "", 1), 0);
	assert_null(rules_user_dir());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_are_added_in_byte_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_absent_directory_is_no_rules, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_broken_file_is_named_with_its_line, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_file_that_others_can_write_is_refused, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_directory_that_others_can_write_is_refused,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_file_of_another_user_is_refused, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(links_and_special_files_are_refused, set_up,
						tear_down),
		cmocka_unit_test(the_user_directory_follows_the_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

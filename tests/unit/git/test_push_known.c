/* SPDX-License-Identifier: MIT */
/* Which places --allow-git-push counts for. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/cmocka_setup.h"
#include "tests/unit/temp_dir.h"

#include "fs/git/push_known.h"

#define PROJECT "/home/u/project"

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

static void begin(const char *project, bool had_sessions, const char *url)
{
	cleanup_push_remotes struct push_remotes remotes = { 0 };
	char config[300];
	int len = snprintf(config, sizeof(config), "[remote \"a\"]\n\turl = %s\n", url);

	assert_int_equal(push_remotes_parse(config, (size_t)len, project, &remotes), 0);
	assert_int_equal(push_known_begin(dir.path, project, had_sessions, &remotes), 0);
}

static void the_first_session_finds_what_a_person_set(void **state)
{
	(void)state;
	assert_false(push_known_exists(dir.path, PROJECT));
	assert_false(push_known_has(dir.path, PROJECT, "/srv/a"));
	begin(PROJECT, false, "/srv/a");
	assert_true(push_known_exists(dir.path, PROJECT));
	assert_true(push_known_has(dir.path, PROJECT, "/srv/a"));
	assert_false(push_known_has(dir.path, PROJECT, "/srv"));
	assert_false(push_known_has(dir.path, "/home/u", "/srv/a"));
}

static void later_ones_find_what_a_session_may_have_set(void **state)
{
	(void)state;
	begin(PROJECT, false, "/srv/a");
	begin(PROJECT, false, "/srv/b");
	assert_false(push_known_has(dir.path, PROJECT, "/srv/b"));
	assert_true(push_known_has(dir.path, PROJECT, "/srv/a"));
	begin("/home/u/old", true, "/srv/a");
	assert_false(push_known_has(dir.path, "/home/u/old", "/srv/a"));
}

static void a_directory_in_a_known_one_is_no_new_project(void **state)
{
	(void)state;
	begin(PROJECT, false, "/srv/a");
	begin(PROJECT "/deep/below", false, "/srv/a");
	assert_false(push_known_has(dir.path, PROJECT "/deep/below", "/srv/a"));
	begin(PROJECT "-2", false, "/srv/a");
	assert_true(push_known_has(dir.path, PROJECT "-2", "/srv/a"));
	begin("/home/u/other", false, "/srv/a");
	assert_true(push_known_has(dir.path, "/home/u/other", "/srv/a"));
}

static void a_person_may_add_to_them(void **state)
{
	(void)state;
	begin(PROJECT, false, "/srv/a");
	assert_int_equal(push_known_add(dir.path, PROJECT, "/srv/b"), 0);
	assert_int_equal(push_known_add(dir.path, PROJECT, "/srv/b"), 0);
	assert_true(push_known_has(dir.path, PROJECT, "/srv/a"));
	assert_true(push_known_has(dir.path, PROJECT, "/srv/b"));
}

/* Whatever is in the record's place: nothing is known then, and it is not made anew. */
static void a_damaged_record_knows_nothing(void **state)
{
	const struct push_remotes none = { 0 };
	int fd;
	size_t damaged = 0;
	struct dirent *entry;
	DIR *records;

	(void)state;
	begin(PROJECT, false, "/srv/a");
	fd = openat(dir.fd, "push/known", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	records = fdopendir(fd);
	assert_non_null(records);
	while ((entry = readdir(records)) != NULL) {
		if (!strstr(entry->d_name, ".json"))
			continue;
		assert_int_equal(unlinkat(fd, entry->d_name, 0), 0);
		assert_int_equal(mkdirat(fd, entry->d_name, 0700), 0);
		damaged++;
	}
	(void)closedir(records);
	assert_int_equal(damaged, 1);
	assert_false(push_known_has(dir.path, PROJECT, "/srv/a"));
	/* Told at the next start, and nothing is made of it. */
	assert_true(push_known_begin(dir.path, PROJECT, false, &none) < 0);
	assert_false(push_known_has(dir.path, PROJECT, "/srv/a"));
	assert_true(push_known_add(dir.path, PROJECT, "/srv/a") < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_first_session_finds_what_a_person_set, setup,
						teardown),
		cmocka_unit_test_setup_teardown(later_ones_find_what_a_session_may_have_set, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_directory_in_a_known_one_is_no_new_project, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_person_may_add_to_them, setup, teardown),
		cmocka_unit_test_setup_teardown(a_damaged_record_knows_nothing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

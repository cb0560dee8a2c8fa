/* SPDX-License-Identifier: MIT */
/* Ways in which the host's hidden names could show without being named: second names of a file,
 * links of the user's that lead back into the state, and the times of directories. */
#include "tests/unit/view/view_cases.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void host_link_to(struct fixture *f, const char *target, const char *path)
{
	char at[128];

	(void)snprintf(at, sizeof(at), "claude/%s", path);
	assert_int_equal(symlinkat(target, f->dir.fd, at), 0);
}

static void link_into_the_state_shows_what_its_target_shows(void **state)
{
	struct fixture *f = *state;

	host_link_to(f, FIXTURE_OTHER, "notes");
	host_link_to(f, "projects", "all");
	host_link_to(f, "all", "chained");
	host_link_to(f, ".", "self");
	host_link_to(f, "../" FIXTURE_OTHER "/secret.jsonl", "plans/plain.md");
	host_link_to(f, "one.md", "plans/second.md");
	fixture_remake(f, NULL);
	assert_int_equal(look(f, "notes"), -ENOENT);
	assert_int_equal(look(f, "plans/plain.md"), -ENOENT);
	assert_int_equal(look(f, "all/-home-user-other"), -ENOENT);
	assert_int_equal(look(f, "chained/-home-user-other"), -ENOENT);
	assert_int_equal(look(f, "self/" FIXTURE_OTHER), -ENOENT);
	assert_int_equal(look(f, "self/history.jsonl"), -ENOENT);
	assert_null(strstr(names_in(f, ""), "notes"));
	assert_null(strstr(names_in(f, "all"), "other"));
	assert_null(strstr(names_in(f, "plans"), "plain.md"));
	assert_content(f, "plans/second.md", "one\n");
	assert_true(look(f, "all/-home-user-proj") > 0);
}

static void link_to_where_another_link_leads_shows_no_more(void **state)
{
	struct fixture *f = *state;
	char target[128];

	assert_int_equal(mkdirat(f->dir.fd, "disk", 0700), 0);
	assert_int_equal(mkdirat(f->dir.fd, "disk/other", 0700), 0);
	(void)snprintf(target, sizeof(target), "%s/disk", f->dir.path);
	host_link_to(f, target, "statsig");
	(void)snprintf(target, sizeof(target), "%s/disk/other", f->dir.path);
	host_link_to(f, target, "plans/direct");
	host_link_to(f, "../statsig/other", "plans/through");
	fixture_remake(f, NULL);
	assert_int_equal(look(f, "statsig"), -ENOENT);
	assert_int_equal(look(f, "plans/direct"), -ENOENT);
	assert_int_equal(look(f, "plans/through"), -ENOENT);
}

static void link_above_the_state_is_absent(void **state)
{
	struct fixture *f = *state;

	host_link_to(f, "..", "up");
	host_link_to(f, "/", "top");
	fixture_remake(f, NULL);
	assert_int_equal(look(f, "up"), -ENOENT);
	assert_int_equal(look(f, "top"), -ENOENT);
	assert_null(strstr(names_in(f, ""), "up"));
}

static void file_with_a_second_name_is_absent(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(temp_dir_write(&f->dir, "key", "CANARY"), 0);
	assert_int_equal(linkat(f->dir.fd, "key", f->dir.fd, "claude/plans/key.md", 0), 0);
	assert_int_equal(look(f, "plans/key.md"), -ENOENT);
	assert_null(strstr(names_in(f, "plans"), "key.md"));
	assert_int_equal(unlinkat(f->dir.fd, "key", 0), 0);
	assert_content(f, "plans/key.md", "CANARY");
}

static void times_of_a_directory_tell_nothing_of_hidden_names(void **state)
{
	struct fixture *f = *state;
	struct stat before = stat_of(f, "projects");
	struct stat root = stat_of(f, "");
	struct stat after;

	host_set_mtime(f, "projects", 1000);
	after = stat_of(f, "projects");
	assert_memory_equal(&after.st_mtim, &before.st_mtim, sizeof(before.st_mtim));
	host_mkdir(f, "projects/-home-user-third");
	host_set_mtime(f, "projects", 2000);
	host_set_mtime(f, "", 2000);
	after = stat_of(f, "projects");
	assert_memory_equal(&after.st_mtim, &before.st_mtim, sizeof(before.st_mtim));
	assert_memory_equal(&after.st_ctim, &before.st_ctim, sizeof(before.st_ctim));
	assert_memory_equal(&after.st_atim, &before.st_atim, sizeof(before.st_atim));
	after = stat_of(f, "");
	assert_memory_equal(&after.st_mtim, &root.st_mtim, sizeof(root.st_mtim));
}

static void times_of_a_directory_follow_the_names_that_show(void **state)
{
	struct fixture *f = *state;
	struct stat before = stat_of(f, "");
	struct stat after;

	host_write(f, "new-name", "x");
	after = stat_of(f, "");
	assert_true(after.st_mtim.tv_sec > before.st_mtim.tv_sec ||
		    after.st_mtim.tv_nsec != before.st_mtim.tv_nsec);
	host_set_mtime(f, "plans", 1000);
	assert_int_equal(stat_of(f, "plans").st_mtim.tv_sec, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		VIEW_CASE(link_into_the_state_shows_what_its_target_shows),
		VIEW_CASE(link_to_where_another_link_leads_shows_no_more),
		VIEW_CASE(link_above_the_state_is_absent),
		VIEW_CASE(file_with_a_second_name_is_absent),
		VIEW_CASE(times_of_a_directory_tell_nothing_of_hidden_names),
		VIEW_CASE(times_of_a_directory_follow_the_names_that_show),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

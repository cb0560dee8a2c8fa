/* SPDX-License-Identifier: MIT */
/* The host changes its files while the session runs: visible for what the session left alone. */
#include "tests/unit/view/view_cases.h"

#include <errno.h>

static void host_rename(struct fixture *f, const char *from, const char *to)
{
	char a[128];
	char b[128];

	(void)snprintf(a, sizeof(a), "claude/%s", from);
	(void)snprintf(b, sizeof(b), "claude/%s", to);
	assert_int_equal(renameat(f->dir.fd, a, f->dir.fd, b), 0);
}

static void untouched_files_follow_the_host(void **state)
{
	struct fixture *f = *state;

	assert_content(f, "plans/one.md", "one\n");
	host_append(f, "plans/one.md", "more\n");
	assert_content(f, "plans/one.md", "one\nmore\n");
	host_write(f, "plans/new.md", "new");
	assert_content(f, "plans/new.md", "new");
	assert_int_equal(unlinkat(f->dir.fd, "claude/plans/one.md", 0), 0);
	assert_int_equal(look(f, "plans/one.md"), -ENOENT);
}

static void touched_files_do_not(void **state)
{
	struct fixture *f = *state;

	append_path(f, "plans/one.md", "mine\n");
	assert_int_equal(try_unlink(f, "plans/two.md"), 0);
	host_write(f, "plans/one.md", "theirs");
	host_write(f, "plans/two.md", "theirs");
	assert_content(f, "plans/one.md", "one\nmine\n");
	assert_int_equal(look(f, "plans/two.md"), -ENOENT);
	assert_int_equal(unlinkat(f->dir.fd, "claude/plans/one.md", 0), 0);
	assert_content(f, "plans/one.md", "one\nmine\n");
}

static void open_file_keeps_reading_what_it_opened_when_the_host_replaces_it(void **state)
{
	struct fixture *f = *state;
	struct view_file *old = open_path(f, "plans/one.md", O_RDONLY);
	struct view_file *file;
	struct view_attr attr;
	bool keep;

	host_write(f, "plans/tmp", "replaced\n");
	host_rename(f, "plans/tmp", "plans/one.md");
	/* By number, as the kernel does with a name that it remembers: look again. */
	assert_int_equal(view_open(f->view, &f->caller, view_file_ino(old), O_RDONLY, &file, &keep),
			 -ESTALE);
	assert_int_not_equal(ino_of(f, "plans/one.md"), view_file_ino(old));
	assert_content(f, "plans/one.md", "replaced\n");
	assert_reads(old, 0, 20, "one\n");
	assert_int_equal(view_getattr(f->view, view_file_ino(old), &attr), 0);
	assert_int_equal(attr.st.st_size, 4);
	view_release(old);
	assert_content(f, "plans/one.md", "replaced\n");
}

static void closed_file_that_the_host_replaces_keeps_its_number(void **state)
{
	struct fixture *f = *state;
	uint64_t ino = ino_of(f, "plans/one.md");

	host_write(f, "plans/tmp", "replaced\n");
	host_rename(f, "plans/tmp", "plans/one.md");
	assert_content(f, "plans/one.md", "replaced\n");
	assert_int_equal(ino_of(f, "plans/one.md"), ino);
}

static void file_that_became_a_directory_is_another_node(void **state)
{
	struct fixture *f = *state;
	uint64_t ino = ino_of(f, "plans/one.md");
	struct view_attr attr;

	assert_int_equal(unlinkat(f->dir.fd, "claude/plans/one.md", 0), 0);
	host_mkdir(f, "plans/one.md");
	assert_int_equal(stat_of(f, "plans/one.md").st_mode & S_IFMT, S_IFDIR);
	assert_int_not_equal(ino_of(f, "plans/one.md"), ino);
	assert_int_equal(view_getattr(f->view, ino, &attr), -ESTALE);
}

static void vanished_directory_stays_where_the_session_has_changes(void **state)
{
	struct fixture *f = *state;

	write_path(f, "plans/deep/own.md", "own");
	assert_true(look(f, "plans/deep/three.md") > 0);
	host_rename(f, "plans/deep", "elsewhere");
	assert_content(f, "plans/deep/own.md", "own");
	assert_int_equal(look(f, "plans/deep/three.md"), -ENOENT);
	assert_string_equal(names_in(f, "plans/deep"), "own.md");
	assert_string_equal(names_in(f, "plans"), "deep one.md two.md");
	assert_int_equal(stat_of(f, "plans").st_nlink, 3);
}

static void vanished_directory_goes_with_its_nodes(void **state)
{
	struct fixture *f = *state;
	uint64_t three = ino_of(f, "plans/deep/three.md");
	struct view_attr attr;

	host_rename(f, "plans/deep", "elsewhere");
	assert_int_equal(look(f, "plans/deep"), -ENOENT);
	assert_int_equal(view_getattr(f->view, three, &attr), -ESTALE);
	assert_string_equal(names_in(f, "plans"), "one.md two.md");
	assert_int_equal(stat_of(f, "plans").st_nlink, 2);
}

static void listings_and_link_counts_follow_the_host(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(stat_of(f, "plans").st_nlink, 3);
	host_mkdir(f, "plans/second");
	assert_int_equal(stat_of(f, "plans").st_nlink, 4);
	assert_string_equal(names_in(f, "plans"), "deep one.md second two.md");
	write_path(f, "plans/own.md", "x");
	host_write(f, "plans/later.md", "x");
	assert_string_equal(names_in(f, "plans"), "deep later.md one.md own.md second two.md");
}

static void filtered_file_follows_the_host_while_it_is_open(void **state)
{
	static const char line[] = "{\"display\":\"2\",\"project\":\"" FIXTURE_PROJECT "\"}\n";
	struct fixture *f = *state;
	struct view_file *file = open_path(f, "history.jsonl", O_RDONLY);
	off_t size = stat_of(f, "history.jsonl").st_size;
	char buf[512];
	int fd;
	off_t at;

	host_append(f, "history.jsonl", line);
	assert_int_equal(stat_of(f, "history.jsonl").st_size, size + (off_t)strlen(line));
	assert_int_equal(view_read(file, buf, sizeof(buf), size, &fd, &at), strlen(line));
	assert_memory_equal(buf, line, strlen(line));
	view_release(file);
}

static void base_is_of_the_state_that_was_changed(void **state)
{
	struct fixture *f = *state;
	struct journal_record record;

	assert_content(f, "plans/one.md", "one\n");
	host_append(f, "plans/one.md", "more\n");
	append_path(f, "plans/one.md", "mine\n");
	assert_true(journal_last(f, JOURNAL_BASE, &record));
	assert_int_equal(record.size, 9);
	assert_int_equal(record.identity.size, 9);
	assert_content(f, "plans/one.md", "one\nmore\nmine\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		VIEW_CASE(untouched_files_follow_the_host),
		VIEW_CASE(touched_files_do_not),
		VIEW_CASE(open_file_keeps_reading_what_it_opened_when_the_host_replaces_it),
		VIEW_CASE(closed_file_that_the_host_replaces_keeps_its_number),
		VIEW_CASE(file_that_became_a_directory_is_another_node),
		VIEW_CASE(vanished_directory_stays_where_the_session_has_changes),
		VIEW_CASE(vanished_directory_goes_with_its_nodes),
		VIEW_CASE(listings_and_link_counts_follow_the_host),
		VIEW_CASE(filtered_file_follows_the_host_while_it_is_open),
		VIEW_CASE(base_is_of_the_state_that_was_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

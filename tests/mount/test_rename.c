/* SPDX-License-Identifier: MIT */
/* rename(2) over every combination of kinds, of the session's own and of the host's entries. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/mount/fixture.h"

enum kind {
	ABSENT,
	NEW_FILE,
	NEW_DIR,       /* empty */
	NEW_FULL_DIR,  /* with one file in it */
	HOST_FILE,     /* present on the host too */
	HOST_FULL_DIR, /* present on the host too */
};

static const struct rename_case {
	enum kind from;
	enum kind to;
	unsigned int flags;
	int error; /* 0: works */
} cases[] = {
	{ ABSENT, ABSENT, 0, ENOENT },
	{ ABSENT, NEW_FILE, 0, ENOENT },
	{ NEW_FILE, ABSENT, 0, 0 },
	{ NEW_FILE, NEW_FILE, 0, 0 },
	{ NEW_FILE, HOST_FILE, 0, 0 },
	{ NEW_FILE, NEW_DIR, 0, EISDIR },
	{ NEW_FILE, NEW_FULL_DIR, 0, EISDIR },
	{ NEW_FILE, HOST_FULL_DIR, 0, EISDIR },
	{ HOST_FILE, ABSENT, 0, 0 },
	{ HOST_FILE, NEW_FILE, 0, 0 },
	{ HOST_FILE, HOST_FILE, 0, 0 },
	{ HOST_FILE, NEW_DIR, 0, EISDIR },
	{ NEW_DIR, ABSENT, 0, 0 },
	{ NEW_DIR, NEW_FILE, 0, ENOTDIR },
	{ NEW_DIR, HOST_FILE, 0, ENOTDIR },
	{ NEW_DIR, NEW_DIR, 0, 0 },
	{ NEW_DIR, NEW_FULL_DIR, 0, ENOTEMPTY },
	{ NEW_DIR, HOST_FULL_DIR, 0, ENOTEMPTY },
	{ NEW_FULL_DIR, ABSENT, 0, 0 },
	{ NEW_FULL_DIR, NEW_DIR, 0, 0 },
	{ HOST_FULL_DIR, ABSENT, 0, 0 },
	{ HOST_FULL_DIR, NEW_DIR, 0, 0 },
	{ HOST_FULL_DIR, NEW_FULL_DIR, 0, ENOTEMPTY },
	{ HOST_FULL_DIR, HOST_FULL_DIR, 0, ENOTEMPTY },
	{ HOST_FULL_DIR, NEW_FILE, 0, ENOTDIR },
	{ NEW_FILE, ABSENT, RENAME_NOREPLACE, 0 },
	{ NEW_FILE, NEW_FILE, RENAME_NOREPLACE, EEXIST },
	{ NEW_FILE, HOST_FILE, RENAME_NOREPLACE, EEXIST },
	{ HOST_FULL_DIR, ABSENT, RENAME_NOREPLACE, 0 },
	{ NEW_DIR, NEW_DIR, RENAME_NOREPLACE, EEXIST },
	{ NEW_FILE, NEW_FILE, RENAME_EXCHANGE, EINVAL },
	{ NEW_DIR, NEW_FULL_DIR, RENAME_EXCHANGE, EINVAL },
	{ NEW_FILE, ABSENT, RENAME_WHITEOUT, EINVAL },
};
#define CASE_COUNT (sizeof(cases) / sizeof(cases[0]))

static const char *side(size_t index, bool is_from, bool is_content)
{
	return in_view("plugins/case-%zu-%s%s", index, is_from ? "from" : "to",
		       is_content ? "/inside" : "");
}

/* What the host must have before the view is mounted; "plugins" is shown by the default rules. */
static void make_host_side(size_t index, enum kind kind, bool is_from)
{
	const char *path = in_home(".claude/plugins/case-%zu-%s", index, is_from ? "from" : "to");

	if (kind == HOST_FILE) {
		put_file(path, is_from ? "from" : "to");
	} else if (kind == HOST_FULL_DIR) {
		assert_ok(mkdir(path, 0700));
		put_file(in_home(".claude/plugins/case-%zu-%s/inside", index,
				 is_from ? "from" : "to"),
			 is_from ? "from" : "to");
	}
}

static void make_side(size_t index, enum kind kind, bool is_from)
{
	switch (kind) {
	case ABSENT:
	case HOST_FILE:
	case HOST_FULL_DIR: break;
	case NEW_FILE: put_file(side(index, is_from, false), is_from ? "from" : "to"); break;
	case NEW_DIR: assert_ok(mkdir(side(index, is_from, false), 0700)); break;
	case NEW_FULL_DIR:
		assert_ok(mkdir(side(index, is_from, false), 0700));
		put_file(side(index, is_from, true), is_from ? "from" : "to");
		break;
	}
}

/* The side holds what a thing of this kind, made as "from" or "to", holds. */
static void expect_side(size_t index, bool is_from, enum kind kind, const char *content)
{
	struct stat st;
	int r = stat(side(index, is_from, false), &st);

	if (kind == ABSENT) {
		assert_int_equal(r, -1);
		assert_int_equal(errno, ENOENT);
		return;
	}
	assert_int_equal(r, 0);
	switch (kind) {
	case NEW_FILE:
	case HOST_FILE: assert_string_equal(get_file(side(index, is_from, false)), content); break;
	case NEW_FULL_DIR:
	case HOST_FULL_DIR:
		assert_string_equal(get_file(side(index, is_from, true)), content);
		break;
	case NEW_DIR: assert_false(lists_name(side(index, is_from, false), "inside")); break;
	case ABSENT: break;
	}
}

static void rename_does_what_the_kinds_allow(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASE_COUNT; i++) {
		const struct rename_case *row = &cases[i];
		int r;

		make_side(i, row->from, true);
		make_side(i, row->to, false);
		r = renameat2(AT_FDCWD, side(i, true, false), AT_FDCWD, side(i, false, false),
			      row->flags);
		if ((r < 0 ? errno : 0) != row->error)
			fail_msg("case %zu: %s, but must be %s", i,
				 r < 0 ? strerror(errno) : "worked",
				 row->error ? strerror(row->error) : "success");
		if (row->error) {
			expect_side(i, true, row->from, "from");
			expect_side(i, false, row->to, "to");
		} else {
			expect_side(i, true, ABSENT, NULL);
			expect_side(i, false, row->from, "from");
		}
	}
}

static void listing_shows_the_new_name_only(void **state)
{
	(void)state;
	put_file(in_view("plugins/listed-from"), "x");
	assert_true(lists_name(in_view("plugins"), "listed-from"));
	assert_ok(rename(in_view("plugins/listed-from"), in_view("plugins/listed-to")));
	assert_false(lists_name(in_view("plugins"), "listed-from"));
	assert_true(lists_name(in_view("plugins"), "listed-to"));
}

static void rename_onto_itself_changes_nothing(void **state)
{
	(void)state;
	put_file(in_view("plugins/same"), "same");
	assert_ok(rename(in_view("plugins/same"), in_view("plugins/same")));
	assert_string_equal(get_file(in_view("plugins/same")), "same");
}

static void directory_cannot_move_into_itself(void **state)
{
	(void)state;
	assert_ok(mkdir(in_view("plugins/outer"), 0700));
	assert_errno(rename(in_view("plugins/outer"), in_view("plugins/outer/inner")), EINVAL);
}

static void rename_out_of_the_view_is_another_device(void **state)
{
	(void)state;
	put_file(in_view("plugins/leaving"), "x");
	assert_errno(rename(in_view("plugins/leaving"), in_home("leaving")), EXDEV);
	assert_ok(unlink(in_view("plugins/leaving")));
}

static void deep_host_directory_moves_with_all_below(void **state)
{
	struct stat st;

	(void)state;
	assert_ok(rename(in_view("%s", fixture.own), in_view("projects/moved")));
	assert_string_equal(get_file(in_view("projects/moved/memory/MEMORY.md")),
			    "- remember the milk\n");
	assert_errno(stat(in_view("%s", fixture.own), &st), ENOENT);
	assert_ok(rename(in_view("projects/moved"), in_view("%s", fixture.own)));
	assert_string_equal(get_file(in_view("%s/memory/MEMORY.md", fixture.own)),
			    "- remember the milk\n");
}

static void refused_flags_are_journaled(void **state)
{
	(void)state;
	assert_true(journal_has_refusal("rename", EINVAL));
}

static void open_file_survives_being_replaced(void **state)
{
	char buf[8] = { 0 };
	int fd;

	(void)state;
	put_file(in_view("plugins/old"), "old");
	put_file(in_view("plugins/new"), "new");
	fd = open(in_view("plugins/old"), O_RDONLY | O_CLOEXEC);
	assert_ok(rename(in_view("plugins/new"), in_view("plugins/old")));
	assert_int_equal(pread(fd, buf, 8, 0), 3);
	assert_string_equal(buf, "old");
	assert_string_equal(get_file(in_view("plugins/old")), "new");
	assert_ok(close(fd));
}

/* Before the fixture mounts: the host's half of the table. */
static void fill_host(void)
{
	for (size_t i = 0; i < CASE_COUNT; i++) {
		make_host_side(i, cases[i].from, true);
		make_host_side(i, cases[i].to, false);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest renames[] = {
		cmocka_unit_test(rename_does_what_the_kinds_allow),
		cmocka_unit_test(deep_host_directory_moves_with_all_below),
		cmocka_unit_test(directory_cannot_move_into_itself),
		cmocka_unit_test(listing_shows_the_new_name_only),
		cmocka_unit_test(open_file_survives_being_replaced),
		cmocka_unit_test(refused_flags_are_journaled),
		cmocka_unit_test(rename_onto_itself_changes_nothing),
		cmocka_unit_test(rename_out_of_the_view_is_another_device),
	};

	fixture.fill_host = fill_host;
	return fixture_run(argc, argv, NULL, renames);
}

/* SPDX-License-Identifier: MIT */
/* What the rules hide does not exist: not by name, not in a listing, not in a count, not in an
 * error code. Every probe of a hidden name is compared with the same probe of a name that nobody
 * has. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "tests/mount/fixture.h"

/* Each hidden name with a twin that does not exist on the host either. */
static const struct hidden {
	const char *name;
	const char *twin;
} hidden[] = {
	{ "projects/-srv-other-secret", "projects/-srv-absent-one" },
	{ "projects/-srv-other-secret/" FIXTURE_OTHER_UUID ".jsonl",
	  "projects/-srv-absent-one/" FIXTURE_OTHER_UUID ".jsonl" },
	{ "todos/" FIXTURE_OTHER_UUID ".json", "todos/33333333-3333-4333-8333-333333333333.json" },
	{ "shell-snapshots", "shell-absent" },
	{ "shell-snapshots/snapshot-bash-1.sh", "shell-absent/snapshot-bash-1.sh" },
	{ "statsig", "statsig-absent" },
	{ "statsig/id", "statsig-absent/id" },
};
#define HIDDEN_COUNT (sizeof(hidden) / sizeof(hidden[0]))

static int probe_stat(const char *path)
{
	struct stat st;

	return lstat(path, &st);
}

static int probe_read(const char *path)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : 0;
}

static int probe_write(const char *path)
{
	cleanup_fd int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -1 : 0;
}

static int probe_list(const char *path)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -1 : 0;
}

static int probe_path(const char *path)
{
	cleanup_fd int fd = open(path, O_PATH | O_CLOEXEC);

	return fd < 0 ? -1 : 0;
}

static int probe_statfs(const char *path)
{
	struct statvfs st;

	return statvfs(path, &st);
}

static int probe_chmod(const char *path)
{
	return chmod(path, 0600);
}

static int probe_times(const char *path)
{
	return utimensat(AT_FDCWD, path, NULL, 0);
}

static int probe_rename(const char *path)
{
	return rename(path, in_view("stolen"));
}

static int probe_link(const char *path)
{
	return link(path, in_view("stolen"));
}

static int probe_xattr(const char *path)
{
	char value[8];

	return (int)lgetxattr(path, "user.x", value, sizeof(value));
}

static int probe_set_xattr(const char *path)
{
	return lsetxattr(path, "user.x", "1", 1, 0);
}

static int probe_below(const char *path)
{
	char below[4096];
	struct stat st;

	(void)snprintf(below, sizeof(below), "%s/below", path);
	return lstat(below, &st);
}

static int probe_make_below(const char *path)
{
	char below[4096];

	(void)snprintf(below, sizeof(below), "%s/below", path);
	return mkdir(below, 0700);
}

static const struct probe {
	const char *name;
	int (*run)(const char *path);
} probes[] = {
	{ "stat", probe_stat },
	{ "open", probe_read },
	{ "open for writing", probe_write },
	{ "open directory", probe_list },
	{ "open O_PATH", probe_path },
	{ "statfs", probe_statfs },
	{ "chmod", probe_chmod },
	{ "utimensat", probe_times },
	{ "unlink", unlink },
	{ "rmdir", rmdir },
	{ "chdir", chdir },
	{ "rename", probe_rename },
	{ "link", probe_link },
	{ "getxattr", probe_xattr },
	{ "setxattr", probe_set_xattr },
	{ "stat below", probe_below },
	{ "mkdir below", probe_make_below },
};

static void every_probe_of_a_hidden_name_says_enoent(void **state)
{
	(void)state;
	for (size_t i = 0; i < HIDDEN_COUNT; i++) {
		for (size_t p = 0; p < sizeof(probes) / sizeof(probes[0]); p++) {
			int r = probes[p].run(in_view("%s", hidden[i].name));
			int error = errno;

			if (r >= 0 || error != ENOENT)
				fail_msg("%s of %s: %s", probes[p].name, hidden[i].name,
					 r >= 0 ? "worked" : strerror(error));
			r = probes[p].run(in_view("%s", hidden[i].twin));
			if (r >= 0 || errno != ENOENT)
				fail_msg("%s of %s, which does not exist: %s", probes[p].name,
					 hidden[i].twin, r >= 0 ? "worked" : strerror(errno));
		}
	}
}

static void host_really_has_the_hidden_names(void **state)
{
	struct stat st;

	(void)state;
	for (size_t i = 0; i < HIDDEN_COUNT; i++) {
		assert_ok(stat(in_home(".claude/%s", hidden[i].name), &st));
		assert_errno(stat(in_home(".claude/%s", hidden[i].twin), &st), ENOENT);
	}
}

static void listings_leave_hidden_names_out(void **state)
{
	(void)state;
	assert_false(lists_name(in_view("projects"), "-srv-other-secret"));
	assert_false(lists_name(in_view("todos"), FIXTURE_OTHER_UUID ".json"));
	assert_false(lists_name(fixture.view, "shell-snapshots"));
	assert_false(lists_name(fixture.view, "statsig"));
	assert_true(lists_name(in_view("projects"), fixture.own + strlen("projects/")));
	assert_true(lists_name(in_view("todos"), FIXTURE_SESSION_UUID ".json"));
	assert_true(lists_name(fixture.view, "settings.json"));
}

static void link_counts_and_sizes_leave_hidden_names_out(void **state)
{
	struct stat st;

	(void)state;
	/* ".", its entry in the root, and the project's own directory. */
	assert_ok(stat(in_view("projects"), &st));
	assert_true(st.st_nlink == 3 || st.st_nlink == 1);
	assert_ok(stat(in_home(".claude/projects"), &st));
	assert_int_equal(st.st_nlink, 4);
}

static void history_shows_this_projects_lines_only(void **state)
{
	const char *text = get_file(in_view("history.jsonl"));
	struct stat st;

	(void)state;
	assert_non_null(strstr(text, "mine one"));
	assert_non_null(strstr(text, "mine two"));
	assert_null(strstr(text, "secret"));
	assert_null(strstr(text, "third"));
	assert_ok(stat(in_view("history.jsonl"), &st));
	assert_int_equal(st.st_size, (off_t)strlen(text));
}

static void configuration_tells_of_no_other_project_and_no_address(void **state)
{
	const char *text = get_file(in_view(".claude.json"));

	(void)state;
	assert_null(strstr(text, "other-secret"));
	assert_null(strstr(text, "example.org"));
	assert_non_null(strstr(text, "hasCompletedOnboarding"));
	assert_non_null(strstr(text, fixture.project));
}

static void host_credentials_are_never_served(void **state)
{
	struct stat st;

	(void)state;
	assert_errno(stat(in_view(".credentials.json"), &st), ENOENT);
}

/* The session may use a hidden name for itself, and finds nothing of the host's in it. */
static void hidden_name_can_be_made_anew(void **state)
{
	struct stat st;

	(void)state;
	assert_ok(mkdir(in_view("shell-snapshots"), 0700));
	assert_errno(stat(in_view("shell-snapshots/snapshot-bash-1.sh"), &st), ENOENT);
	assert_false(lists_name(in_view("shell-snapshots"), "snapshot-bash-1.sh"));
	put_file(in_view("shell-snapshots/snapshot-bash-1.sh"), "mine");
	assert_true(lists_name(fixture.view, "shell-snapshots"));
	assert_true(lists_name(in_view("shell-snapshots"), "snapshot-bash-1.sh"));
	assert_string_equal(get_file(in_view("shell-snapshots/snapshot-bash-1.sh")), "mine");
	assert_ok(unlink(in_view("shell-snapshots/snapshot-bash-1.sh")));
	assert_ok(rmdir(in_view("shell-snapshots")));
	assert_errno(stat(in_view("shell-snapshots"), &st), ENOENT);
}

static void hidden_name_behaves_as_a_new_one_at_both_ends(void **state)
{
	const char *other = in_view("todos/" FIXTURE_OTHER_UUID ".json");
	int fd;

	(void)state;
	fd = open(other, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), 0);
	assert_ok(close(fd));
	assert_ok(unlink(other));
	put_file(in_view("todos/new"), "moved here");
	assert_ok(renameat2(AT_FDCWD, in_view("todos/new"), AT_FDCWD, other, RENAME_NOREPLACE));
	assert_string_equal(get_file(other), "moved here");
}

static void folded_name_of_a_hidden_one_finds_nothing(void **state)
{
	struct stat st;

	(void)state;
	assert_errno(stat(in_view("STATSIG/id"), &st), ENOENT);
	assert_errno(stat(in_view("projects/-SRV-other-secret"), &st), ENOENT);
}

static void file_system_numbers_say_nothing_of_the_host(void **state)
{
	struct statvfs view;
	struct statvfs host;

	(void)state;
	assert_ok(statvfs(fixture.view, &view));
	assert_ok(statvfs(fixture.home, &host));
	assert_true(view.f_blocks != host.f_blocks || view.f_bfree != host.f_bfree);
	assert_int_equal(view.f_namemax, 255);
	assert_true(view.f_bavail > 0 && view.f_favail > 0);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest hidden_names[] = {
		cmocka_unit_test(host_really_has_the_hidden_names),
		cmocka_unit_test(every_probe_of_a_hidden_name_says_enoent),
		cmocka_unit_test(listings_leave_hidden_names_out),
		cmocka_unit_test(link_counts_and_sizes_leave_hidden_names_out),
		cmocka_unit_test(history_shows_this_projects_lines_only),
		cmocka_unit_test(configuration_tells_of_no_other_project_and_no_address),
		cmocka_unit_test(host_credentials_are_never_served),
		cmocka_unit_test(folded_name_of_a_hidden_one_finds_nothing),
		cmocka_unit_test(file_system_numbers_say_nothing_of_the_host),
		cmocka_unit_test(hidden_name_can_be_made_anew),
		cmocka_unit_test(hidden_name_behaves_as_a_new_one_at_both_ends),
	};

	return fixture_run(argc, argv, NULL, hidden_names);
}

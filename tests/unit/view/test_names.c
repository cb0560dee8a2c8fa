/* SPDX-License-Identifier: MIT */
/* Which names a session sees, and what making and removing them does. */
#include "tests/unit/view/view_cases.h"

#include <errno.h>

static void host_files_are_seen_and_read(void **state)
{
	struct fixture *f = *state;

	assert_content(f, "CLAUDE.md", "# host\n");
	assert_content(f, "plans/deep/three.md", "three\n");
	assert_int_equal(look(f, "nothing"), -ENOENT);
	assert_string_equal(journal_text(f, 0), "");
}

static void hidden_names_are_absent_everywhere(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(look(f, "backups"), -ENOENT);
	assert_int_equal(look(f, FIXTURE_OTHER), -ENOENT);
	assert_string_equal(names_in(f, "projects"), "-home-user-proj");
	assert_string_equal(names_in(f, ""),
			    "CLAUDE.md history.jsonl plans projects settings.json");
	assert_int_equal(stat_of(f, "projects").st_nlink, 3);
	assert_int_equal(stat_of(f, "").st_nlink, 4);
}

static void a_hidden_name_can_be_made_and_stays_private(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(try_mkdir(f, "backups"), 0);
	assert_string_equal(names_in(f, "backups"), "");
	assert_int_equal(look(f, "backups/old.json"), -ENOENT);
	write_path(f, "backups/old.json", "mine");
	assert_content(f, "backups/old.json", "mine");
	assert_int_equal(try_unlink(f, "backups/old.json"), 0);
	assert_int_equal(try_rmdir(f, "backups"), 0);
	assert_int_equal(look(f, "backups"), -ENOENT);
}

static void nothing_of_the_host_inode_leaks(void **state)
{
	struct fixture *f = *state;
	struct stat st = stat_of(f, "CLAUDE.md");
	struct stat host;

	assert_int_equal(fstatat(f->dir.fd, "claude/CLAUDE.md", &host, 0), 0);
	assert_int_not_equal(st.st_ino, host.st_ino);
	assert_int_equal(st.st_dev, 0);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(st.st_uid, 1234);
	assert_int_equal(st.st_gid, 2345);
	assert_int_equal(st.st_blocks, 1);
	assert_int_equal(st.st_mode, S_IFREG | 0644);
}

static void unlink_and_rmdir_of_host_entries_hide_them(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(try_rmdir(f, "plans/deep"), -ENOTEMPTY);
	assert_int_equal(try_unlink(f, "plans/deep"), -EISDIR);
	assert_int_equal(try_rmdir(f, "plans/one.md"), -ENOTDIR);
	assert_int_equal(try_unlink(f, "plans/deep/three.md"), 0);
	assert_int_equal(try_rmdir(f, "plans/deep"), 0);
	assert_int_equal(look(f, "plans/deep"), -ENOENT);
	assert_string_equal(names_in(f, "plans"), "one.md two.md");
	assert_int_equal(stat_of(f, "plans").st_nlink, 2);
	assert_string_equal(journal_text(f, 0), "base:plans/deep/three.md "
						"unlink:plans/deep/three.md base:plans/deep "
						"rmdir:plans/deep");
	assert_int_equal(faccessat(f->dir.fd, "claude/plans/deep/three.md", F_OK, 0), 0);
	/* A directory made anew in its place shows nothing of the old one. */
	assert_int_equal(try_mkdir(f, "plans/deep"), 0);
	assert_string_equal(names_in(f, "plans/deep"), "");
	assert_int_equal(stat_of(f, "plans").st_nlink, 3);
}

static void made_files_belong_to_the_user_or_the_caller(void **state)
{
	struct fixture *f = *state;

	write_path(f, "plans/new.md", "x");
	assert_int_equal(stat_of(f, "plans/new.md").st_uid, 1234);
	f->options.has_foreign_owners = true;
	f->caller.uid = 77;
	f->caller.gid = 78;
	fixture_remake(f, NULL);
	assert_int_equal(try_mkdir(f, "plans/dir"), 0);
	assert_int_equal(stat_of(f, "plans/dir").st_uid, 77);
	assert_int_equal(stat_of(f, "plans/dir").st_gid, 78);
	assert_int_equal(stat_of(f, "plans").st_uid, 1234);
}

static void existing_names_cannot_be_made_again(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(try_make(f, "plans/one.md"), -EEXIST);
	assert_int_equal(try_mkdir(f, "plans/one.md"), -EEXIST);
	assert_int_equal(try_mkdir(f, "plans"), -EEXIST);
	assert_int_equal(try_make(f, "plans/new.md"), 0);
	assert_int_equal(try_make(f, "plans/new.md"), -EEXIST);
	assert_int_equal(object_files(f), 1);
	assert_string_equal(journal_text(f, 0), "create:plans/new.md");
}

static void create_without_excl_opens_what_is_there(void **state)
{
	struct fixture *f = *state;
	struct view_file *file = create_path(f, "plans/one.md");

	assert_reads(file, 0, 10, "one\n");
	view_release(file);
	assert_string_equal(journal_text(f, 0), "");
}

static void link_counts_follow_subdirectories(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(stat_of(f, "plans").st_nlink, 3);
	assert_int_equal(try_mkdir(f, "plans/a"), 0);
	assert_int_equal(stat_of(f, "plans").st_nlink, 4);
	assert_int_equal(try_mkdir(f, "plans/a/b"), 0);
	assert_int_equal(stat_of(f, "plans/a").st_nlink, 3);
	assert_int_equal(try_rename(f, "plans/a", "a"), 0);
	assert_int_equal(stat_of(f, "plans").st_nlink, 3);
	assert_int_equal(stat_of(f, "a").st_nlink, 3);
	assert_int_equal(stat_of(f, "").st_nlink, 5);
	assert_int_equal(try_rename(f, "plans/deep", "a/deep"), 0);
	assert_int_equal(stat_of(f, "plans").st_nlink, 2);
	assert_int_equal(stat_of(f, "a").st_nlink, 4);
	assert_int_equal(try_rmdir(f, "a/b"), 0);
	assert_int_equal(stat_of(f, "a").st_nlink, 3);
}

static void counted_subdirectories_are_counted_again_when_they_change(void **state)
{
	struct fixture *f = *state;

	/* Long unchanged, so that the count is kept. */
	host_set_mtime(f, "plans", 1000);
	assert_int_equal(stat_of(f, "plans").st_nlink, 3);
	host_mkdir(f, "plans/second");
	assert_int_equal(stat_of(f, "plans").st_nlink, 4);
	host_set_mtime(f, "plans", 2000);
	assert_int_equal(stat_of(f, "plans").st_nlink, 4);
	assert_int_equal(try_rmdir(f, "plans/second"), 0);
	assert_int_equal(stat_of(f, "plans").st_nlink, 3);
}

static void directory_with_only_hidden_entries_is_empty_and_can_go(void **state)
{
	struct fixture *f = *state;

	host_mkdir(f, "themes");
	host_write(f, "themes/x.lock", "");
	fixture_remake(f, "{\"version\":1,\"rules\":[{\"path\":\"themes/*.lock\",\"read\":\"hide\","
			  "\"write\":\"never\",\"why\":\"test\"}]}");
	assert_string_equal(names_in(f, "themes"), "");
	assert_int_equal(try_rmdir(f, "themes"), 0);
	assert_int_equal(look(f, "themes"), -ENOENT);
	assert_string_equal(journal_text(f, 0), "base:themes rmdir:themes");
}

static void removed_directory_takes_no_new_names(void **state)
{
	struct fixture *f = *state;
	struct view_attr attr;
	uint64_t ino;

	assert_int_equal(try_mkdir(f, "plans/new"), 0);
	ino = ino_of(f, "plans/new");
	assert_int_equal(try_rmdir(f, "plans/new"), 0);
	assert_int_equal(view_mkdir(f->view, &f->caller, ino, "x", 0700, &attr), -ENOENT);
	assert_int_equal(view_lookup(f->view, ino, "x", &attr), -ENOENT);
	assert_int_equal(view_getattr(f->view, ino, &attr), 0);
	assert_int_equal(attr.st.st_nlink, 0);
}

static void clean_nodes_go_when_the_kernel_forgets_them(void **state)
{
	struct fixture *f = *state;
	struct view_usage before;
	struct view_usage after;
	uint64_t plans;
	uint64_t deep;
	uint64_t three;

	view_usage(f->view, &before);
	three = ino_of(f, "plans/deep/three.md");
	deep = ino_of(f, "plans/deep");
	plans = ino_of(f, "plans");
	view_forget(f->view, plans, 3);
	view_forget(f->view, deep, 2);
	view_usage(f->view, &after);
	assert_int_equal(after.nodes, before.nodes + 3);
	view_forget(f->view, three, 1);
	view_usage(f->view, &after);
	assert_int_equal(after.nodes, before.nodes);
	/* The number comes back with the name. */
	assert_int_equal(ino_of(f, "plans/deep/three.md"), three);
}

static void listing_tells_the_numbers_that_lookup_gives(void **state)
{
	struct fixture *f = *state;
	struct view_dir *dir;
	const char *name;
	uint64_t cursor = 2;
	uint64_t ino;
	mode_t type;
	unsigned int n = 0;

	write_path(f, "plans/new.md", "x");
	assert_int_equal(view_opendir(f->view, ino_of(f, "plans"), &dir), 0);
	while (view_readdir(dir, &cursor, &name, &ino, &type, NULL, false) == 1) {
		struct view_attr attr;

		assert_int_equal(view_lookup(f->view, ino_of(f, "plans"), name, &attr), 0);
		assert_int_equal(attr.st.st_ino, ino);
		assert_int_equal(attr.st.st_mode & S_IFMT, type);
		n++;
	}
	assert_int_equal(n, 4);
	view_closedir(dir);
}

static void rewound_directory_is_listed_afresh_and_plus_counts_lookups(void **state)
{
	struct fixture *f = *state;
	struct view_dir *dir;
	struct view_attr attr;
	const char *name;
	uint64_t cursor = 0;
	uint64_t ino;
	mode_t type;
	unsigned int n = 0;

	assert_int_equal(view_opendir(f->view, ino_of(f, "plans"), &dir), 0);
	while (view_readdir(dir, &cursor, &name, &ino, &type, NULL, false) == 1)
		n++;
	assert_int_equal(n, 5);
	assert_int_equal(try_unlink(f, "plans/one.md"), 0);
	write_path(f, "plans/x", "xyz");
	write_path(f, "plans/y", "xyz");
	n = 0;
	cursor = 0;
	while (view_readdir(dir, &cursor, &name, &ino, &type, &attr, true) == 1) {
		n++;
		if (strcmp(name, "x") == 0)
			assert_int_equal(attr.st.st_size, 3);
	}
	assert_int_equal(n, 6);
	view_closedir(dir);
}

static void own_sessions_become_visible_with_their_transcript(void **state)
{
	static const char uuid[] = "0b000000-0000-4000-8000-000000000002";
	struct fixture *f = *state;
	char path[256];
	char tasks[256];

	host_mkdir(f, "tasks");
	(void)snprintf(tasks, sizeof(tasks), "tasks/%s", uuid);
	host_mkdir(f, tasks);
	(void)snprintf(path, sizeof(path), "tasks/%s", FIXTURE_UUID);
	host_mkdir(f, path);
	/* That of the transcript which the host had at the start is own from the start. */
	assert_true(look(f, path) > 0);
	assert_int_equal(look(f, tasks), -ENOENT);
	host_set_mtime(f, "tasks", 1000);
	assert_int_equal(stat_of(f, "tasks").st_nlink, 3);
	(void)snprintf(path, sizeof(path), FIXTURE_ENCODED "/%s.jsonl", uuid);
	write_path(f, path, "{}\n");
	assert_true(look(f, tasks) > 0);
	assert_int_equal(stat_of(f, "tasks").st_nlink, 4);
}

static void names_and_paths_are_bounded(void **state)
{
	struct fixture *f = *state;
	struct view_attr attr;
	char name[300];
	uint64_t ino = VIEW_ROOT;
	int r = 0;
	int depth = 0;

	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	assert_int_equal(view_lookup(f->view, VIEW_ROOT, name, &attr), -ENAMETOOLONG);
	assert_int_equal(view_mkdir(f->view, &f->caller, VIEW_ROOT, name, 0700, &attr),
			 -ENAMETOOLONG);
	name[255] = '\0';
	while (r == 0 && depth < 100) {
		r = view_mkdir(f->view, &f->caller, ino, name, 0700, &attr);
		ino = attr.st.st_ino;
		depth += r == 0;
	}
	assert_int_equal(r, -ENAMETOOLONG);
	assert_int_equal(depth, 64);
	assert_int_equal(view_mkdir(f->view, &f->caller, VIEW_ROOT, "a/b", 0700, &attr), -EINVAL);
	assert_int_equal(view_mkdir(f->view, &f->caller, VIEW_ROOT, "..", 0700, &attr), -EINVAL);
}

static void missing_host_state_is_an_empty_view(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(renameat(f->dir.fd, "claude", f->dir.fd, "elsewhere"), 0);
	fixture_remake(f, NULL);
	assert_string_equal(names_in(f, ""), "");
	assert_int_equal(stat_of(f, "").st_mode, S_IFDIR | 0700);
	assert_int_equal(try_mkdir(f, "projects"), 0);
	write_path(f, "projects/x", "x");
	assert_content(f, "projects/x", "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		VIEW_CASE(host_files_are_seen_and_read),
		VIEW_CASE(hidden_names_are_absent_everywhere),
		VIEW_CASE(a_hidden_name_can_be_made_and_stays_private),
		VIEW_CASE(nothing_of_the_host_inode_leaks),
		VIEW_CASE(unlink_and_rmdir_of_host_entries_hide_them),
		VIEW_CASE(made_files_belong_to_the_user_or_the_caller),
		VIEW_CASE(existing_names_cannot_be_made_again),
		VIEW_CASE(create_without_excl_opens_what_is_there),
		VIEW_CASE(link_counts_follow_subdirectories),
		VIEW_CASE(counted_subdirectories_are_counted_again_when_they_change),
		VIEW_CASE(directory_with_only_hidden_entries_is_empty_and_can_go),
		VIEW_CASE(removed_directory_takes_no_new_names),
		VIEW_CASE(clean_nodes_go_when_the_kernel_forgets_them),
		VIEW_CASE(listing_tells_the_numbers_that_lookup_gives),
		VIEW_CASE(rewound_directory_is_listed_afresh_and_plus_counts_lookups),
		VIEW_CASE(own_sessions_become_visible_with_their_transcript),
		VIEW_CASE(names_and_paths_are_bounded),
		VIEW_CASE(missing_host_state_is_an_empty_view),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The host's ~/.claude: read-only, beneath its root, the user's own links served. */
#include "tests/unit/cmocka_setup.h"
#include "tests/unit/temp_dir.h"

#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "fs/base/cleanup.h"
#include "fs/host/host_tree.h"

static struct temp_dir dir;
static struct host_tree *tree;

/* home/.claude is the root, home/.claude.json beside it, home/dotfiles what links lead to. */
static int setup(void **state)
{
	char root[128];
	char config[128];

	(void)state;
	if (temp_dir_make(&dir) < 0 || mkdirat(dir.fd, ".claude", 0700) < 0 ||
	    mkdirat(dir.fd, ".claude/d", 0700) < 0 || mkdirat(dir.fd, "dotfiles", 0700) < 0 ||
	    mkdirat(dir.fd, "dotfiles/rules", 0700) < 0 ||
	    temp_dir_write(&dir, ".claude/d/f", "content") < 0 ||
	    temp_dir_write(&dir, ".claude.json", "{}") < 0 ||
	    temp_dir_write(&dir, "dotfiles/settings.json", "linked") < 0 ||
	    temp_dir_write(&dir, "dotfiles/rules/r", "rule") < 0)
		return -1;
	(void)snprintf(root, sizeof(root), "%s/.claude", dir.path);
	(void)snprintf(config, sizeof(config), "%s/.claude.json", dir.path);
	return host_tree_open(root, config, &tree);
}

static int teardown(void **state)
{
	(void)state;
	host_tree_close(tree);
	temp_dir_remove(&dir);
	return 0;
}

static int stat_of(const char *path)
{
	struct stat st;
	int r = host_tree_stat(tree, path, &st);

	return r < 0 ? r : (int)(st.st_mode & S_IFMT);
}

static void assert_content(const char *path, const char *expected)
{
	char buf[64] = "";
	struct stat st;
	cleanup_fd int fd = host_tree_open_file(tree, path, &st);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, buf, sizeof(buf) - 1), strlen(expected));
	assert_string_equal(buf, expected);
	assert_int_equal(st.st_size, strlen(expected));
}

static int open_result(const char *path)
{
	int fd = host_tree_open_file(tree, path, NULL);

	if (fd >= 0)
		(void)close(fd);
	return fd < 0 ? fd : 0;
}

static int append_name(const char *name, void *arg)
{
	(void)strcat(strcat(arg, name), " ");
	return 0;
}

static int stop_at_first(const char *name, void *arg)
{
	(void)name;
	++*(int *)arg;
	return 77;
}

static void files_and_directories_are_served(void **state)
{
	cleanup_fd int fd = -1;
	struct stat st;
	uint64_t dev;
	uint64_t ino;

	(void)state;
	assert_true(host_tree_exists(tree));
	host_tree_identity(tree, &dev, &ino);
	assert_int_equal(host_tree_stat(tree, "", &st), 0);
	assert_true(dev == st.st_dev && ino == st.st_ino);
	assert_int_equal(stat_of("d"), S_IFDIR);
	assert_int_equal(stat_of("d/f"), S_IFREG);
	assert_content("d/f", "content");
	assert_int_equal(stat_of("none"), -ENOENT);
	assert_int_equal(open_result("d"), -EISDIR);
	assert_int_equal(open_result("d/f/x"), -ENOTDIR);
	fd = host_tree_open_dir(tree, "d");
	assert_true(fd >= 0);
	assert_int_equal(host_tree_open_dir(tree, "d/f"), -ENOTDIR);
}

static void unclean_paths_are_refused(void **state)
{
	(void)state;
	assert_int_equal(stat_of(".."), -EINVAL);
	assert_int_equal(stat_of("d/../d"), -EINVAL);
	assert_int_equal(stat_of("/etc/passwd"), -EINVAL);
	assert_int_equal(open_result("d//f"), -EINVAL);
	assert_int_equal(host_tree_open_dir(tree, "../dotfiles"), -EINVAL);
}

static void opened_files_cannot_be_written(void **state)
{
	cleanup_fd int fd = host_tree_open_file(tree, "d/f", NULL);

	(void)state;
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(errno, EBADF);
}

static void special_files_do_not_exist(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	cleanup_fd int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/.claude/s", dir.path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(mkfifoat(dir.fd, ".claude/p", 0600), 0);
	assert_int_equal(symlinkat("p", dir.fd, ".claude/to_p"), 0);
	for (const char *const *name = (const char *const[]){ "s", "p", "to_p", NULL }; *name;
	     name++) {
		assert_int_equal(stat_of(*name), -ENOENT);
		assert_int_equal(open_result(*name), -ENOENT);
		assert_true(host_tree_open_dir(tree, *name) < 0);
	}
}

static void links_of_the_user_are_served_as_what_they_point_to(void **state)
{
	char target[128];
	char names[64] = "";

	(void)state;
	(void)snprintf(target, sizeof(target), "%s/dotfiles/rules/", dir.path);
	assert_int_equal(symlinkat("../dotfiles/settings.json", dir.fd, ".claude/settings.json"),
			 0);
	assert_int_equal(symlinkat(target, dir.fd, ".claude/rules"), 0);
	assert_int_equal(stat_of("settings.json"), S_IFREG);
	assert_content("settings.json", "linked");
	assert_int_equal(stat_of("rules"), S_IFDIR);
	assert_content("rules/r", "rule");
	assert_int_equal(host_tree_list(tree, "rules", append_name, names), 0);
	assert_string_equal(names, "r ");
	assert_int_equal(open_result("settings.json/x"), -ENOTDIR);
	assert_int_equal(open_result("rules/none"), -ENOENT);
}

static void directories_open_through_links_at_once(void **state)
{
	cleanup_fd int fd = -1;

	(void)state;
	assert_int_equal(symlinkat("../dotfiles", dir.fd, ".claude/l"), 0);
	fd = host_tree_open_dir(tree, "l");
	assert_true(fd >= 0);
	assert_content("l/rules/r", "rule");
}

static void a_link_is_resolved_once(void **state)
{
	(void)state;
	assert_int_equal(symlinkat("../dotfiles/rules", dir.fd, ".claude/l"), 0);
	assert_content("l/r", "rule");
	assert_int_equal(unlinkat(dir.fd, ".claude/l", 0), 0);
	assert_int_equal(symlinkat("/etc", dir.fd, ".claude/l"), 0);
	assert_content("l/r", "rule");
	assert_int_equal(stat_of("l/passwd"), -ENOENT);
	/* Also what lies behind it keeps its place when it is renamed. */
	assert_int_equal(renameat(dir.fd, "dotfiles", dir.fd, "moved"), 0);
	assert_content("l/r", "rule");
}

static void a_linked_file_that_is_replaced_is_served_anew(void **state)
{
	(void)state;
	assert_int_equal(symlinkat("../dotfiles/settings.json", dir.fd, ".claude/settings.json"),
			 0);
	assert_content("settings.json", "linked");
	assert_int_equal(temp_dir_write(&dir, "dotfiles/new", "replaced"), 0);
	assert_int_equal(renameat(dir.fd, "dotfiles/new", dir.fd, "dotfiles/settings.json"), 0);
	assert_content("settings.json", "replaced");
	assert_int_equal(unlinkat(dir.fd, "dotfiles/settings.json", 0), 0);
	assert_int_equal(stat_of("settings.json"), -ENOENT);
	/* A link in the place of a link's end is not followed: nobody resolved it at first use. */
	assert_int_equal(symlinkat("/etc/passwd", dir.fd, "dotfiles/settings.json"), 0);
	assert_int_equal(stat_of("settings.json"), -ENOENT);
	assert_int_equal(open_result("settings.json"), -ENOENT);
}

static void links_to_links_and_beneath_links_are_followed(void **state)
{
	(void)state;
	assert_int_equal(symlinkat("rules/r", dir.fd, "dotfiles/hop"), 0);
	assert_int_equal(symlinkat("../dotfiles/hop", dir.fd, ".claude/two_hops"), 0);
	assert_int_equal(symlinkat("../dotfiles", dir.fd, ".claude/l"), 0);
	assert_int_equal(symlinkat("..", dir.fd, "dotfiles/rules/up"), 0);
	assert_content("two_hops", "rule");
	assert_content("l/hop", "rule");
	assert_content("l/rules/up/rules/r", "rule");
}

static void links_without_an_end_are_absent(void **state)
{
	char path[64] = "self";

	(void)state;
	assert_int_equal(symlinkat("nowhere", dir.fd, ".claude/dangling"), 0);
	assert_int_equal(symlinkat("b", dir.fd, ".claude/a"), 0);
	assert_int_equal(symlinkat("a", dir.fd, ".claude/b"), 0);
	assert_int_equal(symlinkat(".", dir.fd, ".claude/self"), 0);
	assert_int_equal(stat_of("dangling"), -ENOENT);
	assert_int_equal(open_result("dangling"), -ENOENT);
	assert_true(host_tree_open_dir(tree, "dangling") < 0);
	assert_int_equal(stat_of("a"), -ENOENT);
	assert_int_equal(stat_of("self/d/f"), S_IFREG);
	for (int depth = 1; depth <= 8; depth++) {
		assert_int_equal(stat_of(path), S_IFDIR);
		(void)strcat(path, "/self");
	}
	assert_int_equal(stat_of(path), -ENOENT);
}

/* By text that names them, not by "." and "..". */
static void links_that_name_the_root_or_what_is_above_it_are_known(void **state)
{
	char target[128];
	char *other = NULL;

	(void)state;
	(void)snprintf(target, sizeof(target), "%s/.claude", dir.path);
	assert_int_equal(symlinkat(target, dir.fd, ".claude/whole"), 0);
	assert_int_equal(symlinkat(dir.path, dir.fd, ".claude/above"), 0);
	assert_int_equal(symlinkat("../dotfiles", dir.fd, ".claude/l"), 0);
	assert_int_equal(symlinkat("../.claude", dir.fd, "dotfiles/state"), 0);
	assert_int_equal(symlinkat(strrchr(dir.path, '/') + 1, dir.fd, "dotfiles/rules/x"), 0);
	assert_int_equal(symlinkat(dir.path, dir.fd, "dotfiles/rules/home"), 0);
	assert_int_equal(stat_of("above"), -ENOENT);
	assert_int_equal(stat_of("l/rules/x"), -ENOENT);
	assert_int_equal(stat_of("l/rules/home"), -ENOENT);
	assert_int_equal(stat_of("l/rules/home/.claude.json"), -ENOENT);
	assert_int_equal(stat_of("whole/d/f"), S_IFREG);
	assert_int_equal(host_tree_other_path(tree, "whole/d/f", &other), 0);
	assert_string_equal(other, "d/f");
	free(other);
	assert_int_equal(stat_of("l/state/d/f"), S_IFREG);
	assert_int_equal(host_tree_other_path(tree, "l/state/d/f", &other), 0);
	assert_string_equal(other, "d/f");
	free(other);
}

static void only_so_many_links_are_pinned(void **state)
{
	char name[32];

	(void)state;
	for (unsigned int i = 0; i < HOST_LINKS_MAX + 1; i++) {
		(void)snprintf(name, sizeof(name), ".claude/l%u", i);
		assert_int_equal(symlinkat("d", dir.fd, name), 0);
		assert_int_equal(stat_of(name + 8), i < HOST_LINKS_MAX ? S_IFDIR : -ENOENT);
	}
	assert_content("l0/f", "content");
	assert_content("d/f", "content");
}

static void the_config_is_served_from_beside_the_root(void **state)
{
	char names[64] = "";

	(void)state;
	assert_content(".claude.json", "{}");
	assert_int_equal(temp_dir_write(&dir, ".claude/.claude.json", "not me"), 0);
	assert_content(".claude.json", "{}");
	assert_int_equal(stat_of(".claude.json/x"), -ENOTDIR);
	assert_int_equal(host_tree_list(tree, "", append_name, names), 0);
	assert_string_equal(names, "d .claude.json ");
	/* Replaced by rename all the time. */
	assert_int_equal(temp_dir_write(&dir, "new", "{ }"), 0);
	assert_int_equal(renameat(dir.fd, "new", dir.fd, ".claude.json"), 0);
	assert_content(".claude.json", "{ }");
	assert_int_equal(unlinkat(dir.fd, ".claude.json", 0), 0);
	assert_int_equal(stat_of(".claude.json"), -ENOENT);
	names[0] = '\0';
	assert_int_equal(host_tree_list(tree, "", append_name, names), 0);
	assert_string_equal(names, "d ");
}

static void a_linked_config_is_resolved_too(void **state)
{
	(void)state;
	assert_int_equal(unlinkat(dir.fd, ".claude.json", 0), 0);
	assert_int_equal(symlinkat("dotfiles/settings.json", dir.fd, ".claude.json"), 0);
	assert_int_equal(stat_of(".claude.json"), S_IFREG);
	assert_content(".claude.json", "linked");
}

static void what_shadows_the_config_is_served_for_it(void **state)
{
	char root[128];
	char config[128];

	(void)state;
	(void)snprintf(root, sizeof(root), "%s/.claude", dir.path);
	(void)snprintf(config, sizeof(config), "%s/.claude.json", dir.path);
	assert_int_equal(temp_dir_write(&dir, ".claude/.config.json", "shadow"), 0);
	host_tree_close(tree);
	tree = NULL;
	assert_int_equal(host_tree_open(root, config, &tree), 0);
	assert_content(".claude.json", "shadow");
	/* Replaced by rename like the other. */
	assert_int_equal(temp_dir_write(&dir, "new", "newer"), 0);
	assert_int_equal(renameat(dir.fd, "new", dir.fd, ".claude/.config.json"), 0);
	assert_content(".claude.json", "newer");
	host_tree_close(tree);
	tree = NULL;
	/* A directory shadows nothing. */
	assert_int_equal(unlinkat(dir.fd, ".claude/.config.json", 0), 0);
	assert_int_equal(mkdirat(dir.fd, ".claude/.config.json", 0700), 0);
	assert_int_equal(host_tree_open(root, config, &tree), 0);
	assert_content(".claude.json", "{}");
}

static void without_a_config_path_the_one_inside_is_served(void **state)
{
	char root[128];

	(void)state;
	(void)snprintf(root, sizeof(root), "%s/.claude", dir.path);
	host_tree_close(tree);
	tree = NULL;
	assert_int_equal(host_tree_open(root, NULL, &tree), 0);
	assert_int_equal(stat_of(".claude.json"), -ENOENT);
	assert_int_equal(temp_dir_write(&dir, ".claude/.claude.json", "inside"), 0);
	assert_content(".claude.json", "inside");
}

static void an_absent_root_is_an_empty_tree(void **state)
{
	char names[64] = "";
	char path[128];
	uint64_t dev = 1;
	uint64_t ino = 1;

	(void)state;
	host_tree_close(tree);
	tree = NULL;
	(void)snprintf(path, sizeof(path), "%s/absent/.claude", dir.path);
	assert_int_equal(host_tree_open(path, path, &tree), 0);
	assert_false(host_tree_exists(tree));
	host_tree_identity(tree, &dev, &ino);
	assert_true(dev == 0 && ino == 0);
	assert_int_equal(stat_of(""), -ENOENT);
	assert_int_equal(stat_of("d"), -ENOENT);
	assert_int_equal(stat_of(".claude.json"), -ENOENT);
	assert_int_equal(open_result("d"), -ENOENT);
	assert_int_equal(host_tree_open_dir(tree, ""), -ENOENT);
	assert_int_equal(host_tree_list(tree, "", append_name, names), 0);
	assert_string_equal(names, "");
	assert_int_equal(host_tree_list(tree, "d", append_name, names), -ENOENT);
}

static void a_root_that_is_no_directory_is_an_error(void **state)
{
	struct host_tree *other = NULL;
	char path[128];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/.claude.json", dir.path);
	assert_int_equal(host_tree_open(path, NULL, &other), -ENOTDIR);
	(void)snprintf(path, sizeof(path), "%s/.claude", dir.path);
	assert_int_equal(host_tree_open(path, "/", &other), -EINVAL);
	assert_int_equal(host_tree_open(path, "..", &other), -EINVAL);
	assert_null(other);
}

static void a_root_that_is_a_link_is_followed_once(void **state)
{
	char path[128];

	(void)state;
	host_tree_close(tree);
	tree = NULL;
	assert_int_equal(symlinkat(".claude", dir.fd, "link"), 0);
	(void)snprintf(path, sizeof(path), "%s/link", dir.path);
	assert_int_equal(host_tree_open(path, NULL, &tree), 0);
	assert_int_equal(unlinkat(dir.fd, "link", 0), 0);
	assert_int_equal(symlinkat("dotfiles", dir.fd, "link"), 0);
	assert_content("d/f", "content");
}

static void a_listing_stops_when_told(void **state)
{
	int count = 0;

	(void)state;
	assert_int_equal(host_tree_list(tree, "", stop_at_first, &count), 77);
	assert_int_equal(count, 1);
}

static void deep_paths_are_served(void **state)
{
	char path[8192] = "";
	char name[201];
	cleanup_fd int at = openat(dir.fd, ".claude", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t len = 0;

	(void)state;
	memset(name, 'n', 200);
	name[200] = '\0';
	for (int i = 0; i < 30; i++) {
		int next;

		assert_int_equal(mkdirat(at, name, 0700), 0);
		next = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		(void)close(at);
		at = next;
		len += (size_t)snprintf(path + len, sizeof(path) - len, "%s%s", i ? "/" : "", name);
	}
	assert_int_equal(stat_of(path), S_IFDIR);
	assert_int_equal(symlinkat("../../../../..", at, "up"), 0);
	(void)strcat(path, "/up");
	assert_int_equal(stat_of(path), S_IFDIR);
}

#define THREADS 8

static void *use_links(void *arg)
{
	char path[32];

	(void)arg;
	for (int i = 0; i < 200; i++) {
		(void)snprintf(path, sizeof(path), "l%d/f", i % 50);
		if (open_result(path) != 0 || stat_of(path) != S_IFREG)
			return tree;
	}
	return NULL;
}

static void threads_share_the_links(void **state)
{
	pthread_t threads[THREADS];
	char name[32];

	(void)state;
	for (int i = 0; i < 50; i++) {
		(void)snprintf(name, sizeof(name), ".claude/l%d", i);
		assert_int_equal(symlinkat("d", dir.fd, name), 0);
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use_links, NULL), 0);
	for (int i = 0; i < THREADS; i++) {
		void *result = NULL;

		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_null(result);
	}
	/* None was pinned twice: there is room for all the others. */
	for (unsigned int i = 50; i < HOST_LINKS_MAX; i++) {
		(void)snprintf(name, sizeof(name), ".claude/l%u", i);
		assert_int_equal(symlinkat("d", dir.fd, name), 0);
		assert_int_equal(stat_of(name + 8), S_IFDIR);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(files_and_directories_are_served),
		TEST(unclean_paths_are_refused),
		TEST(opened_files_cannot_be_written),
		TEST(special_files_do_not_exist),
		TEST(links_of_the_user_are_served_as_what_they_point_to),
		TEST(directories_open_through_links_at_once),
		TEST(a_link_is_resolved_once),
		TEST(a_linked_file_that_is_replaced_is_served_anew),
		TEST(links_to_links_and_beneath_links_are_followed),
		TEST(links_without_an_end_are_absent),
		TEST(links_that_name_the_root_or_what_is_above_it_are_known),
		TEST(only_so_many_links_are_pinned),
		TEST(the_config_is_served_from_beside_the_root),
		TEST(a_linked_config_is_resolved_too),
		TEST(what_shadows_the_config_is_served_for_it),
		TEST(without_a_config_path_the_one_inside_is_served),
		TEST(an_absent_root_is_an_empty_tree),
		TEST(a_root_that_is_no_directory_is_an_error),
		TEST(a_root_that_is_a_link_is_followed_once),
		TEST(a_listing_stops_when_told),
		TEST(deep_paths_are_served),
		TEST(threads_share_the_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

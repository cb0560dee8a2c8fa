/* SPDX-License-Identifier: MIT */
/* Session directories, their ids and locks. */
#include "tests/unit/cmocka_setup.h"
#include "tests/unit/temp_dir.h"

#include <errno.h>
#include <signal.h>

#include "fs/base/cleanup.h"
#include "fs/session/lock.h"
#include "fs/session/session_dir.h"

static struct temp_dir dir;

/* Both variables always point into the private directory. */
static int setup(void **state)
{
	char path[128];

	(void)state;
	if (temp_dir_make(&dir) < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/state", dir.path);
	return setenv("HOME", dir.path, 1) < 0 || setenv("XDG_STATE_HOME", path, 1) < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	temp_dir_remove(&dir);
	return 0;
}

static int open_state(void)
{
	int fd = session_state_open(true);

	assert_true(fd >= 0);
	return fd;
}

static int create(int state_fd, struct manifest *manifest)
{
	*manifest = (struct manifest){
		.project = strdup("/p"),
		.host_root = strdup("/h/.claude"),
		.host_config = strdup("/h/.claude.json"),
	};
	return session_create(state_fd, manifest);
}

static void the_state_path_follows_the_environment(void **state)
{
	char *path = session_state_path();
	char expected[128];

	(void)state;
	(void)snprintf(expected, sizeof(expected), "%s/state/claudefs", dir.path);
	assert_string_equal(path, expected);
	free(path);
	assert_int_equal(setenv("XDG_STATE_HOME", "relative", 1), 0);
	path = session_state_path();
	(void)snprintf(expected, sizeof(expected), "%s/.local/state/claudefs", dir.path);
#ifndef __APPLE__
	assert_string_equal(path, expected);
#endif
	free(path);
	assert_int_equal(setenv("HOME", "", 1), 0);
	assert_null(session_state_path());
	assert_int_equal(session_state_open(true), -EINVAL);
}

static void the_state_is_made_private(void **state)
{
	cleanup_fd int fd = session_state_open(false);
	struct stat st;

	(void)state;
	assert_int_equal(fd, -ENOENT);
	fd = open_state();
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0700);
	assert_int_equal(fstatat(dir.fd, "state", &st, 0), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0700);
}

static void a_state_that_others_may_write_is_refused(void **state)
{
	cleanup_fd int fd = open_state();

	(void)state;
	assert_int_equal(fchmod(fd, 0770), 0);
	assert_int_equal(session_state_open(true), -EPERM);
	assert_int_equal(fchmod(fd, 0702), 0);
	assert_int_equal(session_state_open(true), -EPERM);
	assert_int_equal(fchmod(fd, 0755), 0);
	cleanup_close_fd(&fd);
	fd = open_state();
	if (geteuid() != 0)
		return;
	assert_int_equal(fchown(fd, 12345, 12345), 0);
	assert_int_equal(session_state_open(true), -EPERM);
}

static void only_well_formed_ids_are_ids(void **state)
{
	static const char *const bad[] = {
		"",
		".",
		"..",
		"20260102T030405.678Z-0a1b2c3",
		"20260102T030405.678Z-0a1b2c3dd",
		"20260102T030405.678Z-0A1B2C3D",
		"20260102T030405.678Z/0a1b2c3d",
		"2026010xT030405.678Z-0a1b2c3d",
		"../60102T030405.678Z-0a1b2c3d",
	};
	cleanup_fd int fd = open_state();

	(void)state;
	assert_true(session_id_is_valid("20260102T030405.678Z-0a1b2c3d"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(session_id_is_valid(bad[i]));
		assert_int_equal(session_open(fd, bad[i]), -EINVAL);
	}
	assert_int_equal(session_open(fd, "20260102T030405.678Z-0a1b2c3d"), -ENOENT);
}

static void sessions_are_listed_newest_first(void **state)
{
	cleanup_fd int state_fd = open_state();
	char newest[SESSION_ID_MAX] = "";
	char **ids = NULL;

	(void)state;
	assert_int_equal(session_list(state_fd, &ids), 0);
	session_list_free(ids, 0);
	for (int i = 0; i < 3; i++) {
		cleanup_manifest struct manifest manifest = { 0 };
		cleanup_fd int fd = create(state_fd, &manifest);

		assert_true(fd >= 0);
		assert_true(session_id_is_valid(manifest.id));
		(void)strcpy(newest, manifest.id);
		(void)usleep(3000);
	}
	assert_int_equal(mkdirat(dir.fd, "state/claudefs/sessions/not-an-id", 0700), 0);
	assert_int_equal(session_list(state_fd, &ids), 3);
	assert_string_equal(ids[0], newest);
	assert_true(strcmp(ids[1], ids[2]) > 0);
	session_list_free(ids, 3);
}

static void a_session_opens_by_its_id_with_its_manifest(void **state)
{
	cleanup_manifest struct manifest manifest = { 0 };
	cleanup_manifest struct manifest again = { 0 };
	cleanup_fd int state_fd = open_state();
	cleanup_fd int created = create(state_fd, &manifest);
	cleanup_fd int opened = -1;
	struct stat st;

	(void)state;
	assert_true(created >= 0);
	opened = session_open(state_fd, manifest.id);
	assert_true(opened >= 0);
	assert_int_equal(fstat(opened, &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0700);
	assert_int_equal(manifest_read(opened, manifest.id, &again), 0);
	assert_string_equal(again.id, manifest.id);
	assert_int_equal(again.start_ns, manifest.start_ns);
}

static void a_link_in_place_of_a_session_is_refused(void **state)
{
	cleanup_manifest struct manifest manifest = { 0 };
	cleanup_fd int state_fd = open_state();
	cleanup_fd int created = create(state_fd, &manifest);

	(void)state;
	assert_true(created >= 0);
	assert_int_equal(symlinkat(manifest.id, openat(state_fd, "sessions", O_RDONLY),
				   "20260102T030405.678Z-0a1b2c3d"),
			 0);
	assert_true(session_open(state_fd, "20260102T030405.678Z-0a1b2c3d") < 0);
}

static void a_session_that_cannot_be_described_leaves_nothing(void **state)
{
	struct manifest manifest = { 0 };
	cleanup_fd int state_fd = open_state();
	char **ids = NULL;

	(void)state;
	assert_int_equal(session_create(state_fd, &manifest), -EINVAL);
	assert_int_equal(session_list(state_fd, &ids), 0);
	session_list_free(ids, 0);
	manifest_done(&manifest);
}

static void a_lock_runs_as_long_as_its_holder(void **state)
{
	cleanup_manifest struct manifest manifest = { 0 };
	cleanup_fd int state_fd = open_state();
	cleanup_fd int session_fd = create(state_fd, &manifest);
	int lock;

	(void)state;
	assert_true(session_fd >= 0);
	assert_false(session_is_running(session_fd));
	lock = lock_take(session_fd, LOCK_SESSION_NAME);
	assert_true(lock >= 0);
	assert_true(session_is_running(session_fd));
	assert_int_equal(lock_take(session_fd, LOCK_SESSION_NAME), -EBUSY);
	assert_int_equal(close(lock), 0);
	assert_false(session_is_running(session_fd));
	lock = lock_take(session_fd, LOCK_SESSION_NAME);
	assert_true(lock >= 0);
	assert_int_equal(close(lock), 0);
}

static void a_lock_dies_with_its_process(void **state)
{
	int ready[2];
	char byte;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		bool is_taken = lock_take(dir.fd, "l") >= 0;

		(void)!write(ready[1], is_taken ? "y" : "n", 1);
		(void)pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(byte, 'y');
	assert_true(lock_is_held(dir.fd, "l"));
	assert_int_equal(lock_take(dir.fd, "l"), -EBUSY);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_false(lock_is_held(dir.fd, "l"));
	(void)close(ready[0]);
	(void)close(ready[1]);
}

static void what_is_no_lock_file_counts_as_held(void **state)
{
	(void)state;
	assert_false(lock_is_held(dir.fd, "none"));
	assert_int_equal(mkfifoat(dir.fd, "fifo", 0600), 0);
	assert_int_equal(lock_take(dir.fd, "fifo"), -EINVAL);
	assert_true(lock_is_held(dir.fd, "fifo"));
	assert_int_equal(symlinkat("none", dir.fd, "link"), 0);
	assert_true(lock_take(dir.fd, "link") < 0);
	assert_true(lock_is_held(dir.fd, "link"));
	assert_int_equal(faccessat(dir.fd, "none", F_OK, 0), -1);
}

static void host_states_are_locked_one_by_one(void **state)
{
	cleanup_fd int state_fd = open_state();
	cleanup_fd int first = lock_take_host(state_fd, 1, UINT64_MAX);
	cleanup_fd int other = lock_take_host(state_fd, 2, UINT64_MAX);

	(void)state;
	assert_true(first >= 0);
	assert_true(other >= 0);
	assert_int_equal(lock_take_host(state_fd, 1, UINT64_MAX), -EBUSY);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_state_path_follows_the_environment),
		TEST(the_state_is_made_private),
		TEST(a_state_that_others_may_write_is_refused),
		TEST(only_well_formed_ids_are_ids),
		TEST(sessions_are_listed_newest_first),
		TEST(a_session_opens_by_its_id_with_its_manifest),
		TEST(a_link_in_place_of_a_session_is_refused),
		TEST(a_session_that_cannot_be_described_leaves_nothing),
		TEST(a_lock_runs_as_long_as_its_holder),
		TEST(a_lock_dies_with_its_process),
		TEST(what_is_no_lock_file_counts_as_held),
		TEST(host_states_are_locked_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

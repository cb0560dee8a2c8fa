/* SPDX-License-Identifier: MIT */
/* A disk that fills up under the session: ENOSPC and nothing else, what was acknowledged stays, and
 * the person is told. Needs root, who can make a small disk. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/message.h"
#include "fs/review/replay.h"
#include "tests/mount/fixture.h"

#define BLOCK (16u << 10)

static int setup(void **state)
{
	(void)state;
	if (mount("tmpfs", in_root("state"), "tmpfs", MS_NOSUID | MS_NODEV, "size=2m,mode=0700") <
	    0)
		return -1;
	if (fixture_new_session() < 0)
		return -1;
	return fixture_mount();
}

static int teardown(void **state)
{
	(void)state;
	if (fixture.daemon > 0)
		(void)fixture_stop(SIGKILL);
	fixture_force_unmount();
	(void)close(fixture.session_fd);
	fixture.session_fd = -1;
	return umount2(in_root("state"), MNT_DETACH);
}

/* The disk's other tenant: takes all that is left. */
static void fill_disk(void)
{
	static const char zeroes[4096];
	int fd = open(in_root("state/filler"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	while (write(fd, zeroes, sizeof(zeroes)) > 0)
		;
	assert_int_equal(errno, ENOSPC);
	assert_ok(close(fd));
}

/* Appends numbered blocks until one is refused. Returns how many were acknowledged. */
static unsigned int write_until_refused(const char *path)
{
	static char block[BLOCK];
	unsigned int count = 0;
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	for (;;) {
		memset(block, 'a' + (int)(count % 26), sizeof(block));
		if (write(fd, block, sizeof(block)) != (ssize_t)sizeof(block))
			break;
		count++;
		assert_true(count < 1000);
	}
	assert_int_equal(errno, ENOSPC);
	(void)close(fd);
	return count;
}

static void expect_blocks(const char *path, unsigned int count)
{
	static char block[BLOCK];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	for (unsigned int i = 0; i < count; i++) {
		assert_int_equal(pread(fd, block, BLOCK, (off_t)i * BLOCK), BLOCK);
		assert_int_equal(block[0], 'a' + (int)(i % 26));
		assert_int_equal(block[BLOCK - 1], 'a' + (int)(i % 26));
	}
	assert_ok(close(fd));
}

static void full_disk_is_enospc_and_keeps_what_was_acknowledged(void **state)
{
	unsigned int count;

	(void)state;
	count = write_until_refused(in_view("filling"));
	assert_true(count > 10);
	expect_blocks(in_view("filling"), count);
	assert_string_equal(get_file(in_view("CLAUDE.md")), get_file(in_home(".claude/CLAUDE.md")));
	/* Room again: the session goes on. */
	assert_ok(unlink(in_view("filling")));
	put_file(in_view("afterwards"), "works");
	assert_string_equal(get_file(in_view("afterwards")), "works");
	assert_int_equal(fixture_stop(SIGTERM), 0);
}

static void person_is_told_once(void **state)
{
	char path[256];
	char log[4096];
	ssize_t n;
	int fd;

	(void)state;
	(void)write_until_refused(in_view("filling"));
	(void)write_until_refused(in_view("filling"));
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/daemon.log", fixture.session_fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	n = fd_pread_all(fd, log, sizeof(log) - 1, 0);
	assert_true(n > 0);
	log[n] = '\0';
	assert_ok(close(fd));
	assert_non_null(strstr(log, "no space left for the session"));
	assert_null(strstr(strstr(log, "no space left") + 1, "no space left"));
	assert_non_null(strstr(fixture_stderr(), "no space left for the session"));
}

static void no_name_is_made_or_lost_on_a_full_disk(void **state)
{
	char name[64];
	unsigned int count = 0;
	struct stat st;

	(void)state;
	fill_disk();
	for (;; count++) {
		(void)snprintf(name, sizeof(name), "dir-%u", count);
		if (mkdir(in_view("%s", name), 0700) < 0)
			break;
		assert_true(count < 10000);
	}
	assert_int_equal(errno, ENOSPC);
	assert_errno(stat(in_view("%s", name), &st), ENOENT);
	assert_false(lists_name(fixture.view, name));
	/* What cannot be recorded does not happen. */
	assert_errno(unlink(in_view("CLAUDE.md")), ENOSPC);
	assert_ok(stat(in_view("CLAUDE.md"), &st));
	assert_errno(rename(in_view("CLAUDE.md"), in_view("gone")), ENOSPC);
	assert_ok(stat(in_view("CLAUDE.md"), &st));
	assert_errno(stat(in_view("gone"), &st), ENOENT);
}

static void journal_of_a_full_disk_is_readable(void **state)
{
	cleanup_replay struct replay *replay = NULL;
	const char *reason = NULL;
	uint64_t offset = 0;
	int status;

	(void)state;
	fill_disk();
	while (mkdir(in_view("dir-%llu", (unsigned long long)offset), 0700) == 0)
		offset++;
	status = fixture_stop(SIGTERM);
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == EXIT_NO_SPACE);
	assert_int_equal(replay_new(fixture.session_fd, fixture.session_id, &replay), 0);
	assert_int_not_equal(replay_state(replay, &reason, &offset), JOURNAL_DAMAGED);
}

int main(int argc, char **argv)
{
#define small(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	static const struct CMUnitTest full_disks[] = {
		small(full_disk_is_enospc_and_keeps_what_was_acknowledged),
		small(journal_of_a_full_disk_is_readable),
		small(no_name_is_made_or_lost_on_a_full_disk),
		small(person_is_told_once),
	};
#undef small
	int r;

	if (geteuid() != 0)
		return FIXTURE_SKIPPED;
	r = fixture_make(argc, argv);
	if (r != 0)
		return r;
	r = cmocka_run_group_tests(full_disks, NULL, NULL);
	if (fixture_check_host() < 0) {
		(void)fprintf(stderr, "the host's files have changed\n");
		r = 1;
	}
	fixture_remove();
	return r ? 1 : 0;
}

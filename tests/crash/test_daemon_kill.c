/* SPDX-License-Identifier: MIT */
/* kill -9 of the daemon at random instants, under writers that fsync: whatever was acknowledged is
 * in the journal and its objects, the journal is readable, and the mount never uncovers a
 *directory.
 *
 *	test_daemon_kill CLAUDEFS_MOUNT MANIFEST_OF_TREE
 *
 * CLAUDEFS_TEST_SEED repeats a run, CLAUDEFS_TEST_ROUNDS lengthens it. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/journal/content_store.h"
#include "fs/review/replay.h"
#include "tests/crash/writers.h"
#include "tests/lib/form.h"
#include "tests/lib/stuck.h"
#include "tests/mount/fixture.h"

#define ROUNDS       1000u
#define ROUNDS_LONG  10000u
#define DELAY_MAX_US 12000u /* some ten steps of the writers */

static unsigned int seed;  /* as given or chosen */
static unsigned int draws; /* its state */

struct acknowledgement {
	unsigned int writer;
	unsigned int number;
};

static pid_t start_writer(unsigned int index, int ack_fd)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	for (unsigned int number = 1; writers[index].write_next(&writers[index], number);
	     number++) {
		struct acknowledgement ack = { index, number };

		if (write(ack_fd, &ack, sizeof(ack)) != (ssize_t)sizeof(ack))
			_exit(1);
	}
	_exit(0);
}

/* Runs the writers until the daemon gets the signal. acked: the last acknowledged number of each.
 */
static void run_until(int signal, unsigned int delay_us, unsigned int acked[WRITERS])
{
	struct acknowledgement ack;
	pid_t pids[WRITERS];
	int fds[2];
	int status;

	memset(acked, 0, WRITERS * sizeof(acked[0]));
	assert_ok(pipe(fds));
	/* Large enough that no writer waits for us: at most a few thousand acknowledgements. */
	assert_true(fcntl(fds[1], F_SETPIPE_SZ, 1 << 20) > 0);
	for (unsigned int i = 0; i < WRITERS; i++)
		pids[i] = start_writer(i, fds[1]);
	assert_ok(close(fds[1]));
	assert_ok(usleep(delay_us));
	status = fixture_stop(signal);
	assert_true(signal == SIGKILL ? WIFSIGNALED(status) : status == 0);
	while (read(fds[0], &ack, sizeof(ack)) == (ssize_t)sizeof(ack))
		acked[ack.writer] = ack.number;
	assert_ok(close(fds[0]));
	for (unsigned int i = 0; i < WRITERS; i++)
		assert_int_equal(stuck_wait(pids[i], 60, NULL), 0);
}

static enum journal_state state_of_journal(void)
{
	cleanup_replay struct replay *replay = NULL;
	const char *reason = NULL;
	uint64_t offset = 0;
	enum journal_state state;

	assert_int_equal(replay_new(fixture.session_fd, fixture.session_id, &replay), 0);
	state = replay_state(replay, &reason, &offset);
	if (state == JOURNAL_DAMAGED)
		fail_msg("seed %u: the journal is damaged at %llu: %s", seed,
			 (unsigned long long)offset, reason ? reason : "-");
	return state;
}

static void expect_readable_journal(void)
{
	enum journal_state state = state_of_journal();

	assert_true(state == JOURNAL_OPEN || state == JOURNAL_TORN);
}

static void expect_covered_mountpoint(void)
{
	/* (stat of the mountpoint may still be answered from the kernel's cache for a second.) */
	assert_errno(mkdir(in_view("uncovered"), 0700), ENOTCONN);
	assert_errno(open(in_view("uncovered"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), ENOTCONN);
}

static unsigned int rounds(void)
{
	const char *text = getenv("CLAUDEFS_TEST_ROUNDS");

	if (text)
		return (unsigned int)strtoul(text, NULL, 10);
	return form_is_long() ? ROUNDS_LONG : ROUNDS;
}

static void acknowledged_writes_survive_a_kill_at_any_instant(void **state)
{
	unsigned int acked[WRITERS];
	unsigned int total = 0;

	(void)state;
	for (unsigned int round = 0; round < rounds(); round++) {
		unsigned int delay = (unsigned int)rand_r(&draws) % DELAY_MAX_US;
		const struct writer *loser;

		assert_int_equal(fixture_new_session(), 0);
		assert_int_equal(fixture_mount(), 0);
		run_until(SIGKILL, delay, acked);
		expect_covered_mountpoint();
		expect_readable_journal();
		loser = find_loss(acked);
		if (loser)
			fail_msg("round %u, killed after %u us: %s: acknowledged, but not there",
				 round, delay, loser->name);
		for (size_t i = 0; i < WRITERS; i++)
			total += acked[i];
		fixture_force_unmount();
		assert_false(fixture_is_mounted());
		remove_session();
	}
	(void)printf("%u rounds, %u acknowledged writes\n", rounds(), total);
	assert_true(total > rounds());
}

/* Writers that never pause must not keep the daemon from ending, and lose nothing by it. */
static void ordered_end_under_load_is_quick_and_loses_nothing(void **state)
{
	unsigned int acked[WRITERS];

	(void)state;
	for (unsigned int round = 0; round < 10; round++) {
		time_t start = time(NULL);
		const struct writer *loser;

		assert_int_equal(fixture_new_session(), 0);
		assert_int_equal(fixture_mount(), 0);
		run_until(SIGTERM, (unsigned int)rand_r(&draws) % DELAY_MAX_US, acked);
		assert_true(time(NULL) - start < 5);
		assert_false(fixture_is_mounted());
		assert_int_equal(state_of_journal(), JOURNAL_COMPLETE);
		loser = find_loss(acked);
		if (loser)
			fail_msg("round %u: %s: acknowledged, but not there", round, loser->name);
	}
}

/* Each object is cut to nothing: the check above must see it. */
static void lost_content_would_be_noticed(void **state)
{
	unsigned int acked[WRITERS];
	cleanup_content_store struct content_store *store = NULL;

	(void)state;
	assert_int_equal(fixture_new_session(), 0);
	assert_int_equal(fixture_mount(), 0);
	run_until(SIGKILL, 300000, acked);
	assert_null(find_loss(acked));
	assert_true(acked[0] > 0);
	assert_int_equal(content_store_open(fixture.session_fd, false, &store), 0);
	for (uint64_t object = 1; object < 10000; object++) {
		cleanup_fd int fd = content_store_open_object(store, object, O_RDWR);

		if (fd >= 0)
			assert_ok(ftruncate(fd, 0));
	}
	assert_non_null(find_loss(acked));
	fixture_force_unmount();
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest kills[] = {
		cmocka_unit_test(acknowledged_writes_survive_a_kill_at_any_instant),
		cmocka_unit_test(lost_content_would_be_noticed),
		cmocka_unit_test(ordered_end_under_load_is_quick_and_loses_nothing),
	};
	const char *text = getenv("CLAUDEFS_TEST_SEED");
	int r = fixture_make(argc, argv);

	if (r != 0)
		return r;
	sessions_in_memory();
	seed = text ? (unsigned int)strtoul(text, NULL, 10) : (unsigned int)time(NULL);
	draws = seed;
	(void)printf("CLAUDEFS_TEST_SEED=%u\n", seed);
	r = cmocka_run_group_tests(kills, NULL, NULL);
	if (fixture_check_host() < 0) {
		(void)fprintf(stderr, "the host's files have changed\n");
		r = 1;
	}
	remove_sessions();
	fixture_remove();
	return r ? 1 : 0;
}

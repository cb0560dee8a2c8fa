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
#include "fs/base/fd.h"
#include "fs/journal/content_store.h"
#include "fs/review/replay.h"
#include "tests/mount/fixture.h"

#define ROUNDS       50u
#define DELAY_MAX_US 60000u

static unsigned int seed;  /* as given or chosen */
static unsigned int draws; /* its state */

/* How one writer writes, and how its acknowledged work is found again. Content is numbered from 1.
 */
struct writer {
	const char *name;
	const char *path; /* of the file, below the project's directory */
	bool (*write_next)(const struct writer *writer, unsigned int number);
	/* True if content holds all up to number. */
	bool (*holds)(const char *content, unsigned int number);
};

struct acknowledgement {
	unsigned int writer;
	unsigned int number;
};

static bool write_line(int fd, unsigned int number)
{
	char line[32];
	int n = snprintf(line, sizeof(line), "{\"n\":%010u}\n", number);

	return write(fd, line, (size_t)n) == n && fsync(fd) == 0;
}

static bool append_next(const struct writer *writer, unsigned int number)
{
	cleanup_fd int fd = open(in_view("%s/%s", fixture.own, writer->path),
				 O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	return fd >= 0 && write_line(fd, number);
}

static bool rewrite_next(const struct writer *writer, unsigned int number)
{
	cleanup_fd int fd = open(in_view("%s/%s", fixture.own, writer->path),
				 O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	return fd >= 0 && write_line(fd, number);
}

static bool save_next(const struct writer *writer, unsigned int number)
{
	const char *temp = in_view("%s/%s.tmp.%u", fixture.own, writer->path, number);
	cleanup_fd int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	return fd >= 0 && write_line(fd, number) &&
	       rename(temp, in_view("%s/%s", fixture.own, writer->path)) == 0;
}

/* Every line from 1 on, behind whatever the host's file had before. */
static bool holds_lines(const char *content, unsigned int number)
{
	const char *at = strstr(content, "{\"n\":0000000001}\n");

	if (number > 0 && !at)
		return false;
	for (unsigned int i = 1; i <= number; i++) {
		char line[32];
		size_t len = (size_t)snprintf(line, sizeof(line), "{\"n\":%010u}\n", i);

		if (strncmp(at, line, len) != 0)
			return false;
		at += len;
	}
	return true;
}

/* One line with this number or a later one, which may have been under way. */
static bool holds_latest(const char *content, unsigned int number)
{
	unsigned int found = 0;

	if (number == 0)
		return true;
	return sscanf(content, "{\"n\":%10u}", &found) == 1 && found >= number;
}

static const struct writer writers[] = {
	{ "append to a new file", "crash.jsonl", append_next, holds_lines },
	{ "append to a host file", FIXTURE_SESSION_UUID ".jsonl", append_next, holds_lines },
	{ "rewrite in place", "crash.txt", rewrite_next, holds_latest },
	{ "save by rename", "crash.json", save_next, holds_latest },
};
#define WRITERS (sizeof(writers) / sizeof(writers[0]))

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
		assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
}

/* The content that the session holds for a writer's file (ret_), or NULL if it has none. */
static char *session_content(const struct replay *replay, struct content_store *store,
			     const struct writer *writer)
{
	struct replay_entry entry;
	cleanup_fd int fd = -1;
	char path[1024];
	char *content = NULL;
	size_t len = 0;

	(void)snprintf(path, sizeof(path), "%s/%s", fixture.own, writer->path);
	if (!replay_find_entry(replay, path, &entry) || !entry.object)
		return NULL;
	/* All of it is in the object: the host's file is far below the append-aware size. */
	if (entry.object->prefix != 0)
		return NULL;
	fd = content_store_open_object(store, entry.object->number, O_RDONLY);
	if (fd < 0 || fd_read_file(fd, 64u << 20, &content, &len) < 0)
		return NULL;
	return content;
}

/* The first writer whose acknowledged work is not all there, or NULL. */
static const struct writer *find_loss(const unsigned int acked[WRITERS])
{
	cleanup_replay struct replay *replay = NULL;
	cleanup_content_store struct content_store *store = NULL;

	assert_int_equal(replay_new(fixture.session_fd, fixture.session_id, &replay), 0);
	assert_int_equal(content_store_open(fixture.session_fd, false, &store), 0);
	for (size_t i = 0; i < WRITERS; i++) {
		cleanup_free char *content = session_content(replay, store, &writers[i]);

		if (acked[i] > 0 && (!content || !writers[i].holds(content, acked[i])))
			return &writers[i];
	}
	return NULL;
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

	return text ? (unsigned int)strtoul(text, NULL, 10) : ROUNDS;
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
	seed = text ? (unsigned int)strtoul(text, NULL, 10) : (unsigned int)time(NULL);
	draws = seed;
	(void)printf("CLAUDEFS_TEST_SEED=%u\n", seed);
	r = cmocka_run_group_tests(kills, NULL, NULL);
	if (fixture_check_host() < 0) {
		(void)fprintf(stderr, "the host's files have changed\n");
		r = 1;
	}
	fixture_remove();
	return r ? 1 : 0;
}

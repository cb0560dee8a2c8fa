/* SPDX-License-Identifier: MIT */
/* history.jsonl through a real mount: only this project's lines are seen, appending to it works as
 * to any file (offsets, several writers, watchers, tail -f), and what was never shown (other
 * projects' lines, an invalid one, one of 170 MB) is on the host after a commit as it was before.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/hash.h"
#include "fs/base/subprocess.h"
#include "tests/mount/fixture.h"

#define HUGE_LINE    (170u << 20) /* bytes */
#define WAIT_MS      20000
#define WRITERS      4u
#define WRITES       60u
#define LONGEST_LINE 9000u /* bytes: more than two pages */
#define TAIL         "/usr/bin/tail"

static char *claudefs;
static struct hash host_before;
static off_t host_size;
static off_t shown_size; /* of what the session sees before it writes */

/* A line of the project whose text is len bytes long; its newline included. */
static size_t make_line(char *out, size_t size, unsigned int writer, unsigned int n, size_t len)
{
	int used = snprintf(out, size, "{\"display\":\"w%u.%u.%zu.", writer, n, len);

	assert_true(used > 0 && (size_t)used + len + 300 < size);
	memset(out + used, 'a' + (int)(n % 26), len);
	used += (int)len;
	used += snprintf(out + used, size - (size_t)used,
			 "\",\"timestamp\":5,\"project\":\"%s\"}\n", fixture.project);
	return (size_t)used;
}

static struct hash hash_of_beginning(const char *path, off_t size)
{
	cleanup_hash_stream struct hash_stream *stream = hash_stream_new();
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(stream && fd >= 0);
	assert_int_equal(hash_stream_update_fd(stream, fd, 0, size), size);
	return hash_stream_digest(stream);
}

/* A line of ours that is too long to be looked at, and one that no parser takes, between others. */
static void fill_host(void)
{
	static const char invalid[] = "{\"display\":\"broken\",\"project\":\n";
	cleanup_free char *huge = malloc(HUGE_LINE + 1000);
	cleanup_fd int fd = open(in_home(".claude/history.jsonl"), O_WRONLY | O_APPEND | O_CLOEXEC);
	size_t len;

	assert_true(fd >= 0 && huge);
	assert_int_equal(fd_write_all(fd, invalid, strlen(invalid)), 0);
	len = make_line(huge, HUGE_LINE + 1000, 0, 0, HUGE_LINE);
	assert_int_equal(fd_write_all(fd, huge, len), 0);
	len = make_line(huge, 1000, 0, 1, 10);
	assert_int_equal(fd_write_all(fd, huge, len), 0);
	host_size = lseek(fd, 0, SEEK_END);
	host_before = hash_of_beginning(in_home(".claude/history.jsonl"), host_size);
}

static const char *history(void)
{
	return in_view("history.jsonl");
}

static void only_own_lines_are_seen_and_counted(void **state)
{
	cleanup_fd int fd = open(history(), O_RDONLY | O_CLOEXEC);
	const char *text = get_file(history());
	size_t len = strlen(text);
	struct stat st;
	char byte;

	(void)state;
	assert_true(fd >= 0);
	assert_non_null(strstr(text, "mine one"));
	assert_non_null(strstr(text, "mine two"));
	assert_non_null(strstr(text, "w0.1.10."));
	assert_null(strstr(text, "secret of another"));
	assert_null(strstr(text, "third party"));
	assert_null(strstr(text, "broken"));
	assert_null(strstr(text, "w0.0."));
	assert_true(len < 1000);
	shown_size = (off_t)len;
	/* The length is that of what is seen, wherever it is asked for. */
	assert_ok(fstat(fd, &st));
	assert_int_equal(st.st_size, len);
	assert_ok(stat(history(), &st));
	assert_int_equal(st.st_size, len);
	assert_int_equal(lseek(fd, 0, SEEK_END), len);
	assert_int_equal(lseek(fd, 0, SEEK_DATA), 0);
	assert_int_equal(lseek(fd, 0, SEEK_HOLE), len);
	assert_int_equal(pread(fd, &byte, 1, (off_t)len - 1), 1);
	assert_int_equal(byte, '\n');
	assert_int_equal(pread(fd, &byte, 1, (off_t)len), 0);
	assert_int_equal(pread(fd, &byte, 1, host_size - 1), 0);
}

/* Reads events until one has the bit; fails when none comes. */
static void expect_event(int fd, uint32_t mask)
{
	char buf[4096] __attribute__((aligned(8)));
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	for (;;) {
		ssize_t n;

		assert_int_equal(poll(&poll_fd, 1, WAIT_MS), 1);
		n = read(fd, buf, sizeof(buf));
		assert_true(n > 0);
		for (char *at = buf; at < buf + n;) {
			struct inotify_event *event = (struct inotify_event *)(void *)at;

			if (event->mask & mask)
				return;
			at += sizeof(*event) + event->len;
		}
	}
}

static int append_one(void *arg)
{
	char line[1000];
	size_t len = make_line(line, sizeof(line), 0, 2, 20);
	cleanup_fd int fd = open(arg, O_WRONLY | O_APPEND | O_CLOEXEC);

	return fd < 0 || write(fd, line, len) != (ssize_t)len;
}

/* One watches the file, one its directory, and one stands at the end as tail does. */
static void watchers_see_what_another_process_appends(void **state)
{
	cleanup_fd int file_watch = inotify_init1(IN_CLOEXEC);
	cleanup_fd int dir_watch = inotify_init1(IN_CLOEXEC);
	cleanup_fd int reader = open(history(), O_RDONLY | O_CLOEXEC);
	off_t end = lseek(reader, 0, SEEK_END);
	char expected[1000];
	char found[1000];
	size_t len = make_line(expected, sizeof(expected), 0, 2, 20);
	struct stat st;

	(void)state;
	assert_true(file_watch >= 0 && dir_watch >= 0 && reader >= 0 && end > 0);
	assert_ok(inotify_add_watch(file_watch, history(), IN_MODIFY));
	assert_ok(inotify_add_watch(dir_watch, in_view("."), IN_MODIFY | IN_CLOSE_WRITE));
	assert_int_equal(read(reader, found, sizeof(found)), 0);
	in_child(append_one, (void *)(uintptr_t)history());
	expect_event(file_watch, IN_MODIFY);
	expect_event(dir_watch, IN_CLOSE_WRITE);
	assert_int_equal(read(reader, found, sizeof(found)), len);
	assert_memory_equal(found, expected, len);
	assert_int_equal(read(reader, found, sizeof(found)), 0);
	assert_ok(fstat(reader, &st));
	assert_int_equal(st.st_size, end + (off_t)len);
	assert_int_equal(lseek(reader, 0, SEEK_CUR), end + (off_t)len);
}

static void an_appending_descriptor_writes_at_the_end_wherever_it_stands(void **state)
{
	cleanup_fd int fd = open(history(), O_RDWR | O_APPEND | O_CLOEXEC);
	char line[1000];
	char found[1000];
	size_t len = make_line(line, sizeof(line), 0, 3, 30);
	off_t end = lseek(fd, 0, SEEK_END);

	(void)state;
	assert_true(fd >= 0 && end > 0);
	assert_int_equal(lseek(fd, 7, SEEK_SET), 7);
	assert_int_equal(write(fd, line, len), len);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), end + (off_t)len);
	assert_int_equal(pread(fd, found, sizeof(found), end), len);
	assert_memory_equal(found, line, len);
	/* pwrite(2) too, on Linux. */
	len = make_line(line, sizeof(line), 0, 4, 31);
	end = lseek(fd, 0, SEEK_END);
	assert_int_equal(pwrite(fd, line, len, 0), len);
	assert_int_equal(pread(fd, found, sizeof(found), end), len);
	assert_memory_equal(found, line, len);
	assert_int_equal(pread(fd, found, 11, 0), 11);
	assert_memory_equal(found, "{\"display\":", 11);
}

static size_t length_of(unsigned int writer, unsigned int n)
{
	return (n * 977u + writer * 3001u) % LONGEST_LINE;
}

/* Writers 1 to WRITERS: a descriptor of its own for each line, as Claude appends, or one for all.
 */
static int write_lines(void *arg)
{
	const char *path = history();
	unsigned int writer = *(const unsigned int *)arg;
	cleanup_free char *line = malloc(LONGEST_LINE + 1000);
	cleanup_fd int kept = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	for (unsigned int n = 0; line && n < WRITES; n++) {
		size_t len = make_line(line, LONGEST_LINE + 1000, writer, n, length_of(writer, n));
		cleanup_fd int own = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

		if (write(writer % 2 ? own : kept, line, len) != (ssize_t)len)
			return 2;
	}
	return line ? 0 : 1;
}

/* Each line of text from offset on is the next one of its writer, whole. */
static void check_lines(const char *text, unsigned int count[WRITERS + 1])
{
	cleanup_free char *expected = malloc(LONGEST_LINE + 1000);

	assert_non_null(expected);
	for (const char *at = text; *at;) {
		unsigned int writer = 0;
		unsigned int n = 0;
		size_t len;

		assert_int_equal(sscanf(at, "{\"display\":\"w%u.%u.", &writer, &n), 2);
		assert_in_range(writer, 1, WRITERS);
		assert_int_equal(n, count[writer]++);
		len = make_line(expected, LONGEST_LINE + 1000, writer, n, length_of(writer, n));
		assert_int_equal(strncmp(at, expected, len), 0);
		at += len;
	}
}

static char *read_from(const char *path, off_t offset)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *text;

	assert_true(fd >= 0);
	assert_ok(fstat(fd, &st));
	text = calloc(1, (size_t)(st.st_size - offset) + 1);
	assert_non_null(text);
	assert_int_equal(fd_pread_all(fd, text, (size_t)(st.st_size - offset), offset),
			 st.st_size - offset);
	return text;
}

static void several_writers_at_once_lose_and_tear_no_line(void **state)
{
	unsigned int numbers[WRITERS];
	unsigned int count[WRITERS + 1] = { 0 };
	pid_t pids[WRITERS];
	cleanup_fd int reader = open(history(), O_RDONLY | O_CLOEXEC);
	off_t start = lseek(reader, 0, SEEK_END);
	off_t last = start;
	unsigned int running = WRITERS;
	cleanup_free char *text = NULL;

	(void)state;
	for (unsigned int i = 0; i < WRITERS; i++) {
		numbers[i] = i + 1;
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			_exit(write_lines(&numbers[i]));
	}
	/* What is there never gets shorter, and ends with a line at each moment. */
	while (running > 0) {
		int status = 0;
		off_t end = lseek(reader, 0, SEEK_END);
		char byte = 0;

		assert_true(end >= last);
		assert_int_equal(pread(reader, &byte, 1, end - 1), 1);
		assert_int_equal(byte, '\n');
		last = end;
		if (waitpid(-1, &status, WNOHANG) > 0) {
			assert_int_equal(status, 0);
			running--;
		}
	}
	text = read_from(history(), start);
	check_lines(text, count);
	for (unsigned int i = 1; i <= WRITERS; i++)
		assert_int_equal(count[i], WRITES);
}

/* Bounded; text must come to the file. */
static void wait_for(const char *path, const char *wanted)
{
	const struct timespec pause = { .tv_nsec = 5000000 };

	for (unsigned int waited = 0; waited < WAIT_MS; waited += 5) {
		cleanup_free char *text = read_from(path, 0);

		if (strstr(text, wanted))
			return;
		(void)nanosleep(&pause, NULL);
	}
	fail_msg("%s never came to %s", wanted, path);
}

static void tail_follows_it(void **state)
{
	const char *out = in_root("tail");
	cleanup_fd int out_fd = open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	const char *argv[] = { TAIL, "-n", "+1", "-s", "0.02", "-f", history(), NULL };
	struct subprocess what = {
		.argv = argv,
		.stdin_fd = SUBPROCESS_NULL,
		.stdout_fd = out_fd,
		.stderr_fd = SUBPROCESS_NULL,
	};
	pid_t pid = 0;

	(void)state;
	assert_int_equal(subprocess_start(&what, &pid), 0);
	wait_for(out, "mine two");
	in_child(append_one, (void *)(uintptr_t)history());
	{
		cleanup_fd int fd = open(history(), O_WRONLY | O_APPEND | O_CLOEXEC);
		char line[1000];
		size_t len = make_line(line, sizeof(line), 0, 77, 5);

		assert_int_equal(write(fd, line, len), len);
	}
	wait_for(out, "w0.77.5.");
	assert_ok(kill(pid, SIGKILL));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	{
		cleanup_free char *followed = read_from(out, 0);
		cleanup_free char *whole = read_from(history(), 0);

		assert_string_equal(followed, whole);
	}
}

static void commit(void)
{
	const char *argv[] = { claudefs, "--session", fixture.session_id, "commit", NULL };
	cleanup_fd int out = open(in_root("out"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct subprocess what = {
		.argv = argv,
		.stdin_fd = SUBPROCESS_NULL,
		.stdout_fd = out,
		.stderr_fd = out,
	};
	int code = -1;

	assert_int_equal(subprocess_run(&what, &code), 0);
	if (code != 0)
		fail_msg("commit: %d: %s", code, get_file(in_root("out")));
}

/* What the session added is behind what the host had, and behind what it got meanwhile. */
static void a_commit_adds_the_lines_and_leaves_what_was_never_shown(void **state)
{
	static const char foreign[] =
		"{\"display\":\"meanwhile\",\"timestamp\":9,\"project\":\"/srv/third\"}\n";
	const char *host = in_home(".claude/history.jsonl");
	cleanup_fd int fd = open(host, O_WRONLY | O_APPEND | O_CLOEXEC);
	cleanup_free char *wanted = read_from(history(), shown_size);
	cleanup_free char *added = NULL;
	cleanup_free char *shown = NULL;
	struct hash now;

	(void)state;
	assert_int_equal(fd_write_all(fd, foreign, strlen(foreign)), 0);
	commit();
	now = hash_of_beginning(host, host_size);
	assert_true(hash_is_equal(&now, &host_before));
	added = read_from(host, host_size);
	assert_int_equal(strncmp(added, foreign, strlen(foreign)), 0);
	assert_string_equal(added + strlen(foreign), wanted);
	/* Once only. */
	commit();
	free(added);
	added = read_from(host, host_size);
	assert_string_equal(added + strlen(foreign), wanted);
	shown = read_from(history(), 0);
	assert_null(strstr(shown, "meanwhile"));
	assert_string_equal(shown + shown_size, wanted);
	fixture_accept_host();
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(only_own_lines_are_seen_and_counted),
	cmocka_unit_test(watchers_see_what_another_process_appends),
	cmocka_unit_test(an_appending_descriptor_writes_at_the_end_wherever_it_stands),
	cmocka_unit_test(several_writers_at_once_lose_and_tear_no_line),
	cmocka_unit_test(tail_follows_it),
	cmocka_unit_test(a_commit_adds_the_lines_and_leaves_what_was_never_shown),
};

int main(int argc, char **argv)
{
	int r;

	/* The fixture changes the directory. */
	claudefs = argc < 4 ? NULL : realpath(argv[3], NULL);
	if (!claudefs)
		return 2;
	argv[3] = NULL;
	fixture.fill_host = fill_host;
	r = fixture_run(3, argv, NULL, tests);
	free(claudefs);
	return r;
}

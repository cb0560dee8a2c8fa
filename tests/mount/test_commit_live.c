/* SPDX-License-Identifier: MIT */
/* Commits in mid-session: through a real mount, while a program writes. What was committed stays
 * there once, what came later is pending against that, and what was approved is never what came
 * later. */
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/subprocess.h"
#include "tests/mount/fixture.h"

#define COMMITS   8u
#define LINES_MAX 5000u
#define LINE(n, s)                                                                         \
	(void)snprintf(s, sizeof(s),                                                       \
		       "{\"type\":\"user\",\"uuid\":\"%08u-0000-4000-8000-000000000000\"," \
		       "\"sessionId\":\"" FIXTURE_SESSION_UUID "\"}\n",                    \
		       n)

static char *claudefs;

/* Runs claudefs on the session, with its output in a file; the exit code. */
static int run(const char *command, const char *option)
{
	const char *argv[] = { claudefs, "--session", fixture.session_id, command, option, NULL };
	cleanup_fd int out = open(in_root("out"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct subprocess what = {
		.argv = argv,
		.stdin_fd = SUBPROCESS_NULL,
		.stdout_fd = out,
		.stderr_fd = out,
	};
	int code = -1;

	assert_true(out >= 0);
	assert_int_equal(subprocess_run(&what, &code), 0);
	return code;
}

static void expect(const char *command, const char *option, int code)
{
	int found = run(command, option);

	if (found != code)
		fail_msg("claudefs %s %s: %d instead of %d: %s", command, option ? option : "",
			 found, code, get_file(in_root("out")));
}

/* Two files hold the same from offset on. */
static void assert_same(const char *a, const char *b, size_t offset)
{
	cleanup_free char *first = strdup(get_file(a));
	const char *second = get_file(b);

	assert_non_null(first);
	assert_true(strlen(first) >= offset && strlen(second) >= offset);
	assert_string_equal(first + offset, second + offset);
}

static void append_line(const char *path, unsigned int n)
{
	char line[256];
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	LINE(n, line);
	if (fd < 0 || fd_write_all(fd, line, strlen(line)) < 0)
		_exit(2);
	(void)close(fd);
}

static void save(const char *path, const char *temp, unsigned int n)
{
	char text[64];
	int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	(void)snprintf(text, sizeof(text), "version %u\n", n);
	if (fd < 0 || fd_write_all(fd, text, strlen(text)) < 0 || close(fd) < 0 ||
	    rename(temp, path) < 0)
		_exit(3);
}

/* Appends and saves until it is told to stop; its exit code is 0. */
static pid_t start_writer(const char *transcript, const char *note)
{
	const struct timespec pause = { .tv_nsec = 2000000 };
	pid_t pid = fork();
	char temp[1100];

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	(void)snprintf(temp, sizeof(temp), "%s.tmp", note);
	for (unsigned int n = 0; n < LINES_MAX && faccessat(AT_FDCWD, in_root("stop"), F_OK, 0) < 0;
	     n++) {
		append_line(transcript, n);
		save(note, temp, n);
		(void)nanosleep(&pause, NULL);
	}
	_exit(0);
}

/* The host's transcript: lines 0, 1, 2, ... behind what it held before, each once and whole.
 * Returns how many. */
static unsigned int count_lines(const char *path, size_t before)
{
	const char *at = get_file(path) + before;
	unsigned int n = 0;

	for (; *at; n++) {
		char line[256];

		LINE(n, line);
		if (strncmp(at, line, strlen(line)) != 0)
			fail_msg("line %u is \"%.80s\"", n, at);
		at += strlen(line);
	}
	return n;
}

static void commits_and_a_writer_do_not_disturb_each_other(void **state)
{
	const struct timespec pause = { .tv_nsec = 20000000 };
	char transcript[1024];
	char note[1024];
	char host[1024];
	unsigned int last = 0;
	unsigned int grown = 0;
	size_t before;
	int status = 0;
	pid_t writer;

	(void)state;
	(void)snprintf(transcript, sizeof(transcript), "%s",
		       in_view("%s/" FIXTURE_SESSION_UUID ".jsonl", fixture.own));
	(void)snprintf(note, sizeof(note), "%s", in_view("%s/memory/note.md", fixture.own));
	(void)snprintf(host, sizeof(host), "%s",
		       in_home(".claude/%s/" FIXTURE_SESSION_UUID ".jsonl", fixture.own));
	before = strlen(get_file(host));
	writer = start_writer(transcript, note);
	for (unsigned int i = 0; i < COMMITS; i++) {
		unsigned int now;
		int code;

		(void)nanosleep(&pause, NULL);
		code = run("commit", "--all");
		/* "Being written" is held: a code of its own. */
		if (code != 0 && code != 13)
			fail_msg("commit: %d: %s", code, get_file(in_root("out")));
		now = count_lines(host, before);
		assert_true(now >= last);
		grown += now > last;
		last = now;
	}
	put_file(in_root("stop"), "");
	assert_int_equal(waitpid(writer, &status, 0), writer);
	assert_int_equal(status, 0);
	/* Else they were not at work together. */
	assert_true(grown >= 2);
	expect("commit", "--all", 0);
	assert_same(transcript, host, before);
	assert_same(note, in_home(".claude/%s/memory/note.md", fixture.own), 0);
	assert_true(count_lines(host, before) >= last);
	expect("verify", NULL, 0);
	fixture_accept_host();
}

static void what_was_written_after_the_approval_does_not_go(void **state)
{
	char path[600];
	char host[1024];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/memory/approved.md", fixture.own);
	(void)snprintf(host, sizeof(host), "%s", in_home(".claude/%s", path));
	put_file(in_view("%s", path), "harmless\n");
	expect("approve", path, 0);
	put_file(in_view("%s", path), "harmful!\n");
	expect("commit", NULL, 0);
	assert_non_null(
		strstr(get_file(in_root("out")), "it has changed since you decided about it"));
	assert_int_not_equal(faccessat(AT_FDCWD, host, F_OK, 0), 0);
	expect("approve", path, 0);
	expect("commit", NULL, 0);
	assert_string_equal(get_file(host), "harmful!\n");
	/* Later writes are a change of what was committed. */
	put_file(in_view("%s", path), "more\n");
	expect("status", NULL, 0);
	assert_non_null(strstr(get_file(in_root("out")), "approved.md"));
	expect("commit", NULL, 0);
	assert_string_equal(get_file(host), "harmful!\n");
	expect("commit", "--all", 0);
	assert_string_equal(get_file(host), "more\n");
	expect("undo", NULL, 0);
	assert_string_equal(get_file(host), "harmful!\n");
	expect("verify", NULL, 0);
	fixture_accept_host();
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(commits_and_a_writer_do_not_disturb_each_other),
	cmocka_unit_test(what_was_written_after_the_approval_does_not_go),
};

int main(int argc, char **argv)
{
	int r;

	/* The fixture changes the directory. */
	claudefs = argc < 4 ? NULL : realpath(argv[3], NULL);
	if (!claudefs)
		return 2;
	argv[3] = NULL;
	r = fixture_run(3, argv, NULL, tests);
	free(claudefs);
	return r;
}

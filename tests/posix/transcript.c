/* SPDX-License-Identifier: MIT */
#include "tests/posix/transcript.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/mount/fixture.h"

/* Longer than the tick of the coarsest clock that stamps files. */
#define SETTLE_NS (11L * 1000 * 1000)

static int transcript_fd = -1;
static const char *case_name;

static const char *error_word(int error)
{
	const char *name = strerrorname_np(error);

	return name ? name : "?";
}

long note_result(const char *what, long result)
{
	(void)dprintf(transcript_fd, "%s: %s = %s\n", case_name, what,
		      result < 0 ? error_word(errno) : "ok");
	return result;
}

long note_value(const char *what, long value)
{
	if (value < 0)
		return note_result(what, value);
	(void)dprintf(transcript_fd, "%s: %s = %ld\n", case_name, what, value);
	return value;
}

static const char *const watched[] = { ".", "f", "g", "h", "d", "d/f", "d/g", "e", "e/f" };
#define WATCHED (sizeof(watched) / sizeof(watched[0]))

static struct stat kept[WATCHED + 1];
static int watched_fd = -1;

void times_watch(int fd)
{
	watched_fd = fd;
}

static void look(struct stat *ret)
{
	memset(ret, 0, sizeof(struct stat) * (WATCHED + 1));
	for (size_t i = 0; i < WATCHED; i++)
		(void)lstat(watched[i], &ret[i]);
	if (watched_fd >= 0)
		(void)fstat(watched_fd, &ret[WATCHED]);
}

void times_keep(void)
{
	struct timespec pause = { .tv_nsec = SETTLE_NS };

	(void)nanosleep(&pause, NULL);
	look(kept);
}

static bool is_same(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static const struct stat *find_again(const struct stat *now, const struct stat *before)
{
	for (size_t i = 0; i <= WATCHED; i++) {
		if (now[i].st_ino == before->st_ino)
			return &now[i];
	}
	return NULL;
}

void times_note(const char *what, long result)
{
	char text[512] = "";
	struct stat now[WATCHED + 1];
	int error = errno;
	size_t n = 0;

	look(now);
	for (size_t i = 0; i <= WATCHED; i++) {
		const struct stat *st;

		if (kept[i].st_ino == 0)
			continue;
		st = find_again(now, &kept[i]);
		if (!st)
			continue;
		if (is_same(st->st_atim, kept[i].st_atim) &&
		    is_same(st->st_mtim, kept[i].st_mtim) && is_same(st->st_ctim, kept[i].st_ctim))
			continue;
		n += (size_t)snprintf(text + n, sizeof(text) - n, " %s:%s%s%s",
				      i < WATCHED ? watched[i] : "fd",
				      is_same(st->st_atim, kept[i].st_atim) ? "" : "a",
				      is_same(st->st_mtim, kept[i].st_mtim) ? "" : "m",
				      is_same(st->st_ctim, kept[i].st_ctim) ? "" : "c");
	}
	(void)dprintf(transcript_fd, "%s: %s = %s, times:%s\n", case_name, what,
		      result < 0 ? error_word(error) : "ok", *text ? text : " none");
}

void in_process(void (*body)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		(void)signal(SIGBUS, SIG_DFL); /* the test's own handlers would hide it */
		(void)signal(SIGSEGV, SIG_DFL);
		body();
		_exit(0);
	}
	(void)waitpid(pid, &status, 0);
	(void)note_value("status of the child", status);
}

static int make_one(const char *name, const char *content)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	size_t len = strlen(content);
	bool is_written;

	if (fd < 0)
		return -1;
	is_written = write(fd, content, len) == (ssize_t)len;
	return close(fd) < 0 || !is_written ? -1 : 0;
}

int make_start(void)
{
	return mkdir("d", 0755) < 0 || mkdir("e", 0755) < 0 || make_one("f", "twelve bytes") < 0 ||
			       make_one("g", "gee") < 0 || make_one("d/f", "eff") < 0
		       ? -1
		       : 0;
}

/* Returns the transcript (ret_). In a child, which may change its umask, signals and limits. */
static char *run_in(const struct posix_case *posix_case, const char *dir, bool is_made)
{
	const char *path = in_root("transcript");
	int status = -1;
	pid_t pid;

	transcript_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	assert_true(transcript_fd >= 0);
	case_name = posix_case->name;
	(void)fflush(NULL);
	pid = fork();
	if (pid == 0) {
		if (!is_made && mkdir(dir, 0755) < 0)
			_exit(101);
		if (chdir(dir) < 0 || (!is_made && make_start() < 0))
			_exit(102);
		times_watch(-1);
		posix_case->run();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)close(transcript_fd);
	if (status != 0)
		fail_msg("%s in %s ended with status %d after:\n%s", case_name, dir, status,
			 get_file(path));
	return strdup(get_file(path));
}

static bool is_listed(const char *line)
{
	for (struct difference *row = differences; row->line; row++) {
		if (fnmatch(row->line, line, FNM_NOESCAPE) == 0) {
			row->seen++;
			return true;
		}
	}
	return false;
}

unsigned int compare_case(const struct posix_case *posix_case, const char *plain, const char *view,
			  bool is_made)
{
	char *want = run_in(posix_case, plain, false);
	char *have = run_in(posix_case, view, is_made);
	char *want_rest = want;
	char *have_rest = have;
	unsigned int found = 0;

	while (want_rest || have_rest) {
		const char *want_line = strsep(&want_rest, "\n");
		const char *have_line = strsep(&have_rest, "\n");

		if (want_line && have_line && strcmp(want_line, have_line) == 0)
			continue;
		if (want_line && have_line && is_listed(have_line))
			continue;
		print_error("plain: %s\nview:  %s\n", want_line ? want_line : "(ended)",
			    have_line ? have_line : "(ended)");
		found++;
	}
	free(want);
	free(have);
	return found;
}

/* SPDX-License-Identifier: MIT */
/* The frame around a group of tests, and the small things they all need. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/journal/reader.h"
#include "tests/mount/fixture.h"

static int check_journal(void)
{
	cleanup_journal_reader struct journal_reader *reader = NULL;
	struct journal_record record;
	const char *reason = NULL;
	int r = journal_reader_open(fixture.session_fd, fixture.session_id, &reader);

	if (r < 0)
		return r;
	while ((r = journal_reader_next(reader, &record)) > 0)
		;
	if (r < 0)
		return r;
	return journal_reader_state(reader, &reason) == JOURNAL_COMPLETE ? 0 : -EBADMSG;
}

static int complain(const char *what)
{
	(void)fprintf(stderr, "[  FAILED  ] after the tests: %s\n", what);
	return 1;
}

static int check_after(void)
{
	int status = fixture_stop(SIGTERM);
	int failures = 0;

	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		failures += complain("the daemon did not end in order");
	if (fixture_is_mounted())
		failures += complain("the mount is still there");
	if (check_journal() < 0)
		failures += complain("the journal is not complete");
	if (fixture_check_host() < 0)
		failures += complain("the host's files have changed");
	return failures;
}

int fixture_run_group(int argc, char **argv, const char *name, const char *rules,
		      const struct CMUnitTest *tests, size_t count)
{
	int r = fixture_make(argc, argv);
	int failures;

	if (r != 0)
		return r;
	if (rules) {
		char path[128];

		(void)snprintf(path, sizeof(path), "%s/rules.json", fixture.root);
		put_file(path, rules);
	}
	r = fixture_new_session() < 0 ? -1 : fixture_mount();
	if (r != 0) {
		(void)fprintf(stderr, "the view could not be mounted: %d\n%s", r,
			      r > 0 ? fixture_stderr() : "");
		fixture_remove();
		return 2;
	}
	failures = _cmocka_run_group_tests(name, tests, count, NULL, NULL);
	failures += check_after();
	if (failures && *fixture_stderr())
		(void)fprintf(stderr, "the daemon said:\n%s", fixture_stderr());
	fixture_remove();
	return failures ? 1 : 0;
}

__attribute__((format(printf, 2, 0))) static const char *join(const char *base, const char *format,
							      va_list args)
{
	static char buffers[8][8192];
	static unsigned int turn;
	char *out = buffers[turn++ % 8];
	int n = snprintf(out, 8192, "%s/", base);

	(void)vsnprintf(out + n, 8192 - (size_t)n, format, args);
	return out;
}

const char *in_view(const char *format, ...)
{
	const char *path;
	va_list args;

	va_start(args, format);
	path = join(fixture.view, format, args);
	va_end(args);
	return path;
}

const char *in_home(const char *format, ...)
{
	const char *path;
	va_list args;

	va_start(args, format);
	path = join(fixture.home, format, args);
	va_end(args);
	return path;
}

const char *in_root(const char *name)
{
	static char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", fixture.root, name);
	return path;
}

void put_file(const char *path, const char *content)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		fail_msg("%s: %s", path, strerror(errno));
	assert_int_equal(fd_write_all(fd, content, strlen(content)), 0);
	assert_ok(close(fd));
}

const char *get_file(const char *path)
{
	static char buffer[(1u << 20) + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		fail_msg("%s: %s", path, strerror(errno));
	n = fd_pread_all(fd, buffer, sizeof(buffer) - 1, 0);
	if (n < 0)
		fail_msg("%s: %s", path, strerror((int)-n));
	buffer[n] = '\0';
	(void)close(fd);
	return buffer;
}

bool lists_name(const char *dir_path, const char *name)
{
	cleanup_dir DIR *dir = opendir(dir_path);
	const struct dirent *entry;

	if (!dir)
		fail_msg("%s: %s", dir_path, strerror(errno));
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, name) == 0)
			return true;
	}
	return false;
}

/* Calls each() for every record; returns how many it said true of. */
static unsigned int
count_records(bool (*each)(const struct journal_record *record, const void *arg), const void *arg)
{
	cleanup_journal_reader struct journal_reader *reader = NULL;
	struct journal_record record;
	unsigned int found = 0;

	assert_int_equal(journal_reader_open(fixture.session_fd, fixture.session_id, &reader), 0);
	while (journal_reader_next(reader, &record) > 0)
		found += each(&record, arg);
	return found;
}

struct refusal {
	const char *operation;
	int error;
};

static bool is_refusal(const struct journal_record *record, const void *arg)
{
	const struct refusal *wanted = arg;

	return record->type == JOURNAL_REFUSE && record->operation &&
	       strcmp(record->operation, wanted->operation) == 0 &&
	       record->error == (uint32_t)wanted->error;
}

bool journal_has_refusal(const char *operation, int error)
{
	struct refusal wanted = { operation, error };

	return count_records(is_refusal, &wanted) > 0;
}

static bool is_of_type(const struct journal_record *record, const void *arg)
{
	return record->type == *(const enum journal_type *)arg;
}

unsigned int journal_count(enum journal_type type)
{
	return count_records(is_of_type, &type);
}

void in_child(int (*body)(void *arg), void *arg)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(body(arg));
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

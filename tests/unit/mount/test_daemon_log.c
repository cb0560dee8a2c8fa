/* SPDX-License-Identifier: MIT */
/* The log by which the person learns what the agent does not say. */
#include <errno.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/message.h"
#include "fs/mount/daemon_log.h"
#include "tests/unit/cmocka_setup.h"
#include "tests/unit/temp_dir.h"

static struct temp_dir dir;
static struct daemon_log *log_file;

static int setup(void **state)
{
	(void)state;
	if (temp_dir_make(&dir) < 0)
		return -1;
	return daemon_log_open(dir.fd, &log_file);
}

static int teardown(void **state)
{
	(void)state;
	daemon_log_close(log_file);
	temp_dir_remove(&dir);
	return 0;
}

/* The file's content; borrowed until the next call. */
static const char *content(void)
{
	static char *text;
	size_t len = 0;

	free(text);
	text = NULL;
	assert_int_equal(fd_read_file_at(dir.fd, DAEMON_LOG_NAME, 1u << 20, &text, &len), 0);
	return text;
}

static unsigned int count_of(const char *word)
{
	unsigned int count = 0;

	for (const char *at = content(); (at = strstr(at, word)); at++)
		count++;
	return count;
}

static void first_of_each_error_is_written_and_all_are_counted(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		daemon_log_failure(log_file, "write", -ENOSPC);
		daemon_log_failure(log_file, "fsync", -EIO);
	}
	assert_int_equal(count_of("no space left for the session"), 1);
	assert_int_equal(count_of("fsync: the session could not be written"), 1);
	assert_int_equal(daemon_log_failures(log_file), 200);
}

static void ordinary_answers_are_not_failures(void **state)
{
	static const int ordinary[] = { -ENOENT, -EEXIST, -EACCES, -EROFS, -EPERM, -EINVAL, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(ordinary) / sizeof(ordinary[0]); i++)
		daemon_log_failure(log_file, "lookup", ordinary[i]);
	assert_string_equal(content(), "");
	assert_int_equal(daemon_log_failures(log_file), 0);
}

static void hostile_bytes_cannot_reach_a_terminal_or_forge_a_line(void **state)
{
	(void)state;
	daemon_log_line(log_file, "name: %s", "a\nforged\x1b[2J\xc2\x9b\xe2\x80\xae");
	assert_int_equal(count_of("\n"), 1);
	assert_null(strchr(content(), 0x1b));
	assert_null(strstr(content(), "\xc2\x9b"));
	assert_null(strstr(content(), "\xe2\x80\xae"));
	assert_non_null(strstr(content(), "forged"));
}

static void log_is_bounded(void **state)
{
	char line[1024];

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	for (int i = 0; i < 200; i++)
		daemon_log_line(log_file, "%s", line);
	assert_true(strlen(content()) <= DAEMON_LOG_MAX);
	assert_true(strlen(content()) > DAEMON_LOG_MAX - 2048);
}

static void sum_is_written_at_the_end(void **state)
{
	(void)state;
	daemon_log_failure(log_file, "write", -EDQUOT);
	daemon_log_failure(log_file, "write", -EDQUOT);
	daemon_log_close(log_file);
	assert_int_equal(count_of("2 operations of the agent failed"), 1);
	assert_int_equal(daemon_log_open(dir.fd, &log_file), 0);
}

static void planted_fifo_or_link_is_refused(void **state)
{
	struct daemon_log *other = NULL;

	(void)state;
	assert_int_equal(unlinkat(dir.fd, DAEMON_LOG_NAME, 0), 0);
	assert_int_equal(symlinkat("/dev/null", dir.fd, DAEMON_LOG_NAME), 0);
	assert_int_equal(daemon_log_open(dir.fd, &other), -ELOOP);
	assert_int_equal(unlinkat(dir.fd, DAEMON_LOG_NAME, 0), 0);
	assert_int_equal(mkfifoat(dir.fd, DAEMON_LOG_NAME, 0600), 0);
	assert_true(daemon_log_open(dir.fd, &other) < 0);
	assert_null(other);
}

int main(void)
{
#define logged(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	static const struct CMUnitTest tests[] = {
		logged(first_of_each_error_is_written_and_all_are_counted),
		logged(hostile_bytes_cannot_reach_a_terminal_or_forge_a_line),
		logged(log_is_bounded),
		logged(ordinary_answers_are_not_failures),
		logged(planted_fifo_or_link_is_refused),
		logged(sum_is_written_at_the_end),
	};
#undef logged

	message_set_program("test");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

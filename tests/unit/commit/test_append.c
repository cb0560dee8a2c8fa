/* SPDX-License-Identifier: MIT */
/* The append of lines that was cut short at any byte, among lines of others. */
#include "tests/unit/cmocka_setup.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/fd.h"
#include "fs/commit/append.h"
#include "fs/commit/done_log.h"
#include "tests/unit/temp_dir.h"

#define BLOCK "{\"display\":\"one\"}\n{\"display\":\"two\"}\n"
#define HOST  "{\"display\":\"host\"}\n"

static struct temp_dir dir;

static int set_up(void **state)
{
	(void)state;
	return temp_dir_make(&dir);
}

static int tear_down(void **state)
{
	(void)state;
	temp_dir_remove(&dir);
	return 0;
}

static void beginning_is_found_where_it_ends_the_region(void **state)
{
	size_t end = 0;

	(void)state;
	assert_int_equal(append_find("", 0, "ab\n", 3, &end), 0);
	assert_int_equal(append_find("ab\n", 3, "ab\n", 3, &end), 3);
	assert_int_equal(append_find("xxab\nyy", 7, "ab\n", 3, &end), 3);
	assert_int_equal(end, 5);
	assert_int_equal(append_find("xxa", 3, "ab\n", 3, &end), 1);
	assert_int_equal(end, 3);
	/* A longer one in the middle does not count: that is a line which begins alike. */
	assert_int_equal(append_find("abX\na", 5, "ab\n", 3, &end), 1);
	assert_int_equal(end, 5);
	/* But if none ends the region, the longest tells how far it came. */
	assert_int_equal(append_find("abX\n", 4, "ab\n", 3, &end), 2);
	assert_int_equal(end, 2);
}

/* Runs an APPEND entry that was begun at offset over the file as it is now. */
static char *resume(const char *file_now, const char *block, uint64_t offset, bool newline)
{
	struct intent_entry entry = {
		.path = (char[]){ "history.jsonl" },
		.action = PLAN_APPEND,
		.any_base = true,
		.is_new = true,
		.content_size = strlen(block),
		.content_hash = hash_bytes(block, strlen(block)),
		.has_started = true,
		.append_offset = offset,
		.append_newline = newline,
	};
	struct intent intent = { .entries = &entry, .count = 1 };
	struct run run = { .root_fd = dir.fd, .receipt_fd = dir.fd, .intent = &intent };
	struct target target = {
		.run = &run,
		.entry = &entry,
		.dir_fd = dir.fd,
		.name = "history.jsonl",
	};
	char *data = NULL;
	size_t len = 0;

	assert_int_equal(temp_dir_write(&dir, "new-0", block), 0);
	assert_int_equal(temp_dir_write(&dir, "history.jsonl", file_now), 0);
	run.log_fd = openat(dir.fd, "log", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(run.log_fd >= 0);
	assert_int_equal(append_apply(&target), 0);
	assert_int_equal(entry.status, COMMIT_APPLIED);
	(void)close(run.log_fd);
	assert_int_equal(fd_read_file_at(dir.fd, "history.jsonl", 1u << 20, &data, &len), 0);
	return data;
}

static void block_cut_at_any_byte_is_completed(void **state)
{
	(void)state;
	for (int with_newline = 0; with_newline < 2; with_newline++) {
		const char *host = with_newline ? "{\"display\":\"host\"}" : HOST;
		char whole[256];

		(void)snprintf(whole, sizeof(whole), "%s%s%s", host, with_newline ? "\n" : "",
			       BLOCK);
		for (size_t cut = strlen(host); cut <= strlen(whole); cut++) {
			char now[256];
			char *result;

			(void)snprintf(now, sizeof(now), "%.*s", (int)cut, whole);
			result = resume(now, BLOCK, strlen(host), with_newline != 0);
			assert_string_equal(result, whole);
			free(result);
		}
	}
}

static size_t occurrences(const char *text, const char *part)
{
	size_t count = 0;

	for (; (text = strstr(text, part)) != NULL; text += strlen(part))
		count++;
	return count;
}

/* Others appended a line before ours, or after as much of ours as was there. */
static void lines_of_others_stay_and_ours_are_there_once(void **state)
{
	(void)state;
	for (size_t cut = 0; cut <= strlen(BLOCK); cut++) {
		char now[512];
		char *result;

		(void)snprintf(now, sizeof(now), HOST "{\"display\":\"other\"}\n%.*s", (int)cut,
			       BLOCK);
		result = resume(now, BLOCK, strlen(HOST), false);
		assert_string_equal(result, HOST "{\"display\":\"other\"}\n" BLOCK);
		free(result);

		(void)snprintf(now, sizeof(now), HOST "%.*s{\"display\":\"other\"}\n", (int)cut,
			       BLOCK);
		result = resume(now, BLOCK, strlen(HOST), false);
		assert_int_equal(occurrences(result, "{\"display\":\"one\"}\n"), 1);
		assert_int_equal(occurrences(result, "{\"display\":\"two\"}\n"), 1);
		assert_int_equal(occurrences(result, "{\"display\":\"other\"}\n"), 1);
		free(result);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(beginning_is_found_where_it_ends_the_region),
	cmocka_unit_test(block_cut_at_any_byte_is_completed),
	cmocka_unit_test(lines_of_others_stay_and_ours_are_there_once),
};

int main(void)
{
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* SPDX-License-Identifier: MIT */
/* Appending a block that takes several writes: any of its calls may fail, the host's file may be
 * another thing by now, and what is to be appended may be damaged. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/commit/append.h"
#include "fs/commit/done_log.h"
#include "tests/lib/fault_call.h"
#include "tests/lib/own_directory.h"

#define FILE_NAME "history.jsonl"
#define HOST      "{\"display\":\"host\"}\n"
#define BIG       (5u << 20) /* bytes: two writes */
#define SMALL     5000u
#define MANY      (70u << 20) /* more than the search for a beginning goes through */

static char path[64];
static int dir_fd;

/* In memory, where there is some: megabytes are synced some hundred times. */
static int set_up(void **state)
{
	(void)state;
	if (!own_directory_make(path, sizeof(path), own_directory_in_memory(), "append"))
		return -1;
	dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir_fd < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = { FILE_NAME, "new-0", "log", "other" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)unlinkat(dir_fd, names[i], 0);
		(void)unlinkat(dir_fd, names[i], AT_REMOVEDIR);
	}
	(void)close(dir_fd);
	return rmdir(path);
}

static void put(const char *name, const char *data, size_t len)
{
	cleanup_fd int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, data, len), 0);
}

/* Lines of 1,000 bytes, each with its number; the last one has no end. */
static char *make_lines(size_t len)
{
	char *data = malloc(len);

	assert_non_null(data);
	memset(data, 'x', len);
	for (size_t i = 0; i + 1000 <= len; i += 1000) {
		char number[24];
		int n = snprintf(number, sizeof(number), "{\"n\":%zu", i);

		memcpy(data + i, number, (size_t)n);
		data[i + 999] = '\n';
	}
	return data;
}

/* What a commit has planned, and how far an earlier try came. */
struct plan {
	const char *block;
	size_t block_len;
	uint64_t offset;
	bool has_started;
	/* The call that fails: see fault_arm(). */
	enum fault_kind fault;
	unsigned int nth;
	int error;
};

static bool has_hit; /* the last append() */

/* Appends. *ret_entry: what became of it (its path is not set). */
static int append(const struct plan *plan, struct intent_entry *ret_entry)
{
	struct intent_entry entry = {
		.path = (char[]){ FILE_NAME },
		.action = PLAN_APPEND,
		.any_base = true,
		.is_new = true,
		.content_size = plan->block_len,
		.content_hash = hash_bytes(plan->block, plan->block_len),
		.has_started = plan->has_started,
		.append_offset = plan->offset,
	};
	struct intent intent = { .entries = &entry, .count = 1 };
	struct run run = { .root_fd = dir_fd, .receipt_fd = dir_fd, .intent = &intent };
	struct target target = {
		.run = &run,
		.entry = &entry,
		.dir_fd = dir_fd,
		.name = FILE_NAME,
	};
	cleanup_fd int log_fd = open(path, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	int r;

	assert_true(log_fd >= 0);
	run.log_fd = log_fd;
	fault_arm(plan->fault, plan->nth, plan->error, false);
	r = append_apply(&target);
	has_hit = fault_disarm();
	*ret_entry = entry;
	ret_entry->path = NULL;
	return r;
}

static void expect_content(const char *block, size_t len, unsigned int nth)
{
	cleanup_free char *data = NULL;
	size_t size = 0;

	assert_int_equal(fd_read_file_at(dir_fd, FILE_NAME, 100u << 20, &data, &size), 0);
	if (size != strlen(HOST) + len || memcmp(data, HOST, strlen(HOST)) != 0 ||
	    memcmp(data + strlen(HOST), block, len) != 0)
		fail_msg("call %u: %zu bytes, not the %zu that were wanted", nth, size,
			 strlen(HOST) + len);
}

/* The k-th call fails; the next try finishes, whatever was there by then. */
static unsigned int fail_each(const char *block, size_t len, enum fault_kind kind, int error)
{
	for (unsigned int nth = 1;; nth++) {
		struct plan plan = {
			.block = block,
			.block_len = len,
			.fault = kind,
			.nth = nth,
			.error = error,
		};
		struct intent_entry entry;
		bool is_through;
		int r;

		put(FILE_NAME, HOST, strlen(HOST));
		put("new-0", block, len);
		r = append(&plan, &entry);
		is_through = !has_hit;
		if (is_through)
			assert_int_equal(r, 0);
		if (r < 0) {
			plan.has_started = entry.has_started;
			plan.offset = entry.append_offset;
			plan.fault = FAULT_NONE;
			assert_int_equal(append(&plan, &entry), 0);
		}
		assert_int_equal(entry.status, COMMIT_APPLIED);
		expect_content(block, len, nth);
		if (is_through)
			return nth;
	}
}

static void a_block_of_many_writes_is_there_once(void **state)
{
	cleanup_free char *lines = make_lines(BIG);
	cleanup_free char *line = malloc(BIG);
	unsigned int calls;

	(void)state;
	calls = fail_each(lines, BIG, FAULT_FILES, EIO);
	print_message("%u calls failed\n", calls - 1);
	assert_true(calls > 15);
	(void)fail_each(lines, BIG, FAULT_FILES, ENOSPC);
	for (unsigned int i = 0; i < 2; i++)
		(void)fail_each(lines, SMALL, FAULT_FILES, i ? EDQUOT : EFBIG);
	(void)fail_each(lines, SMALL, FAULT_MEMORY, ENOMEM);
	/* One line that is longer than a write. */
	assert_non_null(line);
	memset(line, 'y', BIG);
	(void)fail_each(line, BIG, FAULT_MEMORY, ENOMEM);
}

/* Cut short behind any of its writes, and with lines of others in front. */
static void a_cut_block_is_completed_whatever_fails(void **state)
{
	static const char block[] = "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n";
	static const char *const there[] = {
		"{\"n\":1}\n",     "{\"n\":1}\n{\"n\"",           "",
		"{\"other\":1}\n", "{\"other\":1}\n{\"n\":1}\n{", "{\"n\":1}\n{\"other\":1}\n",
		"{\"other\":1}"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++) {
		for (unsigned int nth = 2; nth < 40; nth++) {
			struct plan plan = {
				.block = block,
				.block_len = strlen(block),
				.offset = strlen(HOST),
				.has_started = true,
				.fault = nth % 2 ? FAULT_FILES : FAULT_MEMORY,
				.nth = nth / 2,
				.error = EIO,
			};
			struct intent_entry entry;
			cleanup_free char *data = NULL;
			char now[128];
			size_t size = 0;

			(void)snprintf(now, sizeof(now), HOST "%s", there[i]);
			put(FILE_NAME, now, strlen(now));
			put("new-0", block, strlen(block));
			if (append(&plan, &entry) < 0) {
				assert_true(has_hit);
				plan.fault = FAULT_NONE;
				assert_int_equal(append(&plan, &entry), 0);
			}
			assert_int_equal(fd_read_file_at(dir_fd, FILE_NAME, 1u << 20, &data, &size),
					 0);
			for (const char *n = "123"; *n; n++) {
				char wanted[16];
				const char *found;

				(void)snprintf(wanted, sizeof(wanted), "{\"n\":%c}\n", *n);
				found = strstr(data, wanted);
				assert_non_null(found);
				assert_null(strstr(found + 1, wanted));
			}
		}
	}
}

static void expect_settled(const struct plan *plan, enum commit_status status)
{
	struct intent_entry entry;

	assert_int_equal(append(plan, &entry), 0);
	assert_int_equal(entry.status, status);
	assert_true(entry.reason[0] != '\0');
}

static void what_is_no_plain_file_any_more_is_a_conflict(void **state)
{
	const struct plan plan = { .block = "x\n", .block_len = 2 };

	(void)state;
	put("new-0", "x\n", 2);
	expect_settled(&plan, COMMIT_CONFLICT); /* not there */
	assert_int_equal(symlinkat("other", dir_fd, FILE_NAME), 0);
	expect_settled(&plan, COMMIT_CONFLICT);
	assert_int_equal(unlinkat(dir_fd, FILE_NAME, 0), 0);
	assert_int_equal(mkdirat(dir_fd, FILE_NAME, 0700), 0);
	expect_settled(&plan, COMMIT_CONFLICT);
	assert_int_equal(unlinkat(dir_fd, FILE_NAME, AT_REMOVEDIR), 0);
	assert_int_equal(mkfifoat(dir_fd, FILE_NAME, 0600), 0);
	expect_settled(&plan, COMMIT_CONFLICT);
	assert_int_equal(unlinkat(dir_fd, FILE_NAME, 0), 0);
	put(FILE_NAME, HOST, strlen(HOST));
	assert_int_equal(linkat(dir_fd, FILE_NAME, dir_fd, "other", 0), 0);
	expect_settled(&plan, COMMIT_CONFLICT);
}

static void a_file_that_shrank_or_grew_too_much_is_a_conflict(void **state)
{
	struct plan plan = { .block = "x\n", .block_len = 2, .has_started = true };
	cleanup_fd int fd = -1;

	(void)state;
	put("new-0", "x\n", 2);
	put(FILE_NAME, HOST, strlen(HOST));
	plan.offset = strlen(HOST) + 1;
	expect_settled(&plan, COMMIT_CONFLICT);
	plan.offset = strlen(HOST);
	fd = openat(dir_fd, FILE_NAME, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, MANY), 0);
	expect_settled(&plan, COMMIT_CONFLICT);
}

static void lines_that_are_damaged_or_gone_are_not_appended(void **state)
{
	const struct plan plan = { .block = "x\n", .block_len = 2 };
	struct intent_entry entry;

	(void)state;
	put(FILE_NAME, HOST, strlen(HOST));
	put("new-0", "y\n", 2);
	expect_settled(&plan, COMMIT_DAMAGED);
	put("new-0", "x\nx\n", 4);
	expect_settled(&plan, COMMIT_DAMAGED);
	assert_int_equal(unlinkat(dir_fd, "new-0", 0), 0);
	assert_int_equal(append(&plan, &entry), -ENOENT);
	expect_content("", 0, 0);
}

static void an_empty_block_is_found_nowhere(void **state)
{
	size_t end = 1;

	(void)state;
	assert_int_equal(append_find("abc", 3, "", 0, &end), 0);
	assert_int_equal(end, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(a_block_of_many_writes_is_there_once),
		CASE(a_cut_block_is_completed_whatever_fails),
		CASE(what_is_no_plain_file_any_more_is_a_conflict),
		CASE(a_file_that_shrank_or_grew_too_much_is_a_conflict),
		CASE(lines_that_are_damaged_or_gone_are_not_appended),
		CASE(an_empty_block_is_found_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

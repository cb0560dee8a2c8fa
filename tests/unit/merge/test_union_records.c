/* SPDX-License-Identifier: MIT */
/* Which records of a session the host does not have yet. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdlib.h>

#include "fs/base/cleanup.h"
#include "tests/unit/merge/record_sides.h"

#define U1     "{\"type\":\"user\",\"uuid\":\"1\",\"t\":\"a\"}\n"
#define U1_NOT "{\"type\":\"user\",\"uuid\":\"1\",\"t\":\"b\"}\n"
#define U2     "{\"type\":\"user\",\"uuid\":\"2\"}\n"
#define U3     "{\"type\":\"assistant\",\"uuid\":\"3\"}\n"
#define MODE_A "{\"type\":\"mode\",\"mode\":\"a\",\"sessionId\":\"s\"}\n"
#define MODE_B "{\"type\":\"mode\",\"mode\":\"b\",\"sessionId\":\"s\"}\n"
#define SUM_1  "{\"type\":\"summary\",\"summary\":\"x\",\"leafUuid\":\"1\"}\n"
#define SUM_2  "{\"type\":\"summary\",\"summary\":\"x\",\"leafUuid\":\"2\"}\n"

static void check(const char *host, const char *session, const char *expected)
{
	cleanup_text struct text out = { 0 };
	struct union_report report;

	assert_int_equal(union_of(host, session, &out, &report), 0);
	assert_string_equal(out.data ? out.data : "", expected);
	assert_int_equal(report.conflicts, 0);
}

static void records_that_the_host_has_are_not_repeated(void **state)
{
	(void)state;
	check("", U1 U2, U1 U2);
	check(U1, "", "");
	check(U3, U1 U2, U1 U2);
	check(U2, U1 U2 U3, U1 U3);
	check(U2 U1, U1 U2, "");
	/* No newline at the end, blank lines, lines in pieces. */
	check("\n" U2 "\n", "\n\n" U1 " \r\n{\"uuid\":\"9\"}", U1 "{\"uuid\":\"9\"}\n");
	side_read_max = 7;
	check(U2, U1 U2 U3, U1 U3);
	side_read_max = 1u << 20;
}

static void the_last_of_a_kind_is_the_sessions(void **state)
{
	(void)state;
	check(MODE_A, MODE_B, MODE_B);
	check(MODE_A, MODE_A, "");
	check(MODE_A MODE_B, MODE_A, MODE_A);
	check(MODE_B MODE_A, MODE_B MODE_A, "");
	check(MODE_B, MODE_B MODE_A, MODE_A);
	check(MODE_A MODE_A, MODE_A MODE_A MODE_B, MODE_B);
	/* Of another leaf it is another kind. */
	check(SUM_1, SUM_2, SUM_2);
	check(SUM_2 SUM_1, SUM_2, "");
	/* Others between do not matter. */
	check(MODE_A U1 SUM_1, MODE_A U2 MODE_B, U2 MODE_B);
}

static void another_content_of_one_uuid_is_a_conflict(void **state)
{
	cleanup_text struct text out = { 0 };
	struct union_report report;

	(void)state;
	assert_int_equal(union_of(U1, U2 U1_NOT U3, &out, &report), 0);
	assert_string_equal(out.data, U2 U3);
	assert_int_equal(report.conflicts, 1);
	assert_int_equal(report.conflict_record, 2);
	assert_int_equal(report.records, 3);
	assert_int_equal(report.emitted, 2);
	/* The same through a report alone. */
	assert_int_equal(union_of(U1, U2 U1_NOT U3, NULL, &report), 0);
	assert_int_equal(report.conflicts, 1);
}

/* What stands before settled on the host was there when the sides were last united. */
static void settled_records_are_known_by_uuid_alone(void **state)
{
	static const char settled[] = U1 MODE_A;
	struct union_side host = { .read = side_read, .settled = strlen(settled) };
	struct union_side session = { .read = side_read };
	struct union_report report;

	(void)state;
	for (size_t max = 1; max < 60; max += 7) {
		cleanup_text struct text out = { 0 };

		side_read_max = max;
		host.arg = (void *)(uintptr_t)U1 MODE_A U2;
		session.arg = (void *)(uintptr_t)U1 U2 MODE_A U3;
		assert_int_equal(union_records_merge(&host, &session, side_emit, &out, &report), 0);
		assert_string_equal(out.data, MODE_A U3);
		out.len = 0;
		host.arg = (void *)(uintptr_t)U1 MODE_A MODE_B;
		session.arg = (void *)(uintptr_t)MODE_B MODE_A U1_NOT;
		assert_int_equal(union_records_merge(&host, &session, side_emit, &out, &report), 0);
		assert_string_equal(out.data, MODE_A);
		assert_int_equal(report.conflicts, 1);
	}
	side_read_max = 1u << 20;
}

static void what_is_no_record_is_held_on_one_side_and_left_on_the_other(void **state)
{
	static const char *const bad[] = {
		"no json\n",     "[1]\n",      "{\"a\":1,\"a\":2}\n", "{\"uuid\":\"5\"}{}\n",
		"{\"a\":NaN}\n", "\"uuid\"\n", "{\"uuid\":\"4\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cleanup_text struct text host = { 0 };
		cleanup_text struct text session = { 0 };
		struct union_report report;

		text_append(&session, U1);
		text_append(&session, bad[i]);
		assert_int_equal(union_of("", session.data, NULL, &report), -EBADMSG);
		assert_int_equal(report.bad_line, 2);
		assert_non_null(report.bad);
		text_append(&host, U2);
		text_append(&host, bad[i]);
		check(host.data, U1 U2, U1);
	}
}

/* A line of len bytes, once. */
struct huge {
	size_t len;
	bool is_closed;
};

static ssize_t read_huge(void *arg, void *buf, size_t len, uint64_t offset)
{
	static const char head[] = "{\"uuid\":\"1\",\"x\":\"";
	const struct huge *huge = arg;
	char *to = buf;

	for (size_t i = 0; i < len; i++, offset++) {
		if (offset == huge->len)
			return (ssize_t)i;
		to[i] = offset < sizeof(head) - 1 ? head[offset]
			: offset == huge->len - 2 ? '"'
			: offset == huge->len - 1 ? '}'
						  : 'x';
	}
	return (ssize_t)len;
}

static int count_bytes(const char *line, size_t len, void *arg)
{
	(void)line;
	*(size_t *)arg += len;
	return 0;
}

static void lines_of_170_megabytes_are_united(void **state)
{
	struct huge huge = { .len = 170u << 20 };
	struct huge huger = { .len = UNION_LINE_MAX + 1 };
	struct union_side host = { .read = side_read, .arg = (void *)(uintptr_t)U2 };
	struct union_side session = { .read = read_huge, .arg = &huge };
	struct union_report report;
	size_t bytes = 0;

	(void)state;
	assert_int_equal(union_records_merge(&host, &session, count_bytes, &bytes, &report), 0);
	assert_int_equal(bytes, huge.len);
	session.arg = &huger;
	assert_int_equal(union_records_merge(&host, &session, NULL, NULL, &report), -EBADMSG);
	assert_int_equal(report.bad_line, 1);
	/* On the host it is left alone. */
	host = (struct union_side){ .read = read_huge, .arg = &huger };
	session = (struct union_side){ .read = side_read, .arg = (void *)(uintptr_t)U2 };
	assert_int_equal(union_records_merge(&host, &session, NULL, NULL, &report), 0);
	assert_int_equal(report.emitted, 1);
}

/* Changes between its two readings. */
static ssize_t read_changing(void *arg, void *buf, size_t len, uint64_t offset)
{
	unsigned int *reads = arg;

	return side_read((void *)(uintptr_t)((*reads)++ < 2 ? U1 : U1_NOT), buf, len, offset);
}

static void a_side_that_changes_meanwhile_is_noticed(void **state)
{
	unsigned int reads = 0;
	cleanup_text struct text out = { 0 };
	struct union_side host = { .read = side_read, .arg = (void *)(uintptr_t)U2 };
	struct union_side session = { .read = read_changing, .arg = &reads };
	struct union_report report;

	(void)state;
	assert_int_equal(union_records_merge(&host, &session, side_emit, &out, &report), -EAGAIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_that_the_host_has_are_not_repeated),
		cmocka_unit_test(the_last_of_a_kind_is_the_sessions),
		cmocka_unit_test(another_content_of_one_uuid_is_a_conflict),
		cmocka_unit_test(settled_records_are_known_by_uuid_alone),
		cmocka_unit_test(what_is_no_record_is_held_on_one_side_and_left_on_the_other),
		cmocka_unit_test(lines_of_170_megabytes_are_united),
		cmocka_unit_test(a_side_that_changes_meanwhile_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Laws of the union of records, each on 100,000 random cases. base is what both sides had before:
 * the union never looks at it. */
#include "tests/unit/cmocka_setup.h"

#include <stdlib.h>

#include "fs/base/cleanup.h"
#include "tests/lib/form.h"
#include "tests/unit/merge/random.h"
#include "tests/unit/merge/record_sides.h"

#define CASES form_of(2000, 100000, 1000000)
#define LINES 64u

/* Lines, each with its newline cut. */
struct lines {
	char *data[LINES];
	size_t count;
	char *copy;
};

static void split(struct lines *lines, const char *text)
{
	char *cursor;

	*lines = (struct lines){ .copy = strdup(text ? text : "") };
	for (char *line = strtok_r(lines->copy, "\n", &cursor); line;
	     line = strtok_r(NULL, "\n", &cursor)) {
		assert_true(lines->count < LINES);
		lines->data[lines->count++] = line;
	}
}

static size_t count_line(const struct lines *lines, const char *line)
{
	size_t count = 0;

	for (size_t i = 0; i < lines->count; i++)
		count += strcmp(lines->data[i], line) == 0;
	return count;
}

/* Some records; family tells the uuids and kinds of two sides apart. A uuid has one content, but
 * for one in rare_conflicts (0: never). */
static void random_records(struct text *out, const char *family, unsigned int rare_conflicts)
{
	unsigned int count = pick(8);

	for (unsigned int i = 0; i < count; i++) {
		unsigned int n = pick(6);

		if (pick(2) == 0) {
			bool is_other = rare_conflicts > 0 && pick(rare_conflicts) == 0;

			text_appendf(out, "{\"type\":\"user\",\"uuid\":\"%s%u\",\"v\":%d}\n",
				     family, n, is_other);
		} else {
			text_appendf(out,
				     "{\"type\":\"mode%s\",\"mode\":%u,\"sessionId\":\"%u\"}\n",
				     family, pick(3), n % 2);
		}
	}
	if (!out->data)
		text_append(out, "");
	assert_non_null(out->data);
}

/* host + what the union adds to it. */
static size_t unite(const char *host, const char *session, struct text *result)
{
	struct union_report report;

	side_read_max = pick(3) == 0 ? 1 + pick(40) : 1u << 20;
	text_append(result, host);
	assert_int_equal(union_of(host, session, result, &report), 0);
	return (size_t)report.conflicts;
}

static void one_side_alone_is_the_result(void **state)
{
	uint64_t seed = random_begin("merge(base, base, x) = x, merge(base, x, base) = x", CASES);

	(void)state;
	for (unsigned int i = 0; i < CASES; i++) {
		cleanup_text struct text side = { 0 };
		cleanup_text struct text result = { 0 };
		cleanup_text struct text other = { 0 };

		random_seed(seed + i);
		random_records(&side, "", 4);
		(void)unite(side.data, "", &result);
		assert_string_equal(result.data, side.data);
		(void)unite("", side.data, &other);
		assert_string_equal(other.data, side.data);
	}
}

static void uniting_again_adds_nothing(void **state)
{
	uint64_t seed = random_begin("idempotent on re-run", CASES);

	(void)state;
	for (unsigned int i = 0; i < CASES; i++) {
		cleanup_text struct text host = { 0 };
		cleanup_text struct text session = { 0 };
		cleanup_text struct text once = { 0 };
		cleanup_text struct text twice = { 0 };

		random_seed(seed + i);
		random_records(&host, "", 4);
		random_records(&session, "", 4);
		(void)unite(host.data, session.data, &once);
		(void)unite(once.data, session.data, &twice);
		assert_string_equal(twice.data, once.data);
	}
}

/* True if part's lines stand in all, in their order. */
static bool is_in_order(const struct lines *all, const struct lines *part)
{
	size_t at = 0;

	for (size_t i = 0; i < all->count && at < part->count; i++)
		at += strcmp(all->data[i], part->data[at]) == 0;
	return at == part->count;
}

static void disjoint_sides_commute(void **state)
{
	uint64_t seed = random_begin("disjoint records commute", CASES);

	(void)state;
	for (unsigned int i = 0; i < CASES; i++) {
		struct text sides[2] = { { 0 }, { 0 } };
		struct text results[2] = { { 0 }, { 0 } };
		struct lines split_sides[2];
		struct lines lines[2];

		random_seed(seed + i);
		random_records(&sides[0], "a", 4);
		random_records(&sides[1], "b", 4);
		for (unsigned int k = 0; k < 2; k++) {
			assert_int_equal(unite(sides[k].data, sides[1 - k].data, &results[k]), 0);
			split(&split_sides[k], sides[k].data);
			split(&lines[k], results[k].data);
		}
		assert_int_equal(lines[0].count, lines[1].count);
		for (size_t n = 0; n < lines[0].count; n++)
			assert_int_equal(count_line(&lines[0], lines[0].data[n]),
					 count_line(&lines[1], lines[0].data[n]));
		for (unsigned int k = 0; k < 2; k++) {
			assert_true(is_in_order(&lines[k], &split_sides[0]));
			assert_true(is_in_order(&lines[k], &split_sides[1]));
		}
		for (unsigned int k = 0; k < 2; k++) {
			text_done(&sides[k]);
			text_done(&results[k]);
			free(split_sides[k].copy);
			free(lines[k].copy);
		}
	}
}

/* The last line that begins like line, up to the value that differs within a kind. */
static const char *last_of_kind(const struct lines *lines, const char *line)
{
	size_t head = (size_t)(strstr(line, "\"mode\":") - line);
	const char *tail = strstr(line, "\"sessionId\"");
	const char *last = NULL;

	for (size_t i = 0; i < lines->count; i++) {
		const char *other = strstr(lines->data[i], "\"sessionId\"");

		if (other && strncmp(lines->data[i], line, head) == 0 && strcmp(other, tail) == 0)
			last = lines->data[i];
	}
	return last;
}

static void no_line_is_lost_and_the_last_of_a_kind_wins(void **state)
{
	uint64_t seed = random_begin("never a line lost, last of a kind wins", CASES);
	size_t all_conflicts = 0;

	(void)state;
	for (unsigned int i = 0; i < CASES; i++) {
		cleanup_text struct text host = { 0 };
		cleanup_text struct text session = { 0 };
		cleanup_text struct text result = { 0 };
		struct lines ours;
		struct lines theirs;
		struct lines lines;
		size_t conflicts;
		size_t missing = 0;

		random_seed(seed + i);
		random_records(&host, "", 4);
		random_records(&session, "", 4);
		conflicts = unite(host.data, session.data, &result);
		split(&ours, host.data);
		split(&theirs, session.data);
		split(&lines, result.data);
		assert_memory_equal(result.data, host.data, host.len);
		assert_true(is_in_order(&lines, &ours));
		for (size_t n = 0; n < theirs.count; n++) {
			missing += count_line(&lines, theirs.data[n]) == 0;
			if (!strstr(theirs.data[n], "uuid"))
				assert_string_equal(last_of_kind(&lines, theirs.data[n]),
						    last_of_kind(&theirs, theirs.data[n]));
		}
		/* What is not there was reported, each of it. */
		assert_int_equal(missing, conflicts);
		all_conflicts += conflicts;
		free(ours.copy);
		free(theirs.copy);
		free(lines.copy);
	}
	assert_in_range(all_conflicts, CASES / 50, CASES * 2);
}

static size_t unite_on(struct text *host, const char *session, size_t settled)
{
	cleanup_text struct text added = { 0 };
	struct union_side ours = { .read = side_read, .arg = host->data, .settled = settled };
	struct union_side theirs = { .read = side_read, .arg = (void *)(uintptr_t)session };
	struct union_report report;

	assert_int_equal(union_records_merge(&ours, &theirs, side_emit, &added, &report), 0);
	text_append(host, added.data ? added.data : "");
	return (size_t)report.conflicts;
}

/* A session that is committed in two parts, with the host's records before, between and behind. */
static void two_rounds_tell_and_bring_what_one_does(void **state)
{
	uint64_t seed = random_begin("united twice as united once, by uuid", CASES);
	size_t all_conflicts = 0;

	(void)state;
	for (unsigned int i = 0; i < CASES; i++) {
		cleanup_text struct text once = { 0 };
		cleanup_text struct text twice = { 0 };
		cleanup_text struct text first = { 0 };
		cleanup_text struct text second = { 0 };
		cleanup_text struct text whole = { 0 };
		cleanup_text struct text later = { 0 };
		size_t conflicts;
		size_t settled;
		struct lines lines[2];

		random_seed(seed + i);
		side_read_max = pick(3) == 0 ? 1 + pick(40) : 1u << 20;
		random_records(&twice, "", 3);
		random_records(&first, "", 0);
		random_records(&second, "", 0);
		random_records(&later, "z", 0);
		text_append(&once, twice.data);
		text_append(&whole, first.data);
		text_append(&whole, second.data);
		conflicts = unite_on(&twice, first.data, 0);
		settled = twice.len;
		text_append(&twice, later.data);
		text_append(&once, later.data);
		conflicts += unite_on(&twice, second.data, settled);
		all_conflicts += conflicts;
		assert_int_equal(unite_on(&once, whole.data, 0), conflicts);
		split(&lines[0], once.data);
		split(&lines[1], twice.data);
		for (size_t k = 0; k < 2; k++) {
			for (size_t n = 0; n < lines[k].count; n++)
				assert_true(count_line(&lines[1 - k], lines[k].data[n]) > 0);
		}
		for (size_t n = 0; n < lines[1].count; n++) {
			/* What one round knows it brings once; what it brings twice is the
			 * session's own. */
			if (strstr(lines[1].data[n], "uuid"))
				assert_true(count_line(&lines[1], lines[1].data[n]) <=
					    count_line(&lines[0], lines[1].data[n]));
		}
		free(lines[0].copy);
		free(lines[1].copy);
	}
	assert_in_range(all_conflicts, CASES / 50, CASES * 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_side_alone_is_the_result),
		cmocka_unit_test(uniting_again_adds_nothing),
		cmocka_unit_test(disjoint_sides_commute),
		cmocka_unit_test(no_line_is_lost_and_the_last_of_a_kind_wins),
		cmocka_unit_test(two_rounds_tell_and_bring_what_one_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

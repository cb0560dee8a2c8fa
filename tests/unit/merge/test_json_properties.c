/* SPDX-License-Identifier: MIT */
/* Laws of the merge by key, each on 100,000 random cases: objects in random layouts, with random
 * spellings of the same values. */
#include "tests/unit/cmocka_setup.h"

#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/text.h"
#include "fs/merge/json_keys.h"
#include "tests/lib/form.h"
#include "tests/unit/merge/random.h"

#define CASES     form_of(5000, 100000, 1000000)
#define DEPTH_MAX 3u
#define RAW_MAX   256u /* spelt members that are remembered of one text */

/* One text being written: its layout, and how it spelt its scalar members. */
struct writer {
	struct text text;
	unsigned int layout; /* 0: compact, 1: lines, 2: white space anywhere */
	struct {
		size_t start; /* of the key, in text */
		size_t end;   /* of the value */
		char path[DEPTH_MAX + 2];
	} raw[RAW_MAX];
	size_t raw_count;
	char path[DEPTH_MAX + 2]; /* one letter per key */
	size_t depth;
};

static void put_space(struct writer *writer)
{
	static const char *const spaces[] = { "", " ", "\n", "\t ", "\r\n" };

	if (writer->layout == 2)
		text_append(&writer->text, spaces[pick(5)]);
}

static void put_line(struct writer *writer, size_t depth)
{
	if (writer->layout != 1)
		return;
	text_append(&writer->text, "\n");
	for (size_t i = 0; i < depth; i++)
		text_append(&writer->text, "  ");
}

/* Keys are one letter; sometimes an escape. */
static void put_key(struct writer *writer, char c)
{
	if (pick(4) == 0)
		text_appendf(&writer->text, "\"\\u%04x\"", (unsigned int)c);
	else
		text_appendf(&writer->text, "\"%c\"", c);
}

static void put_scalar(struct writer *writer, unsigned int value)
{
	static const char *const spelt[][3] = {
		{ "0", "0.0", "0e5" },
		{ "1", "1.0", "10E-1" },
		{ "-2.5", "-25e-1", "-2.50" },
		{ "\"\"", "\"\"", "\"\"" },
		{ "\"a\\\"}{\"", "\"\\u0061\\u0022}{\"", "\"a\\u0022\\u007d{\"" },
		{ "\"\xc3\xa9/\"", "\"\\u00e9\\/\"", "\"\\u00E9/\"" },
		{ "true", "true", "true" },
		{ "null", "null", "null" },
		{ "[]", "[ ]", "[\n]" },
		{ "[1,{\"a\":2}]", "[1.0, {\"a\" : 2}]", "[1,\n{\"\\u0061\":2}]" },
	};

	text_append(&writer->text, spelt[value % 10][pick(3)]);
}

static void put_json(struct writer *writer, const json_t *value);

static void put_members(struct writer *writer, const json_t *object)
{
	const char *separator = "";
	const char *key;
	json_t *value;

	text_append(&writer->text, "{");
	json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
		size_t start;

		text_append(&writer->text, separator);
		separator = ",";
		put_space(writer);
		put_line(writer, writer->depth + 1);
		writer->path[writer->depth++] = *key;
		writer->path[writer->depth] = '\0';
		start = writer->text.len;
		put_key(writer, *key);
		put_space(writer);
		text_append(&writer->text, writer->layout == 0 ? ":" : ": ");
		put_json(writer, value);
		if (!json_is_object(value) && writer->raw_count < RAW_MAX) {
			writer->raw[writer->raw_count].start = start;
			writer->raw[writer->raw_count].end = writer->text.len;
			(void)strcpy(writer->raw[writer->raw_count++].path, writer->path);
		}
		writer->path[--writer->depth] = '\0';
		put_space(writer);
	}
	put_line(writer, json_object_size(object) > 0 ? writer->depth : 0);
	text_append(&writer->text, "}");
}

/* Scalars stand in the tree as their numbers in the table of spellings. */
static void put_json(struct writer *writer, const json_t *value)
{
	if (json_is_object(value))
		put_members(writer, value);
	else
		put_scalar(writer, (unsigned int)json_integer_value(value));
}

static void write_text(struct writer *writer, const json_t *tree)
{
	*writer = (struct writer){ .layout = pick(3) };
	put_space(writer);
	put_json(writer, tree);
	put_space(writer);
	assert_false(writer->text.is_failed);
}

static json_t *random_value(size_t depth);

static json_t *random_object(size_t depth)
{
	json_t *object = json_object();
	unsigned int count = pick(4);

	for (unsigned int i = 0; i < count; i++) {
		char key[2] = { (char)('a' + pick(5)), '\0' };

		assert_int_equal(json_object_set_new(object, key, random_value(depth + 1)), 0);
	}
	return object;
}

static json_t *random_value(size_t depth)
{
	return depth < DEPTH_MAX && pick(3) == 0 ? random_object(depth) : json_integer(pick(10));
}

/* A few changes anywhere in a copy of tree; only at the top-level keys for which is_allowed. */
static void change_object(json_t *object, size_t depth, unsigned int allowed)
{
	char key[2] = { (char)('a' + pick(5)), '\0' };
	json_t *value = json_object_get(object, key);

	if (depth == 0 && !(allowed & 1u << (key[0] - 'a')))
		return;
	if (json_is_object(value) && pick(4) > 0)
		change_object(value, depth + 1, allowed);
	else if (pick(4) == 0)
		(void)json_object_del(object, key);
	else
		assert_int_equal(json_object_set_new(object, key, random_value(depth + 1)), 0);
}

static json_t *changed_copy(const json_t *tree, unsigned int allowed)
{
	json_t *copy = json_deep_copy(tree);
	unsigned int changes = pick(5);

	for (unsigned int i = 0; i < changes; i++)
		change_object(copy, 0, allowed);
	return copy;
}

static enum json_key_choice take(const struct json_key_change *change, void *arg)
{
	(void)change;
	(void)arg;
	return JSON_KEY_TAKE;
}

static void merge_texts(const char *base, const char *session, const char *host,
			struct json_keys **ret_keys, struct json_keys_result *result)
{
	struct json_text b = { base, strlen(base) };
	struct json_text s = { session, strlen(session) };
	struct json_text h = { host, strlen(host) };
	cleanup_json_keys struct json_keys *keys = NULL;

	assert_int_equal(json_keys_compare(&b, &s, &h, NULL, NULL, NULL, &keys), 0);
	assert_int_equal(json_keys_merge(keys, take, NULL, result), 0);
	if (ret_keys)
		*ret_keys = steal_ptr(&keys);
}

static void assert_same(const char *a, const char *b)
{
	cleanup_json json_t *x = NULL;
	cleanup_json json_t *y = NULL;

	assert_int_equal(json_load_strict(a, strlen(a), &x, NULL), 0);
	assert_int_equal(json_load_strict(b, strlen(b), &y, NULL), 0);
	if (!json_keys_is_same(x, y))
		fail_msg("not the same:\n%s\n%s", a, b);
}

/* A case: trees, and a text of each. */
struct sides {
	json_t *trees[3]; /* base, session, host */
	struct writer texts[3];
};

static void make_sides(struct sides *sides, uint64_t seed)
{
	random_seed(seed);
	sides->trees[0] = random_object(0);
	sides->trees[1] = changed_copy(sides->trees[0], ~0u);
	sides->trees[2] = changed_copy(sides->trees[0], ~0u);
	for (unsigned int i = 0; i < 3; i++)
		write_text(&sides->texts[i], sides->trees[i]);
}

static void drop_sides(struct sides *sides)
{
	for (unsigned int i = 0; i < 3; i++) {
		json_decref(sides->trees[i]);
		text_done(&sides->texts[i].text);
	}
}

static void a_session_that_changed_nothing_leaves_the_host_as_it_is(void **state)
{
	uint64_t seed = random_begin("merge(base, base, x) = x", CASES);

	(void)state;
	for (unsigned int i = 0; i < CASES; i++) {
		cleanup_json_keys_result struct json_keys_result result = { 0 };
		struct sides sides;
		struct writer again;

		make_sides(&sides, seed + i);
		write_text(&again, sides.trees[0]);
		merge_texts(sides.texts[0].text.data, again.text.data, sides.texts[2].text.data,
			    NULL, &result);
		assert_string_equal(result.text, sides.texts[2].text.data);
		assert_same(result.next_base, sides.texts[0].text.data);
		text_done(&again.text);
		drop_sides(&sides);
	}
}

static void a_host_that_changed_nothing_gets_what_the_session_has(void **state)
{
	uint64_t seed = random_begin("merge(base, x, base) = x", CASES);

	(void)state;
	for (unsigned int i = 0; i < CASES; i++) {
		cleanup_json_keys_result struct json_keys_result result = { 0 };
		struct sides sides;
		struct writer again;

		make_sides(&sides, seed + i);
		write_text(&again, sides.trees[0]);
		merge_texts(sides.texts[0].text.data, sides.texts[1].text.data, again.text.data,
			    NULL, &result);
		assert_same(result.text, sides.texts[1].text.data);
		assert_same(result.next_base, sides.texts[1].text.data);
		text_done(&again.text);
		drop_sides(&sides);
	}
}

static void disjoint_changes_commute(void **state)
{
	uint64_t seed = random_begin("disjoint changes commute", CASES);

	(void)state;
	for (unsigned int i = 0; i < CASES; i++) {
		struct json_keys_result first[2] = { { 0 }, { 0 } };
		struct json_keys_result second[2] = { { 0 }, { 0 } };
		struct writer texts[3];
		json_t *trees[3];

		random_seed(seed + i);
		trees[0] = random_object(0);
		trees[1] = changed_copy(trees[0], 0x15);
		trees[2] = changed_copy(trees[0], 0x0a);
		for (unsigned int k = 0; k < 3; k++)
			write_text(&texts[k], trees[k]);
		for (unsigned int k = 0; k < 2; k++) {
			const char *base = texts[0].text.data;

			merge_texts(base, texts[1 + k].text.data, base, NULL, &first[k]);
			merge_texts(base, texts[2 - k].text.data, first[k].text, NULL, &second[k]);
			assert_int_equal(second[k].conflicts, 0);
		}
		assert_same(second[0].text, second[1].text);
		for (unsigned int k = 0; k < 3; k++) {
			json_decref(trees[k]);
			text_done(&texts[k].text);
		}
		for (unsigned int k = 0; k < 2; k++) {
			json_keys_result_done(&first[k]);
			json_keys_result_done(&second[k]);
		}
	}
}

static void running_it_again_changes_nothing(void **state)
{
	uint64_t seed = random_begin("idempotent on re-run", CASES);

	(void)state;
	for (unsigned int i = 0; i < CASES; i++) {
		cleanup_json_keys_result struct json_keys_result once = { 0 };
		cleanup_json_keys_result struct json_keys_result twice = { 0 };
		cleanup_json_keys_result struct json_keys_result later = { 0 };
		struct sides sides;

		make_sides(&sides, seed + i);
		merge_texts(sides.texts[0].text.data, sides.texts[1].text.data,
			    sides.texts[2].text.data, NULL, &once);
		merge_texts(sides.texts[0].text.data, sides.texts[1].text.data, once.text, NULL,
			    &twice);
		assert_string_equal(twice.text, once.text);
		assert_int_equal(twice.applied, 0);
		assert_int_equal(twice.conflicts, once.conflicts);
		/* And as a later review does it, by the new base: only the conflicts are left. */
		merge_texts(once.next_base, sides.texts[1].text.data, once.text, NULL, &later);
		assert_string_equal(later.text, once.text);
		assert_int_equal(later.applied, 0);
		assert_int_equal(later.conflicts, once.conflicts);
		drop_sides(&sides);
	}
}

/* The value at a path of letters. */
static const json_t *at_letters(const json_t *tree, const char *path)
{
	for (; tree && *path; path++) {
		char key[2] = { *path, '\0' };

		tree = json_object_get(tree, key);
	}
	return tree;
}

/* Both in spelt form or as a parsed text: the same value? */
static bool is_kept(const json_t *before, const json_t *after)
{
	return json_keys_is_same(before, after);
}

/* What the model says of a scalar member of the host: it may only be missing or different where the
 * session changed just this path, or one above or below it, and the host had left that alone. */
static bool may_change(const struct sides *sides, const char *path)
{
	for (size_t len = strlen(path); len > 0; len--) {
		char above[DEPTH_MAX + 2] = { 0 };
		const json_t *base;

		memcpy(above, path, len);
		base = at_letters(sides->trees[0], above);
		if (!json_equal(base, at_letters(sides->trees[1], above)) ||
		    !base != !at_letters(sides->trees[1], above))
			return json_equal(at_letters(sides->trees[0], path),
					  at_letters(sides->trees[2], path));
	}
	return false;
}

static void check_nothing_lost(const struct sides *sides, const char *result)
{
	const struct writer *host = &sides->texts[2];
	const char *from = result;
	cleanup_json json_t *before = NULL;
	cleanup_json json_t *after = NULL;

	assert_int_equal(json_load_strict(host->text.data, host->text.len, &before, NULL), 0);
	assert_int_equal(json_load_strict(result, strlen(result), &after, NULL), 0);
	for (size_t i = 0; i < host->raw_count; i++) {
		const char *path = host->raw[i].path;
		cleanup_free char *raw = strndup(host->text.data + host->raw[i].start,
						 host->raw[i].end - host->raw[i].start);
		const char *found;

		if (!is_kept(at_letters(before, path), at_letters(after, path))) {
			if (!may_change(sides, path))
				fail_msg("%s was lost:\n%s\n%s", path, host->text.data, result);
			continue;
		}
		/* As it was spelt, and in the order of the host. */
		found = strstr(from, raw);
		if (!found && may_change(sides, path))
			continue;
		if (!found)
			fail_msg("%s was spelt anew:\n%s\n%s", path, host->text.data, result);
		from = found;
	}
}

static void nothing_of_the_host_is_lost_or_spelt_anew(void **state)
{
	uint64_t seed = random_begin("no key of the host is lost, none is spelt anew", CASES);

	(void)state;
	for (unsigned int i = 0; i < CASES; i++) {
		cleanup_json_keys_result struct json_keys_result result = { 0 };
		struct sides sides;

		make_sides(&sides, seed + i);
		merge_texts(sides.texts[0].text.data, sides.texts[1].text.data,
			    sides.texts[2].text.data, NULL, &result);
		check_nothing_lost(&sides, result.text);
		drop_sides(&sides);
	}
}

/* Every change of the session is in the result, or was reported as a conflict. */
static void nothing_of_the_session_is_lost_in_silence(void **state)
{
	uint64_t seed = random_begin("each change is applied or reported", CASES);
	size_t conflicts = 0;

	(void)state;
	for (unsigned int i = 0; i < CASES; i++) {
		cleanup_json_keys_result struct json_keys_result result = { 0 };
		cleanup_json_keys struct json_keys *keys = NULL;
		cleanup_json json_t *after = NULL;
		struct sides sides;

		make_sides(&sides, seed + i);
		merge_texts(sides.texts[0].text.data, sides.texts[1].text.data,
			    sides.texts[2].text.data, &keys, &result);
		assert_int_equal(json_load_strict(result.text, result.len, &after, NULL), 0);
		conflicts += result.conflicts;
		for (size_t k = 0; k < json_keys_count(keys); k++) {
			const struct json_key_change *change = json_keys_get(keys, k);
			char path[DEPTH_MAX + 2] = { 0 };
			const json_t *found;

			for (size_t d = 0; d < change->depth; d++)
				path[d] = change->keys[d][0];
			found = at_letters(after, path);
			if (change->state == JSON_KEY_CONFLICT)
				assert_true(is_kept(change->host_value, found));
			else if (!change->is_superseded)
				assert_true(is_kept(change->new_value, found));
		}
		drop_sides(&sides);
	}
	/* The cases are worth something: */
	assert_in_range(conflicts, CASES / 20, CASES * 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_that_changed_nothing_leaves_the_host_as_it_is),
		cmocka_unit_test(a_host_that_changed_nothing_gets_what_the_session_has),
		cmocka_unit_test(disjoint_changes_commute),
		cmocka_unit_test(running_it_again_changes_nothing),
		cmocka_unit_test(nothing_of_the_host_is_lost_or_spelt_anew),
		cmocka_unit_test(nothing_of_the_session_is_lost_in_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

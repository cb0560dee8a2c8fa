/* SPDX-License-Identifier: MIT */
/* The merge by key: what is a change, what becomes of it, and what the host's text looks like
 * afterwards, byte for byte. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/text.h"
#include "fs/merge/json_keys.h"

static struct json_text text_of(const char *s)
{
	return (struct json_text){ .data = s, .len = s ? strlen(s) : 0 };
}

static enum json_key_choice take(const struct json_key_change *change, void *arg)
{
	(void)change;
	(void)arg;
	return JSON_KEY_TAKE;
}

static enum json_key_choice force(const struct json_key_change *change, void *arg)
{
	(void)change;
	(void)arg;
	return JSON_KEY_FORCE;
}

/* Takes the change whose path, joined by '/', is arg. */
static enum json_key_choice take_one(const struct json_key_change *change, void *arg)
{
	cleanup_text struct text path = { 0 };

	for (size_t i = 0; i < change->depth; i++) {
		text_append(&path, i > 0 ? "/" : "");
		text_append(&path, change->keys[i]);
	}
	return strcmp(path.data, arg) == 0 ? JSON_KEY_TAKE : JSON_KEY_LEAVE;
}

static struct json_keys *compare(const char *base, const char *session, const char *host,
				 json_key_both_fn *both)
{
	struct json_text b = text_of(base);
	struct json_text s = text_of(session);
	struct json_text h = text_of(host);
	struct json_keys *keys = NULL;

	assert_int_equal(json_keys_compare(&b, &s, &h, both, NULL, NULL, &keys), 0);
	return keys;
}

static void check(const char *base, const char *session, const char *host,
		  json_key_choose_fn *choose, const char *expected, const char *next_base)
{
	cleanup_json_keys struct json_keys *keys = compare(base, session, host, NULL);
	cleanup_json_keys_result struct json_keys_result result = { 0 };

	assert_int_equal(json_keys_merge(keys, choose, NULL, &result), 0);
	assert_string_equal(result.text, expected);
	assert_int_equal(result.len, strlen(expected));
	if (next_base)
		assert_string_equal(result.next_base, next_base);
}

static void the_hosts_layout_is_kept(void **state)
{
	const char *host = "{\n    \"z\" : 1.50e1,\n\n    \"\\u0061\":\"\\u00e9\\/\",\n"
			   "    \"n\": { \"x\":1 },\n    \"list\": [1,\n2]\n}\n";

	(void)state;
	/* One value, in the middle and at the end. */
	check("{\"n\":{\"x\":1}}", "{\"n\":{\"x\":2}}", host, take,
	      "{\n    \"z\" : 1.50e1,\n\n    \"\\u0061\":\"\\u00e9\\/\",\n"
	      "    \"n\": { \"x\":2 },\n    \"list\": [1,\n2]\n}\n",
	      "{\"n\":{\"x\":2}}");
	/* A new key and a nested one. */
	check("{}", "{\"new\":{\"a\":[1,{}],\"b\":0.1},\"n\":{\"y\":null}}", host, take,
	      "{\n    \"z\" : 1.50e1,\n\n    \"\\u0061\":\"\\u00e9\\/\",\n"
	      "    \"n\": { \"x\":1, \"y\" : null },\n    \"list\": [1,\n2],\n"
	      "    \"new\" : {\n        \"a\" : [\n            1,\n            {}\n        ],\n"
	      "        \"b\" : 0.1\n    }\n}\n",
	      NULL);
	/* The first, the last, all. */
	check("{\"z\":15}", "{}", host, take,
	      "{\n\n    \"\\u0061\":\"\\u00e9\\/\",\n"
	      "    \"n\": { \"x\":1 },\n    \"list\": [1,\n2]\n}\n",
	      "{}");
	check("{\"list\":[1,2]}", "{}", host, take,
	      "{\n    \"z\" : 1.50e1,\n\n    \"\\u0061\":\"\\u00e9\\/\",\n"
	      "    \"n\": { \"x\":1 }\n}\n",
	      "{}");
	check("{\"a\":1}", "{}", " {\t\"a\" : 1 } \n", take, " {} \n", "{}");
}

static void compact_and_tabbed_texts_stay_so(void **state)
{
	(void)state;
	check("{}", "{\"b\":{\"c\":[1,2]}}", "{\"a\":1}", take, "{\"a\":1,\"b\":{\"c\":[1,2]}}",
	      NULL);
	check("{}", "{\"b\":{\"c\":2}}", "{\r\n\t\"a\": 1\r\n}", take,
	      "{\r\n\t\"a\": 1,\r\n\t\"b\": {\r\n\t\t\"c\": 2\r\n\t}\r\n}", NULL);
	check("{}", "{\"a\":{\"b\":1}}", "{\n  \"a\": {}\n}\n", take,
	      "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n", NULL);
	check("{}", "{\"a\":1}", NULL, take, "{\n  \"a\": 1\n}", "{\"a\":1}");
	check("{}", "{}", NULL, take, "", "{}");
	check("{\"a\":1}", "{\"a\":2}", "{\"b\":[{\"}\":\"\\\"{\"}] , \"a\":1}", take,
	      "{\"b\":[{\"}\":\"\\\"{\"}] , \"a\":2}", NULL);
}

static void hidden_keys_are_never_touched(void **state)
{
	(void)state;
	/* The session saw no "secret", at any depth, and replaced or removed all around it. */
	check("{\"a\":{\"x\":1},\"b\":2}", "{\"b\":3}",
	      "{\"a\":{\"x\":1,\"secret\":7},\"secret\":8,\"b\":2}", take,
	      "{\"a\":{\"secret\":7},\"secret\":8,\"b\":3}", "{\"b\":3}");
	/* An object that goes takes only what was seen. */
	check("{\"a\":{\"x\":{\"y\":1}}}", "{}", "{\"a\":{\"x\":{\"y\":1}},\"k\":1}", take,
	      "{\"k\":1}", "{}");
	/* It became something else: not while there is more in it. */
	check("{\"a\":{\"x\":1}}", "{\"a\":5}", "{\"a\":{\"x\":1,\"secret\":7}}", take,
	      "{\"a\":{\"x\":1,\"secret\":7}}", "{\"a\":{\"x\":1}}");
	check("{\"a\":{\"x\":1}}", "{\"a\":5}", "{\"a\":{\"x\":1}}", take, "{\"a\":5}",
	      "{\"a\":5}");
	/* A value of its own where the host has a hidden one. */
	check("{}", "{\"id\":\"session\"}", "{\"id\":\"host\"}", take, "{\"id\":\"host\"}", "{}");
}

static void only_chosen_keys_go(void **state)
{
	cleanup_json_keys struct json_keys *keys = compare("{\"a\":1,\"b\":{\"c\":1}}",
							   "{\"a\":2,\"b\":{\"c\":2,\"d\":3}}",
							   "{\"a\":1,\"b\":{\"c\":1}}", NULL);
	cleanup_json_keys_result struct json_keys_result result = { 0 };

	(void)state;
	assert_int_equal(json_keys_count(keys), 3);
	assert_int_equal(json_keys_merge(keys, take_one, (void *)(uintptr_t) "b/d", &result), 0);
	assert_int_equal(result.applied, 1);
	assert_string_equal(result.text, "{\"a\":1,\"b\":{\"c\":1,\"d\":3}}");
	assert_string_equal(result.next_base, "{\"a\":1,\"b\":{\"c\":1,\"d\":3}}");
}

static void both_changed_is_a_conflict_and_reported(void **state)
{
	static const struct {
		const char *base;
		const char *session;
		const char *host;
		const char *forced;
	} rows[] = {
		{ "{\"a\":1}", "{\"a\":2}", "{\"a\":3}", "{\"a\":2}" },
		{ "{\"a\":1}", "{}", "{\"a\":3}", "{}" },
		{ "{\"a\":1}", "{\"a\":2}", "{}", "{\n  \"a\": 2\n}" },
		{ "{}", "{\"a\":2}", "{\"a\":3}", "{\"a\":2}" },
		{ "{\"o\":{\"a\":1}}", "{\"o\":{\"a\":2}}", "{}",
		  "{\n  \"o\": {\n    \"a\": 2\n  }\n}" },
		{ "{\"o\":{\"a\":1}}", "{\"o\":{\"a\":1,\"b\":2}}", "{}",
		  "{\n  \"o\": {\n    \"b\": 2\n  }\n}" },
		/* No way: not even by force. */
		{ "{\"o\":{\"a\":1}}", "{\"o\":{\"a\":2}}", "{\"o\":7}", "{\"o\":7}" },
		{ "{\"a\":[1]}", "{\"a\":[1,2]}", "{\"a\":[1,3]}", "{\"a\":[1,2]}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_json_keys struct json_keys *keys =
			compare(rows[i].base, rows[i].session, rows[i].host, NULL);
		cleanup_json_keys_result struct json_keys_result taken = { 0 };
		cleanup_json_keys_result struct json_keys_result forced = { 0 };
		const struct json_key_change *change = json_keys_get(keys, 0);

		assert_int_equal(json_keys_count(keys), 1);
		assert_int_equal(change->state, JSON_KEY_CONFLICT);
		assert_non_null(change->why);
		assert_int_equal(json_keys_merge(keys, take, NULL, &taken), 0);
		assert_string_equal(taken.text, rows[i].host);
		assert_string_equal(taken.next_base, rows[i].base);
		assert_int_equal(taken.conflicts, 1);
		assert_int_equal(json_keys_merge(keys, force, NULL, &forced), 0);
		assert_string_equal(forced.text, rows[i].forced);
	}
}

static enum json_key_both by_name(const char *const *keys, size_t depth, void *arg)
{
	(void)arg;
	assert_int_equal(depth, 1);
	return strcmp(keys[0], "count") == 0  ? JSON_BOTH_MAX
	       : strcmp(keys[0], "last") == 0 ? JSON_BOTH_HOST
					      : JSON_BOTH_CONFLICT;
}

static void counters_and_last_values_unite(void **state)
{
	static const struct {
		const char *session;
		const char *host;
		enum json_key_state state;
		bool is_superseded;
	} rows[] = {
		{ "{\"count\":7}", "{\"count\":6}", JSON_KEY_OPEN, false },
		{ "{\"count\":7}", "{\"count\":8}", JSON_KEY_DONE, true },
		{ "{\"count\":7}", "{\"count\":5.0}", JSON_KEY_OPEN, false },
		{ "{\"count\":7}", "{\"count\":\"x\"}", JSON_KEY_CONFLICT, false },
		{ "{\"count\":7}", "{}", JSON_KEY_CONFLICT, false },
		{ "{\"count\":5,\"last\":1}", "{\"count\":5,\"last\":2}", JSON_KEY_DONE, true },
		{ "{\"count\":5,\"other\":1}", "{\"count\":5,\"other\":2}", JSON_KEY_CONFLICT,
		  false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_json_keys struct json_keys *keys =
			compare("{\"count\":5}", rows[i].session, rows[i].host, by_name);

		assert_int_equal(json_keys_count(keys), 1);
		assert_int_equal(json_keys_get(keys, 0)->state, rows[i].state);
		assert_int_equal(json_keys_get(keys, 0)->is_superseded, rows[i].is_superseded);
	}
}

static void spelling_and_order_are_no_changes(void **state)
{
	cleanup_json_keys struct json_keys *keys =
		compare("{\"a\":1.0,\"b\":[1e2],\"c\":{\"x\":1,\"y\":2}}",
			"{\"c\":{\"y\":2,\"x\":1},\"b\":[100],\"\\u0061\":1}", "{}", NULL);

	(void)state;
	assert_int_equal(json_keys_count(keys), 0);
}

/* depth objects in each other. */
static char *nest(size_t depth)
{
	struct text text = { 0 };

	for (size_t i = 0; i < depth; i++)
		text_append(&text, "{\"a\":");
	text_append(&text, "1");
	for (size_t i = 0; i < depth; i++)
		text_append(&text, "}");
	return text_steal(&text);
}

static void what_is_no_strict_json_ends_the_merge(void **state)
{
	cleanup_free char *deep = nest(129);
	const char *const bad[] = {
		"{\"a\":1,\"a\":2}", "{\"a\":NaN}",    "{\"a\":1}x",    "[1]",        "1",  "",
		"{\"a\":\"\xff\"}",  "\xef\xbb\xbf{}", "{\"a\":1e999}", "{\"a\":1,}", deep,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct json_text sides[3] = { text_of("{}"), text_of("{}"), text_of("{}") };

		for (unsigned int side = 0; side < 3; side++) {
			struct json_keys_problem problem = { 0 };
			struct json_keys *keys = NULL;

			sides[side] = text_of(bad[i]);
			assert_int_equal(json_keys_compare(&sides[0], &sides[1], &sides[2], NULL,
							   NULL, &problem, &keys),
					 -EBADMSG);
			assert_int_equal(problem.side, side);
			assert_true(problem.problem.reason[0] != '\0');
			sides[side] = text_of("{}");
		}
	}
}

static void deepest_nesting_merges(void **state)
{
	cleanup_free char *deep = nest(128);
	cleanup_json_keys struct json_keys *keys = compare("{}", deep, "{\"b\":1}", NULL);
	cleanup_json_keys_result struct json_keys_result result = { 0 };

	(void)state;
	assert_int_equal(json_keys_count(keys), 1);
	assert_int_equal(json_keys_get(keys, 0)->depth, 128);
	assert_int_equal(json_keys_merge(keys, take, NULL, &result), 0);
	assert_int_equal(result.applied, 1);
}

static void too_many_changes_are_refused(void **state)
{
	cleanup_text struct text many = { 0 };
	struct json_keys *keys = NULL;
	struct json_text empty = text_of("{}");
	struct json_text session;

	(void)state;
	text_append(&many, "{\"k\":0");
	for (unsigned int i = 0; i < JSON_KEYS_CHANGES_MAX; i++)
		text_appendf(&many, ",\"k%u\":0", i);
	text_append(&many, "}");
	session = (struct json_text){ many.data, many.len };
	assert_int_equal(json_keys_compare(&empty, &session, &empty, NULL, NULL, NULL, &keys),
			 -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hosts_layout_is_kept),
		cmocka_unit_test(compact_and_tabbed_texts_stay_so),
		cmocka_unit_test(hidden_keys_are_never_touched),
		cmocka_unit_test(only_chosen_keys_go),
		cmocka_unit_test(both_changed_is_a_conflict_and_reported),
		cmocka_unit_test(counters_and_last_values_unite),
		cmocka_unit_test(spelling_and_order_are_no_changes),
		cmocka_unit_test(what_is_no_strict_json_ends_the_merge),
		cmocka_unit_test(deepest_nesting_merges),
		cmocka_unit_test(too_many_changes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

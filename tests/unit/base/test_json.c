/* SPDX-License-Identifier: MIT */
/* JSON that must not be believed. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/json.h"

static int load(const char *text)
{
	cleanup_json json_t *json = NULL;

	return json_load_strict(text, strlen(text), &json, NULL);
}

static void ordinary_texts_are_taken(void **state)
{
	(void)state;
	assert_int_equal(load("{\"a\":[1,2.5,null,true,\"x\"]}"), 0);
	assert_int_equal(load("\"x\""), 0);
}

static void ambiguous_texts_are_refused(void **state)
{
	(void)state;
	assert_int_equal(load("{\"a\":1,\"a\":2}"), -EBADMSG);
	assert_int_equal(load("{\"a\":1,\"\\u0061\":2}"), -EBADMSG);
	assert_int_equal(load("{} {}"), -EBADMSG);
	assert_int_equal(load("\xef\xbb\xbf{}"), -EBADMSG);
	assert_int_equal(load("NaN"), -EBADMSG);
	assert_int_equal(load("\"\\u0000\""), -EBADMSG);
	assert_int_equal(load("\"\xff\""), -EBADMSG);
	assert_int_equal(load("\"\\ud800\""), -EBADMSG);
	assert_int_equal(load("{\"a\":1,}"), -EBADMSG);
	assert_int_equal(load("// c\n{}"), -EBADMSG);
	assert_int_equal(load(""), -EBADMSG);
}

static void depth_is_bounded(void **state)
{
	char text[2 * JSON_DEPTH_MAX + 3];
	struct json_problem problem;
	cleanup_json json_t *json = NULL;

	(void)state;
	memset(text, '[', JSON_DEPTH_MAX);
	memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
	text[2 * JSON_DEPTH_MAX] = '\0';
	assert_int_equal(load(text), 0);
	memset(text, '[', JSON_DEPTH_MAX + 1);
	assert_int_equal(json_load_strict(text, JSON_DEPTH_MAX + 1, &json, &problem), -EBADMSG);
	assert_string_equal(problem.reason, "nested too deeply");
	/* Brackets in strings do not count. */
	memset(text, '[', sizeof(text));
	text[0] = '"';
	text[sizeof(text) - 2] = '"';
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(load(text), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_texts_are_taken),
		cmocka_unit_test(ambiguous_texts_are_refused),
		cmocka_unit_test(depth_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

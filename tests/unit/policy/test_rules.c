/* SPDX-License-Identifier: MIT */
/* Rule files: what is taken, and what is refused with its line. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/text.h"
#include "fs/policy/rules.h"

#define RULE(path)                                                                                \
	"{\"path\":\"" path "\",\"read\":\"show\",\"write\":\"auto\",\"merge\":\"append-lines\"," \
	"\"why\":\"w\"}"
#define FILE_OF(rules) "{\"version\":1,\"rules\":[" rules "]}"

static void the_builtin_rules_end_in_show_never(void **state)
{
	cleanup_rules struct rules *rules = NULL;
	const struct rule *last;

	(void)state;
	assert_int_equal(rules_new_builtin(&rules), 0);
	assert_true(rules_count(rules) > 20);
	last = rules_get(rules, rules_count(rules) - 1);
	assert_string_equal(last->pattern, "**");
	assert_int_equal(last->read, RULE_READ_SHOW);
	assert_int_equal(last->write, RULE_WRITE_NEVER);
	for (size_t i = 0; i < rules_count(rules); i++) {
		assert_string_equal(rules_get(rules, i)->origin, "built-in");
		assert_true(strlen(rules_get(rules, i)->why) > 20);
		assert_true(rules_get(rules, i)->line > 1);
	}
}

static void the_file_added_last_wins(void **state)
{
	cleanup_rules struct rules *rules = NULL;
	static const char a[] = FILE_OF(RULE("a1") ",\n" RULE("a2"));
	static const char b[] = FILE_OF(RULE("b1"));
	size_t builtin;

	(void)state;
	assert_int_equal(rules_new_builtin(&rules), 0);
	builtin = rules_count(rules);
	assert_int_equal(rules_add_text(rules, "a.json", a, strlen(a), NULL), 0);
	assert_int_equal(rules_add_text(rules, "b.json", b, strlen(b), NULL), 0);
	assert_int_equal(rules_count(rules), builtin + 3);
	assert_string_equal(rules_get(rules, 0)->pattern, "b1");
	assert_string_equal(rules_get(rules, 1)->pattern, "a1");
	assert_string_equal(rules_get(rules, 2)->pattern, "a2");
	assert_string_equal(rules_get(rules, 2)->origin, "a.json");
	assert_int_equal(rules_get(rules, 2)->line, 2);
	assert_int_equal(rules_get(rules, 2)->merge, RULE_MERGE_APPEND_LINES);
	assert_string_equal(rules_get(rules, 3)->origin, "built-in");
}

static void every_word_is_known(void **state)
{
	cleanup_rules struct rules *rules = NULL;
	static const char text[] = FILE_OF(
		"{\"path\":\"a\",\"read\":\"hide\",\"write\":\"review\",\"merge\":\"replace\","
		"\"why\":\"w\"},"
		"{\"path\":\"b\",\"read\":\"synthetic\",\"write\":\"refuse\",\"merge\":\"union-"
		"records\","
		"\"why\":\"w\"},"
		"{\"path\":\"c\",\"read\":\"filter\",\"filter\":\"history\",\"write\":\"never\","
		"\"merge\":\"json-keys\",\"why\":\"w\"},"
		"{\"path\":\"d\",\"read\":\"show\",\"write\":\"auto\",\"why\":\"w\"}");

	(void)state;
	assert_int_equal(rules_new_builtin(&rules), 0);
	assert_int_equal(rules_add_text(rules, "x", text, strlen(text), NULL), 0);
	assert_int_equal(rules_get(rules, 0)->read, RULE_READ_HIDE);
	assert_int_equal(rules_get(rules, 0)->write, RULE_WRITE_REVIEW);
	assert_int_equal(rules_get(rules, 1)->read, RULE_READ_SYNTHETIC);
	assert_int_equal(rules_get(rules, 1)->write, RULE_WRITE_REFUSE);
	assert_int_equal(rules_get(rules, 1)->merge, RULE_MERGE_UNION_RECORDS);
	assert_int_equal(rules_get(rules, 2)->read, RULE_READ_FILTER);
	assert_string_equal(rules_get(rules, 2)->filter, "history");
	assert_int_equal(rules_get(rules, 2)->merge, RULE_MERGE_JSON_KEYS);
	assert_int_equal(rules_get(rules, 3)->merge, RULE_MERGE_REPLACE);
}

/* Broken files, the line of the fault and a part of what is said about it. */
static const struct {
	const char *text;
	unsigned int line;
	const char *reason;
} broken[] = {
	{ "", 1, "expected" },
	{ "[]", 1, "one JSON object" },
	{ "{\n\"version\":1,\n\"rules\":[,]}", 3, "" },
	{ "{\"version\":2,\"rules\":[]}", 1, "version" },
	{ "{\"rules\":[]}", 1, "version" },
	{ "{\"version\":1}", 1, "rules" },
	{ "{\"version\":1,\"rules\":{}}", 1, "rules" },
	{ "{\"version\":1,\"rules\":[],\"x\":1}", 1, "\"x\"" },
	{ FILE_OF(RULE("a") ",\n\n 7"), 3, "object" },
	{ FILE_OF("\n\n" RULE("a") ",\n" RULE("b/../c")), 4, "b/../c" },
	{ FILE_OF(RULE("a") "\n,\n\n{\"path\":\"b\"}"), 4, "why" },
	{ FILE_OF(RULE("]{,\\\\[\\\",") ",\n{}"), 1, "" },
	{ FILE_OF(RULE("\\\\]\\\\[\\\\{\\\",") ",\n{}"), 2, "path" },
	{ FILE_OF("{\n\"path\":\"a\",\n\"read\":\"shown\",\"write\":\"auto\",\"why\":\"w\"}"), 1,
	  "read" },
	{ FILE_OF("\n{\"path\":\"a\",\"read\":\"show\",\"write\":\"yes\",\"why\":\"w\"}"), 2,
	  "write" },
	{ FILE_OF("{\"path\":\"a\",\"read\":\"show\",\"why\":\"w\"}"), 1, "write" },
	{ FILE_OF("{\"path\":\"a\",\"write\":\"auto\",\"why\":\"w\"}"), 1, "read" },
	{ FILE_OF("{\"path\":\"a\",\"read\":\"show\",\"write\":\"auto\"}"), 1, "why" },
	{ FILE_OF("{\"path\":\"a\",\"read\":\"show\",\"write\":\"auto\",\"why\":\"\"}"), 1, "why" },
	{ FILE_OF("{\"path\":\"a\",\"read\":\"show\",\"write\":\"auto\",\"merge\":\"m\",\"why\":"
		  "\"w\"}"),
	  1, "merge" },
	{ FILE_OF("{\"path\":\"a\",\"read\":\"filter\",\"write\":\"auto\",\"why\":\"w\"}"), 1,
	  "filter" },
	{ FILE_OF("{\"path\":\"a\",\"read\":\"show\",\"filter\":\"history\",\"write\":\"auto\","
		  "\"why\":\"w\"}"),
	  1, "filter" },
	{ FILE_OF("{\"path\":\"a\",\"read\":\"filter\",\"filter\":\"nix\",\"write\":\"auto\","
		  "\"why\":\"w\"}"),
	  1, "nix" },
	{ FILE_OF("{\"path\":\"a\",\"read\":\"show\",\"write\":\"auto\",\"why\":\"w\",\"Path\":"
		  "\"b\"}"),
	  1, "Path" },
	{ FILE_OF("{\"path\":\"a\",\"read\":\"show\",\"write\":[\"auto\"],\"why\":\"w\"}"), 1,
	  "write" },
	{ FILE_OF("{\"path\":\"a\",\"path\":\"b\",\"read\":\"show\",\"write\":\"auto\",\"why\":"
		  "\"w\"}"),
	  1, "duplicate" },
	{ FILE_OF(RULE("\\u001b[2J\\u202e\\\\")), 1, "\\x1b[2J\\u{202e}" },
};

static void broken_files_are_refused_with_their_line(void **state)
{
	cleanup_rules struct rules *rules = NULL;
	size_t count;

	(void)state;
	assert_int_equal(rules_new_builtin(&rules), 0);
	count = rules_count(rules);
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct rules_problem problem = { 0 };
		int r = rules_add_text(rules, "x.json", broken[i].text, strlen(broken[i].text),
				       &problem);

		if (r != -EBADMSG || problem.line != broken[i].line ||
		    !strstr(problem.reason, broken[i].reason))
			fail_msg("%s\ngave %d, line %u: %s", broken[i].text, r, problem.line,
				 problem.reason);
		assert_string_equal(problem.file, "x.json");
		assert_int_equal(rules_count(rules), count);
	}
}

static void too_many_rules_are_refused(void **state)
{
	cleanup_rules struct rules *rules = NULL;
	cleanup_text struct text text = { 0 };
	struct rules_problem problem = { 0 };
	size_t room;

	(void)state;
	assert_int_equal(rules_new_builtin(&rules), 0);
	room = RULES_MAX - rules_count(rules);
	text_append(&text, "{\"version\":1,\"rules\":[" RULE("a"));
	for (size_t i = 0; i < room; i++)
		text_append(&text, "," RULE("a"));
	text_append(&text, "]}");
	assert_int_equal(rules_add_text(rules, "x", text.data, text.len, &problem), -E2BIG);
	assert_int_equal(rules_count(rules), RULES_MAX - room);
	assert_non_null(strstr(problem.reason, "more than"));
}

static struct hash hash_with(const char *text)
{
	cleanup_rules struct rules *rules = NULL;

	assert_int_equal(rules_new_builtin(&rules), 0);
	assert_int_equal(rules_add_text(rules, "x", text, strlen(text), NULL), 0);
	return rules_hash(rules);
}

static void the_hash_tells_rule_sets_apart(void **state)
{
	struct hash a = hash_with(FILE_OF(RULE("a")));
	struct hash same = hash_with(FILE_OF("\n" RULE("a")));
	struct hash b = hash_with(FILE_OF(RULE("b")));
	struct hash ab = hash_with(FILE_OF(RULE("a") "," RULE("b")));
	struct hash ba = hash_with(FILE_OF(RULE("b") "," RULE("a")));

	(void)state;
	assert_true(hash_is_equal(&a, &same));
	assert_false(hash_is_equal(&a, &b));
	assert_false(hash_is_equal(&ab, &ba));
	assert_false(hash_is_zero(&a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_builtin_rules_end_in_show_never),
		cmocka_unit_test(the_file_added_last_wins),
		cmocka_unit_test(every_word_is_known),
		cmocka_unit_test(broken_files_are_refused_with_their_line),
		cmocka_unit_test(too_many_rules_are_refused),
		cmocka_unit_test(the_hash_tells_rule_sets_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

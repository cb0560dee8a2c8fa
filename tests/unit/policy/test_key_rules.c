/* SPDX-License-Identifier: MIT */
/* Rules for the keys of a JSON file: what a list of them may hold, and what becomes of a list that
 * is damaged, too long, or read without memory. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/text.h"
#include "fs/policy/key_rules.h"
#include "tests/lib/fault_call.h"

#define RULE(key, rest) "{\"key\":\"" key "\",\"read\":\"show\",\"why\":\"w\"" rest "}"
#define LIST(rules)     "{\"version\":1,\"keys\":[" rules "]}"

static struct key_rules *parse(const char *text)
{
	struct key_rules *rules = NULL;
	int r = key_rules_parse(text, strlen(text), &rules);

	if (r < 0)
		fail_msg("%s: %s", text, strerror(-r));
	return rules;
}

static void a_rule_says_what_may_come_home(void **state)
{
	cleanup_key_rules struct key_rules *rules = parse(LIST(RULE(
		"a",
		",\"write\":\"auto\",\"both\":\"max\",\"value\":"
		"\"count\"") "," RULE("b",
				      ",\"write\":\"review\","
				      "\"both\":\"host\"") "," RULE("c",
								    ",\"write\":\"never\","
								    "\"value\":\"text\"") "," RULE("d",
												   "")));
	const struct key_rule *rule = key_rules_get(rules, 0);

	(void)state;
	assert_int_equal(key_rules_count(rules), 4);
	assert_string_equal(rule->key, "a");
	assert_true(rule->has_write);
	assert_int_equal(rule->write, RULE_WRITE_AUTO);
	assert_int_equal(rule->both, KEY_BOTH_MAX);
	assert_int_equal(rule->value, KEY_VALUE_COUNT);
	rule = key_rules_get(rules, 1);
	assert_int_equal(rule->write, RULE_WRITE_REVIEW);
	assert_int_equal(rule->both, KEY_BOTH_HOST);
	assert_int_equal(rule->value, KEY_VALUE_NONE);
	rule = key_rules_get(rules, 2);
	assert_int_equal(rule->write, RULE_WRITE_NEVER);
	assert_int_equal(rule->both, KEY_BOTH_CONFLICT);
	assert_int_equal(rule->value, KEY_VALUE_TEXT);
	/* Without a word it never leaves. */
	rule = key_rules_get(rules, 3);
	assert_false(rule->has_write);
	assert_int_equal(rule->write, RULE_WRITE_NEVER);
	assert_null(key_rules_get(rules, 4));
}

static void any_flaw_refuses_the_whole_list(void **state)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{\"version\":2,\"keys\":[]}",
		"{\"keys\":[],\"x\":1}",
		"{\"version\":1,\"keys\":[],\"x\":1}",
		"{\"version\":1,\"keys\":{}}",
		LIST("1"),
		LIST("{}"),
		LIST("{\"read\":\"show\",\"why\":\"w\"}"),
		LIST("{\"key\":\"a\",\"why\":\"w\"}"),
		LIST("{\"key\":\"a\",\"read\":\"show\"}"),
		LIST("{\"key\":\"a\",\"read\":\"show\",\"why\":\"\"}"),
		LIST("{\"key\":\"a\",\"read\":\"filter\",\"why\":\"w\"}"),
		LIST("{\"key\":\"a{\",\"read\":\"show\",\"why\":\"w\"}"),
		LIST(RULE("a", ",\"x\":1")),
		LIST(RULE("a", ",\"write\":1")),
		LIST(RULE("a", ",\"write\":\"always\"")),
		LIST(RULE("a", ",\"both\":\"session\"")),
		LIST(RULE("a", ",\"value\":\"any\"")),
		/* What comes home unasked must be known. */
		LIST(RULE("a", ",\"write\":\"auto\"")),
		LIST(RULE("a", ",\"write\":\"auto\",\"value\":\"none\"")),
		/* Also behind a good one. */
		LIST(RULE("a", "") "," RULE("b", ",\"write\":\"\"")),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct key_rules *rules = NULL;
		int r = key_rules_parse(bad[i], strlen(bad[i]), &rules);

		if (r != -EBADMSG || rules)
			fail_msg("%d: %s", r, bad[i]);
	}
}

/* (ret_) A list of count rules. */
static void make_list(struct text *list, unsigned int count)
{
	text_append(list, "{\"version\":1,\"keys\":[");
	for (unsigned int i = 0; i < count; i++)
		text_appendf(list, "%s" RULE("k%u", ""), i > 0 ? "," : "", i);
	text_append(list, "]}");
	assert_false(list->is_failed);
}

static void their_number_is_bounded(void **state)
{
	cleanup_text struct text most = { 0 };
	cleanup_text struct text more = { 0 };
	cleanup_key_rules struct key_rules *rules = NULL;
	struct key_rules *none = NULL;

	(void)state;
	make_list(&most, KEY_RULES_MAX);
	assert_int_equal(key_rules_parse(most.data, most.len, &rules), 0);
	assert_int_equal(key_rules_count(rules), KEY_RULES_MAX);
	make_list(&more, KEY_RULES_MAX + 1);
	assert_int_equal(key_rules_parse(more.data, more.len, &none), -EBADMSG);
}

static const struct pattern_context context = { 0 };

static enum key_verdict decide(const struct key_rules *rules, const char *a, const char *b)
{
	const struct pattern_name keys[] = { { a, strlen(a) }, { b, b ? strlen(b) : 0 } };

	return key_rules_decide(rules, &context, keys, b ? 2 : 1);
}

static void the_first_match_decides_and_the_rest_is_hidden(void **state)
{
	cleanup_key_rules struct key_rules *rules = parse(
		LIST(RULE("m/shown", "") ",{\"key\":\"m/*\",\"read\":\"hide\",\"why\":\"w\"}," RULE(
			"m/late", "") "," RULE("n", "")));
	const struct pattern_name shown[] = { { "m", 1 }, { "shown", 5 } };
	const struct pattern_name other[] = { { "o", 1 } };

	(void)state;
	assert_int_equal(decide(rules, "m", "shown"), KEY_SHOWN);
	assert_int_equal(decide(rules, "m", "late"), KEY_HIDDEN);
	assert_int_equal(decide(rules, "m", NULL), KEY_WAY);
	assert_int_equal(decide(rules, "n", NULL), KEY_SHOWN);
	assert_int_equal(decide(rules, "o", NULL), KEY_HIDDEN);
	assert_ptr_equal(key_rules_find(rules, &context, shown, 2), key_rules_get(rules, 0));
	assert_null(key_rules_find(rules, &context, other, 1));
}

static void filters_that_go_by_keys_have_built_in_rules(void **state)
{
	static const char *const filters[] = { "claude-json", "settings" };
	const struct pattern_name hooks[] = { { "hooks", 5 } };
	struct key_rules *none = NULL;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct key_rule *rule;
		cleanup_key_rules struct key_rules *rules = NULL;

		assert_int_equal(key_rules_new_builtin(filters[i], &rules), 0);
		assert_true(key_rules_count(rules) > 3);
		/* Nothing that runs is among what a session may send home unasked. */
		rule = key_rules_find(rules, &context, hooks, 1);
		assert_true(!rule || rule->write == RULE_WRITE_NEVER);
	}
	assert_int_equal(key_rules_new_builtin("history", &none), 0);
	assert_null(none);
	key_rules_free(none);
}

static void without_memory_there_are_no_rules(void **state)
{
	unsigned int failed = 0;

	(void)state;
	fault_forget_ways();
	for (bool has_hit = true; has_hit;) {
		cleanup_key_rules struct key_rules *rules = NULL;
		int r;

		fault_arm_way(FAULT_MEMORY, ENOMEM, false);
		r = key_rules_new_builtin("claude-json", &rules);
		has_hit = fault_disarm();
		assert_int_equal(r, has_hit ? -ENOMEM : 0);
		assert_int_equal(rules == NULL, has_hit);
		failed += has_hit;
	}
	print_message("%u allocations failed\n", failed);
	assert_true(failed > 10);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_says_what_may_come_home),
		cmocka_unit_test(any_flaw_refuses_the_whole_list),
		cmocka_unit_test(their_number_is_bounded),
		cmocka_unit_test(the_first_match_decides_and_the_rest_is_hidden),
		cmocka_unit_test(filters_that_go_by_keys_have_built_in_rules),
		cmocka_unit_test(without_memory_there_are_no_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

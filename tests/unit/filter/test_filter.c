/* SPDX-License-Identifier: MIT */
/* What a filter may let through, and what it must not, of files that others wrote. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/text.h"
#include "fs/filter/filter.h"
#include "fs/policy/rules.h"
#include "tests/unit/temp_dir.h"

#define PROJECT "/home/u/proj"

static struct temp_dir dir;
static struct project_scope *scope;

static int set_up(void **state)
{
	(void)state;
	if (project_scope_new(PROJECT, &scope) < 0)
		return -1;
	return temp_dir_make(&dir);
}

static int tear_down(void **state)
{
	(void)state;
	project_scope_free(scope);
	temp_dir_remove(&dir);
	return 0;
}

/* Filters bytes; *ret (ret_, may be NULL) is what came out. */
static int filter_bytes(const char *name, const char *data, size_t len, char **ret)
{
	cleanup_fd int in = openat(dir.fd, "in", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	cleanup_fd int out = openat(dir.fd, "out", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t out_len = 0;
	int r;

	assert_int_equal(fd_write_all(in, data, len), 0);
	r = filter_apply(name, scope, in, out);
	if (ret)
		assert_int_equal(fd_read_file(out, FILTER_JSON_MAX, ret, &out_len), 0);
	return r;
}

static void assert_filtered(const char *name, const char *text, const char *want)
{
	cleanup_free char *got = NULL;

	assert_int_equal(filter_bytes(name, text, strlen(text), &got), 0);
	assert_string_equal(got, want);
}

#define OWN   "{\"display\":\"a\",\"project\":\"" PROJECT "\"}\n"
#define OTHER "{\"display\":\"b\",\"project\":\"/home/u/other\"}\n"

static void only_own_lines_are_shown(void **state)
{
	(void)state;
	assert_filtered("history", OWN OTHER OWN, OWN OWN);
	assert_filtered("history", "", "");
	assert_filtered("history", OTHER, "");
	assert_filtered("history", "\n\n" OWN "\n", OWN);
	assert_filtered("history", " {\"project\" : \"/home/u/pro\\u006a\"}\r\n",
			" {\"project\" : \"/home/u/pro\\u006a\"}\r\n");
}

static void near_misses_are_hidden(void **state)
{
	static const char *const lines[] = {
		"{\"display\":\"a\"}\n",
		"{\"project\":\"/home/u/proj/\"}\n",
		"{\"project\":\"/home/u/proj2\"}\n",
		"{\"project\":\"/home/u/PROJ\"}\n",
		"{\"Project\":\"" PROJECT "\"}\n",
		"{\"project\":[\"" PROJECT "\"]}\n",
		"{\"project\":null}\n",
		"{\"x\":{\"project\":\"" PROJECT "\"}}\n",
		"[{\"project\":\"" PROJECT "\"}]\n",
		"\"" PROJECT "\"\n",
		"{\"project\":\"" PROJECT "\\u0000\"}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_filtered("history", lines[i], "");
}

static void ambiguous_lines_are_hidden(void **state)
{
	static const char *const lines[] = {
		"{\"project\":\"" PROJECT "\",\"project\":\"/home/u/other\"}\n",
		"{\"project\":\"/home/u/other\",\"project\":\"" PROJECT "\"}\n",
		"{\"\\u0070roject\":\"/home/u/other\",\"project\":\"" PROJECT "\"}\n",
		"{\"project\":\"" PROJECT "\"} {}\n",
		"{\"project\":\"" PROJECT "\"\n",
		"{\"project\":\"" PROJECT "\",}\n",
		"{\"project\":\"" PROJECT "\",\"x\":NaN}\n",
		"{\"project\":\"" PROJECT "\",\"x\":\"\xff\"}\n",
		"\xef\xbb\xbf{\"project\":\"" PROJECT "\"}\n",
		"// {\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_filtered("history", lines[i], "");
}

static void a_line_without_newline_is_left_out(void **state)
{
	(void)state;
	assert_filtered("history", OWN "{\"project\":\"" PROJECT "\"}", OWN);
	assert_filtered("history", "{\"project\":\"" PROJECT "\"}", "");
}

static void a_nul_in_a_line_hides_it(void **state)
{
	static const char text[] = OWN "{\"project\":\"" PROJECT "\"}\0\n" OWN;
	cleanup_free char *got = NULL;

	(void)state;
	assert_int_equal(filter_bytes("history", text, sizeof(text) - 1, &got), 0);
	assert_string_equal(got, OWN OWN);
}

static void deep_nesting_hides_the_line(void **state)
{
	cleanup_text struct text text = { 0 };

	(void)state;
	text_append(&text, "{\"project\":\"" PROJECT "\",\"x\":");
	for (int i = 0; i < 100000; i++)
		text_append(&text, "[");
	text_append(&text, "\n" OWN);
	assert_filtered("history", text.data, OWN);
}

/* A line of len bytes that would be shown if it were not too long. */
static void append_long_line(struct text *text, size_t len)
{
	static const char head[] = "{\"project\":\"" PROJECT "\",\"x\":\"";
	size_t fill = len - (sizeof(head) - 1) - 2;

	text_append(text, head);
	for (size_t i = 0; i < fill; i++)
		text_append_bytes(text, "x", 1);
	text_append(text, "\"}\n");
}

static void a_huge_line_is_left_out_and_its_neighbours_stay(void **state)
{
	cleanup_text struct text text = { 0 };
	cleanup_text struct text most = { 0 };

	(void)state;
	text_append(&text, OWN);
	append_long_line(&text, FILTER_LINE_MAX + (1u << 20));
	text_append(&text, OWN);
	assert_filtered("history", text.data, OWN OWN);
	append_long_line(&most, FILTER_LINE_MAX);
	assert_filtered("history", most.data, most.data);
	text_done(&most);
	append_long_line(&most, FILTER_LINE_MAX + 1);
	assert_filtered("history", most.data, "");
}

static void many_lines_keep_their_order(void **state)
{
	cleanup_text struct text text = { 0 };
	cleanup_text struct text want = { 0 };

	(void)state;
	for (int i = 0; i < 20000; i++) {
		text_appendf(&text, "{\"n\":%d,\"project\":\"%s\"}\n", i,
			     i % 3 ? PROJECT : "/home/u/other");
		if (i % 3)
			text_appendf(&want, "{\"n\":%d,\"project\":\"" PROJECT "\"}\n", i);
	}
	assert_filtered("history", text.data, want.data);
}

static const char claude_json[] =
	"{\n"
	"  \"zeta\": 1,\n"
	"  \"numStartups\": 7,\n"
	"  \"theme\": \"dark\",\n"
	"  \"hasCompletedOnboarding\": true,\n"
	"  \"hasSeenTasksHint\": {\"secret\": 1},\n"
	"  \"userID\": \"0123456789\",\n"
	"  \"machineID\": \"0123456789\",\n"
	"  \"primaryApiKey\": \"sk-canary\",\n"
	"  \"customApiKeyResponses\": {\"approved\": [\"canary\"]},\n"
	"  \"oauthAccount\": {\"emailAddress\": \"canary@example.org\", \"organizationUuid\": "
	"\"canary\"},\n"
	"  \"githubRepoPaths\": {\"canary/other\": [\"/home/u/canary\"]},\n"
	"  \"mcpServers\": {\"db\": {\"command\": \"run\", \"args\": [\"-x\"], \"env\": "
	"{\"TOKEN\": "
	"\"canary\"}, \"headers\": {\"Authorization\": \"canary\"}}},\n"
	"  \"projects\": {\n"
	"    \"/home/u/canary\": {\"hasTrustDialogAccepted\": true, \"history\": [\"canary\"]},\n"
	"    \"/home/u/proj\": {\"hasTrustDialogAccepted\": true, \"allowedTools\": [\"Bash\"], "
	"\"mcpServers\": {\"own\": {\"command\": \"c\", \"env\": {\"K\": \"canary\"}}}},\n"
	"    \"/home/u/proj/canary\": {\"hasTrustDialogAccepted\": true}\n"
	"  },\n"
	"  \"firstStartTime\": \"2026-01-01\"\n"
	"}\n";

static void claude_json_shows_what_claude_needs_in_order(void **state)
{
	(void)state;
	assert_filtered("claude-json", claude_json,
			"{\n"
			"  \"numStartups\": 7,\n"
			"  \"theme\": \"dark\",\n"
			"  \"hasCompletedOnboarding\": true,\n"
			"  \"hasSeenTasksHint\": {},\n"
			"  \"mcpServers\": {\n"
			"    \"db\": {\n"
			"      \"command\": \"run\",\n"
			"      \"args\": [\n"
			"        \"-x\"\n"
			"      ]\n"
			"    }\n"
			"  },\n"
			"  \"projects\": {\n"
			"    \"/home/u/proj\": {\n"
			"      \"hasTrustDialogAccepted\": true,\n"
			"      \"allowedTools\": [\n"
			"        \"Bash\"\n"
			"      ],\n"
			"      \"mcpServers\": {\n"
			"        \"own\": {\n"
			"          \"command\": \"c\"\n"
			"        }\n"
			"      }\n"
			"    }\n"
			"  },\n"
			"  \"firstStartTime\": \"2026-01-01\"\n"
			"}");
}

static void claude_json_shows_no_secret(void **state)
{
	cleanup_free char *got = NULL;

	(void)state;
	assert_int_equal(filter_bytes("claude-json", claude_json, sizeof(claude_json) - 1, &got),
			 0);
	assert_null(strstr(got, "canary"));
}

static void claude_json_of_a_strange_shape_shows_nothing(void **state)
{
	(void)state;
	assert_filtered("claude-json", "{}", "{}");
	assert_filtered("claude-json", "{\"projects\": [\"/home/u/other\"]}", "{}");
	assert_filtered("claude-json", "{\"projects\": \"/home/u/other\", \"mcpServers\": 3}",
			"{}");
	assert_filtered("claude-json", "{\"projects/" PROJECT "\": 1, \"*\": 2, \"**\": 3}", "{}");
	assert_filtered("claude-json", "{\"projects\": {\"*\": {\"x\": 1}, \"<project>\": 2}}",
			"{\n  \"projects\": {}\n}");
	assert_filtered(
		"claude-json", "{\"mcpServers\": {\"a\": {\"args\": {\"b\": 1}, \"env\": []}}}",
		"{\n  \"mcpServers\": {\n    \"a\": {\n      \"args\": {\n        \"b\": 1\n"
		"      }\n    }\n  }\n}");
}

static void claude_json_that_is_not_strict_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"[]",
		"{\"theme\":\"a\",\"theme\":\"b\"}",
		"\xef\xbb\xbf{}",
		"{\"theme\":\"a\"",
		"{\"x\":\"\xff\"}",
		"{} x",
		"{\"theme\":\"a\",\"\\u0074heme\":\"b\"}",
		"null",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cleanup_free char *got = NULL;

		assert_int_equal(filter_bytes("claude-json", texts[i], strlen(texts[i]), &got),
				 -EBADMSG);
		assert_string_equal(got, "");
	}
}

static void a_claude_json_over_the_limit_is_refused(void **state)
{
	cleanup_fd int in = openat(dir.fd, "huge", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	cleanup_fd int out = openat(dir.fd, "out", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	(void)state;
	assert_int_equal(ftruncate(in, (off_t)FILTER_JSON_MAX + 1), 0);
	assert_int_equal(filter_apply("claude-json", scope, in, out), -EFBIG);
}

static void settings_keep_their_bytes_if_nothing_is_hidden(void **state)
{
	static const char *const texts[] = {
		"{}",
		"{ \"model\":\"opus\",\n\t\"hooks\": {} }\n",
		"{\"env\": {\"CLAUDE_CODE_USE_BEDROCK\": \"1\", \"ANTHROPIC_MODEL\": \"x\"}}",
		"{\"env\": {\"MAX_THINKING_TOKENS\": \"1\"}, \"hooks\": {\"x\": [\"y\"]}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_filtered("settings", texts[i], texts[i]);
}

static void settings_hide_what_may_be_a_secret(void **state)
{
	(void)state;
	assert_filtered(
		"settings",
		"{\"model\":\"opus\",\"env\":{\"GITHUB_PAT\":\"c\",\"ANTHROPIC_MODEL\":\"x\","
		"\"CLAUDE_CODE_OAUTH_TOKEN\":\"c\",\"ANTHROPIC_API_KEY\":\"c\","
		"\"ANTHROPIC_CUSTOM_HEADERS\":\"c\"},\"env2\":1}",
		"{\n  \"model\": \"opus\",\n  \"env\": {\n    \"ANTHROPIC_MODEL\": \"x\"\n"
		"  },\n  \"env2\": 1\n}");
	assert_filtered("settings", "{\"env\":\"SECRET=1\"}", "{}");
	assert_filtered("settings", "{\"env\":[\"SECRET=1\"]}", "{}");
	assert_int_equal(filter_bytes("settings", "{\"env\":{\"A\":1}} x", 17, NULL), -EBADMSG);
}

static void rules_and_filters_know_the_same_names(void **state)
{
	static const char *const names[] = { "claude-json", "history", "settings", "nothing", "" };
	struct rules *rules = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(filter_exists(names[i]), rule_filter_is_known(names[i]));
	assert_int_equal(filter_apply("nothing", scope, -1, -1), -EINVAL);
	assert_int_equal(rules_new_builtin(&rules), 0);
	for (size_t i = 0; i < rules_count(rules); i++) {
		const char *filter = rules_get(rules, i)->filter;

		assert_true(!filter || filter_exists(filter));
	}
	rules_free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_own_lines_are_shown),
		cmocka_unit_test(near_misses_are_hidden),
		cmocka_unit_test(ambiguous_lines_are_hidden),
		cmocka_unit_test(a_line_without_newline_is_left_out),
		cmocka_unit_test(a_nul_in_a_line_hides_it),
		cmocka_unit_test(deep_nesting_hides_the_line),
		cmocka_unit_test(a_huge_line_is_left_out_and_its_neighbours_stay),
		cmocka_unit_test(many_lines_keep_their_order),
		cmocka_unit_test(claude_json_shows_what_claude_needs_in_order),
		cmocka_unit_test(claude_json_shows_no_secret),
		cmocka_unit_test(claude_json_of_a_strange_shape_shows_nothing),
		cmocka_unit_test(claude_json_that_is_not_strict_is_refused),
		cmocka_unit_test(a_claude_json_over_the_limit_is_refused),
		cmocka_unit_test(settings_keep_their_bytes_if_nothing_is_hidden),
		cmocka_unit_test(settings_hide_what_may_be_a_secret),
		cmocka_unit_test(rules_and_filters_know_the_same_names),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

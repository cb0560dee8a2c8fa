/* SPDX-License-Identifier: MIT */
/* The policy at the limits of what it takes: sizes, counts, odd bytes, absent environment. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/beneath.h"
#include "fs/base/cleanup.h"
#include "fs/base/fold.h"
#include "fs/base/path_name.h"
#include "fs/base/text.h"
#include "fs/policy/decide.h"
#include "fs/policy/pattern.h"
#include "fs/policy/rules_load.h"
#include "fs/policy/transcript.h"
#include "tests/unit/temp_dir.h"

#define RULE(path, write) \
	"{\"path\":\"" path "\",\"read\":\"show\",\"write\":\"" write "\",\"why\":\"w\"}"
#define FILE_OF(list) "{\"version\":1,\"rules\":[" list "]}"

static struct temp_dir dir;
static struct rules *rules;
static struct project_scope *scope;

static int set_up(void **state)
{
	(void)state;
	return temp_dir_make(&dir) < 0 || rules_new_builtin(&rules) < 0 ||
			       project_scope_new("/srv/p", &scope) < 0
		       ? -1
		       : 0;
}

static int tear_down(void **state)
{
	(void)state;
	rules_free(rules);
	project_scope_free(scope);
	temp_dir_remove(&dir);
	return 0;
}

/* What rules_add_text() says of a file, with and without somebody to tell. */
static int add(const char *text)
{
	struct rules_problem problem = { 0 };
	size_t count = rules_count(rules);
	int r = rules_add_text(rules, "test", text, strlen(text), &problem);

	if (r < 0) {
		assert_true(problem.reason[0] != '\0');
		assert_int_equal(rules_count(rules), count);
		assert_int_equal(rules_add_text(rules, "test", text, strlen(text), NULL), r);
	}
	return r;
}

/* A rule file with a string of this many bytes between head and tail. */
static int add_long(const char *head, size_t len, const char *tail)
{
	cleanup_text struct text text = { 0 };

	text_append(&text, head);
	for (size_t i = 0; i < len; i++)
		text_append(&text, "x");
	text_append(&text, tail);
	assert_false(text.is_failed);
	return add(text.data);
}

static void rule_files_have_limits(void **state)
{
	static const char head[] = "{\"version\":1,\"rules\":[{\"path\":\"";
	static const char tail[] = "\",\"read\":\"show\",\"write\":\"auto\",\"why\":\"w\"}]}";
	cleanup_text struct text many = { 0 };

	(void)state;
	assert_int_equal(add_long(head, RULE_PATTERN_MAX, tail), 0);
	assert_int_equal(add_long(head, RULE_PATTERN_MAX + 1, tail), -EBADMSG);
	assert_int_equal(add_long("{\"version\":1,\"rules\":[{\"path\":\"a\",\"read\":\"show\","
				  "\"write\":\"auto\",\"why\":\"",
				  100000, "\"}]}"),
			 -EBADMSG);
	assert_int_equal(add_long(head, RULES_FILE_MAX, tail), -E2BIG);
	text_append(&many, "{\"version\":1,\"rules\":[");
	for (unsigned int i = 0; i <= RULES_MAX; i++)
		text_append(&many, i ? "," RULE("a", "auto") : RULE("a", "auto"));
	text_append(&many, "]}");
	assert_int_equal(add(many.data), -E2BIG);
}

static void what_is_no_rule_is_refused(void **state)
{
	(void)state;
	assert_int_equal(add("[]"), -EBADMSG);
	assert_int_equal(add("{"), -EBADMSG);
	assert_int_equal(add("{\"version\":1,\"rules\":[],\"more\":1}"), -EBADMSG);
	assert_int_equal(add("{\"version\":2,\"rules\":[]}"), -EBADMSG);
	assert_int_equal(add("{\"version\":1,\"rules\":{}}"), -EBADMSG);
	assert_int_equal(add(FILE_OF("1")), -EBADMSG);
	assert_int_equal(add(FILE_OF("{}")), -EBADMSG);
	assert_int_equal(add(FILE_OF("{\"path\":\"a\"}")), -EBADMSG);
	assert_int_equal(add(FILE_OF("{\"path\":\"a\",\"why\":\"\"}")), -EBADMSG);
	assert_int_equal(add(FILE_OF("{\"path\":1,\"why\":\"w\"}")), -EBADMSG);
	assert_int_equal(add(FILE_OF("{\"path\":\"a\",\"why\":\"w\",\"odd\":\"w\"}")), -EBADMSG);
	/* Nested brackets and strings with brackets do not confuse the lines. */
	assert_int_equal(add("{\"version\":1,\"rules\":[\n" RULE("[{\\\"]", "auto") ",\n{}]}"),
			 -EBADMSG);
	assert_int_equal(add("{\"rules\":[[[1]],2],\"version\":1}"), -EBADMSG);
}

static void write_numbered(unsigned int i, const char *text)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%u.json", i);
	assert_int_equal(temp_dir_write(&dir, name, text), 0);
}

static void a_directory_holds_so_many_files_and_rules(void **state)
{
	cleanup_rules struct rules *own = NULL;
	cleanup_text struct text large = { 0 };
	struct rules_problem problem = { 0 };

	(void)state;
	assert_int_equal(rules_new_builtin(&own), 0);
	for (unsigned int i = 0; i < 257; i++)
		write_numbered(i, FILE_OF(RULE("a", "auto")));
	assert_int_equal(rules_load_dir(own, dir.path, &problem), -EBADMSG);
	assert_non_null(strstr(problem.reason, "more than 256"));
	for (unsigned int i = 0; i < 257; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "%u.json", i);
		assert_int_equal(unlinkat(dir.fd, name, 0), 0);
	}
	text_append(&large, "{\"version\":1,\"rules\":[");
	for (unsigned int i = 0; i < RULES_MAX; i++)
		text_append(&large, i ? "," RULE("a", "auto") : RULE("a", "auto"));
	text_append(&large, "]}");
	write_numbered(1, large.data);
	assert_int_equal(rules_load_dir(own, dir.path, &problem), -EBADMSG);
	while (large.len <= RULES_FILE_MAX)
		text_append(&large, "                                                            ");
	write_numbered(1, large.data);
	assert_int_equal(rules_load_dir(own, dir.path, &problem), -EBADMSG);
	assert_non_null(strstr(problem.reason, "larger than"));
	assert_int_equal(unlinkat(dir.fd, "1.json", 0), 0);
}

static void without_an_absolute_home_there_are_no_user_rules(void **state)
{
	cleanup_free char *home = getenv("HOME") ? strdup(getenv("HOME")) : NULL;
	static const char *const values[] = { NULL, "", "relative" };

	(void)state;
	for (size_t i = 0; i < 9; i++) {
		cleanup_free char *found = NULL;
		const char *config = values[i / 3];
		const char *value = values[i % 3];

		(void)(config ? setenv("XDG_CONFIG_HOME", config, 1) : unsetenv("XDG_CONFIG_HOME"));
		(void)(value ? setenv("HOME", value, 1) : unsetenv("HOME"));
		found = rules_user_dir();
		assert_null(found);
	}
	(void)unsetenv("XDG_CONFIG_HOME");
	if (home)
		(void)setenv("HOME", home, 1);
}

static void a_path_is_long_in_bytes_and_names(void **state)
{
	cleanup_text struct text path = { 0 };
	struct verdict verdict;
	char *joined = NULL;
	char name[PATH_NAME_MAX + 2];
	int fd;

	(void)state;
	text_append(&path, "projects/-srv-p");
	/* Longer than what is folded on the stack, in more names than fit there. */
	for (unsigned int i = 0; i < 200; i++)
		text_append(&path, "/name");
	policy_decide(rules, scope, path.data, &verdict);
	assert_int_equal(verdict.read, RULE_READ_SHOW);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(path_join("a", name, &joined), -ENAMETOOLONG);
	while (path.len <= PATH_BYTES_MAX)
		text_append(&path, "/name");
	policy_decide(rules, scope, path.data, &verdict);
	assert_int_equal(verdict.read, RULE_READ_HIDE);
	assert_int_equal(beneath_open(dir.fd, path.data, O_RDONLY, 0), -ENAMETOOLONG);
	{
		const char *base = NULL;

		fd = beneath_open_parent(dir.fd, path.data, &base);
		assert_int_equal(fd, -ENAMETOOLONG);
		assert_int_equal(beneath_open_parent(dir.fd, "", &base), -EINVAL);
		assert_int_equal(beneath_open_parent(dir.fd, "a//b", &base), -EINVAL);
	}
}

static void a_refused_name_stays_refused(void **state)
{
	struct verdict verdict;

	(void)state;
	/* Above what is shown, after folding, and with an odd name: never more than the rule. */
	assert_int_equal(add(FILE_OF(RULE("r/x", "review") ",{\"path\":\"r\",\"read\":\"hide\","
							   "\"write\":\"refuse\",\"why\":\"w\"}"
							   ",{\"path\":\"o*\",\"read\":\"show\","
							   "\"write\":\"refuse\",\"why\":\"w\"}")),
			 0);
	policy_decide(rules, scope, "r", &verdict);
	assert_int_equal(verdict.read, RULE_READ_SHOW);
	assert_int_equal(verdict.write, RULE_WRITE_REFUSE);
	policy_decide(rules, scope, "R", &verdict);
	assert_int_equal(verdict.read, RULE_READ_HIDE);
	assert_int_equal(verdict.write, RULE_WRITE_REFUSE);
	policy_decide(rules, scope, "o:", &verdict);
	assert_int_equal(verdict.write, RULE_WRITE_REFUSE);
}

static void code_points_that_nobody_sees_are_not_plain(void **state)
{
	/* Private use, unassigned, line and paragraph separators, format, control, and no UTF-8. */
	static const char *const odd[] = { "\xee\x80\x80", "\xef\xbf\xbf", "\xe2\x80\xa8",
					   "\xe2\x80\xa9", "\xe2\x80\x8e", "\x01",
					   "\x7f",         "\xff",         "\xed\xa0\x80",
					   "e\xcc\x81" };

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		assert_false(fold_is_plain_name(odd[i]));
	assert_true(fold_is_plain_name("\xc3\xa9"));
}

static void ids_of_nothing_are_nobodys(void **state)
{
	static const char zero[] = "00000000-0000-0000-0000-000000000000";
	static const char half[] = "00000000-0000-0000-0000-000000000001";
	static const char other[] = "00000000-0000-0001-0000-000000000000";

	(void)state;
	assert_int_equal(project_scope_add_session(scope, zero, SESSION_UUID_LEN), 0);
	assert_false(project_scope_has_session(scope, zero, SESSION_UUID_LEN));
	assert_int_equal(project_scope_add_session(scope, half, SESSION_UUID_LEN), 0);
	assert_int_equal(project_scope_add_session(scope, half, SESSION_UUID_LEN), 0);
	assert_true(project_scope_has_session(scope, half, SESSION_UUID_LEN));
	assert_false(project_scope_has_session(scope, other, SESSION_UUID_LEN));
	assert_int_equal(project_scope_add_session(scope, other, SESSION_UUID_LEN), 0);
	assert_true(project_scope_has_session(scope, other, SESSION_UUID_LEN));
	/* Many with one half in common, so that their places collide. */
	for (unsigned int i = 0; i < 3000; i++) {
		char uuid[SESSION_UUID_LEN + 1];

		(void)snprintf(uuid, sizeof(uuid), "00000000-0000-%04x-0000-0000000000%02x",
			       i / 256, i % 256);
		assert_int_equal(project_scope_add_session(scope, uuid, SESSION_UUID_LEN), 0);
		assert_int_equal(project_scope_has_session(scope, uuid, SESSION_UUID_LEN), i > 0);
	}
}

static void long_paths_hash_with_either_sign(void **state)
{
	unsigned int plain = 0;

	(void)state;
	for (unsigned int i = 0; i < 16; i++) {
		cleanup_free char *encoded = NULL;
		char path[260];

		memset(path, 'a' + (int)i, sizeof(path) - 1);
		path[0] = '/';
		path[sizeof(path) - 1] = '\0';
		assert_int_equal(project_scope_encode(path, &encoded), 0);
		/* 200 units, a dash, and at most six digits of base 36 (of 2^31) or seven. */
		assert_true(strlen(encoded) > 202 && strlen(encoded) <= 208);
		plain += strspn(encoded + 201, "0123456789abcdefghijklmnopqrstuvwxyz") ==
			 strlen(encoded + 201);
	}
	assert_int_equal(plain, 16);
	{
		char *encoded = NULL;

		assert_int_equal(project_scope_encode("/a\xff", &encoded), -EINVAL);
		assert_null(encoded);
	}
}

static void a_placeholder_without_a_project_matches_nothing(void **state)
{
	cleanup_pattern struct pattern *pattern = NULL;
	const struct pattern_context none = { NULL, NULL };
	const struct pattern_name names[] = { { "projects", 8 }, { "-srv-p", 6 } };
	const char *reason = NULL;
	cleanup_text struct text deep = { 0 };

	(void)state;
	assert_int_equal(pattern_compile("projects/<project>", &pattern, &reason), 0);
	assert_false(pattern_matches(pattern, PATTERN_EXACT, &none, names, 2));
	for (unsigned int i = 0; i <= PATTERN_COMPONENTS_MAX; i++)
		text_append(&deep, i ? "/a" : "a");
	{
		struct pattern *too_deep = NULL;

		assert_int_equal(pattern_compile(deep.data, &too_deep, &reason), -EINVAL);
		assert_null(too_deep);
	}
}

static void cut_transcripts_tell_what_they_can(void **state)
{
	static const struct {
		const char *head;
		bool is_foreign;
	} heads[] = {
		{ "{\"cwd\":\"/srv.p\"}", true }, /* no newline: cut, but said */
		{ "{\"cwd\":\"/srv.p", false },   /* cut inside */
		{ "{\"cwd\":1}\n{\"cwd\":\"/srv.p\"}\n", true },
		{ "{\"cwd\":\"/srv/p\"}\n{\"cwd\":\"/srv.p\"}\n", false },
		{ "{\"cwd\" broken\n", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		assert_int_equal(transcript_is_foreign(scope, heads[i].head, strlen(heads[i].head)),
				 heads[i].is_foreign);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rule_files_have_limits),
		cmocka_unit_test(what_is_no_rule_is_refused),
		cmocka_unit_test(a_directory_holds_so_many_files_and_rules),
		cmocka_unit_test(without_an_absolute_home_there_are_no_user_rules),
		cmocka_unit_test(a_path_is_long_in_bytes_and_names),
		cmocka_unit_test(a_refused_name_stays_refused),
		cmocka_unit_test(code_points_that_nobody_sees_are_not_plain),
		cmocka_unit_test(ids_of_nothing_are_nobodys),
		cmocka_unit_test(long_paths_hash_with_either_sign),
		cmocka_unit_test(a_placeholder_without_a_project_matches_nothing),
		cmocka_unit_test(cut_transcripts_tell_what_they_can),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

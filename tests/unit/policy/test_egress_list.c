/* SPDX-License-Identifier: MIT */
/* The list of hosts: what it allows, and what makes it unreadable. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/policy/egress_list.h"

static struct egress_list *parse(const char *text)
{
	struct egress_list *list = NULL;
	struct egress_problem problem;

	if (egress_list_parse(text, strlen(text), &list, &problem) < 0)
		fail_msg("line %u: %s", problem.line, problem.reason);
	return list;
}

static bool allows(const struct egress_list *list, const char *host)
{
	bool may_be_private;

	return egress_list_allows(list, host, &may_be_private);
}

static void names_match_whole_and_wildcards_below_a_dot(void **state)
{
	cleanup_egress_list struct egress_list *list = parse(
		"# comment\r\n  API.Example.com  # trailing\r\n\n*.cdn.example\nb.example.\n");

	(void)state;
	assert_int_equal(egress_list_count(list), 3);
	assert_true(allows(list, "api.example.com"));
	assert_true(allows(list, "b.example"));
	assert_true(allows(list, "x.cdn.example"));
	assert_true(allows(list, "y.x.cdn.example"));
	assert_false(allows(list, "cdn.example"));
	assert_false(allows(list, "xcdn.example"));
	assert_false(allows(list, "evilapi.example.com"));
	assert_false(allows(list, "x.api.example.com"));
	assert_false(allows(list, "api.example.com.evil.test"));
	assert_false(allows(list, "example.com"));
}

static void an_empty_list_allows_nothing(void **state)
{
	cleanup_egress_list struct egress_list *list = parse("# nothing\n\n");

	(void)state;
	assert_int_equal(egress_list_count(list), 0);
	assert_false(allows(list, "a.b"));
}

/* What is left of wanted under in_force; *ret_missing as egress_list_narrow() says. */
static char *narrow(const char *in_force, const char *wanted, char *ret_missing)
{
	cleanup_egress_list struct egress_list *a = parse(in_force);
	cleanup_egress_list struct egress_list *b = parse(wanted);
	struct text text = { 0 };
	const char *missing;

	assert_int_equal(egress_list_narrow(a, b, &text, &missing), 0);
	(void)snprintf(ret_missing, EGRESS_HOST_SIZE, "%s", missing ? missing : "");
	return text_steal(&text);
}

static void narrowing_never_adds(void **state)
{
	static const char in_force[] =
		"api.x.test\n*.cdn.test\ndev.corp private\n*.corp.test private\n";
	static const struct {
		const char *wanted;
		const char *left;
		const char *missing;
	} cases[] = {
		{ "api.x.test\n", "api.x.test\n", "" },
		{ "API.x.test.\n", "api.x.test\n", "" },
		{ "a.b.cdn.test\n*.cdn.test\n*.b.cdn.test\n",
		  "a.b.cdn.test\n*.b.cdn.test\n*.cdn.test\n", "" },
		{ "cdn.test\n", "", "cdn.test" },
		{ "*.x.test\n", "", "x.test" },
		{ "*.api.x.test\n", "", "api.x.test" },
		{ "dev.corp\n", "dev.corp private\n", "" },
		{ "api.x.test private\n", "api.x.test\n", "" },
		{ "a.corp.test\nother.test\n", "a.corp.test private\n", "other.test" },
		{ "", "", "" },
	};
	char missing[EGRESS_HOST_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *left = narrow(in_force, cases[i].wanted, missing);

		assert_string_equal(left ? left : "", cases[i].left);
		assert_string_equal(missing, cases[i].missing);
		free(left);
	}
}

static void private_is_said_by_the_entry(void **state)
{
	cleanup_egress_list struct egress_list *list =
		parse("a.corp private\nb.corp\n*.c.corp\tprivate # why\nx.c.corp\n");
	bool may_be_private = true;

	(void)state;
	assert_true(egress_list_allows(list, "b.corp", &may_be_private));
	assert_false(may_be_private);
	assert_true(egress_list_allows(list, "a.corp", &may_be_private));
	assert_true(may_be_private);
	/* Either entry is enough. */
	assert_true(egress_list_allows(list, "x.c.corp", &may_be_private));
	assert_true(may_be_private);
}

static void one_bad_line_refuses_the_whole_list(void **state)
{
	static const char *const bad[] = {
		"a.b\n*\n",
		"a.b\n0.0.0.0/0\n",
		"a.b\n1.2.3.4\n",
		"a.b\nlocalhost\n",
		"a.b\nb.c:443\n",
		"a.b\nhttps://b.c\n",
		"a.b\n*.1.2\n",
		"a.b\nb.c public\n",
		"a.b\nb.c private x\n",
		"a.b\na*.b\n",
		"a.b\n@npm\n",
		"a.b\n**.b.c\n",
		"a.b\n[::1]\n",
		"a.b\n.b.c\n",
		"a.b\nb..c\n",
		"a.b\nm\xc3\xbcll.example\n",
		"a.b\n*.*.c\n",
		"a.b\n0x7f.0x1\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct egress_list *list = NULL;
		struct egress_problem problem;
		int r = egress_list_parse(bad[i], strlen(bad[i]), &list, &problem);

		if (r != -EBADMSG || list || problem.line != 2 || !problem.reason[0])
			fail_msg("%d, line %u: %s", r, problem.line, bad[i]);
	}
}

static int keyword(const char *word, struct text *lines, void *arg)
{
	unsigned int *asked = arg;

	(*asked)++;
	if (strcmp(word, "npm") != 0)
		return -ENOENT;
	text_append(lines, "registry.example\n*.registry.example\n");
	return 0;
}

static void keywords_become_lines(void **state)
{
	static const char good[] = "a.b # x\n @npm\n";
	static const char bad[] = "a.b\n@nosuch\n";
	cleanup_text struct text lines = { 0 };
	cleanup_text struct text others = { 0 };
	struct egress_problem problem;
	unsigned int asked = 0;

	(void)state;
	assert_int_equal(egress_list_expand(good, strlen(good), keyword, &asked, &lines, &problem),
			 0);
	assert_string_equal(lines.data, "a.b\nregistry.example\n*.registry.example\n");
	assert_int_equal(asked, 1);
	assert_int_equal(egress_list_expand(bad, strlen(bad), keyword, &asked, &others, &problem),
			 -EBADMSG);
	assert_int_equal(problem.line, 2);
}

static void the_number_of_names_is_bounded(void **state)
{
	cleanup_text struct text text = { 0 };
	struct egress_list *list = NULL;
	struct egress_problem problem;

	(void)state;
	for (unsigned int i = 0; i <= EGRESS_ENTRIES_MAX; i++)
		text_appendf(&text, "h%u.example\n", i);
	assert_int_equal(egress_list_parse(text.data, text.len, &list, &problem), -EBADMSG);
	assert_int_equal(problem.line, EGRESS_ENTRIES_MAX + 1);
	while (text.len <= EGRESS_LIST_MAX)
		text_append(&text, "# a comment that makes it longer and longer\n");
	assert_int_equal(egress_list_parse(text.data, text.len, &list, &problem), -EBADMSG);
}

static void long_names_are_refused(void **state)
{
	char name[EGRESS_HOST_SIZE + 8], out[EGRESS_HOST_SIZE];

	(void)state;
	memset(name, 'a', sizeof(name));
	for (size_t i = 50; i < sizeof(name); i += 50)
		name[i] = '.';
	assert_int_equal(egress_host_normalize(name, EGRESS_HOST_SIZE - 1, out), 0);
	assert_int_equal(strlen(out), EGRESS_HOST_SIZE - 1);
	assert_int_equal(egress_host_normalize(name, EGRESS_HOST_SIZE, out), -EINVAL);
	memset(name, 'a', 64);
	memcpy(name + 64, ".b", 2);
	assert_int_equal(egress_host_normalize(name, 66, out), -EINVAL);
	assert_int_equal(egress_host_normalize(name + 1, 65, out), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_match_whole_and_wildcards_below_a_dot),
		cmocka_unit_test(an_empty_list_allows_nothing),
		cmocka_unit_test(narrowing_never_adds),
		cmocka_unit_test(private_is_said_by_the_entry),
		cmocka_unit_test(one_bad_line_refuses_the_whole_list),
		cmocka_unit_test(keywords_become_lines),
		cmocka_unit_test(the_number_of_names_is_bounded),
		cmocka_unit_test(long_names_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Runs cases.tsv: each row is one name and what the rules must say of it. Prints every row that
 * fails. usage: test_cases DIR */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/text.h"
#include "fs/policy/decide.h"
#include "fs/policy/rules.h"

#define COLUMNS      6
#define CASES_MIN    150
#define RULE_SETS    8
#define TEST_PROJECT "/home/u/Proj.x"
#define TEST_SESSION "11111111-1111-4111-8111-111111111111"

struct rule_set {
	char *name;
	struct rules *rules;
};

static struct rule_set sets[RULE_SETS];

static const struct rules *get_rules(const char *dir, const char *name)
{
	size_t i = 0;

	for (; i < RULE_SETS && sets[i].name; i++) {
		if (strcmp(sets[i].name, name) == 0)
			return sets[i].rules;
	}
	if (i == RULE_SETS || rules_new_builtin(&sets[i].rules) < 0)
		abort();
	if (strcmp(name, "default") != 0) {
		/* By text: a checkout may be writable for others, which rules_load_file() refuses.
		 */
		cleanup_fd int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		cleanup_free char *text = NULL;
		struct rules_problem problem = { 0 };
		size_t len = 0;

		if (fd_read_file_at(dir_fd, name, RULES_FILE_MAX, &text, &len) < 0)
			abort();
		if (rules_add_text(sets[i].rules, name, text, len, &problem) < 0) {
			(void)fprintf(stderr, "%s:%u: %s\n", name, problem.line, problem.reason);
			exit(1);
		}
	}
	sets[i].name = strdup(name);
	return sets[i].rules;
}

/* Appends s with its escapes taken. */
static void unescape(const char *s, struct text *path)
{
	while (*s) {
		unsigned int value = 0;
		char c = *s++;

		if (c == '\\' && *s == 'x' && sscanf(s, "x%2x", &value) == 1) {
			c = (char)value;
			s += 3;
		} else if (c == '\\' && *s == '{') {
			const char *star = strchr(s, '*');

			if (!star || sscanf(star, "*%u}", &value) != 1)
				abort();
			while (value-- > 0)
				text_append_bytes(path, s + 1, (size_t)(star - s - 1));
			s = strchr(star, '}') + 1;
			continue;
		} else if (c == '\\') {
			static const char from[] = "nrt\\";
			const char *at = strchr(from, *s++);

			if (!at)
				abort();
			c = "\n\r\t\\"[at - from];
		}
		text_append_bytes(path, &c, 1);
	}
}

static bool run_case(const char *dir, const struct project_scope *scope, char **columns,
		     unsigned int line)
{
	cleanup_text struct text path = { 0 };
	struct verdict verdict;
	bool is_right;

	unescape(columns[1], &path);
	policy_decide(get_rules(dir, columns[0]), scope, path.data ? path.data : "", &verdict);
	is_right = strcmp(rule_read_name(verdict.read), columns[2]) == 0 &&
		   strcmp(rule_write_name(verdict.write), columns[3]) == 0 &&
		   strcmp(rule_merge_name(verdict.merge), columns[4]) == 0 &&
		   strcmp(verdict.rule->pattern, columns[5]) == 0;
	if (!is_right)
		(void)fprintf(stderr, "cases.tsv:%u: %s: is %s %s %s by %s, not %s %s %s by %s\n",
			      line, columns[1], rule_read_name(verdict.read),
			      rule_write_name(verdict.write), rule_merge_name(verdict.merge),
			      verdict.rule->pattern, columns[2], columns[3], columns[4],
			      columns[5]);
	return is_right;
}

static int run_cases(const char *dir, char *text)
{
	cleanup_project_scope struct project_scope *scope = NULL;
	unsigned int line = 0;
	unsigned int total = 0;
	unsigned int wrong = 0;
	char *row;

	if (project_scope_new(TEST_PROJECT, &scope) < 0 ||
	    project_scope_add_session(scope, TEST_SESSION, strlen(TEST_SESSION)) < 0)
		return 1;
	while ((row = strsep(&text, "\n")) != NULL) {
		char *columns[COLUMNS];
		size_t count = 0;

		line++;
		if (row[0] == '#' || row[0] == '\0')
			continue;
		while (row && count < COLUMNS)
			columns[count++] = strsep(&row, "\t");
		if (count != COLUMNS || row) {
			(void)fprintf(stderr, "cases.tsv:%u: needs %d columns\n", line, COLUMNS);
			return 1;
		}
		total++;
		wrong += !run_case(dir, scope, columns, line);
	}
	(void)printf("%u cases, %u wrong\n", total, wrong);
	return wrong > 0 || total < CASES_MIN;
}

int main(int argc, char **argv)
{
	cleanup_fd int dir_fd = argc == 2 ? open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	cleanup_free char *text = NULL;
	size_t len = 0;
	int r;

	if (dir_fd < 0 || fd_read_file_at(dir_fd, "cases.tsv", 1u << 20, &text, &len) < 0) {
		(void)fprintf(stderr, "usage: test_cases DIR\n");
		return 2;
	}
	r = run_cases(argv[1], text);
	for (size_t i = 0; i < RULE_SETS; i++) {
		free(sets[i].name);
		rules_free(sets[i].rules);
	}
	return r;
}

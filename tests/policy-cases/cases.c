/* SPDX-License-Identifier: MIT */
#include "tests/policy-cases/cases.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/text.h"

#define COLUMNS      6
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

struct reading {
	const char *dir;
	struct project_scope *scope;
	void (*each)(const struct policy_case *row, void *arg);
	void *arg;
};

static void give(const struct reading *reading, char **columns, unsigned int line)
{
	cleanup_text struct text path = { 0 };
	struct policy_case row = {
		.line = line,
		.rules = get_rules(reading->dir, columns[0]),
		.scope = reading->scope,
		.read = columns[2],
		.write = columns[3],
		.merge = columns[4],
		.rule = columns[5],
	};

	unescape(columns[1], &path);
	row.path = path.data ? path.data : "";
	row.spelled = columns[1];
	reading->each(&row, reading->arg);
}

static int read_rows(const struct reading *reading, char *text)
{
	unsigned int line = 0;
	int total = 0;
	char *row;

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
			return -1;
		}
		total++;
		give(reading, columns, line);
	}
	return total;
}

int policy_cases_each(const char *dir, void (*each)(const struct policy_case *row, void *arg),
		      void *arg)
{
	cleanup_fd int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_project_scope struct project_scope *scope = NULL;
	struct reading reading = { .dir = dir, .each = each, .arg = arg };
	cleanup_free char *text = NULL;
	size_t len = 0;
	int r = -1;

	if (dir_fd < 0 || fd_read_file_at(dir_fd, "cases.tsv", 1u << 20, &text, &len) < 0) {
		(void)fprintf(stderr, "%s/cases.tsv cannot be read\n", dir);
		return -1;
	}
	if (project_scope_new(TEST_PROJECT, &scope) == 0 &&
	    project_scope_add_session(scope, TEST_SESSION, strlen(TEST_SESSION)) >= 0) {
		reading.scope = scope;
		r = read_rows(&reading, text);
	}
	for (size_t i = 0; i < RULE_SETS; i++) {
		free(sets[i].name);
		rules_free(sets[i].rules);
		sets[i] = (struct rule_set){ 0 };
	}
	return r;
}

/* SPDX-License-Identifier: MIT */
/* Runs cases.tsv: each row is one name and what the rules must say of it. Prints every row that
 * fails. usage: test_cases DIR */
#include <stdio.h>
#include <string.h>

#include "tests/policy-cases/cases.h"

#define CASES_MIN 150

static void run_case(const struct policy_case *row, void *arg)
{
	unsigned int *wrong = arg;
	struct verdict verdict;

	policy_decide(row->rules, row->scope, row->path, &verdict);
	if (strcmp(rule_read_name(verdict.read), row->read) == 0 &&
	    strcmp(rule_write_name(verdict.write), row->write) == 0 &&
	    strcmp(rule_merge_name(verdict.merge), row->merge) == 0 &&
	    strcmp(verdict.rule->pattern, row->rule) == 0)
		return;
	(*wrong)++;
	(void)fprintf(stderr, "cases.tsv:%u: %s: is %s %s %s by %s, not %s %s %s by %s\n",
		      row->line, row->spelled, rule_read_name(verdict.read),
		      rule_write_name(verdict.write), rule_merge_name(verdict.merge),
		      verdict.rule->pattern, row->read, row->write, row->merge, row->rule);
}

int main(int argc, char **argv)
{
	unsigned int wrong = 0;
	int total;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: test_cases DIR\n");
		return 2;
	}
	total = policy_cases_each(argv[1], run_case, &wrong);
	(void)printf("%d cases, %u wrong\n", total, wrong);
	return wrong > 0 || total < CASES_MIN;
}

/* SPDX-License-Identifier: MIT */
/* A rule file of any bytes. A refused file changes nothing and says why in one safe line; an
 * accepted one keeps the list within its limit, the built-in default at its end, and lets no name
 * out that matches only after folding. */
#include <errno.h>
#include <string.h>

#include "fs/base/fold.h"
#include "fs/policy/decide.h"
#include "tests/fuzz/fuzz.h"

static const char *const names[] = {
	"settings.json",
	"SETTINGS.JSON",
	"settings.json\xe2\x80\x8d",
	("\xc5\xbf"
	 "ettings.json"),
	".claude.json",
	"history.jsonl",
	"projects/-home-u-proj/memory/a.md",
	"projects/-home-u-PROJ/memory/a.md",
	"projects/-home-u-proj/00000000-0000-4000-8000-000000000000.jsonl",
	"skills/a/b/c/d/e/f/g",
	"a:b",
	"a\nb",
	"..",
	"a//b",
	"\xff",
	"",
};

/* The built-in rules, made anew only where the last input was taken in: they are slow to read. */
static struct rules *rules;
static struct project_scope *scope;

static void check_problem(const struct rules_problem *problem)
{
	FUZZ_CHECK(memchr(problem->file, '\0', sizeof(problem->file)) != NULL);
	FUZZ_CHECK(memchr(problem->reason, '\0', sizeof(problem->reason)) != NULL);
	FUZZ_CHECK(problem->reason[0] != '\0');
	for (const char *p = problem->reason; *p; p++)
		FUZZ_CHECK((unsigned char)*p >= 0x20 && *p != 0x7f);
}

static void check_decisions(void)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct verdict verdict = { 0 };
		struct verdict again = { 0 };

		policy_decide(rules, scope, names[i], &verdict);
		policy_decide(rules, scope, names[i], &again);
		FUZZ_CHECK(verdict.rule == again.rule && verdict.write == again.write &&
			   verdict.read == again.read);
		if (verdict.write == RULE_WRITE_AUTO || verdict.write == RULE_WRITE_REVIEW) {
			FUZZ_CHECK(verdict.is_exact);
			FUZZ_CHECK(fold_is_plain_name(names[i]));
		}
		if (!verdict.is_exact)
			FUZZ_CHECK(verdict.read == RULE_READ_HIDE);
	}
}

static void check_accepted(size_t count)
{
	const struct rule *last = rules_get(rules, rules_count(rules) - 1);

	FUZZ_CHECK(rules_count(rules) >= count && rules_count(rules) <= RULES_MAX);
	FUZZ_CHECK(strcmp(last->pattern, "**") == 0 && last->write == RULE_WRITE_NEVER);
	for (size_t i = 0; i < rules_count(rules); i++) {
		const struct rule *rule = rules_get(rules, i);

		FUZZ_CHECK(rule->why[0] != '\0');
		FUZZ_CHECK((rule->read == RULE_READ_FILTER) == (rule->filter != NULL));
	}
	check_decisions();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rules_problem problem = { 0 };
	struct hash before;
	struct hash after;
	size_t count;
	int r;

	if (!scope)
		FUZZ_CHECK(project_scope_new(FUZZ_PROJECT, &scope) == 0);
	if (!rules)
		FUZZ_CHECK(rules_new_builtin(&rules) == 0);
	before = rules_hash(rules);
	count = rules_count(rules);
	r = rules_add_text(rules, "a.json", (const char *)data, size, &problem);
	FUZZ_CHECK(r == 0 || r == -EBADMSG || r == -E2BIG);
	after = rules_hash(rules);
	if (r < 0) {
		check_problem(&problem);
		FUZZ_CHECK(rules_count(rules) == count);
		FUZZ_CHECK(memcmp(&before, &after, sizeof(before)) == 0);
		return 0;
	}
	check_accepted(count);
	rules_free(rules);
	rules = NULL;
	return 0;
}

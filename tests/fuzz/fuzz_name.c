/* SPDX-License-Identifier: MIT */
/* A name of any bytes: what it folds to and what the built-in rules say of it. Folding is
 * idempotent and blind to case and composition; nothing permissive is said of a name that folds to
 * a protected one, nor of one that no host should get. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fs/base/cleanup.h"
#include "fs/base/fold.h"
#include "fs/base/path_name.h"
#include "fs/policy/decide.h"
#include "tests/fuzz/fuzz.h"

/* Folded; none of them may be written from a session, whatever it is called there. */
static const char *const protected_names[] = {
	".claude.json", ".config.json",  ".credentials.json",   "agents.md",
	"claude.md",    "settings.json", "settings.local.json",
};

/* Folded; the same for everything below them. */
static const char *const protected_dirs[] = {
	"agents", "commands",    "hooks",           "output-styles", "plugins",
	"rules",  "session-env", "shell-snapshots", "skills",
};

static struct rules *rules;
static struct project_scope *scope;

static bool is_permissive(const struct verdict *verdict)
{
	return verdict->write == RULE_WRITE_AUTO || verdict->write == RULE_WRITE_REVIEW;
}

static bool is_protected(const char *folded)
{
	for (size_t i = 0; i < sizeof(protected_names) / sizeof(protected_names[0]); i++) {
		if (strcmp(folded, protected_names[i]) == 0)
			return true;
	}
	for (size_t i = 0; i < sizeof(protected_dirs) / sizeof(protected_dirs[0]); i++) {
		if (path_is_beneath(folded, protected_dirs[i]))
			return true;
	}
	return false;
}

/* Known without any library: what is all ASCII folds to its lower case. */
static void check_ascii(const char *name, const char *folded)
{
	for (const char *p = name; *p; p++) {
		if ((unsigned char)*p >= 0x80)
			return;
	}
	FUZZ_CHECK(strcasecmp(name, folded) == 0);
	for (const char *p = folded; *p; p++)
		FUZZ_CHECK(*p < 'A' || *p > 'Z');
}

static void check_fold(const char *name, const char *folded)
{
	cleanup_free char *again = NULL;
	cleanup_free char *composed = NULL;
	cleanup_free char *composed_folded = NULL;
	cleanup_free char *folded_composed = NULL;

	FUZZ_CHECK(fold_name(folded, &again) == 0);
	FUZZ_CHECK(strcmp(again, folded) == 0);
	FUZZ_CHECK(fold_compose(name, &composed) == 0);
	FUZZ_CHECK(fold_name(composed, &composed_folded) == 0);
	FUZZ_CHECK(strcmp(composed_folded, folded) == 0);
	FUZZ_CHECK(fold_compose(folded, &folded_composed) == 0);
	FUZZ_CHECK(strcmp(folded_composed, folded) == 0);
}

static void check_decision(const char *name, const char *folded)
{
	struct verdict verdict = { 0 };

	policy_decide(rules, scope, name, &verdict);
	if (!path_is_valid(name) || !folded) {
		FUZZ_CHECK(verdict.read == RULE_READ_HIDE && verdict.write == RULE_WRITE_NEVER);
		return;
	}
	/* The one of them that comes home, by its keys alone and under its own name only. */
	if (strcmp(folded, ".claude.json") == 0 && verdict.is_exact)
		FUZZ_CHECK(verdict.merge == RULE_MERGE_JSON_KEYS);
	else
		FUZZ_CHECK(!(is_protected(folded) && is_permissive(&verdict)));
	/* The same name in other letters is hidden: on a host it may be another project's. */
	if (is_protected(folded) && strcmp(name, folded) != 0 && !verdict.is_exact)
		FUZZ_CHECK(verdict.read == RULE_READ_HIDE);
	if (!is_permissive(&verdict))
		return;
	FUZZ_CHECK(verdict.is_exact);
	FUZZ_CHECK(!strchr(name, ':') && !strchr(name, '\\'));
	for (const char *p = name; *p; p++)
		FUZZ_CHECK((unsigned char)*p >= 0x20 && *p != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *name = fuzz_string(data, size);
	cleanup_free char *folded = NULL;
	int r;

	if (!rules)
		FUZZ_CHECK(rules_new_builtin(&rules) == 0 &&
			   project_scope_new(FUZZ_PROJECT, &scope) == 0);
	r = fold_name(name, &folded);
	FUZZ_CHECK(r == 0 || r == -EILSEQ);
	if (r == 0) {
		check_ascii(name, folded);
		check_fold(name, folded);
	}
	check_decision(name, folded);
	return 0;
}

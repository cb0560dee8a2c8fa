/* SPDX-License-Identifier: MIT */
/* Who changed, in every combination, and what that is called. */
#include "tests/unit/cmocka_setup.h"

#include <string.h>

#include "fs/merge/replace.h"

static struct merge_side side(const char *content)
{
	struct merge_side side = { .exists = content != NULL };

	if (content) {
		side.size = strlen(content);
		side.hash = hash_bytes(content, strlen(content));
	}
	return side;
}

/* Every combination of who changed. NULL: absent. */
static const struct {
	const char *base;
	const char *host;
	const char *theirs;
	enum merge_outcome outcome;
} rows[] = {
	{ "a", "a", "a", MERGE_UNCHANGED },   { "a", "a", "b", MERGE_APPLY },
	{ "a", "b", "a", MERGE_UNCHANGED },   { "a", "b", "b", MERGE_UNCHANGED },
	{ "a", "b", "c", MERGE_CONFLICT },    { "a", "a", NULL, MERGE_APPLY },
	{ "a", "b", NULL, MERGE_CONFLICT },   { "a", NULL, NULL, MERGE_UNCHANGED },
	{ "a", NULL, "b", MERGE_CONFLICT },   { NULL, NULL, "b", MERGE_APPLY },
	{ NULL, "a", "b", MERGE_CONFLICT },   { NULL, "b", "b", MERGE_UNCHANGED },
	{ NULL, "a", NULL, MERGE_UNCHANGED }, { NULL, "", "b", MERGE_CONFLICT },
};

static void both_sides_changed_is_a_conflict_and_only_that(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct merge_side base = side(rows[i].base);
		struct merge_side host = side(rows[i].host);
		struct merge_side theirs = side(rows[i].theirs);

		assert_int_equal(merge_replace(&base, &host, &theirs), rows[i].outcome);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(both_sides_changed_is_a_conflict_and_only_that),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}

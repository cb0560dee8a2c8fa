/* SPDX-License-Identifier: MIT */
/* A session with rules of its own (auto/ goes by itself, ask/ by approval), its commits without a
 * word of the person's, and what is on the host then. */
#ifndef CLAUDEFS_TESTS_RULE_SCENE_H
#define CLAUDEFS_TESTS_RULE_SCENE_H

#include "tests/unit/cmocka_setup.h"

#include <string.h>

#include "fs/base/cleanup.h"
#include "tests/lib/session_fixture.h"

#define CONFIG ".claude.json"

static inline void begin(struct fixture *f)
{
	fixture_make(f);
	fixture_add_rules(
		f,
		"{\"version\":1,\"rules\":["
		"{\"path\":\"auto/**\",\"read\":\"show\",\"write\":\"auto\",\"why\":\"test\"},"
		"{\"path\":\"ask/**\",\"read\":\"show\",\"write\":\"review\",\"why\":\"test\"}]}");
}

static inline const struct change *find(struct fixture *f, const char *path)
{
	const struct change *change = review_find(fixture_review(f), path);

	assert_non_null(change);
	return change;
}

/* What goes by itself, and what was approved. Returns the receipt's number. */
static inline uint64_t commit(struct fixture *f)
{
	static const struct commit_choice choose_auto = { 0 };
	struct commit_result result;

	assert_int_equal(fixture_commit(f, &choose_auto, &result), 0);
	assert_int_equal(result.failed + result.damaged + result.conflicts, 0);
	return result.receipt;
}

/* expected: NULL: no file. */
static inline void assert_host(struct fixture *f, const char *path, const char *expected)
{
	cleanup_free char *content = strcmp(path, CONFIG) == 0 ? fixture_config_read(f)
							       : fixture_host_read(f, path);

	if (!expected) {
		assert_null(content);
		return;
	}
	assert_non_null(content);
	assert_string_equal(content, expected);
}

#endif

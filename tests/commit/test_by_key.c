/* SPDX-License-Identifier: MIT */
/* .claude.json: what of a session's changes reaches the host's, and what the review says of the
 * rest. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/commit/claude_lock.h"
#include "tests/lib/session_fixture.h"

#define CONFIG ".claude.json"

static const struct commit_choice choose_auto = { 0 };
static const struct commit_choice choose_all = { .approve_all = true };

static void assert_config(struct fixture *fixture, const char *expected)
{
	char *content = fixture_config_read(fixture);

	assert_non_null(content);
	assert_string_equal(content, expected);
	free(content);
}

static const struct change *assert_group(struct fixture *fixture, enum review_group group)
{
	const struct change *change = review_find(fixture_review(fixture), CONFIG);

	assert_non_null(change);
	if (change->group != group)
		print_message("%s: %s\n", review_group_name(change->group), change->reason);
	assert_int_equal(change->group, group);
	return change;
}

/* A session that saved session, having seen shown of the host's host. */
static void begin(struct fixture *fixture, const char *host, const char *shown, const char *session)
{
	fixture_make(fixture);
	fixture_config_write(fixture, host);
	fixture_save(fixture, CONFIG, shown, session);
}

static void counters_come_home_and_trust_does_not(void **state)
{
	struct fixture f;
	struct commit_result result;
	const struct change *change;

	(void)state;
	begin(&f,
	      "{\n    \"oauthAccount\": {\"emailAddress\": \"a@b\"},\n    \"numStartups\": 5,\n"
	      "    \"cost\": 1.50\n}\n",
	      "{\"numStartups\":5}",
	      "{\"numStartups\":7,\"mcpServers\":{\"x\":{\"command\":\"evil\"}},\"userID\":\"u\","
	      "\"hasCompletedOnboarding\":true}");
	change = assert_group(&f, REVIEW_WILL_COMMIT);
	assert_int_equal(change->keys.goes, 2);
	assert_int_equal(change->keys.stays, 2);
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	assert_int_equal(result.applied, 1);
	assert_int_equal(result.conflicts, 0);
	assert_config(&f, "{\n    \"oauthAccount\": {\"emailAddress\": \"a@b\"},\n"
			  "    \"numStartups\": 7,\n    \"cost\": 1.50,\n"
			  "    \"hasCompletedOnboarding\": true\n}\n");
	/* The rest stays, and is still told. */
	change = assert_group(&f, REVIEW_NEVER_LEAVES);
	assert_int_equal(change->keys.stays, 2);
	fixture_done(&f);
}

static void what_a_session_removed_stays_on_the_host(void **state)
{
	struct fixture f;
	struct commit_result result;

	(void)state;
	begin(&f, "{\"numStartups\":5,\"theme\":\"dark\"}",
	      "{\"numStartups\":5,\"theme\":\"dark\"}", "{\"mcpServers\":{}}");
	assert_group(&f, REVIEW_NEVER_LEAVES);
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	assert_config(&f, "{\"numStartups\":5,\"theme\":\"dark\"}");
	fixture_done(&f);
}

static void no_lock_and_no_temporary_file_is_left(void **state)
{
	struct fixture f;
	struct commit_result result;
	struct stat st;
	int home;

	(void)state;
	begin(&f, "{\"numStartups\":5}", "{\"numStartups\":5}", "{\"numStartups\":6}");
	assert_int_equal(fixture_commit(&f, &choose_auto, &result), 0);
	home = open(f.home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(fstatat(home, ".claude.json.lock", &st, 0), -1);
	assert_int_equal(fstatat(home, ".claude.json", &st, 0), 0);
	assert_config(&f, "{\"numStartups\":6}");
	(void)close(home);
	fixture_done(&f);
}

static void keys_that_both_changed_are_told_and_stay_pending(void **state)
{
	struct fixture f;
	struct commit_result result;
	const struct change *change;

	(void)state;
	begin(&f, "{\"theme\":\"dark\",\"verbose\":false}",
	      "{\"theme\":\"dark\",\"verbose\":false}", "{\"theme\":\"light\",\"verbose\":true}");
	fixture_config_write(&f, "{\"theme\":\"blue\",\"verbose\":false,\"own\":1}");
	change = assert_group(&f, REVIEW_WILL_COMMIT);
	assert_int_equal(change->keys.conflicts, 1);
	assert_int_equal(fixture_commit(&f, &choose_auto, &result), 0);
	assert_int_equal(result.applied, 1);
	assert_int_equal(result.conflicts, 1);
	assert_config(&f, "{\"theme\":\"blue\",\"verbose\":true,\"own\":1}");
	assert_group(&f, REVIEW_CONFLICT);
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	assert_int_equal(result.applied, 0);
	assert_config(&f, "{\"theme\":\"blue\",\"verbose\":true,\"own\":1}");
	fixture_done(&f);
}

static enum json_key_choice force(const struct change *change, const struct key_change *key,
				  void *arg)
{
	(void)change;
	(void)key;
	(void)arg;
	return JSON_KEY_FORCE;
}

static void the_person_may_decide_a_conflict(void **state)
{
	struct commit_choice choice = { .choose_key = force };
	struct fixture f;
	struct commit_result result;

	(void)state;
	begin(&f, "{\"theme\":\"dark\"}", "{\"theme\":\"dark\"}", "{\"theme\":\"light\"}");
	fixture_config_write(&f, "{\"theme\":\"blue\"}");
	assert_group(&f, REVIEW_CONFLICT);
	assert_int_equal(fixture_commit(&f, &choice, &result), 0);
	assert_int_equal(result.applied, 1);
	assert_config(&f, "{\"theme\":\"light\"}");
	assert_null(review_find(fixture_review(&f), CONFIG));
	fixture_done(&f);
}

/* Whatever was chosen of the file's lines: its keys have rules. */
static bool choose_hunks(const struct change *change, struct plan_entry *entry, void *arg)
{
	(void)change;
	(void)arg;
	entry->chosen = calloc(8, sizeof(*entry->chosen));
	assert_non_null(entry->chosen);
	entry->chosen[0] = true;
	entry->chosen_count = 1;
	return true;
}

static void neither_hunks_nor_theirs_get_past_the_key_rules(void **state)
{
	struct commit_choice hunks = { .is_approved = choose_hunks };
	struct fixture f;
	struct commit_result result;

	(void)state;
	begin(&f, "{\"oauthAccount\":1,\"theme\":\"dark\"}", "{\"theme\":\"dark\"}",
	      "{\"theme\":\"light\",\"mcpServers\":{\"x\":{\"command\":\"evil\"}}}");
	fixture_add_rules(&f, "{\"version\":1,\"rules\":[{\"path\":\".claude.json\","
			      "\"read\":\"filter\",\"filter\":\"claude-json\",\"write\":\"review\","
			      "\"merge\":\"json-keys\",\"why\":\"I want to see it\"}]}");
	assert_group(&f, REVIEW_NEEDS_APPROVAL);
	assert_int_equal(fixture_commit(&f, &hunks, &result), 0);
	assert_int_equal(result.applied, 0);
	assert_config(&f, "{\"oauthAccount\":1,\"theme\":\"dark\"}");
	/* In conflict: the one key, and nothing else of the session's file. */
	fixture_config_write(&f, "{\"oauthAccount\":1,\"theme\":\"blue\"}");
	assert_group(&f, REVIEW_CONFLICT);
	assert_int_equal(fixture_settle(&f, CONFIG, true, &result), 0);
	assert_config(&f, "{\"oauthAccount\":1,\"theme\":\"blue\"}");
	assert_int_equal(fixture_settle(&f, CONFIG, false, &result), 0);
	assert_int_equal(result.applied, 1);
	assert_config(&f, "{\"oauthAccount\":1,\"theme\":\"light\"}");
	fixture_done(&f);
}

static void later_saves_are_measured_by_what_was_committed(void **state)
{
	struct fixture f;
	struct commit_result result;

	(void)state;
	begin(&f, "{\"theme\":\"dark\"}", "{\"theme\":\"dark\"}", "{\"theme\":\"light\"}");
	assert_int_equal(fixture_commit(&f, &choose_auto, &result), 0);
	assert_config(&f, "{\"theme\":\"light\"}");
	assert_null(review_find(fixture_review(&f), CONFIG));
	/* Once more, from there. */
	fixture_save(&f, CONFIG, NULL, "{\"theme\":\"blue\"}");
	assert_int_equal(fixture_commit(&f, &choose_auto, &result), 0);
	assert_int_equal(result.conflicts, 0);
	assert_config(&f, "{\"theme\":\"blue\"}");
	/* And back to what it was first: a change like any other. */
	fixture_save(&f, CONFIG, NULL, "{\"theme\":\"dark\"}");
	assert_int_equal(fixture_commit(&f, &choose_auto, &result), 0);
	assert_config(&f, "{\"theme\":\"dark\"}");
	fixture_done(&f);
}

static void odd_values_stay_however_harmless_their_key(void **state)
{
	static const char *const odd[] = {
		"{\"numStartups\":\"7\"}",
		"{\"numStartups\":-1}",
		"{\"numStartups\":1e300}",
		"{\"numStartups\":null}",
		"{\"numStartups\":[]}",
		"{\"numStartups\":{\"command\":1}}",
		"{\"numStartups\":5,\"theme\":\"\\u202e\"}",
		"{\"numStartups\":5,\"theme\":true}",
		"{\"numStartups\":5,\"tipsHistory\":{\"\\u001b[2J\":1}}",
		"{\"numStartups\":5,\"tipsHistory\":null}",
		"{\"numStartups\":5,\"tipsHistory\":{\"a\":{\"b\":1}}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct fixture f;
		struct commit_result result;

		begin(&f, "{\"numStartups\":5}", "{\"numStartups\":5}", odd[i]);
		assert_group(&f, REVIEW_NEVER_LEAVES);
		assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
		assert_int_equal(result.applied, 0);
		assert_config(&f, "{\"numStartups\":5}");
		fixture_done(&f);
	}
}

static void what_is_no_json_is_held_and_the_line_told(void **state)
{
	static const struct {
		const char *host;
		const char *session;
		const char *reason;
	} rows[] = {
		{ "{}", "{\n\"numStartups\":1,\n\"numStartups\":2}", "it is not JSON: line 3" },
		{ "{}", "{\"numStartups\":NaN}", "it is not JSON: line 1" },
		{ "{}", "[]", "it is not JSON: line 1" },
		{ "{\n\n", "{\"numStartups\":1}", "the host's file is not JSON: line 3" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f;
		struct commit_result result;
		const struct change *change;

		begin(&f, rows[i].host, "{}", rows[i].session);
		change = assert_group(&f, REVIEW_HELD);
		if (!strstr(change->reason, rows[i].reason))
			fail_msg("%s", change->reason);
		assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
		assert_config(&f, rows[i].host);
		fixture_done(&f);
	}
}

static void a_stricter_rule_for_the_path_wins(void **state)
{
	struct fixture f;
	struct commit_result result;

	(void)state;
	begin(&f, "{\"numStartups\":5}", "{\"numStartups\":5}", "{\"numStartups\":6}");
	fixture_add_rules(&f, "{\"version\":1,\"rules\":[{\"path\":\".claude.json\","
			      "\"read\":\"filter\",\"filter\":\"claude-json\",\"write\":\"review\","
			      "\"merge\":\"json-keys\",\"why\":\"I want to see it\"}]}");
	assert_group(&f, REVIEW_NEEDS_APPROVAL);
	assert_int_equal(fixture_commit(&f, &choose_auto, &result), 0);
	assert_config(&f, "{\"numStartups\":5}");
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	assert_config(&f, "{\"numStartups\":6}");
	fixture_done(&f);
}

/* Not even by a rule that allows everything. */
static void it_never_comes_home_as_a_whole(void **state)
{
	struct fixture f;
	struct commit_result result;

	(void)state;
	begin(&f, "{\"numStartups\":5}", "{\"numStartups\":5}", "{\"mcpServers\":{}}");
	fixture_allow_everything(&f);
	assert_group(&f, REVIEW_NEVER_LEAVES);
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	assert_config(&f, "{\"numStartups\":5}");
	fixture_unlink(&f, CONFIG);
	assert_group(&f, REVIEW_NEVER_LEAVES);
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	assert_config(&f, "{\"numStartups\":5}");
	fixture_done(&f);
}

static void a_flood_of_keys_needs_approval(void **state)
{
	struct text many = { 0 };
	struct fixture f;
	const struct change *change;

	(void)state;
	text_append(&many, "{\"tipsHistory\":{\"t\":1");
	for (unsigned int i = 0; i < KEY_CHANGES_AUTO_MAX; i++)
		text_appendf(&many, ",\"t%u\":1", i);
	text_append(&many, "}}");
	begin(&f, "{}", "{}", many.data);
	change = assert_group(&f, REVIEW_NEEDS_APPROVAL);
	assert_int_equal(change->keys.asks, KEY_CHANGES_AUTO_MAX + 1);
	text_done(&many);
	fixture_done(&f);
}

static void links_and_shadows_hold_it(void **state)
{
	struct fixture f;
	struct commit_result result;
	char other[128];

	(void)state;
	begin(&f, "{\"numStartups\":5}", "{\"numStartups\":5}", "{\"numStartups\":6}");
	fixture_host_write(&f, ".config.json", "{}");
	assert_group(&f, REVIEW_HELD);
	assert_int_equal(unlinkat(f.host_fd, ".config.json", 0), 0);
	assert_group(&f, REVIEW_WILL_COMMIT);
	(void)snprintf(other, sizeof(other), "%s/other", f.home);
	assert_int_equal(rename(f.manifest.host_config, other), 0);
	assert_int_equal(symlink(other, f.manifest.host_config), 0);
	assert_group(&f, REVIEW_HELD);
	assert_int_equal(fixture_commit(&f, &choose_all, &result), 0);
	assert_config(&f, "{\"numStartups\":5}");
	fixture_done(&f);
}

static void a_host_without_one_gets_one(void **state)
{
	struct fixture f;
	struct commit_result result;

	(void)state;
	fixture_make(&f);
	fixture_save(&f, CONFIG, NULL, "{\"numStartups\":1,\"userID\":\"x\"}");
	assert_int_equal(fixture_commit(&f, &choose_auto, &result), 0);
	assert_config(&f, "{\n  \"numStartups\": 1\n}");
	fixture_done(&f);
}

/* A lock of Claude's on the host: waited for while it is fresh, taken over when it is stale or was
 * left by a killed commit. */
static void claudes_own_lock_is_respected(void **state)
{
	struct claude_lock lock = CLAUDE_LOCK_NONE;
	struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	struct fixture f;
	struct stat st;
	int home;

	(void)state;
	fixture_make(&f);
	home = open(f.home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdirat(home, "x.lock", 0700), 0);
	assert_int_equal(claude_lock_take(home, "x", 60, &lock), -EBUSY);
	assert_int_equal(fstatat(home, "x.lock", &st, 0), 0);
	assert_int_equal(utimensat(home, "x.lock", old, 0), 0);
	assert_int_equal(claude_lock_take(home, "x", 0, &lock), 0);
	/* As killed: not released. */
	cleanup_close_fd(&lock.dir_fd);
	assert_int_equal(claude_lock_take(home, "x", 0, &lock), 0);
	claude_lock_release(&lock);
	assert_int_equal(fstatat(home, "x.lock", &st, 0), -1);
	(void)close(home);
	fixture_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counters_come_home_and_trust_does_not),
		cmocka_unit_test(what_a_session_removed_stays_on_the_host),
		cmocka_unit_test(no_lock_and_no_temporary_file_is_left),
		cmocka_unit_test(keys_that_both_changed_are_told_and_stay_pending),
		cmocka_unit_test(the_person_may_decide_a_conflict),
		cmocka_unit_test(neither_hunks_nor_theirs_get_past_the_key_rules),
		cmocka_unit_test(later_saves_are_measured_by_what_was_committed),
		cmocka_unit_test(odd_values_stay_however_harmless_their_key),
		cmocka_unit_test(what_is_no_json_is_held_and_the_line_told),
		cmocka_unit_test(a_stricter_rule_for_the_path_wins),
		cmocka_unit_test(it_never_comes_home_as_a_whole),
		cmocka_unit_test(a_flood_of_keys_needs_approval),
		cmocka_unit_test(links_and_shadows_hold_it),
		cmocka_unit_test(a_host_without_one_gets_one),
		cmocka_unit_test(claudes_own_lock_is_respected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* A decision reads back as it was made, counts for its session and key only, and nothing that
 * somebody else wrote into the file counts. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/review/decision.h"
#include "tests/unit/temp_dir.h"

#define MANY 50000u /* a walk along all of them for each takes minutes */

static struct temp_dir dir;
static const struct state_key key = { { 7, 7, 7 } };
static const struct digest some = { { 1, 2, 3 } };

static int make_dir(void **state)
{
	(void)state;
	return temp_dir_make(&dir);
}

static int remove_dir(void **state)
{
	(void)state;
	temp_dir_remove(&dir);
	return 0;
}

static struct decisions *read_with(const char *session, const struct state_key *with,
				   size_t *forged)
{
	struct decisions *decisions = NULL;

	assert_int_equal(decisions_read(dir.fd, session, with, &decisions, forged), 0);
	return decisions;
}

static void write_two(void)
{
	cleanup_decisions struct decisions *decisions = read_with("s", &key, NULL);

	assert_int_equal(decisions_set(decisions, "plans/a.md", DECISION_WHOLE, NULL,
				       DECISION_APPROVED, &some),
			 0);
	assert_int_equal(decisions_set(decisions, "plans/b.md", DECISION_HUNK, "3",
				       DECISION_REJECTED, &some),
			 0);
	assert_int_equal(decisions_write(decisions, dir.fd), 0);
}

static void decisions_read_back(void **state)
{
	cleanup_decisions struct decisions *decisions = NULL;
	const struct decision *found;
	size_t forged = 9;

	(void)state;
	write_two();
	decisions = read_with("s", &key, &forged);
	assert_int_equal(forged, 0);
	assert_int_equal(decisions_count(decisions), 2);
	found = decisions_find(decisions, "plans/a.md", DECISION_WHOLE, NULL);
	assert_non_null(found);
	assert_int_equal(found->verdict, DECISION_APPROVED);
	assert_true(digest_is_equal(&found->digest, &some));
	found = decisions_find(decisions, "plans/b.md", DECISION_HUNK, "3");
	assert_non_null(found);
	assert_int_equal(found->verdict, DECISION_REJECTED);
	assert_null(decisions_find(decisions, "plans/b.md", DECISION_HUNK, "4"));
	assert_null(decisions_find(decisions, "plans/b.md", DECISION_WHOLE, NULL));
	assert_true(decisions_has(decisions, "plans/b.md", DECISION_HUNK));
	assert_int_equal(decisions_forget(decisions, "plans/b.md"), 1);
	assert_false(decisions_has(decisions, "plans/b.md", DECISION_HUNK));
}

static void the_last_decision_counts(void **state)
{
	cleanup_decisions struct decisions *decisions = read_with("s", &key, NULL);

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(decisions_set(decisions, "a", DECISION_WHOLE, NULL,
					       i == 1 ? DECISION_APPROVED : DECISION_REJECTED,
					       &some),
				 0);
	assert_int_equal(decisions_count(decisions), 1);
	assert_int_equal(decisions_find(decisions, "a", DECISION_WHOLE, NULL)->verdict,
			 DECISION_REJECTED);
}

static void other_sessions_and_keys_have_none_of_them(void **state)
{
	const struct state_key other = { { 8 } };
	size_t forged = 0;
	struct decisions *decisions;

	(void)state;
	write_two();
	decisions = read_with("t", &key, &forged);
	assert_int_equal(decisions_count(decisions), 0);
	assert_int_equal(forged, 2);
	decisions_free(decisions);
	decisions = read_with("s", &other, &forged);
	assert_int_equal(decisions_count(decisions), 0);
	assert_int_equal(forged, 2);
	decisions_free(decisions);
}

static void read_file(char **ret)
{
	size_t len = 0;

	assert_int_equal(fd_read_file_at(dir.fd, "decisions.json", 1u << 20, ret, &len), 0);
}

/* Every field that means something is under the tag. */
static void changed_decision_does_not_count(void **state)
{
	static const char *const changes[][2] = {
		{ "plans/a.md", "plans/c.md" },          { "\"approved\"", "\"rejected\"" },
		{ "\"whole\"", "\"record\"" },           { "\"010203", "\"020203" },
		{ "\"part\": \"\"", "\"part\": \"1\"" }, { "\"asks\": true", "\"asks\": false" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct decisions *decisions;
		char *changed = NULL;
		size_t forged = 0;
		char *data = NULL;
		char *at;

		write_two();
		read_file(&data);
		at = strstr(data, changes[i][0]);
		assert_non_null(at);
		*at = '\0';
		assert_true(asprintf(&changed, "%s%s%s", data, changes[i][1],
				     at + strlen(changes[i][0])) > 0);
		assert_int_equal(temp_dir_write(&dir, "decisions.json", changed), 0);
		decisions = read_with("s", &key, &forged);
		assert_int_equal(forged, 1);
		assert_int_equal(decisions_count(decisions), 1);
		decisions_free(decisions);
		free(changed);
		free(data);
	}
}

/* What was rejected once asks, behind whatever other words, until it is forgotten. */
static void what_was_rejected_asks_from_then_on(void **state)
{
	cleanup_decisions struct decisions *decisions = read_with("s", &key, NULL);

	(void)state;
	assert_int_equal(decisions_set(decisions, "a", DECISION_KEY, "x", DECISION_REJECTED, &some),
			 0);
	assert_int_equal(decisions_set(decisions, "a", DECISION_KEY, "y", DECISION_APPROVED, &some),
			 0);
	assert_false(decisions_asks(decisions, "a", DECISION_KEY));
	assert_int_equal(decisions_count_rejected(decisions, "a", DECISION_KEY), 1);
	decisions_set_aside(decisions, "a", DECISION_KEY);
	assert_int_equal(
		decisions_set(decisions, "a", DECISION_WHOLE, NULL, DECISION_APPROVED, &some), 0);
	assert_int_equal(decisions_write(decisions, dir.fd), 0);
	decisions_free(decisions);
	decisions = read_with("s", &key, NULL);
	assert_int_equal(decisions_count(decisions), 2);
	assert_false(decisions_has(decisions, "a", DECISION_KEY));
	assert_null(decisions_find(decisions, "a", DECISION_KEY, "x"));
	assert_true(decisions_asks(decisions, "a", DECISION_KEY));
	assert_false(decisions_asks(decisions, "a", DECISION_WHOLE));
	assert_int_equal(decisions_set(decisions, "a", DECISION_KEY, "x", DECISION_APPROVED, &some),
			 0);
	assert_true(decisions_verdict(decisions, "a", DECISION_KEY, "x", &some).asks);
	assert_true(decisions_asks(decisions, "a", DECISION_KEY));
	assert_int_equal(decisions_forget(decisions, "a"), 2);
	assert_false(decisions_asks(decisions, "a", DECISION_KEY));
}

/* Made by the first format's program, with this session and key. */
static void version_1_is_read_and_its_rejections_ask(void **state)
{
	static const char text[] =
		"{\"decisions\": [{\"path\": \"plans/a.md\", \"scope\": \"whole\", \"part\": \"\","
		"\"verdict\": \"approved\", \"digest\": "
		"\"0102030000000000000000000000000000000000000000000000000000000000\","
		"\"time_ns\": 1795664273095135046, \"tag\": "
		"\"fc3677411399d8748e797b31e2fd69c75d241811d506a57e1ee99952c8fa5370\"},"
		"{\"path\": \"plans/b.md\", \"scope\": \"hunk\", \"part\": \"3\","
		"\"verdict\": \"rejected\", \"digest\": "
		"\"0102030000000000000000000000000000000000000000000000000000000000\","
		"\"time_ns\": 1795664273095201258, \"tag\": "
		"\"05ad8f94960ccf4e70d1e608ac08e6a2e548381654e2379523574464fdaa87ae\"}],"
		"\"version\": 1}";
	struct decisions *decisions;
	size_t forged = 9;

	(void)state;
	assert_int_equal(temp_dir_write(&dir, "decisions.json", text), 0);
	decisions = read_with("s", &key, &forged);
	assert_int_equal(forged, 0);
	assert_int_equal(decisions_count(decisions), 2);
	assert_false(decisions_find(decisions, "plans/a.md", DECISION_WHOLE, NULL)->asks);
	assert_true(decisions_find(decisions, "plans/b.md", DECISION_HUNK, "3")->asks);
	decisions_free(decisions);
}

/* As they are made one by one, of one path. */
static void many_parts_of_one_path_are_found_at_once(void **state)
{
	cleanup_decisions struct decisions *decisions = read_with("s", &key, NULL);
	char part[24];

	(void)state;
	for (unsigned int i = 0; i < MANY; i++) {
		(void)snprintf(part, sizeof(part), "record-%u", i);
		decisions_set_aside(decisions, "a", DECISION_WHOLE);
		assert_int_equal(decisions_set(decisions, "a", DECISION_RECORD, part,
					       DECISION_APPROVED, &some),
				 0);
	}
	for (unsigned int i = 0; i < MANY; i++) {
		(void)snprintf(part, sizeof(part), "record-%u", i);
		assert_non_null(decisions_find(decisions, "a", DECISION_RECORD, part));
	}
	for (unsigned int i = 0; i < MANY; i++) {
		(void)snprintf(part, sizeof(part), "record-%u", i);
		assert_true(decisions_forget_part(decisions, "a", DECISION_RECORD, part));
	}
	assert_false(decisions_has(decisions, "a", DECISION_RECORD));
	assert_int_equal(decisions_count(decisions), 0);
}

static void what_makes_no_sense_is_damage(void **state)
{
	static const char *const texts[] = {
		"",
		"[]",
		"{\"version\": 1}",
		"{\"version\": 0, \"decisions\": []}",
		"{\"version\": 1, \"decisions\": [1]}",
		"{\"version\": 1, \"decisions\": [{\"path\": \"../x\"}]}",
		"{\"version\": 1, \"version\": 1, \"decisions\": []}",
	};
	struct decisions *decisions = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(temp_dir_write(&dir, "decisions.json", texts[i]), 0);
		assert_int_equal(decisions_read(dir.fd, "s", &key, &decisions, NULL), -EBADMSG);
	}
	assert_int_equal(
		temp_dir_write(&dir, "decisions.json", "{\"version\": 9, \"decisions\": []}"), 0);
	assert_int_equal(decisions_read(dir.fd, "s", &key, &decisions, NULL), -EPROTONOSUPPORT);
	assert_int_equal(unlinkat(dir.fd, "decisions.json", 0), 0);
	assert_int_equal(symlinkat("/etc/passwd", dir.fd, "decisions.json"), 0);
	assert_int_equal(decisions_read(dir.fd, "s", &key, &decisions, NULL), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(decisions_read_back, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(the_last_decision_counts, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(other_sessions_and_keys_have_none_of_them, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(changed_decision_does_not_count, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(what_was_rejected_asks_from_then_on, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(version_1_is_read_and_its_rejections_ask, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(many_parts_of_one_path_are_found_at_once, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(what_makes_no_sense_is_damage, make_dir,
						remove_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

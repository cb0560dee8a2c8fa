/* SPDX-License-Identifier: MIT */
/* A decision reads back as it was made, counts for its session and key only, and nothing that
 * somebody else wrote into the file counts. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdlib.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/review/decision.h"
#include "tests/unit/temp_dir.h"

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
		{ "\"part\": \"\"", "\"part\": \"1\"" },
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
		cmocka_unit_test_setup_teardown(what_makes_no_sense_is_damage, make_dir,
						remove_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Keys and records as parts of a change: their names, what may be decided, and that a decision
 * counts for the very bytes that were shown. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/review/change_digest.h"
#include "fs/review/parts.h"
#include "tests/lib/session_fixture.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#define UUID   "11111111-2222-3333-4444-555555555555"
#define CONFIG ".claude.json"
#define MANY   200u
#define LONG   (60u << 10) /* bytes of a record */

static const char ask_rules[] =
	"{\"version\":1,\"rules\":[{\"path\":\".claude.json\","
	"\"read\":\"filter\",\"filter\":\"claude-json\",\"write\":\"review\","
	"\"merge\":\"json-keys\",\"why\":\"I want to see it\"}]}";

static struct parts *load(struct fixture *f, const char *path)
{
	const struct change *change = review_find(fixture_review(f), path);
	struct parts *parts = NULL;

	assert_non_null(change);
	assert_int_equal(
		parts_of_change(f->review, change, review_decisions(f->review), true, &parts), 0);
	return parts;
}

static const struct part *find(const struct parts *parts, const char *name)
{
	size_t index = 0;

	assert_int_equal(parts_find(parts, name, &index), 0);
	return parts_get(parts, index);
}

static void note(struct fixture *f, const char *path, const struct part *part,
		 enum decision_verdict verdict)
{
	cleanup_decisions struct decisions *decisions = NULL;

	assert_int_equal(decisions_read(f->session_fd, f->manifest.id, &f->key, &decisions, NULL),
			 0);
	assert_int_equal(decisions_set(decisions, path, part->key ? DECISION_KEY : DECISION_RECORD,
				       part->name, verdict, &part->digest),
			 0);
	assert_int_equal(decisions_write(decisions, f->session_fd), 0);
}

static void decide(struct fixture *f, const char *path, const char *name,
		   enum decision_verdict verdict)
{
	cleanup_parts struct parts *parts = load(f, path);

	note(f, path, find(parts, name), verdict);
}

static void decide_at(struct fixture *f, const char *path, size_t index,
		      enum decision_verdict verdict)
{
	cleanup_parts struct parts *parts = load(f, path);

	note(f, path, parts_get(parts, index), verdict);
}

static void assert_verdict(struct fixture *f, const char *path, const char *name,
			   enum decision_verdict verdict, bool has_lapsed)
{
	cleanup_parts struct parts *parts = load(f, path);
	const struct part *part = find(parts, name);

	assert_int_equal(part->verdict, verdict);
	assert_int_equal(part->has_lapsed, has_lapsed);
}

static void begin_keys(struct fixture *f, const char *session)
{
	fixture_make(f);
	fixture_add_rules(f, ask_rules);
	fixture_config_write(f, "{\"theme\":\"dark\",\"verbose\":false}");
	fixture_save(f, CONFIG, "{\"theme\":\"dark\",\"verbose\":false}", session);
}

static void only_keys_that_may_go_may_be_decided(void **state)
{
	struct parts *parts;
	struct fixture f;

	(void)state;
	begin_keys(&f, "{\"theme\":\"light\",\"verbose\":true,\"mcpServers\":{\"x\":{}}}");
	fixture_config_write(&f, "{\"theme\":\"dark\",\"verbose\":0}");
	parts = load(&f, CONFIG);
	assert_true(find(parts, "theme")->may_be_decided);
	assert_true(find(parts, "theme")->asks);
	assert_false(find(parts, "verbose")->may_be_decided);      /* in conflict */
	assert_false(find(parts, "mcpServers.x")->may_be_decided); /* never leaves */
	parts_free(parts);
	fixture_done(&f);
}

static void keys_are_found_by_full_name_or_dots_if_that_is_one(void **state)
{
	struct parts *parts;
	struct fixture f;
	size_t index = 0;

	(void)state;
	begin_keys(&f, "{\"theme\":\"dark\",\"verbose\":false,\"a.b\":{\"c\":1},\"a\":{\"b.c\":1},"
		       "\"x\":{\"y z\":1}}");
	parts = load(&f, CONFIG);
	assert_int_equal(parts_find(parts, "a.b.c", &index), -ENOTUNIQ);
	assert_int_equal(parts_find(parts, "[\"a.b\"].c", &index), 0);
	assert_int_equal(parts_find(parts, "a[\"b.c\"]", &index), 0);
	assert_int_equal(parts_find(parts, "x.y z", &index), 0);
	assert_int_equal(parts_find(parts, "x.y", &index), -ENOENT);
	assert_int_equal(parts_find(parts, "x", &index), -ENOENT);
	assert_int_equal(parts_find(parts, "", &index), -ENOENT);
	parts_free(parts);
	fixture_done(&f);
}

/* By what it was, what it will be, and what the host has; not by what became of other keys. */
static void a_key_lapses_when_it_changes_and_not_with_another(void **state)
{
	struct fixture f;
	const struct change *change;

	(void)state;
	begin_keys(&f, "{\"theme\":\"light\",\"verbose\":false}");
	decide(&f, CONFIG, "theme", DECISION_APPROVED);
	fixture_save(&f, CONFIG, NULL, "{\"theme\":\"light\",\"verbose\":true,\"other\":1}");
	assert_verdict(&f, CONFIG, "theme", DECISION_APPROVED, false);
	change = review_find(f.review, CONFIG);
	assert_int_equal(change->decision, CHANGE_PARTLY);
	assert_int_equal(change->parts.approved, 1);
	fixture_save(&f, CONFIG, NULL, "{\"theme\":\"blue\",\"verbose\":true}");
	assert_verdict(&f, CONFIG, "theme", DECISION_NONE, true);
	assert_int_equal(review_find(f.review, CONFIG)->decision, CHANGE_LAPSED);
	/* As it was: it counts again. */
	fixture_save(&f, CONFIG, NULL, "{\"theme\":\"light\"}");
	assert_verdict(&f, CONFIG, "theme", DECISION_APPROVED, false);
	fixture_config_write(&f, "{\"theme\":\"red\",\"verbose\":false}");
	assert_verdict(&f, CONFIG, "theme", DECISION_NONE, true);
	fixture_done(&f);
}

static void a_decision_counts_for_its_key_only(void **state)
{
	struct commit_choice none = { 0 };
	struct commit_result result;
	struct fixture f;
	char *content;

	(void)state;
	begin_keys(&f, "{\"theme\":\"light\",\"verbose\":true}");
	decide(&f, CONFIG, "verbose", DECISION_APPROVED);
	assert_verdict(&f, CONFIG, "theme", DECISION_NONE, false);
	assert_int_equal(fixture_commit(&f, &none, &result), 0);
	content = fixture_config_read(&f);
	assert_string_equal(content, "{\"theme\":\"dark\",\"verbose\":true}");
	free(content);
	fixture_done(&f);
}

/* Gives the object. */
static uint64_t begin_records(struct fixture *f, const char *lines)
{
	fixture_make(f);
	fixture_host_write(f, fixture_own(f, UUID ".jsonl"),
			   "{\"type\":\"user\",\"uuid\":\"0\"}\n");
	return fixture_append(f, fixture_own(f, UUID ".jsonl"), lines);
}

static void assert_text(const struct parts *parts, size_t index, const char *expected)
{
	char *text = NULL;
	size_t len = 0;

	assert_int_equal(parts_read_text(parts, parts_get(parts, index), &text, &len), 0);
	assert_string_equal(text, expected);
	assert_int_equal(len, strlen(expected));
	free(text);
}

static void records_are_named_by_uuid_or_by_digest(void **state)
{
	const char *path;
	struct parts *parts;
	struct fixture f;
	size_t index = 0;

	(void)state;
	(void)begin_records(&f,
			    "{\"uuid\":\"aaaa1\"}\n\n{\"uuid\":\"aaaa2\",\"cwd\":\"/elsewhere\"}\n"
			    "{\"uuid\":\"aaaa1\",\"again\":1}\n{\"type\":\"mode\"}\n");
	path = fixture_own(&f, UUID ".jsonl");
	parts = load(&f, path);
	assert_int_equal(parts_count(parts), 4);
	assert_string_equal(parts_get(parts, 0)->name, "aaaa1");
	assert_null(parts_get(parts, 0)->foreign);
	assert_text(parts, 0, "{\"uuid\":\"aaaa1\"}");
	assert_text(parts, 3, "{\"type\":\"mode\"}");
	assert_string_equal(parts_get(parts, 1)->foreign, "cwd");
	/* Another one of the same uuid is not what "aaaa1" means. */
	assert_int_equal(parts_get(parts, 2)->name[0], '#');
	assert_int_equal(strlen(parts_get(parts, 3)->name), 13);
	assert_int_equal(parts_find(parts, "aaaa", &index), -ENOTUNIQ);
	assert_int_equal(parts_find(parts, "aaaa1", &index), 0);
	assert_int_equal(parts_find(parts, "aaa", &index), -ENOENT);
	assert_int_equal(parts_find(parts, parts_get(parts, 3)->name, &index), 0);
	assert_int_equal(index, 3);
	parts_free(parts);
	fixture_done(&f);
}

/* Where it cannot be told: 0. */
static size_t memory_in_use(void)
{
#ifdef __GLIBC__
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
#else
	return 0;
#endif
}

/* Their texts are not: a person scrolls through them one by one. */
static void many_long_records_are_not_kept_in_memory(void **state)
{
	struct fixture f;
	struct parts *parts;
	const char *path;
	char *lines = calloc(MANY, LONG);
	size_t before;

	(void)state;
	assert_non_null(lines);
	for (size_t i = 0; i < MANY; i++) {
		memset(lines + i * LONG, ' ', LONG);
		(void)snprintf(lines + i * LONG, LONG, "{\"uuid\":\"%04zu\"", i);
		lines[i * LONG + strlen(lines + i * LONG)] = ' ';
		memcpy(lines + (i + 1) * LONG - 2, "}\n", 2);
	}
	lines[MANY * LONG - 1] = '\0';
	(void)begin_records(&f, lines);
	free(lines);
	path = fixture_own(&f, UUID ".jsonl");
	(void)fixture_review(&f);
	before = memory_in_use();
	assert_int_equal(parts_of_change(f.review, review_find(f.review, path), NULL, true, &parts),
			 0);
	assert_int_equal(parts_count(parts), MANY);
	print_message("%zu KiB in memory\n", (memory_in_use() - before) >> 10);
	assert_true(memory_in_use() - before < MANY * LONG / 16);
	parts_free(parts);
	fixture_done(&f);
}

static void a_record_that_was_rewritten_lapses(void **state)
{
	struct fixture f;
	const char *path;

	(void)state;
	(void)begin_records(&f, "{\"uuid\":\"aaaa1\",\"cwd\":\"/elsewhere\"}\n");
	path = fixture_own(&f, UUID ".jsonl");
	decide(&f, path, "aaaa1", DECISION_APPROVED);
	assert_verdict(&f, path, "aaaa1", DECISION_APPROVED, false);
	assert_int_equal(review_find(f.review, path)->decision, CHANGE_APPROVED);
	fixture_unlink(&f, path);
	(void)fixture_create(&f, path,
			     "{\"type\":\"user\",\"uuid\":\"0\"}\n"
			     "{\"uuid\":\"aaaa1\",\"cwd\":\"/other\"}\n");
	/* A new file in its place has hunks, and none of its records was decided about. */
	assert_int_equal(review_find(fixture_review(&f), path)->decision, CHANGE_LAPSED);
	fixture_done(&f);
}

/* What is committed record by record is known by the host's own file, not by a base. */
static void records_come_home_one_after_another_and_none_twice(void **state)
{
	static const char *const names[] = { "aaaa3", "aaaa1", "aaaa2" };
	struct commit_choice none = { 0 };
	struct commit_result result;
	struct fixture f;
	const char *path;
	uint64_t object;
	char *content;

	(void)state;
	object = begin_records(
		&f, "{\"uuid\":\"aaaa1\",\"cwd\":\"/e\"}\n{\"uuid\":\"aaaa2\",\"cwd\":\"/e\"}\n"
		    "{\"uuid\":\"aaaa3\",\"cwd\":\"/e\"}\n");
	path = fixture_own(&f, UUID ".jsonl");
	for (size_t i = 0; i < 3; i++) {
		decide(&f, path, names[i], DECISION_APPROVED);
		assert_int_equal(fixture_commit(&f, &none, &result), 0);
		assert_int_equal(result.applied, 1);
		assert_int_equal(fixture_commit(&f, &none, &result), 0);
		assert_int_equal(result.applied, 0);
	}
	content = fixture_host_read(&f, path);
	assert_string_equal(content, "{\"type\":\"user\",\"uuid\":\"0\"}\n"
				     "{\"uuid\":\"aaaa3\",\"cwd\":\"/e\"}\n"
				     "{\"uuid\":\"aaaa1\",\"cwd\":\"/e\"}\n"
				     "{\"uuid\":\"aaaa2\",\"cwd\":\"/e\"}\n");
	assert_null(review_find(fixture_review(&f), path));
	/* What the session adds then is all that is new. */
	fixture_write(&f, object, strlen(content), "{\"uuid\":\"aaaa4\"}\n");
	fixture_seal(&f, object);
	free(content);
	assert_int_equal(review_find(fixture_review(&f), path)->group, REVIEW_WILL_COMMIT);
	fixture_done(&f);
}

/* Those without uuid are known by what they are, since their sequence has gaps. */
static void records_without_uuid_come_home_once_beside_one_that_stays(void **state)
{
	struct commit_choice none = { 0 };
	struct commit_result result;
	struct fixture f;
	const char *path;
	uint64_t object;
	char *content;

	(void)state;
	object = begin_records(&f, "{\"type\":\"mode\",\"mode\":\"no\"}\n"
				   "{\"type\":\"mode\",\"mode\":\"plan\"}\n"
				   "{\"type\":\"mode\",\"mode\":\"edit\"}\n");
	path = fixture_own(&f, UUID ".jsonl");
	decide_at(&f, path, 0, DECISION_REJECTED);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(fixture_commit(&f, &none, &result), 0);
	content = fixture_host_read(&f, path);
	assert_string_equal(content, "{\"type\":\"user\",\"uuid\":\"0\"}\n"
				     "{\"type\":\"mode\",\"mode\":\"plan\"}\n"
				     "{\"type\":\"mode\",\"mode\":\"edit\"}\n");
	free(content);
	/* One more that is like one of them is new all the same. */
	fixture_write(&f, object, 115, "{\"type\":\"mode\",\"mode\":\"plan\"}\n");
	fixture_seal(&f, object);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(fixture_commit(&f, &none, &result), 0);
	content = fixture_host_read(&f, path);
	assert_string_equal(content, "{\"type\":\"user\",\"uuid\":\"0\"}\n"
				     "{\"type\":\"mode\",\"mode\":\"plan\"}\n"
				     "{\"type\":\"mode\",\"mode\":\"edit\"}\n"
				     "{\"type\":\"mode\",\"mode\":\"plan\"}\n");
	free(content);
	fixture_done(&f);
}

/* Whoever makes two records of one name must not get the one approved under the other's. */
static void a_name_that_two_records_have_means_neither(void **state)
{
	char lines[200];
	struct parts *parts;
	struct fixture f;
	size_t index = 0;

	(void)state;
	(void)begin_records(&f, "{\"type\":\"mode\"}\n");
	parts = load(&f, fixture_own(&f, UUID ".jsonl"));
	(void)snprintf(lines, sizeof(lines), "{\"uuid\":\"%s\"}\n{\"type\":\"mode\"}\n",
		       parts_get(parts, 0)->name);
	parts_free(parts);
	fixture_done(&f);
	(void)begin_records(&f, lines);
	parts = load(&f, fixture_own(&f, UUID ".jsonl"));
	assert_string_equal(parts_get(parts, 0)->name, parts_get(parts, 1)->name);
	assert_int_equal(parts_find(parts, parts_get(parts, 1)->name, &index), -ENOTUNIQ);
	parts_free(parts);
	fixture_done(&f);
	/* Two that are the same are one decision. */
	(void)begin_records(&f, "{\"type\":\"mode\"}\n{\"type\":\"mode\"}\n");
	parts = load(&f, fixture_own(&f, UUID ".jsonl"));
	assert_int_equal(parts_find(parts, parts_get(parts, 1)->name, &index), 0);
	parts_free(parts);
	fixture_done(&f);
}

/* Settling a conflict for the host's side lets the others go, and not what was rejected. */
static void a_rejected_record_stays_when_a_conflict_is_settled(void **state)
{
	struct commit_result result;
	struct fixture f;
	const char *path;
	char *content;

	(void)state;
	(void)begin_records(&f, "{\"uuid\":\"aaaa1\"}\n{\"uuid\":\"aaaa2\"}\n"
				"{\"uuid\":\"aaaa3\"}\n");
	path = fixture_own(&f, UUID ".jsonl");
	decide(&f, path, "aaaa2", DECISION_REJECTED);
	fixture_host_append(&f, path, "{\"uuid\":\"aaaa1\",\"host\":1}\n");
	assert_int_equal(fixture_settle(&f, path, true, &result), 0);
	content = fixture_host_read(&f, path);
	assert_string_equal(content, "{\"type\":\"user\",\"uuid\":\"0\"}\n"
				     "{\"uuid\":\"aaaa1\",\"host\":1}\n"
				     "{\"uuid\":\"aaaa3\"}\n");
	free(content);
	assert_null(review_find(fixture_review(&f), path));
	fixture_done(&f);
	/* Also if nothing else is left. */
	(void)begin_records(&f, "{\"uuid\":\"aaaa1\"}\n{\"uuid\":\"aaaa2\"}\n");
	path = fixture_own(&f, UUID ".jsonl");
	decide(&f, path, "aaaa2", DECISION_REJECTED);
	fixture_host_append(&f, path, "{\"uuid\":\"aaaa1\",\"host\":1}\n");
	assert_int_equal(fixture_settle(&f, path, true, &result), 0);
	assert_null(review_find(fixture_review(&f), path));
	fixture_done(&f);
}

/* What was approved as a whole is what the parts are of; what the session has written since is the
 * next review's. */
static void parts_tell_of_which_bytes_they_are(void **state)
{
	struct digest digest;
	struct digest whole;
	struct parts *parts;
	struct fixture f;
	const struct change *change;
	uint64_t object;

	(void)state;
	object = begin_records(&f, "{\"uuid\":\"aaaa1\"}\n\n{\"uuid\":\"aaaa2\"}\n");
	parts = load(&f, fixture_own(&f, UUID ".jsonl"));
	change = review_find(f.review, fixture_own(&f, UUID ".jsonl"));
	assert_int_equal(change_digest(f.review, change, &whole), 0);
	assert_int_equal(parts_digest(parts, change, &digest), 0);
	assert_true(digest_is_equal(&digest, &whole));
	parts_free(parts);
	/* Not sealed: nothing vouches for it. */
	fixture_write(&f, object, 27, "{\"uuid\":\"bbbb1\"}\n");
	change = review_find(fixture_review(&f), fixture_own(&f, UUID ".jsonl"));
	assert_int_equal(change_digest(f.review, change, &whole), 0);
	fixture_write(&f, object, 27, "{\"uuid\":\"cccc1\"}\n");
	assert_int_equal(parts_of_change(f.review, change, NULL, false, &parts), 0);
	assert_string_equal(parts_get(parts, 0)->name, "bbbb1");
	assert_int_equal(parts_digest(parts, change, &digest), 0);
	assert_true(digest_is_equal(&digest, &whole));
	parts_free(parts);
	change = review_find(fixture_review(&f), fixture_own(&f, UUID ".jsonl"));
	assert_int_equal(parts_of_change(f.review, change, NULL, false, &parts), 0);
	assert_string_equal(parts_get(parts, 0)->name, "cccc1");
	assert_int_equal(parts_digest(parts, change, &digest), 0);
	assert_false(digest_is_equal(&digest, &whole));
	parts_free(parts);
	fixture_done(&f);
	begin_keys(&f, "{\"theme\":\"light\",\"verbose\":false}");
	parts = load(&f, CONFIG);
	change = review_find(f.review, CONFIG);
	assert_int_equal(change_digest(f.review, change, &whole), 0);
	assert_int_equal(parts_digest(parts, change, &digest), 0);
	assert_true(digest_is_equal(&digest, &whole));
	parts_free(parts);
	fixture_done(&f);
}

static void whole_files_and_rewritten_transcripts_have_no_parts(void **state)
{
	struct parts *parts = NULL;
	struct fixture f;
	const char *path;

	(void)state;
	fixture_make(&f);
	path = fixture_own(&f, UUID ".jsonl");
	fixture_host_write(&f, path, "{\"type\":\"user\",\"uuid\":\"0\"}\n");
	(void)fixture_modify(&f, path, "{\"type\":\"user\",\"uuid\":\"1\"}\n");
	(void)fixture_create(&f, "plans/x.md", "x\n");
	(void)fixture_review(&f);
	assert_int_equal(
		parts_of_change(f.review, review_find(f.review, path), NULL, false, &parts),
		-ENOTSUP);
	assert_int_equal(
		parts_of_change(f.review, review_find(f.review, "plans/x.md"), NULL, false, &parts),
		-ENOTSUP);
	fixture_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_keys_that_may_go_may_be_decided),
		cmocka_unit_test(keys_are_found_by_full_name_or_dots_if_that_is_one),
		cmocka_unit_test(a_key_lapses_when_it_changes_and_not_with_another),
		cmocka_unit_test(a_decision_counts_for_its_key_only),
		cmocka_unit_test(records_are_named_by_uuid_or_by_digest),
		cmocka_unit_test(many_long_records_are_not_kept_in_memory),
		cmocka_unit_test(a_record_that_was_rewritten_lapses),
		cmocka_unit_test(records_come_home_one_after_another_and_none_twice),
		cmocka_unit_test(records_without_uuid_come_home_once_beside_one_that_stays),
		cmocka_unit_test(a_name_that_two_records_have_means_neither),
		cmocka_unit_test(a_rejected_record_stays_when_a_conflict_is_settled),
		cmocka_unit_test(parts_tell_of_which_bytes_they_are),
		cmocka_unit_test(whole_files_and_rewritten_transcripts_have_no_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* What an undo and a commit of parts add to intents and receipts: read as written, and refused with
 * any of these fields of another type or out of range. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/commit/intent.h"
#include "fs/review/receipt.h"
#include "tests/unit/temp_dir.h"

static struct temp_dir dir;
static const struct state_key state_key = { { 1 } };
static const struct receipt_seal seal = { &state_key, "session", 1 };

static int set_up(void **state)
{
	(void)state;
	return temp_dir_make(&dir);
}

static int tear_down(void **state)
{
	(void)state;
	temp_dir_remove(&dir);
	return 0;
}

/* A cut with all that may be said of an entry, and an entry of which the least is. */
static void make_intent(struct intent *intent)
{
	struct intent_entry *entry;

	*intent = (struct intent){ .host_dev = 1, .host_ino = 2, .undoes = 4, .part_of = 5 };
	entry = intent_add(intent, "log/own", PLAN_CUT);
	assert_non_null(entry);
	entry->has_mode = true;
	entry->mode = 0640;
	entry->has_base = true;
	entry->base_size = 7;
	entry->base_hash.bytes[3] = 9;
	entry->is_partial = true;
	entry->is_kept = true;
	entry->keeps_base = true;
	entry->append_offset = 11;
	entry->append_newline = true;
	entry->before = (struct intent_before){ .exists = true, .is_kept = true, .mode = 0644 };
	assert_non_null(intent_add(intent, "plans/a", PLAN_KEEP));
}

static void what_is_written_is_read_again(void **state)
{
	cleanup_intent struct intent intent = { 0 };
	cleanup_intent struct intent again = { 0 };
	const struct intent_entry *cut;
	const struct intent_entry *kept;

	(void)state;
	make_intent(&intent);
	assert_int_equal(intent_write(&intent, dir.fd, &seal), 0);
	assert_int_equal(intent_read(dir.fd, &seal, &again), 0);
	assert_int_equal(again.undoes, 4);
	assert_int_equal(again.part_of, 5);
	cut = &again.entries[0];
	kept = &again.entries[1];
	assert_int_equal(cut->action, PLAN_CUT);
	assert_true(cut->has_mode && cut->has_base && cut->is_partial && cut->is_kept);
	assert_true(cut->keeps_base);
	assert_int_equal(cut->mode, 0640);
	assert_int_equal(cut->base_size, 7);
	assert_int_equal(cut->base_hash.bytes[3], 9);
	assert_int_equal(cut->append_offset, 11);
	assert_true(cut->append_newline && cut->before.exists);
	assert_int_equal(cut->before.mode, 0644);
	assert_int_equal(kept->action, PLAN_KEEP);
	assert_false(kept->has_mode || kept->has_base || kept->is_partial || kept->is_kept ||
		     kept->keeps_base);
}

static const char *const wrong_values[] = { "null", "\"x\"", "-1", "1.5", "[]", "1234567890123456",
					    "true" };

/* Fields of an entry, and whether true, or a large number, is right for them. */
static const struct field {
	const char *key;
	bool is_flag;
	bool is_number;
	bool is_needed;
} fields[] = {
	{ "action", .is_needed = true },
	{ "before", .is_needed = true },
	{ "content_hash", .is_needed = true },
	{ "content_size", .is_number = true, .is_needed = true },
	{ "path", .is_needed = true },
	/* Of intents only. */
	{ "base_hash", .is_needed = true },
	{ "base_size", .is_number = true },
	{ "kept", .is_flag = true },
	{ "keeps_base", .is_flag = true },
	{ "mode" },
	{ "newline", .is_flag = true, .is_needed = true },
	{ "offset", .is_number = true, .is_needed = true },
	{ "partial", .is_flag = true },
};

#define BOTH 5 /* of them are in receipts too */

static bool is_right(const struct field *field, const char *value)
{
	if (strcmp(field->key, "path") == 0 && strcmp(value, "\"x\"") == 0)
		return true;
	/* (Numbers above INT64_MAX are negative in JSON.) */
	if (field->is_number)
		return strcmp(value, "-1") == 0 || strcmp(value, "1234567890123456") == 0;
	return field->is_flag && strcmp(value, "true") == 0;
}

typedef int read_fn(int receipt_fd, const struct receipt_seal *seal, struct intent *ret);

static void expect_refused(const json_t *document, const char *file, read_fn *read, const char *key,
			   const char *value)
{
	struct intent intent = { 0 };
	int r;

	assert_int_equal(json_replace_file_at(dir.fd, file, document, 0600), 0);
	r = read(dir.fd, NULL, &intent);
	if (r != -EBADMSG || intent.count != 0)
		fail_msg("%s with %s: %s: %d", file, key, value, r);
}

static size_t try_fields(json_t *document, const char *file, read_fn *read, size_t count)
{
	json_t *entry = json_array_get(json_object_get(document, "entries"), 0);
	size_t tried = 0;

	for (size_t i = 0; i < count; i++) {
		json_t *right = json_incref(json_object_get(entry, fields[i].key));

		if (!right)
			fail_msg("%s: no %s", file, fields[i].key);
		for (size_t k = 0; k < sizeof(wrong_values) / sizeof(wrong_values[0]); k++) {
			if (is_right(&fields[i], wrong_values[k]))
				continue;
			assert_int_equal(json_object_set_new(entry, fields[i].key,
							     json_loads(wrong_values[k],
									JSON_DECODE_ANY, NULL)),
					 0);
			expect_refused(document, file, read, fields[i].key, wrong_values[k]);
			tried++;
		}
		assert_int_equal(json_object_del(entry, fields[i].key), 0);
		if (fields[i].is_needed)
			expect_refused(document, file, read, fields[i].key, "(absent)");
		assert_int_equal(json_object_set_new(entry, fields[i].key, right), 0);
	}
	assert_int_equal(json_object_set_new(document, "entries", json_object()), 0);
	expect_refused(document, file, read, "entries", "{}");
	return tried;
}

static void an_intent_with_one_of_them_wrong_is_refused(void **state)
{
	cleanup_intent struct intent intent = { 0 };
	cleanup_json json_t *document = NULL;

	(void)state;
	make_intent(&intent);
	assert_int_equal(intent_write(&intent, dir.fd, &seal), 0);
	assert_int_equal(receipt_load(dir.fd, "intent", &seal, &document), 0);
	assert_true(try_fields(document, "intent.json", intent_read,
			       sizeof(fields) / sizeof(fields[0])) > 65);
}

static void a_receipt_with_one_of_them_wrong_is_not_undone(void **state)
{
	cleanup_intent struct intent intent = { 0 };
	cleanup_intent struct intent again = { 0 };
	cleanup_json json_t *document = NULL;

	(void)state;
	make_intent(&intent);
	assert_int_equal(intent_write_receipt(&intent, dir.fd, &seal), 0);
	assert_int_equal(intent_read_receipt(dir.fd, &seal, &again), 0);
	assert_int_equal(again.count, 2);
	assert_int_equal(again.entries[0].append_offset, 11);
	assert_true(again.entries[0].append_newline);
	assert_int_equal(receipt_load(dir.fd, "receipt", &seal, &document), 0);
	assert_true(try_fields(document, "receipt.json", intent_read_receipt, BOTH) > 20);
}

static void words_for_all_that_can_happen(void **state)
{
	(void)state;
	for (int i = 0; i <= PLAN_KEEP; i++)
		assert_string_not_equal(plan_action_name((enum plan_action)i), "unknown");
	assert_string_equal(plan_action_name((enum plan_action)(PLAN_KEEP + 1)), "unknown");
	for (int i = 0; i <= COMMIT_FAILED; i++)
		assert_string_not_equal(commit_status_name((enum commit_status)i), "unknown");
	assert_string_equal(commit_status_name((enum commit_status)(COMMIT_FAILED + 1)), "unknown");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(an_intent_with_one_of_them_wrong_is_refused),
		cmocka_unit_test(a_receipt_with_one_of_them_wrong_is_not_undone),
		cmocka_unit_test(words_for_all_that_can_happen),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

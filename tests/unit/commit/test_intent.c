/* SPDX-License-Identifier: MIT */
/* intent.json and the log of a commit, as damage or an attacker leaves them: each field absent, of
 * another type, or out of range; and both when memory or the disk gives out. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/commit/done_log.h"
#include "fs/review/receipt.h"
#include "tests/lib/fault_call.h"
#include "tests/unit/temp_dir.h"

#define ENTRIES 40u /* more than one growth of the list */

static struct temp_dir dir;

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

static const enum plan_action actions[] = {
	PLAN_MKDIR, PLAN_CREATE, PLAN_REPLACE, PLAN_APPEND, PLAN_DELETE, PLAN_RMDIR,
};

static const enum commit_status statuses[] = {
	COMMIT_APPLIED, COMMIT_CONFLICT, COMMIT_LAPSED,
	COMMIT_SKIPPED, COMMIT_DAMAGED,  COMMIT_FAILED,
};

static void fill_entry(struct intent_entry *entry, size_t i)
{
	entry->base = (struct change_base){
		.exists = i % 2 == 0,
		.is_directory = i % 3 == 0,
		.is_host_sampled = i % 5 == 0,
		.identity = { .dev = 1, .ino = i, .size = 3, .mtime_ns = 4, .ctime_ns = 5 },
	};
	entry->mtime_ns = 1000 + i;
	entry->any_base = i % 2 == 1;
	entry->object = i;
	entry->prefix = 7;
	entry->size = 70;
	entry->is_new = i % 3 == 1;
	entry->content_size = 63;
	entry->content_hash.bytes[0] = (unsigned char)i;
}

static int make_intent(struct intent *intent, size_t count)
{
	*intent = (struct intent){ .host_dev = 11, .host_ino = 12, .time_ns = 13 };
	for (size_t i = 0; i < count; i++) {
		char path[32];
		struct intent_entry *entry;

		(void)snprintf(path, sizeof(path), "plans/%zu.md", i);
		entry = intent_add(intent, path, actions[i % 6]);
		if (!entry)
			return -ENOMEM;
		fill_entry(entry, i);
	}
	return 0;
}

static void same_entry(const struct intent_entry *a, const struct intent_entry *b)
{
	assert_string_equal(a->path, b->path);
	assert_string_equal(a->temp, b->temp);
	assert_int_equal(a->action, b->action);
	assert_int_equal(a->base.exists, b->base.exists);
	assert_int_equal(a->base.is_directory, b->base.is_directory);
	assert_int_equal(a->base.is_host_sampled, b->base.is_host_sampled);
	assert_memory_equal(&a->base.identity, &b->base.identity, sizeof(a->base.identity));
	assert_int_equal(a->mtime_ns, b->mtime_ns);
	assert_int_equal(a->any_base, b->any_base);
	assert_int_equal(a->object, b->object);
	assert_int_equal(a->prefix, b->prefix);
	assert_int_equal(a->size, b->size);
	assert_int_equal(a->is_new, b->is_new);
	assert_int_equal(a->content_size, b->content_size);
	assert_memory_equal(&a->content_hash, &b->content_hash, sizeof(a->content_hash));
}

static const struct state_key state_key = { { 1 } };
static const struct receipt_seal seal = { &state_key, "session", 1 };

static void what_is_written_is_read_again(void **state)
{
	cleanup_intent struct intent intent = { 0 };
	cleanup_intent struct intent again = { 0 };

	(void)state;
	assert_int_equal(make_intent(&intent, ENTRIES), 0);
	assert_int_equal(intent_write(&intent, dir.fd, &seal), 0);
	assert_int_equal(intent_read(dir.fd, &seal, &again), 0);
	assert_int_equal(again.count, ENTRIES);
	assert_int_equal(again.host_dev, 11);
	assert_int_equal(again.host_ino, 12);
	assert_int_equal(again.time_ns, 13);
	for (size_t i = 0; i < ENTRIES; i++)
		same_entry(&intent.entries[i], &again.entries[i]);
}

static json_t *load(const char *name)
{
	json_t *json = NULL;

	assert_int_equal(receipt_load(dir.fd, name, &seal, &json), 0);
	return json;
}

/* What a field may be changed to; NULL: the field is removed. */
static const char *const wrong_values[] = {
	NULL, "null", "\"x\"", "-1", "1.5", "{}", "[]", "\"\"", "[{}]", "12345678901234567",
};

/* Called with the document after each change of one field of it; the field's key. */
typedef void try_fn(json_t *document, const char *key, const char *value);

static size_t changes; /* tried */

static void try_field(json_t *document, json_t *parent, const char *key, try_fn *try)
{
	json_t *right = json_incref(json_object_get(parent, key));

	for (size_t i = 0; i < sizeof(wrong_values) / sizeof(wrong_values[0]); i++) {
		json_t *wrong = wrong_values[i] ? json_loads(wrong_values[i], JSON_DECODE_ANY, NULL)
						: NULL;

		/* Of the same type it is another value, and not wrong by its form. (Numbers above
		 * INT64_MAX are negative in JSON.) */
		if (wrong && json_typeof(wrong) == json_typeof(right) &&
		    (!json_is_string(right) && strcmp(key, "mode") != 0)) {
			json_decref(wrong);
			continue;
		}
		if (wrong)
			assert_int_equal(json_object_set_new(parent, key, wrong), 0);
		else
			assert_int_equal(json_object_del(parent, key), 0);
		try(document, key, wrong_values[i] ? wrong_values[i] : "(absent)");
		changes++;
	}
	assert_int_equal(json_object_set_new(parent, key, right), 0);
}

static void try_each_field(json_t *document, json_t *node, try_fn *try)
{
	char keys[64][32];
	size_t count = 0;
	json_t *value;
	const char *key;
	size_t i;

	if (json_is_array(node)) {
		json_array_foreach (node, i, value)
			try_each_field(document, value, try);
		return;
	}
	if (!json_is_object(node))
		return;
	json_object_foreach (node, key, value) {
		assert_true(count < 64 && strlen(key) < sizeof(keys[0]));
		(void)snprintf(keys[count++], sizeof(keys[0]), "%s", key);
	}
	for (i = 0; i < count; i++) {
		try_each_field(document, json_object_get(node, keys[i]), try);
		try_field(document, node, keys[i], try);
	}
}

static void expect_bad_intent(json_t *document, const char *key, const char *value)
{
	cleanup_intent struct intent intent = { 0 };
	int r;

	assert_int_equal(json_replace_file_at(dir.fd, "intent.json", document, 0600), 0);
	r = intent_read(dir.fd, NULL, &intent);
	/* For people; the machine's is time_ns. And "x" is a path. */
	if (strcmp(key, "time") == 0 || (strcmp(key, "path") == 0 && strcmp(value, "\"x\"") == 0))
		return;
	if (r == 0)
		fail_msg("an intent with %s: %s was believed", key, value);
	assert_true(r == -EBADMSG || r == -EPROTONOSUPPORT);
	assert_int_equal(intent.count, 0);
}

/* Programs of version 2 know no "keeps_base": they must not take a session for one without. */
static void older_versions_are_read_and_newer_ones_are_not(void **state)
{
	static const int expected[] = { -EBADMSG, 0, 0, 0, -EPROTONOSUPPORT };
	cleanup_json json_t *document = NULL;
	cleanup_intent struct intent written = { 0 };

	(void)state;
	assert_int_equal(make_intent(&written, 1), 0);
	assert_int_equal(intent_write(&written, dir.fd, &seal), 0);
	document = load("intent");
	assert_int_equal(json_integer_value(json_object_get(document, "version")), 3);
	for (int version = 1; version < 5; version++) {
		cleanup_intent struct intent intent = { 0 };

		(void)json_object_set_new(document, "version", json_integer(version));
		assert_int_equal(json_replace_file_at(dir.fd, "intent.json", document, 0600), 0);
		assert_int_equal(intent_read(dir.fd, NULL, &intent), expected[version]);
	}
}

static void an_intent_with_any_field_wrong_is_refused(void **state)
{
	cleanup_intent struct intent intent = { 0 };
	cleanup_json json_t *document = NULL;

	(void)state;
	assert_int_equal(make_intent(&intent, 1), 0);
	assert_int_equal(intent_write(&intent, dir.fd, &seal), 0);
	document = load("intent");
	changes = 0;
	try_each_field(document, document, expect_bad_intent);
	print_message("%zu damaged intents\n", changes);
	assert_true(changes > 150);
}

static void refuse_temp(json_t *document, const char *temp)
{
	json_t *entry = json_array_get(json_object_get(document, "entries"), 0);

	assert_int_equal(json_object_set_new(entry, "temp", json_string(temp)), 0);
	expect_bad_intent(document, "temp", temp);
}

/* What it names is unlinked, and renamed over: only names of ours count. */
static void a_temporary_name_that_is_not_ours_is_refused(void **state)
{
	cleanup_intent struct intent intent = { 0 };
	cleanup_json json_t *document = NULL;

	(void)state;
	assert_int_equal(make_intent(&intent, 1), 0);
	assert_int_equal(intent_write(&intent, dir.fd, &seal), 0);
	document = load("intent");
	refuse_temp(document, "settings.json");
	refuse_temp(document, "../settings.json");
	refuse_temp(document, ".claudefs-0123456789abcdef0123456789abcdef.tmp2");
	refuse_temp(document, ".claudefs-0123456789abcdef0123456789abcdeX.tmp");
	refuse_temp(document, ".claudefs-0123456789abcdef0123456789abcdef.tmq");
	refuse_temp(document, "xclaudefs-0123456789abcdef0123456789abcdef.tmp");
	refuse_temp(document, ".claudefs-../../../../../../../../../../x.tmp");
}

/* An entry of every form, as a log line. */
static void fill_result(struct intent_entry *entry, size_t i)
{
	entry->status = statuses[i % 6];
	entry->before = (struct intent_before){
		.exists = i % 2 == 0,
		.is_directory = i % 4 == 2,
		.is_kept = i % 4 == 0,
		.mode = 0644,
		.size = 5,
		.mtime_ns = 6,
	};
	entry->after = (struct intent_after){ .exists = true, .identity = { .ino = i } };
	entry->has_started = i % 3 == 0;
	entry->append_offset = i;
	entry->append_newline = i % 2 == 0;
	if (entry->status != COMMIT_APPLIED)
		(void)snprintf(entry->reason, sizeof(entry->reason), "reason %zu", i);
}

static void what_is_logged_is_read_again(void **state)
{
	cleanup_intent struct intent intent = { 0 };
	cleanup_intent struct intent again = { 0 };
	cleanup_fd int fd = -1;
	cleanup_fd int fd_again = -1;

	(void)state;
	(void)unlinkat(dir.fd, "done", 0);
	assert_int_equal(make_intent(&intent, ENTRIES), 0);
	assert_int_equal(make_intent(&again, ENTRIES), 0);
	fd = done_log_open(dir.fd, &intent);
	assert_true(fd >= 0);
	for (size_t i = 0; i < ENTRIES; i++) {
		struct intent_entry *entry = &intent.entries[i];

		fill_result(entry, i);
		if (entry->before.is_kept)
			assert_int_equal(done_log_kept(fd, entry, i), 0);
		if (entry->has_started)
			assert_int_equal(done_log_start(fd, entry, i), 0);
		if (i % 7 != 0)
			assert_int_equal(done_log_done(fd, entry, i), 0);
	}
	fd_again = done_log_open(dir.fd, &again);
	assert_true(fd_again >= 0);
	for (size_t i = 0; i < ENTRIES; i++) {
		const struct intent_entry *a = &intent.entries[i];
		const struct intent_entry *b = &again.entries[i];

		assert_int_equal(b->is_done, i % 7 != 0);
		if (b->is_done) {
			assert_int_equal(b->status, a->status);
			assert_string_equal(b->reason, a->reason);
			assert_int_equal(b->before.exists, a->before.exists);
			assert_int_equal(b->after.identity.ino, i);
		}
		assert_int_equal(b->has_started, a->has_started);
		if (a->has_started) {
			assert_int_equal(b->append_offset, i);
			assert_int_equal(b->append_newline, a->append_newline);
		}
	}
}

static void put_log(const char *text)
{
	cleanup_fd int fd = openat(dir.fd, "done", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
}

static off_t log_size(void)
{
	struct stat st;

	assert_int_equal(fstatat(dir.fd, "done", &st, 0), 0);
	return st.st_size;
}

static const char good_line[] = "{\"kept\":1,\"before\":{\"exists\":false}}\n";

/* Behind other lines it is damage. As the last one it is what a power loss leaves, and is cut off.
 */
static void expect_bad_line(json_t *document, const char *key, const char *value)
{
	cleanup_intent struct intent intent = { 0 };
	cleanup_free char *line = json_dumps(document, JSON_COMPACT);
	char log[4096];
	int fd;

	assert_non_null(line);
	/* Optional: a reason, kept bytes. A log line without its first key is of no kind. */
	if ((strcmp(key, "reason") == 0 && *value != '"') || strcmp(key, "file") == 0 ||
	    strcmp(key, "newline") == 0)
		return;
	assert_int_equal(make_intent(&intent, 2), 0);
	(void)snprintf(log, sizeof(log), "%s\n%s", line, good_line);
	put_log(log);
	fd = done_log_open(dir.fd, &intent);
	if (fd >= 0 && strcmp(key, "reason") != 0)
		fail_msg("a log with %s: %s was believed", key, value);
	cleanup_close_fd(&fd);
	(void)snprintf(log, sizeof(log), "%s%s\n", good_line, line);
	put_log(log);
	fd = done_log_open(dir.fd, &intent);
	assert_true(fd >= 0);
	if (strcmp(key, "reason") != 0)
		assert_int_equal(log_size(), strlen(good_line));
	cleanup_close_fd(&fd);
}

static void a_log_with_any_field_wrong_is_refused(void **state)
{
	static const char *const lines[] = {
		"{\"kept\":0,\"before\":{\"exists\":true,\"is_directory\":false,\"mode\":1,"
		"\"size\":2,"
		"\"mtime_ns\":3,\"file\":\"pre-0\",\"hash\":\"00000000000000000000000000000000\"}}",
		"{\"start\":0,\"before\":{\"exists\":false},\"offset\":4,\"newline\":true}",
	};
	cleanup_intent struct intent intent = { 0 };
	cleanup_json json_t *done = NULL;

	(void)state;
	changes = 0;
	for (size_t i = 0; i < 2; i++) {
		cleanup_json json_t *json = json_loads(lines[i], 0, NULL);

		assert_non_null(json);
		try_each_field(json, json, expect_bad_line);
	}
	assert_int_equal(make_intent(&intent, 1), 0);
	fill_result(&intent.entries[0], 4);
	intent.entries[0].has_started = false;
	done = intent_result_to_json(&intent.entries[0], 0);
	assert_non_null(done);
	try_each_field(done, done, expect_bad_line);
	print_message("%zu damaged lines\n", changes);
	assert_true(changes > 150);
}

static void a_torn_line_is_cut_off(void **state)
{
	cleanup_intent struct intent intent = { 0 };
	cleanup_fd int fd = -1;
	char log[256];

	(void)state;
	assert_int_equal(make_intent(&intent, 2), 0);
	(void)snprintf(log, sizeof(log), "%s{\"kept\":0,", good_line);
	put_log(log);
	fd = done_log_open(dir.fd, &intent);
	assert_true(fd >= 0);
	assert_int_equal(log_size(), strlen(good_line));
}

static void a_log_of_entries_that_are_not_there_is_refused(void **state)
{
	cleanup_intent struct intent intent = { 0 };
	char log[256];

	(void)state;
	assert_int_equal(make_intent(&intent, 2), 0);
	(void)snprintf(log, sizeof(log), "{\"kept\":2,\"before\":{\"exists\":false}}\n%s",
		       good_line);
	put_log(log);
	assert_int_equal(done_log_open(dir.fd, &intent), -EBADMSG);
}

static void an_overlong_reason_is_refused(void **state)
{
	cleanup_intent struct intent intent = { 0 };
	cleanup_json json_t *json = NULL;
	char reason[300];

	(void)state;
	assert_int_equal(make_intent(&intent, 1), 0);
	fill_result(&intent.entries[0], 1);
	json = intent_result_to_json(&intent.entries[0], 0);
	memset(reason, 'x', sizeof(reason) - 1);
	reason[sizeof(reason) - 1] = '\0';
	assert_int_equal(json_object_set_new(json, "reason", json_string(reason)), 0);
	assert_int_equal(intent_result_from_json(json, &intent.entries[0]), -EBADMSG);
}

/* All that is done with an intent and its log, once through. */
static int write_and_read(void)
{
	cleanup_intent struct intent intent = { 0 };
	cleanup_intent struct intent again = { 0 };
	cleanup_fd int fd = -1;
	int r = make_intent(&intent, 3);

	if (r == 0)
		r = intent_write(&intent, dir.fd, &seal);
	if (r == 0)
		r = intent_read(dir.fd, &seal, &again);
	if (r < 0)
		return r;
	fd = done_log_open(dir.fd, &again);
	if (fd < 0)
		return fd;
	for (size_t i = 0; i < again.count && r == 0; i++) {
		fill_result(&again.entries[i], i * 2);
		r = done_log_kept(fd, &again.entries[i], i);
		if (r == 0)
			r = done_log_start(fd, &again.entries[i], i);
		if (r == 0)
			r = done_log_done(fd, &again.entries[i], i);
	}
	return r == 0 ? intent_write_receipt(&again, dir.fd, &seal) : r;
}

/* Each call fails once: an error is returned, and with the next try everything is whole. */
static void fail_each(enum fault_kind kind, int error)
{
	unsigned int nth = 0;
	bool has_hit = true;

	while (has_hit) {
		cleanup_intent struct intent intent = { 0 };
		cleanup_fd int fd = -1;
		int r;

		(void)unlinkat(dir.fd, "done", 0);
		fault_arm(kind, ++nth, error, false);
		r = write_and_read();
		has_hit = fault_disarm();
		if (!has_hit)
			assert_int_equal(r, 0);
		assert_true(r <= 0);
		/* What is in the log is whole lines. */
		assert_int_equal(make_intent(&intent, 3), 0);
		fd = done_log_open(dir.fd, &intent);
		assert_true(fd >= 0);
	}
	print_message("%u calls failed\n", nth - 1);
	assert_true(nth > 20);
}

static void failing_calls_leave_no_half_line(void **state)
{
	(void)state;
	fail_each(FAULT_MEMORY, ENOMEM);
	fail_each(FAULT_FILES, EIO);
	fail_each(FAULT_FILES, ENOSPC);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_written_is_read_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(older_versions_are_read_and_newer_ones_are_not,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_intent_with_any_field_wrong_is_refused, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_temporary_name_that_is_not_ours_is_refused,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_logged_is_read_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_log_with_any_field_wrong_is_refused, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_torn_line_is_cut_off, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_log_of_entries_that_are_not_there_is_refused,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_overlong_reason_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(failing_calls_leave_no_half_line, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

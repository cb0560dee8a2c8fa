/* SPDX-License-Identifier: MIT */
/* Journals that verify and lie all the same: each is stopped at the record that cannot follow. */
#include "tests/unit/cmocka_setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/session_fixture.h"

#define PATH   JOURNAL_HAS_PATH
#define TO     JOURNAL_HAS_TO
#define OBJECT JOURNAL_HAS_OBJECT
#define MODE   JOURNAL_HAS_MODE
#define SIZE   JOURNAL_HAS_SIZE
#define PREFIX JOURNAL_HAS_PREFIX
#define OFFSET JOURNAL_HAS_OFFSET

#define CREATE(number, name)                                                             \
	{                                                                                \
		.type = JOURNAL_CREATE, .has = OBJECT | MODE | PATH, .object = (number), \
		.path = (name), .mode = 0600                                             \
	}
#define MKDIR(name)                                                                     \
	{                                                                               \
		.type = JOURNAL_MKDIR, .has = MODE | PATH, .path = (name), .mode = 0700 \
	}
#define UNLINK(name)                                                \
	{                                                           \
		.type = JOURNAL_UNLINK, .has = PATH, .path = (name) \
	}
#define RMDIR(name)                                                \
	{                                                          \
		.type = JOURNAL_RMDIR, .has = PATH, .path = (name) \
	}
#define RENAME(from, name)                                                             \
	{                                                                              \
		.type = JOURNAL_RENAME, .has = PATH | TO, .path = (from), .to = (name) \
	}
#define BASE_OF(name, kind)                                                                   \
	{                                                                                     \
		.type = JOURNAL_BASE,                                                         \
		.has = PATH | SIZE | JOURNAL_HAS_IDENTITY | JOURNAL_HAS_HASH, .path = (name), \
		.identity = { .mode = (kind) | 0600, .size = 4 }, .size = 4                   \
	}
#define COPY_UP(number, name, from_host)                                                           \
	{                                                                                          \
		.type = JOURNAL_COPY_UP, .has = OBJECT | MODE | PATH | PREFIX | SIZE,              \
		.object = (number), .path = (name), .mode = 0600, .prefix = (from_host), .size = 4 \
	}
#define COPY_UP_DIR(name)                                                                 \
	{                                                                                 \
		.type = JOURNAL_COPY_UP, .has = MODE | PATH, .path = (name), .mode = 0700 \
	}

/* The last record of each must be refused, the ones before it taken. */
static const struct {
	const char *title;
	struct journal_record records[6];
} lies[] = {
	{ "an object is used twice", { CREATE(1, "a"), CREATE(1, "b") } },
	{ "a name is created twice", { CREATE(1, "a"), CREATE(2, "a") } },
	{ "a directory is made over a file", { CREATE(1, "a"), MKDIR("a") } },
	{ "a file is used as a directory", { CREATE(1, "a"), CREATE(2, "a/b") } },
	{ "a name is removed that is not there", { UNLINK("a") } },
	{ "a name is removed twice", { CREATE(1, "a"), UNLINK("a"), UNLINK("a") } },
	{ "a host's name is removed twice", { BASE_OF("a", S_IFREG), UNLINK("a"), UNLINK("a") } },
	{ "a directory is unlinked", { MKDIR("a"), UNLINK("a") } },
	{ "a file is removed as a directory", { CREATE(1, "a"), RMDIR("a") } },
	{ "a full directory is removed", { MKDIR("a"), CREATE(1, "a/b"), RMDIR("a") } },
	{ "a missing name is renamed", { RENAME("a", "b") } },
	{ "a host's file is renamed without a copy", { BASE_OF("a", S_IFREG), RENAME("a", "b") } },
	{ "a directory is moved into itself", { MKDIR("a"), MKDIR("a/b"), RENAME("a", "a/b/c") } },
	{ "a file replaces a directory", { CREATE(1, "a"), MKDIR("b"), RENAME("a", "b") } },
	{ "a directory replaces a full one",
	  { MKDIR("a"), MKDIR("b"), CREATE(1, "b/c"), RENAME("a", "b") } },
	{ "a name has two bases", { BASE_OF("a", S_IFREG), BASE_OF("a", S_IFREG) } },
	{ "a copy without a base", { COPY_UP(1, "a", 0) } },
	{ "a copy of what is gone", { BASE_OF("a", S_IFREG), UNLINK("a"), COPY_UP(1, "a", 0) } },
	{ "a directory is copied as a file", { BASE_OF("a", S_IFDIR), COPY_UP(1, "a", 0) } },
	{ "a prefix longer than the file", { BASE_OF("a", S_IFREG), COPY_UP(1, "a", 5) } },
	{ "a name in a directory that was removed",
	  { BASE_OF("a", S_IFDIR), RMDIR("a"), CREATE(1, "a/b") } },
	{ "a directory is moved before what is in it was copied",
	  { BASE_OF("a", S_IFDIR), COPY_UP_DIR("a"), CREATE(1, "a/b/c"), RENAME("a", "d") } },
	{ "a write to no object",
	  { { .type = JOURNAL_WRITE, .has = OBJECT | OFFSET | SIZE, .object = 9, .size = 1 } } },
	{ "a write beyond any file",
	  { CREATE(1, "a"),
	    { .type = JOURNAL_WRITE,
	      .has = OBJECT | OFFSET | SIZE,
	      .object = 1,
	      .offset = INT64_MAX,
	      .size = 1 } } },
	{ "a cut prefix",
	  { BASE_OF("a", S_IFREG),
	    COPY_UP(1, "a", 4),
	    { .type = JOURNAL_TRUNCATE, .has = OBJECT | SIZE, .object = 1, .size = 3 } } },
	{ "a second name for an object",
	  { CREATE(1, "a"),
	    { .type = JOURNAL_LINK, .has = OBJECT | PATH, .object = 1, .path = "b" } } },
	{ "the root is renamed", { RENAME("", "a") } },
	{ "the root is removed", { RMDIR("") } },
};

static void records_that_cannot_follow_are_damage_with_an_offset(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct journal_record later = CREATE(99, "later");
		struct fixture f;
		struct replay *replay = NULL;
		const char *reason = NULL;
		uint64_t offset = 0;
		uint64_t count = 1; /* SESSION */

		fixture_make(&f);
		for (size_t k = 0; k < 6 && lies[i].records[k].type != 0; k++) {
			struct journal_record record = lies[i].records[k];

			if (k > 0)
				count++;
			fixture_record(&f, &record);
		}
		fixture_record(&f, &later);
		assert_int_equal(replay_new(f.session_fd, f.manifest.id, &replay), 0);
		if (replay_state(replay, &reason, &offset) != JOURNAL_DAMAGED ||
		    replay_record_count(replay) != count)
			fail_msg("%s: state %d, %llu records", lies[i].title,
				 replay_state(replay, NULL, NULL),
				 (unsigned long long)replay_record_count(replay));
		assert_non_null(reason);
		assert_true(offset > 0);
		replay_free(replay);
		fixture_done(&f);
	}
}

static int count_entries(const struct replay_entry *entry, void *arg)
{
	assert_non_null(entry->path);
	++*(size_t *)arg;
	return 0;
}

static void moved_tree_keeps_its_objects(void **state)
{
	struct fixture f;
	struct replay *replay = NULL;
	struct replay_entry entry;
	size_t count = 0;

	(void)state;
	fixture_make(&f);
	fixture_mkdir(&f, "a");
	fixture_mkdir(&f, "a/b");
	fixture_create(&f, "a/b/c", "x");
	fixture_create(&f, "a/d", "y");
	fixture_rename(&f, "a", "z");
	fixture_rename(&f, "z/b", "q");
	fixture_unlink(&f, "z/d");
	fixture_end(&f);
	assert_int_equal(replay_new(f.session_fd, f.manifest.id, &replay), 0);
	assert_int_equal(replay_state(replay, NULL, NULL), JOURNAL_COMPLETE);
	assert_true(replay_find_entry(replay, "q/c", &entry));
	assert_int_equal(entry.object->number, 1);
	assert_false(replay_find_entry(replay, "a", &entry));
	assert_false(replay_find_entry(replay, "z/d", &entry));
	assert_int_equal(replay_each_entry(replay, count_entries, &count), 0);
	assert_int_equal(count, 3); /* z q q/c */
	replay_free(replay);
	fixture_done(&f);
}

static void many_names_replay_in_bounded_time(void **state)
{
	struct fixture f;
	struct replay *replay = NULL;
	size_t count = 0;

	(void)state;
	fixture_make(&f);
	fixture_mkdir(&f, "d");
	for (uint64_t i = 1; i <= 20000; i++) {
		char path[32];
		struct journal_record record = CREATE(i, path);

		(void)snprintf(path, sizeof(path), "d/%llu", (unsigned long long)i);
		fixture_record(&f, &record);
	}
	for (unsigned int i = 0; i < 2000; i++)
		fixture_rename(&f, i % 2 ? "e" : "d", i % 2 ? "d" : "e");
	assert_int_equal(replay_new(f.session_fd, f.manifest.id, &replay), 0);
	assert_int_equal(replay_state(replay, NULL, NULL), JOURNAL_OPEN);
	assert_int_equal(replay_each_entry(replay, count_entries, &count), 0);
	assert_int_equal(count, 20001);
	replay_free(replay);
	fixture_done(&f);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(many_names_replay_in_bounded_time),
	cmocka_unit_test(moved_tree_keeps_its_objects),
	cmocka_unit_test(records_that_cannot_follow_are_damage_with_an_offset),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}

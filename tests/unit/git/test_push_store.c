/* SPDX-License-Identifier: MIT */
/* What became of a push is kept with it: whose doing, when, and why. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "tests/unit/cmocka_setup.h"
#include "tests/unit/temp_dir.h"

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/git/push_store.h"

#define SESSION "20260101T000000.000Z-00000001"

static void write_and_read(const struct push_store *store, struct push_entry *entry,
			   struct push_entry *ret)
{
	entry->number = 1;
	entry->remote = strdup("origin");
	entry->target = strdup("/srv/r.git");
	assert_int_equal(push_entry_write(store, entry), 0);
	assert_int_equal(push_entry_read(store, 1, ret), 0);
}

static struct temp_dir dir;

static void open_store(struct push_store *ret)
{
	assert_int_equal(temp_dir_make(&dir), 0);
	assert_int_equal(push_store_open(dir.path, SESSION, true, ret), 0);
}

static void events_come_back_in_order_with_actor_and_reason(void **state)
{
	cleanup_push_store struct push_store store = PUSH_STORE_NONE;
	cleanup_push_entry struct push_entry entry = { 0 };
	cleanup_push_entry struct push_entry read = { 0 };

	(void)state;
	open_store(&store);
	assert_int_equal(push_entry_turn(&entry, PUSH_HELD, PUSH_BY_RULES, NULL), 0);
	assert_int_equal(push_entry_turn(&entry, PUSH_APPROVED, PUSH_BY_PERSON, NULL), 0);
	assert_int_equal(push_entry_turn(&entry, PUSH_APPROVED, PUSH_BY_PERSON, "no answer"), 0);
	/* Its own reason again. */
	assert_int_equal(push_entry_turn(&entry, entry.state, PUSH_BY_LAUNCH, entry.reason), 0);
	write_and_read(&store, &entry, &read);
	assert_int_equal(read.state, PUSH_APPROVED);
	assert_int_equal(read.event_count, 4);
	assert_int_equal(read.events[0].state, PUSH_HELD);
	assert_int_equal(read.events[0].by, PUSH_BY_RULES);
	assert_null(read.events[0].reason);
	assert_int_equal(read.events[1].by, PUSH_BY_PERSON);
	assert_true(read.events[1].time_ns >= read.events[0].time_ns);
	assert_string_equal(read.events[2].reason, "no answer");
	assert_string_equal(read.events[3].reason, "no answer");
	assert_string_equal(read.reason, "no answer");
	temp_dir_remove(&dir);
}

static void of_many_events_the_first_and_the_last_stay(void **state)
{
	cleanup_push_store struct push_store store = PUSH_STORE_NONE;
	cleanup_push_entry struct push_entry entry = { 0 };
	cleanup_push_entry struct push_entry read = { 0 };

	(void)state;
	open_store(&store);
	assert_int_equal(push_entry_turn(&entry, PUSH_HELD, PUSH_BY_RULES, NULL), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(push_entry_turn(&entry, PUSH_APPROVED, PUSH_BY_PERSON, "again"),
				 0);
	assert_int_equal(push_entry_turn(&entry, PUSH_PUSHED, PUSH_BY_PERSON, NULL), 0);
	write_and_read(&store, &entry, &read);
	assert_int_equal(read.event_count, PUSH_EVENTS_MAX);
	assert_int_equal(read.events[0].state, PUSH_HELD);
	assert_int_equal(read.events[PUSH_EVENTS_MAX - 1].state, PUSH_PUSHED);
	assert_null(read.reason);
	temp_dir_remove(&dir);
}

static int read_text(const struct push_store *store, const char *json)
{
	cleanup_push_entry struct push_entry read = { 0 };
	cleanup_fd int fd =
		openat(store->fd, "1.json", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, json, strlen(json)), 0);
	return push_entry_read(store, 1, &read);
}

#define ENTRY(events)                                                                     \
	"{\"version\":1,\"state\":\"held\",\"time_ns\":1,\"remote\":\"o\",\"target\":\"/" \
	"r\"" events "}"

static void unknown_words_are_refused_and_older_entries_have_no_events(void **state)
{
	cleanup_push_store struct push_store store = PUSH_STORE_NONE;

	(void)state;
	open_store(&store);
	assert_int_equal(read_text(&store, ENTRY("")), 0);
	assert_int_equal(read_text(&store, ENTRY(",\"events\":[{\"time_ns\":1,\"state\":\"held\","
						 "\"by\":\"rules\"}]")),
			 0);
	assert_int_equal(read_text(&store, ENTRY(",\"events\":[{\"time_ns\":1,\"state\":\"held\","
						 "\"by\":\"agent\"}]")),
			 -EBADMSG);
	assert_int_equal(read_text(&store, ENTRY(",\"events\":[{\"time_ns\":1,\"state\":\"x\","
						 "\"by\":\"rules\"}]")),
			 -EBADMSG);
	temp_dir_remove(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_come_back_in_order_with_actor_and_reason),
		cmocka_unit_test(of_many_events_the_first_and_the_last_stay),
		cmocka_unit_test(unknown_words_are_refused_and_older_entries_have_no_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

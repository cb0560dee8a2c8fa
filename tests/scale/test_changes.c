/* SPDX-License-Identifier: MIT */
/* What review and commit cost after a session that did a lot: made many files, saved one file many
 * times, wrote a long journal. Memory may grow with the names that there are at the end, never
 * with how often they were written.
 *
 *	test_changes CLAUDEFS_MOUNT MANIFEST_OF_TREE CLAUDEFS */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/journal/content_store.h"
#include "fs/journal/writer.h"
#include "tests/lib/form.h"
#include "tests/mount/fixture.h"
#include "tests/scale/measure.h"
#include "tests/scale/state.h"

#define KIB             1024u
#define INODES          200000u    /* a session's quota */
#define RECEIPT_ENTRIES 1000u      /* PREPARE_ENTRIES_MAX of the commit */
#define MEMORY_BASE     (16 * KIB) /* KiB, whatever the session did */
#define MEMORY_EVERY    3u         /* KiB for a name that is there at the end */
#define MEMORY_JSON     8u         /* KiB for a change in one JSON document */

static char *claudefs;

static struct cost run_claudefs(const char *command, const char *first, const char *second)
{
	const char *argv[] = { claudefs, command, "--session", fixture.session_id,
			       first,    second,  NULL };
	struct cost cost = measure_run(argv, NULL);

	measure_print(command, &cost);
	return cost;
}

static void start_session(void)
{
	assert_int_equal(fixture_new_session(), 0);
	assert_int_equal(fixture_mount(), 0);
}

static void end_session(void)
{
	int status = fixture_stop(SIGTERM);

	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Returns 0 or the errno. */
static int make_file(const char *name)
{
	cleanup_fd int fd = -1;

	fd = open(in_view("%s/memory/%s", fixture.own, name),
		  O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	return -fd_write_all(fd, "- remember\n", 11);
}

static size_t make_many(void)
{
	size_t made = 0;

	for (; made < scale_of_run()->made; made++) {
		char name[32];
		int r;

		(void)snprintf(name, sizeof(name), "%zu.md", made);
		r = make_file(name);
		if (r == ENOSPC)
			break;
		assert_int_equal(r, 0);
	}
	return made;
}

static size_t count_receipts(void)
{
	cleanup_dir DIR *dir = NULL;
	size_t count = 0;
	int fd = openat(fixture.session_fd, "receipts", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	dir = fdopendir(fd);
	assert_non_null(dir);
	for (const struct dirent *item; (item = readdir(dir)) != NULL;)
		count += item->d_name[0] != '.';
	return count;
}

static void many_new_files_cost_memory_by_the_file(void **state)
{
	double start = measure_clock();
	size_t made;
	struct cost cost;

	(void)state;
	start_session();
	made = make_many();
	assert_true(made == (scale_of_run()->made < INODES ? scale_of_run()->made : INODES));
	cost = measure_process(fixture.daemon);
	cost.seconds = measure_clock() - start;
	print_message("# %zu files\n", made);
	measure_print("make them", &cost);
	assert_true(cost.memory <= MEMORY_BASE + MEMORY_EVERY * made);
	assert_true(cost.descriptors < 64);
	end_session();
	cost = run_claudefs("status", NULL, NULL);
	assert_int_equal(cost.status, 0);
	assert_true(cost.memory <= MEMORY_BASE + MEMORY_EVERY * made);
	cost = run_claudefs("status", "--json", NULL);
	assert_int_equal(cost.status, 0);
	assert_true(cost.memory <= MEMORY_BASE + MEMORY_JSON * made);
	cost = run_claudefs("log", "--json", NULL);
	assert_int_equal(cost.status, 0);
	assert_true(cost.memory <= MEMORY_BASE + MEMORY_EVERY * made);
	/* Each file takes several syncs: hours of them show nothing more than a second does. */
	if (form_is_long()) {
		cost = run_claudefs("commit", "--all", "-n");
		assert_int_equal(cost.status, 0);
		return;
	}
	cost = run_claudefs("commit", "--all", "--json");
	assert_int_equal(cost.status, 0);
	assert_true(cost.memory <= MEMORY_BASE + MEMORY_EVERY * made);
	assert_int_equal(count_receipts(), (made + RECEIPT_ENTRIES - 1) / RECEIPT_ENTRIES);
	cost = run_claudefs("status", "--json", NULL);
	assert_int_equal(cost.status, 0);
}

/* Each save is a new object, of which only the last stays: the daemon forgets the others, the
 * review knows them by a few numbers. */
static void many_saves_of_one_file_cost_little_memory(void **state)
{
	const size_t saves = scale_of_run()->records / 10;
	double start = measure_clock();
	char path[1200];
	char temp[1300];
	struct cost before;
	struct cost cost;

	(void)state;
	start_session();
	before = measure_process(fixture.daemon);
	(void)snprintf(path, sizeof(path), "%s/memory/saved.md", in_view("%s", fixture.own));
	for (size_t i = 0; i < saves; i++) {
		(void)snprintf(temp, sizeof(temp), "%s.tmp.%zu", path, i);
		put_file(temp, "- remember\n");
		assert_ok(rename(temp, path));
	}
	cost = measure_process(fixture.daemon);
	cost.seconds = measure_clock() - start;
	measure_print("save one file again and again", &cost);
	assert_true(cost.memory <= before.memory + 4 * KIB);
	end_session();
	cost = run_claudefs("status", "--json", NULL);
	assert_int_equal(cost.status, 0);
	assert_true(cost.memory <= MEMORY_BASE + saves / 4);
	cost = run_claudefs("log", "--json", NULL);
	assert_int_equal(cost.status, 0);
	assert_true(cost.memory <= MEMORY_BASE + saves / 4);
}

/* Without a mount, since the journal is what counts. */
static void write_long_journal(size_t records)
{
	cleanup_content_store struct content_store *store = NULL;
	struct journal_writer *writer = NULL;
	struct journal_record record = {
		.type = JOURNAL_CREATE,
		.has = JOURNAL_HAS_PATH | JOURNAL_HAS_OBJECT | JOURNAL_HAS_MODE,
		.path = "plans/long.md",
		.mode = 0600,
	};
	int fd = -1;

	assert_int_equal(content_store_open(fixture.session_fd, 1, &store), 0);
	assert_int_equal(journal_writer_create(fixture.session_fd, fixture.session_id, &writer), 0);
	assert_int_equal(content_store_create(store, &record.object, &fd), 0);
	assert_ok(close(fd));
	assert_int_equal(journal_append(writer, &record), 0);
	record.type = JOURNAL_SET_ATTR;
	record.has = JOURNAL_HAS_PATH | JOURNAL_HAS_MTIME;
	for (size_t i = 0; i < records; i++) {
		record.mtime_ns = i;
		assert_int_equal(journal_append(writer, &record), 0);
	}
	assert_int_equal(journal_writer_close(writer), 0);
}

static void a_long_journal_costs_no_memory(void **state)
{
	static const char *const commands[] = { "status", "log", "verify" };
	struct cost cost;

	(void)state;
	assert_int_equal(fixture_new_session(), 0);
	write_long_journal(scale_of_run()->records);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		cost = run_claudefs(commands[i], "--json", NULL);
		assert_int_equal(cost.status, 0);
		assert_true(cost.memory <= MEMORY_BASE);
	}
	cost = run_claudefs("commit", "--all", "--json");
	assert_int_equal(cost.status, 0);
	assert_true(cost.memory <= MEMORY_BASE);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest changes[] = {
		cmocka_unit_test(many_new_files_cost_memory_by_the_file),
		cmocka_unit_test(many_saves_of_one_file_cost_little_memory),
		cmocka_unit_test(a_long_journal_costs_no_memory),
	};
	int r;

	if (argc < 4)
		return 2;
	claudefs = measure_program(argv[3]);
	argv[3] = NULL;
	r = fixture_make(3, argv);
	if (r != 0)
		return r;
	r = cmocka_run_group_tests(changes, NULL, NULL);
	fixture_remove();
	free(claudefs);
	return r;
}

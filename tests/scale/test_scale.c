/* SPDX-License-Identifier: MIT */
/* What a session costs when the host state is large: nothing that grows with it. Bounds are on
 * memory, descriptors and bytes moved; times are printed, not judged.
 *
 *	test_scale CLAUDEFS_MOUNT MANIFEST_OF_TREE CLAUDEFS */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "tests/lib/form.h"
#include "tests/mount/fixture.h"
#include "tests/scale/measure.h"
#include "tests/scale/state.h"

#define KIB         1024u
#define MIB         (1024u * 1024u)
#define DESCRIPTORS 1024u
#define PATH_SIZE   1200u
#define APPENDED    100u /* lines added to the transcript */

static char *claudefs;
static struct cost started;

static const char *transcript_in(char buf[PATH_SIZE], const char *base)
{
	(void)snprintf(buf, PATH_SIZE, "%s/%s/" FIXTURE_SESSION_UUID ".jsonl", base, fixture.own);
	return buf;
}

static off_t size_of(const char *path)
{
	struct stat st;

	assert_ok(stat(path, &st));
	return st.st_size;
}

static struct cost run_claudefs(const char *command, const char *option, const char *output)
{
	const char *argv[] = { claudefs, command, "--session", fixture.session_id, option, NULL };

	return measure_run(argv, output);
}

/* Whatever it does, the host state's size must not show in it. */
static void assert_is_small(const struct cost *cost, uint64_t bytes, uint64_t memory_kib)
{
	assert_true(cost->read <= bytes);
	assert_true(cost->written <= bytes);
	assert_true(cost->memory <= memory_kib);
}

static void a_start_reads_nothing_of_the_state(void **state)
{
	(void)state;
	measure_print("start", &started);
	assert_is_small(&started, MIB, 16 * KIB);
	assert_true(started.calls < 1000);
}

static size_t walked;

static int visit(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)at;
	walked++;
	if (type == FTW_F) {
		cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
		char byte;

		if (fd < 0 || read(fd, &byte, 1) != (st->st_size > 0))
			return -1;
	}
	return type == FTW_F || type == FTW_D ? 0 : -1;
}

/* The daemon has the hard limit of this process. */
static void a_walk_leaves_no_descriptors_behind(void **state)
{
	struct cost before = measure_process(fixture.daemon);
	struct cost after;
	struct cost cost;
	double start = measure_clock();

	(void)state;
	walked = 0;
	assert_int_equal(nftw(in_view("plugins"), visit, 16, FTW_PHYS), 0);
	assert_int_equal(walked, state_walk_count());
	after = measure_process(fixture.daemon);
	cost = measure_since(&before, &after);
	cost.seconds = measure_clock() - start;
	measure_print("walk, reading a byte of each file", &cost);
	assert_true(after.descriptors <= before.descriptors + 8);
	/* A node and an entry for each inode that the kernel remembers. */
	assert_true(after.now <= before.now + walked + 8 * KIB);
}

/* Only root may ask the kernel to forget; elsewhere the unit test of the view counts the nodes. */
static void what_the_kernel_forgets_is_freed(void **state)
{
	struct cost before = measure_process(fixture.daemon);
	cleanup_fd int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
	struct cost after;

	(void)state;
	if (!form_is_long() || fd < 0 || write(fd, "2", 1) != 1)
		skip();
	after = measure_process(fixture.daemon);
	for (int i = 0; i < 100 && after.now > before.now / 2; i++) {
		(void)usleep(20000);
		after = measure_process(fixture.daemon);
	}
	measure_print("after dropping the kernel's caches", &after);
	assert_true(after.now < before.now);
}

static void a_crowded_directory_lists_all_of_its_files(void **state)
{
	cleanup_dir DIR *dir = NULL;
	double start = measure_clock();
	size_t count = 0;

	(void)state;
	dir = opendir(in_view("plugins/crowd"));
	assert_non_null(dir);
	while (readdir(dir))
		count++;
	assert_int_equal(count, scale_of_run()->crowd + 2);
	print_message("# %zu names listed in %.3f s\n", count, measure_clock() - start);
}

/* As Claude does: open, append a line, close. */
static void continuing_costs_what_is_appended(void **state)
{
	struct cost before = measure_process(fixture.daemon);
	double start = measure_clock();
	struct cost after;
	struct cost cost;
	char path[PATH_SIZE];
	off_t size = size_of(transcript_in(path, fixture.view));
	char line[512];
	int n;

	(void)state;
	for (unsigned int i = 0; i < APPENDED; i++) {
		cleanup_fd int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

		assert_true(fd >= 0);
		n = snprintf(line, sizeof(line),
			     "{\"type\":\"user\",\"uuid\":\"new-%03u\",\"cwd\":\"%s\"}\n", i,
			     fixture.project);
		assert_int_equal(fd_write_all(fd, line, (size_t)n), 0);
		size += n;
	}
	assert_int_equal(size_of(path), size);
	after = measure_process(fixture.daemon);
	cost = measure_since(&before, &after);
	cost.seconds = measure_clock() - start;
	measure_print("continue the transcript, 100 appends", &cost);
	assert_is_small(&cost, 4 * MIB, before.memory + 4 * KIB);
}

static void end_session(void)
{
	double start = measure_clock();
	int status = fixture_stop(SIGTERM);

	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	print_message("# %-44s %8.3f s\n", "end", measure_clock() - start);
}

static void a_review_does_not_read_what_was_continued(void **state)
{
	static const char *const commands[] = { "status", "log", "diff" };

	(void)state;
	end_session();
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		struct cost cost = run_claudefs(commands[i], "--json", NULL);

		measure_print(commands[i], &cost);
		assert_int_equal(cost.status, 0);
		assert_is_small(&cost, 8 * MIB, 16 * KIB);
	}
}

static void a_commit_costs_what_was_appended(void **state)
{
	struct cost cost;
	char path[PATH_SIZE];
	char claude[128];
	off_t before;

	(void)state;
	(void)snprintf(claude, sizeof(claude), "%s/.claude", fixture.home);
	before = size_of(transcript_in(path, claude));
	cost = run_claudefs("commit", "--json", NULL);
	measure_print("commit", &cost);
	assert_int_equal(cost.status, 0);
	assert_true(size_of(path) > before);
	assert_true(size_of(path) < before + (off_t)(APPENDED * 512));
	assert_is_small(&cost, 16 * MIB, 16 * KIB);
	cost = run_claudefs("status", "--json", NULL);
	measure_print("status afterwards", &cost);
	assert_int_equal(cost.status, 0);
	assert_is_small(&cost, 8 * MIB, 16 * KIB);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest scale[] = {
		cmocka_unit_test(a_start_reads_nothing_of_the_state),
		cmocka_unit_test(a_walk_leaves_no_descriptors_behind),
		cmocka_unit_test(a_crowded_directory_lists_all_of_its_files),
		cmocka_unit_test(what_the_kernel_forgets_is_freed),
		cmocka_unit_test(continuing_costs_what_is_appended),
		cmocka_unit_test(a_review_does_not_read_what_was_continued),
		cmocka_unit_test(a_commit_costs_what_was_appended),
	};
	const struct rlimit limit = { DESCRIPTORS, DESCRIPTORS };
	double start;
	int r;

	if (argc < 4)
		return 2;
	claudefs = measure_program(argv[3]);
	argv[3] = NULL;
	r = fixture_make(3, argv);
	if (r != 0)
		return r;
	state_fill(in_home(".claude"), fixture.own);
	assert_ok(setrlimit(RLIMIT_NOFILE, &limit));
	start = measure_clock();
	if (fixture_new_session() < 0 || fixture_mount() != 0) {
		fixture_remove();
		return 2;
	}
	started = measure_process(fixture.daemon);
	started.seconds = measure_clock() - start;
	r = cmocka_run_group_tests(scale, NULL, NULL);
	fixture_remove();
	free(claudefs);
	return r;
}

/* SPDX-License-Identifier: MIT */
/* A commit that is killed, at every one of its system calls and at random instants: what is on the
 * host then is old or new, and the next commit brings the rest, each appended line exactly once.
 *
 * Between two calls of which the first cannot change a file, the files are the same: the suite
 * kills once for both, CLAUDEFS_TEST_LONG at each. */
#include "tests/unit/cmocka_setup.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/clock.h"
#include "fs/base/fd.h"
#include "tests/crash/scene.h"
#include "tests/lib/form.h"
#include "tests/lib/stuck.h"
#include "tests/lib/trace_calls.h"

#define POINTS_MAX 65536u

/* The calls at whose entry to kill. */
struct points {
	uint64_t n[POINTS_MAX];
	size_t count;
	bool has_changed; /* the call before */
	uint64_t kill_at;
};

static struct points commit_points;
static struct points recovery_points;

static int note_point(const struct traced_call *call, void *arg)
{
	struct points *points = arg;

	if ((points->has_changed || form_is_long()) && points->count < POINTS_MAX)
		points->n[points->count++] = call->n;
	points->has_changed = trace_may_change_files(call);
	return TRACE_GO;
}

static int kill_at_point(const struct traced_call *call, void *arg)
{
	const uint64_t *n = arg;

	return call->n == *n ? TRACE_KILL : TRACE_GO;
}

/* Commits, noting the points. Returns the number of its calls; 0: no ptrace here. */
static uint64_t find_points(struct scene *scene, struct points *points)
{
	struct trace trace = { .on_entry = note_point, .arg = points };
	int r;

	points->count = 0;
	points->has_changed = true;
	r = trace_child(&trace, commit_all, scene);
	if (r == TRACE_IMPOSSIBLE)
		return 0;
	assert_int_equal(r, 0);
	assert_true(WIFEXITED(trace.status));
	assert_int_equal(WEXITSTATUS(trace.status), 0);
	assert_true(points->count > 0 && points->count < POINTS_MAX);
	return trace.count;
}

static void kill_commit(struct scene *scene, uint64_t n)
{
	struct trace trace = { .on_entry = kill_at_point, .arg = &n };

	assert_int_equal(trace_child(&trace, commit_all, scene), 0);
}

static void killed_at_every_call_it_is_finished_by_the_next(void **state)
{
	struct scene scene;
	uint64_t total;

	(void)state;
	make_scene(&scene);
	total = find_points(&scene, &commit_points);
	end_scene(&scene);
	if (total == 0)
		skip();
	for (size_t i = 0; i < commit_points.count; i += form_of(5, 1, 1)) {
		uint64_t n = commit_points.n[i];

		make_scene(&scene);
		kill_commit(&scene, n);
		check_files(&scene, false, n);
		run_again(&scene, n);
		end_scene(&scene);
	}
	print_message("killed at %zu of %llu system calls\n", commit_points.count,
		      (unsigned long long)total);
}

/* The commit dies at n; the one that recovers from that, at each of its calls. */
static size_t kill_recovery_from(uint64_t n)
{
	size_t stride = form_of(29, 11, 1);
	struct scene scene;
	size_t kills = 0;

	make_scene(&scene);
	kill_commit(&scene, n);
	assert_true(find_points(&scene, &recovery_points) > 0);
	end_scene(&scene);
	for (size_t i = n % stride; i < recovery_points.count; i += stride) {
		make_scene(&scene);
		kill_commit(&scene, n);
		kill_commit(&scene, recovery_points.n[i]);
		check_files(&scene, false, n);
		run_again(&scene, n);
		end_scene(&scene);
		kills++;
	}
	return kills;
}

static void killed_recovery_is_finished_by_the_next(void **state)
{
	size_t parts = form_of(2, 6, 24);
	size_t kills = 0;

	(void)state;
	if (commit_points.count == 0)
		skip();
	for (size_t i = 1; i <= parts; i++)
		kills += kill_recovery_from(
			commit_points.n[i * (commit_points.count - 1) / (parts + 1)]);
	print_message("killed %zu recoveries of %zu commits\n", kills, parts);
}

/* How long a commit takes here, in ns. */
static uint64_t measure(void)
{
	struct scene scene;
	uint64_t start;
	uint64_t end;

	make_scene(&scene);
	start = clock_now_ns();
	assert_int_equal(commit_all(&scene), 0);
	end = clock_now_ns();
	check_end(&scene, 0);
	end_scene(&scene);
	return end - start + 1;
}

static void killed_at_a_random_instant_it_is_finished_by_the_next(void **state)
{
	uint64_t duration = measure();

	(void)state;
	for (unsigned int i = 0; i < 50; i++) {
		struct timespec pause;
		struct scene scene;
		uint32_t random = 0;
		pid_t pid;

		make_scene(&scene);
		assert_int_equal(fd_random_bytes(&random, sizeof(random)), 0);
		pause = clock_to_timespec(duration * (random % 1000u) / 1000u);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			_exit(commit_all(&scene));
		(void)nanosleep(&pause, NULL);
		(void)kill(pid, SIGKILL);
		assert_int_equal(stuck_wait(pid, 60, NULL), 0);
		check_files(&scene, false, i);
		run_again(&scene, i);
		end_scene(&scene);
	}
}

/* The control. */
static void a_file_neither_old_nor_new_would_be_noticed(void **state)
{
	struct scene scene;

	(void)state;
	for (size_t i = 0; i < EXPECTATIONS; i++) {
		make_scene(&scene);
		assert_null(find_wrong_file(&scene, false));
		assert_non_null(find_wrong_file(&scene, true));
		fixture_host_append(&scene.fixture, scene.expectations[i].path, "x");
		assert_string_equal(find_wrong_file(&scene, false), scene.expectations[i].path);
		end_scene(&scene);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_file_neither_old_nor_new_would_be_noticed),
	cmocka_unit_test(killed_at_every_call_it_is_finished_by_the_next),
	cmocka_unit_test(killed_recovery_is_finished_by_the_next),
	cmocka_unit_test(killed_at_a_random_instant_it_is_finished_by_the_next),
};

int main(void)
{
	scenes_in_memory();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* An undo that is killed, at every one of its system calls after which the disk can differ and at
 * random instants: what is on the host then is as before the commit or as after it, name by name,
 * and the next `claudefs` brings the rest. And the undo of the undo is the commit again. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/clock.h"
#include "fs/base/fd.h"
#include "fs/review/verify.h"
#include "tests/crash/scene.h"
#include "tests/lib/form.h"
#include "tests/lib/trace_calls.h"

#define POINTS_MAX 65536u

static struct points {
	uint64_t n[POINTS_MAX];
	size_t count;
	bool has_changed; /* the call before */
} undo_points;

/* Undoes the scene's commit: 0, 1 (stopped) or 2 (something was refused). For a child too. */
static int undo_all(void *arg)
{
	struct scene *scene = arg;
	struct commit_result result;
	int r = fixture_undo(&scene->fixture, 1, &result);

	if (r < 0 && r != -EALREADY)
		return 1;
	return result.conflicts + result.skipped + result.damaged + result.failed == 0 ? 0 : 2;
}

static void make_committed(struct scene *scene)
{
	make_scene(scene);
	assert_int_equal(commit_all(scene), 0);
	check_files(scene, true, 0);
}

static bool is_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* All is as before the commit, nothing is left over, all is pending again. */
static void check_undone(struct scene *scene, uint64_t n)
{
	struct verify_report report;
	struct stat st;

	for (size_t i = 0; i < scene->count; i++) {
		struct expectation *expectation = &scene->expectations[i];
		char *found = fixture_host_read(&scene->fixture, expectation->path);

		if (!is_text(found, expectation->before))
			fail_msg("killed at %llu: %s holds \"%s\"", (unsigned long long)n,
				 expectation->path, found ? found : "(nothing)");
		free(found);
	}
	assert_int_equal(fstatat(scene->fixture.host_fd, "plans/sub", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_not_equal(fstatat(scene->fixture.host_fd, "plans/deep", &st, 0), 0);
	check_no_leftovers(scene, n);
	assert_int_equal(verify_session(scene->fixture.session_fd, scene->fixture.manifest.id, NULL,
					NULL, &report),
			 0);
	assert_int_equal(report.problems, 0);
	assert_int_equal(report.unfinished, 0);
	assert_int_not_equal(review_count(fixture_review(&scene->fixture)), 0);
}

static void undo_again(struct scene *scene, uint64_t n)
{
	if (undo_all(scene) != 0)
		fail_msg("killed at %llu: the next undo fails: %s", (unsigned long long)n,
			 scene->fixture.undo_reasons);
	check_undone(scene, n);
	if (undo_all(scene) != 0)
		fail_msg("killed at %llu: a third undo fails", (unsigned long long)n);
	check_undone(scene, n);
}

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

static void kill_undo(struct scene *scene, uint64_t n)
{
	struct trace trace = { .on_entry = kill_at_point, .arg = &n };

	assert_int_equal(trace_child(&trace, undo_all, scene), 0);
}

static void undone_and_done_again_it_is_the_commit(void **state)
{
	struct commit_result result;
	struct scene scene;

	(void)state;
	make_committed(&scene);
	assert_int_equal(undo_all(&scene), 0);
	check_undone(&scene, 0);
	assert_int_equal(fixture_undo(&scene.fixture, 2, &result), 0);
	assert_string_equal(scene.fixture.undo_reasons, "");
	check_end(&scene, 0);
	end_scene(&scene);
}

static void killed_at_every_call_it_is_finished_by_the_next(void **state)
{
	struct trace trace = { .on_entry = note_point, .arg = &undo_points };
	size_t stride = form_is_long() ? 1 : 5;
	size_t kills = 0;
	uint32_t first = 0;
	struct scene scene;
	int r;

	(void)state;
	undo_points.has_changed = true;
	make_committed(&scene);
	r = trace_child(&trace, undo_all, &scene);
	end_scene(&scene);
	if (r < 0)
		skip();
	assert_int_equal(trace.status, 0);
	assert_true(undo_points.count > 0 && undo_points.count < POINTS_MAX);
	/* Another fifth at each run. */
	assert_int_equal(fd_random_bytes(&first, sizeof(first)), 0);
	for (size_t i = first % stride; i < undo_points.count; i += stride) {
		uint64_t n = undo_points.n[i];

		make_committed(&scene);
		kill_undo(&scene, n);
		check_files(&scene, false, n);
		undo_again(&scene, n);
		end_scene(&scene);
		kills++;
	}
	print_message("killed at %zu of %llu system calls (from %u on)\n", kills,
		      (unsigned long long)trace.count, first % (unsigned int)stride);
}

/* The undo dies, and what recovers from that dies too, at the same place of its own. */
static void killed_recovery_is_finished_by_the_next(void **state)
{
	size_t stride = form_is_long() ? 7 : 41;
	struct scene scene;

	(void)state;
	if (undo_points.count == 0)
		skip();
	for (size_t i = stride / 2; i < undo_points.count; i += stride) {
		uint64_t n = undo_points.n[i];

		make_committed(&scene);
		kill_undo(&scene, n);
		kill_undo(&scene, n / 2 + 1);
		check_files(&scene, false, n);
		undo_again(&scene, n);
		end_scene(&scene);
	}
}

static void killed_at_a_random_instant_it_is_finished_by_the_next(void **state)
{
	struct scene scene;
	uint64_t start;
	uint64_t duration;

	(void)state;
	make_committed(&scene);
	start = clock_now_ns();
	assert_int_equal(undo_all(&scene), 0);
	duration = clock_now_ns() - start + 1;
	end_scene(&scene);
	for (unsigned int i = 0; i < (form_is_long() ? 200u : 20u); i++) {
		struct timespec pause;
		uint32_t random = 0;
		int status;
		pid_t pid;

		make_committed(&scene);
		assert_int_equal(fd_random_bytes(&random, sizeof(random)), 0);
		pause = clock_to_timespec(duration * (random % 1000u) / 1000u);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			_exit(undo_all(&scene));
		(void)nanosleep(&pause, NULL);
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, &status, 0);
		check_files(&scene, false, i);
		undo_again(&scene, i);
		end_scene(&scene);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(undone_and_done_again_it_is_the_commit),
	cmocka_unit_test(killed_at_every_call_it_is_finished_by_the_next),
	cmocka_unit_test(killed_recovery_is_finished_by_the_next),
	cmocka_unit_test(killed_at_a_random_instant_it_is_finished_by_the_next),
};

int main(void)
{
	scenes_in_memory();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

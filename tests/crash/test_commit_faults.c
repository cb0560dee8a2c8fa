/* SPDX-License-Identifier: MIT */
/* A commit whose system calls or allocations fail, the k-th alone or all from the k-th on: it ends
 * by itself, each file is old or new, what it says is true, and the next commit brings the rest.
 *
 * CLAUDEFS_TEST_LONG: every k instead of a choice. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/crash/faults.h"
#include "tests/crash/scene.h"
#include "tests/lib/form.h"
#include "tests/lib/leave.h"
#include "tests/lib/stuck.h"
#include "tests/lib/trace_calls.h"

struct run {
	const struct fault *fault;
	uint64_t at;       /* the first call that fails; 0: none */
	uint64_t burst;    /* how many do */
	uint64_t eligible; /* calls that could */
};

/* What a commit says by its exit code. */
enum said {
	SAID_ALL,     /* every entry was applied */
	SAID_STOPPED, /* an error */
	SAID_SOME,    /* some entries stay, and are listed with a reason */
	SAID_NOTHING, /* fewer were applied than there are, and it does not say which stay */
};

static size_t all; /* entries of the commit */
static uint64_t runs;
static uint64_t stopped; /* runs whose commit said that it failed */

static int commit_and_say(void *arg)
{
	struct scene *scene = arg;
	struct fixture *f = &scene->fixture;
	struct commit_choice choice = { .approve_all = true };
	cleanup_commit struct commit *commit = NULL;
	cleanup_commit_plan struct commit_plan *plan = NULL;
	struct commit_result result = { 0 };
	const char *missing = NULL;

	if (commit_open(f->session_fd, &f->manifest, f->state_fd, NULL, NULL, NULL, &commit) < 0 ||
	    fixture_try_review(f) < 0 || commit_plan_new(f->review, &choice, &plan, &missing) < 0 ||
	    commit_apply(commit, plan, NULL, NULL, &result) < 0)
		return SAID_STOPPED;
	if (all == 0 || result.applied >= all)
		return SAID_ALL;
	/* (Directories that come along with what they hold are entries, but no changes.) */
	if (result.conflicts + result.skipped + result.damaged + result.failed +
		    commit_plan_rest_count(plan) >
	    0)
		return SAID_SOME;
	return SAID_NOTHING;
}

/* Counts the entries of an undisturbed commit. */
static int setup(void **state)
{
	struct commit_choice choice = { .approve_all = true };
	struct commit_result result;
	struct scene scene;

	(void)state;
	make_scene(&scene);
	assert_int_equal(fixture_commit(&scene.fixture, &choice, &result), 0);
	all = result.applied;
	end_scene(&scene);
	print_message("a commit of %zu entries\n", all);
	return all >= 60 ? 0 : -1;
}

static int on_entry(const struct traced_call *call, void *arg)
{
	struct run *run = arg;

	if (!fault_concerns(run->fault, call->number))
		return TRACE_GO;
	run->eligible++;
	if (run->at == 0 || run->eligible < run->at || run->eligible - run->at >= run->burst)
		return TRACE_GO;
	return run->fault->error;
}

/* status: how the commit in which something failed ended. */
static void check_outcome(struct scene *scene, int status, uint64_t k)
{
	if (!WIFEXITED(status))
		fail_msg("%llu: the commit crashed (%d)", (unsigned long long)k, status);
	assert_int_not_equal(WEXITSTATUS(status), SAID_NOTHING);
	check_files(scene, WEXITSTATUS(status) == SAID_ALL, k);
	runs++;
	stopped += WEXITSTATUS(status) != SAID_ALL;
	(void)fflush(stdout);
	run_again(scene, k);
}

/* False: no ptrace here. */
static bool fail_calls(const struct fault *fault, uint64_t burst)
{
	uint64_t stride = 1;

	for (uint64_t k = 0;; k += stride) {
		struct run run = { .fault = fault, .at = k, .burst = burst };
		struct trace trace = { .on_entry = on_entry, .arg = &run };
		struct scene scene;
		int r;

		make_scene(&scene);
		(void)fflush(stdout);
		r = trace_child(&trace, commit_and_say, &scene);
		if (r == TRACE_IMPOSSIBLE) {
			end_scene(&scene);
			return false;
		}
		if (r < 0)
			fail_msg("%s from call %llu on: %s", fault->name, (unsigned long long)k,
				 strerror(-r));
		check_outcome(&scene, trace.status, k);
		end_scene(&scene);
		if (k == 0 && !form_is_long())
			stride = run.eligible / 16 + 1;
		if (run.eligible < k)
			return true;
	}
}

static void failing_calls_leave_old_or_new(void **state)
{
	(void)state;
	for (size_t i = 0; i < FAULTS; i++) {
		/* EINTR without end is no fault that a program can survive. */
		uint64_t sticky = faults[i].error == EINTR ? 3 : UINT64_MAX;

		if (!fail_calls(&faults[i], 1))
			skip();
		(void)fail_calls(&faults[i], sticky);
	}
	print_message("%llu commits with failing calls, %llu of them stopped\n",
		      (unsigned long long)runs, (unsigned long long)stopped);
	/* The control: faults arrive. */
	assert_true(stopped > runs / 4);
}

#if defined(__GLIBC__) && !defined(CLAUDEFS_SANITIZED) && !defined(__SANITIZE_ADDRESS__)
#define CAN_FAIL_ALLOCATIONS 1

/* glibc's own, under the names that it keeps for interposers. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static uint64_t allocations; /* so far */
static uint64_t fail_from;   /* 0: never */
static uint64_t fail_count;

static bool shall_fail(void)
{
	allocations++;
	return fail_from != 0 && allocations >= fail_from && allocations - fail_from < fail_count;
}

void *malloc(size_t size)
{
	if (!shall_fail())
		return __libc_malloc(size);
	errno = ENOMEM;
	return NULL;
}

void *calloc(size_t count, size_t size)
{
	if (!shall_fail())
		return __libc_calloc(count, size);
	errno = ENOMEM;
	return NULL;
}

void *realloc(void *old, size_t size)
{
	if (!shall_fail())
		return __libc_realloc(old, size);
	errno = ENOMEM;
	return NULL;
}

static void fail_allocation(uint64_t k, uint64_t burst)
{
	struct scene scene;
	int status = 0;
	int result;
	pid_t pid;

	make_scene(&scene);
	(void)fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		allocations = 0;
		fail_count = burst;
		fail_from = k;
		result = commit_and_say(&scene);
		fail_from = 0;
		leave(result);
	}
	assert_int_equal(stuck_wait(pid, 60, &status), 0);
	check_outcome(&scene, status, k);
	end_scene(&scene);
}

static uint64_t count_allocations(void)
{
	struct scene scene;
	uint64_t before;
	uint64_t count;

	make_scene(&scene);
	before = allocations;
	assert_int_equal(commit_all(&scene), 0);
	count = allocations - before;
	end_scene(&scene);
	return count;
}

static void failing_allocations_leave_old_or_new(void **state)
{
	uint64_t total = count_allocations();
	uint64_t stride = form_is_long() ? 1 : total / form_of(40, 150, 150) + 1;

	(void)state;
	runs = 0;
	stopped = 0;
	for (uint64_t k = 1; k <= total; k += stride) {
		fail_allocation(k, 1);
		fail_allocation(k, UINT64_MAX);
	}
	print_message("%llu commits without memory at some of %llu allocations, %llu stopped\n",
		      (unsigned long long)runs, (unsigned long long)total,
		      (unsigned long long)stopped);
	assert_true(stopped > runs / 4);
}
#endif

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(failing_calls_leave_old_or_new),
#ifdef CAN_FAIL_ALLOCATIONS
	cmocka_unit_test(failing_allocations_leave_old_or_new),
#endif
};

int main(void)
{
	scenes_in_memory();
	return cmocka_run_group_tests(tests, setup, NULL);
}

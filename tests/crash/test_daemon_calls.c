/* SPDX-License-Identifier: MIT */
/* The daemon at each of its system calls during a script of 200 operations: what a kill -9 at that
 * call would leave, what it leaves indeed, and what happens if the call fails.
 *
 *	test_daemon_calls CLAUDEFS_MOUNT MANIFEST_OF_TREE
 *
 * CLAUDEFS_TEST_LONG: every call instead of a choice of them. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/review/replay.h"
#include "tests/crash/faults.h"
#include "tests/crash/writers.h"
#include "tests/lib/form.h"
#include "tests/lib/stuck.h"
#include "tests/lib/trace_calls.h"
#include "tests/mount/fixture.h"

#define STEPS       200u /* of the whole script */
#define FAULT_STEPS 24u  /* of the one that is run for each fault */

/* Shared with the process that runs the script. */
struct progress {
	volatile unsigned int acked[WRITERS];
	volatile unsigned int steps;
	volatile bool may_begin; /* every thread of the daemon is traced */
	volatile int error;      /* of the first step that failed */
};

struct run {
	struct trace trace;
	struct progress *progress;
	pid_t script;
	uint64_t kill_at;     /* 0: never */
	uint64_t check_until; /* look at the session at each call; 0: never */
	uint64_t checked;
	const struct fault *fault;
	uint64_t fault_at;  /* the k-th call that it applies to */
	uint64_t eligible;  /* such calls */
	unsigned int burst; /* how many of them fail from then on */
	unsigned int acked_then[WRITERS];
	uint64_t injected;
	char first[128]; /* the first call that failed */
	bool has_failed_sync;
	const struct writer *loser;
};

static struct progress *progress;

/* The writers take turns. One that failed does not go on: its file may hold the step or not. */
static int run_script(unsigned int steps)
{
	bool has_failed[WRITERS] = { false };

	/* (The tracer's watchdog ends this, by way of its parent.) */
	while (!progress->may_begin)
		(void)usleep(200);
	for (unsigned int step = 0; step < steps; step++) {
		unsigned int i = step % WRITERS;
		unsigned int number = progress->acked[i] + 1;

		errno = 0;
		if (has_failed[i])
			continue;
		has_failed[i] = !writers[i].write_next(&writers[i], number);
		if (!has_failed[i])
			progress->acked[i] = number;
		else if (progress->error == 0)
			progress->error = errno ? errno : EIO;
		progress->steps++;
	}
	return 0;
}

static void copy_acked(unsigned int out[WRITERS])
{
	for (size_t i = 0; i < WRITERS; i++)
		out[i] = progress->acked[i];
}

/* What is acknowledged is in the session's directory, as it is now. */
static const struct writer *find_loss_now(void)
{
	unsigned int acked[WRITERS];

	copy_acked(acked);
	return find_loss(acked);
}

static bool is_sync(long number)
{
	return number == SYS_fsync || number == SYS_fdatasync;
}

/* Calls on the connection to the kernel are FUSE's, not ours. */
static bool is_on_fuse(const struct traced_call *call)
{
	switch (call->number) {
	case SYS_read:
	case SYS_write:
	case SYS_pread64:
	case SYS_pwrite64:
	case SYS_writev: break;
	default: return false;
	}
	return strncmp(trace_fd_path(call, (int)call->args[0]), "/dev/", 5) == 0;
}

static int fail_call(struct run *run, const struct traced_call *call)
{
	if (!fault_concerns(run->fault, call->number) || is_on_fuse(call))
		return TRACE_GO;
	run->eligible++;
	if (run->fault_at == 0 || run->eligible < run->fault_at ||
	    run->eligible - run->fault_at >= run->burst)
		return TRACE_GO;
	if (run->injected++ == 0)
		(void)snprintf(run->first, sizeof(run->first), "call %ld, %.80s", call->number,
			       trace_fd_path(call, (int)call->args[0]));
	if (is_sync(call->number) && !run->has_failed_sync) {
		run->has_failed_sync = true;
		copy_acked(run->acked_then);
	}
	return run->fault->error;
}

static int on_entry(const struct traced_call *call, void *arg)
{
	struct run *run = arg;

	if (run->kill_at == call->n)
		return TRACE_KILL;
	if (call->n <= run->check_until && !run->loser) {
		run->loser = find_loss_now();
		run->checked++;
	}
	return run->fault ? fail_call(run, call) : TRACE_GO;
}

/* A script that ran before would make calls that nobody sees. */
static void on_ready(void *arg)
{
	(void)arg;
	progress->may_begin = true;
}

/* The script is through: the daemon shall end. */
static void on_other_exit(pid_t pid, int status, void *arg)
{
	struct run *run = arg;

	(void)status;
	if (pid != run->script)
		return;
	run->script = 0;
	(void)kill(fixture.daemon, SIGTERM);
}

/* The script may still be there when the daemon was killed. First the daemon, since the script may
 * be waiting for it, where not even SIGKILL ends it. */
static void end_run(struct run *run)
{
	int r = 0;

	progress->may_begin = true;
	if (fixture.daemon > 0)
		(void)fixture_stop(SIGKILL);
	if (run->script > 0)
		r = stuck_wait(run->script, 60, NULL);
	fixture_force_unmount();
	remove_session();
	if (r < 0)
		fail_msg("the script did not end with the daemon: %s", strerror(-r));
}

/* Mounts a new session and runs the script with the daemon traced. False: no ptrace. */
static bool trace_script(struct run *run, unsigned int steps)
{
	int r;

	memset(progress, 0, sizeof(*progress));
	run->trace.on_entry = on_entry;
	run->trace.on_ready = on_ready;
	run->trace.on_other_exit = on_other_exit;
	run->trace.arg = run;
	assert_int_equal(fixture_new_session(), 0);
	assert_int_equal(fixture_mount(), 0);
	run->script = fork();
	assert_true(run->script >= 0);
	if (run->script == 0)
		_exit(run_script(steps));
	r = trace_running(&run->trace, fixture.daemon);
	if (r == 0) {
		fixture.daemon = 0;
		return true;
	}
	end_run(run);
	if (r != TRACE_IMPOSSIBLE)
		fail_msg("the daemon could not be traced to its end: %s (%s, call %llu, %s)",
			 strerror(-r), run->fault ? run->fault->name : "no fault",
			 (unsigned long long)(run->fault ? run->fault_at : run->kill_at),
			 run->first);
	return false;
}

static bool is_readable(void)
{
	cleanup_replay struct replay *replay = NULL;
	enum journal_state state;

	if (replay_new(fixture.session_fd, fixture.session_id, &replay) != 0)
		return false;
	state = replay_state(replay, NULL, NULL);
	return state != JOURNAL_DAMAGED;
}

/* At the entry of each call the files are what a kill -9 right there would leave. */
static void acknowledged_steps_are_there_at_every_call(void **state)
{
	struct run run = { .check_until = UINT64_MAX };

	(void)state;
	if (!trace_script(&run, STEPS))
		skip();
	assert_int_equal(progress->steps, STEPS);
	assert_int_equal(progress->error, 0);
	if (run.loser)
		fail_msg("%s: acknowledged, but not there", run.loser->name);
	assert_true(WIFEXITED(run.trace.status));
	assert_int_equal(WEXITSTATUS(run.trace.status), 0);
	end_run(&run);
	print_message("looked at %llu system calls of %u operations\n",
		      (unsigned long long)run.checked, STEPS);
}

static void killed_at_a_call_nothing_acknowledged_is_lost(void **state)
{
	uint64_t stride = form_is_long() ? 1 : 41;
	unsigned int kills = 0;
	uint64_t n;

	(void)state;
	for (n = 1;; n += stride) {
		struct run run = { .kill_at = n };
		const struct writer *loser;

		if (!trace_script(&run, STEPS))
			skip();
		loser = find_loss_now();
		if (loser)
			fail_msg("killed at call %llu: %s: acknowledged, but not there",
				 (unsigned long long)n, loser->name);
		assert_true(is_readable());
		end_run(&run);
		if (!WIFSIGNALED(run.trace.status)) {
			assert_int_equal(progress->steps, STEPS);
			assert_true(run.trace.count < n);
			break;
		}
		kills++;
	}
	print_message("killed at %u calls up to %llu\n", kills, (unsigned long long)n);
	/* Each operation takes more than ten calls. */
	assert_true(n > 10 * STEPS);
	assert_true(kills > 0);
}

static bool log_says_error(void)
{
	cleanup_free char *content = NULL;
	size_t len = 0;
	cleanup_fd int fd = openat(fixture.session_fd, "daemon.log", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && fd_read_file(fd, 1u << 20, &content, &len) >= 0 && content &&
	       strstr(content, "error:");
}

/* What must hold after a script in which calls failed. NULL, or what does not. */
static const char *find_fault_damage(const struct run *run)
{
	const struct writer *loser = find_loss_now();

	if (WIFSIGNALED(run->trace.status))
		return "the daemon crashed";
	if (loser)
		return loser->name;
	if (!is_readable())
		return "the journal is damaged";
	if (run->has_failed_sync && run->fault->error == EIO) {
		for (size_t i = 0; i < WRITERS; i++) {
			if (progress->acked[i] != run->acked_then[i])
				return "an fsync after one that failed was acknowledged";
		}
	}
	if (progress->error != 0 && !log_says_error())
		return "the person was not told";
	return NULL;
}

struct totals {
	uint64_t runs;
	uint64_t injected;
	uint64_t refused; /* runs in which the script saw an error */
};

static unsigned int fail_calls(const struct fault *fault, unsigned int burst, struct totals *total)
{
	uint64_t stride = 1;
	unsigned int seen = 0;

	for (uint64_t k = 0;; k += stride) {
		struct run run = { .fault = fault, .fault_at = k, .burst = burst };
		const char *damage;

		if (!trace_script(&run, FAULT_STEPS))
			skip();
		damage = find_fault_damage(&run);
		if (damage)
			print_error("%s at call %llu (%s; %s): %s\n", fault->name,
				    (unsigned long long)k, burst == 1 ? "once" : "from there on",
				    run.first, damage);
		total->injected += run.injected;
		total->refused += progress->error != 0;
		total->runs++;
		end_run(&run);
		seen += damage != NULL;
		if (k == 0 && !form_is_long())
			stride = run.eligible / 24 + 1;
		if (run.eligible < k)
			break;
	}
	return seen;
}

static void failing_calls_lose_nothing_acknowledged(void **state)
{
	unsigned int damages = 0;
	struct totals total = { 0 };

	(void)state;
	for (size_t i = 0; i < FAULTS; i++) {
		/* EINTR without end is no fault that a program can survive. */
		unsigned int sticky = faults[i].error == EINTR ? 3 : UINT32_MAX;

		damages += fail_calls(&faults[i], 1, &total);
		damages += fail_calls(&faults[i], sticky, &total);
	}
	print_message("%llu runs, %llu calls failed, %llu runs with an error for the agent\n",
		      (unsigned long long)total.runs, (unsigned long long)total.injected,
		      (unsigned long long)total.refused);
	/* The control: faults arrive, and are seen. */
	assert_true(total.injected > total.runs / 2 && total.refused > 10);
	assert_int_equal(damages, 0);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(acknowledged_steps_are_there_at_every_call),
		cmocka_unit_test(killed_at_a_call_nothing_acknowledged_is_lost),
		cmocka_unit_test(failing_calls_lose_nothing_acknowledged),
	};
	int r = fixture_make(argc, argv);

	if (r != 0)
		return r;
	sessions_in_memory();
	progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (progress == MAP_FAILED)
		return 1;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	if (fixture_check_host() < 0) {
		(void)fprintf(stderr, "the host's files have changed\n");
		r = 1;
	}
	remove_sessions();
	fixture_remove();
	return r ? 1 : 0;
}

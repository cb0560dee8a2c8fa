/* SPDX-License-Identifier: MIT */
/* The tools that keep other tests from hanging: a tracer that gets hold of every thread, and
 * watchdogs that bark.
 *
 *	test_trace WATCHDOG */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/clock.h"
#include "tests/lib/stuck.h"
#include "tests/lib/trace_calls.h"

#define WORKERS 8u
#define CALLS   200u /* of each worker, all of which must be seen */
#define ROUNDS  60u

/* A call that nothing else makes. */
#define MARK SYS_getppid

static const char *watchdog;

struct shared {
	atomic_bool is_traced;
};

static struct shared *shared;

static void *work(void *arg)
{
	struct timespec pause = { .tv_nsec = 1000 };

	(void)arg;
	while (!atomic_load(&shared->is_traced))
		(void)nanosleep(&pause, NULL);
	for (unsigned int i = 0; i < CALLS; i++)
		(void)syscall(MARK);
	return NULL;
}

/* Makes threads just when the tracer comes. */
static void make_threads(int ready_fd)
{
	pthread_t threads[WORKERS];
	unsigned int made = 0;

	(void)close(ready_fd);
	while (made < WORKERS && pthread_create(&threads[made], NULL, work, NULL) == 0)
		made++;
	for (unsigned int i = 0; i < made; i++)
		(void)pthread_join(threads[i], NULL);
	_exit(made == WORKERS ? 0 : 1);
}

static int count_marks(const struct traced_call *call, void *arg)
{
	unsigned int *marks = arg;

	/* (From the first stop on: all threads are held, or will be born held.) */
	atomic_store(&shared->is_traced, true);
	*marks += call->number == MARK;
	return TRACE_GO;
}

static void every_thread_is_traced_even_one_that_is_just_being_made(void **state)
{
	(void)state;
	for (unsigned int round = 0; round < ROUNDS; round++) {
		unsigned int marks = 0;
		struct trace trace = { .on_entry = count_marks, .arg = &marks };
		char byte;
		int fds[2];
		int r;
		pid_t pid;

		atomic_store(&shared->is_traced, false);
		assert_int_equal(pipe(fds), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			(void)close(fds[0]);
			make_threads(fds[1]);
		}
		(void)close(fds[1]);
		assert_int_equal(read(fds[0], &byte, 1), 0);
		(void)close(fds[0]);
		r = trace_running(&trace, pid);
		if (r == TRACE_IMPOSSIBLE) {
			(void)kill(pid, SIGKILL);
			(void)stuck_wait(pid, 60, NULL);
			skip();
		}
		assert_int_equal(r, 0);
		assert_true(WIFEXITED(trace.status));
		assert_int_equal(WEXITSTATUS(trace.status), 0);
		assert_int_equal(marks, WORKERS * CALLS);
	}
}

static int go(const struct traced_call *call, void *arg)
{
	(void)call;
	(void)arg;
	return TRACE_GO;
}

static int change_and_not(void *arg)
{
	const char *path = arg;
	int fd = -1;

	for (unsigned int i = 0; i < 10; i++)
		(void)syscall(MARK);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);                  /* 1 */
	if (fd < 0 || write(fd, "x", 1) != 1 || fsync(fd) < 0 || close(fd) < 0) /* 2 */
		return 1;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || unlink(path) < 0) /* 3 */
		return 1;
	return 0;
}

static int kill_at(const struct traced_call *call, void *arg)
{
	const uint64_t *n = arg;

	return call->n == *n ? TRACE_KILL : TRACE_GO;
}

static void a_child_is_stopped_at_changes_alone_and_dies_before_them(void **state)
{
	static const off_t sizes[] = { -1, 0, 1, -1 }; /* killed at 1, 2, 3; not killed */
	char path[] = "/tmp/claudefs-trace-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	(void)close(fd);
	for (uint64_t n = 1; n <= 4; n++) {
		struct trace trace = { .on_entry = kill_at, .arg = &n, .only_changes = true };
		struct stat st = { .st_size = -1 };
		int r;

		(void)unlink(path);
		r = trace_child(&trace, change_and_not, path);
		if (r == TRACE_IMPOSSIBLE)
			skip();
		assert_int_equal(r, 0);
		assert_int_equal(trace.count, n < 4 ? n : 3);
		assert_int_equal(trace.status, n < 4 ? SIGKILL : 0);
		assert_int_equal(stat(path, &st) == 0, sizes[n - 1] >= 0);
		assert_int_equal(st.st_size, sizes[n - 1]);
	}
}

static int sleep_forever(void *arg)
{
	(void)arg;
	while (pause() < 0)
		;
	return 1;
}

static int call_forever(void *arg)
{
	(void)arg;
	while (syscall(MARK) >= 0)
		;
	return 1;
}

/* What a function says on stderr goes to a file meanwhile. Returns what it said (static buffer). */
static const char *heard(void (*say)(void *arg), void *arg)
{
	static char said[1 << 16];
	FILE *file = tmpfile();
	int saved = dup(2);
	size_t len;

	assert_non_null(file);
	assert_true(saved >= 0 && dup2(fileno(file), 2) == 2);
	say(arg);
	assert_int_equal(dup2(saved, 2), 2);
	(void)close(saved);
	rewind(file);
	len = fread(said, 1, sizeof(said) - 1, file);
	said[len] = '\0';
	(void)fclose(file);
	return said;
}

struct watched {
	int (*run)(void *arg);
	struct trace trace;
	int r;
};

static void trace_watched(void *arg)
{
	struct watched *watched = arg;

	watched->r = trace_child(&watched->trace, watched->run, NULL);
}

static void expect_bark(int (*run)(void *arg), const char *word)
{
	struct watched watched = {
		.run = run,
		.trace = { .on_entry = go, .quiet_seconds = 2, .seconds = 4 },
	};
	const char *said = heard(trace_watched, &watched);

	if (watched.r == TRACE_IMPOSSIBLE)
		skip();
	assert_int_equal(watched.r, -ETIMEDOUT);
	assert_non_null(strstr(said, word));
	assert_non_null(strstr(said, "State:"));
	assert_true(WIFSIGNALED(watched.trace.status));
}

static void a_traced_process_that_waits_forever_is_shown_and_killed(void **state)
{
	(void)state;
	expect_bark(sleep_forever, "no system call for 2 s");
}

static void a_traced_process_that_never_ends_is_shown_and_killed(void **state)
{
	(void)state;
	expect_bark(call_forever, "no end within 4 s");
}

static void wait_for_child(void *arg)
{
	int *r = arg;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(sleep_forever(NULL));
	*r = stuck_wait(pid, 1, NULL);
}

static void a_child_that_does_not_end_is_shown_and_killed(void **state)
{
	const char *said;
	int r = 0;

	(void)state;
	said = heard(wait_for_child, &r);
	assert_int_equal(r, -ETIMEDOUT);
	assert_non_null(strstr(said, "did not end within 1 s"));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* Runs the watchdog over a shell command. Returns its exit code. */
static int watch(const char *seconds, const char *command)
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)unsetenv("CLAUDEFS_TEST_TIMES");
		(void)execl(watchdog, watchdog, seconds, "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(stuck_wait(pid, 60, &status), 0);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void watch_daemon(void *arg)
{
	char command[128];

	/* It leaves its session, and its parent ends. */
	(void)snprintf(command, sizeof(command),
		       "setsid sleep 1000 & echo $! >%s; (exec sleep 1000) & wait", (char *)arg);
	assert_int_equal(watch("1", command), 124);
}

static void a_watchdog_kills_all_that_a_test_started(void **state)
{
	char path[] = "/tmp/claudefs-trace-XXXXXX";
	const char *said;
	FILE *file;
	int pid = 0;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	said = heard(watch_daemon, path);
	assert_non_null(strstr(said, "did not end within 1 s, and was killed"));
	assert_non_null(strstr(said, "Name:\tsleep"));
	file = fdopen(fd, "r");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%d", &pid), 1);
	(void)fclose(file);
	(void)unlink(path);
	/* (A zombie is as dead; who reaps it is not our business.) */
	for (unsigned int i = 0; i < 1000 && kill(pid, 0) == 0; i++) {
		char stat_path[64];
		char state_of = 'Z';

		(void)snprintf(stat_path, sizeof(stat_path), "/proc/%d/stat", pid);
		file = fopen(stat_path, "r");
		if (file) {
			assert_true(fscanf(file, "%*d (%*[^)]) %c", &state_of) <= 1);
			(void)fclose(file);
		}
		if (state_of == 'Z')
			return;
		(void)usleep(10000);
	}
	assert_int_not_equal(kill(pid, 0), 0);
}

static void a_watchdog_hands_on_the_exit_code(void **state)
{
	(void)state;
	assert_int_equal(watch("60", "exit 0"), 0);
	assert_int_equal(watch("60", "exit 77"), 77);
	assert_int_equal(watch("60", "kill -9 $$"), 128 + SIGKILL);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_thread_is_traced_even_one_that_is_just_being_made),
		cmocka_unit_test(a_child_is_stopped_at_changes_alone_and_dies_before_them),
		cmocka_unit_test(a_traced_process_that_waits_forever_is_shown_and_killed),
		cmocka_unit_test(a_traced_process_that_never_ends_is_shown_and_killed),
		cmocka_unit_test(a_child_that_does_not_end_is_shown_and_killed),
		cmocka_unit_test(a_watchdog_kills_all_that_a_test_started),
		cmocka_unit_test(a_watchdog_hands_on_the_exit_code),
	};

	if (argc != 2)
		return 2;
	watchdog = argv[1];
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

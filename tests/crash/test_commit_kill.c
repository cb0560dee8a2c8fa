/* SPDX-License-Identifier: MIT */
/* A commit that is killed, at every one of its system calls and at random instants: what is on the
 * host then is old or new, and the next commit brings the rest, each appended line exactly once.
 *
 *	test_commit_kill [--stride N]	(1: every system call; the suite's default) */
#include "tests/unit/cmocka_setup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/clock.h"
#include "fs/base/fd.h"
#include "fs/review/verify.h"
#include "tests/lib/kill_at_syscall.h"
#include "tests/lib/session_fixture.h"

#define UUID    "11111111-2222-4333-8444-555555555555"
#define UUID_2  "21111111-2222-4333-8444-555555555555"
#define RECORD  "{\"type\":\"user\",\"sessionId\":\"" UUID "\",\"n\":"
#define LINE(n) RECORD #n "}\n"

static uint64_t stride = 1;

/* A name, what the host has, and what it has after the commit. NULL: nothing. */
struct expectation {
	char path[256];
	char *before;
	char *after;
};

#define EXPECTATIONS 22u

struct scene {
	struct fixture fixture;
	struct expectation expectations[EXPECTATIONS];
	size_t count;
};

static struct expectation *expect(struct scene *scene, const char *path, const char *before,
				  const char *after)
{
	struct expectation *expectation = &scene->expectations[scene->count++];

	assert_true(scene->count <= EXPECTATIONS);
	(void)snprintf(expectation->path, sizeof(expectation->path), "%s", path);
	expectation->before = before ? strdup(before) : NULL;
	expectation->after = after ? strdup(after) : NULL;
	if (before)
		fixture_host_write(&scene->fixture, path, before);
	return expectation;
}

static void make_scene(struct scene *scene)
{
	struct fixture *f = &scene->fixture;
	char path[64];
	char *mine = NULL;
	char *history = NULL;

	*scene = (struct scene){ 0 };
	fixture_make(f);
	for (int i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof(path), "plans/new-%d.md", i);
		expect(scene, path, NULL, "new plan\n");
		(void)snprintf(path, sizeof(path), "plans/old-%d.md", i);
		expect(scene, path, "old plan\n", "another plan\n");
		(void)snprintf(path, sizeof(path), "plans/sub/gone-%d.md", i);
		expect(scene, path, "gone soon\n", NULL);
	}
	expect(scene, "plans/deep/er/new.md", NULL, "deep\n");
	expect(scene, "plans/moved-from.md", "moved\n", NULL);
	expect(scene, "plans/moved-to.md", NULL, "moved\n");
	expect(scene, fixture_own(f, UUID ".jsonl"), LINE(1), LINE(1) LINE(2) LINE(3));
	expect(scene, fixture_own(f, UUID_2 ".jsonl"), LINE(1) LINE(2), LINE(1) LINE(2) LINE(3));
	assert_true(asprintf(&mine, "{\"display\":\"mine\",\"project\":\"%s\"}\n", f->project) > 0);
	assert_true(asprintf(&history, "{\"project\":\"/elsewhere\"}\n%s", mine) > 0);
	expect(scene, "history.jsonl", "{\"project\":\"/elsewhere\"}\n", history);

	for (int i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof(path), "plans/new-%d.md", i);
		fixture_create(f, path, "new plan\n");
		(void)snprintf(path, sizeof(path), "plans/old-%d.md", i);
		fixture_modify(f, path, "another plan\n");
		(void)snprintf(path, sizeof(path), "plans/sub/gone-%d.md", i);
		fixture_unlink(f, path);
	}
	fixture_rmdir(f, "plans/sub");
	fixture_mkdir(f, "plans/deep");
	fixture_mkdir(f, "plans/deep/er");
	fixture_create(f, "plans/deep/er/new.md", "deep\n");
	(void)fixture_copy_up(f, "plans/moved-from.md");
	fixture_rename(f, "plans/moved-from.md", "plans/moved-to.md");
	fixture_append(f, fixture_own(f, UUID ".jsonl"), LINE(2) LINE(3));
	{
		uint64_t object = fixture_copy_up_prefix(f, fixture_own(f, UUID_2 ".jsonl"));

		fixture_write(f, object, strlen(LINE(1) LINE(2)), LINE(3));
		fixture_seal(f, object);
	}
	fixture_append(f, "history.jsonl", mine);
	fixture_end(f);
	/* Lines that the host gains in the meantime belong to the result. */
	free(mine);
	free(history);
}

static void end_scene(struct scene *scene)
{
	for (size_t i = 0; i < scene->count; i++) {
		free(scene->expectations[i].before);
		free(scene->expectations[i].after);
	}
	fixture_done(&scene->fixture);
}

static bool is_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Each file is old or new; with is_final, new. */
static void check_files(struct scene *scene, bool is_final, uint64_t n)
{
	for (size_t i = 0; i < scene->count; i++) {
		struct expectation *expectation = &scene->expectations[i];
		char *found = fixture_host_read(&scene->fixture, expectation->path);

		if (!is_text(found, expectation->after) &&
		    (is_final || !is_text(found, expectation->before)))
			fail_msg("killed at %llu: %s holds \"%s\"%s", (unsigned long long)n,
				 expectation->path, found ? found : "(nothing)",
				 is_final ? " at the end" : "");
		free(found);
	}
}

/* No temporary file stays anywhere. */
static void check_no_leftovers(int dir_fd, uint64_t n)
{
	DIR *dir = fdopendir(dir_fd);

	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (strncmp(entry->d_name, ".claudefs-", 10) == 0)
			fail_msg("killed at %llu: %s was left", (unsigned long long)n,
				 entry->d_name);
		if (entry->d_type == DT_DIR) {
			int fd = openat(dir_fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

			assert_true(fd >= 0);
			check_no_leftovers(fd, n);
		}
	}
	(void)closedir(dir);
}

static void print_problem(const char *text, void *arg)
{
	(void)arg;
	print_message("verify: %s\n", text);
}

static int commit_all(void *arg)
{
	struct scene *scene = arg;
	struct commit_choice choice = { .approve_all = true };
	struct commit_result result;

	return fixture_commit(&scene->fixture, &choice, &result) == 0 &&
			       result.conflicts + result.damaged + result.failed == 0
		       ? 0
		       : 1;
}

static void check_end(struct scene *scene, uint64_t n)
{
	struct verify_report report;
	struct review *review;
	struct stat st;

	check_files(scene, true, n);
	if (fstatat(scene->fixture.host_fd, "plans/sub", &st, 0) == 0)
		fail_msg("killed at %llu: plans/sub is still there", (unsigned long long)n);
	check_no_leftovers(openat(scene->fixture.host_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
			   n);
	review = fixture_review(&scene->fixture);
	if (review_count(review) != 0)
		fail_msg("killed at %llu: %s is still pending (%s)", (unsigned long long)n,
			 review_get(review, 0)->path, review_get(review, 0)->reason);
	assert_int_equal(verify_session(scene->fixture.session_fd, scene->fixture.manifest.id,
					print_problem, NULL, &report),
			 0);
	assert_int_equal(report.problems, 0);
	assert_int_equal(report.unfinished, 0);
}

static void run_again(struct scene *scene, uint64_t n)
{
	if (commit_all(scene) != 0)
		fail_msg("killed at %llu: the next commit fails", (unsigned long long)n);
	check_end(scene, n);
	/* And once more changes nothing. */
	if (commit_all(scene) != 0)
		fail_msg("killed at %llu: a third commit fails", (unsigned long long)n);
	check_files(scene, true, n);
}

static void killed_at_every_call_it_is_finished_by_the_next(void **state)
{
	uint64_t total = 0;
	uint64_t n = 1;

	(void)state;
	for (;; n += stride) {
		struct scene scene;
		enum kill_result result;
		int status = 0;

		make_scene(&scene);
		result = kill_at_syscall(n, commit_all, &scene, &status, &total);
		if (result == KILL_NO_TRACE) {
			end_scene(&scene);
			skip();
		}
		check_files(&scene, result == KILL_TOO_LATE, n);
		run_again(&scene, n);
		end_scene(&scene);
		if (result == KILL_TOO_LATE) {
			assert_true(WIFEXITED(status));
			assert_int_equal(WEXITSTATUS(status), 0);
			break;
		}
	}
	print_message("killed at %llu of %llu system calls\n", (unsigned long long)(n / stride),
		      (unsigned long long)total);
}

/* The recovery dies too, at a call that moves on from case to case. */
static void killed_recovery_is_finished_by_the_next(void **state)
{
	uint64_t total = 0;
	struct scene scene;

	(void)state;
	make_scene(&scene);
	if (kill_at_syscall(0, commit_all, &scene, NULL, &total) == KILL_NO_TRACE) {
		end_scene(&scene);
		skip();
	}
	end_scene(&scene);
	for (uint64_t n = 1; n < total; n += 11 * stride) {
		for (uint64_t m = 1 + n % 7; m < 400; m += 23 * stride) {
			make_scene(&scene);
			(void)kill_at_syscall(n, commit_all, &scene, NULL, NULL);
			(void)kill_at_syscall(m, commit_all, &scene, NULL, NULL);
			check_files(&scene, false, n);
			run_again(&scene, n);
			end_scene(&scene);
		}
	}
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
		int status;
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
		(void)waitpid(pid, &status, 0);
		check_files(&scene, false, i);
		run_again(&scene, i);
		end_scene(&scene);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(killed_at_every_call_it_is_finished_by_the_next),
	cmocka_unit_test(killed_recovery_is_finished_by_the_next),
	cmocka_unit_test(killed_at_a_random_instant_it_is_finished_by_the_next),
};

int main(int argc, char **argv)
{
	int fd;

	if (argc == 3 && strcmp(argv[1], "--stride") == 0)
		stride = strtoull(argv[2], NULL, 10);
	if (stride == 0)
		return 2;
	/* What a killed process wrote is in the page cache: a file system in memory shows the same,
	 * a hundred times over. */
	fd = open("/dev/shm", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		fixture_parent = "/dev/shm";
	(void)close(fd);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The host's own Claude saves a file at an instant of the commit: at each of its system calls in
 * turn. Whatever the instant, what the host saved is there afterwards, or the commit's is and the
 * host saved before it was reviewed: nothing is ever overwritten silently. */
#include "tests/unit/cmocka_setup.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/form.h"
#include "tests/lib/kill_at_syscall.h"
#include "tests/lib/session_fixture.h"

#define PLAN "plans/a.md"

static int commit_all(void *arg)
{
	struct commit_choice choice = { .approve_all = true };
	struct commit_result result;

	return fixture_commit(arg, &choice, &result) == 0 ? 0 : 1;
}

static void save_in_place(void *arg)
{
	fixture_host_write(arg, PLAN, "the host's\n");
}

/* As long as what was there, within the same tick of the file system's clock. */
static void save_as_long(void *arg)
{
	fixture_host_write(arg, PLAN, "BASE\n");
}

static void save_by_rename(void *arg)
{
	struct fixture *f = arg;

	fixture_host_write(f, "plans/.a.md.tmp", "the host's\n");
	assert_int_equal(renameat(f->host_fd, "plans/.a.md.tmp", f->host_fd, PLAN), 0);
}

static void append_line(void *arg)
{
	fixture_host_append(arg, "history.jsonl", "{\"project\":\"/elsewhere\"}\n");
}

/* Runs a case for each system call; make prepares the session, check looks at the host. */
static void at_every_call(void (*make)(struct fixture *f), void (*act)(void *arg),
			  void (*check)(struct fixture *f, uint64_t n))
{
	enum kill_result result = KILL_DONE;
	uint64_t n;

	for (n = 1; result == KILL_DONE; n += form_of(5, 1, 1)) {
		struct fixture f;
		int status = 0;

		fixture_make(&f);
		make(&f);
		fixture_end(&f);
		result = act_at_syscall(n, commit_all, &f, act, &f, &status);
		if (result == KILL_DONE) {
			assert_true(WIFEXITED(status));
			assert_int_equal(WEXITSTATUS(status), 0);
			check(&f, n);
		}
		fixture_done(&f);
		if (result == KILL_NO_TRACE)
			skip();
	}
	print_message("%llu instants\n", (unsigned long long)n);
	assert_true(n > 100);
}

static void check_plan(struct fixture *f, uint64_t n)
{
	char *content = fixture_host_read(f, PLAN);

	if (!content || (strcmp(content, "the host's\n") != 0 && strcmp(content, "BASE\n") != 0))
		fail_msg("at call %llu: the host's text is lost: %s", (unsigned long long)n,
			 content ? content : "(nothing)");
	free(content);
}

static void make_replacement(struct fixture *f)
{
	fixture_host_write(f, PLAN, "base\n");
	fixture_modify(f, PLAN, "session\n");
}

static void make_creation(struct fixture *f)
{
	fixture_host_write(f, "plans/x", "");
	fixture_create(f, PLAN, "session\n");
}

static void make_deletion(struct fixture *f)
{
	fixture_host_write(f, PLAN, "base\n");
	fixture_unlink(f, PLAN);
}

static void file_saved_during_a_replacement_is_kept(void **state)
{
	(void)state;
	at_every_call(make_replacement, save_by_rename, check_plan);
	at_every_call(make_replacement, save_in_place, check_plan);
	at_every_call(make_replacement, save_as_long, check_plan);
}

static void file_saved_during_a_creation_is_kept(void **state)
{
	(void)state;
	at_every_call(make_creation, save_by_rename, check_plan);
}

static void file_saved_during_a_deletion_is_kept(void **state)
{
	(void)state;
	at_every_call(make_deletion, save_by_rename, check_plan);
	at_every_call(make_deletion, save_in_place, check_plan);
	at_every_call(make_deletion, save_as_long, check_plan);
}

static void make_append(struct fixture *f)
{
	char *mine = NULL;

	assert_true(asprintf(&mine, "{\"project\":\"%s\"}\n", f->project) > 0);
	fixture_host_write(f, "history.jsonl", "{}\n");
	fixture_append(f, "history.jsonl", mine);
	free(mine);
}

static void check_history(struct fixture *f, uint64_t n)
{
	char *content = fixture_host_read(f, "history.jsonl");
	char *mine = NULL;

	assert_true(asprintf(&mine, "{\"project\":\"%s\"}\n", f->project) > 0);
	if (!content || strncmp(content, "{}\n", 3) != 0 ||
	    !strstr(content, "{\"project\":\"/elsewhere\"}\n") || !strstr(content, mine) ||
	    strlen(content) != 3 + strlen(mine) + strlen("{\"project\":\"/elsewhere\"}\n"))
		fail_msg("at call %llu: lines are lost: %s", (unsigned long long)n, content);
	free(content);
	free(mine);
}

static void line_appended_during_an_append_is_kept(void **state)
{
	(void)state;
	at_every_call(make_append, append_line, check_history);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(file_saved_during_a_creation_is_kept),
	cmocka_unit_test(file_saved_during_a_deletion_is_kept),
	cmocka_unit_test(file_saved_during_a_replacement_is_kept),
	cmocka_unit_test(line_appended_during_an_append_is_kept),
};

int main(void)
{
	int fd = open("/dev/shm", O_PATH | O_DIRECTORY | O_CLOEXEC);

	/* In memory: thousands of commits. */
	if (fd >= 0 && !getenv("CLAUDEFS_TEST_PARENT"))
		fixture_parent = "/dev/shm";
	(void)close(fd);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Starting programs: exit codes, descriptors, argv. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/subprocess.h"

static void exit_code_is_passed_on(void **state)
{
	const char *argv[] = { "/bin/sh", "-c", "exit 43", NULL };
	const struct subprocess what = {
		.argv = argv, .stdin_fd = SUBPROCESS_NULL, .stdout_fd = 1, .stderr_fd = 2
	};
	int code = -1;

	(void)state;
	assert_int_equal(subprocess_run(&what, &code), 0);
	assert_int_equal(code, 43);
}

static void death_by_signal_is_128_and_the_signal(void **state)
{
	const char *argv[] = { "/bin/sh", "-c", "kill -KILL $$", NULL };
	const struct subprocess what = {
		.argv = argv, .stdin_fd = SUBPROCESS_NULL, .stdout_fd = 1, .stderr_fd = 2
	};
	int code = -1;

	(void)state;
	assert_int_equal(subprocess_run(&what, &code), 0);
	assert_int_equal(code, 128 + SIGKILL);
}

static void missing_program_is_enoent_and_leaves_no_child(void **state)
{
	const char *argv[] = { "/nonexistent/program", NULL };
	const struct subprocess what = {
		.argv = argv, .stdin_fd = SUBPROCESS_NULL, .stdout_fd = 1, .stderr_fd = 2
	};
	pid_t pid = -1;

	(void)state;
	assert_int_equal(subprocess_start(&what, &pid), -ENOENT);
	assert_int_equal(pid, -1);
}

static void arguments_are_not_split_by_a_shell(void **state)
{
	const char *argv[] = { "/bin/sh", "-c",          "[ \"$1\" = \"a b; exit 9\" ]",
			       "sh",      "a b; exit 9", NULL };
	const struct subprocess what = {
		.argv = argv, .stdin_fd = SUBPROCESS_NULL, .stdout_fd = 1, .stderr_fd = 2
	};
	int code = -1;

	(void)state;
	assert_int_equal(subprocess_run(&what, &code), 0);
	assert_int_equal(code, 0);
}

static void only_named_descriptors_pass(void **state)
{
	cleanup_fd int kept = open("/dev/null", O_RDONLY | O_CLOEXEC);
	cleanup_fd int other = open("/dev/null", O_RDONLY | O_CLOEXEC);
	char script[96];
	const char *argv[] = { "/bin/sh", "-c", script, NULL };
	const struct subprocess what = { .argv = argv,
					 .stdin_fd = SUBPROCESS_NULL,
					 .stdout_fd = 1,
					 .stderr_fd = 2,
					 .keep = &kept,
					 .keep_count = 1 };
	int code = -1;

	(void)state;
	(void)snprintf(script, sizeof(script), "[ -e /dev/fd/%d ] && [ ! -e /dev/fd/%d ]", kept,
		       other);
	assert_int_equal(subprocess_run(&what, &code), 0);
	assert_int_equal(code, 0);
}

static void standard_descriptors_may_be_swapped(void **state)
{
	const char *argv[] = { "/bin/sh", "-c", "printf out; printf err >&2", NULL };
	struct subprocess what = { .argv = argv, .stdin_fd = SUBPROCESS_NULL };
	cleanup_fd int out_read = -1;
	cleanup_fd int err_read = -1;
	char text[8] = "";
	int out[2], err[2], code = -1;

	(void)state;
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(pipe2(err, O_CLOEXEC), 0);
	out_read = out[0];
	err_read = err[0];
	what.stdout_fd = out[1];
	what.stderr_fd = err[1];
	assert_int_equal(subprocess_run(&what, &code), 0);
	(void)close(out[1]);
	(void)close(err[1]);
	assert_int_equal(read(out_read, text, sizeof(text)), 3);
	assert_memory_equal(text, "out", 3);
	assert_int_equal(read(err_read, text, sizeof(text)), 3);
	assert_memory_equal(text, "err", 3);
}

static void own_session_has_a_new_leader(void **state)
{
	/* Field 6 of /proc/self/stat is the session; the program's name holds no space. */
	const char *argv[] = { "/bin/sh", "-c",
			       "read -r pid n s pp pg sid rest </proc/$$/stat; [ $sid = $$ ]",
			       NULL };
	struct subprocess what = { .argv = argv,
				   .stdin_fd = SUBPROCESS_NULL,
				   .stdout_fd = 1,
				   .stderr_fd = 2,
				   .is_own_session = true };
	int code = -1;

	(void)state;
	assert_int_equal(subprocess_run(&what, &code), 0);
	assert_int_equal(code, 0);
	what.is_own_session = false;
	assert_int_equal(subprocess_run(&what, &code), 0);
	assert_int_not_equal(code, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exit_code_is_passed_on),
		cmocka_unit_test(death_by_signal_is_128_and_the_signal),
		cmocka_unit_test(missing_program_is_enoent_and_leaves_no_child),
		cmocka_unit_test(arguments_are_not_split_by_a_shell),
		cmocka_unit_test(only_named_descriptors_pass),
		cmocka_unit_test(standard_descriptors_may_be_swapped),
		cmocka_unit_test(own_session_has_a_new_leader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

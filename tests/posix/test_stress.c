/* SPDX-License-Identifier: MIT */
/* stress-ng's file system class with --verify through a mount that is opened wide. A stressor that
 * does not pass must do just what it does on a plain directory, or be listed here with the reason.
 * Left out are those that never touch the mount: bind-mount, binderfs, dup, eventfd, ioprio and
 * procfs.
 *
 * CLAUDEFS_TEST_STRESS=NAME runs one; CLAUDEFS_TEST_LONG runs each for five seconds, by four
 * workers. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "tests/lib/form.h"
#include "tests/mount/fixture.h"
#include "tests/posix/opened_wide.h"

/* The program's exit code for what the file system does not offer. */
#define STRESS_SKIPPED 3

/* Alphabetical. */
static const struct stressor {
	const char *name;
	const char *option; /* keeps it small; or NULL */
	const char *value;
} stressors[] = {
	{ "access", NULL, NULL },
	{ "chattr", NULL, NULL },
	{ "chdir", "--chdir-dirs", "256" },
	{ "chmod", NULL, NULL },
	{ "chown", NULL, NULL },
	{ "copy-file", "--copy-file-bytes", "128M" },
	{ "dentry", "--dentries", "256" },
	{ "dir", "--dir-dirs", "256" },
	{ "dirdeep", "--dirdeep-inodes", "512" },
	{ "dirmany", NULL, NULL },
	{ "dnotify", NULL, NULL },
	{ "fallocate", "--fallocate-bytes", "16M" },
	{ "fanotify", NULL, NULL },
	{ "fcntl", NULL, NULL },
	{ "fiemap", "--fiemap-bytes", "1M" },
	{ "file-ioctl", NULL, NULL },
	{ "filename", NULL, NULL },
	{ "flock", NULL, NULL },
	{ "fpunch", NULL, NULL },
	{ "fsize", NULL, NULL },
	{ "fstat", NULL, NULL },
	{ "getdent", NULL, NULL },
	{ "handle", NULL, NULL },
	{ "hdd", "--hdd-bytes", "16M" },
	{ "inode-flags", NULL, NULL },
	{ "inotify", NULL, NULL },
	{ "io", NULL, NULL },
	{ "iomix", "--iomix-bytes", "16M" },
	{ "lease", NULL, NULL },
	{ "link", NULL, NULL },
	{ "locka", NULL, NULL },
	{ "lockf", NULL, NULL },
	{ "lockofd", NULL, NULL },
	{ "mknod", NULL, NULL },
	{ "open", NULL, NULL },
	{ "rename", NULL, NULL },
	{ "symlink", NULL, NULL },
	{ "sync-file", "--sync-file-bytes", "4M" },
	{ "touch", NULL, NULL },
	{ "utime", NULL, NULL },
	{ "verity", NULL, NULL },
	{ "xattr", NULL, NULL },
};

#define STRESSORS (sizeof(stressors) / sizeof(stressors[0]))

/* They exercise what the mount refuses on purpose, and find so before they start. */
static const char *const refused[] = { "link", "symlink", "xattr", NULL };

static bool is_refused(const char *name)
{
	for (size_t i = 0; refused[i]; i++) {
		if (strcmp(refused[i], name) == 0)
			return true;
	}
	return false;
}

/* Becomes the program, in dir, its words in the file output. */
__attribute__((noreturn)) static void exec_stressor(const struct stressor *stressor,
						    const char *dir, const char *output)
{
	const char *argv[16] = { "stress-ng",
				 NULL,
				 form_is_long() ? "4" : "1",
				 "--timeout",
				 form_is_long() ? "5" : "1",
				 "--verify",
				 "--temp-path",
				 dir };
	union {
		const char *const *in;
		char *const *out;
	} arguments = { .in = argv };
	char option[64];
	int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0 || chdir(dir) < 0)
		_exit(126);
	(void)snprintf(option, sizeof(option), "--%s", stressor->name);
	argv[1] = option;
	argv[8] = stressor->option;
	argv[9] = stressor->value;
	(void)execvp(argv[0], arguments.out);
	_exit(127);
}

/* Returns the exit code. */
static int run_in(const struct stressor *stressor, const char *dir, const char *output)
{
	int status = 0;
	pid_t pid;

	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return -1;
	pid = fork();
	if (pid == 0)
		exec_stressor(stressor, dir, output);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* What it left behind would be in the way of the next one, and says that removal failed. */
static bool removed_all(const char *dir)
{
	return rmdir(dir) == 0;
}

static void run_stressor(void **state)
{
	const struct stressor *stressor = *state;
	char output[160];
	char plain[160];
	int in_the_view;
	int in_plain;

	(void)snprintf(output, sizeof(output), "%s", in_root("stress.out"));
	(void)snprintf(plain, sizeof(plain), "%s", in_root("plain"));
	in_the_view = run_in(stressor, in_view("stress"), output);
	if (is_refused(stressor->name)) {
		assert_int_equal(in_the_view, STRESS_SKIPPED);
		return;
	}
	if (in_the_view == 0) {
		assert_true(removed_all(in_view("stress")));
		return;
	}
	print_message("%s", get_file(output));
	in_plain = run_in(stressor, plain, output);
	if (in_plain != in_the_view)
		fail_msg("%s: exit code %d in the view, %d in a plain directory", stressor->name,
			 in_the_view, in_plain);
	print_message("%s: exit code %d in a plain directory too\n", stressor->name, in_plain);
}

static bool has_stress_ng(void)
{
	return system("stress-ng --version >/dev/null 2>&1") == 0;
}

int main(int argc, char **argv)
{
	const char *only = getenv("CLAUDEFS_TEST_STRESS");
	struct CMUnitTest tests[STRESSORS];
	size_t count = 0;

	if (!has_stress_ng())
		return getenv("CLAUDEFS_TEST_NO_SKIP") ? 1 : FIXTURE_SKIPPED;
	for (size_t i = 0; i < STRESSORS; i++) {
		union {
			const struct stressor *in;
			void *out;
		} row = { .in = &stressors[i] };

		if (only && strcmp(only, stressors[i].name) != 0)
			continue;
		tests[count++] = (struct CMUnitTest){
			.name = stressors[i].name,
			.test_func = run_stressor,
			.initial_state = row.out,
		};
	}
	return fixture_run_group(argc, argv, "stress", OPENED_WIDE, tests, count);
}

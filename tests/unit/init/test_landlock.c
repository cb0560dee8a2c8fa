/* SPDX-License-Identifier: MIT */
/* The Landlock step by itself, where no mount and no filter helps it: each deed is done once
 * without it, as the control, and once behind it. */
#include "tests/unit/cmocka_setup.h"
#include "tests/unit/temp_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/steps.h"

static struct temp_dir dir;
static char writable[300], other[300], plain[300], programs[300];
static long abi;

static int setup(void **state)
{
	int r = temp_dir_make(&dir);

	(void)state;
	abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	(void)snprintf(writable, sizeof(writable), "%s/writable", dir.path);
	(void)snprintf(other, sizeof(other), "%s/other", dir.path);
	(void)snprintf(plain, sizeof(plain), "%s/plain", dir.path);
	(void)snprintf(programs, sizeof(programs), "%s/programs", dir.path);
	if (r < 0 || mkdir(writable, 0700) < 0 || mkdir(other, 0700) < 0 ||
	    mkdir(plain, 0700) < 0 || mkdir(programs, 0700) < 0)
		return -1;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	temp_dir_remove(&dir);
	return 0;
}

static bool restrict_self(void)
{
	struct init_context context = { .path_count = 6 };

	context.paths[0] = (struct init_path){ writable, true };
	context.paths[1] = (struct init_path){ programs, true };
	context.paths[2] = (struct init_path){ programs, false };
	context.paths[3] = (struct init_path){ "/usr", false };
	context.paths[4] = (struct init_path){ "/absent/as/an/optional/mount", true };
	context.paths[5] = (struct init_path){ other, true };
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && step_landlock(&context) == 0;
}

/* A deed gives 0 or an errno. In a child: what it gave, or -1. */
static int in_child(bool is_restricted, int (*deed)(void))
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(is_restricted && !restrict_self() ? 255 : deed());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 255);
	return WEXITSTATUS(status);
}

static void only_the_wall_stops(int (*deed)(void), int error)
{
	assert_int_equal(in_child(false, deed), 0);
	assert_int_equal(in_child(true, deed), error);
}

static int make_file(const char *place)
{
	char path[400];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/file", place);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	return fd < 0 ? errno : unlink(path) < 0 ? errno : 0;
}

static int make_in_writable(void)
{
	return make_file(writable);
}

static int make_in_plain(void)
{
	return make_file(plain);
}

static int truncate_in_plain(void)
{
	char path[400];

	(void)snprintf(path, sizeof(path), "%s/kept", plain);
	return truncate(path, 0) < 0 ? errno : 0;
}

static int read_in_plain(void)
{
	char path[400];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/kept", plain);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? errno : 0;
}

static int move_between(const char *from, const char *to)
{
	char old[400], new[400];

	(void)snprintf(old, sizeof(old), "%s/moved", from);
	(void)snprintf(new, sizeof(new), "%s/moved", to);
	if (mkdir(old, 0700) < 0 && errno != EEXIST)
		return errno;
	if (rename(old, new) < 0)
		return errno;
	return rmdir(new) < 0 ? errno : 0;
}

static int move_among_writable(void)
{
	return move_between(writable, other);
}

static int move_out(void)
{
	return move_between(writable, plain);
}

/* What moves must not become more than it was: mv(1) copies instead, as between file systems. */
static int move_to_programs(void)
{
	return move_between(writable, programs);
}

static int run_program(const char *place)
{
	char path[400];
	pid_t child;
	int status;

	(void)snprintf(path, sizeof(path), "%s/true", place);
	child = vfork();
	if (child == 0) {
		(void)execl(path, path, NULL);
		_exit(errno);
	}
	return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 254;
}

static int run_in_programs(void)
{
	return run_program(programs);
}

static int run_in_writable(void)
{
	return run_program(writable);
}

static int mount_here(void)
{
	return unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0        ? errno
	       : mount("none", writable, "tmpfs", 0, NULL) < 0 ? errno
							       : 0;
}

static int connect_abstract(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len;

	(void)snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "claudefs-test-%d",
		       (int)getppid());
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			  strlen(address.sun_path + 1));
	return connect(fd, (struct sockaddr *)&address, len) < 0 ? errno : 0;
}

static int signal_parent(void)
{
	return kill(getppid(), 0) < 0 ? errno : 0;
}

static void copy_true(const char *place)
{
	char command[800];
	int status;
	pid_t child;

	(void)snprintf(command, sizeof(command), "%s/true", place);
	child = vfork();
	if (child == 0) {
		(void)execlp("cp", "cp", "/bin/true", command, NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void need(long version)
{
	if (abi < version) {
		print_message("this kernel has version %ld of Landlock, not %ld\n", abi, version);
		skip();
	}
}

static void writing_is_bound_to_the_paths(void **state)
{
	char path[400];

	(void)state;
	need(2);
	(void)snprintf(path, sizeof(path), "%s/kept", plain);
	(void)close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	assert_int_equal(in_child(true, make_in_writable), 0);
	assert_int_equal(in_child(true, read_in_plain), 0);
	only_the_wall_stops(make_in_plain, EACCES);
	if (abi >= 3)
		only_the_wall_stops(truncate_in_plain, EACCES);
}

static void files_move_among_writable_places_only(void **state)
{
	(void)state;
	need(2);
	assert_int_equal(in_child(true, move_among_writable), 0);
	only_the_wall_stops(move_out, EACCES);
	only_the_wall_stops(move_to_programs, EXDEV);
}

static void what_is_writable_is_not_executable(void **state)
{
	(void)state;
	need(2);
	copy_true(programs);
	copy_true(writable);
	assert_int_equal(in_child(true, run_in_programs), 0);
	only_the_wall_stops(run_in_writable, EACCES);
}

static void nothing_is_mounted(void **state)
{
	(void)state;
	need(2);
	if (in_child(false, mount_here) != 0)
		skip(); /* no user namespaces here: no control */
	only_the_wall_stops(mount_here, EPERM);
}

static void abstract_sockets_outside_are_closed(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len;

	(void)state;
	need(6);
	(void)snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "claudefs-test-%d",
		       (int)getpid());
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			  strlen(address.sun_path + 1));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(fd, 8), 0);
	only_the_wall_stops(connect_abstract, EPERM);
	(void)close(fd);
}

static void no_signal_leaves(void **state)
{
	(void)state;
	need(6);
	only_the_wall_stops(signal_parent, EPERM);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(writing_is_bound_to_the_paths),
		cmocka_unit_test(files_move_among_writable_places_only),
		cmocka_unit_test(what_is_writable_is_not_executable),
		cmocka_unit_test(nothing_is_mounted),
		cmocka_unit_test(abstract_sockets_outside_are_closed),
		cmocka_unit_test(no_signal_leaves),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

/* SPDX-License-Identifier: MIT */
/* The process that reads the agent's pack, and what it tries when somebody has taken it over: each
 * deed is done once without the confinement, as the control, and once within. */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/leave.h"
#include "tests/unit/cmocka_setup.h"
#include "tests/unit/temp_dir.h"

#include "fs/git/push_quarantine.h"

static const struct push_limits limits = { .pack_bytes = 1 << 20,
					   .objects = 1000,
					   .object_bytes = 1 << 20,
					   .commits = 1000,
					   .seconds = 20 };
static struct temp_dir dir;
static char quarantine[300];
static int server = -1;

static int setup(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET };

	(void)state;
	if (temp_dir_make(&dir) < 0 || temp_dir_write(&dir, "secret", "x") < 0 ||
	    mkdirat(dir.fd, "quarantine", 0700) < 0)
		return -1;
	(void)snprintf(quarantine, sizeof(quarantine), "%s/quarantine", dir.path);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return bind(server, (struct sockaddr *)&address, sizeof(address)) == 0 &&
			       listen(server, 8) == 0
		       ? 0
		       : -1;
}

static int teardown(void **state)
{
	(void)state;
	(void)close(server);
	temp_dir_remove(&dir);
	return 0;
}

/* Deeds give 0 or an errno. */
static int make_socket(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0 ? errno : 0;
}

static int make_local_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0 ? errno : 0;
}

static int connect_with(int fd)
{
	struct sockaddr_in address;
	socklen_t len = sizeof(address);

	(void)getsockname(server, (struct sockaddr *)&address, &len);
	return connect(fd, (struct sockaddr *)&address, len) < 0 ? errno : 0;
}

static int run_program(void)
{
	pid_t child = vfork();
	int status = 0;

	if (child == 0) {
		(void)execl("/bin/true", "true", NULL);
		_exit(1);
	}
	return child < 0 ? errno : waitpid(child, &status, 0) != child ? errno : status;
}

static int become_program(void)
{
	(void)execl("/bin/true", "true", NULL);
	return errno;
}

static int make_process(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	return child < 0 ? errno : 0;
}

static int trace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 ? errno : 0;
}

static int signal_parent(void)
{
	return kill(getppid(), 0) < 0 ? errno : 0;
}

static int read_other_process(void)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)getppid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? errno : 0;
}

static int read_outside(void)
{
	char path[400];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/secret", dir.path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? errno : 0;
}

static int write_outside(void)
{
	char path[400];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/made", dir.path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	return fd < 0 ? errno : 0;
}

/* These say nothing of whether it was done. */
static int change_mode(void)
{
	char path[400];

	(void)snprintf(path, sizeof(path), "%s/secret", dir.path);
	return chmod(path, 0644) < 0 ? errno : 0;
}

static int change_mode_beneath(void)
{
	return fchmodat(dir.fd, "secret", 0644, 0) < 0 ? errno : 0;
}

static int change_times(void)
{
	static const struct timespec past[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };

	return utimensat(dir.fd, "secret", past, 0) < 0 ? errno : 0;
}

static int direct_signals(void)
{
	return fcntl(server, F_SETOWN, getppid()) < 0 ? errno : 0;
}

static int make_executable_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0) == MAP_FAILED
		       ? errno
		       : 0;
}

static int unshare_nothing(void)
{
	/* Needs no right. */
	return syscall(SYS_unshare, 0) < 0 ? errno : 0;
}

static int ask_limits(void)
{
	return syscall(SYS_prlimit64, getppid(), 0, NULL, NULL) < 0 ? errno : 0;
}

static int use_ring(void)
{
	/* EFAULT: it looked at its arguments. */
	return syscall(SYS_io_uring_setup, 1, NULL) < 0 && errno == EFAULT ? 0 : errno;
}

static int write_inside(void)
{
	char path[400];
	char other[400];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/a", quarantine);
	(void)snprintf(other, sizeof(other), "%s/b", quarantine);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, "x", 1) != 1 || ftruncate(fd, 0) < 0 || rename(path, other) < 0)
		return errno;
	return unlink(other) < 0 ? errno : 0;
}

/* What the deed gave in a child: within the confinement, or without. */
static int in_child(bool is_confined, int (*deed)(void))
{
	pid_t child = fork();
	int status = 0;

	if (child == 0)
		leave(is_confined && push_confine(quarantine, &limits) < 0 ? 255 : deed());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_not_equal(WEXITSTATUS(status), 255);
	return WEXITSTATUS(status);
}

static void need_filter(void)
{
#ifdef CLAUDEFS_SANITIZED
	print_message("a sanitized build has no filter\n");
	skip();
#else
	/* valgrind */
	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, NULL) < 0 && errno == ENOSYS)
		skip();
#endif
}

static void calls_that_it_does_not_need_fail(void **state)
{
	static const struct {
		const char *name;
		int (*deed)(void);
	} deeds[] = {
		{ "socket", make_socket },
		{ "local socket", make_local_socket },
		{ "program", run_program },
		{ "fork", make_process },
		{ "ptrace", trace },
		{ "signal", signal_parent },
		{ "signal by a descriptor", direct_signals },
		{ "executable memory", make_executable_memory },
		{ "unshare", unshare_nothing },
		{ "prlimit of another", ask_limits },
	};

	(void)state;
	need_filter();
	for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
		int without = in_child(false, deeds[i].deed);
		int within = in_child(true, deeds[i].deed);

		print_message("%s: %d, within %d\n", deeds[i].name, without, within);
		assert_int_equal(without, 0);
		assert_int_equal(within, EPERM);
	}
	/* It does not come back, so there is nothing to compare with. */
	assert_int_equal(in_child(true, become_program), EPERM);
	if (in_child(false, use_ring) == 0)
		assert_int_equal(in_child(true, use_ring), EPERM);
}

static long landlock_version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static void only_the_quarantine_is_there(void **state)
{
	(void)state;
	assert_int_equal(in_child(true, write_inside), 0);
	if (landlock_version() < 1)
		skip();
	assert_int_equal(in_child(false, read_outside), 0);
	assert_int_equal(in_child(true, read_outside), EACCES);
	assert_int_equal(in_child(false, write_outside), 0);
	assert_int_equal(in_child(true, write_outside), EACCES);
	assert_int_equal(in_child(false, read_other_process), 0);
	assert_int_equal(in_child(true, read_other_process), EACCES);
}

/* Did the deed change the mode or the times of a file outside? */
static bool does_change(bool is_confined, int (*deed)(void))
{
	static const struct timespec now[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	struct stat info;

	assert_int_equal(fchmodat(dir.fd, "secret", 0600, 0), 0);
	assert_int_equal(utimensat(dir.fd, "secret", now, 0), 0);
	assert_int_equal(in_child(is_confined, deed), 0);
	assert_int_equal(fstatat(dir.fd, "secret", &info, 0), 0);
	return (info.st_mode & 07777) != 0600 || info.st_mtim.tv_sec != 1000;
}

/* Landlock knows nothing of these. That they seem to be done is what libgit2 needs. */
static void no_mode_and_no_time_changes(void **state)
{
	int (*const deeds[])(void) = { change_mode, change_mode_beneath, change_times };

	(void)state;
	need_filter();
	for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
		assert_true(does_change(false, deeds[i]));
		assert_false(does_change(true, deeds[i]));
	}
}

/* A socket that was made before, if one were left open by mistake, connects to nothing. */
static void no_port_is_reached(void **state)
{
	int before = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t child;
	int status = 0;

	(void)state;
	if (landlock_version() < 4)
		skip();
	child = fork();
	if (child == 0)
		leave(push_confine(quarantine, &limits) < 0 ? 255 : connect_with(before));
	assert_int_equal(waitpid(child, &status, 0), child);
	/* By the filter or by Landlock: EPERM or EACCES. */
	assert_true(WIFEXITED(status) &&
		    (WEXITSTATUS(status) == EPERM || WEXITSTATUS(status) == EACCES));
	assert_int_equal(connect_with(before), 0);
	(void)close(before);
}

/* As the kernel tells it to everybody. */
static void the_kernel_says_so(void **state)
{
	char path[64];
	char text[8192] = "";
	int ends[2];
	pid_t child;
	int fd;

	(void)state;
	need_filter();
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		char c = push_confine(quarantine, &limits) == 0 ? 'y' : 'n';

		(void)!write(ends[1], &c, 1);
		(void)close(ends[1]);
		(void)poll(NULL, 0, 10000);
		_exit(0);
	}
	(void)close(ends[1]);
	assert_int_equal(read(ends[0], text, 1), 1);
	assert_int_equal(text[0], 'y');
	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)child);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	(void)close(fd);
	(void)close(ends[0]);
	(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
	assert_non_null(strstr(text, "\nSeccomp:\t2\n"));
	assert_non_null(strstr(text, "\nNoNewPrivs:\t1\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_that_it_does_not_need_fail),
		cmocka_unit_test(only_the_quarantine_is_there),
		cmocka_unit_test(no_mode_and_no_time_changes),
		cmocka_unit_test(no_port_is_reached),
		cmocka_unit_test(the_kernel_says_so),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

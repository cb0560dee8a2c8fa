/* SPDX-License-Identifier: MIT */
#include "fs/base/subprocess.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/cleanup.h"

extern char **environ;

static int clear_cloexec(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags < 0 || fcntl(fd, F_SETFD, flags & ~FD_CLOEXEC) < 0)
		return -errno;
	return 0;
}

/* 0, 1 and 2 may be given in any order and may overlap (2 as stdout): all are first lifted above
 * them. */
static int place_standard_fds(const struct subprocess *what)
{
	const int given[3] = { what->stdin_fd, what->stdout_fd, what->stderr_fd };
	int lifted[3];

	for (int i = 0; i < 3; i++) {
		int fd = given[i];

		if (fd < 0)
			fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		lifted[i] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (lifted[i] < 0)
			return -errno;
	}
	for (int i = 0; i < 3; i++) {
		if (dup2(lifted[i], i) < 0)
			return -errno;
	}
	return 0;
}

/* Runs in the child; only async-signal-safe calls. Returns the -errno that kept it from exec. */
static int become(const struct subprocess *what)
{
	const char *const *envp = what->envp ? what->envp : (const char *const *)(void *)environ;
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t none;
	int r;

	(void)sigemptyset(&none);
	(void)sigaction(SIGPIPE, &action, NULL);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (what->is_own_session && setsid() < 0)
		return -errno;
	if (what->directory && chdir(what->directory) < 0)
		return -errno;
	r = place_standard_fds(what);
	for (size_t i = 0; r == 0 && i < what->keep_count; i++)
		r = clear_cloexec(what->keep[i]);
	if (r < 0)
		return r;
	/* exec takes char *const[] for historical reasons and changes nothing. */
	(void)execve(what->argv[0], (char *const *)(void *)(size_t)what->argv,
		     (char *const *)(void *)(size_t)envp);
	return -errno;
}

int subprocess_start(const struct subprocess *what, pid_t *ret_pid)
{
	cleanup_fd int report_read = -1;
	cleanup_fd int report_write = -1;
	int report[2];
	int error = 0;
	ssize_t n;
	pid_t pid;

#ifdef __linux__
	if (pipe2(report, O_CLOEXEC) < 0)
		return -errno;
#else
	if (pipe(report) < 0)
		return -errno;
	(void)fcntl(report[0], F_SETFD, FD_CLOEXEC);
	(void)fcntl(report[1], F_SETFD, FD_CLOEXEC);
#endif
	report_read = report[0];
	/* Above 2, or placing the standard descriptors would close it. */
	report_write = fcntl(report[1], F_DUPFD_CLOEXEC, 3);
	(void)close(report[1]);
	if (report_write < 0)
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		error = become(what);
		(void)!write(report_write, &error, sizeof(error));
		_exit(127);
	}
	cleanup_close_fd(&report_write);
	report_write = -1;
	do {
		n = read(report_read, &error, sizeof(error));
	} while (n < 0 && errno == EINTR);
	if (n == 0) {
		*ret_pid = pid;
		return 0;
	}
	(void)subprocess_wait(pid, NULL);
	return n == (ssize_t)sizeof(error) ? error : -EIO;
}

int subprocess_code(int wait_status)
{
	if (WIFEXITED(wait_status))
		return WEXITSTATUS(wait_status);
	return 128 + WTERMSIG(wait_status);
}

int subprocess_wait(pid_t pid, int *ret_code)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	if (ret_code)
		*ret_code = subprocess_code(status);
	return 0;
}

int subprocess_run(const struct subprocess *what, int *ret_code)
{
	pid_t pid = 0;
	int r = subprocess_start(what, &pid);

	return r < 0 ? r : subprocess_wait(pid, ret_code);
}

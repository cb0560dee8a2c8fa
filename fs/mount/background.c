/* SPDX-License-Identifier: MIT */
#include "fs/mount/background.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/message.h"

/* Never returns. */
static void wait_for_report(pid_t child, int fd)
{
	unsigned char code = EXIT_FAULT;
	int status = 0;
	ssize_t n;

	do {
		n = read(fd, &code, 1);
	} while (n < 0 && errno == EINTR);
	if (n == 1)
		_exit(code);
	/* It ended without a report: it has said why, and its code is the answer. */
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			_exit(EXIT_FAULT);
	}
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAULT);
}

int background_start(void)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid < 0) {
		int r = -errno;

		(void)close(fds[0]);
		(void)close(fds[1]);
		return r;
	}
	if (pid > 0) {
		(void)close(fds[1]);
		wait_for_report(pid, fds[0]);
	}
	(void)close(fds[0]);
	(void)setsid();
	return fds[1];
}

void background_report(int fd, int code)
{
	unsigned char byte = (unsigned char)code;
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null_fd >= 0) {
		for (int target = 0; target <= 2; target++)
			(void)dup2(null_fd, target);
		(void)close(null_fd);
	}
	/* A parent that is gone needs no report. */
	while (write(fd, &byte, 1) < 0 && errno == EINTR)
		;
	(void)close(fd);
}

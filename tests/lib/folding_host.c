/* SPDX-License-Identifier: MIT */
/* Runs a test on a host that folds names:
 *
 *	folding_host COMMAND [ARGUMENT...]
 *
 * CLAUDEFS_TEST_PARENT is then a directory of a folding file system (folding_fs.h) beneath /tmp, in
 * which the test makes its temporary directories. Ends with the command's exit code. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/folding_fs.h"

#define WAIT_STEP_US 20000
#define WAIT_STEPS   1000 /* 20 seconds */

static char top[] = "/tmp/claudefs-folding-XXXXXX";
static char real[sizeof(top) + 8];
static char host[sizeof(top) + 8];

static int exit_code(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return 1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static pid_t start_layer(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		int fd = open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		_exit(fd < 0 ? 1 : folding_fs_serve(fd, host));
	}
	return pid;
}

static bool wait_for_mount(pid_t pid)
{
	struct stat below;
	struct stat st;

	if (stat(top, &below) < 0)
		return false;
	for (int i = 0; i < WAIT_STEPS && kill(pid, 0) == 0; i++) {
		if (stat(host, &st) == 0 && st.st_dev != below.st_dev)
			return true;
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return false;
		(void)usleep(WAIT_STEP_US);
	}
	return false;
}

static int run(char **command)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (setenv("CLAUDEFS_TEST_PARENT", host, 1) == 0)
			(void)execvp(command[0], command);
		perror(command[0]);
		_exit(127);
	}
	return pid < 0 ? 1 : exit_code(pid);
}

static void remove_all(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)execlp("rm", "rm", "-rf", "--one-file-system", "--", top, (char *)NULL);
		_exit(127);
	}
	if (pid > 0)
		(void)exit_code(pid);
}

int main(int argc, char **argv)
{
	pid_t layer;
	int code = 1;

	if (argc < 2) {
		(void)fprintf(stderr, "usage: folding_host COMMAND [ARGUMENT...]\n");
		return 2;
	}
	if (!mkdtemp(top))
		return 1;
	(void)snprintf(real, sizeof(real), "%s/real", top);
	(void)snprintf(host, sizeof(host), "%s/host", top);
	if (mkdir(real, 0755) < 0 || mkdir(host, 0755) < 0 || chmod(top, 0755) < 0)
		return 1;
	layer = start_layer();
	if (layer > 0 && wait_for_mount(layer))
		code = run(argv + 1);
	else
		(void)fprintf(stderr, "folding_host: the layer does not serve\n");
	if (layer > 0) {
		(void)kill(layer, SIGTERM);
		(void)exit_code(layer);
	}
	remove_all();
	return code;
}

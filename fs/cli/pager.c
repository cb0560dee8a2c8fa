/* SPDX-License-Identifier: MIT */
#include "fs/cli/pager.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/subprocess.h"

/* NULL: none is wanted. In git's order: a variable that is set decides, also if it is empty. */
static const char *pager_command(const struct cli *cli)
{
	static const char *const variables[] = { "CLAUDEFS_PAGER", "GIT_PAGER", "PAGER" };
	const char *command = NULL;

	if (cli->has_no_pager || cli->is_json || isatty(STDOUT_FILENO) != 1)
		return NULL;
	for (size_t i = 0; !command && i < sizeof(variables) / sizeof(variables[0]); i++)
		command = getenv(variables[i]);
	if (!command)
		command = "less";
	return *command && strcmp(command, "cat") != 0 ? command : NULL;
}

void pager_start(const struct cli *cli, struct pager *pager)
{
	const char *command = pager_command(cli);
	/* $PAGER is the person's own, and may hold arguments: git hands it to a shell too. */
	const char *argv[] = { "/bin/sh", "-c", command, NULL };
	struct subprocess what = { .argv = argv,
				   .stdout_fd = STDOUT_FILENO,
				   .stderr_fd = STDERR_FILENO };
	cleanup_fd int saved = -1;
	cleanup_fd int write_end = -1;
	cleanup_fd int read_end = -1;
	int ends[2];
	pid_t pid;

	if (!command || pipe2(ends, O_CLOEXEC) < 0)
		return;
	read_end = ends[0];
	write_end = ends[1];
	/* Quit if it fits on a screen, pass colours, leave the screen as it is. */
	(void)setenv("LESS", "FRX", 0);
	(void)setenv("LV", "-c", 0);
	what.stdin_fd = read_end;
	saved = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (saved < 0 || subprocess_start(&what, &pid) < 0)
		return;
	(void)fflush(stdout);
	(void)dup2(write_end, STDOUT_FILENO);
	/* Whoever quits the pager early has seen enough: that ends us in order, by a failed write.
	 */
	(void)signal(SIGPIPE, SIG_IGN);
	pager->pid = pid;
	pager->stdout_fd = steal_fd(&saved);
}

void pager_finish(struct pager *pager)
{
	int code;

	if (pager->pid == 0)
		return;
	(void)fflush(stdout);
	clearerr(stdout);
	(void)dup2(pager->stdout_fd, STDOUT_FILENO);
	cleanup_close_fd(&pager->stdout_fd);
	(void)subprocess_wait(pager->pid, &code);
	pager->pid = 0;
}

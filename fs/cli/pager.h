/* SPDX-License-Identifier: MIT */
/* A pager between us and the terminal, as git starts one: $CLAUDEFS_PAGER, $GIT_PAGER or $PAGER,
 * else less, which quits by itself if all fits. What it gets is terminal-safe already. */
#ifndef CLAUDEFS_CLI_PAGER_H
#define CLAUDEFS_CLI_PAGER_H

#include <sys/types.h>

#include "fs/cli/command.h"

struct pager {
	pid_t pid;     /* 0: none was started */
	int stdout_fd; /* the real standard output, meanwhile */
};

/* Sends stdout through a pager if it is a terminal and the person did not object (--no-pager,
 * --json, a variable that is empty or "cat"). Without one that can be started, output goes where it
 * went. */
void pager_start(const struct cli *cli, struct pager *pager);

/* Ends the output, waits until the person has read it, and puts stdout back. Does nothing if none
 * was started. */
void pager_finish(struct pager *pager);
#define cleanup_pager __attribute__((cleanup(pager_finish)))

#endif

/* SPDX-License-Identifier: MIT */
/* Leaving the terminal: the caller's process waits until the view is served, so that whoever
 * started the daemon may use the mount as soon as the command returns. */
#ifndef CLAUDEFS_MOUNT_BACKGROUND_H
#define CLAUDEFS_MOUNT_BACKGROUND_H

/* Forks. The parent never returns from this: it exits with the code that the child reports, or that
 * the child died with. In the child returns the fd to report on, or -errno. */
int background_start(void);

/* Reports code to the waiting parent, gives up the terminal, and closes fd. */
void background_report(int fd, int code);

#endif

/* SPDX-License-Identifier: MIT */
/* Puts the person's terminal back when claudefs-run can no longer do it: after kill -9, or out of
 * memory. A process of its own, which waits for nothing but the end of the one that started it. */
#ifndef CLAUDEFS_LAUNCHER_TERMINAL_WATCHER_H
#define CLAUDEFS_LAUNCHER_TERMINAL_WATCHER_H

#include <sys/types.h>
#include <termios.h>

struct terminal_watcher {
	pid_t pid; /* 0: none */
	int life;  /* open as long as the caller lives */
};
#define TERMINAL_WATCHER_NONE        \
	{                            \
		.pid = 0, .life = -1 \
	}

/* Watches the caller. When that ends without terminal_watcher_end(), and the terminal at 0 still
 * has exactly the settings of raw, it gets those of saved; whoever set others meanwhile (a shell)
 * knows better. Call before setting raw. Returns 0 or -errno. */
int terminal_watcher_start(const struct termios *saved, const struct termios *raw,
			   struct terminal_watcher *ret);

/* The terminal was put back: lets the watcher go. Idempotent. */
void terminal_watcher_end(struct terminal_watcher *watcher);

#endif

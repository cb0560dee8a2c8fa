/* SPDX-License-Identifier: MIT */
#include "launcher/terminal_watcher.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define DONE 'd' /* the terminal is as it was */

static bool is_same(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
	       a->c_lflag == b->c_lflag && memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc)) == 0;
}

_Noreturn static void watch(int life, const struct termios *saved, const struct termios *raw)
{
	/* What a terminal user interface leaves switched: cursor hidden, pastes marked. */
	static const char visible[] = "\033[?25h\033[?2004l\r\n";
	struct termios now;
	sigset_t all;
	char word = 0;
	ssize_t n;

	/* A session of its own: no key and no hang-up ends it, and it may set a terminal that is
	 * not its controlling one from the background. */
	(void)setsid();
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	(void)prctl(PR_SET_NAME, "claudefs-tty", 0, 0, 0);
	if (life != 3 && dup2(life, 3) < 0)
		_exit(1);
	/* It would keep pipes and sockets of the session open. */
	(void)syscall(SYS_close_range, 4u, ~0u, 0u);
	/* Nor keep the caller's directory busy; a failure only does that. */
	(void)!chdir("/");
	do {
		n = read(3, &word, 1);
	} while (n < 0 && errno == EINTR);
	if (word != DONE && tcgetattr(STDIN_FILENO, &now) == 0 && is_same(&now, raw) &&
	    tcsetattr(STDIN_FILENO, TCSANOW, saved) == 0)
		(void)!write(STDIN_FILENO, visible, sizeof(visible) - 1);
	_exit(0);
}

int terminal_watcher_start(const struct termios *saved, const struct termios *raw,
			   struct terminal_watcher *ret)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid < 0) {
		int r = -errno;

		(void)close(ends[0]);
		(void)close(ends[1]);
		return r;
	}
	if (pid == 0) {
		(void)close(ends[1]);
		watch(ends[0], saved, raw);
	}
	(void)close(ends[0]);
	*ret = (struct terminal_watcher){ pid, ends[1] };
	return 0;
}

void terminal_watcher_end(struct terminal_watcher *watcher)
{
	const char word = DONE;

	if (watcher->pid <= 0)
		return;
	(void)!write(watcher->life, &word, 1);
	(void)close(watcher->life);
	(void)waitpid(watcher->pid, NULL, 0);
	*watcher = (struct terminal_watcher)TERMINAL_WATCHER_NONE;
}

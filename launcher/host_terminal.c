/* SPDX-License-Identifier: MIT */
#include "launcher/host_terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "launcher/terminal_watcher.h"

/* Process-wide, as the terminal is: handlers and atexit get no argument. */
static struct termios saved;
static volatile sig_atomic_t is_raw;
static struct terminal_watcher watcher = TERMINAL_WATCHER_NONE;

static const int fatal_signals[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV };

void host_terminal_restore(void)
{
	if (!is_raw)
		return;
	is_raw = 0;
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
	terminal_watcher_end(&watcher);
}

/* Only async-signal-safe calls; SA_RESETHAND has put the default back. */
static void restore_and_die(int signal_number)
{
	if (is_raw) {
		is_raw = 0;
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	}
	(void)raise(signal_number);
}

void host_terminal_copy_size(int pty)
{
	struct winsize size;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
		(void)ioctl(pty, TIOCSWINSZ, &size);
}

int host_terminal_enter(int pty)
{
	static bool is_registered;
	struct sigaction action = { .sa_handler = restore_and_die, .sa_flags = SA_RESETHAND };
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &saved) < 0)
		return -errno;
	host_terminal_copy_size(pty);
	/* The agent's terminal starts as the person's was (erase character, UTF-8, ...). */
	(void)tcsetattr(pty, TCSANOW, &saved);
	if (!is_registered) {
		(void)atexit(host_terminal_restore);
		for (size_t i = 0; i < sizeof(fatal_signals) / sizeof(fatal_signals[0]); i++)
			(void)sigaction(fatal_signals[i], &action, NULL);
		is_registered = true;
	}
	raw = saved;
	cfmakeraw(&raw);
	/* Without one the session is as good; only after kill -9 the terminal would stay raw. */
	(void)terminal_watcher_start(&saved, &raw, &watcher);
	is_raw = 1;
	return tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) < 0 ? -errno : 0;
}

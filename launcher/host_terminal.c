/* SPDX-License-Identifier: MIT */
#include "launcher/host_terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* Process-wide, as the terminal is: handlers and atexit get no argument. */
static struct termios saved;
static volatile sig_atomic_t is_raw;

static const int fatal_signals[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV };

void host_terminal_restore(void)
{
	if (!is_raw)
		return;
	is_raw = 0;
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
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
	is_raw = 1;
	return tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) < 0 ? -errno : 0;
}

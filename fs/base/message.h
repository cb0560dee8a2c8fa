/* SPDX-License-Identifier: MIT */
/* How a program speaks to a person on stderr: one terminal-safe line that names the object and the
 * mend. Only programs print (cli, launcher, init, mount's main); libraries return errors. */
#ifndef CLAUDEFS_BASE_MESSAGE_H
#define CLAUDEFS_BASE_MESSAGE_H

/* The exit codes of all programs, in docs/man and README. claudefs-run passes the agent's own code
 * through and uses 125 to 127 for its own failures, as container engines do. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_FAULT = 1, /* I/O or internal error */
	EXIT_USAGE = 2,
	EXIT_CONFLICT = 3, /* commit, undo: something was left alone because the host changed too */
	EXIT_NO_SESSION = 4,
	EXIT_DAMAGED = 5,    /* journal, object or receipt does not verify */
	EXIT_TOO_NEW = 6,    /* session of a newer format version */
	EXIT_HOST_STATE = 7, /* ~/.claude is missing, not the one of the session, or not readable */
	EXIT_RULES = 8,      /* a rule file is broken */
	EXIT_BUSY = 9,       /* another commit, daemon or mount holds it */
	EXIT_NO_SPACE = 10,
	EXIT_REFUSED = 11, /* policy: asked for something that is never allowed */
	EXIT_NO_FUSE = 12,
	EXIT_HELD = 13, /* what was asked for stays, since it cannot be applied as it is */
	EXIT_RUN_FAILED = 125,
	EXIT_RUN_CANNOT_EXEC = 126,
	EXIT_RUN_NOT_FOUND = 127,
};

/* name (borrowed for the life of the program) is put in front of every line. */
void message_set_program(const char *name);

/* "program: text\n" on stderr, made terminal-safe as a whole (arguments may be untrusted). */
void message_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void message_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void message_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The exit code for a negative errno of the layers below. */
enum exit_code message_exit_code(int error);

/* Of two exit codes the one that a program which did both ends with: a fault before what was
 * refused, that before a conflict, that before what is held. */
int message_worse_code(int a, int b);

#endif

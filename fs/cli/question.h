/* SPDX-License-Identifier: MIT */
/* Questions to the person: on stderr, answered by a line of stdin, so that answers can be piped. */
#ifndef CLAUDEFS_CLI_QUESTION_H
#define CLAUDEFS_CLI_QUESTION_H

/* Asks text (made terminal-safe, without newline) and returns the first character of the answer in
 * lower case, '\n' for an empty one, or 0 at the end of the input. */
char question_ask(const char *text);

/* The same, but gives the whole answer (ret_), without spaces around it and the newline. NULL: the
 * end of the input, or no memory. */
char *question_ask_line(const char *text);

#endif

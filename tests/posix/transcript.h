/* SPDX-License-Identifier: MIT */
/* A case is a script of system calls. It runs in a plain directory and in the view, writing down
 * what came of each call; the two transcripts must be the same but for the differences that are
 * listed in differences.c with their reasons. So the reference is the kernel's own file system, not
 * what we remember of POSIX.
 *
 * A case starts in a directory (its working directory, mode 0755) that holds
 *	f (12 bytes)  g (3 bytes)  d/  d/f (3 bytes)  e/
 * made either through the mount or by the host before the mount, and must take the same path
 *through its code whatever the calls return. */
#ifndef CLAUDEFS_TESTS_POSIX_TRANSCRIPT_H
#define CLAUDEFS_TESTS_POSIX_TRANSCRIPT_H

#include <stdbool.h>
#include <stddef.h>

struct posix_case {
	const char *name;
	void (*run)(void);
	bool needs_root; /* several uids */
};

struct difference {
	const char *line;   /* pattern (fnmatch) of the view's line, "case: call = result" */
	const char *reason; /* as in docs/TESTING.md */
	unsigned int seen;
};

/* Ends with a row whose line is NULL. */
extern struct difference differences[];

/* All but the first end with a row whose name is NULL; each file has one. */
extern const struct posix_case file_cases[];
extern const struct posix_case name_cases[];
extern const struct posix_case owner_cases[];
extern const struct posix_case process_cases[];
extern const struct posix_case time_cases[];

/* Notes "what = ok" or the error's name. Returns result. */
long note_result(const char *what, long result);
/* Notes "what = value", or the error's name if it is below 0. Returns value. */
long note_value(const char *what, long value);
/* Keeps the times of what there is in the working directory, to be compared by times_note(). */
void times_keep(void);
/* Notes which of atime, mtime and ctime changed, by name: "f:mc" and so on. */
void times_note(const char *what, long result);
/* Another open file whose times are compared; -1: none. */
void times_watch(int fd);

#define TRY(call)   note_result(#call, (errno = 0, (long)(call)))
#define VALUE(call) note_value(#call, (errno = 0, (long)(call)))
#define TIMES(call)                                           \
	do {                                                  \
		times_keep();                                 \
		times_note(#call, (errno = 0, (long)(call))); \
	} while (0)

/* Runs body in a child, whose notes join the transcript. */
void in_process(void (*body)(void));

/* Makes the files that a case starts with, in the working directory. */
int make_start(void);
/* Runs the case in the directory plain and the directory view (which has its files already if
 * is_made). Returns the number of differences that are not listed. */
unsigned int compare_case(const struct posix_case *posix_case, const char *plain, const char *view,
			  bool is_made);

#endif

/* SPDX-License-Identifier: MIT */
/* Writers whose acknowledged work can be counted and found again in a session's journal. Each step
 * ends with an fsync or with a rename behind one; content is numbered from 1. */
#ifndef CLAUDEFS_TESTS_WRITERS_H
#define CLAUDEFS_TESTS_WRITERS_H

#include <stdbool.h>

#define WRITERS 4u

struct writer {
	const char *name;
	const char *path; /* of the file, below the project's directory */
	/* True: acknowledged. */
	bool (*write_next)(const struct writer *writer, unsigned int number);
	/* True if content holds all up to number. */
	bool (*holds)(const char *content, unsigned int number);
};

extern const struct writer writers[WRITERS];

/* The first writer whose acknowledged work (acked: its last number) is not all in the session of
 * the mount fixture, or NULL. */
const struct writer *find_loss(const unsigned int acked[WRITERS]);

/* After fixture_make(): sessions are made in memory from now on. What a killed process wrote is in
 * the page cache anyway, and a disk's fsyncs would be most of the time. */
void sessions_in_memory(void);
/* Removes the current session's directory; all of them. */
void remove_session(void);
void remove_sessions(void);

#endif

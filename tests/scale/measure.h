/* SPDX-License-Identifier: MIT */
/* What a process costs: bytes it moved, memory, descriptors. Times are only printed. */
#ifndef CLAUDEFS_TESTS_SCALE_MEASURE_H
#define CLAUDEFS_TESTS_SCALE_MEASURE_H

#include <stdint.h>
#include <sys/types.h>

struct cost {
	uint64_t read;    /* bytes, by read(2) and the like, cached or not */
	uint64_t written; /* bytes */
	uint64_t calls;   /* of read and write */
	uint64_t memory;  /* KiB: the most that was resident */
	uint64_t now;     /* KiB resident at this moment; 0: it has ended */
	unsigned int descriptors;
	double seconds;
	int status; /* exit code */
};

/* Of a running process. seconds and status stay 0. */
struct cost measure_process(pid_t pid);
/* What happened from a to b: differences of the bytes, the rest as in b. */
struct cost measure_since(const struct cost *a, const struct cost *b);

/* The absolute path of a program (caller frees): fixtures change the directory. */
char *measure_program(const char *path);

/* Runs a program to its end, its output in the file (NULL: none is kept). */
struct cost measure_run(const char *const *argv, const char *output);

/* "name: ...": one line for the record. */
void measure_print(const char *name, const struct cost *cost);

double measure_clock(void); /* seconds */

#endif

/* SPDX-License-Identifier: MIT */
/* Errors that system calls are made to fail with, and the calls that may fail so. */
#ifndef CLAUDEFS_TESTS_FAULTS_H
#define CLAUDEFS_TESTS_FAULTS_H

#include <stdbool.h>

struct fault {
	const char *name;
	int error; /* or TRACE_SHORT */
	const long *calls;
};

#define FAULTS 7u
extern const struct fault faults[FAULTS];

bool fault_concerns(const struct fault *fault, long number);

#endif

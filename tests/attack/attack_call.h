/* SPDX-License-Identifier: MIT */
/* What the attacks need beyond a shell: single system calls, each told in one line, so that an
 * expectation can be put into words. */
#ifndef CLAUDEFS_TESTS_ATTACK_CALL_H
#define CLAUDEFS_TESTS_ATTACK_CALL_H

#include <stddef.h>

struct attack_call {
	const char *name;
	int argc; /* arguments wanted after the name; more are passed on */
	int (*run)(int argc, char **argv);
};

/* Prints "WORD ok" or "WORD ERRNO-NAME" of a result and errno; gives back the result. */
long tell(const char *word, long result);

/* Tables, each ended by an entry without a name. */
extern const struct attack_call leak_calls[];
extern const struct attack_call name_calls[];
extern const struct attack_call object_calls[];
extern const struct attack_call scan_calls[];

#endif

/* SPDX-License-Identifier: MIT */
/* Makes the k-th call of a kind fail inside this process: memory, or files. For tests that are
 * linked with dep_fault_call, whose linker options put these calls in the place of libc's; calls
 * from shared libraries are their own, but jansson allocates through fs/base/json.c. One thread at
 * a time. */
#ifndef CLAUDEFS_TESTS_FAULT_CALL_H
#define CLAUDEFS_TESTS_FAULT_CALL_H

#include <stdbool.h>

enum fault_kind {
	FAULT_NONE,
	FAULT_MEMORY, /* malloc and its like return NULL */
	FAULT_FILES,  /* a system call on a file fails */
	FAULT_SHORT,  /* reading finds the end: another program has just cut the file short */
};

/* From now on the nth call (from 1) of the kind fails with error (of FAULT_FILES), and if
 * is_sticky every later one too. */
void fault_arm(enum fault_kind kind, unsigned int nth, int error, bool is_sticky);

/* From now on the first call of the kind that comes by a way (the addresses of FAULT_FRAMES
 * callers) on which none was made to fail by this function before, and if is_sticky every later one
 * too. What a loop or a parser does a thousand times is one way: to call this until nothing fails
 * any more visits every error path in a fraction of the runs that each call's number would take. */
#define FAULT_FRAMES 8
void fault_arm_way(enum fault_kind kind, int error, bool is_sticky);

/* The same for files, but nothing fails: act(arg) is called in front of the call, once. What
 * another program does at that instant. */
void fault_arm_act(void (*act)(void *arg), void *arg);

/* True in the brief form (tests/lib/form.h), or if CLAUDEFS_TEST_FAULTS is "ways" in the
 * environment: tests that go by numbers go by ways then, once. Sanitizers and the coverage run see
 * what is reached, not how often, and are slow. */
bool fault_goes_by_ways(void);

/* All ways are new again. */
void fault_forget_ways(void);

/* From now on every syscall(2) of this number fails with error: a kernel or file system that lacks
 * it. Independent of fault_arm(). 0: works again. */
void fault_refuse_syscall(long number, int error);

/* All calls work again. True if one was made to fail. */
bool fault_disarm(void);

#endif

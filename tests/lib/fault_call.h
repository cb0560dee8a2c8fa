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
};

/* From now on the nth call (from 1) of the kind fails with error (ignored for memory), and if
 * is_sticky every later one too. */
void fault_arm(enum fault_kind kind, unsigned int nth, int error, bool is_sticky);

/* From now on every syscall(2) of this number fails with error: a kernel or file system that lacks
 * it. Independent of fault_arm(). 0: works again. */
void fault_refuse_syscall(long number, int error);

/* All calls work again. True if one was made to fail. */
bool fault_disarm(void);

#endif

/* SPDX-License-Identifier: MIT */
/* The end of a forked child of a test: _exit(), but in a build for coverage what the child has run
 * counts too. */
#ifndef CLAUDEFS_TESTS_LEAVE_H
#define CLAUDEFS_TESTS_LEAVE_H

#include <unistd.h>

#ifdef CLAUDEFS_COVERAGE
void __gcov_dump(void);
#endif

static inline void leave_save_coverage(void)
{
#ifdef CLAUDEFS_COVERAGE
	__gcov_dump();
#endif
}

__attribute__((noreturn)) static inline void leave(int code)
{
	leave_save_coverage();
	_exit(code);
}

#endif

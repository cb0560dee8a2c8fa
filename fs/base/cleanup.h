/* SPDX-License-Identifier: MIT */
/* Scope-bound ownership: an owner is declared with cleanup_*, and given away with steal_*.
 * No analyzer of ours finds a leaked fd, so these attributes are what guards fds. */
#ifndef CLAUDEFS_BASE_CLEANUP_H
#define CLAUDEFS_BASE_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free_ptr(void *p)
{
	free(*(void **)p);
}

/* Negative values are "no fd". errno survives, so that `return -errno` after a failing call is
 * safe. */
void cleanup_close_fd(int *fd);
void cleanup_close_dir(DIR **dir);
void cleanup_close_file(FILE **file);

#define cleanup_free __attribute__((cleanup(cleanup_free_ptr)))
#define cleanup_fd   __attribute__((cleanup(cleanup_close_fd)))
#define cleanup_dir  __attribute__((cleanup(cleanup_close_dir)))
#define cleanup_file __attribute__((cleanup(cleanup_close_file)))

/* Takes the value out of *p and leaves "nothing" behind, so that the attribute does not free it. */
#define steal_ptr(p)                                  \
	__extension__({                               \
		__typeof__(*(p)) steal_value_ = *(p); \
		*(p) = NULL;                          \
		steal_value_;                         \
	})

/* Around a function that stores an allocation into an element of an array that its owner frees: gcc
 * 12's analyzer loses such pointers and reports a leak. Each use was read; the sanitizer builds
 * look for real leaks there. clang knows no such warning. */
#if defined(__GNUC__) && !defined(__clang__)
/* clang-format off */
#define ANALYZER_LOSES_OWNERS \
	_Pragma("GCC diagnostic push") \
	_Pragma("GCC diagnostic ignored \"-Wanalyzer-malloc-leak\"")
/* clang-format on */
#define ANALYZER_KNOWS_OWNERS _Pragma("GCC diagnostic pop")
#else
#define ANALYZER_LOSES_OWNERS
#define ANALYZER_KNOWS_OWNERS
#endif

static inline int steal_fd(int *fd)
{
	int value = *fd;

	*fd = -1;
	return value;
}

#endif

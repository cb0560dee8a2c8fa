/* SPDX-License-Identifier: MIT */
/* Kills a child process at the entry of its n-th system call, by ptrace: together with a loop over
 * n this is "killed at any instruction" for everything that other processes can see. */
#ifndef CLAUDEFS_TESTS_KILL_AT_SYSCALL_H
#define CLAUDEFS_TESTS_KILL_AT_SYSCALL_H

#include <stdint.h>

enum kill_result {
	KILL_DONE,     /* the child was killed at its n-th call */
	KILL_TOO_LATE, /* it ended before that: *ret_status, *ret_count calls */
	KILL_NO_TRACE, /* ptrace is not allowed here */
};

/* Forks, lets the child call run(arg) and exit with its result, and kills it (SIGKILL) at the entry
 * of its n-th system call, counted from 1; with n 0 it only counts. ret_status (as of wait) and
 * ret_count may be NULL. */
enum kill_result kill_at_syscall(uint64_t n, int (*run)(void *arg), void *arg, int *ret_status,
				 uint64_t *ret_count);

/* Calls act(act_arg) in the parent at the entry of the child's n-th system call, and then lets the
 * child go on: what another process does at just that instant. With n 0 at each of its calls.
 * KILL_DONE: act was called. */
enum kill_result act_at_syscall(uint64_t n, int (*run)(void *arg), void *arg,
				void (*act)(void *arg), void *act_arg, int *ret_status);

#endif

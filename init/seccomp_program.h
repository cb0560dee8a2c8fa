/* SPDX-License-Identifier: MIT */
/* The system call filter, ready for the kernel: made at build time from rules/seccomp.json by
 * init/compile_filter.c. */
#ifndef CLAUDEFS_INIT_SECCOMP_PROGRAM_H
#define CLAUDEFS_INIT_SECCOMP_PROGRAM_H

#include <linux/filter.h>

extern const struct sock_filter seccomp_program[];
extern const unsigned short seccomp_program_len; /* instructions */

#endif

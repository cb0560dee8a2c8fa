/* SPDX-License-Identifier: MIT */
/* The system call filter of the native runtime, built from rules/seccomp.json: what is not allowed
 * there is refused. Used when claudefs is built (compile_filter.c), and by tests. The filter is the
 * second line: the first are the namespaces and the empty capability sets. */
#ifndef CLAUDEFS_INIT_SECCOMP_FILTER_H
#define CLAUDEFS_INIT_SECCOMP_FILTER_H

#include <seccomp.h>
#include <stdint.h>

/* A filter for one architecture (SCMP_ARCH_NATIVE, or a name's of libseccomp). Calls that the
 * architecture lacks, or that this libseccomp does not know, are left to the default, which
 * refuses. Who enters by another architecture (int 0x80, x32) is killed, the whole process.
 * Returns 0 and the filter (ret_: seccomp_release()), or -errno. */
int seccomp_filter_build(uint32_t architecture, scmp_filter_ctx *ret);

#endif

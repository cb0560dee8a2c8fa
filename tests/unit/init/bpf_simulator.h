/* SPDX-License-Identifier: MIT */
/* Runs a seccomp filter as the kernel would, on calls that are only described. */
#ifndef CLAUDEFS_TESTS_BPF_SIMULATOR_H
#define CLAUDEFS_TESTS_BPF_SIMULATOR_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>

struct bpf_program {
	struct sock_filter *code; /* ret_: free() */
	size_t count;
};

/* What libseccomp would load. Returns 0 or -errno. */
int bpf_export(scmp_filter_ctx filter, struct bpf_program *ret);

/* The filter's answer (SECCOMP_RET_*). Aborts on an instruction that filters do not use. */
uint32_t bpf_run(const struct bpf_program *program, const struct seccomp_data *call);

#endif

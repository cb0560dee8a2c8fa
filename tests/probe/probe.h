/* SPDX-License-Identifier: MIT */
/* The risky calls, tried one by one. Each runs in a child of its own, with arguments that work or
 * get past the kernel's permission checks where nothing forbids the call, and that do no harm then.
 */
#ifndef CLAUDEFS_TESTS_PROBE_H
#define CLAUDEFS_TESTS_PROBE_H

struct probe_call {
	const char *name;
	long (*attempt)(void); /* negative: errno says why */
};

/* Tables, each ended by an entry without a name. */
extern const struct probe_call entry_calls[];   /* other ways into the kernel */
extern const struct probe_call kernel_calls[];  /* large surfaces, keys, memory */
extern const struct probe_call machine_calls[]; /* what is the machine's */
extern const struct probe_call mount_calls[];   /* mounts and files by handle */
extern const struct probe_call namespace_calls[];
extern const struct probe_call process_calls[]; /* other processes and terminals */
extern const struct probe_call socket_calls[];

#endif

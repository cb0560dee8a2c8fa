/* SPDX-License-Identifier: MIT */
/* What the filters are compared with: rules/seccomp.json read as it is meant, without rows, blocks
 * or libseccomp; and the engine's profile, turned into a filter as engines do it. */
#ifndef CLAUDEFS_TESTS_SECCOMP_SOURCES_H
#define CLAUDEFS_TESTS_SECCOMP_SOURCES_H

#include <linux/types.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>

#include "fs/base/json.h"

/* Of a path from the environment variable name. Aborts if it cannot be read. */
json_t *sources_load(const char *variable);

/* The errno that the rules answer a call with; 0: allowed. */
int rules_answer(const json_t *rules, const char *call, const __u64 arguments[6]);

/* How often a call is named, in groups and exceptions. */
unsigned int rules_count(const json_t *rules, const char *call);

/* Whether the answer depends on the call's arguments. */
bool rules_is_exception(const json_t *rules, const char *call);

/* The numbers (lower 32 bits) that the conditions on one argument of a call speak of; at most max.
 */
unsigned int rules_values(const json_t *rules, const char *call, unsigned int argument,
			  uint32_t *ret, unsigned int max);

/* As runc does it: names that libseccomp does not know are left out, and so is what the default
 * says anyway. Returns 0 or -errno. */
int engine_filter_build(const json_t *profile, uint32_t architecture, scmp_filter_ctx *ret);

#endif

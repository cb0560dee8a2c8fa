/* SPDX-License-Identifier: MIT */
/* The rows that the build makes of rules/seccomp.json (rules/seccomp.py). The engine's profile
 * holds the same ones in the same order. */
#ifndef CLAUDEFS_INIT_SECCOMP_TABLE_H
#define CLAUDEFS_INIT_SECCOMP_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define SECCOMP_CONDITIONS_MAX 3u

/* Holds if (argument & mask) == value, of the argument's lower 32 bits. */
struct seccomp_condition {
	uint8_t argument; /* 0 to 5 */
	uint32_t mask;
	uint32_t value;
};

/* No two rows of one call match the same arguments. */
struct seccomp_row {
	const char *call;
	uint16_t error; /* 0: allowed */
	uint8_t count;
	struct seccomp_condition conditions[SECCOMP_CONDITIONS_MAX]; /* all must hold */
};

extern const struct seccomp_row seccomp_table[];
extern const size_t seccomp_table_len;
extern const uint16_t seccomp_table_default; /* the error of what no row matches */

#endif

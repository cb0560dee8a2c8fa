/* SPDX-License-Identifier: MIT */
/* Runs a program that reads or prints a secret, for a bounded time. The secret passes by pipes
 * only.
 */
#ifndef CLAUDEFS_BASE_SECRET_PROGRAM_H
#define CLAUDEFS_BASE_SECRET_PROGRAM_H

#include <stdbool.h>

#include "fs/base/secret.h"

struct secret_program {
	const char *const *argv;    /* argv[0]: a path */
	const char *const *envp;    /* NULL: the caller's */
	const char *directory;      /* NULL: the caller's */
	const struct secret *input; /* NULL: /dev/null */
	bool has_output;            /* read its stdout; else /dev/null */
	int timeout_ms;
};

/* stderr goes to /dev/null. *ret_output (ret_: secret_free; NULL unless has_output) and *ret_code
 * (exit code, or 128 + signal). Returns 0, -ETIMEDOUT (it was killed), -EFBIG (too much output) or
 * -errno. */
int secret_program_run(const struct secret_program *program, struct secret **ret_output,
		       int *ret_code);

#endif

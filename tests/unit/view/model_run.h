/* SPDX-License-Identifier: MIT */
/* Runs a script on a view and on a plain directory that began with the same content: results,
 * names, link counts, modes and bytes must agree, and what the journal tells must be what the view
 * shows. */
#ifndef CLAUDEFS_TESTS_MODEL_RUN_H
#define CLAUDEFS_TESTS_MODEL_RUN_H

#include <stdint.h>
#include <sys/types.h>

#include "tests/unit/view/model_op.h"

/* In a process of its own, which ends itself (exit code 0: all agreed; else the first difference is
 * on its stderr). */
void model_run(const struct model_script *script) __attribute__((noreturn));

#endif

/* SPDX-License-Identifier: MIT */
/* Takes the lines that a commit appended out of a host file again, if they still stand exactly
 * where they were put; what others have appended behind them stays. */
#ifndef CLAUDEFS_COMMIT_CUT_H
#define CLAUDEFS_COMMIT_CUT_H

#include "fs/commit/host_file.h"

/* Applies a PLAN_CUT entry, or finishes one that was begun. pre-<k> holds the lines. A file that
 * another program has open is left alone, where the system can tell: what that one appends next
 * could be lost. Returns 0 (settled) or -errno. */
int cut_apply(struct target *target);

#endif

/* SPDX-License-Identifier: MIT */
/* Applies entries of an intent to the host, also those of one that was cut short: what an entry
 * finds done already it leaves so. */
#ifndef CLAUDEFS_COMMIT_APPLY_H
#define CLAUDEFS_COMMIT_APPLY_H

#include "fs/commit/host_file.h"

/* Deals with one entry and records it in the log. Returns 0 (entry->status tells), or -errno: the
 * commit must stop (no space, I/O error, no memory), and can be finished later. */
int apply_entry(struct run *run, size_t index);

#endif

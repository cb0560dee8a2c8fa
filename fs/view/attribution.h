/* SPDX-License-Identifier: MIT */
/* Who did it: from the pid in a request to the number of a PROCESS record with executable and
 * command line, as /proc shows them. What a process says of itself is hearsay and is bounded. */
#ifndef CLAUDEFS_VIEW_ATTRIBUTION_H
#define CLAUDEFS_VIEW_ATTRIBUTION_H

#include <stdint.h>

struct attribution;
struct journal_writer;
struct view_caller;

/* journal: borrowed. NULL: out of memory. */
struct attribution *attribution_new(struct journal_writer *journal);
void attribution_free(struct attribution *attribution);

/* The process's number, after its record was appended; 0 if it cannot be told. Never called with a
 * lock held: it reads /proc. */
uint64_t attribution_of(struct attribution *attribution, const struct view_caller *caller);

#endif

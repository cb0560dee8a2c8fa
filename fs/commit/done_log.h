/* SPDX-License-Identifier: MIT */
/* receipts/<n>/done: a line of JSON per step, appended and synced, so that a commit that was cut
 * short knows how far it came.
 *	{"kept":K,"before":...}			pre-<K> is there; entry K may now move the original
 *	{"start":K,"offset":N,"newline":B,"before":...}	entry K may now append at offset N
 *	{"done":K,"status":...,"before":...,"after":...} */
#ifndef CLAUDEFS_COMMIT_DONE_LOG_H
#define CLAUDEFS_COMMIT_DONE_LOG_H

#include "fs/commit/intent.h"

#define DONE_LOG_MAX (256u << 20) /* bytes */

/* Opens (creating) the log and takes what it says into intent. A torn last line is cut off.
 * Returns the fd, -EBADMSG or -errno. */
int done_log_open(int receipt_fd, struct intent *intent);

/* Durable. Return 0 or -errno. */
int done_log_kept(int log_fd, const struct intent_entry *entry, size_t index);
int done_log_start(int log_fd, const struct intent_entry *entry, size_t index);
int done_log_done(int log_fd, const struct intent_entry *entry, size_t index);

#endif

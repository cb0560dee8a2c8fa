/* SPDX-License-Identifier: MIT */
/* All files of a scene (host, session, receipts) as one text without what differs from run to run:
 * of inode numbers and times only what they are compared with is said, random names are said by
 * what they are for, and a line that stands twice in a receipt's log counts once. On two states
 * with the same text the next commit does the same, so one of them is enough to try it.
 *
 * Knows the forms of receipts by its own reading of fs/review/receipt.h and fs/commit/done_log.h.
 */
#ifndef CLAUDEFS_TESTS_STATE_TEXT_H
#define CLAUDEFS_TESTS_STATE_TEXT_H

#include "tests/crash/scene.h"

struct state_reader;

/* The scene as it is now is the start, to which later states are compared. Borrows the scene. Ends
 * the process with a message if it cannot do its work, as all do here. */
struct state_reader *state_reader_new(struct scene *scene);
void state_reader_free(struct state_reader *reader);

/* The state as it is now. Borrowed until the next one. */
const char *state_read(struct state_reader *reader);

/* The first line in which two texts differ, of each (static buffers). */
void state_difference(const char *a, const char *b, const char **ret_a, const char **ret_b);

#endif

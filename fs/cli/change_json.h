/* SPDX-License-Identifier: MIT */
/* Changes and refusals as JSON: the same shape in `status`, `diff` and `commit`. */
#ifndef CLAUDEFS_CLI_CHANGE_JSON_H
#define CLAUDEFS_CLI_CHANGE_JSON_H

#include "fs/base/json.h"
#include "fs/review/review.h"

/* {path, kind, group, append_only, size, base_size, mode, mtime, time, seq, pid, exe, command,
 * merge, reason, rule, hazards: [{id, what}]}. */
json_t *change_to_json(const struct change *change);

/* [{seq, time, operation, path, to, error, pid, exe}], as far as the replay kept them. */
json_t *refusals_to_json(const struct replay *replay, uint64_t *ret_total);

/* {approved, rejected, partly, lapsed, not_ours}: how many of each. */
json_t *decisions_to_json(const struct review *review);

/* {commit, approval, conflict, held, never}: how many changes are in each group. */
json_t *counts_to_json(const struct review *review);

#endif

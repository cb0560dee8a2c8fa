/* SPDX-License-Identifier: MIT */
/* Copies a JSON file with only the keys that key rules show, in their order; a file that has
 * nothing to hide is copied byte for byte. */
#ifndef CLAUDEFS_FILTER_KEY_FILTER_H
#define CLAUDEFS_FILTER_KEY_FILTER_H

#include "fs/policy/project_scope.h"

/* rules_text: key rules (key_rules.h). Returns 0, -EBADMSG (the file is no strict JSON object),
 * -EFBIG or another -errno; then nothing may be shown. */
int key_filter_apply(const char *rules_text, size_t rules_len, const struct project_scope *scope,
		     int in_fd, int out_fd);

#endif

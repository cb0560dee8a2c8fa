/* SPDX-License-Identifier: MIT */
/* Single values of the manifest as JSON and back. Private to fs/session. */
#ifndef CLAUDEFS_SESSION_MANIFEST_VALUE_H
#define CLAUDEFS_SESSION_MANIFEST_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "fs/base/json.h"

/* Any bytes: a string where they are UTF-8, as nearly always, else { "hex": "..." }. The reader
 * takes at most max bytes; *ret (ret_). NULL: out of memory. Returns 0, -EBADMSG or -ENOMEM. */
json_t *value_from_bytes(const char *bytes);
int value_to_bytes(const json_t *json, size_t max, char **ret);

/* Text for people: invalid UTF-8 is replaced, and what is over max bytes cut. */
json_t *value_from_text(const char *text, size_t max);

/* Decimal digits in a string: many readers of JSON know integers only up to 2^53. */
json_t *value_from_u64(uint64_t number);
int value_to_u64(const json_t *json, uint64_t *ret);

#endif

/* SPDX-License-Identifier: MIT */
/* Puts changed members into a JSON text and leaves the rest of it byte for byte. jansson keeps
 * neither the spelling of numbers and escapes nor the layout, so the text is walked in step with
 * jansson's tree of it: objects keep the order of their members, and so the n-th member of the text
 * is the n-th of the tree. Positions come from counting brackets and strings; what the bytes mean
 * is jansson's business alone. */
#ifndef CLAUDEFS_MERGE_JSON_SPLICE_H
#define CLAUDEFS_MERGE_JSON_SPLICE_H

#include <stddef.h>

#include "fs/base/json.h"

/* text: NUL at text[len]; strictly parsed, it gives old_tree, an object. new_tree: an object which
 * shares with old_tree, by reference, every value that is to stay as it is spelt. *ret (ret_; NUL
 * added) parses to new_tree. Members of new_tree that text lacks come last in their objects.
 * Returns 0, -EBADMSG (text and old_tree do not go together) or -ENOMEM. */
int json_splice(const char *text, size_t len, json_t *old_tree, json_t *new_tree, char **ret,
		size_t *ret_len);

#endif

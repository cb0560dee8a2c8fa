/* SPDX-License-Identifier: MIT */
/* The YAML front matter of a Markdown file, by libyaml; the only module that includes it. Read as
 * events: no tree is built, and an alias is not followed, so that a small text stays small. */
#ifndef CLAUDEFS_REVIEW_FRONT_MATTER_H
#define CLAUDEFS_REVIEW_FRONT_MATTER_H

#include <stdbool.h>
#include <stddef.h>

#define FRONT_MATTER_MAX (64u << 10) /* bytes between the lines of dashes */

/* One scalar, with the top-level key that it stands under; key is itself the value where a key was
 * read as one. Both borrowed during the call. */
typedef void front_matter_fn(const char *key, const char *value, void *arg);

/* Calls each for every scalar value. *ret_end is the offset behind the front matter (0: there is
 * none, and nothing was called). Returns 0, -EBADMSG (begun, but no YAML mapping; anchors, aliases
 * and tags count as that), -EFBIG or -ENOMEM. */
int front_matter_read(const char *data, size_t len, front_matter_fn *each, void *arg,
		      size_t *ret_end);

#endif

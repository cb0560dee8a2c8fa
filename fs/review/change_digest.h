/* SPDX-License-Identifier: MIT */
/* The SHA-256 that a decision is bound to: exactly what was shown of a change. That is the
 * session's side (for a file that was only appended to, what was appended) and what it would do to
 * the host: path, kind, mode, verdict, what the session found there and what is there now. */
#ifndef CLAUDEFS_REVIEW_CHANGE_DIGEST_H
#define CLAUDEFS_REVIEW_CHANGE_DIGEST_H

#include "fs/base/digest.h"
#include "fs/review/review.h"

/* Where what was shown begins: behind the base, where only that is added to the host's file. */
uint64_t change_digest_offset(const struct change *change);

/* Of the session's content, as far as it was shown. Reads it. All zeros where a change leaves no
 * content. Returns 0 or an error of content_open(). */
int change_digest_content(const struct review *review, const struct change *change,
			  struct digest *ret);

/* Of the change, with such a content. Returns 0 or -ENOMEM. */
int change_digest_with(const struct change *change, const struct digest *content,
		       struct digest *ret);

/* Both. */
int change_digest(const struct review *review, const struct change *change, struct digest *ret);

#endif

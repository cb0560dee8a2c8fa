/* SPDX-License-Identifier: MIT */
/* What the host has at a name at this moment, in the form that a commit can be bound to: for
 * conflicts that the person settles. */
#ifndef CLAUDEFS_REVIEW_HOST_NOW_H
#define CLAUDEFS_REVIEW_HOST_NOW_H

#include "fs/review/review.h"

/* Reads the file there, if it is one. Returns 0 (also where there is nothing), -EINVAL (no regular
 * file), or an error of host_look_beneath(). */
int host_now(const struct review *review, const char *path, struct change_base *ret);

#endif

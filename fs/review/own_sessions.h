/* SPDX-License-Identifier: MIT */
/* Which Claude sessions are this project's: what <session> stands for in a rule of the review. */
#ifndef CLAUDEFS_REVIEW_OWN_SESSIONS_H
#define CLAUDEFS_REVIEW_OWN_SESSIONS_H

#include "fs/review/review_state.h"

/* Adds to the scope the sessions whose transcripts the host has in this project's directory, and
 * those whose transcripts this session left there, unless another project of the host has one of
 * the same name: an untrusted session could otherwise make another project's session its own by a
 * file name. Returns 0, -ENOMEM or -errno. */
int own_sessions_collect(struct review *review);

#endif

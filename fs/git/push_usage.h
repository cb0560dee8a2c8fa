/* SPDX-License-Identifier: MIT */
/* What the kept pushes of all sessions take together. */
#ifndef CLAUDEFS_GIT_PUSH_USAGE_H
#define CLAUDEFS_GIT_PUSH_USAGE_H

#include <stddef.h>
#include <stdint.h>

#include "fs/git/push_store.h"

#define PUSH_KEPT_MAX 256u /* quarantines of all sessions */

struct push_usage {
	size_t count;                  /* quarantines */
	uint64_t bytes;                /* of their files */
	char oldest[PUSH_SESSION_MAX]; /* the oldest session that has one; "": none */
};

/* Looks through <state>/push. Returns 0 or -errno. */
int push_usage_read(const char *state_path, struct push_usage *ret);

#endif

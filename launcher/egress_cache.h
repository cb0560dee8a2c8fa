/* SPDX-License-Identifier: MIT */
/* What npm and pip last said of their registries, so that no session waits for them: to ask takes
 * most of a second. In the state directory, for a day, or until their configuration changes. */
#ifndef CLAUDEFS_LAUNCHER_EGRESS_CACHE_H
#define CLAUDEFS_LAUNCHER_EGRESS_CACHE_H

#include "fs/base/text.h"
#include "launcher/host_places.h"

#define EGRESS_CACHE_FILE    "registries.json"
#define EGRESS_CACHE_SECONDS 86400
#define EGRESS_CACHE_MAX     (64u << 10) /* bytes */

/* Appends the lines that were noted for word ("npm", "pip"). Returns 0, -ENOENT (nothing is noted,
 * or it is too old) or -errno. */
int egress_cache_read(const struct host_places *places, const char *word, struct text *lines);

/* Notes them. Failure costs the next session a moment, and no more. */
void egress_cache_write(const struct host_places *places, const char *word, const char *lines);

#endif

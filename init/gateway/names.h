/* SPDX-License-Identifier: MIT */
/* The addresses that names have inside a sandbox (fs/network/redirect.h): made up, and good for
 * nothing but to say later which name a connection is meant for. A bounded table; the agent chooses
 * what is asked for. Pure. */
#ifndef CLAUDEFS_INIT_GATEWAY_NAMES_H
#define CLAUDEFS_INIT_GATEWAY_NAMES_H

#include <stdint.h>

#define NAMES_MAX         4096u /* names at a time: at most 2 MiB */
#define NAMES_TTL_SECONDS 60u   /* how long an answer may be kept */

struct names;

/* NULL: out of memory. */
struct names *names_new(void);
void names_free(struct names *names);

/* The address of host (normalised), the same as long as it has one. now: seconds of any clock that
 * only goes forward. A full table forgets the name that was not asked for for longest: never within
 * NAMES_TTL_SECONDS, and never while it is held. The address that it had comes up again only after
 * 15 others. *ret: host byte order. Returns 0, -ENOSPC (all are in use) or -ENOMEM. */
int names_give(struct names *names, const char *host, uint64_t now, uint32_t *ret);

/* The name that has address (host byte order), or NULL. Borrowed until the next names_give(). */
const char *names_find(const struct names *names, uint32_t address);

/* As often as a connection to it is open. address: one that names_find() knows. */
void names_hold(struct names *names, uint32_t address);
void names_release(struct names *names, uint32_t address);

#endif

/* SPDX-License-Identifier: MIT */
/* Which name an object had last, for journal records that name only the object. For people: a
 * journal that lies gets wrong names in its own log, nothing more. */
#ifndef CLAUDEFS_CLI_OBJECT_NAMES_H
#define CLAUDEFS_CLI_OBJECT_NAMES_H

#include "fs/journal/record.h"

#define OBJECT_NAMES_MAX (1u << 20) /* objects with higher numbers stay nameless */

struct object_names {
	char **names; /* by object number */
	size_t size;
};

void object_names_done(struct object_names *names);
#define cleanup_object_names __attribute__((cleanup(object_names_done)))

/* Learns from a record. Out of memory forgets names, no more. */
void object_names_follow(struct object_names *names, const struct journal_record *record);

/* Borrowed until the next follow; NULL: unknown. */
const char *object_names_get(const struct object_names *names, uint64_t object);

#endif

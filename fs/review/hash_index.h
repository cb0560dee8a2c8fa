/* SPDX-License-Identifier: MIT */
/* An intrusive hash table for keys that an untrusted session chose: the place of a key depends on a
 * random seed, so that no set of names makes every lookup slow. */
#ifndef CLAUDEFS_REVIEW_HASH_INDEX_H
#define CLAUDEFS_REVIEW_HASH_INDEX_H

#include <stddef.h>
#include <stdint.h>

/* First member of what is stored. */
struct hash_link {
	struct hash_link *next;
	uint64_t key;
};

struct hash_index {
	struct hash_link **buckets;
	size_t size; /* a power of two */
	size_t count;
	uint64_t seed;
};

/* Returns 0 or -errno (no memory, no random numbers). */
int hash_index_init(struct hash_index *index);
/* Frees the table, not what is in it. */
void hash_index_done(struct hash_index *index);
/* The same, and frees each link, as what malloc() gave. */
void hash_index_free(struct hash_index *index);

/* Digests that serve as keys. Different things may share one: compare what is found. */
uint64_t hash_index_key(const void *data, size_t len);
uint64_t hash_index_key_number(uint64_t number);

/* The first link with this key, or the next one after link; NULL: no more. */
struct hash_link *hash_index_find(const struct hash_index *index, uint64_t key);
struct hash_link *hash_index_find_next(const struct hash_link *link);

/* Returns 0 or -ENOMEM (not added). */
int hash_index_add(struct hash_index *index, struct hash_link *link, uint64_t key);
void hash_index_remove(struct hash_index *index, struct hash_link *link);

#endif

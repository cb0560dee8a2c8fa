/* SPDX-License-Identifier: MIT */
#include "fs/review/hash_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/fd.h"
#include "fs/base/hash.h"

#define FIRST_SIZE 64u

int hash_index_init(struct hash_index *index)
{
	int r;

	/* Without buckets it has none to walk: callers free what they hold by walking them. */
	*index = (struct hash_index){ .buckets = calloc(FIRST_SIZE, sizeof(struct hash_link *)) };
	if (!index->buckets)
		return -ENOMEM;
	index->size = FIRST_SIZE;
	r = fd_random_bytes(&index->seed, sizeof(index->seed));
	if (r < 0)
		hash_index_done(index);
	return r;
}

void hash_index_done(struct hash_index *index)
{
	free(index->buckets);
	*index = (struct hash_index){ 0 };
}

void hash_index_free(struct hash_index *index)
{
	for (size_t i = 0; i < index->size; i++) {
		struct hash_link *link = index->buckets[i];

		while (link) {
			struct hash_link *next = link->next;

			free(link);
			link = next;
		}
	}
	hash_index_done(index);
}

uint64_t hash_index_key(const void *data, size_t len)
{
	struct hash hash = hash_bytes(data, len);
	uint64_t key;

	memcpy(&key, hash.bytes, sizeof(key));
	return key;
}

uint64_t hash_index_key_number(uint64_t number)
{
	return hash_index_key(&number, sizeof(number));
}

static struct hash_link **bucket_of(const struct hash_index *index, uint64_t key)
{
	/* The seed decides which keys share a bucket; the multiplication spreads it over all bits.
	 */
	uint64_t mixed = (key ^ index->seed) * 0x9e3779b97f4a7c15u;

	return &index->buckets[(mixed >> 32) & (index->size - 1)];
}

struct hash_link *hash_index_find(const struct hash_index *index, uint64_t key)
{
	struct hash_link *link = *bucket_of(index, key);

	while (link && link->key != key)
		link = link->next;
	return link;
}

struct hash_link *hash_index_find_next(const struct hash_link *link)
{
	struct hash_link *next = link->next;

	while (next && next->key != link->key)
		next = next->next;
	return next;
}

static int grow(struct hash_index *index)
{
	struct hash_index larger = { .size = index->size * 2, .seed = index->seed };

	larger.buckets = calloc(larger.size, sizeof(struct hash_link *));
	if (!larger.buckets)
		return -ENOMEM;
	for (size_t i = 0; i < index->size; i++) {
		struct hash_link *link = index->buckets[i];

		while (link) {
			struct hash_link *next = link->next;
			struct hash_link **bucket = bucket_of(&larger, link->key);

			link->next = *bucket;
			*bucket = link;
			link = next;
		}
	}
	free(index->buckets);
	index->buckets = larger.buckets;
	index->size = larger.size;
	return 0;
}

int hash_index_add(struct hash_index *index, struct hash_link *link, uint64_t key)
{
	struct hash_link **bucket;

	if (index->count >= index->size && index->size < (1u << 30)) {
		int r = grow(index);

		if (r < 0)
			return r;
	}
	bucket = bucket_of(index, key);
	link->key = key;
	link->next = *bucket;
	*bucket = link;
	index->count++;
	return 0;
}

void hash_index_remove(struct hash_index *index, struct hash_link *link)
{
	struct hash_link **at = bucket_of(index, link->key);

	while (*at && *at != link)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = link->next;
	link->next = NULL;
	index->count--;
}

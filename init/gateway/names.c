/* SPDX-License-Identifier: MIT */
#include "init/gateway/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/hash.h"
#include "fs/network/redirect.h"

#define TURNS (REDIRECT_NAMES_COUNT / NAMES_MAX) /* addresses that each slot has, one at a time */
#define NONE  UINT16_MAX

struct slot {
	char *host;
	uint64_t asked; /* when, last */
	uint32_t holds;
	uint16_t turn;
	uint16_t next; /* of the same bucket, or NONE */
};

struct names {
	struct slot slots[NAMES_MAX];
	uint16_t buckets[NAMES_MAX];
	size_t count; /* slots that were ever used */
};

struct names *names_new(void)
{
	struct names *names = calloc(1, sizeof(*names));

	for (size_t i = 0; names && i < NAMES_MAX; i++)
		names->buckets[i] = NONE;
	return names;
}

void names_free(struct names *names)
{
	for (size_t i = 0; names && i < names->count; i++)
		free(names->slots[i].host);
	free(names);
}

static uint16_t *bucket_of(struct names *names, const char *host)
{
	struct hash hash = hash_bytes(host, strlen(host));

	return &names->buckets[(hash.bytes[0] | (size_t)hash.bytes[1] << 8) % NAMES_MAX];
}

static uint32_t address_of(const struct names *names, size_t slot)
{
	return REDIRECT_NAMES_NETWORK + names->slots[slot].turn * NAMES_MAX + (uint32_t)slot;
}

/* The slot whose address this is at present, or NONE. */
static uint16_t slot_of(const struct names *names, uint32_t address)
{
	uint32_t slot = (address - REDIRECT_NAMES_NETWORK) % NAMES_MAX;

	return slot < names->count && address_of(names, slot) == address ? (uint16_t)slot : NONE;
}

static void forget(struct names *names, uint16_t slot)
{
	uint16_t *link = bucket_of(names, names->slots[slot].host);

	while (*link != slot)
		link = &names->slots[*link].next;
	*link = names->slots[slot].next;
	free(names->slots[slot].host);
	names->slots[slot].host = NULL;
	names->slots[slot].turn = (uint16_t)((names->slots[slot].turn + 1) % TURNS);
}

/* NONE: all are in use. */
static uint16_t find_old(const struct names *names, uint64_t now)
{
	uint16_t oldest = NONE;

	for (uint16_t i = 0; i < NAMES_MAX; i++) {
		const struct slot *slot = &names->slots[i];

		if (slot->holds == 0 && slot->asked + NAMES_TTL_SECONDS < now &&
		    (oldest == NONE || slot->asked < names->slots[oldest].asked))
			oldest = i;
	}
	return oldest;
}

int names_give(struct names *names, const char *host, uint64_t now, uint32_t *ret)
{
	cleanup_free char *copy = NULL;
	uint16_t *bucket = bucket_of(names, host);
	uint16_t slot = *bucket;

	while (slot != NONE && strcmp(names->slots[slot].host, host) != 0)
		slot = names->slots[slot].next;
	if (slot == NONE) {
		copy = strdup(host);
		if (!copy)
			return -ENOMEM;
		slot = names->count < NAMES_MAX ? (uint16_t)names->count : find_old(names, now);
		if (slot == NONE)
			return -ENOSPC;
		if (names->count < NAMES_MAX)
			names->count++;
		else
			forget(names, slot);
		names->slots[slot].host = steal_ptr(&copy);
		names->slots[slot].next = *bucket;
		*bucket = slot;
	}
	names->slots[slot].asked = now;
	*ret = address_of(names, slot);
	return 0;
}

const char *names_find(const struct names *names, uint32_t address)
{
	uint16_t slot = slot_of(names, address);

	return slot == NONE ? NULL : names->slots[slot].host;
}

void names_hold(struct names *names, uint32_t address)
{
	uint16_t slot = slot_of(names, address);

	if (slot != NONE)
		names->slots[slot].holds++;
}

void names_release(struct names *names, uint32_t address)
{
	uint16_t slot = slot_of(names, address);

	if (slot != NONE && names->slots[slot].holds > 0)
		names->slots[slot].holds--;
}

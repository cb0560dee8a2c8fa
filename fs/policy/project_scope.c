/* SPDX-License-Identifier: MIT */
#include "fs/policy/project_scope.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fold.h"
#include "fs/base/text.h"
#include "fs/policy/never_list.h"

#define SESSIONS_MAX        65536u
#define ENCODED_UNITS_MAX   200u /* longer names get a hash instead of their tail */
#define SESSION_SLOTS_FIRST 64u

/* A UUID as its 16 bytes; all zero is an empty slot (and no session's name). */
struct session_id {
	uint64_t halves[2];
};

struct session_set {
	struct session_id *slots;
	size_t slot_count; /* a power of two, at most half full */
	size_t count;
};

struct project_scope {
	char *path;
	char *composed; /* path in NFC */
	char *encoded;
	char *folded;
	struct never_list *never;
	pthread_rwlock_t lock; /* of the two below: the mount adds while lookups ask */
	struct session_set own;
	struct session_set foreign;
};

/* ---- encoding of the path ---- */

struct unit_list {
	struct text text; /* one byte per UTF-16 unit, as far as ENCODED_UNITS_MAX */
	size_t count;
	uint32_t hash;
};

static void add_unit(struct unit_list *list, uint32_t unit)
{
	bool is_kept = (unit >= 'a' && unit <= 'z') || (unit >= 'A' && unit <= 'Z') ||
		       (unit >= '0' && unit <= '9');
	char c = is_kept ? (char)unit : '-';

	if (list->count++ < ENCODED_UNITS_MAX)
		text_append_bytes(&list->text, &c, 1);
	/* (h << 5) - h + unit in int32 wraps as it does in uint32. */
	list->hash = (list->hash << 5) - list->hash + unit;
}

static void append_base36(struct text *text, uint32_t value)
{
	char digits[8];
	size_t n = 0;

	do {
		digits[n++] = "0123456789abcdefghijklmnopqrstuvwxyz"[value % 36];
		value /= 36;
	} while (value > 0);
	while (n > 0)
		text_append_bytes(text, &digits[--n], 1);
}

int project_scope_encode(const char *path, char **ret)
{
	struct unit_list list = { 0 };
	size_t left = strlen(path);

	while (left > 0) {
		uint32_t code = 0;
		size_t n = fold_next_code_point(path, left, &code);

		if (n == 0) {
			text_done(&list.text);
			return -EINVAL;
		}
		if (code >= 0x10000) {
			add_unit(&list, 0xd800 + ((code - 0x10000) >> 10));
			add_unit(&list, 0xdc00 + ((code - 0x10000) & 0x3ff));
		} else {
			add_unit(&list, code);
		}
		path += n;
		left -= n;
	}
	if (list.count > ENCODED_UNITS_MAX) {
		/* |int32|; the magnitude of INT32_MIN fits in uint32. */
		uint32_t magnitude = list.hash & 0x80000000u ? 0u - list.hash : list.hash;

		text_append(&list.text, "-");
		append_base36(&list.text, magnitude);
	}
	*ret = text_steal(&list.text);
	return *ret ? 0 : -ENOMEM;
}

/* ---- life cycle ---- */

int project_scope_new(const char *path, struct project_scope **ret)
{
	cleanup_project_scope struct project_scope *scope = NULL;
	int r;

	if (path[0] != '/')
		return -EINVAL;
	scope = calloc(1, sizeof(*scope));
	if (!scope)
		return -ENOMEM;
	r = -pthread_rwlock_init(&scope->lock, NULL);
	if (r < 0) {
		free(steal_ptr(&scope));
		return r;
	}
	r = fold_compose(path, &scope->composed);
	if (r < 0)
		return r == -EILSEQ ? -EINVAL : r;
	r = project_scope_encode(scope->composed, &scope->encoded);
	if (r < 0)
		return r;
	r = fold_name(scope->encoded, &scope->folded);
	if (r < 0)
		return r;
	scope->path = strdup(path);
	if (!scope->path)
		return -ENOMEM;
	*ret = steal_ptr(&scope);
	return 0;
}

void project_scope_free(struct project_scope *scope)
{
	if (!scope)
		return;
	(void)pthread_rwlock_destroy(&scope->lock);
	free(scope->own.slots);
	free(scope->foreign.slots);
	free(scope->path);
	free(scope->composed);
	free(scope->encoded);
	free(scope->folded);
	never_list_free(scope->never);
	free(scope);
}

void project_scope_set_never(struct project_scope *scope, struct never_list *list)
{
	never_list_free(scope->never);
	scope->never = list;
}

const struct never_list *project_scope_never(const struct project_scope *scope)
{
	return scope->never;
}

void cleanup_project_scope_free(struct project_scope **scope)
{
	project_scope_free(*scope);
}

const char *project_scope_path(const struct project_scope *scope)
{
	return scope->path;
}

const char *project_scope_composed_path(const struct project_scope *scope)
{
	return scope->composed;
}

const char *project_scope_encoded(const struct project_scope *scope)
{
	return scope->encoded;
}

const char *project_scope_encoded_folded(const struct project_scope *scope)
{
	return scope->folded;
}

bool project_scope_is_path(const struct project_scope *scope, const char *path, size_t len)
{
	return (strlen(scope->path) == len && memcmp(scope->path, path, len) == 0) ||
	       (strlen(scope->composed) == len && memcmp(scope->composed, path, len) == 0);
}

bool project_scope_is_twin(const struct project_scope *scope, const char *path)
{
	cleanup_free char *composed = NULL;
	cleanup_free char *encoded = NULL;
	int r = fold_compose(path, &composed);

	if (r == 0)
		r = project_scope_encode(composed, &encoded);
	/* What cannot be looked at is taken for another project's. No name is no project's. */
	if (r < 0)
		return r == -ENOMEM;
	return strcmp(encoded, scope->encoded) == 0 &&
	       !project_scope_is_path(scope, composed, strlen(composed));
}

/* ---- sessions ---- */

/* Lower case only, as Claude writes them: another spelling is another name. */
static bool session_id_parse(const char *uuid, size_t len, struct session_id *ret)
{
	struct session_id id = { { 0, 0 } };
	size_t digits = 0;

	if (len != SESSION_UUID_LEN)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = uuid[i];
		uint64_t value;

		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (c != '-')
				return false;
			continue;
		}
		if (c >= '0' && c <= '9')
			value = (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = (uint64_t)(c - 'a') + 10;
		else
			return false;
		id.halves[digits / 16] = id.halves[digits / 16] << 4 | value;
		digits++;
	}
	*ret = id;
	return id.halves[0] != 0 || id.halves[1] != 0;
}

/* The slot that holds id, or the empty one where it belongs. There is always an empty one. */
static size_t find_slot(const struct session_id *slots, size_t slot_count,
			const struct session_id *id)
{
	uint64_t mixed = (id->halves[0] ^ id->halves[1]) * 0x9e3779b97f4a7c15u;
	size_t i = (size_t)(mixed >> 32) & (slot_count - 1);

	while ((slots[i].halves[0] != 0 || slots[i].halves[1] != 0) &&
	       (slots[i].halves[0] != id->halves[0] || slots[i].halves[1] != id->halves[1]))
		i = (i + 1) & (slot_count - 1);
	return i;
}

static int grow_slots(struct session_set *set)
{
	size_t slot_count = set->slot_count ? set->slot_count * 2 : SESSION_SLOTS_FIRST;
	struct session_id *slots = calloc(slot_count, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < set->slot_count; i++) {
		const struct session_id *id = &set->slots[i];

		if (id->halves[0] != 0 || id->halves[1] != 0)
			slots[find_slot(slots, slot_count, id)] = *id;
	}
	free(set->slots);
	set->slots = slots;
	set->slot_count = slot_count;
	return 0;
}

static int add_locked(struct session_set *set, const struct session_id *id)
{
	size_t i;
	int r;

	if (set->count >= SESSIONS_MAX)
		return 0;
	if (set->count * 2 >= set->slot_count) {
		r = grow_slots(set);
		if (r < 0)
			return r;
	}
	i = find_slot(set->slots, set->slot_count, id);
	if (set->slots[i].halves[0] == 0 && set->slots[i].halves[1] == 0) {
		set->slots[i] = *id;
		set->count++;
	}
	return 0;
}

static bool has_locked(const struct session_set *set, const struct session_id *id)
{
	const struct session_id *slot;

	if (set->slot_count == 0)
		return false;
	slot = &set->slots[find_slot(set->slots, set->slot_count, id)];
	return slot->halves[0] == id->halves[0] && slot->halves[1] == id->halves[1];
}

static int add_to(struct project_scope *scope, struct session_set *set, const char *uuid,
		  size_t len)
{
	struct session_id id;
	int r;

	if (!session_id_parse(uuid, len, &id))
		return 0;
	(void)pthread_rwlock_wrlock(&scope->lock);
	r = add_locked(set, &id);
	(void)pthread_rwlock_unlock(&scope->lock);
	return r;
}

int project_scope_add_session(struct project_scope *scope, const char *uuid, size_t len)
{
	return add_to(scope, &scope->own, uuid, len);
}

int project_scope_add_foreign(struct project_scope *scope, const char *uuid, size_t len)
{
	return add_to(scope, &scope->foreign, uuid, len);
}

bool project_scope_has_session(const struct project_scope *scope, const char *uuid, size_t len)
{
	/* The lock is no part of what the caller sees as constant. */
	pthread_rwlock_t *lock = (pthread_rwlock_t *)(uintptr_t)&scope->lock;
	struct session_id id;
	bool has;

	if (!session_id_parse(uuid, len, &id))
		return false;
	(void)pthread_rwlock_rdlock(lock);
	has = has_locked(&scope->own, &id) && !has_locked(&scope->foreign, &id);
	(void)pthread_rwlock_unlock(lock);
	return has;
}

bool project_scope_is_foreign(const struct project_scope *scope, const char *uuid, size_t len)
{
	pthread_rwlock_t *lock = (pthread_rwlock_t *)(uintptr_t)&scope->lock;
	struct session_id id;
	bool is_foreign;

	if (!session_id_parse(uuid, len, &id))
		return false;
	(void)pthread_rwlock_rdlock(lock);
	is_foreign = has_locked(&scope->foreign, &id);
	(void)pthread_rwlock_unlock(lock);
	return is_foreign;
}

/* SPDX-License-Identifier: MIT */
#include "fs/review/hazard_facts.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/text.h"

#define FACTS_FIRST 16u

void hazard_facts_done(struct hazard_facts *facts)
{
	for (size_t i = 0; i < facts->count; i++)
		free(facts->items[i].what);
	free(facts->items);
	*facts = (struct hazard_facts){ 0 };
}

static struct hazard_fact *grow(struct hazard_facts *facts, enum hazard_kind kind)
{
	/* What says that something was not looked at always has room. */
	if (facts->count >= HAZARD_FACTS_MAX && kind != HAZARD_UNSEEN) {
		facts->is_overfull = true;
		return NULL;
	}
	if (facts->count == facts->size) {
		size_t size = facts->size ? facts->size * 2 : FACTS_FIRST;
		struct hazard_fact *items = reallocarray(facts->items, size, sizeof(*items));

		if (!items) {
			facts->is_failed = true;
			return NULL;
		}
		facts->items = items;
		facts->size = size;
	}
	return &facts->items[facts->count];
}

ANALYZER_LOSES_OWNERS
static void add(struct hazard_facts *facts, enum hazard_kind kind, bool is_guard, const char *key,
		const char *what)
{
	struct hazard_fact *fact = grow(facts, kind);
	char safe[HAZARD_WHAT_MAX];

	if (!fact)
		return;
	*fact = (struct hazard_fact){ .kind = kind, .is_guard = is_guard };
	fact->key = hash_bytes(key, strlen(key));
	if (what) {
		text_format_safe(safe, sizeof(safe), "%s", what);
		fact->what = strdup(safe);
		if (!fact->what) {
			facts->is_failed = true;
			return;
		}
	}
	facts->count++;
}
ANALYZER_KNOWS_OWNERS

void hazard_facts_add(struct hazard_facts *facts, enum hazard_kind kind, const char *format, ...)
{
	cleanup_text struct text what = { 0 };
	va_list args;

	va_start(args, format);
	text_vappendf(&what, format, args);
	va_end(args);
	if (what.is_failed || !what.data)
		facts->is_failed = true;
	else
		add(facts, kind, false, what.data, what.data);
}

void hazard_facts_add_key(struct hazard_facts *facts, enum hazard_kind kind, const char *key,
			  const char *format, ...)
{
	cleanup_text struct text what = { 0 };
	va_list args;

	if (!format) {
		add(facts, kind, false, key, NULL);
		return;
	}
	va_start(args, format);
	text_vappendf(&what, format, args);
	va_end(args);
	if (what.is_failed || !what.data)
		facts->is_failed = true;
	else
		add(facts, kind, false, key, what.data);
}

void hazard_facts_add_guard(struct hazard_facts *facts, const char *format, ...)
{
	cleanup_text struct text what = { 0 };
	va_list args;

	va_start(args, format);
	text_vappendf(&what, format, args);
	va_end(args);
	if (what.is_failed || !what.data)
		facts->is_failed = true;
	else
		add(facts, HAZARD_PERMISSION, true, what.data, what.data);
}

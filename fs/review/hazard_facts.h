/* SPDX-License-Identifier: MIT */
/* What the finders of hazards collect from one content; private to fs/review. A hazard is a fact of
 * the new content that the old one had not, or a guard of the old one that the new one lacks. */
#ifndef CLAUDEFS_REVIEW_HAZARD_FACTS_H
#define CLAUDEFS_REVIEW_HAZARD_FACTS_H

#include "fs/base/hash.h"
#include "fs/review/hazards.h"

#define HAZARD_FACTS_MAX 20000u /* of one content; more is a hazard by itself */

struct hazard_fact {
	enum hazard_kind kind;
	bool is_guard;   /* forbids something: its loss is the hazard */
	struct hash key; /* what makes it the same fact in both contents */
	char *what;      /* terminal-safe; NULL: goes without saying */
};

struct hazard_facts {
	struct hazard_fact *items;
	size_t count;
	size_t size;
	bool is_failed;   /* out of memory */
	bool is_overfull; /* over HAZARD_FACTS_MAX */
};

void hazard_facts_done(struct hazard_facts *facts);
#define cleanup_hazard_facts __attribute__((cleanup(hazard_facts_done)))

/* Adds a fact whose key is its text (before it is cut). */
void hazard_facts_add(struct hazard_facts *facts, enum hazard_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same with a key of its own, which is not shown; format may be NULL. */
void hazard_facts_add_key(struct hazard_facts *facts, enum hazard_kind kind, const char *key,
			  const char *format, ...) __attribute__((format(printf, 4, 5)));
void hazard_facts_add_guard(struct hazard_facts *facts, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Where Claude, or the host, takes a file for more than text. Judged by folded name, so that every
 * spelling that some host would take for it counts. */
enum hazard_place {
	PLACE_OTHER,
	PLACE_CONFIG,      /* settings, .claude.json, MCP and plugin manifests, hooks.json */
	PLACE_KEYBINDINGS, /* keybindings.json */
	PLACE_INSTRUCTION, /* CLAUDE.md, AGENTS.md, rules/: in every later session */
	PLACE_AGENT,       /* skills, agents, commands, output styles, workflows */
	PLACE_MEMORY,      /* memory, plans */
	PLACE_SHELL,       /* run or sourced by the host's Claude */
	PLACE_RECORDS,     /* transcripts */
};

struct hazard_name {
	enum hazard_place place;
	bool is_plugin;   /* lies in a plugin */
	bool is_markdown; /* by its name */
};

/* Returns 0 or -ENOMEM. */
int hazard_name_read(const char *path, struct hazard_name *ret);

/* The finders, each of one kind of structure. What they meet they add to facts. */
void hazard_find_config(const char *data, size_t len, enum hazard_place place,
			struct hazard_facts *facts);
void hazard_find_markdown(const char *data, size_t len, struct hazard_facts *facts);
void hazard_find_records(const char *data, size_t len, struct hazard_facts *facts);
void hazard_find_name(const char *path, struct hazard_facts *facts);

/* Lines of data that base has not are looked at. Returns 0 or -ENOMEM. */
int hazard_find_prose(const struct hazard_input *input, struct hazard_facts *facts);

/* How many of each an honest text would not have. */
struct hazard_characters {
	size_t hidden;  /* bidirectional, zero-width, tags, variation selectors, where they do
			   nothing  that a reader could see */
	size_t escapes; /* controls: a terminal acts on them */
	uint32_t first_hidden; /* code points; 0: none */
	uint32_t first_escape;
	bool is_binary;
};
struct hazard_characters hazard_count_characters(const char *data, size_t len);

#endif

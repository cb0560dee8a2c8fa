/* SPDX-License-Identifier: MIT */
/* Hazards: what in a change could run on the host, steer a later session, or deceive whoever reads
 * it. Found by structure (JSON by key, front matter by YAML, text by code point and line), as what
 * the new content has and the old one had not, and shown whatever the rules say of the change. They
 * decide nothing: a person and the rules do. docs/RULES.md has a line for each.
 *
 * Pure. Contents are an attacker's: sizes, nesting and findings are bounded, and what could not be
 * looked at is a finding of its own. */
#ifndef CLAUDEFS_REVIEW_HAZARDS_H
#define CLAUDEFS_REVIEW_HAZARDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HAZARD_TEXT_MAX   (4u << 20) /* bytes of a content that are looked at */
#define HAZARDS_MAX       24u        /* kept of one change; the rest is counted */
#define HAZARD_WHAT_MAX   240u       /* bytes of one finding */
#define HAZARD_QUOTED_MAX 100u       /* bytes quoted of a content in it */

/* In alphabetical order of the ids, which is the order of the table in hazards.c. */
enum hazard_kind {
	HAZARD_AGENT,
	HAZARD_COMMAND,
	HAZARD_ENV,
	HAZARD_ESCAPE,
	HAZARD_EXEC,
	HAZARD_HIDDEN,
	HAZARD_HOOK,
	HAZARD_IMPORT,
	HAZARD_INSTRUCTION,
	HAZARD_MCP,
	HAZARD_NAME,
	HAZARD_PERMISSION,
	HAZARD_PLUGIN,
	HAZARD_PROMPT,
	HAZARD_RESUME,
	HAZARD_SCRIPT,
	HAZARD_SHELL,
	HAZARD_SNIPPET,
	HAZARD_TRUST,
	HAZARD_UNSEEN,
	HAZARD_KINDS, /* their number */
};

struct hazard {
	enum hazard_kind kind;
	char *what; /* one terminal-safe line */
};

struct hazard_list {
	struct hazard *items;
	size_t count;
	size_t omitted; /* further ones, beyond HAZARDS_MAX */
};

void hazard_list_done(struct hazard_list *list);
#define cleanup_hazard_list __attribute__((cleanup(hazard_list_done)))

/* One change. Contents are borrowed, and need not end in NUL. */
struct hazard_input {
	const char *path;
	const char *base; /* NULL: there was nothing, or it is not known */
	size_t base_len;
	const char *content; /* NULL: the change leaves no file */
	size_t len;
	bool is_cut;       /* content is only the first HAZARD_TEXT_MAX bytes */
	bool is_unknown;   /* content could not be read */
	bool is_directory; /* it has a name only: what makes a place dangerous are files in it */
	bool has_base_mode;
	uint32_t base_mode;
	uint32_t mode; /* of the file that the change leaves */
};

/* Fills *ret (hazard_list_done()) in the order of the kinds. Returns 0 or -ENOMEM. */
int hazards_find(const struct hazard_input *input, struct hazard_list *ret);

/* "HZ-HOOK" */
const char *hazard_id(enum hazard_kind kind);
/* What is dangerous about all of the kind, in one clause. */
const char *hazard_meaning(enum hazard_kind kind);

#endif

/* SPDX-License-Identifier: MIT */
/* What a line of text says to a model: imports, commands to run, and instructions. Words are
 * compared folded, so that neither case, nor width, nor invisible characters hide them. */
#ifndef CLAUDEFS_REVIEW_HAZARD_PROSE_H
#define CLAUDEFS_REVIEW_HAZARD_PROSE_H

#include "fs/base/text.h"
#include "fs/review/hazard_facts.h"

/* Words of all lines, folded and separated by single spaces: an instruction may go over lines. */
struct prose {
	struct text words;
};
void prose_done(struct prose *prose);
#define cleanup_prose __attribute__((cleanup(prose_done)))

/* "<verb> "<line>"", with the line cut and without its white space. */
void prose_tell(struct hazard_facts *facts, enum hazard_kind kind, const char *verb,
		const char *line, size_t len);

/* Imports (@path), downloads into a shell, and !`commands`. is_code: within a fence, where Claude
 * does not import. */
void prose_find_in_line(const char *line, size_t len, bool is_code, struct hazard_facts *facts);

/* Returns 0 or -ENOMEM. */
int prose_add_words(struct prose *prose, const char *line, size_t len);
void prose_find_instructions(const struct prose *prose, struct hazard_facts *facts);

#endif

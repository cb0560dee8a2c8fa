/* SPDX-License-Identifier: MIT */
/* Branches and tags of a remote as it said them: what a push is measured by. */
#ifndef CLAUDEFS_GIT_PUSH_REFS_H
#define CLAUDEFS_GIT_PUSH_REFS_H

#include <stddef.h>

#include "fs/base/text.h"
#include "fs/git/object_id.h"

#define PUSH_REFS_MAX      200000u
#define PUSH_REFS_TEXT_MAX (64u << 20) /* bytes, as written */
#define PUSH_PROBLEM_SIZE  400u        /* bytes with the NUL */
#define PUSH_WORD_SIZE     24u

/* Why something was refused or failed: one terminal-safe line that names the object and the mend.
 */
struct push_problem {
	char text[PUSH_PROBLEM_SIZE];
	char word[PUSH_WORD_SIZE]; /* as a git server says it ("fetch first"); "": none */
};

/* Sets the text (arguments may be the agent's), without a word, and returns error. problem may be
 * NULL. */
int push_problem_set(struct push_problem *problem, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Gives it a word. Returns error. */
int push_problem_name(struct push_problem *problem, int error, const char *word);
/* What a process that is not believed wrote becomes what struct push_problem promises. */
void push_problem_settle(struct push_problem *problem);

struct push_ref {
	char *name;
	char id[OBJECT_ID_HEX_SIZE];
};

struct push_refs {
	struct push_ref *items;
	size_t count;
	size_t room;
};

void push_refs_done(struct push_refs *refs);
#define cleanup_push_refs __attribute__((cleanup(push_refs_done)))

/* Returns 0, -EFBIG, -EBADMSG (a newline in the name) or -ENOMEM. */
int push_refs_add(struct push_refs *refs, const char *name, const char *id);
/* The id (borrowed), or NULL. */
const char *push_refs_find(const struct push_refs *refs, const char *name);

/* A line for each: "ID NAME". Appends to text; the other fills *ret ({ 0 } before; the caller calls
 * push_refs_done()) from a text that it may change. Return 0, -ENOMEM, -EFBIG or -EBADMSG. */
int push_refs_format(const struct push_refs *refs, struct text *text);
int push_refs_parse(char *text, struct push_refs *ret);

/* A file of them, one of our processes to another. The reader fills *ret ({ 0 } before; it calls
 * push_refs_done()) and returns 0, -EBADMSG or -errno. */
int push_refs_write(int dir_fd, const char *file, const struct push_refs *refs);
int push_refs_load(int dir_fd, const char *file, struct push_refs *ret);

#endif

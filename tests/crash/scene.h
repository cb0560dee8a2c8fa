/* SPDX-License-Identifier: MIT */
/* A commit of 60 entries (files made, replaced, removed, moved and appended to, directories made
 * and removed), and what must be true of the host when it was cut short. */
#ifndef CLAUDEFS_TESTS_SCENE_H
#define CLAUDEFS_TESTS_SCENE_H

#include "tests/lib/session_fixture.h"

/* A name, what the host has, and what it has after the commit. NULL: nothing. */
struct expectation {
	char path[256];
	char *before;
	char *after;
};

#define SCENE_OF_EACH 17u /* files made, replaced and removed */
#define EXPECTATIONS  (3 * SCENE_OF_EACH + 6)

struct scene {
	struct fixture fixture;
	struct expectation expectations[EXPECTATIONS];
	size_t count;
};

void make_scene(struct scene *scene);
void end_scene(struct scene *scene);

/* Approves and commits all: 0, 1 (stopped) or 2 (some entries were not applied). For a child. */
int commit_all(void *scene);

/* The first name that is neither old nor new (with is_final: not new), or NULL. */
const char *find_wrong_file(struct scene *scene, bool is_final);
/* Fails the test if there is one; n is said. */
void check_files(struct scene *scene, bool is_final, uint64_t n);
/* No temporary file is left anywhere on the host. */
void check_no_leftovers(struct scene *scene, uint64_t n);
/* All is there, nothing is left over, nothing is pending, and the session verifies. */
void check_end(struct scene *scene, uint64_t n);
/* Commits again, checks the end, and that a third commit changes nothing. */
void run_again(struct scene *scene, uint64_t n);

/* Makes the scenes in memory, where that exists. */
void scenes_in_memory(void);

#endif

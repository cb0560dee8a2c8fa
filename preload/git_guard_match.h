/* SPDX-License-Identifier: MIT */
/* Whether keys, values and variables are those of the tables. Pure. */
#ifndef CLAUDEFS_PRELOAD_GIT_GUARD_MATCH_H
#define CLAUDEFS_PRELOAD_GIT_GUARD_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "preload/git_guard_table.h"

#define GIT_GUARD_NAME_MAX 1024u /* bytes of a key; a longer one is refused */

/* The rule that refuses key (len bytes) with value (NULL: not known), or NULL. */
const struct git_guard_key *git_guard_match_key(const char *key, size_t len, const char *value);

/* The rule that refuses a key which could lie in the section (as after --rename-section), or NULL.
 */
const struct git_guard_key *git_guard_match_section(const char *section);

/* The rule that refuses the variable called name (len bytes) with value, or NULL. */
const struct git_guard_variable *git_guard_match_variable(const char *name, size_t len,
							  const char *value);

/* True if value is let through by the list (NULL: nothing is). But for the pattern "*", a value in
 * which a shell would find a second command is not. */
bool git_guard_is_harmless(const char *const *harmless, const char *value);

#endif

/* SPDX-License-Identifier: MIT */
/* Which keys of a git configuration run something or lead elsewhere, and which are the person's own
 * ways that go into a sandbox: the built-in lists of rules/git.json. Pure. (What git-guard refuses
 * comes of the same file, when that is built.)
 *
 * A pattern is "section.key" or "section.*.key", the `*` in the middle any subsection, dots
 * included; a star at an end of a part is any run of characters. Section and key compare without
 * case, as git does. */
#ifndef CLAUDEFS_GIT_GIT_KEYS_H
#define CLAUDEFS_GIT_GIT_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#define GIT_KEYS_MAX 512u

struct git_keys;

/* *ret (ret_). Returns 0, -EBADMSG or -ENOMEM. */
int git_keys_parse(const char *text, size_t len, struct git_keys **ret);
int git_keys_new_builtin(struct git_keys **ret);
void git_keys_free(struct git_keys *keys);
void cleanup_git_keys_free(struct git_keys **keys);
#define cleanup_git_keys __attribute__((cleanup(cleanup_git_keys_free)))

/* Why the key (git_config.h) with that value (NULL: whatever it is) is dangerous (borrowed), or
 * NULL. */
const char *git_keys_why(const struct git_keys *keys, const char *name, const char *value);

/* True for a key that the list "pass" has and "keys" has not. */
bool git_keys_may_pass(const struct git_keys *keys, const char *name);

#endif

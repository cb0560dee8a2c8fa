/* SPDX-License-Identifier: MIT */
/* Which project a session belongs to, and which names are its own: what <project> and <session> in
 * a rule stand for. Pure. */
#ifndef CLAUDEFS_POLICY_PROJECT_SCOPE_H
#define CLAUDEFS_POLICY_PROJECT_SCOPE_H

#include <stdbool.h>
#include <stddef.h>

#define SESSION_UUID_LEN \
	36u /* "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", as Claude names its sessions */

struct project_scope;
struct never_list;

/* path: the project's canonical absolute path. *ret (ret_). Returns 0, -EINVAL (not absolute or not
 * UTF-8) or -ENOMEM. */
int project_scope_new(const char *path, struct project_scope **ret);
void project_scope_free(struct project_scope *scope);
void cleanup_project_scope_free(struct project_scope **scope);
#define cleanup_project_scope __attribute__((cleanup(cleanup_project_scope_free)))

const char *project_scope_path(const struct project_scope *scope);          /* borrowed */
const char *project_scope_composed_path(const struct project_scope *scope); /* borrowed; in NFC */
const char *
project_scope_encoded(const struct project_scope *scope); /* borrowed; of the NFC form */
const char *project_scope_encoded_folded(const struct project_scope *scope); /* borrowed; fold.h */

/* True for the project's path, as given or in NFC (Claude writes its paths in NFC). */
bool project_scope_is_path(const struct project_scope *scope, const char *path, size_t len);

/* Adds a Claude session id (a UUID in lower case; anything else is ignored) to the project's own.
 * Thread-safe against project_scope_has_session(). Returns 0 or -ENOMEM. At most 65,536; more are
 * ignored (not own). */
int project_scope_add_session(struct project_scope *scope, const char *uuid, size_t len);
/* False for another project's, see below. */
bool project_scope_has_session(const struct project_scope *scope, const char *uuid, size_t len);

/* A session of another project whose directory name is the same one, since the encoding is lossy
 * ("/a/b.c" and "/a/b-c"): it lies in this project's directory and is none of its own, whatever is
 * added later. As project_scope_add_session(), and like it at most 65,536. */
int project_scope_add_foreign(struct project_scope *scope, const char *uuid, size_t len);
bool project_scope_is_foreign(const struct project_scope *scope, const char *uuid, size_t len);

/* What the project itself forbids to leave a session (never_list.h), for policy_decide(). list:
 * NULL for nothing; the scope takes it. Before the scope is shared. */
void project_scope_set_never(struct project_scope *scope, struct never_list *list);
const struct never_list *project_scope_never(const struct project_scope *scope); /* borrowed */

/* True for a path that is not the project's, though Claude's directory name for it is; and when
 * memory runs out. */
bool project_scope_is_twin(const struct project_scope *scope, const char *path);

/* Claude Code's directory name for a project path: every UTF-16 unit outside [A-Za-z0-9] becomes
 * '-'; over 200 units: the first 200, '-', and base 36 of |h|, h an int32 of (h << 5) - h + unit
 * over the original. (CLAUDE-CODE 2.1.330, observed.) *ret (ret_). Returns 0, -EINVAL (not UTF-8)
 * or -ENOMEM. */
int project_scope_encode(const char *path, char **ret);

#endif

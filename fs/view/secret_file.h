/* SPDX-License-Identifier: MIT */
/* Files that hold logins: .credentials.json, and what Claude renames onto it. Their bytes are in
 * memory only (an anonymous file that nothing maps into a core and nothing swaps), never in an
 * object, and the journal knows nothing of them, not even a hash.
 *
 * Such a name lies in the root and begins, folded, with ".credentials.json". A file keeps its kind:
 * it cannot be renamed to a name of the other kind, so that no token reaches the store by a rename.
 */
#ifndef CLAUDEFS_VIEW_SECRET_FILE_H
#define CLAUDEFS_VIEW_SECRET_FILE_H

#include "fs/base/secret.h"
#include "fs/view/tree.h"

#define SECRET_FILES_MAX 32u /* at once; more is ENOSPC. Each holds up to SECRET_MAX bytes */

/* path: relative to the root, or a single name in it. Out of memory: true. */
bool secret_file_is_path(const char *path);

/* A file with the first keep bytes of the credentials that are shown (0: empty), for a node's
 * content. Returns 0, -ENOSPC (SECRET_FILES_MAX) or -errno. */
struct secret_file {
	int fd;
	void *pages; /* all of it mapped, so that it can be locked and wiped */
	uint64_t size;
};
int secret_file_new(struct view *view, uint64_t keep, struct secret_file *ret);
/* Wipes and closes; fd -1 is allowed. */
void secret_file_close(struct view *view, struct secret_file *file);

/* The content becomes this file's, its own and without an object. Takes *file. */
void secret_file_give(struct secret_file *file, struct content *content);
/* At the content's end. */
void secret_file_end(struct view *view, struct content *content);

/* After a write: keeps the pages out of the swap, as far as RLIMIT_MEMLOCK allows. */
void secret_file_lock(const struct content *content);

/* The credentials that are shown while the session has none of its own. The pointer is borrowed
 * until secret_file_unlock_shown(). */
const struct secret *secret_file_lock_shown(struct view *view);
void secret_file_unlock_shown(struct view *view);

/* If the secret file has the credentials' name and changed since, hands its bytes to
 * view_options.on_credentials. Content lock held, namespace lock not. */
void secret_file_offer(struct view *view, struct node *node);

#endif

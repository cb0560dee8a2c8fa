/* SPDX-License-Identifier: MIT */
/* The view's state, its locks, and finding what the session sees under a name.
 *
 * Locks, in the order in which they are taken:
 *  1. content.lock of one file: its bytes, fds and seals. Held during copy-up, filtering and fsync
 *     of that file, so only its own users wait for them.
 *  2. view->lock, the namespace: nodes, entries, names, and the order of the journal's records. It
 *     is held while the host is asked for a stat or a directory listing, never while contents are
 *     read, copied, hashed or synced.
 *  3. Locks inside attribution, the journal, the store and the host tree, and that of the shown
 *     credentials.
 * An operation that needs a content while it changes names pins the node, lets the namespace go,
 * does the content's work, comes back and looks again whether the name is still the same.
 */
#ifndef CLAUDEFS_VIEW_TREE_H
#define CLAUDEFS_VIEW_TREE_H

#include <pthread.h>
#include <stdatomic.h>

#include "fs/view/attribution.h"
#include "fs/view/node.h"
#include "fs/view/quota.h"
#include "fs/view/view.h"

#define VIEW_CREDENTIALS_NAME ".credentials.json" /* the one synthetic name */
#define VIEW_SET_ID           (S_ISUID | S_ISGID)
#define VIEW_RETRIES          64 /* times that an operation starts over because a name changed */

struct view {
	struct view_options options;
	pthread_mutex_t credentials_lock;
	struct secret *credentials;       /* shown; NULL: none */
	struct timespec credentials_time; /* shown as their time */
	uint32_t credentials_epoch;       /* changes with them */
	atomic_uint secret_files;
	bool has_refuse_rules; /* else no rename needs to judge descendants */
	pthread_mutex_t lock;
	struct node_table table;
	struct node *root;
	struct view_file *files; /* open ones */
	uint64_t file_count;
	uint32_t policy_epoch; /* changes with every directory's name and every own session:
				  verdicts are asked again */
	struct timespec start; /* shown as the times of what is in memory only */
	struct attribution *attribution;
	struct quota quota;
	atomic_int sticky_error; /* negative errno: the journal or an object could not be written */
	atomic_uint host_pins;   /* host fds held for prefixes */
	atomic_uint scratch_kept;
	atomic_uint refusals;
	atomic_bool is_store_dirty; /* objects were made since the store was synced */
};

void view_lock(struct view *view);
void view_unlock(struct view *view);

/* 0, -ENAMETOOLONG or -EINVAL. */
int tree_check_name(const char *name);

/* The directory with this number, in use: 0, -ENOENT or -ENOTDIR. Namespace lock held. */
int tree_find_dir(struct view *view, uint64_t ino, struct node **ret);

/* What the session sees under name in dir. Asks the host if the entry is not the session's own;
 * *ret_st (may be NULL) is then the host's stat, and otherwise all zero (st_mode 0). The node is
 * not pinned. Namespace lock held. Returns 0, -ENOENT, -ENAMETOOLONG or -errno. */
int tree_resolve(struct view *view, struct node *dir, const char *name, struct node **ret,
		 struct stat *ret_st);

/* tree_find_dir() and tree_resolve(), for operations on parent and name. */
int tree_resolve_at(struct view *view, uint64_t parent, const char *name, struct node **ret_dir,
		    struct node **ret);

/* Lets go of everything known below dir that is not there any more: whiteouts, clean nodes. */
void tree_forget_below(struct view *view, struct node *dir);

/* From here on the directory's times are the session's, beginning with those that were shown. */
void tree_take_times(struct view *view, struct node *dir);
/* An entry in dir was added, removed or renamed. */
void tree_touch_dir(struct view *view, struct node *dir);

struct timespec tree_now(void);

/* A name came into being: a transcript makes its session the project's own. */
void tree_note_name(struct view *view, const char *path);

#endif

/* SPDX-License-Identifier: MIT */
/* How an entry of the host becomes the session's own: lazily, at its first change. Small and
 * filtered files are copied; of larger ones only what is appended is stored, behind a prefix that
 * stays the host's file. */
#ifndef CLAUDEFS_VIEW_COPY_UP_H
#define CLAUDEFS_VIEW_COPY_UP_H

#include <stdint.h>

#include "fs/view/tree.h"

#define COPY_UP_WHOLE_MAX (1u << 20) /* bytes; larger host files keep their prefix */
#define COPY_UP_PINS_MAX  256u       /* host fds held for prefixes; then files are copied wholly */
#define COPY_UP_ALL       UINT64_MAX

/* A file. keep: how many bytes of it are wanted (0 for O_TRUNC). Content lock held, content open.
 * Returns 0 (own now, or already), -ENOSPC or -errno. Credentials become a secret
 * file (secret_file.h). */
int copy_up_file(struct view *view, struct node *node, uint64_t process, uint64_t keep);

/* The same for one that is not open. No lock held; the node is pinned. */
int copy_up_closed_file(struct view *view, struct node *node, uint64_t process);

/* A directory's own attributes; its entries still show through. Namespace lock held. */
int copy_up_dir(struct view *view, struct node *dir, uint64_t process);

/* A directory and everything visible below it. No lock held; dir is pinned. */
int copy_up_tree(struct view *view, struct node *dir, uint64_t process);

/* Gives up the prefix: the first keep bytes of the file are in its object afterwards, or all of it
 * with COPY_UP_ALL. Content lock held, content open. */
int copy_up_materialise(struct view *view, struct node *node, uint64_t process, uint64_t keep);

/* Journals what a host entry is before it is displaced (once per name). File: no lock held; the
 * node is pinned. Directory: namespace lock held. An entry that is no (longer the) host's: 0. */
int copy_up_base_file(struct view *view, struct node *node, uint64_t process);
int copy_up_base_dir(struct view *view, struct node *dir, uint64_t process);

#endif

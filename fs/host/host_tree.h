/* SPDX-License-Identifier: MIT */
/* The host's ~/.claude, read-only: every access starts at a pinned directory fd and stays beneath
 * it.
 *
 * State path ".claude.json" is served from the file that the host's Claude reads, which by default
 * lies beside the root (~/.claude.json) and not in it; where the root holds a ".config.json" when
 * the tree is opened, that is the one that Claude reads, and the one that is served. A symlink that
 * the user keeps in ~/.claude (dotfiles do this) is resolved once, at its first use (those in the
 * root: when the tree is opened), pinned, and from then on served as what it points to. One that
 * leads above the root is absent. */
#ifndef CLAUDEFS_HOST_HOST_TREE_H
#define CLAUDEFS_HOST_HOST_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#define HOST_LINKS_MAX 256u /* symlinks pinned per tree; further ones are absent (-ENOENT) */

struct host_tree;

/* root_path: ~/.claude, followed once if it is a link. Absent is fine: the tree is then empty.
 * config_path: the .claude.json to serve at the root, or NULL to serve the one inside.
 * Returns 0 or -errno (-EACCES, -ENOTDIR, ...). */
int host_tree_open(const char *root_path, const char *config_path, struct host_tree **ret);
void host_tree_close(struct host_tree *tree);
void cleanup_host_tree_close(struct host_tree **tree);
#define cleanup_host_tree __attribute__((cleanup(cleanup_host_tree_close)))

/* False if ~/.claude does not exist. The identity is that of the pinned directory (0, 0 then). */
bool host_tree_exists(const struct host_tree *tree);
void host_tree_identity(const struct host_tree *tree, uint64_t *ret_dev, uint64_t *ret_ino);

/* fstat-like, of what path is or resolves to. Only directories and regular files exist here:
 * anything else is -ENOENT. Returns 0, -ENOENT, -EACCES or another -errno. */
int host_tree_stat(struct host_tree *tree, const char *path, struct stat *ret);

/* The other state path (ret_; NULL: none) of what path, asked for before with host_tree_stat(), is:
 * where a link of the user's on the way leads back into the state, or to where another link has
 * led. That path may have another one in turn. Returns 0 or -ENOMEM, -ENAMETOOLONG, -EINVAL. */
int host_tree_other_path(struct host_tree *tree, const char *path, char **ret);

/* Opens a regular file for reading (fd, caller closes), or -errno. *ret_st (may be NULL) is its
 * fstat. */
int host_tree_open_file(struct host_tree *tree, const char *path, struct stat *ret_st);

/* Opens a directory as it is on disk (fd, caller closes), or -errno. To list, use
 * host_tree_list(). */
int host_tree_open_dir(struct host_tree *tree, const char *path);

/* Calls each(name, arg) for every entry of directory path but "." and ".."; stops at the first
 * non-zero result and returns it. Entries may be anything: use host_tree_stat(). The root lists the
 * ".claude.json" that is served, wherever it lies; listing an absent root is no error. Returns 0 or
 * -errno. */
int host_tree_list(struct host_tree *tree, const char *path,
		   int (*each)(const char *name, void *arg), void *arg);

#endif

/* SPDX-License-Identifier: MIT */
/* Where a symlink of the user's leads, found once and held by dirfd. Private to fs/host. */
#ifndef CLAUDEFS_HOST_HOST_LINK_H
#define CLAUDEFS_HOST_HOST_LINK_H

/* A place on the host. A directory is held itself. A file is held by its directory and its name in
 * it, since programs replace files by rename. */
struct host_place {
	int fd;
	char *name; /* NULL: fd is the directory itself */
};

void host_place_done(struct host_place *place);
#define cleanup_host_place __attribute__((cleanup(host_place_done)))

/* Is told each place on the way, the last one included: name in dir_fd (both borrowed; NULL: the
 * directory itself). Not 0 ends the walk with that error. */
typedef int host_link_visit(int dir_fd, const char *name, void *arg);

/* Resolves dir_fd/name (borrowed), a symlink, through as many further ones as it takes. Returns 0,
 * -ENOENT (dangling, circular, or neither a directory nor a regular file) or -errno. */
int host_link_resolve(int dir_fd, const char *name, host_link_visit *visit, void *arg,
		      struct host_place *ret);

#endif

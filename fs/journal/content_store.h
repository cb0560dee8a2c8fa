/* SPDX-License-Identifier: MIT */
/* Contents under numbers: session/objects/<decimal number>, 0600. No name chosen in the sandbox
 * exists on the host, so no clash, no over-long path and no planted link can arise here. */
#ifndef CLAUDEFS_JOURNAL_CONTENT_STORE_H
#define CLAUDEFS_JOURNAL_CONTENT_STORE_H

#include <stdint.h>
#include <sys/stat.h>

struct content_store;

/* Opens (and, if may_create, makes) session_fd/objects. Returns 0, -ENOENT or -errno. */
int content_store_open(int session_fd, int may_create, struct content_store **ret);
void content_store_close(struct content_store *store);
void cleanup_content_store_close(struct content_store **store);
#define cleanup_content_store __attribute__((cleanup(cleanup_content_store_close)))

/* A new empty object (numbers from 1, thread-safe): *ret_fd (caller closes) is open O_RDWR.
 * Returns 0 or -errno. */
int content_store_create(struct content_store *store, uint64_t *ret_object, int *ret_fd);

/* Opens an object: flags O_RDONLY or O_RDWR. Only a regular file with one link is accepted.
 * Returns the fd, -ENOENT, -EBADMSG (not such a file) or -errno. */
int content_store_open_object(struct content_store *store, uint64_t object, int flags);

int content_store_stat(struct content_store *store, uint64_t object, struct stat *ret);

/* Removes an object that nothing can name any more. Returns 0 or -errno. */
int content_store_remove(struct content_store *store, uint64_t object);

/* Makes the directory itself durable (fsync). */
int content_store_sync(struct content_store *store);

/* An unnamed temporary file on the same file system (for filtered contents): fd, open O_RDWR, or
 * -errno. */
int content_store_scratch(struct content_store *store);

#endif

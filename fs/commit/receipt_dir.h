/* SPDX-License-Identifier: MIT */
/* The directories receipts/<n> of a session, from the writing side. */
#ifndef CLAUDEFS_COMMIT_RECEIPT_DIR_H
#define CLAUDEFS_COMMIT_RECEIPT_DIR_H

#include <stdint.h>

/* Makes the next one, durable. Returns its fd or -errno. */
int receipt_dir_make(int session_fd, uint64_t *ret_number);

/* A file of it that must not be there yet, open O_RDWR. Returns the fd, -ENOTUNIQ (something of
 * that name is there: the daemon beside the sandbox can write here, and a link to another file may
 * wait to be written through) or -errno. */
int receipt_dir_create_file(int receipt_fd, const char *name);

/* Removes one in which nothing was begun (no intent). Returns 0 or -errno. */
int receipt_dir_discard(int session_fd, uint64_t number);

/* Removes the new-<k> files of a finished one: what they held is on the host. */
void receipt_dir_tidy(int receipt_fd);

/* Numbers of directories without receipt.json, ascending (ret_). Returns the count or -errno. */
int receipt_dir_unfinished(int session_fd, uint64_t **ret);

#endif

/* SPDX-License-Identifier: MIT */
/* What commits of a session did: receipts/<number>/ in its directory, with
 *	intent.json   what was going to be done, durable before the first of it was
 *	done          a log, a line per step: see fs/commit/done_log.h
 *	new-<k>       lines that entry k appends
 *	pre-<k>       what entry k's name held before
 *	receipt.json  what was done; its presence ends the commit
 * Read with suspicion: a session directory may come from elsewhere. */
#ifndef CLAUDEFS_REVIEW_RECEIPT_H
#define CLAUDEFS_REVIEW_RECEIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/base/json.h"
#include "fs/journal/record.h"

#define RECEIPT_VERSION  1u
#define RECEIPT_FILE_MAX (256u << 20) /* bytes of intent.json and receipt.json */
#define RECEIPTS_MAX     100000u      /* per session */

/* A name as the last commit of it left it. */
struct committed {
	const char *path; /* borrowed */
	bool exists;
	bool is_directory;
	bool is_host_sampled;
	struct journal_identity identity; /* of the host's file afterwards */
	struct hash host_hash;            /* of all of it (sample.h) */
	uint64_t object;                  /* what of the session was committed: its first */
	uint64_t prefix;                  /* prefix bytes of the host, and size - prefix bytes */
	uint64_t size;                    /* of the object, */
	struct hash object_hash;          /* whose digest (never sampled) this is */
};

struct receipts; /* a session's finished commits */

/* Returns 0 (also where there are none), -EBADMSG (*ret_bad, may be NULL, is the number of the
 * receipt that cannot be read), -EPROTONOSUPPORT, -ENOMEM or -errno. */
int receipts_read(int session_fd, struct receipts **ret, uint64_t *ret_bad);
void receipts_free(struct receipts *receipts);
void cleanup_receipts_free(struct receipts **receipts);
#define cleanup_receipts __attribute__((cleanup(cleanup_receipts_free)))

/* Numbers that exist, ascending; borrowed. */
const uint64_t *receipts_numbers(const struct receipts *receipts, size_t *ret_count);
/* Commits without receipt.json: cut short. */
size_t receipts_unfinished(const struct receipts *receipts);

/* The host root that commits wrote to; false: nothing was committed yet. */
bool receipts_host_root(const struct receipts *receipts, uint64_t *ret_dev, uint64_t *ret_ino);

/* What the last commit that dealt with path left there; NULL: none did. Borrowed. */
const struct committed *receipts_find(const struct receipts *receipts, const char *path);
int receipts_each(const struct receipts *receipts,
		  int (*each)(const struct committed *committed, void *arg), void *arg);

/* Opens receipts/<number> (fd), or -errno. */
int receipt_dir_open(int session_fd, uint64_t number);
/* Strictly loads a file of it: 0, -ENOENT, -EBADMSG, -EPROTONOSUPPORT or -errno. */
int receipt_load(int receipt_fd, const char *name, json_t **ret);

/* The JSON forms that both sides use. Setters: 0 or -ENOMEM; getters: 0 or -EBADMSG. */
int receipt_set_hash(json_t *object, const char *key, const struct hash *hash);
int receipt_get_hash(const json_t *object, const char *key, struct hash *ret);
int receipt_set_number(json_t *object, const char *key, uint64_t number);
int receipt_get_number(const json_t *object, const char *key, uint64_t *ret);
int receipt_set_identity(json_t *object, const char *key, const struct journal_identity *identity);
int receipt_get_identity(const json_t *object, const char *key, struct journal_identity *ret);
/* Only plain names are ever committed, so paths are strings. */
int receipt_get_path(const json_t *object, const char *key, const char **ret);

#endif

/* SPDX-License-Identifier: MIT */
/* What commits of a session did: receipts/<number>/ in its directory, with
 *	intent.json   what was going to be done, durable before the first of it was
 *	done          a log, a line per step: see fs/commit/done_log.h
 *	new-<k>       what entry k appends, or writes, if no object holds it
 *	base-<k>      what the session is measured by after entry k, where that committed only a
 *	              part of the change (has_base): the old base with that part
 *	pre-<k>       what entry k's name held before
 *	receipt.json  what was done; its presence ends the commit
 *	intent.tag, receipt.tag   made with the key of this machine (state_key.h) over the .json
 * Read with suspicion: a session directory may come from elsewhere, and the daemon can write to it.
 * What is written to the host by what is read here must have its tag. */
#ifndef CLAUDEFS_REVIEW_RECEIPT_H
#define CLAUDEFS_REVIEW_RECEIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/base/json.h"
#include "fs/journal/record.h"
#include "fs/session/state_key.h"

#define RECEIPT_VERSION  3u           /* 1 had no tags and no undo, 2 no keeps_base */
#define RECEIPT_FILE_MAX (256u << 20) /* bytes of intent.json and receipt.json */
#define RECEIPTS_MAX     100000u      /* per session */

/* A name as the last commit of it left it. */
struct committed {
	const char *path; /* borrowed */
	bool exists;
	bool is_directory;
	bool is_host_sampled;
	bool is_partial; /* only some of the edits: nothing of the object is committed as such */
	bool keeps_base; /* only some of its new records: what is committed is found on the host
			    again (union_records.h), and the session is measured as before */
	bool is_kept; /* the host's side stays: the object (0: its absence) is settled, and nothing
			 of it is committed */
	struct journal_identity identity; /* of the host's file afterwards */
	struct hash host_hash;            /* of all of it (sample.h) */
	uint64_t object;                  /* what of the session was committed: its first */
	uint64_t prefix;                  /* prefix bytes of the host, and size - prefix bytes */
	uint64_t size;                    /* of the object, */
	struct hash object_hash;          /* whose digest (never sampled) this is */
	bool has_base; /* receipts/<receipt>/base-<entry> is what to measure by, */
	uint64_t receipt;
	size_t entry;
	uint64_t base_size; /* bytes, */
	struct hash base_hash;
};

/* A finished commit or undo. */
struct receipt_info {
	uint64_t number;
	uint64_t time_ns;
	uint64_t undoes;  /* the receipt that it undid; 0: it is a commit */
	uint64_t part_of; /* first receipt of the commit that it is a part of; its own number if
			     none */
	size_t applied;   /* names */
	size_t standing;  /* those that the session still counts as this one left them */
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
/* The same, in the same order, with what they did. */
const struct receipt_info *receipts_infos(const struct receipts *receipts, size_t *ret_count);
const struct receipt_info *receipts_info(const struct receipts *receipts, uint64_t number);
/* The commit whose state of path the session counts with; 0: none, or it was undone. */
uint64_t receipts_standing(const struct receipts *receipts, const char *path);
/* The receipt that dealt with path last, be it of a commit or of an undo; 0: none. */
uint64_t receipts_last(const struct receipts *receipts, const char *path);
/* True if a commit of path was taken back, and since then not all of it was committed again (by key
 * nobody can tell: it stays so); *ret_time_ns: when it was taken back last. */
bool receipts_was_undone(const struct receipts *receipts, const char *path, uint64_t *ret_time_ns);
/* Commits without receipt.json: cut short. */
size_t receipts_unfinished(const struct receipts *receipts);

/* The host root that commits wrote to; false: nothing was committed yet. */
bool receipts_host_root(const struct receipts *receipts, uint64_t *ret_dev, uint64_t *ret_ino);

/* What the last commit that dealt with path left there, and the session is measured by; NULL: none
 * did, it was undone, or it kept the base. Borrowed. */
const struct committed *receipts_find(const struct receipts *receipts, const char *path);
/* True if that is followed by commits that kept the base. */
bool receipts_has_gaps(const struct receipts *receipts, const char *path);
int receipts_each(const struct receipts *receipts,
		  int (*each)(const struct committed *committed, void *arg), void *arg);

/* Opens receipts/<number> (fd), or -errno. */
int receipt_dir_open(int session_fd, uint64_t number);

/* What a tag binds a file to, besides its bytes. */
struct receipt_seal {
	const struct state_key *key; /* borrowed, like session_id */
	const char *session_id;
	uint64_t number; /* of the receipt */
};

/* The tag of the bytes of a file ("intent" or "receipt"). Returns 0 or -ENOMEM. */
int receipt_tag(const struct receipt_seal *seal, const char *name, const char *data, size_t len,
		struct digest *ret);

/* Strictly loads <name>.json. With a seal (else NULL) its <name>.tag must be right: -EBADMSG if it
 * is not. Returns 0, -ENOENT, -EBADMSG, -EPROTONOSUPPORT or -errno. */
int receipt_load(int receipt_fd, const char *name, const struct receipt_seal *seal, json_t **ret);

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

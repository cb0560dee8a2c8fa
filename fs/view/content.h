/* SPDX-License-Identifier: MIT */
/* What a file holds, and where: the host's file, a filtered copy of it, a text in memory, or the
 * session's object (behind a prefix of the host's file, for what is only appended to). Content
 * belongs to the node: every open file of it sees a change at once.
 *
 * Every function wants the content's lock held. Lock order: content, then namespace.
 */
#ifndef CLAUDEFS_VIEW_CONTENT_H
#define CLAUDEFS_VIEW_CONTENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "fs/base/hash.h"
#include "fs/journal/record.h"

#define CONTENT_SCRATCH_KEPT 64u         /* filtered copies kept while nobody has the file open */
#define CONTENT_RETIRED_MAX  16u         /* filtered copies of one open file that are superseded */
#define CONTENT_SPLICE_MIN   (64u << 10) /* bytes; shorter reads are copied at once */

struct node;
struct view;

enum content_source {
	CONTENT_HOST,
	CONTENT_FILTERED,
	CONTENT_SYNTHETIC,
	CONTENT_OWN,
};

struct content {
	pthread_mutex_t lock;
	enum content_source source;
	const char *filter;   /* CONTENT_FILTERED: borrowed from the rules */
	unsigned int opens;   /* open files, and operations that need the fds */
	unsigned int writers; /* of them, those that may write */
	int host_fd;          /* while open; with a prefix: until the node ends */
	int data_fd;          /* while open: the object, or the filtered copy */
	int *retired;         /* superseded fds that a reply may still be reading from */
	unsigned int retired_count;

	/* Not own: the host's file as last seen. */
	struct stat host_st;
	struct journal_identity scratch_of; /* whose filtered copy data_fd and size are */
	bool has_scratch;                   /* size is known; data_fd may be closed */

	/* Own. */
	void *secret; /* its pages, if it is a secret file (secret_file.h): no object then, and
			 data_fd stays open until the node ends */
	uint64_t object;
	uint64_t prefix;            /* bytes */
	uint64_t low_water;         /* see JOURNAL_SEAL */
	bool is_dirty;              /* changed since the last SEAL */
	struct hash_stream *stream; /* of the object's first stream_len bytes; NULL: none */
	uint64_t stream_len;

	uint64_t size; /* bytes, of an own file or of a filtered copy */

	uint32_t seen_epoch;          /* synthetic: view->credentials_epoch at the last open */
	struct journal_identity seen; /* what the kernel's pages may hold: the last open */
	bool has_seen;
};

int content_init(struct content *content);
/* Closes the fds and removes an object that has no name any more. No lock needed: nobody else is
 * left. */
void content_done(struct view *view, struct node *node);

/* Makes the fds usable until content_close(). Returns 0, -ENOENT, -ESTALE (the host put another
 * file in its place; a new lookup finds it) or -errno. */
int content_open(struct view *view, struct node *node, bool is_writer);
/* Seals at the last writer's close. */
void content_close(struct view *view, struct node *node, bool is_writer);

/* Brings host_st (and, through a filter, size) up to date. st: a fresh stat of the host's file, or
 * NULL to ask. Returns 0, -ENOENT or -errno. Own files: 0. */
int content_refresh(struct view *view, struct node *node, const struct stat *st);

/* The length a reader sees. content_refresh() must have been called. */
uint64_t content_size(struct view *view, const struct content *content);

ssize_t content_read(struct view *view, struct content *content, char *buf, size_t size,
		     off_t offset, int *ret_fd, off_t *ret_fd_offset);
off_t content_seek(struct view *view, struct content *content, off_t offset, int whence);

/* Keeps a superseded fd until the last open file is closed. Takes fd in any case. */
void content_retire(struct content *content, int fd);

#endif

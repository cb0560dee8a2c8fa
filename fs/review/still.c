/* SPDX-License-Identifier: MIT */
#include "fs/review/still.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/review/hash_index.h"
#include "fs/review/scratch_file.h"

#define COPY_ALIGN 4096u /* bytes: where a copy begins, so that file systems can share blocks */

struct copy {
	struct hash_link link;
	struct copy *next; /* of all */
	uint64_t object;
	uint64_t offset; /* in the file */
	uint64_t size;
	int error; /* not 0: there is no copy */
};

struct still {
	struct content_store *store;
	struct hash_index index;
	struct copy *copies;
	int fd;       /* -1: not made yet */
	uint64_t end; /* where the next copy begins */
};

int still_new(struct content_store *store, struct still **ret)
{
	struct still *still = calloc(1, sizeof(*still));
	int r;

	if (!still)
		return -ENOMEM;
	still->store = store;
	still->fd = -1;
	r = hash_index_init(&still->index);
	if (r < 0) {
		free(still);
		return r;
	}
	*ret = still;
	return 0;
}

void still_free(struct still *still)
{
	if (!still)
		return;
	while (still->copies) {
		struct copy *copy = still->copies;

		still->copies = copy->next;
		free(copy);
	}
	hash_index_done(&still->index);
	cleanup_close_fd(&still->fd);
	free(still);
}

static const struct copy *find(const struct still *still, uint64_t object)
{
	struct hash_link *link = hash_index_find(&still->index, hash_index_key_number(object));

	while (link && ((struct copy *)link)->object != object)
		link = hash_index_find_next(link);
	return (struct copy *)link;
}

/* What a copy that failed has left is taken back: room for others, and holes must read as zeros. */
static void take_back(struct still *still, const struct copy *copy)
{
	if (ftruncate(still->fd, (off_t)copy->offset) < 0)
		still->end = copy->offset + copy->size;
}

static int fill(struct still *still, struct copy *copy)
{
	cleanup_fd int fd = content_store_open_object(still->store, copy->object, O_RDONLY);
	struct stat st;
	off_t n;
	int r = 0;

	if (fd < 0)
		return fd;
	if (still->fd < 0)
		still->fd = scratch_file_open(still->store);
	if (still->fd < 0)
		return still->fd;
	copy->offset = (still->end + COPY_ALIGN - 1) / COPY_ALIGN * COPY_ALIGN;
	if (copy->offset > INT64_MAX || copy->size > INT64_MAX - copy->offset)
		return -EFBIG;
	n = fd_copy_sparse(fd, still->fd, (off_t)copy->offset, (off_t)copy->size);
	if (n < 0)
		r = (int)n;
	else if (fstat(fd, &st) < 0)
		r = -errno;
	else if ((uint64_t)n < copy->size || (uint64_t)st.st_size < copy->size)
		r = -EBADMSG;
	if (r < 0)
		take_back(still, copy);
	else
		still->end = copy->offset + copy->size;
	return r;
}

ANALYZER_LOSES_OWNERS
static int make_copy(struct still *still, uint64_t object, uint64_t len, const struct copy **ret)
{
	struct copy *copy = calloc(1, sizeof(*copy));
	int r;

	if (!copy)
		return -ENOMEM;
	copy->object = object;
	copy->size = len;
	r = hash_index_add(&still->index, &copy->link, hash_index_key_number(object));
	if (r < 0) {
		free(copy);
		return r;
	}
	copy->next = still->copies;
	still->copies = copy;
	copy->error = fill(still, copy);
	*ret = copy;
	return 0;
}
ANALYZER_KNOWS_OWNERS

int still_open(struct still *still, uint64_t object, uint64_t len, int *ret_fd,
	       uint64_t *ret_offset)
{
	const struct copy *copy = find(still, object);
	int r = copy ? 0 : make_copy(still, object, len, &copy);

	if (r < 0)
		return r;
	if (copy->error < 0)
		return copy->error;
	if (len > copy->size)
		return -EBADMSG;
	*ret_fd = still->fd;
	*ret_offset = copy->offset;
	return 0;
}

bool still_find_size(const struct still *still, uint64_t object, uint64_t *ret)
{
	const struct copy *copy = find(still, object);

	if (!copy || copy->error < 0)
		return false;
	*ret = copy->size;
	return true;
}

/* SPDX-License-Identifier: MIT */
#include "fs/review/host_union.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "fs/base/fd.h"
#include "fs/host/host_parent.h"
#include "fs/review/review_state.h"

/* A file, and how long it is at least: records that a reading misses would be there twice. */
struct file_side {
	int fd;
	uint64_t size;
};

static ssize_t read_file(void *arg, void *buf, size_t len, uint64_t offset)
{
	const struct file_side *file = arg;
	ssize_t n = fd_pread_all(file->fd, buf, len, (off_t)offset);

	return n >= 0 && (size_t)n < len && offset + (uint64_t)n < file->size ? -EAGAIN : n;
}

static int measure(struct file_side *file)
{
	struct stat st;

	if (fstat(file->fd, &st) < 0)
		return -errno;
	file->size = (uint64_t)st.st_size;
	return 0;
}

static ssize_t read_content(void *arg, void *buf, size_t len, uint64_t offset)
{
	return content_read(arg, buf, len, offset);
}

/* Where the host's file begins to hold what the session did not find there. A file that was
 * replaced since may be shorter than what it found. */
static uint64_t found_end(const struct change_base *base)
{
	if (!base->exists)
		return 0;
	return base->found < base->identity.size ? base->found : base->identity.size;
}

/* The host's file, if it has more than the session found: the fd, -ENODATA if it has not, or
 * -errno. */
static int open_grown(const struct review *review, const struct change *change)
{
	uint64_t known = found_end(&change->base);
	cleanup_fd int dir_fd = -1;
	cleanup_fd int fd = -1;
	const char *name = NULL;
	struct stat st;

	dir_fd = host_parent_open(review->root_fd, NULL, change->path, &name);
	fd = dir_fd < 0 ? dir_fd
			: fd_open_at(dir_fd, name,
				     O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd == -ENOENT ? -ENODATA : fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) && (uint64_t)st.st_size > known ? steal_fd(&fd) : -ENODATA;
}

static int unite(const struct review *review, const struct change *change,
		 const struct union_side *session, union_emit_fn *emit, void *arg,
		 struct union_report *ret)
{
	cleanup_fd int fd = open_grown(review, change);
	struct file_side file = { .fd = fd };
	struct union_side host = {
		.read = read_file,
		.arg = &file,
		.offset = found_end(&change->base),
		.settled = change->base.exists ? change->base.identity.size : 0,
		.has_gaps = change->base.has_gaps,
	};

	int r = fd < 0 ? fd : measure(&file);

	*ret = (struct union_report){ 0 };
	return r < 0 ? r : union_records_merge(&host, session, emit, arg, ret);
}

static ssize_t read_nothing(void *arg, void *buf, size_t len, uint64_t offset)
{
	(void)arg;
	(void)buf;
	(void)len;
	(void)offset;
	return 0;
}

int records_of_file(int fd, union_emit_fn *emit, void *arg)
{
	const struct union_side nothing = { .read = read_nothing };
	struct file_side file = { .fd = fd };
	const struct union_side records = { .read = read_file, .arg = &file };
	struct union_report report;
	int r = measure(&file);

	return r < 0 ? r : union_records_merge(&nothing, &records, emit, arg, &report);
}

/* A content, and the digest of what was read of it last, from start on. */
struct digested {
	struct content content;
	uint64_t start;
	struct digest_stream *stream;
};

static void digested_done(struct digested *digested)
{
	content_done(&digested->content);
	digest_stream_free(digested->stream);
}

/* Each reading goes from start to the end. */
static ssize_t read_digested(void *arg, void *buf, size_t len, uint64_t offset)
{
	struct digested *digested = arg;
	ssize_t n = content_read(&digested->content, buf, len, offset);

	if (offset == digested->start) {
		digest_stream_free(digested->stream);
		digested->stream = digest_stream_new();
		if (!digested->stream)
			return -ENOMEM;
	}
	if (n > 0)
		digest_stream_update(digested->stream, buf, (size_t)n);
	return n;
}

int host_union_each(const struct review *review, const struct change *change, union_emit_fn *emit,
		    void *arg, struct digest *ret_content, struct union_report *ret)
{
	const struct union_side nothing = { .read = read_nothing };
	__attribute__((cleanup(digested_done))) struct digested digested = {
		.content = CONTENT_NONE,
		.start = change->is_append_only ? change->base.size : 0,
	};
	struct union_side session = {
		.read = read_digested,
		.arg = &digested,
		.offset = digested.start,
	};
	int r = content_open(review, change, &digested.content);

	if (r == 0)
		r = unite(review, change, &session, emit, arg, ret);
	if (r == -ENODATA)
		r = union_records_merge(&nothing, &session, emit, arg, ret);
	return r < 0 ? r : digest_stream_finish(digested.stream, ret_content);
}

int host_union(const struct review *review, const struct change *change,
	       const struct content *content, struct union_report *ret)
{
	struct union_side session = {
		.read = read_content,
		.arg = (void *)(uintptr_t)content,
		.offset = change->is_append_only ? change->base.size : 0,
	};
	int r = unite(review, change, &session, NULL, NULL, ret);

	return r == -ENODATA ? 0 : r;
}

int host_union_file(const struct review *review, const struct change *change, int session_fd,
		    union_emit_fn *emit, void *arg, struct union_report *ret, bool *ret_is_needed)
{
	struct file_side file = { .fd = session_fd };
	struct union_side session = { .read = read_file, .arg = &file };
	int r = measure(&file);

	if (r == 0)
		r = unite(review, change, &session, emit, arg, ret);
	*ret_is_needed = r != -ENODATA;
	return r == -ENODATA ? 0 : r;
}

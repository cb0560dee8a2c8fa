/* SPDX-License-Identifier: MIT */
#include "fs/commit/append.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/fd.h"
#include "fs/commit/done_log.h"
#include "fs/review/host_look.h"

#define CHUNK_SIZE  (4u << 20)  /* bytes given to one write(2), cut at a line's end */
#define REGION_MAX  (64u << 20) /* bytes that others may have added before a search gives up */
#define COMPARE_MAX (1u << 20)  /* bytes compared at a time */

size_t append_find(const char *region, size_t region_len, const char *block, size_t block_len,
		   size_t *ret_end)
{
	const char *at = region;
	size_t best = 0;

	*ret_end = 0;
	if (block_len == 0)
		return 0;
	for (; (at = memchr(at, block[0], region_len - (size_t)(at - region))) != NULL; at++) {
		size_t room = region_len - (size_t)(at - region);
		size_t len = 0;

		while (len < room && len < block_len && at[len] == block[len])
			len++;
		/* Lines of others begin alike: only one that was cut short ends the file. */
		if (len > best || len == room) {
			best = len;
			*ret_end = (size_t)(at - region) + len;
		}
		if (len == block_len || len == room)
			break;
	}
	return best;
}

/* The length of buf up to its last line's end; all of it if no line ends in it. */
static size_t whole_lines(const char *buf, size_t len)
{
	size_t end = len;

	while (end > 0 && buf[end - 1] != '\n')
		end--;
	return end > 0 ? end : len;
}

/* Appends source's [offset, size) in writes that end where lines end, so that lines of others fall
 * between ours and not into them. newline: ends a line of the host's first, in the same write, so
 * that a disk that fails leaves no newline alone. */
static int write_lines(int fd, int source, uint64_t offset, uint64_t size, bool newline)
{
	cleanup_free char *buf = malloc(CHUNK_SIZE + 1);
	size_t lead = newline ? 1 : 0;

	if (!buf)
		return -ENOMEM;
	while (offset < size) {
		size_t want = size - offset < CHUNK_SIZE ? (size_t)(size - offset) : CHUNK_SIZE;
		ssize_t n = fd_pread_all(source, buf + lead, want, (off_t)offset);
		int r;

		if (n <= 0)
			return n < 0 ? (int)n : -EBADMSG;
		if ((uint64_t)n < size - offset)
			n = (ssize_t)whole_lines(buf + lead, (size_t)n);
		if (lead > 0)
			buf[0] = '\n';
		r = fd_write_all(fd, buf, lead + (size_t)n);
		if (r < 0)
			return r;
		lead = 0;
		offset += (uint64_t)n;
	}
	return 0;
}

int append_is_block_at(int fd, uint64_t offset, int source, uint64_t from, uint64_t size)
{
	cleanup_free char *ours = malloc(COMPARE_MAX);
	cleanup_free char *theirs = malloc(COMPARE_MAX);
	uint64_t done = 0;

	if (!ours || !theirs)
		return -ENOMEM;
	while (done < size) {
		size_t want = size - done < COMPARE_MAX ? (size_t)(size - done) : COMPARE_MAX;
		ssize_t n = fd_pread_all(source, ours, want, (off_t)(from + done));
		ssize_t m = fd_pread_all(fd, theirs, want, (off_t)(offset + done));

		if (n < 0 || m < 0)
			return (int)(n < 0 ? n : m);
		if ((size_t)n < want)
			return -EBADMSG;
		if (m != n || memcmp(ours, theirs, (size_t)n) != 0)
			return 0;
		done += (uint64_t)n;
	}
	return 1;
}

/* Takes back a beginning of ours that the disk had no room to continue, unless somebody has
 * appended behind it. */
static void cut_back(int fd, uint64_t size_before, int source, uint64_t from, bool has_newline)
{
	uint64_t added;
	struct stat st;

	if (fstat(fd, &st) < 0 || (uint64_t)st.st_size <= size_before)
		return;
	added = (uint64_t)st.st_size - size_before;
	if (has_newline)
		added--;
	/* If that fails too, the next try completes it. */
	if (append_is_block_at(fd, size_before + has_newline, source, from, added) == 1 &&
	    ftruncate(fd, (off_t)size_before) < 0)
		return;
}

/* Reserves the room first: a disk that is too full says so before the first byte is there. */
static int append_block(int fd, int source, uint64_t from, uint64_t size, bool newline)
{
	struct stat before;
	int r;

	if (fstat(fd, &before) < 0)
		return -errno;
#ifdef __linux__
	if (size > from &&
	    fallocate(fd, FALLOC_FL_KEEP_SIZE, before.st_size, (off_t)(size - from) + 1) < 0 &&
	    (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
		return -errno;
#endif
	r = write_lines(fd, source, from, size, newline);
	if (r == 0)
		return fd_sync(fd);
	cut_back(fd, (uint64_t)before.st_size, source, from, newline);
	return r;
}

static int read_region(int fd, uint64_t offset, uint64_t len, char **ret)
{
	cleanup_free char *data = malloc((size_t)len + 1);
	ssize_t n;

	if (!data)
		return -ENOMEM;
	n = fd_pread_all(fd, data, (size_t)len, (off_t)offset);
	if (n < 0 || (uint64_t)n < len)
		return n < 0 ? (int)n : -EAGAIN;
	data[len] = '\0';
	*ret = steal_ptr(&data);
	return 0;
}

/* How much of the block is in the region. Each try that was cut short has left a piece behind the
 * one before, and others may have appended between them. A piece that does not end the file counts
 * by whole lines only: one that was cut in its middle is written again. *ret_is_last: the file ends
 * with ours. */
static size_t find_pieces(const char *region, size_t region_len, const char *block,
			  size_t block_len, bool *ret_is_last)
{
	size_t found = 0;
	size_t from = 0;

	*ret_is_last = region_len == 0;
	while (found < block_len) {
		size_t end = 0;
		size_t piece = append_find(region + from, region_len - from, block + found,
					   block_len - found, &end);

		if (piece > 0 && from + end == region_len) {
			*ret_is_last = true;
			return found + piece;
		}
		if (piece == block_len - found)
			return block_len;
		for (; piece > 0 && block[found + piece - 1] != '\n'; piece--)
			end--;
		if (piece == 0)
			break;
		found += piece;
		from += end;
	}
	return found;
}

/* Others have appended since the offset was recorded, or the append was cut short: finds what of
 * the block is there and writes the rest. */
static int complete(struct target *target, int fd, int source, uint64_t host_size)
{
	const struct intent_entry *entry = target->entry;
	uint64_t region_len = host_size - entry->append_offset;
	cleanup_free char *region = NULL;
	cleanup_free char *block = NULL;
	size_t block_len = (size_t)entry->content_size;
	bool is_last = false;
	size_t found;
	int r;

	if (region_len > REGION_MAX + entry->content_size || entry->content_size > SIZE_MAX / 2)
		return target_settle(
			target, COMMIT_CONFLICT,
			"the host's file grew too much since the commit was cut short");
	r = read_region(fd, entry->append_offset, region_len, &region);
	if (r == 0)
		r = read_region(source, 0, entry->content_size, &block);
	if (r < 0)
		return r;
	found = find_pieces(region, (size_t)region_len, block, block_len, &is_last);
	if (found == block_len)
		return 0;
	return append_block(fd, source, found, entry->content_size,
			    !is_last && region[region_len - 1] != '\n');
}

static int needs_newline(int fd, uint64_t size, bool *ret)
{
	char last = '\n';
	ssize_t n = size > 0 ? fd_pread_all(fd, &last, 1, (off_t)(size - 1)) : 1;

	if (n < 0)
		return (int)n;
	*ret = last != '\n';
	return 0;
}

/* The first try: what is there is looked at, and the offset recorded. */
static int begin(struct target *target, int fd, const struct stat *st)
{
	struct intent_entry *entry = target->entry;
	struct host_look look;
	int r;

	if (!entry->any_base) {
		r = host_look_at(target->dir_fd, target->name, &entry->base, &look);
		if (r < 0)
			return r;
		if (!look.is_base && !look.has_grown) {
			(void)target_settle(target, COMMIT_CONFLICT,
					    "changed on the host since the session found it");
			return -ENODATA;
		}
	}
	target_describe(&entry->before, st);
	entry->append_offset = (uint64_t)st->st_size;
	r = entry->content_size > 0
		    ? needs_newline(fd, entry->append_offset, &entry->append_newline)
		    : 0;
	if (r < 0)
		return r;
	r = done_log_start(target->run->log_fd, entry, target->index);
	if (r == 0)
		entry->has_started = true;
	return r;
}

static int write_block(struct target *target, int fd, const struct stat *st)
{
	const struct intent_entry *entry = target->entry;
	cleanup_fd int source = target_open_source(target);
	uint64_t at = entry->append_offset + entry->append_newline;
	uint64_t size = (uint64_t)st->st_size;
	struct hash hash;
	off_t n;
	int r;

	if (source < 0)
		return source;
	n = hash_file(source, &hash);
	if (n < 0)
		return (int)n;
	if ((uint64_t)n != entry->content_size || !hash_is_equal(&hash, &entry->content_hash)) {
		(void)target_settle(target, COMMIT_DAMAGED, "the lines kept for it are damaged");
		return -ENODATA;
	}
	if (size < entry->append_offset) {
		(void)target_settle(target, COMMIT_CONFLICT, "the host's file was cut short");
		return -ENODATA;
	}
	if (size == entry->append_offset)
		return append_block(fd, source, 0, entry->content_size, entry->append_newline);
	r = append_is_block_at(fd, at, source, 0, entry->content_size);
	if (r != 0)
		return r < 0 ? r : 0;
	return complete(target, fd, source, size);
}

/* The session's time, unless the host's file is newer than that or was grown by others. */
static void set_time(const struct target *target, int fd, const struct stat *before)
{
	const struct intent_entry *entry = target->entry;
	struct journal_identity host = journal_identity_of(before);
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
				     clock_to_timespec(entry->mtime_ns) };

	if (entry->mtime_ns > host.mtime_ns && entry->mtime_ns < clock_now_ns())
		(void)futimens(fd, times);
}

/* A part of the block may be there, or all of it. */
static bool has_grown(int fd, const struct stat *before)
{
	struct stat st;

	return fstat(fd, &st) < 0 || st.st_size > before->st_size;
}

int append_apply(struct target *target)
{
	cleanup_fd int fd = -1;
	struct stat st;
	int r;

	fd = target_open_host(target, O_APPEND, &st);
	if (fd < 0)
		return fd == -ENODATA ? 0 : fd;
	r = target->entry->has_started ? 0 : begin(target, fd, &st);
	if (r == 0)
		r = write_block(target, fd, &st);
	target->is_written = has_grown(fd, &st);
	if (r < 0)
		return r == -ENODATA ? 0 : r;
	if (target->entry->status != COMMIT_APPLIED)
		return 0;
	set_time(target, fd, &st);
	r = fd_sync(fd);
	return r < 0 ? r : target_finish(target);
}

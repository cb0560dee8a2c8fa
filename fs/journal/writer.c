/* SPDX-License-Identifier: MIT */
#include "fs/journal/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/fd.h"
#include "fs/base/lock.h"
#include "fs/journal/codec.h"
#include "fs/journal/writer_io.h"

struct journal_writer {
	/* Guards everything below but sync_lock. Held over the write of a record, since the order
	 * of the records is the order of the chain; never held over a sync. */
	pthread_mutex_t lock;
	/* One sync at a time; taken before lock, never inside it. */
	pthread_mutex_t sync_lock;
	const struct journal_io *io;
	int fd;
	int lock_fd;
	int error;         /* sticky: negative errno */
	uint64_t end;      /* bytes of whole records */
	uint64_t synced;   /* of these, known to be on disk */
	uint64_t seq;      /* of the last record */
	struct hash chain; /* of the last record */
	struct codec_frame frame;
};

#ifdef __APPLE__
/* fsync(2) of macOS stops at the drive's cache. */
static int sync_file(int fd)
{
	return fcntl(fd, F_FULLFSYNC) < 0 ? fsync(fd) : 0;
}
#else
static int sync_file(int fd)
{
	return fdatasync(fd);
}
#endif

static const struct journal_io system_io = {
	.write = write,
	.truncate = ftruncate,
	.sync = sync_file,
};

static bool is_lack_of_space(int error)
{
	return error == -ENOSPC || error == -EDQUOT || error == -EFBIG;
}

/* One write of the whole buffer, or nothing: what a failed one left is cut off again. */
static int append_bytes(struct journal_writer *writer, const void *bytes, size_t len)
{
	ssize_t n;
	int r;

	do {
		n = writer->io->write(writer->fd, bytes, len);
	} while (n < 0 && errno == EINTR);
	if (n == (ssize_t)len)
		return 0;
	/* A regular file is written short when space runs out in the middle. */
	r = n < 0 ? -errno : -ENOSPC;
	if (writer->io->truncate(writer->fd, (off_t)writer->end) < 0)
		writer->error = is_lack_of_space(r) ? -EIO : r;
	else if (!is_lack_of_space(r))
		writer->error = r;
	return writer->error < 0 ? writer->error : r;
}

/* The lock is held. */
static int append_locked(struct journal_writer *writer, struct journal_record *record)
{
	struct journal_record stamped = *record;
	struct hash chain;
	int len;
	int r;

	if (writer->error < 0)
		return writer->error;
	stamped.seq = writer->seq + 1;
	stamped.time_ns = clock_now_ns();
	len = codec_encode(&stamped, &writer->chain, &writer->frame, &chain);
	if (len < 0)
		return len;
	r = append_bytes(writer, writer->frame.bytes, (size_t)len);
	if (r < 0)
		return r;
	writer->end += (uint64_t)len;
	writer->seq = stamped.seq;
	writer->chain = chain;
	record->seq = stamped.seq;
	record->time_ns = stamped.time_ns;
	return 0;
}

int journal_append(struct journal_writer *writer, struct journal_record *record)
{
	int r;

	/* The first and the last record are the writer's own. */
	if (record->type == JOURNAL_SESSION || record->type == JOURNAL_END)
		return -EINVAL;
	(void)pthread_mutex_lock(&writer->lock);
	r = append_locked(writer, record);
	(void)pthread_mutex_unlock(&writer->lock);
	return r;
}

/* The sync lock is held, the lock is not: appends go on while the disk is busy. A record appended
 * meanwhile is not counted as synced. */
static int sync_now(struct journal_writer *writer, uint64_t wanted)
{
	uint64_t target;
	int r;

	(void)pthread_mutex_lock(&writer->lock);
	r = writer->error;
	target = writer->end;
	/* Somebody else's sync, which began after our last append, did it for us. */
	if (r < 0 || writer->synced >= wanted) {
		(void)pthread_mutex_unlock(&writer->lock);
		return r;
	}
	(void)pthread_mutex_unlock(&writer->lock);

	do {
		r = writer->io->sync(writer->fd) < 0 ? -errno : 0;
	} while (r == -EINTR);

	(void)pthread_mutex_lock(&writer->lock);
	/* After a failed sync the kernel may have dropped the pages and call them clean: a later
	 * sync that succeeds would say nothing. So never again. */
	if (r < 0 && writer->error == 0)
		writer->error = r;
	else if (r == 0)
		writer->synced = target;
	(void)pthread_mutex_unlock(&writer->lock);
	return r;
}

int journal_sync(struct journal_writer *writer)
{
	uint64_t wanted;
	int r;

	(void)pthread_mutex_lock(&writer->lock);
	wanted = writer->end;
	(void)pthread_mutex_unlock(&writer->lock);

	(void)pthread_mutex_lock(&writer->sync_lock);
	r = sync_now(writer, wanted);
	(void)pthread_mutex_unlock(&writer->sync_lock);
	return r;
}

uint64_t journal_writer_size(struct journal_writer *writer)
{
	uint64_t size;

	(void)pthread_mutex_lock(&writer->lock);
	size = writer->end;
	(void)pthread_mutex_unlock(&writer->lock);
	return size;
}

/* File header and SESSION record; both, and the file's own name, are on disk afterwards. */
static int begin(struct journal_writer *writer, int session_fd, const char *session_id)
{
	struct journal_record record = {
		.type = JOURNAL_SESSION,
		.has = JOURNAL_HAS_SESSION | JOURNAL_HAS_VERSION,
		.session = session_id,
		.version = JOURNAL_FORMAT_VERSION,
	};
	uint8_t header[CODEC_FILE_HEADER_SIZE];
	int r;

	writer->chain = codec_seed(session_id);
	codec_put_file_header(header);
	r = append_bytes(writer, header, sizeof(header));
	if (r < 0)
		return r;
	writer->end = sizeof(header);
	r = append_locked(writer, &record);
	if (r < 0)
		return r;
	r = journal_sync(writer);
	if (r < 0)
		return r;
	return fd_sync(session_fd);
}

static struct journal_writer *writer_new(const struct journal_io *io)
{
	struct journal_writer *writer = calloc(1, sizeof(*writer));

	if (!writer)
		return NULL;
	(void)pthread_mutex_init(&writer->lock, NULL);
	(void)pthread_mutex_init(&writer->sync_lock, NULL);
	writer->io = io;
	writer->fd = -1;
	writer->lock_fd = -1;
	return writer;
}

void journal_writer_abandon(struct journal_writer *writer)
{
	if (!writer)
		return;
	cleanup_close_fd(&writer->fd);
	/* Last, so that "not running" means that nothing more is written. */
	cleanup_close_fd(&writer->lock_fd);
	(void)pthread_mutex_destroy(&writer->sync_lock);
	(void)pthread_mutex_destroy(&writer->lock);
	free(writer);
}

static void cleanup_writer_abandon(struct journal_writer **writer)
{
	journal_writer_abandon(*writer);
}

int journal_writer_create_with(int session_fd, const char *session_id, const struct journal_io *io,
			       struct journal_writer **ret)
{
	__attribute__((cleanup(cleanup_writer_abandon))) struct journal_writer *writer =
		writer_new(io);
	int r;

	if (!writer)
		return -ENOMEM;
	/* First the lock: who holds it is alone with the journal. */
	writer->lock_fd = lock_take(session_fd, LOCK_SESSION_NAME);
	if (writer->lock_fd < 0)
		return writer->lock_fd;
	writer->fd = fd_open_at(session_fd, "journal",
				O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
				0600);
	if (writer->fd < 0)
		return writer->fd;
	r = begin(writer, session_fd, session_id);
	if (r < 0) {
		/* Nobody was told of this journal: a later try may start afresh. */
		(void)unlinkat(session_fd, "journal", 0);
		return r;
	}
	*ret = steal_ptr(&writer);
	return 0;
}

int journal_writer_create(int session_fd, const char *session_id, struct journal_writer **ret)
{
	return journal_writer_create_with(session_fd, session_id, &system_io, ret);
}

int journal_writer_close(struct journal_writer *writer)
{
	struct journal_record end = { .type = JOURNAL_END };
	int r;

	(void)pthread_mutex_lock(&writer->lock);
	r = append_locked(writer, &end);
	(void)pthread_mutex_unlock(&writer->lock);
	if (r == 0)
		r = journal_sync(writer);
	journal_writer_abandon(writer);
	return r;
}

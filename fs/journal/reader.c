/* SPDX-License-Identifier: MIT */
#include "fs/journal/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/journal/codec.h"
#include "fs/journal/little_endian.h"
#include "fs/journal/tail.h"

#define READ_SIZE (256u << 10) /* bytes; several times the largest record */

struct journal_reader {
	int fd;
	enum journal_state state;
	const char *reason;
	bool is_final;  /* nothing that is appended can change the state any more */
	bool has_ended; /* END was read */
	char session[JOURNAL_SESSION_MAX + 1];
	uint64_t offset;   /* of the next record */
	uint64_t seq;      /* of the last record */
	struct hash chain; /* of the last record */
	uint8_t *buffer;   /* bytes [buffer_at, buffer_at + buffered) of the file */
	uint64_t buffer_at;
	size_t buffered;
	struct codec_frame frame;
	char arena[CODEC_ARENA_SIZE];
};

static int set_state(struct journal_reader *reader, enum journal_state state, const char *reason)
{
	reader->state = state;
	reader->reason = reason;
	/* The next call reads the file afresh: a torn record may have been completed, or cut off
	 * and replaced by another. */
	reader->buffered = 0;
	reader->is_final = state == JOURNAL_DAMAGED;
	return 0;
}

/* Makes up to want bytes from the offset available; *ret_len tells how many there are. A record is
 * always taken from one read, never pieced together from two. */
static int fill(struct journal_reader *reader, size_t want, const uint8_t **ret, size_t *ret_len)
{
	uint64_t skip = reader->offset - reader->buffer_at;
	ssize_t n;

	if (reader->buffered < want || skip > reader->buffered - want) {
		n = fd_pread_all(reader->fd, reader->buffer, READ_SIZE, (off_t)reader->offset);
		if (n < 0)
			return (int)n;
		reader->buffer_at = reader->offset;
		reader->buffered = (size_t)n;
		skip = 0;
	}
	*ret = reader->buffer + skip;
	*ret_len = reader->buffered - (size_t)skip;
	return 0;
}

static bool has_right_magic(const uint8_t *p, size_t len)
{
	uint8_t magic[4];

	put_le(magic, CODEC_MAGIC, sizeof(magic));
	return memcmp(p, magic, len < sizeof(magic) ? len : sizeof(magic)) == 0;
}

/* Something at the offset does not verify: a tail of zeros is what a power loss leaves, anything
 * else is damage. span: bytes that the broken record may have been written over. */
static int judge(struct journal_reader *reader, size_t span, const char *reason)
{
	bool is_zeros = false;
	int r = tail_is_unwritten(reader->fd, reader->offset, span, &is_zeros);

	if (r < 0)
		return r;
	if (is_zeros)
		return set_state(reader, JOURNAL_TORN, "the last record was never wholly written");
	return set_state(reader, JOURNAL_DAMAGED, reason);
}

/* What must hold for the order of records, beyond each record by itself. NULL: it does. */
static const char *check_order(const struct journal_reader *reader,
			       const struct journal_record *record)
{
	bool is_first = reader->seq == 0;

	if (record->seq != reader->seq + 1)
		return "a record is missing or out of order";
	if (is_first != (record->type == JOURNAL_SESSION))
		return is_first ? "the first record does not name the session"
				: "a second session begins inside the journal";
	if (is_first && strcmp(record->session, reader->session) != 0)
		return "the journal belongs to another session";
	if (is_first && record->version != JOURNAL_FORMAT_VERSION)
		return "header and first record differ in the format's version";
	return NULL;
}

/* The record of length bytes at p: its header has been checked. Returns 1, or 0 and the state. */
static int accept(struct journal_reader *reader, const uint8_t *p, size_t length,
		  struct journal_record *ret)
{
	struct journal_record record;
	const char *reason;
	struct hash chain;

	memcpy(reader->frame.bytes, p, length);
	chain = codec_chain(&reader->frame, &reader->chain, length);
	if (memcmp(chain.bytes, p + CODEC_AT_CHAIN, HASH_SIZE) != 0)
		return judge(reader, length,
			     reader->seq == 0
				     ? "the first record does not verify, or is of another session"
				     : "a record does not verify");
	if (codec_decode(reader->frame.bytes, length, reader->arena, &record) < 0)
		return set_state(reader, JOURNAL_DAMAGED, "a record is malformed");
	reason = check_order(reader, &record);
	if (reason)
		return set_state(reader, JOURNAL_DAMAGED, reason);
	reader->chain = chain;
	reader->seq = record.seq;
	reader->offset += length;
	reader->has_ended = record.type == JOURNAL_END;
	*ret = record;
	return 1;
}

static int read_record(struct journal_reader *reader, struct journal_record *ret)
{
	const uint8_t *p = NULL;
	size_t length;
	size_t len = 0;
	int r;

	r = fill(reader, CODEC_HEADER_SIZE, &p, &len);
	if (r < 0)
		return r;
	if (len == 0)
		return set_state(reader, reader->has_ended ? JOURNAL_COMPLETE : JOURNAL_OPEN, NULL);
	if (reader->has_ended)
		return set_state(reader, JOURNAL_DAMAGED, "bytes follow the end of the journal");
	if (!has_right_magic(p, len))
		return judge(reader, CODEC_HEADER_SIZE, "no record begins here");
	if (len < CODEC_HEADER_SIZE)
		return set_state(reader, JOURNAL_TORN, "the last record's header is incomplete");
	if (get_le32(p + CODEC_AT_CHECK) != codec_header_check(p))
		return judge(reader, CODEC_HEADER_SIZE, "a record's header does not verify");
	length = get_le32(p + CODEC_AT_LENGTH);
	if (length < CODEC_HEADER_SIZE || length > JOURNAL_RECORD_MAX)
		return set_state(reader, JOURNAL_DAMAGED, "a record has an impossible length");
	if (get_le16(p + CODEC_AT_ZERO) != 0 || !codec_type_of(get_le16(p + CODEC_AT_TYPE)))
		return set_state(reader, JOURNAL_DAMAGED, "a record is of no known type");
	r = fill(reader, length, &p, &len);
	if (r < 0)
		return r;
	if (len < length)
		return set_state(reader, JOURNAL_TORN, "the last record is incomplete");
	return accept(reader, p, length, ret);
}

int journal_reader_next(struct journal_reader *reader, struct journal_record *ret)
{
	int r;

	if (reader->is_final)
		return 0;
	/* Also the file header may have been incomplete when the journal was opened. */
	if (reader->offset == 0) {
		r = tail_file_header(reader->fd);
		if (r <= 0)
			return r < 0 ? r
				     : set_state(reader, JOURNAL_TORN,
						 "the file header is incomplete");
		reader->offset = CODEC_FILE_HEADER_SIZE;
	}
	r = read_record(reader, ret);
	/* A writer that ran out of space cuts its half record off and writes another in its place;
	 * a read in between may have seen some of both. Damage is damage only if it stays. */
	if (r == 0 && reader->is_final) {
		reader->is_final = false;
		r = read_record(reader, ret);
	}
	return r;
}

enum journal_state journal_reader_state(const struct journal_reader *reader,
					const char **ret_reason)
{
	if (ret_reason)
		*ret_reason = reader->reason;
	return reader->state;
}

uint64_t journal_reader_offset(const struct journal_reader *reader)
{
	return reader->offset;
}

void journal_reader_free(struct journal_reader *reader)
{
	if (!reader)
		return;
	cleanup_close_fd(&reader->fd);
	free(reader->buffer);
	free(reader);
}

void cleanup_journal_reader_free(struct journal_reader **reader)
{
	journal_reader_free(*reader);
}

int journal_reader_open(int session_fd, const char *session_id, struct journal_reader **ret)
{
	cleanup_journal_reader struct journal_reader *reader = NULL;
	struct stat st;
	int r;

	if (strlen(session_id) > JOURNAL_SESSION_MAX)
		return -EINVAL;
	reader = calloc(1, sizeof(*reader));
	if (!reader)
		return -ENOMEM;
	reader->fd = openat(session_fd, "journal",
			    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (reader->fd < 0)
		return errno == ELOOP ? -EBADMSG : -errno;
	if (fstat(reader->fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EBADMSG;
	reader->buffer = malloc(READ_SIZE);
	if (!reader->buffer)
		return -ENOMEM;
	memcpy(reader->session, session_id, strlen(session_id) + 1);
	reader->chain = codec_seed(session_id);
	r = tail_file_header(reader->fd);
	if (r < 0)
		return r;
	reader->offset = r > 0 ? CODEC_FILE_HEADER_SIZE : 0;
	*ret = steal_ptr(&reader);
	return 0;
}

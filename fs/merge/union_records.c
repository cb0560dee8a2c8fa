/* SPDX-License-Identifier: MIT */
/* Records are remembered by digests only (XXH3): a session that made two of its own collide would
 * only keep a line of its own from being emitted; the host's lines are never left out. */
#include "fs/merge/union_records.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/hash.h"
#include "fs/base/json.h"
#include "fs/base/text.h"

#define CHUNK_SIZE (256u << 10) /* bytes read at a time */
#define KEEP_SIZE  (1u << 20)   /* bytes of a line buffer that is kept for the next line */

struct record {
	struct hash id;      /* of the uuid, or of the kind */
	struct hash content; /* of the line */
	uint32_t order;      /* among its side's records */
	bool has_uuid;
	bool is_known; /* the host has it already, or it is in conflict */
};

struct records {
	struct record *data;
	size_t count;
	size_t size;
};

static void records_done(struct records *records)
{
	free(records->data);
}
#define cleanup_records __attribute__((cleanup(records_done)))

/* A side being read line by line. */
struct line_reader {
	const struct union_side *side;
	uint64_t offset; /* behind the chunk */
	char *chunk;
	size_t at;
	size_t len;
	uint64_t line_offset; /* where the line at hand begins */
	struct text line;
	bool is_too_long; /* the line at hand: its beginning is gone */
};

static void line_reader_done(struct line_reader *reader)
{
	free(reader->chunk);
	text_done(&reader->line);
}
#define cleanup_line_reader __attribute__((cleanup(line_reader_done)))

static int line_reader_init(struct line_reader *reader, const struct union_side *side)
{
	*reader = (struct line_reader){ .side = side, .offset = side->offset };
	reader->chunk = malloc(CHUNK_SIZE);
	return reader->chunk ? 0 : -ENOMEM;
}

/* Returns 1, 0 (the end) or -errno. */
static int fill(struct line_reader *reader)
{
	ssize_t n =
		reader->side->read(reader->side->arg, reader->chunk, CHUNK_SIZE, reader->offset);

	if (n < 0)
		return (int)n;
	reader->offset += (uint64_t)n;
	reader->at = 0;
	reader->len = (size_t)n;
	return n > 0;
}

static void take_piece(struct line_reader *reader, const char *piece, size_t len)
{
	if (reader->is_too_long || len > UNION_LINE_MAX - reader->line.len) {
		reader->is_too_long = true;
		text_done(&reader->line);
		return;
	}
	text_append_bytes(&reader->line, piece, len);
}

/* The next line is in reader->line (without its newline), unless it is too long. Returns 1, 0 (the
 * end) or -errno. */
static int next_line(struct line_reader *reader)
{
	bool has_bytes = false;

	if (reader->line.size > KEEP_SIZE)
		text_done(&reader->line);
	reader->line.len = 0;
	reader->is_too_long = false;
	reader->line_offset = reader->offset - (reader->len - reader->at);
	for (;;) {
		const char *piece;
		const char *newline;
		size_t len;
		int r = reader->at < reader->len ? 1 : fill(reader);

		if (r < 0 || (r == 0 && !has_bytes))
			return r;
		if (r == 0)
			return reader->line.is_failed ? -ENOMEM : 1;
		has_bytes = true;
		piece = reader->chunk + reader->at;
		newline = memchr(piece, '\n', reader->len - reader->at);
		len = newline ? (size_t)(newline - piece) : reader->len - reader->at;
		take_piece(reader, piece, len);
		reader->at += len + (newline != NULL);
		if (newline)
			return reader->line.is_failed ? -ENOMEM : 1;
	}
}

static bool is_blank(const struct line_reader *reader)
{
	return !reader->is_too_long &&
	       (reader->line.len == 0 || strspn(reader->line.data, " \t\r") == reader->line.len);
}

static void hash_field(struct hash_stream *stream, const json_t *record, const char *name)
{
	const json_t *value = json_object_get(record, name);
	const char *text = json_is_string(value) ? json_string_value(value) : "";

	/* With the NUL, which no string of a strict text holds. */
	hash_stream_update(stream, text, strlen(text) + 1);
}

/* The kind of a record without uuid: what the last one of its kind replaces. */
static int hash_kind(const json_t *record, struct hash *ret)
{
	cleanup_hash_stream struct hash_stream *stream = hash_stream_new();

	if (!stream)
		return -ENOMEM;
	hash_field(stream, record, "type");
	hash_field(stream, record, "leafUuid");
	hash_field(stream, record, "sessionId");
	hash_field(stream, record, "messageId");
	*ret = hash_stream_digest(stream);
	return 0;
}

/* Returns 0, -EBADMSG (no record) or -ENOMEM. */
static int read_record(const struct line_reader *reader, struct record *ret)
{
	cleanup_json json_t *record = NULL;
	const char *uuid;
	int r;

	if (reader->is_too_long)
		return -EBADMSG;
	r = json_load_strict(reader->line.data, reader->line.len, &record, NULL);
	if (r < 0)
		return r;
	if (!json_is_object(record))
		return -EBADMSG;
	uuid = json_get_string(record, "uuid", "");
	ret->has_uuid = *uuid != '\0';
	ret->content = hash_bytes(reader->line.data, reader->line.len);
	if (!ret->has_uuid)
		return hash_kind(record, &ret->id);
	ret->id = hash_bytes(uuid, strlen(uuid));
	return 0;
}

static int add_record(struct records *records, const struct record *record)
{
	if (records->count == UNION_RECORDS_MAX)
		return -E2BIG;
	if (records->count == records->size) {
		size_t size = records->size ? records->size * 2 : 64;
		struct record *grown = realloc(records->data, size * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		records->data = grown;
		records->size = size;
	}
	records->data[records->count] = *record;
	records->data[records->count].order = (uint32_t)records->count;
	records->count++;
	return 0;
}

static int read_host(const struct union_side *host, struct records *records)
{
	cleanup_line_reader struct line_reader reader = { 0 };
	int r = line_reader_init(&reader, host);

	while (r == 0 && (r = next_line(&reader)) == 1) {
		struct record record = { 0 };

		r = is_blank(&reader) ? -EBADMSG : read_record(&reader, &record);
		if (r == 0 && (record.has_uuid || reader.line_offset >= host->settled))
			r = add_record(records, &record);
		else if (r == -EBADMSG)
			r = 0;
		if (r < 0)
			return r;
	}
	return r;
}

static int read_session(const struct union_side *session, struct records *records,
			struct union_report *report)
{
	cleanup_line_reader struct line_reader reader = { 0 };
	uint64_t line = 0;
	int r = line_reader_init(&reader, session);

	while (r == 0 && (r = next_line(&reader)) == 1) {
		struct record record = { 0 };

		line++;
		r = 0;
		if (is_blank(&reader))
			continue;
		r = read_record(&reader, &record);
		if (r == -EBADMSG) {
			report->bad_line = line;
			report->bad = reader.is_too_long ? "is longer than 192 MiB"
							 : "is not a JSON object";
		}
		if (r == 0)
			r = add_record(records, &record);
		if (r < 0)
			return r;
	}
	return r;
}

/* By id; then those with a uuid by content, the others by order. */
static int compare_records(const void *a, const void *b)
{
	const struct record *x = a;
	const struct record *y = b;
	int r;

	if (x->has_uuid != y->has_uuid)
		return x->has_uuid ? 1 : -1;
	r = memcmp(x->id.bytes, y->id.bytes, sizeof(x->id.bytes));
	if (r == 0 && x->has_uuid)
		r = memcmp(x->content.bytes, y->content.bytes, sizeof(x->content.bytes));
	if (r != 0)
		return r;
	return x->order < y->order ? -1 : x->order > y->order;
}

static int compare_orders(const void *a, const void *b)
{
	const struct record *x = a;
	const struct record *y = b;

	return x->order < y->order ? -1 : x->order > y->order;
}

/* How many records from first on have its id. */
static size_t run_of(const struct records *records, size_t first)
{
	const struct record *head = &records->data[first];
	size_t end = first;

	while (end < records->count && records->data[end].has_uuid == head->has_uuid &&
	       hash_is_equal(&records->data[end].id, &head->id))
		end++;
	return end - first;
}

/* The run of the same id in sorted records; 0: none. */
static size_t find_run(const struct records *records, const struct record *wanted,
		       size_t *ret_first)
{
	struct record first = *wanted;
	size_t low = 0;
	size_t high = records->count;

	first.order = 0;
	first.content = (struct hash){ 0 };
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_records(&records->data[middle], &first) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_first = low;
	if (low == records->count || records->data[low].has_uuid != wanted->has_uuid ||
	    !hash_is_equal(&records->data[low].id, &wanted->id))
		return 0;
	return run_of(records, low);
}

/* Records of one uuid on both sides, by content: each of the session's is there, or in conflict. */
static void mark_uuid(const struct record *host, size_t host_count, struct record *session,
		      size_t count, struct union_report *report)
{
	for (size_t i = 0, k = 0; i < count; i++) {
		int r = -1;

		while (k < host_count &&
		       (r = memcmp(host[k].content.bytes, session[i].content.bytes, HASH_SIZE)) < 0)
			k++;
		session[i].is_known = true;
		if (k < host_count && r == 0)
			continue;
		if (report->conflicts == 0 || session[i].order + 1 < report->conflict_record)
			report->conflict_record = session[i].order + 1;
		report->conflicts++;
	}
}

/* Marks the longest beginning of the session's sequence that ends the host's (Knuth, Morris and
 * Pratt: both may be long, and hostile). */
static int mark_sequence(const struct record *host, size_t host_count, struct record *session,
			 size_t count)
{
	size_t used = host_count < count ? host_count : count;
	cleanup_free uint32_t *back = calloc(used + 1, sizeof(*back));
	size_t state = 0;

	if (!back)
		return -ENOMEM;
	for (size_t i = 1; i < used; i++) {
		size_t k = back[i - 1];

		while (k > 0 && !hash_is_equal(&session[i].content, &session[k].content))
			k = back[k - 1];
		back[i] = (uint32_t)(k + hash_is_equal(&session[i].content, &session[k].content));
	}
	for (size_t i = host_count - used; i < host_count; i++) {
		if (state == used)
			state = back[state - 1];
		while (state > 0 && !hash_is_equal(&host[i].content, &session[state].content))
			state = back[state - 1];
		state += hash_is_equal(&host[i].content, &session[state].content);
	}
	for (size_t i = 0; i < state; i++)
		session[i].is_known = true;
	return 0;
}

/* By content, then by order. */
static int compare_contents(const void *a, const void *b)
{
	const struct record *x = a;
	const struct record *y = b;
	int r = memcmp(x->content.bytes, y->content.bytes, sizeof(x->content.bytes));

	return r != 0 ? r : compare_orders(a, b);
}

/* Marks of each content as many as the host has, the first ones. Leaves both in another order. */
static void mark_contents(struct record *host, size_t host_count, struct record *session,
			  size_t count)
{
	qsort(host, host_count, sizeof(*host), compare_contents);
	qsort(session, count, sizeof(*session), compare_contents);
	for (size_t i = 0, k = 0; i < count && k < host_count;) {
		int r = memcmp(host[k].content.bytes, session[i].content.bytes, HASH_SIZE);

		session[i].is_known = r == 0;
		i += r >= 0;
		k += r <= 0;
	}
}

/* Marks what the host has already. Leaves the session's records in their order. */
static int mark_known(struct records *host, struct records *session, bool has_gaps,
		      struct union_report *report)
{
	if (host->count == 0 || session->count == 0)
		return 0;
	qsort(host->data, host->count, sizeof(*host->data), compare_records);
	qsort(session->data, session->count, sizeof(*session->data), compare_records);
	for (size_t i = 0, run = 0; i < session->count; i += run) {
		size_t first = 0;
		size_t host_run = find_run(host, &session->data[i], &first);
		int r = 0;

		run = run_of(session, i);
		if (host_run == 0)
			continue;
		if (session->data[i].has_uuid)
			mark_uuid(&host->data[first], host_run, &session->data[i], run, report);
		else if (has_gaps)
			mark_contents(&host->data[first], host_run, &session->data[i], run);
		else
			r = mark_sequence(&host->data[first], host_run, &session->data[i], run);
		if (r < 0)
			return r;
	}
	qsort(session->data, session->count, sizeof(*session->data), compare_orders);
	return 0;
}

/* The second reading: what is not known is emitted, and must be what was read before. */
static int emit_unknown(const struct union_side *session, const struct records *records,
			union_emit_fn *emit, void *arg)
{
	cleanup_line_reader struct line_reader reader = { 0 };
	size_t i = 0;
	int r = line_reader_init(&reader, session);

	while (r == 0 && (r = next_line(&reader)) == 1) {
		struct hash content;

		r = 0;
		if (is_blank(&reader))
			continue;
		if (i == records->count || reader.is_too_long)
			return -EAGAIN;
		content = hash_bytes(reader.line.data, reader.line.len);
		if (!hash_is_equal(&content, &records->data[i].content))
			return -EAGAIN;
		if (!records->data[i++].is_known)
			r = emit(reader.line.data, reader.line.len, arg);
	}
	if (r != 0)
		return r;
	return i == records->count ? 0 : -EAGAIN;
}

int union_records_merge(const struct union_side *host, const struct union_side *session,
			union_emit_fn *emit, void *arg, struct union_report *ret)
{
	cleanup_records struct records theirs = { 0 };
	cleanup_records struct records ours = { 0 };
	int r;

	*ret = (struct union_report){ 0 };
	r = read_session(session, &ours, ret);
	if (r == 0)
		r = read_host(host, &theirs);
	if (r == 0)
		r = mark_known(&theirs, &ours, host->has_gaps, ret);
	if (r < 0)
		return r;
	ret->records = ours.count;
	for (size_t i = 0; i < ours.count; i++)
		ret->emitted += !ours.data[i].is_known;
	return emit ? emit_unknown(session, &ours, emit, arg) : 0;
}

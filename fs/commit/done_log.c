/* SPDX-License-Identifier: MIT */
#include "fs/commit/done_log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/text.h"
#include "fs/review/receipt.h"

static int take_line(struct intent *intent, const char *line, size_t len)
{
	cleanup_json json_t *json = NULL;
	struct intent_entry *entry;
	uint64_t index = 0;
	int r;

	r = json_load_strict(line, len, &json, NULL);
	if (r < 0)
		return r;
	if (receipt_get_number(json, "done", &index) < 0 &&
	    receipt_get_number(json, "start", &index) < 0 &&
	    receipt_get_number(json, "kept", &index) < 0)
		return -EBADMSG;
	if (index >= intent->count)
		return -EBADMSG;
	entry = &intent->entries[index];
	if (json_object_get(json, "done"))
		return intent_result_from_json(json, entry);
	r = intent_before_from_json(json_object_get(json, "before"), &entry->before);
	if (r < 0 || json_object_get(json, "kept"))
		return r;
	if (receipt_get_number(json, "offset", &entry->append_offset) < 0)
		return -EBADMSG;
	entry->append_newline = json_is_true(json_object_get(json, "newline"));
	entry->has_started = true;
	return 0;
}

/* Returns the length of the good part, or -errno. */
static ssize_t take_log(struct intent *intent, const char *data, size_t len)
{
	size_t done = 0;

	while (done < len) {
		const char *newline = memchr(data + done, '\n', len - done);
		size_t line_len;
		int r;

		if (!newline)
			break;
		line_len = (size_t)(newline - data) - done;
		r = take_line(intent, data + done, line_len);
		/* After a power loss the last line may be there in length only. */
		if (r == -EBADMSG && done + line_len + 1 == len)
			break;
		if (r < 0)
			return r;
		done += line_len + 1;
	}
	return (ssize_t)done;
}

/* Cut and appended to is only what has no other name: a link to another file may have been planted.
 */
static int check_own(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) && st.st_nlink == 1 ? 0 : -EBADMSG;
}

int done_log_open(int receipt_fd, struct intent *intent)
{
	cleanup_fd int fd = -1;
	cleanup_free char *data = NULL;
	size_t len = 0;
	ssize_t good;
	int r;

	fd = openat(receipt_fd, "done", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	r = check_own(fd);
	if (r == 0)
		r = fd_read_file(fd, DONE_LOG_MAX, &data, &len);
	if (r < 0)
		return r;
	good = take_log(intent, data, len);
	if (good < 0)
		return (int)good;
	if ((size_t)good < len && ftruncate(fd, good) < 0)
		return -errno;
	return steal_fd(&fd);
}

static int append_line(int fd, const json_t *json)
{
	cleanup_free char *dumped = json ? json_dump_whole(json, JSON_COMPACT) : NULL;
	cleanup_text struct text line = { 0 };
	off_t end;
	int r;

	if (!dumped)
		return -ENOMEM;
	text_append(&line, dumped);
	text_append(&line, "\n");
	if (line.is_failed)
		return -ENOMEM;
	end = lseek(fd, 0, SEEK_END);
	r = end < 0 ? -errno : fd_write_all(fd, line.data, line.len);
	/* A part of a line would be damage once another follows it. */
	if (r < 0 && end >= 0 && ftruncate(fd, end) < 0)
		return -EIO;
	if (r == 0)
		r = fd_sync(fd);
	return r;
}

int done_log_kept(int log_fd, const struct intent_entry *entry, size_t index)
{
	cleanup_json json_t *json = json_pack("{s:I, s:o}", "kept", (json_int_t)index, "before",
					      intent_before_to_json(&entry->before, index));

	return append_line(log_fd, json);
}

int done_log_start(int log_fd, const struct intent_entry *entry, size_t index)
{
	cleanup_json json_t *json = json_pack("{s:I, s:I, s:b, s:o}", "start", (json_int_t)index,
					      "offset", (json_int_t)entry->append_offset, "newline",
					      (int)entry->append_newline, "before",
					      intent_before_to_json(&entry->before, index));

	return append_line(log_fd, json);
}

int done_log_done(int log_fd, const struct intent_entry *entry, size_t index)
{
	cleanup_json json_t *json = intent_result_to_json(entry, index);

	return append_line(log_fd, json);
}

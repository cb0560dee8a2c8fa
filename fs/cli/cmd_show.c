/* SPDX-License-Identifier: MIT */
/* `claudefs show PATH|push:N`: a file as the session sees it. Raw bytes into a pipe or a file, safe
 * text on a terminal. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fold.h"
#include "fs/base/message.h"
#include "fs/base/text.h"
#include "fs/cli/change_json.h"
#include "fs/cli/json_output.h"
#include "fs/cli/open_review.h"
#include "fs/cli/pager.h"
#include "fs/cli/path_argument.h"
#include "fs/cli/pushes.h"
#include "fs/review/content.h"
#include "fs/review/print_parts.h"

#define SHOW_JSON_MAX (64u << 20) /* bytes of a content in JSON */
#define SHOW_PIECE    65536u      /* bytes */

static int say_failure(const char *path, int error)
{
	switch (error) {
	case -ENOENT:
	case -ENODATA:
		message_error("show: %s: the session has no such file; 'claudefs status' lists "
			      "what it changed",
			      path);
		return EXIT_USAGE;
	case -EISDIR:
		message_error("show: %s: a directory; name a file in it", path);
		return EXIT_USAGE;
	case -EACCES:
		message_error("show: %s: hidden from the session, or filtered; 'claudefs why %s' "
			      "says by which rule",
			      path, path);
		return EXIT_REFUSED;
	case -EBADMSG:
		message_error(
			"show: %s: the stored content is damaged; 'claudefs verify' says where",
			path);
		return EXIT_DAMAGED;
	case -ESTALE:
		message_error("show: %s: the session holds only what it added, and the host's file "
			      "has changed beneath it",
			      path);
		return EXIT_CONFLICT;
	case -EFBIG:
		message_error("show: %s: too large for JSON; leave out --json", path);
		return EXIT_USAGE;
	default:
		message_error("show: %s: %s", path, strerror(-error));
		return message_exit_code(error);
	}
}

static bool is_text(const char *data, size_t len)
{
	while (len > 0) {
		uint32_t code = 0;
		size_t n = fold_next_code_point(data, len, &code);

		if (n == 0 || code == 0)
			return false;
		data += n;
		len -= n;
	}
	return true;
}

static void append_base64(struct text *text, const unsigned char *data, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		uint32_t bits = (uint32_t)data[i] << 16;
		char four[4];

		if (i + 1 < len)
			bits |= (uint32_t)data[i + 1] << 8;
		if (i + 2 < len)
			bits |= data[i + 2];
		for (int d = 0; d < 4; d++)
			four[d] = digits[bits >> (18 - 6 * d) & 63];
		if (i + 1 >= len)
			four[2] = '=';
		if (i + 2 >= len)
			four[3] = '=';
		text_append_bytes(text, four, sizeof(four));
	}
}

/* "parts": what was decided about its keys or records; null if it has none, or none that can be
 * read. */
static int parts_of_path(const struct review *review, const struct change *change, json_t *json)
{
	cleanup_parts struct parts *parts = NULL;
	int r = change ? parts_of_change(review, change, review_decisions(review), false, &parts)
		       : -ENOTSUP;

	(void)json_object_set_new(json, "parts", r == 0 ? parts_to_json(parts) : json_null());
	return r == -ENOMEM ? r : 0;
}

static int print_json(const struct review *review, const char *path, const struct content *content)
{
	const struct change *change = review_find(review, path);
	cleanup_json json_t *json = json_object();
	cleanup_text struct text encoded = { 0 };
	cleanup_free char *data = NULL;
	size_t len = 0;
	int r = content_load(content, 0, SHOW_JSON_MAX, &data, &len);

	if (r < 0)
		return r;
	json_output_set_name(json, "path", path);
	(void)json_object_set_new(json, "size", json_integer((json_int_t)len));
	if (is_text(data, len)) {
		(void)json_object_set_new(json, "encoding", json_string("utf-8"));
		(void)json_object_set_new(json, "content", json_stringn(data, len));
	} else {
		append_base64(&encoded, (const unsigned char *)data, len);
		(void)json_object_set_new(json, "encoding", json_string("base64"));
		(void)json_object_set_new(json, "content",
					  json_string(encoded.data ? encoded.data : ""));
	}
	(void)json_object_set_new(json, "change", change ? change_to_json(change) : json_null());
	r = parts_of_path(review, change, json);
	if (r < 0)
		return r;
	return json_output_print(json) == EXIT_OK ? 0 : -ENOMEM;
}

/* Bytes of a character that buf ends in the middle of: kept back for the next piece. */
static size_t unfinished_tail(const char *buf, size_t len)
{
	for (size_t back = 1; back <= 3 && back <= len; back++) {
		unsigned char byte = (unsigned char)buf[len - back];

		if ((byte & 0xc0) == 0x80)
			continue;
		if (byte >= 0xf0)
			return back < 4 ? back : 0;
		if (byte >= 0xe0)
			return back < 3 ? back : 0;
		return byte >= 0xc0 && back < 2 ? back : 0;
	}
	return 0;
}

static int print_piece(const char *buf, size_t len, bool is_raw)
{
	cleanup_text struct text safe = { 0 };

	if (is_raw)
		return fwrite(buf, 1, len, stdout) == len ? 0 : -EPIPE;
	text_append_safe(&safe, buf, len, true);
	if (safe.is_failed)
		return -ENOMEM;
	return fwrite(safe.data ? safe.data : "", 1, safe.len, stdout) == safe.len ? 0 : -EPIPE;
}

static int print_content(const struct content *content, bool is_raw)
{
	cleanup_free char *buf = malloc(SHOW_PIECE);
	uint64_t offset = 0;

	if (!buf)
		return -ENOMEM;
	for (;;) {
		ssize_t n = content_read(content, buf, SHOW_PIECE, offset);
		size_t keep;
		int r;

		if (n <= 0)
			return (int)n;
		keep = n == SHOW_PIECE ? unfinished_tail(buf, (size_t)n) : 0;
		r = print_piece(buf, (size_t)n - keep, is_raw);
		if (r < 0)
			return r;
		offset += (uint64_t)n - keep;
	}
}

int cmd_show(const struct cli *cli)
{
	cleanup_chosen_session struct chosen_session session = CHOSEN_SESSION_NONE;
	cleanup_open_review struct open_review open = { 0 };
	cleanup_content struct content content = CONTENT_NONE;
	cleanup_pager struct pager pager = { 0 };
	bool is_raw = isatty(STDOUT_FILENO) != 1;
	cleanup_free char *path = NULL;
	int r;

	if (cli->argument_count != 1) {
		message_error("show: which path? usage: claudefs show PATH|push:N");
		return EXIT_USAGE;
	}
	r = session_choose(cli, &session);
	if (r == EXIT_OK && push_is_named(cli->arguments[0]))
		return pushes_show(cli, &session, cli->arguments[0]);
	if (r == EXIT_OK)
		r = path_argument(&session, cli->arguments[0], &path);
	if (r == EXIT_OK)
		r = open_review(cli, &session, &open);
	if (r != EXIT_OK)
		return r;
	r = content_open_path(open.review, path, &content);
	if (r == 0 && cli->is_json) {
		r = print_json(open.review, path, &content);
	} else if (r == 0) {
		pager_start(cli, &pager);
		r = print_content(&content, is_raw);
		pager_finish(&pager);
	}
	return r == 0 || r == -EPIPE ? EXIT_OK : say_failure(path, r);
}

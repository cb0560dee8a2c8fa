/* SPDX-License-Identifier: MIT */
#include "init/gateway/client_hello.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"

#define RECORD_HEADER  5u
#define RECORD_MAX     16384u /* RFC 8446 section 5.1 */
#define TYPE_HANDSHAKE 22u
#define TYPE_HELLO     1u
#define EXTENSION_SNI  0u
#define EXTENSION_ECH  0xfe0du /* RFC 9849; drafts since 2021 */
#define NAME_TYPE_HOST 0u

/* A view of bytes that is read from the front. Failing reads make it empty and is_bad. */
struct cursor {
	const uint8_t *data;
	size_t left;
	bool is_bad;
};

static uint32_t take_number(struct cursor *cursor, size_t bytes)
{
	uint32_t value = 0;

	if (cursor->left < bytes) {
		cursor->is_bad = true;
		cursor->left = 0;
		return 0;
	}
	for (size_t i = 0; i < bytes; i++)
		value = value << 8 | cursor->data[i];
	cursor->data += bytes;
	cursor->left -= bytes;
	return value;
}

/* A vector with a length of so many bytes in front. */
static struct cursor take_vector(struct cursor *cursor, size_t length_bytes)
{
	size_t len = take_number(cursor, length_bytes);
	struct cursor vector = { cursor->data, len, cursor->is_bad };

	if (cursor->is_bad || cursor->left < len) {
		cursor->is_bad = vector.is_bad = true;
		cursor->left = vector.left = 0;
		return vector;
	}
	cursor->data += len;
	cursor->left -= len;
	return vector;
}

static int read_server_name(struct cursor extension, struct client_hello *ret)
{
	struct cursor list = take_vector(&extension, 2);
	unsigned int count = 0;

	while (list.left > 0) {
		uint32_t type = take_number(&list, 1);
		struct cursor name = take_vector(&list, 2);

		/* One name of one type: what a server would make of more is anybody's guess. */
		if (list.is_bad || type != NAME_TYPE_HOST || count++ > 0 ||
		    egress_host_normalize((const char *)name.data, name.left, ret->server_name) < 0)
			return -EBADMSG;
	}
	return list.is_bad || extension.left > 0 || count == 0 ? -EBADMSG : 0;
}

static int read_extensions(struct cursor extensions, struct client_hello *ret)
{
	bool has_name = false;

	while (extensions.left > 0) {
		uint32_t type = take_number(&extensions, 2);
		struct cursor extension = take_vector(&extensions, 2);

		if (extensions.is_bad)
			return -EBADMSG;
		if (type == EXTENSION_ECH)
			ret->has_encrypted_hello = true;
		if (type != EXTENSION_SNI)
			continue;
		if (has_name || read_server_name(extension, ret) < 0)
			return -EBADMSG;
		has_name = true;
	}
	return extensions.is_bad ? -EBADMSG : 0;
}

static int read_hello(struct cursor body, struct client_hello *ret)
{
	struct cursor suites, compression, extensions;

	(void)take_number(&body, 2); /* legacy_version */
	for (unsigned int i = 0; i < 8; i++)
		(void)take_number(&body, 4); /* random */
	(void)take_vector(&body, 1);         /* legacy_session_id */
	suites = take_vector(&body, 2);
	compression = take_vector(&body, 1);
	/* A length that shifts what follows would be read otherwise by a server. */
	if (body.is_bad || suites.left < 2 || suites.left % 2 != 0 || compression.left == 0)
		return -EBADMSG;
	if (body.left == 0)
		return 0; /* no extensions at all: no name either */
	extensions = take_vector(&body, 2);
	if (body.is_bad || body.left > 0)
		return -EBADMSG;
	return read_extensions(extensions, ret);
}

/* The message's length with its header, once four bytes of it are there. 0: not yet. */
static size_t message_size(const uint8_t *message, size_t have)
{
	if (have < 4)
		return 0;
	return 4 + ((size_t)message[1] << 16 | (size_t)message[2] << 8 | message[3]);
}

int client_hello_parse(const uint8_t *data, size_t len, struct client_hello *ret)
{
	cleanup_free uint8_t *message = NULL;
	size_t have = 0;
	size_t offset = 0;

	*ret = (struct client_hello){ 0 };
	message = malloc(CLIENT_HELLO_MAX);
	if (!message)
		return -ENOMEM;
	while (offset < len) {
		size_t left = len - offset;
		size_t size;
		size_t part;

		/* Told from the first bytes: whoever speaks no TLS is not waited for. */
		if (data[offset] != TYPE_HANDSHAKE || (left > 1 && data[offset + 1] != 3))
			return -EBADMSG;
		if (left < RECORD_HEADER)
			return -EAGAIN;
		size = (size_t)data[offset + 3] << 8 | data[offset + 4];
		if (size == 0 || size > RECORD_MAX)
			return -EBADMSG;
		part = left - RECORD_HEADER < size ? left - RECORD_HEADER : size;
		if (have + part > CLIENT_HELLO_MAX)
			return -EMSGSIZE;
		memcpy(message + have, data + offset + RECORD_HEADER, part);
		have += part;
		if (have > 0 && message[0] != TYPE_HELLO)
			return -EBADMSG;
		if (message_size(message, have) > CLIENT_HELLO_MAX)
			return -EMSGSIZE;
		if (message_size(message, have) && have >= message_size(message, have))
			return read_hello((struct cursor){ message + 4,
							   message_size(message, have) - 4, false },
					  ret);
		if (part < size)
			return -EAGAIN;
		offset += RECORD_HEADER + size;
	}
	return len >= CLIENT_HELLO_MAX ? -EMSGSIZE : -EAGAIN;
}

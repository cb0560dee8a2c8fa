/* SPDX-License-Identifier: MIT */
#include "launcher/push/wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"

#define SIDEBAND_MAX 65515u /* bytes of a packet with a band's number in front */
#define BAND_REPORT  '\1'
#define BAND_MESSAGE '\2'

/* Returns 0, -EPIPE or -errno. */
static int read_exactly(int fd, char *buf, size_t len)
{
	while (len > 0) {
		ssize_t n = read(fd, buf, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EPIPE;
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}

ssize_t wire_read(struct wire *wire)
{
	char head[PUSH_PACKET_HEAD];
	int r = read_exactly(wire->fd, head, sizeof(head));
	int len = r < 0 ? r : push_packet_length(head);

	if (len <= 0)
		return len;
	r = read_exactly(wire->fd, wire->packet, (size_t)len);
	wire->packet[len] = '\0';
	return r < 0 ? r : len;
}

void wire_append(struct text *text, const char *data, size_t len)
{
	text_appendf(text, "%04zx", len + PUSH_PACKET_HEAD);
	text_append_bytes(text, data, len);
}

void wire_append_flush(struct text *text)
{
	text_append(text, "0000");
}

int wire_send(struct wire *wire, const struct text *text)
{
	return text->is_failed ? -ENOMEM : fd_write_all(wire->fd, text->data, text->len);
}

void wire_send_error(struct wire *wire, const char *message)
{
	cleanup_text struct text inner = { 0 };
	cleanup_text struct text text = { 0 };

	text_appendf(&inner, "ERR %s", message);
	if (inner.data)
		wire_append(&text, inner.data, inner.len);
	(void)wire_send(wire, &text);
}

static void append_band(struct text *text, char band, const char *data, size_t len)
{
	while (len > 0) {
		cleanup_text struct text part = { 0 };
		size_t n = len < SIDEBAND_MAX ? len : SIDEBAND_MAX;

		text_append_bytes(&part, &band, 1);
		text_append_bytes(&part, data, n);
		if (part.data)
			wire_append(text, part.data, part.len);
		text->is_failed |= part.is_failed;
		data += n;
		len -= n;
	}
}

void wire_say(struct wire *wire, const char *line)
{
	cleanup_text struct text inner = { 0 };
	cleanup_text struct text text = { 0 };

	if (!wire->has_sideband)
		return;
	text_appendf(&inner, "claudefs: %s\n", line);
	if (inner.data)
		append_band(&text, BAND_MESSAGE, inner.data, inner.len);
	(void)wire_send(wire, &text);
}

int wire_report(struct wire *wire, const struct push_command *commands, size_t count, size_t bad,
		const char *reason)
{
	cleanup_text struct text report = { 0 };
	cleanup_text struct text text = { 0 };

	wire_append(&report, "unpack ok\n", 10);
	for (size_t i = 0; i < count; i++) {
		cleanup_text struct text line = { 0 };

		if (!reason)
			text_appendf(&line, "ok %s\n", commands[i].ref);
		else
			text_appendf(&line, "ng %s %s\n", commands[i].ref,
				     i == bad || bad == count ? reason
							      : "not pushed: see the other ref");
		if (line.data)
			wire_append(&report, line.data, line.len);
		report.is_failed |= line.is_failed;
	}
	wire_append_flush(&report);
	if (report.is_failed)
		return -ENOMEM;
	if (!wire->has_sideband)
		return wire_send(wire, &report);
	append_band(&text, BAND_REPORT, report.data, report.len);
	wire_append_flush(&text);
	return wire_send(wire, &text);
}

void wire_drain(struct wire *wire, unsigned long long most)
{
	ssize_t n = 1;

	(void)shutdown(wire->fd, SHUT_WR);
	while (n > 0 && most > 0) {
		n = read(wire->fd, wire->packet, sizeof(wire->packet));
		if (n > 0)
			most = most > (unsigned long long)n ? most - (unsigned long long)n : 0;
	}
}

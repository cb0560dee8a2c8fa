/* SPDX-License-Identifier: MIT */
#include "init/gateway/http_request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>

struct span {
	const char *data;
	size_t len;
};

ssize_t http_head_length(const char *data, size_t len)
{
	size_t limit = len < HTTP_HEAD_MAX ? len : HTTP_HEAD_MAX;
	const char *end = memmem(data, limit, "\r\n\r\n", 4);

	if (end)
		return end - data + 4;
	return len >= HTTP_HEAD_MAX ? -EMSGSIZE : 0;
}

/* No control characters anywhere: a bare CR or LF is how requests are smuggled. */
static bool is_clean(const char *head, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)head[i];

		if (c == '\r' && i + 1 < len && head[i + 1] == '\n') {
			i++;
			continue;
		}
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

/* Takes what comes before the next separator; false if there is none. */
static bool take_until(struct span *rest, const char *separator, struct span *ret)
{
	size_t n = strlen(separator);
	const char *at = memmem(rest->data, rest->len, separator, n);

	if (!at)
		return false;
	*ret = (struct span){ rest->data, (size_t)(at - rest->data) };
	rest->data = at + n;
	rest->len -= ret->len + n;
	return true;
}

static bool is_word(struct span span, const char *word)
{
	return span.len == strlen(word) && memcmp(span.data, word, span.len) == 0;
}

static bool has_prefix(struct span span, const char *prefix)
{
	return span.len >= strlen(prefix) && strncasecmp(span.data, prefix, strlen(prefix)) == 0;
}

/* "host[:port]"; default_port 0: the port must be there. */
static int read_authority(struct span authority, uint16_t default_port, struct http_request *ret)
{
	const char *colon = memrchr(authority.data, ':', authority.len);
	size_t host_len = authority.len;
	unsigned int port = default_port;

	if (memchr(authority.data, '@', authority.len))
		return -EBADMSG;
	/* An IPv6 address in brackets has colons of its own. */
	if (authority.len > 0 && authority.data[authority.len - 1] == ']')
		colon = NULL;
	if (colon) {
		size_t digits = (size_t)(authority.data + authority.len - colon) - 1;

		host_len = (size_t)(colon - authority.data);
		if (digits == 0 || digits > 5)
			return -EBADMSG;
		port = 0;
		for (size_t i = 1; i <= digits; i++) {
			if (colon[i] < '0' || colon[i] > '9')
				return -EBADMSG;
			port = port * 10 + (unsigned int)(colon[i] - '0');
		}
	}
	if (port == 0 || port > UINT16_MAX)
		return -EBADMSG;
	ret->port = (uint16_t)port;
	(void)snprintf(ret->shown, sizeof(ret->shown), "%.*s",
		       (int)(host_len < sizeof(ret->shown) ? host_len : sizeof(ret->shown) - 1),
		       authority.data);
	if (egress_host_normalize(authority.data, host_len, ret->host) < 0) {
		ret->host[0] = '\0';
		return -EADDRNOTAVAIL;
	}
	return 0;
}

static int check_host(struct span value, const struct http_request *request)
{
	struct http_request named = { 0 };

	while (value.len > 0 && (value.data[0] == ' ' || value.data[0] == '\t')) {
		value.data++;
		value.len--;
	}
	while (value.len > 0 &&
	       (value.data[value.len - 1] == ' ' || value.data[value.len - 1] == '\t'))
		value.len--;
	if (read_authority(value, 80, &named) < 0 || strcmp(named.host, request->host) != 0 ||
	    named.port != request->port)
		return -EBADMSG;
	return 0;
}

static void add_host(struct text *forward, const struct http_request *request)
{
	text_appendf(forward, "Host: %s", request->host);
	if (request->port != 80)
		text_appendf(forward, ":%u", request->port);
	text_append(forward, "\r\n");
}

/* path: "", or from its '/' or '?' on. */
static void begin_forward(struct text *forward, struct span method, struct span path,
			  const struct http_request *request)
{
	text_append_bytes(forward, method.data, method.len);
	text_append(forward, path.len == 0 || path.data[0] != '/' ? " /" : " ");
	text_append_bytes(forward, path.data, path.len);
	text_append(forward, " HTTP/1.1\r\n");
	add_host(forward, request);
}

/* The header lines of a plain request, those that go on copied. */
static int forward_headers(struct span headers, const struct http_request *request,
			   struct text *forward)
{
	unsigned int hosts = 0;
	struct span line;

	while (take_until(&headers, "\r\n", &line) && line.len > 0) {
		struct span rest = line;
		struct span name;

		/* A continued line hides what its header is. */
		if (line.data[0] == ' ' || line.data[0] == '\t' || !take_until(&rest, ":", &name) ||
		    name.len == 0 || memchr(name.data, ' ', name.len) ||
		    memchr(name.data, '\t', name.len))
			return -EBADMSG;
		if (has_prefix(line, "host:")) {
			if (hosts++ > 0 || check_host(rest, request) < 0)
				return -EBADMSG;
			continue;
		}
		if (has_prefix(line, "content-length:") || has_prefix(line, "transfer-encoding:") ||
		    has_prefix(line, "upgrade:"))
			return -EOPNOTSUPP;
		if (has_prefix(line, "proxy-") || has_prefix(line, "connection:") ||
		    has_prefix(line, "keep-alive:"))
			continue;
		text_append_bytes(forward, line.data, line.len);
		text_append(forward, "\r\n");
	}
	text_append(forward, "Connection: close\r\n\r\n");
	return forward->is_failed ? -ENOMEM : 0;
}

static int parse_plain(struct span method, struct span target, struct span headers,
		       struct http_request *ret, struct text *forward)
{
	struct span authority;
	const char *path;
	int r;

	if (!is_word(method, "GET") && !is_word(method, "HEAD"))
		return -EOPNOTSUPP;
	if (!has_prefix(target, "http://"))
		return -EBADMSG;
	target.data += 7;
	target.len -= 7;
	path = target.data;
	while (path < target.data + target.len && !strchr("/?#", *path))
		path++;
	authority = (struct span){ target.data, (size_t)(path - target.data) };
	target.len -= authority.len;
	r = read_authority(authority, 80, ret);
	if (r < 0)
		return r;
	begin_forward(forward, method, (struct span){ path, target.len }, ret);
	return forward_headers(headers, ret, forward);
}

/* The request line; *rest, the whole head before, then has the header lines. */
static int take_request_line(struct span *rest, struct span *method, struct span *target)
{
	struct span line;

	if (!is_clean(rest->data, rest->len) || !take_until(rest, "\r\n", &line) ||
	    !take_until(&line, " ", method) || !take_until(&line, " ", target) ||
	    method->len == 0 || target->len == 0)
		return -EBADMSG;
	return is_word(line, "HTTP/1.1") || is_word(line, "HTTP/1.0") ? 0 : -EBADMSG;
}

int http_request_parse_origin(const char *head, size_t len, const struct http_request *request,
			      struct text *forward)
{
	struct span rest = { head, len };
	struct span method, target;

	if (take_request_line(&rest, &method, &target) < 0)
		return -EBADMSG;
	if (!is_word(method, "GET") && !is_word(method, "HEAD"))
		return -EOPNOTSUPP;
	if (target.data[0] != '/')
		return -EBADMSG;
	begin_forward(forward, method, target, request);
	return forward_headers(rest, request, forward);
}

int http_request_parse(const char *head, size_t len, struct http_request *ret, struct text *forward)
{
	struct span rest = { head, len };
	struct span method, target;

	*ret = (struct http_request){ 0 };
	if (take_request_line(&rest, &method, &target) < 0)
		return -EBADMSG;
	ret->is_connect = is_word(method, "CONNECT");
	if (ret->is_connect)
		return read_authority(target, 0, ret);
	return parse_plain(method, target, rest, ret, forward);
}

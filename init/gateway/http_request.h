/* SPDX-License-Identifier: MIT */
/* What a client asks of the gate: the head of one HTTP/1 request (RFC 9112). Hostile bytes. Pure.
 */
#ifndef CLAUDEFS_INIT_GATEWAY_HTTP_REQUEST_H
#define CLAUDEFS_INIT_GATEWAY_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/base/text.h"
#include "fs/policy/egress_list.h"

#define HTTP_HEAD_MAX (16u << 10) /* bytes with the empty line at its end */

struct http_request {
	bool is_connect;
	char host[EGRESS_HOST_SIZE];  /* normalised */
	char shown[EGRESS_HOST_SIZE]; /* as asked for, cut; for the log where host is "" */
	uint16_t port;
};

/* The length of the head in data[0..len), its empty line included. Returns it, 0 (not whole yet) or
 * -EMSGSIZE. */
ssize_t http_head_length(const char *data, size_t len);

/* CONNECT host:port, or GET and HEAD of an absolute http:// URL without a body: what such a request
 * says of its host must agree everywhere. For the latter *forward gets the head to send on: origin
 * form, one Host, no Proxy- headers, Connection: close.
 * Returns 0, -EBADMSG (malformed, or ambiguous), -EOPNOTSUPP (another method, a body) or
 * -EADDRNOTAVAIL (an address or no full name for a host; ret->shown and ret->port are set). */
int http_request_parse(const char *head, size_t len, struct http_request *ret,
		       struct text *forward);

/* What a client asks of a server that it believes to be connected to: GET and HEAD in origin form.
 * request->host and port are that server's, and the Host header must agree. Fills *forward.
 * Returns 0, -EBADMSG or -EOPNOTSUPP, as above. */
int http_request_parse_origin(const char *head, size_t len, const struct http_request *request,
			      struct text *forward);

#endif

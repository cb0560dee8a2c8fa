/* SPDX-License-Identifier: MIT */
/* What the gateway reads from the agent: by the first byte a ClientHello, the head of a request, or
 * a list. A name that comes out is one that the list could hold; a head that goes on has one Host
 * and one end. */
#include <errno.h>
#include <string.h>

#include "fs/base/text.h"
#include "init/gateway/client_hello.h"
#include "init/gateway/http_request.h"
#include "tests/fuzz/fuzz.h"

static void check_host(const char *host)
{
	char again[EGRESS_HOST_SIZE];

	FUZZ_CHECK(egress_host_normalize(host, strlen(host), again) == 0);
	FUZZ_CHECK(strcmp(again, host) == 0);
}

static void try_hello(const uint8_t *data, size_t size)
{
	struct client_hello hello;
	int r = client_hello_parse(data, size, &hello);

	FUZZ_CHECK(r == 0 || r == -EAGAIN || r == -EBADMSG || r == -EMSGSIZE);
	if (r == 0 && hello.server_name[0])
		check_host(hello.server_name);
	/* More bytes never take back what was read, nor was less of it enough for another name. */
	if (r == 0 && size > 0) {
		struct client_hello shorter;

		if (client_hello_parse(data, size - 1, &shorter) == 0)
			FUZZ_CHECK(strcmp(shorter.server_name, hello.server_name) == 0);
	}
}

static size_t count(const char *text, size_t len, const char *word)
{
	size_t found = 0;

	for (const char *at = text;
	     (at = memmem(at, len - (size_t)(at - text), word, strlen(word))); at++)
		found++;
	return found;
}

static void check_forward(const struct text *forward)
{
	FUZZ_CHECK(count(forward->data, forward->len, "\r\n\r\n") == 1);
	FUZZ_CHECK(count(forward->data, forward->len, "\r\nHost: ") == 1);
	FUZZ_CHECK(memcmp(forward->data + forward->len - 4, "\r\n\r\n", 4) == 0);
}

/* The same bytes, sent to a server. */
static void try_origin(const char *data, size_t len)
{
	static const struct http_request server = { .host = "a.b", .port = 80 };
	cleanup_text struct text forward = { 0 };

	if (http_request_parse_origin(data, len, &server, &forward) != 0)
		return;
	check_forward(&forward);
	FUZZ_CHECK(count(forward.data, forward.len, "\r\nHost: a.b\r\n") == 1);
}

static void try_request(const char *data, size_t size)
{
	cleanup_text struct text forward = { 0 };
	struct http_request request;
	ssize_t len = http_head_length(data, size);

	FUZZ_CHECK(len == -EMSGSIZE || (len >= 0 && (size_t)len <= size));
	if (len > 0)
		try_origin(data, (size_t)len);
	if (len <= 0 || http_request_parse(data, (size_t)len, &request, &forward) != 0)
		return;
	check_host(request.host);
	FUZZ_CHECK(request.port != 0);
	if (request.is_connect)
		return;
	check_forward(&forward);
}

static void try_list(const char *data, size_t size)
{
	cleanup_egress_list struct egress_list *list = NULL;
	struct egress_problem problem;
	bool may_be_private;
	int checked = egress_list_check(data, size, &problem);
	int r = egress_list_parse(data, size, &list, &problem);

	FUZZ_CHECK(r == 0 || r == -EBADMSG);
	/* What can be parsed has no keyword, and passes the check of a list with some. */
	FUZZ_CHECK(r != 0 || checked == 0);
	if (r == 0)
		FUZZ_CHECK(!egress_list_allows(list, "", &may_be_private));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	switch (data[0] % 3) {
	case 0: try_hello(data + 1, size - 1); break;
	case 1: try_request((const char *)data + 1, size - 1); break;
	case 2: try_list((const char *)data + 1, size - 1); break;
	default: break;
	}
	return 0;
}

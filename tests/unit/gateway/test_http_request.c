/* SPDX-License-Identifier: MIT */
/* What a client may ask of the proxy, and what goes on to the server. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <string.h>

#include "init/gateway/http_request.h"

static struct http_request request;

static int parse(const char *head, struct text *forward)
{
	return http_request_parse(head, strlen(head), &request, forward);
}

static void a_tunnel_is_asked_for_by_name_and_port(void **state)
{
	cleanup_text struct text forward = { 0 };

	(void)state;
	assert_int_equal(
		parse("CONNECT API.Example.com.:443 HTTP/1.1\r\nHost: other\r\n\r\n", &forward), 0);
	assert_true(request.is_connect);
	assert_string_equal(request.host, "api.example.com");
	assert_int_equal(request.port, 443);
	assert_int_equal(forward.len, 0);
}

static void addresses_are_told_from_names(void **state)
{
	static const char *const hosts[] = {
		"127.0.0.1", "0x7f.1",  "2130706433", "1.2",        "[::1]",
		"localhost", "a..b",    "-",          "0x7f000001", "ex\xc3\xa4mple.com",
		"a b.c",     "a%2eb.c",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		cleanup_text struct text head = { 0 };
		cleanup_text struct text forward = { 0 };
		int r;

		text_appendf(&head, "CONNECT %s:443 HTTP/1.1\r\n\r\n", hosts[i]);
		r = parse(head.data, &forward);
		if (r != -EADDRNOTAVAIL && r != -EBADMSG)
			fail_msg("%s: %d", hosts[i], r);
	}
}

static void what_is_ambiguous_is_refused(void **state)
{
	static const struct {
		const char *head;
		int error;
	} bad[] = {
		{ "CONNECT a.b HTTP/1.1\r\n\r\n", -EBADMSG },
		{ "CONNECT a.b:0 HTTP/1.1\r\n\r\n", -EBADMSG },
		{ "CONNECT a.b:65536 HTTP/1.1\r\n\r\n", -EBADMSG },
		{ "CONNECT a.b:+443 HTTP/1.1\r\n\r\n", -EBADMSG },
		{ "CONNECT u@a.b:443 HTTP/1.1\r\n\r\n", -EBADMSG },
		{ "CONNECT a.b:443 HTTP/2\r\n\r\n", -EBADMSG },
		{ "CONNECT a.b:443\r\n\r\n", -EBADMSG },
		{ "CONNECT  a.b:443 HTTP/1.1\r\n\r\n", -EBADMSG },
		{ "CONNECT a.b:443 HTTP/1.1\nX: y\r\n\r\n", -EBADMSG },
		{ "GET / HTTP/1.1\r\nHost: a.b\r\n\r\n", -EBADMSG },
		{ "GET https://a.b/ HTTP/1.1\r\n\r\n", -EBADMSG },
		{ "GET http://a.b/ HTTP/1.1\r\nHost: c.d\r\n\r\n", -EBADMSG },
		{ "GET http://a.b/ HTTP/1.1\r\nHost: a.b:81\r\n\r\n", -EBADMSG },
		{ "GET http://a.b/ HTTP/1.1\r\nHost: a.b\r\nHost: a.b\r\n\r\n", -EBADMSG },
		{ "GET http://a.b/ HTTP/1.1\r\nHost: a.b\r\n b: c\r\n\r\n", -EBADMSG },
		{ "GET http://a.b/ HTTP/1.1\r\nHost : a.b\r\n\r\n", -EBADMSG },
		{ "GET http://a.b/ HTTP/1.1\r\nx\r\n\r\n", -EBADMSG },
		{ "GET http://a.b/\x01 HTTP/1.1\r\n\r\n", -EBADMSG },
		{ "GET http://u:p@a.b/ HTTP/1.1\r\n\r\n", -EBADMSG },
		{ "POST http://a.b/ HTTP/1.1\r\n\r\n", -EOPNOTSUPP },
		{ "get http://a.b/ HTTP/1.1\r\n\r\n", -EOPNOTSUPP },
		{ "GET http://a.b/ HTTP/1.1\r\nContent-Length: 1\r\n\r\n", -EOPNOTSUPP },
		{ "GET http://a.b/ HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n", -EOPNOTSUPP },
		{ "GET http://a.b/ HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", -EOPNOTSUPP },
		{ "GET http://127.0.0.1/ HTTP/1.1\r\n\r\n", -EADDRNOTAVAIL },
		{ "\r\n\r\n", -EBADMSG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cleanup_text struct text forward = { 0 };
		int r = parse(bad[i].head, &forward);

		if (r != bad[i].error)
			fail_msg("%d: %s", r, bad[i].head);
	}
}

static void a_plain_request_goes_on_with_one_host(void **state)
{
	cleanup_text struct text forward = { 0 };

	(void)state;
	assert_int_equal(
		parse("GET http://A.b/x?y=http://c/ HTTP/1.1\r\nhost:  a.b. \r\nAccept: */*\r\n"
		      "Proxy-Authorization: secret\r\nConnection: keep-alive\r\nKeep-Alive: "
		      "x\r\n\r\n",
		      &forward),
		0);
	assert_false(request.is_connect);
	assert_int_equal(request.port, 80);
	assert_string_equal(forward.data, "GET /x?y=http://c/ HTTP/1.1\r\nHost: a.b\r\n"
					  "Accept: */*\r\nConnection: close\r\n\r\n");
}

static void a_url_without_a_path_gets_one(void **state)
{
	cleanup_text struct text none = { 0 };
	cleanup_text struct text query = { 0 };

	(void)state;
	assert_int_equal(parse("HEAD http://a.b:8080 HTTP/1.0\r\n\r\n", &none), 0);
	assert_string_equal(none.data,
			    "HEAD / HTTP/1.1\r\nHost: a.b:8080\r\nConnection: close\r\n\r\n");
	assert_int_equal(parse("GET http://a.b?q HTTP/1.1\r\n\r\n", &query), 0);
	assert_string_equal(query.data,
			    "GET /?q HTTP/1.1\r\nHost: a.b\r\nConnection: close\r\n\r\n");
}

static int parse_origin(const char *head, struct text *forward)
{
	const struct http_request server = { .host = "a.b", .port = 80 };

	return http_request_parse_origin(head, strlen(head), &server, forward);
}

static void a_request_to_a_server_goes_on_with_its_host(void **state)
{
	cleanup_text struct text first = { 0 };
	cleanup_text struct text old = { 0 };

	(void)state;
	assert_int_equal(parse_origin("GET /p?q=/ HTTP/1.1\r\nhost: A.b:80\r\nX: y\r\n"
				      "Connection: keep-alive\r\n\r\n",
				      &first),
			 0);
	assert_string_equal(first.data, "GET /p?q=/ HTTP/1.1\r\nHost: a.b\r\nX: y\r\n"
					"Connection: close\r\n\r\n");
	assert_int_equal(parse_origin("HEAD / HTTP/1.0\r\n\r\n", &old), 0);
	assert_string_equal(old.data, "HEAD / HTTP/1.1\r\nHost: a.b\r\nConnection: close\r\n\r\n");
}

static void another_host_than_the_servers_is_refused(void **state)
{
	static const struct {
		const char *head;
		int error;
	} bad[] = {
		{ "GET / HTTP/1.1\r\nHost: c.d\r\n\r\n", -EBADMSG },
		{ "GET / HTTP/1.1\r\nHost: a.b:81\r\n\r\n", -EBADMSG },
		{ "GET / HTTP/1.1\r\nHost: a.b\r\nHost: c.d\r\n\r\n", -EBADMSG },
		{ "GET http://a.b/ HTTP/1.1\r\nHost: a.b\r\n\r\n", -EBADMSG },
		{ "GET a.b/ HTTP/1.1\r\nHost: a.b\r\n\r\n", -EBADMSG },
		{ "GET * HTTP/1.1\r\nHost: a.b\r\n\r\n", -EBADMSG },
		{ "GET /\nx HTTP/1.1\r\nHost: a.b\r\n\r\n", -EBADMSG },
		{ "GET / HTTP/2\r\nHost: a.b\r\n\r\n", -EBADMSG },
		{ "POST / HTTP/1.1\r\nHost: a.b\r\n\r\n", -EOPNOTSUPP },
		{ "CONNECT a.b:443 HTTP/1.1\r\nHost: a.b\r\n\r\n", -EOPNOTSUPP },
		{ "GET / HTTP/1.1\r\nHost: a.b\r\nUpgrade: x\r\n\r\n", -EOPNOTSUPP },
		{ "GET / HTTP/1.1\r\nHost: a.b\r\nContent-Length: 1\r\n\r\n", -EOPNOTSUPP },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cleanup_text struct text forward = { 0 };
		int r = parse_origin(bad[i].head, &forward);

		if (r != bad[i].error)
			fail_msg("%s: %d", bad[i].head, r);
	}
}

static void a_head_ends_with_an_empty_line(void **state)
{
	static char large[HTTP_HEAD_MAX + 1];

	(void)state;
	assert_int_equal(http_head_length("a\r\n\r\nb", 6), 5);
	assert_int_equal(http_head_length("a\r\n\r", 4), 0);
	memset(large, 'a', sizeof(large));
	assert_int_equal(http_head_length(large, HTTP_HEAD_MAX - 1), 0);
	assert_int_equal(http_head_length(large, sizeof(large)), -EMSGSIZE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tunnel_is_asked_for_by_name_and_port),
		cmocka_unit_test(addresses_are_told_from_names),
		cmocka_unit_test(what_is_ambiguous_is_refused),
		cmocka_unit_test(a_plain_request_goes_on_with_one_host),
		cmocka_unit_test(a_url_without_a_path_gets_one),
		cmocka_unit_test(a_request_to_a_server_goes_on_with_its_host),
		cmocka_unit_test(another_host_than_the_servers_is_refused),
		cmocka_unit_test(a_head_ends_with_an_empty_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

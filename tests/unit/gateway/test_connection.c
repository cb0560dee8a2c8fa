/* SPDX-License-Identifier: MIT */
/* A connection whose name server does not answer in time. Its lookup outlives it: libevent tells of
 * the cancellation afterwards, which the address sanitizer watches. */
#include "tests/unit/cmocka_setup.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init/gateway/gate.h"

#define RESOLVE_SECONDS (3 * GATE_CONNECT_SECONDS)
/* Longer than the connection waits: the lookup is still there when that gives up. */
#define LOOKUP_SECONDS  "600"

struct world {
	struct gate gate;
	int silent; /* a name server that says nothing */
	int client;
};

int __real_event_add(struct event *event, const struct timeval *limit);
int __wrap_event_add(struct event *event, const struct timeval *limit);

/* connection.c's own: nobody waits half a minute here. */
int __wrap_event_add(struct event *event, const struct timeval *limit)
{
	static const struct timeval soon = { 0, 20000 };
	bool is_resolving = limit && limit->tv_sec == RESOLVE_SECONDS;

	return __real_event_add(event, is_resolving ? &soon : limit);
}

static int setup(void **state)
{
	static const char list[] = "allowed.example\n";
	static struct world world;
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	struct gate *gate = &world.gate;
	struct egress_problem problem;
	int ends[2];

	*gate = (struct gate){ .connections_max = 8, .refusals_fd = -1 };
	gate->base = event_base_new();
	gate->dns = evdns_base_new(gate->base, 0);
	gate->log_fd = memfd_create("network.log", MFD_CLOEXEC);
	assert_int_equal(egress_list_parse(list, strlen(list), &gate->list, &problem), 0);
	world.silent = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(world.silent, (struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(world.silent, (struct sockaddr *)&address, &len), 0);
	assert_int_equal(
		evdns_base_nameserver_sockaddr_add(gate->dns, (struct sockaddr *)&address, len, 0),
		0);
	assert_int_equal(evdns_base_set_option(gate->dns, "timeout:", LOOKUP_SECONDS), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends),
			 0);
	world.client = ends[0];
	gate_accept(gate, ends[1]);
	*state = &world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	evdns_base_free(world->gate.dns, 0);
	event_base_free(world->gate.base);
	egress_list_free(world->gate.list);
	(void)close(world->gate.log_fd);
	(void)close(world->silent);
	(void)close(world->client);
	return 0;
}

static void a_lookup_ends_after_its_connection(void **state)
{
	static const char request[] = "CONNECT allowed.example:443 HTTP/1.1\r\n\r\n";
	struct world *world = *state;
	struct gate *gate = &world->gate;
	char byte;

	assert_int_equal(gate->connections, 1);
	assert_int_equal(send(world->client, request, strlen(request), 0), strlen(request));
	while (gate->connections > 0)
		assert_int_equal(event_base_loop(gate->base, EVLOOP_ONCE), 0);
	assert_int_equal(recv(world->client, &byte, 1, 0), 0);
	/* A question was on its way. */
	assert_int_equal(recv(world->silent, &byte, 1, MSG_DONTWAIT), 1);
	/* What libevent has put off. */
	for (int i = 0; i < 3; i++)
		assert_true(event_base_loop(gate->base, EVLOOP_NONBLOCK) >= 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_lookup_ends_after_its_connection, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

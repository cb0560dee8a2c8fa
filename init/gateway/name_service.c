/* SPDX-License-Identifier: MIT */
/* Answers the sandbox's questions for names, itself: a name of the list has an address of names.h,
 * all others do not exist. No question, and nothing of one, is ever sent on. libevent reads and
 * writes the messages. */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/dns.h>
#include <event2/dns_struct.h>
#include <string.h>
#include <time.h>

#include "init/gateway/gate.h"
#include "init/gateway/names.h"

static uint64_t seconds(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec;
}

/* Returns a code of DNS. */
static int answer(struct gate *gate, struct evdns_server_request *request,
		  const struct evdns_server_question *question)
{
	bool is_for_address = question->type == EVDNS_TYPE_A || question->type == EVDNS_TYPE_AAAA;
	bool may_be_private;
	char host[EGRESS_HOST_SIZE];
	uint32_t address;

	if (question->dns_question_class != EVDNS_CLASS_INET)
		return DNS_ERR_REFUSED;
	if (egress_host_normalize(question->name, strlen(question->name), host) < 0)
		return DNS_ERR_NOTEXIST;
	if (!egress_list_allows(gate->list, host, &may_be_private) && !gate->is_learning) {
		/* Questions of other kinds ask for no host. */
		if (is_for_address)
			gate_log_once(
				gate, host, 0,
				"not on the list of allowed hosts; its address was asked for");
		return DNS_ERR_NOTEXIST;
	}
	/* It has no IPv6 address and no mail server here, which is an answer too. */
	if (question->type != EVDNS_TYPE_A)
		return DNS_ERR_NONE;
	if (names_give(gate->names, host, seconds(), &address) < 0)
		return DNS_ERR_SERVERFAILED;
	address = htonl(address);
	return evdns_server_request_add_a_reply(request, question->name, 1, &address,
						NAMES_TTL_SECONDS) == 0
		       ? DNS_ERR_NONE
		       : DNS_ERR_SERVERFAILED;
}

static void on_request(struct evdns_server_request *request, void *arg)
{
	int code = request->nquestions > 0 ? DNS_ERR_NONE : DNS_ERR_FORMAT;

	/* Authoritative, and recursion is available (0x80): without either, some take an empty
	 * answer for a broken server. */
	evdns_server_request_set_flags(request, EVDNS_FLAGS_AA | EVDNS_FLAGS_RD);
	for (int i = 0; i < request->nquestions && code == DNS_ERR_NONE; i++)
		code = answer(arg, request, request->questions[i]);
	if (evdns_server_request_respond(request, code) < 0)
		(void)evdns_server_request_drop(request);
}

int name_service_start(struct gate *gate, int fd)
{
	if (evutil_make_socket_nonblocking(fd) < 0)
		return -EINVAL;
	return evdns_add_server_port_with_base(gate->base, fd, 0, on_request, gate) ? 0 : -ENOMEM;
}

/* SPDX-License-Identifier: MIT */
/* What was tried in the sandbox and refused by its firewall (fs/network/redirect.h): TCP to an
 * address, or to a name at a port that no list allows. Only told here; nothing depends on it. The
 * packets are the agent's. */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "init/gateway/gate.h"
#include "init/gateway/names.h"

#define BUFFER    (64u << 10)
#define TURNS_MAX 64u /* datagrams in one go, so that a flood does not starve the connections */

/* The beginning of a packet. */
static void note_packet(struct gate *gate, const uint8_t *data, size_t len)
{
	char text[INET_ADDRSTRLEN];
	struct iphdr head;
	struct tcphdr ports;
	const char *host;

	if (len < sizeof(head))
		return;
	memcpy(&head, data, sizeof(head));
	if (head.version != 4 || head.protocol != IPPROTO_TCP ||
	    len < head.ihl * 4u + offsetof(struct tcphdr, th_seq))
		return;
	memcpy(&ports, data + head.ihl * 4u, offsetof(struct tcphdr, th_seq));
	host = names_find(gate->names, ntohl(head.daddr));
	if (host) {
		gate_log_once(gate, host, ntohs(ports.th_dport),
			      "only port 443, and port 80 for plain requests");
	} else if (inet_ntop(AF_INET, &head.daddr, text, sizeof(text))) {
		gate_log_once(gate, text, ntohs(ports.th_dport),
			      "an address, or no full name: only names pass");
	}
}

static int take_attribute(const struct nlattr *attribute, void *arg)
{
	if (mnl_attr_get_type(attribute) == NFULA_PAYLOAD)
		note_packet(arg, mnl_attr_get_payload(attribute),
			    mnl_attr_get_payload_len(attribute));
	return MNL_CB_OK;
}

static int take_message(const struct nlmsghdr *message, void *arg)
{
	if (message->nlmsg_type != ((NFNL_SUBSYS_ULOG << 8) | NFULNL_MSG_PACKET))
		return MNL_CB_OK;
	return mnl_attr_parse(message, sizeof(struct nfgenmsg), take_attribute, arg);
}

static void on_refusals(evutil_socket_t fd, short what, void *arg)
{
	static char buffer[BUFFER];

	(void)what;
	for (unsigned int turn = 0; turn < TURNS_MAX; turn++) {
		ssize_t n = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);

		/* ENOBUFS: some were lost, which says that there were many. */
		if (n < 0 && errno != ENOBUFS && errno != EINTR)
			return;
		if (n > 0)
			(void)mnl_cb_run(buffer, (size_t)n, 0, 0, take_message, arg);
	}
}

int refusals_start(struct gate *gate, int fd)
{
	struct event *event = event_new(gate->base, fd, EV_READ | EV_PERSIST, on_refusals, gate);

	gate->refusals_fd = fd;
	return event && event_add(event, NULL) == 0 ? 0 : -ENOMEM;
}

void refusals_finish(struct gate *gate)
{
	if (gate->refusals_fd >= 0)
		on_refusals(gate->refusals_fd, EV_READ, gate);
}

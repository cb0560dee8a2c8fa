/* SPDX-License-Identifier: MIT */
/* Families and protocols that no agent needs. */
#include <linux/if_ether.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/probe/probe.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

/* Name, family, type, protocol. */
#define EACH_SOCKET(X)                                                \
	X(AF_VSOCK, AF_VSOCK, SOCK_STREAM, 0)                         \
	X(AF_ALG, AF_ALG, SOCK_SEQPACKET, 0)                          \
	X(AF_PACKET, AF_PACKET, SOCK_RAW, 0)                          \
	X(AF_KEY, AF_KEY, SOCK_RAW, 2)                                \
	X(AF_XDP, AF_XDP, SOCK_RAW, 0)                                \
	X(AF_BLUETOOTH, AF_BLUETOOTH, SOCK_RAW, 1)                    \
	X(AF_CAN, AF_CAN, SOCK_RAW, 1)                                \
	X(AF_TIPC, AF_TIPC, SOCK_STREAM, 0)                           \
	X(NETLINK_NETFILTER, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER) \
	X(NETLINK_AUDIT, AF_NETLINK, SOCK_RAW, NETLINK_AUDIT)         \
	X(NETLINK_GENERIC, AF_NETLINK, SOCK_RAW, NETLINK_GENERIC)     \
	X(NETLINK_SOCK_DIAG, AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG) \
	X(SOCK_RAW_ICMP, AF_INET, SOCK_RAW, IPPROTO_ICMP)             \
	X(IPPROTO_SCTP, AF_INET, SOCK_STREAM, IPPROTO_SCTP)           \
	X(IPPROTO_UDPLITE, AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE)      \
	X(IPPROTO_MPTCP, AF_INET, SOCK_STREAM, IPPROTO_MPTCP)

#define DEFINE_SOCKET(NAME, FAMILY, TYPE, PROTOCOL)                     \
	static long try_##NAME(void)                                    \
	{                                                               \
		return socket(FAMILY, (TYPE) | SOCK_CLOEXEC, PROTOCOL); \
	}
EACH_SOCKET(DEFINE_SOCKET)

static long try_pair(void)
{
	int ends[2];

	return socketpair(AF_TIPC, SOCK_STREAM, 0, ends);
}

#define ROW(NAME, FAMILY, TYPE, PROTOCOL) { "socket(" #NAME ")", try_##NAME },

const struct probe_call socket_calls[] = {
	EACH_SOCKET(ROW){ "socketpair(AF_TIPC)", try_pair },
	{ 0 },
};

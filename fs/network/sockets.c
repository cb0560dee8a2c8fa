/* SPDX-License-Identifier: MIT */
#include "fs/network/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/network/redirect.h"

#define BACKLOG 1024

static const struct {
	unsigned int port;
	int type;            /* 0: not by its port */
	bool is_transparent; /* takes connections to addresses that are not its own */
} kinds[NETWORK_SLOTS] = {
	[NETWORK_SLOT_GATE] = { NETWORK_GATE_PORT, SOCK_STREAM, false },
	[NETWORK_SLOT_PUSH] = { NETWORK_PUSH_PORT, SOCK_STREAM, false },
	[NETWORK_SLOT_REDIRECT] = { NETWORK_REDIRECT_PORT, SOCK_STREAM, true },
	[NETWORK_SLOT_NAMES] = { NETWORK_NAMES_PORT, SOCK_DGRAM, false },
};

static int make_socket(enum network_slot slot)
{
	static const int yes = 1;
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)kinds[slot].port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	bool is_stream = kinds[slot].type == SOCK_STREAM;
	cleanup_fd int fd = socket(AF_INET, kinds[slot].type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	/* For datagrams it would let another socket take the port over. */
	if (is_stream && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0)
		return -errno;
	if (kinds[slot].is_transparent &&
	    setsockopt(fd, IPPROTO_IP, IP_TRANSPARENT, &yes, sizeof(yes)) < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    (is_stream && listen(fd, BACKLOG) < 0))
		return -errno;
	return steal_fd(&fd);
}

static int make_sockets(const enum network_slot *slots, size_t count,
			const bool wanted[NETWORK_SLOTS], int fds[NETWORK_SLOTS])
{
	for (size_t i = 0; i < count; i++) {
		int fd = wanted[slots[i]] ? make_socket(slots[i]) : -1;

		if (wanted[slots[i]] && fd < 0)
			return fd;
		fds[slots[i]] = fd;
	}
	return 0;
}

/* Sockets first: rules that lead to none would be worse than no rules. */
static int make_redirect(const bool wanted[NETWORK_SLOTS], int fds[NETWORK_SLOTS])
{
	static const enum network_slot slots[] = { NETWORK_SLOT_REDIRECT, NETWORK_SLOT_NAMES,
						   NETWORK_SLOT_REFUSALS };
	int r = make_sockets(slots, 2, wanted, fds);

	if (r == 0 && wanted[NETWORK_SLOT_REDIRECT])
		r = redirect_make(&fds[NETWORK_SLOT_REFUSALS]);
	for (size_t i = 0; r < 0 && i < 3; i++) {
		cleanup_close_fd(&fds[slots[i]]);
		fds[slots[i]] = -1;
	}
	return r;
}

int network_make_sockets(const bool wanted[NETWORK_SLOTS], int ret_fds[NETWORK_SLOTS],
			 int *ret_redirect)
{
	static const enum network_slot slots[] = { NETWORK_SLOT_GATE, NETWORK_SLOT_PUSH };
	int r;

	network_clear_sockets(ret_fds);
	*ret_redirect = 0;
	r = make_sockets(slots, 2, wanted, ret_fds);
	if (r < 0) {
		network_close_sockets(ret_fds);
		return r;
	}
	*ret_redirect = make_redirect(wanted, ret_fds);
	return 0;
}

void network_clear_sockets(int fds[NETWORK_SLOTS])
{
	for (size_t i = 0; i < NETWORK_SLOTS; i++)
		fds[i] = -1;
}

void network_close_sockets(int fds[NETWORK_SLOTS])
{
	for (size_t i = 0; i < NETWORK_SLOTS; i++)
		cleanup_close_fd(&fds[i]);
	network_clear_sockets(fds);
}

void cleanup_network_close_sockets(int (*fds)[NETWORK_SLOTS])
{
	network_close_sockets(*fds);
}

/* SPDX-License-Identifier: MIT */
#include "launcher/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fs/base/cleanup.h"

int handover_offer(int session_fd, const char *name, int type)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	cleanup_fd int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s",
		       session_fd, name);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    fchmodat(session_fd, name, 0600, 0) < 0 || listen(fd, 1) < 0)
		return -errno;
	return steal_fd(&fd);
}

int handover_accept(int session_fd, const char *name, int offer_fd)
{
	int fd = accept4(offer_fd, NULL, NULL, SOCK_CLOEXEC);
	int r = fd < 0 ? -errno : fd;

	(void)unlinkat(session_fd, name, 0);
	return r;
}

/* Takes what came by SCM_RIGHTS: at most NETWORK_SLOTS, since there was no room for more. */
static size_t take_fds(struct msghdr *message, int fds[NETWORK_SLOTS])
{
	const struct cmsghdr *rights = CMSG_FIRSTHDR(message);
	size_t size;

	if (!rights || rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS)
		return 0;
	size = rights->cmsg_len - CMSG_LEN(0);
	memcpy(fds, CMSG_DATA(rights), size);
	return size / sizeof(int);
}

static int receive_sockets(int end, const bool wanted[NETWORK_SLOTS], int ret_fds[NETWORK_SLOTS])
{
	char slots[NETWORK_SLOTS] = "";
	struct iovec part = { slots, sizeof(slots) };
	union {
		struct cmsghdr header; /* for its alignment */
		char bytes[CMSG_SPACE(sizeof(int) * NETWORK_SLOTS)];
	} control = { 0 };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		/* Without CMSG_SPACE()'s padding, into which one more would fit. */
		.msg_controllen = CMSG_LEN(sizeof(int) * NETWORK_SLOTS)
	};
	int fds[NETWORK_SLOTS];
	size_t count, next = 0;
	ssize_t n = recvmsg(end, &message, MSG_CMSG_CLOEXEC);
	bool is_good = n == (ssize_t)sizeof(slots) &&
		       !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC));

	if (n < 0)
		return -errno;
	count = take_fds(&message, fds);
	is_good = is_good && slots[NETWORK_SLOT_REDIRECT] == slots[NETWORK_SLOT_NAMES] &&
		  slots[NETWORK_SLOT_REDIRECT] == slots[NETWORK_SLOT_REFUSALS];
	for (size_t i = 0; is_good && i < NETWORK_SLOTS; i++) {
		bool may_lack = i == NETWORK_SLOT_REDIRECT || i == NETWORK_SLOT_NAMES ||
				i == NETWORK_SLOT_REFUSALS;

		if (slots[i] == NETWORK_SLOT_FULL && wanted[i] && next < count)
			ret_fds[i] = fds[next++];
		else
			is_good = slots[i] == NETWORK_SLOT_EMPTY && (!wanted[i] || may_lack);
	}
	if (is_good && next == count)
		return 0;
	for (size_t i = 0; i < count; i++)
		(void)close(fds[i]);
	for (size_t i = 0; i < NETWORK_SLOTS; i++)
		ret_fds[i] = -1;
	return -EBADMSG;
}

int handover_take_sockets(int session_fd, int offer_fd, const bool wanted[NETWORK_SLOTS],
			  int ret_fds[NETWORK_SLOTS])
{
	cleanup_fd int end = handover_accept(session_fd, NETWORK_HANDOVER_SOCKET, offer_fd);

	for (size_t i = 0; i < NETWORK_SLOTS; i++)
		ret_fds[i] = -1;
	return end < 0 ? end : receive_sockets(end, wanted, ret_fds);
}

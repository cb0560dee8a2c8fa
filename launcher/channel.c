/* SPDX-License-Identifier: MIT */
#include "launcher/channel.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct wire {
	int32_t kind;
	int32_t value;
	int32_t has_fd[CHANNEL_FDS_MAX];
};

union control {
	struct cmsghdr header; /* for its alignment */
	char bytes[CMSG_SPACE(sizeof(int) * CHANNEL_FDS_MAX)];
};

int channel_make(int ret_ends[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_ends) < 0 ? -errno : 0;
}

int channel_send(int end, const struct channel_message *message)
{
	struct wire wire = { .kind = (int32_t)message->kind, .value = message->value };
	struct iovec part = { .iov_base = &wire, .iov_len = sizeof(wire) };
	union control control = { 0 };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
	int fds[CHANNEL_FDS_MAX];
	size_t count = 0;
	ssize_t n;

	for (size_t i = 0; i < CHANNEL_FDS_MAX; i++) {
		wire.has_fd[i] = message->fds[i] >= 0;
		if (message->fds[i] >= 0)
			fds[count++] = message->fds[i];
	}
	if (count > 0) {
		struct cmsghdr *ancillary;

		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(sizeof(int) * count);
		ancillary = CMSG_FIRSTHDR(&header);
		if (!ancillary)
			return -EINVAL;
		ancillary->cmsg_level = SOL_SOCKET;
		ancillary->cmsg_type = SCM_RIGHTS;
		ancillary->cmsg_len = CMSG_LEN(sizeof(int) * count);
		memcpy(CMSG_DATA(ancillary), fds, sizeof(int) * count);
	}
	do {
		n = sendmsg(end, &header, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

static size_t take_fds(struct msghdr *header, int fds[CHANNEL_FDS_MAX])
{
	struct cmsghdr *ancillary = CMSG_FIRSTHDR(header);
	size_t count;

	if (!ancillary || ancillary->cmsg_level != SOL_SOCKET || ancillary->cmsg_type != SCM_RIGHTS)
		return 0;
	count = (ancillary->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	if (count > CHANNEL_FDS_MAX)
		count = CHANNEL_FDS_MAX;
	memcpy(fds, CMSG_DATA(ancillary), sizeof(int) * count);
	return count;
}

int channel_receive(int end, enum channel_kind wanted, struct channel_message *ret)
{
	struct wire wire = { 0 };
	struct iovec part = { .iov_base = &wire, .iov_len = sizeof(wire) };
	union control control = { 0 };
	struct msghdr header = { .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes) };
	int fds[CHANNEL_FDS_MAX];
	size_t count, next = 0;
	ssize_t n;

	do {
		n = recvmsg(end, &header, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n == 0)
		return -EPIPE;
	count = take_fds(&header, fds);
	*ret = (struct channel_message){ .kind = wanted, .value = wire.value };
	for (size_t i = 0; i < CHANNEL_FDS_MAX; i++)
		ret->fds[i] = wire.has_fd[i] && next < count ? fds[next++] : -1;
	if (n == (ssize_t)sizeof(wire) && wire.kind == (int32_t)wanted && next == count)
		return 0;
	for (size_t i = 0; i < count; i++)
		(void)close(fds[i]);
	return -EBADMSG;
}

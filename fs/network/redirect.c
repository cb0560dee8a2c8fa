/* SPDX-License-Identifier: MIT */
#include "fs/network/redirect.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fs/base/cleanup.h"

/* Counts the answers in a datagram. Returns 0 or the -errno that one of them is. */
static int take_answers(char *data, size_t len, unsigned int *answers)
{
	struct nlmsghdr *header = (struct nlmsghdr *)(void *)data;

	for (; NLMSG_OK(header, len); header = NLMSG_NEXT(header, len)) {
		const struct nlmsgerr *answer = NLMSG_DATA(header);

		if (header->nlmsg_type != NLMSG_ERROR ||
		    header->nlmsg_len < NLMSG_LENGTH(sizeof(*answer)))
			return -EBADMSG;
		if (answer->error != 0)
			return answer->error < 0 ? answer->error : -EBADMSG;
		(*answers)++;
	}
	return 0;
}

/* The kernel has done all of it when it has taken it, so nothing is waited for. */
static int tell_kernel(int fd, const struct redirect_messages *messages)
{
	_Alignas(struct nlmsghdr) char buffer[16384];
	unsigned int answers = 0;
	int r = 0;

	if (send(fd, messages->data, messages->len, 0) != (ssize_t)messages->len)
		return errno ? -errno : -EIO;
	while (r == 0 && answers < messages->answers) {
		ssize_t n = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);

		r = n < 0 ? -errno : take_answers(buffer, (size_t)n, &answers);
	}
	return r;
}

static int tell_by(int protocol, const struct redirect_messages *messages)
{
	cleanup_fd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	return fd < 0 ? -errno : tell_kernel(fd, messages);
}

int redirect_make(int *ret_refusals)
{
	cleanup_fd int log = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	int r = log < 0 ? -errno : tell_kernel(log, &redirect_log);

	if (r == 0)
		r = tell_by(NETLINK_NETFILTER, &redirect_rules);
	/* Routes last: without them every address is unreachable at once. */
	if (r == 0)
		r = tell_by(NETLINK_ROUTE, &redirect_routes);
	if (r == 0)
		*ret_refusals = steal_fd(&log);
	return r;
}

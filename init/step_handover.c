/* SPDX-License-Identifier: MIT */
/* What the keeper hands to claudefs-run over sockets in the session's directory.
 *
 * The ways out: its network namespace, which is the agent's too, has the loopback interface alone;
 * sockets that listen there go to claudefs-run, whose claudefs-gate and claudefs-push accept on
 * them from the host. What is connected to any other address arrives there as well
 * (fs/network/redirect.h).
 *
 * The way back of a login (--credentials-refresh): a stream on which claudefs-mount sends what the
 * session saved. Not its stdout, which the engine has in its hands. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "fs/base/cleanup.h"
#include "fs/network/sockets.h"
#include "fs/session/login_files.h"
#include "fs/session/network_files.h"
#include "init/steps.h"

/* As the user: root without CAP_DAC_OVERRIDE may not use the user's socket. */
static int connect_host(const struct init_context *context, const char *name, int type)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	cleanup_fd int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return -errno;
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s",
		       context->session, name);
	(void)setfsgid(context->gid);
	(void)setfsuid(context->uid);
	r = connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	(void)setfsuid(0);
	(void)setfsgid(0);
	return r < 0 ? r : steal_fd(&fd);
}

/* fds: of the slots, at least one; -1: empty. */
static int hand_out(int end, const int fds[NETWORK_SLOTS])
{
	char slots[NETWORK_SLOTS];
	struct iovec part = { slots, sizeof(slots) };
	union {
		struct cmsghdr header; /* for its alignment */
		char bytes[CMSG_SPACE(sizeof(int) * NETWORK_SLOTS)];
	} control = { 0 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes };
	struct cmsghdr *rights = &control.header;
	int full[NETWORK_SLOTS];
	size_t count = 0;

	for (size_t i = 0; i < NETWORK_SLOTS; i++) {
		slots[i] = fds[i] >= 0 ? NETWORK_SLOT_FULL : NETWORK_SLOT_EMPTY;
		if (fds[i] >= 0)
			full[count++] = fds[i];
	}
	message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof(int) * count);
	memcpy(CMSG_DATA(rights), full, sizeof(int) * count);
	return sendmsg(end, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int step_keeper_sockets(struct init_context *context)
{
	const bool wanted[NETWORK_SLOTS] = {
		[NETWORK_SLOT_GATE] = context->has_gateway,
		[NETWORK_SLOT_PUSH] = context->has_push,
		[NETWORK_SLOT_REDIRECT] = context->has_gateway,
		[NETWORK_SLOT_NAMES] = context->has_gateway,
		[NETWORK_SLOT_REFUSALS] = context->has_gateway,
	};
	cleanup_network_sockets int fds[NETWORK_SLOTS];
	cleanup_fd int end = -1;
	int redirect;
	/* Without it the proxy works: an empty slot says so. */
	int r = network_make_sockets(wanted, fds, &redirect);

	if (r < 0)
		return step_refuse(context, "cannot listen on the loopback interface: %s",
				   strerror(-r));
	if (!context->has_gateway && !context->has_push)
		return 0;
	end = connect_host(context, NETWORK_HANDOVER_SOCKET, SOCK_SEQPACKET);
	if (end < 0)
		return step_refuse(context,
				   "claudefs-run cannot be reached by a socket in the session's "
				   "directory (%s): does the engine run in a virtual machine? Use "
				   "--network %s",
				   strerror(-end), context->has_push ? "host" : "none or host");
	r = hand_out(end, fds);
	return r < 0 ? step_refuse(context, "handing them out: %s", strerror(-r)) : 0;
}

int step_keeper_login(struct init_context *context)
{
	if (!context->has_login_back)
		return 0;
	context->login_out = connect_host(context, LOGIN_BACK_SOCKET, SOCK_STREAM);
	return context->login_out >= 0
		       ? 0
		       : step_refuse(context,
				     "claudefs-run cannot be reached by a socket in the session's "
				     "directory (%s): does the engine run in a virtual machine? "
				     "Leave --credentials-refresh out",
				     strerror(-context->login_out));
}

/* SPDX-License-Identifier: MIT */
#include "launcher/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
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

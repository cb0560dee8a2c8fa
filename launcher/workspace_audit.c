/* SPDX-License-Identifier: MIT */
#include "launcher/workspace_audit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/git/workspace_snapshot.h"

static int take(const char *project, int session_fd, enum workspace_moment moment)
{
	cleanup_fd int fd = open(project, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : workspace_snapshot_take(fd, session_fd, moment);
}

bool workspace_audit_start(const char *project, int session_fd)
{
	int r = take(project, session_fd, WORKSPACE_START);

	if (r < 0)
		message_error("%s: cannot be looked through before the agent has it: %s", project,
			      strerror(-r));
	return r == 0;
}

void workspace_audit_end(const char *project, int session_fd)
{
	int r = take(project, session_fd, WORKSPACE_END);

	if (r < 0)
		message_warning("%s: cannot be looked through after the agent had it: %s; "
				"'claudefs audit' tries again",
				project, strerror(-r));
}

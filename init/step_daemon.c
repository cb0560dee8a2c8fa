/* SPDX-License-Identifier: MIT */
/* The keeper's last step: the daemon's command line, with the descriptors that the steps made. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "init/steps.h"

enum { OPTION_COUNT = 7, OPTION_LOGIN_OUT = 6 };

static int pass(int fd)
{
	return fcntl(fd, F_SETFD, 0) < 0 ? -errno : fd;
}

int step_keeper_daemon(struct init_context *context)
{
	static char text[OPTION_COUNT][24];
	static char options[OPTION_COUNT][24] = {
		/* not const: for exec's sake */
		"--fuse-fd", "--session-fd",     "--ready-fd",           "--fs-uid",
		"--fs-gid",  "--credentials-fd", "--credentials-out-fd",
	};
	/* It closes the one it says "ready" on: not 1, which another file would then become. */
	const int ready = fcntl(STDOUT_FILENO, F_DUPFD, 3);
	const long long values[OPTION_COUNT] = {
		pass(context->fuse_fd),
		pass(context->session),
		ready,
		(long long)context->uid,
		(long long)context->gid,
		/* claudefs-run's frames: the login, and each that takes its place. */
		STDIN_FILENO,
		context->has_login_back ? pass(context->login_out) : 0,
	};
	size_t given = 0;
	cleanup_free char **argv = NULL;

	while (context->argv[given])
		given++;
	argv = (char **)calloc(given + (size_t)OPTION_COUNT * 2 + 1, sizeof(*argv));
	if (!argv)
		return -ENOMEM;
	for (size_t i = 0; i < given; i++)
		argv[i] = context->argv[i];
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (i == OPTION_LOGIN_OUT && !context->has_login_back)
			continue;
		if (values[i] < 0)
			return step_refuse(context, "%s: no descriptor", options[i]);
		(void)snprintf(text[i], sizeof(text[i]), "%lld", values[i]);
		argv[given++] = options[i];
		argv[given++] = text[i];
	}
	context->argv = steal_ptr(&argv);
	return 0;
}

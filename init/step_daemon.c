/* SPDX-License-Identifier: MIT */
/* The keeper's last step: the daemon's command line, with the descriptors that the steps made. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/secret.h"
#include "init/steps.h"

enum { OPTION_COUNT = 6, OPTION_LOGIN = 5 };

/* A pipe with the login, which then is in no memory of ours. Returns its reading end, or -errno. */
static int pipe_login(struct init_context *context)
{
	cleanup_secret struct secret *login = NULL;
	int ends[2];
	int r;

	if (pipe(ends) < 0)
		return -errno;
	/* Nobody reads before the exec. */
	(void)fcntl(ends[1], F_SETPIPE_SZ, 2 * SECRET_MAX);
	r = secret_copy(context->login, context->login_len, &login);
	if (r == 0)
		r = secret_write_frame(ends[1], login);
	(void)close(ends[1]);
	explicit_bzero(context->login, context->login_len);
	return r < 0 ? r : ends[0];
}

static int pass(int fd)
{
	return fcntl(fd, F_SETFD, 0) < 0 ? -errno : fd;
}

int step_keeper_daemon(struct init_context *context)
{
	static char text[OPTION_COUNT][24];
	static char options[OPTION_COUNT][20] = {
		/* not const: for exec's sake */
		"--fuse-fd", "--session-fd", "--ready-fd",
		"--fs-uid",  "--fs-gid",     "--credentials-fd",
	};
	/* It closes the one it says "ready" on: not 1, which another file would then become. */
	const int ready = fcntl(STDOUT_FILENO, F_DUPFD, 3);
	const long long values[OPTION_COUNT] = {
		pass(context->fuse_fd),
		pass(context->session),
		ready,
		(long long)context->uid,
		(long long)context->gid,
		context->login_len > 0 ? pipe_login(context) : 0,
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
		if (i == OPTION_LOGIN && context->login_len == 0)
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

/* SPDX-License-Identifier: MIT */
/* A login that has expired is renewed by the program that it belongs to, on the host: nothing here
 * speaks to Claude's servers. */
#include "launcher/credentials.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "fs/base/cleanup.h"
#include "fs/base/secret_program.h"
#include "fs/session/session_dir.h"
#include "launcher/find_program.h"

/* Below the state directory: nothing lies in it that claude could take for a project's settings. */
#define PLACE "renew"

static int make_place(const struct host_places *places, char **ret)
{
	cleanup_fd int state_fd = session_state_open(true);

	if (state_fd < 0)
		return state_fd;
	if (mkdirat(state_fd, PLACE, 0700) < 0 && errno != EEXIST)
		return -errno;
	if (asprintf(ret, "%s/" PLACE, places->state_dir) < 0) {
		*ret = NULL;
		return -ENOMEM;
	}
	return 0;
}

int credentials_renew(const struct options *options, const struct host_places *places)
{
	cleanup_free char *program = find_claude(options->claude, places, true);
	cleanup_free char *place = NULL;
	const char *argv[] = { program, "-p", ".", "--max-turns", "1", NULL };
	struct secret_program what = { .argv = argv, .timeout_ms = CREDENTIALS_RENEW_MS };
	int code;
	int r;

	if (!program)
		return -ENOENT;
	r = make_place(places, &place);
	if (r < 0)
		return r;
	what.directory = place;
	/* Whether it was of use, the store says; the request itself may well have failed. */
	return secret_program_run(&what, NULL, &code);
}

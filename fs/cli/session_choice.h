/* SPDX-License-Identifier: MIT */
/* Which session a command works on: the one named by --session, else the newest one of the project
 * that the current directory lies in. */
#ifndef CLAUDEFS_CLI_SESSION_CHOICE_H
#define CLAUDEFS_CLI_SESSION_CHOICE_H

#include "fs/cli/command.h"
#include "fs/policy/project_scope.h"
#include "fs/session/manifest.h"

struct chosen_session {
	int state_fd; /* <state> */
	int fd;       /* <state>/sessions/<id> */
	char *id;
	struct manifest manifest;
	bool is_running;
};

#define CHOSEN_SESSION_NONE              \
	{                                \
		.state_fd = -1, .fd = -1 \
	}

void chosen_session_done(struct chosen_session *session);
#define cleanup_chosen_session __attribute__((cleanup(chosen_session_done)))

/* Fills *ret (CHOSEN_SESSION_NONE before). Without --session: among the sessions that are not
 * discarded, the newest of the innermost project that is the current directory or above it. Returns
 * EXIT_OK, or another exit code (said on stderr). */
int session_choose(const struct cli *cli, struct chosen_session *ret);

/* The same, but EXIT_OK with ret->id NULL if the project has no session and none was named. */
int session_choose_if_any(const struct cli *cli, struct chosen_session *ret);

/* Opens the state directory. Returns EXIT_OK with *ret_fd, EXIT_NO_SESSION if there is none yet
 * (not said), or another exit code (said). */
int session_open_state(int *ret_fd);

/* Opens a session and reads its manifest. Returns 0 or -errno (nothing said). */
int session_open_chosen(int state_fd, const char *id, struct chosen_session *ret);

/* The scope of a session: its project, and what that has forbidden. *ret (ret_). Returns 0, -EINVAL
 * (the manifest holds no usable path or pattern) or -ENOMEM. */
int session_scope_new(const struct manifest *manifest, struct project_scope **ret);

/* Says on stderr why the key of the state directory (state_key.h) cannot be used. Returns the exit
 * code. */
int session_say_key(int error);

/* Says on stderr why a session could not be opened. Returns the exit code. */
int session_say_unusable(const char *id, int error);

#endif

/* SPDX-License-Identifier: MIT */
/* The keeper of the login: a process of its own beside a session. It hands the login to the daemon,
 * renews it on the host before it ends (the session sees the new one), and, where the session was
 * given the refresh token, takes what the session saved, checks it, and writes it back to the store
 * at once. It outlives a killed claudefs-run by what the daemon still sends. It distrusts every
 * frame that comes from the session. */
#ifndef CLAUDEFS_LAUNCHER_CREDENTIALS_KEEPER_H
#define CLAUDEFS_LAUNCHER_CREDENTIALS_KEEPER_H

#include <sys/types.h>

#include "launcher/credentials.h"

#define CREDENTIALS_KEEPER_FINISH_MS 30000 /* for the last write-back, after the daemon's end */
#define CREDENTIALS_RETRY_MS         60000 /* between tries to renew */
#define CREDENTIALS_RETRIES          10u

struct credentials_keeper {
	pid_t pid; /* 0: none */
	int words; /* what it has to tell at the end; -1: none */
};

/* Starts it with the login that was found (credentials: wiped here). to_fd (taken): frames to the
 * daemon; from_fd (taken; -1: none): frames from it. Before any thread. Returns 0 or -errno. */
int credentials_keeper_start(const struct options *options, const struct host_places *places,
			     struct credentials *credentials, int to_fd, int from_fd,
			     struct credentials_keeper *ret);

/* After its end: shows what it said, and closes. */
void credentials_keeper_done(struct credentials_keeper *keeper);

#endif

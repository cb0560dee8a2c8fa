/* SPDX-License-Identifier: MIT */
/* The end of a session, on the host: what it changed, and what becomes of it. All by `claudefs`,
 * started as a program; this one contains no commit code. */
#ifndef CLAUDEFS_LAUNCHER_SUMMARY_H
#define CLAUDEFS_LAUNCHER_SUMMARY_H

#include "launcher/host_places.h"
#include "launcher/options.h"

/* Everything goes to stderr: stdout is the agent's. Failures are said; the session keeps its exit
 * code. */
void summary_print(const char *session_id, int session_fd, const struct options *options,
		   const struct host_places *places);

#endif

/* SPDX-License-Identifier: MIT */
/* The two containers of one session, as claudefs-run holds them. */
#ifndef CLAUDEFS_LAUNCHER_CONTAINERS_H
#define CLAUDEFS_LAUNCHER_CONTAINERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "launcher/container_argv.h"
#include "launcher/engine.h"

/* How a container ended, as the engine tells. */
struct container_end {
	bool is_known;
	bool is_removed; /* by somebody else: nothing more can be known */
	int code;
	bool is_oom; /* the kernel ended something in it for want of memory */
};

struct containers {
	struct engine engine;
	struct container_names names;
	int network_offer; /* where the keeper hands over what listens inside; -1: nothing does */
	int login_offer;   /* where it connects for what the session saves of the login; -1: not */
	int lifeline;      /* the keeper's stdin; its hang-up ends the keeper. -1: not started */
	bool has_keeper, has_agent; /* made, or being made */
	struct container_end keeper_end, agent_end;
	struct engine_call image; /* is it the right one? */
	struct engine_call removal, orphans;
};
#define CONTAINERS_NONE                                                                            \
	{                                                                                          \
		.network_offer = -1, .login_offer = -1, .lifeline = -1, .image = ENGINE_CALL_NONE, \
		.removal = ENGINE_CALL_NONE, .orphans = ENGINE_CALL_NONE                           \
	}

/* A directory of the session's own with what the containers begin with: the home's files, and those
 * that are mounted one by one (container_argv.h). Returns 0 or -errno. */
int container_files_make(int session_fd, const struct plan *plan);
void container_files_remove(int session_fd);

/* Asks the engine how both ended. It may be starting again: waits for it up to wait_ms. */
void containers_ask_ends(struct containers *containers, int wait_ms);

/* Removes both, and those of sessions whose claudefs-run is gone. It is done only when
 * containers_done() returns: the engine takes its time. */
void containers_remove(struct containers *containers);

/* "PID.START" of this process (ret_), by which others know whether it still lives; or NULL. */
char *containers_owner(void);

/* Waits for the removal too. */
void containers_done(struct containers *containers);

#endif

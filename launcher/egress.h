/* SPDX-License-Identifier: MIT */
/* The list of hosts that a session may reach: where it comes from, what its keywords stand for on
 * this machine, and how a new one gets to the sessions that run. */
#ifndef CLAUDEFS_LAUNCHER_EGRESS_H
#define CLAUDEFS_LAUNCHER_EGRESS_H

#include "fs/base/text.h"
#include "launcher/host_places.h"

#define EGRESS_ASK_MS 20000 /* for the person's npm or pip to say its registry */

enum egress_effort {
	EGRESS_ASK,   /* npm and pip are asked, and what they say is noted */
	EGRESS_QUICK, /* what is noted of them; nobody is waited for */
};
#define EGRESS_PARTIAL -1

struct egress_wish {
	const char *given;     /* --egress FILE, or NULL */
	const char *narrowing; /* hosts of a project's file, one a line (project_file.h); NULL: all
				* of the list */
	const char *said_in;   /* that file, for messages; NULL: what of it is not on the list is
				* left out without a word */
};

/* The list in force, keywords replaced, and what a project left of it: that of --egress (given),
 * else egress.allow in the person's configuration, else the built-in one. A keyword whose program
 * is absent stands for nothing, after a warning. Returns 0, EGRESS_PARTIAL (EGRESS_QUICK: something
 * is not noted, and left out), or an exit code after a line that names file and line, or the
 * project's file and the host that is not on the list. */
int egress_load(const struct host_places *places, const struct egress_wish *wish,
		enum egress_effort effort, struct text *ret);

/* What the list in force is called (ret_): a path, or "built-in egress.allow". NULL: no memory. */
char *egress_list_name(const struct host_places *places, const char *given);

/* Gives a list to the gate of one session. Returns 0, -ENOENT or -ECONNREFUSED (there is none),
 * -EBADMSG (it was refused) or -errno. */
int egress_give(int session_fd, const struct text *list);

/* Prints the list in force as it is written, with comments and keywords: what a person begins their
 * own with. Returns an exit code. */
int egress_print(const struct host_places *places, const char *given);

/* Gives the list to every running session's gate. Prints a line per session. Returns an exit code:
 * 0 if all took it (or none runs), EXIT_FAULT if some did not, another if the list cannot be read:
 * then no session was given anything. */
int egress_reload(const struct host_places *places, const char *given);

/* What the session named that was not on the list, once each and sorted, as lines to add (appended
 * to ret); verdict is "deny" or "learn". Returns 0 or -errno. */
int egress_collect(int session_fd, const char *verdict, struct text *ret);

#endif

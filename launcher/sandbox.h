/* SPDX-License-Identifier: MIT */
/* The native runtime: a set-up process makes namespaces and mounts, hands the FUSE connection out,
 * and starts the sandbox's first process in a pid namespace of its own, as a child of claudefs-run.
 *
 *	claudefs-run ──┬── claudefs-mount (outside; serves the view)
 *	               └── claudefs-init (PID 1 inside) ── the agent
 */
#ifndef CLAUDEFS_LAUNCHER_SANDBOX_H
#define CLAUDEFS_LAUNCHER_SANDBOX_H

#include <stdbool.h>
#include <sys/types.h>

#include "fs/session/network_files.h"
#include "launcher/cgroup.h"
#include "launcher/plan.h"

struct sandbox {
	int channel;  /* to the set-up process, then to the first one; open means "still there" */
	int terminal; /* master side; -1: descriptors pass through */
	int fuse;     /* for claudefs-mount; close it after that is started */
	int network[NETWORK_SLOTS]; /* for claudefs-gate and claudefs-push: they are inside; -1: not
				       there */
	int redirect_error;   /* why the redirecting ones are not, though wanted; 0: they are */
	pid_t setup;          /* ends by itself once first is there; 0: reaped */
	pid_t first;          /* PID 1 of the sandbox; 0: not yet */
	struct cgroup cgroup; /* cgroup_remove() when first has ended */
};

/* Starts the set-up process, which builds everything the view is needed for. has_terminal: give the
 * agent a terminal of its own. The answer comes by sandbox_built(). Returns 0 or -errno. */
int sandbox_start(const struct plan *plan, bool has_terminal, struct sandbox *ret);

/* Receives what the set-up process made; call when the channel is readable. Returns 0 or -errno;
 * the set-up process has then said why. */
int sandbox_built(struct sandbox *sandbox);

/* The view is served: lets the first process start. Returns 0 or -errno. */
int sandbox_release(struct sandbox *sandbox);

#endif

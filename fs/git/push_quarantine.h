/* SPDX-License-Identifier: MIT */
/* A bare repository of ours for the objects of one push: libgit2's indexer writes the agent's pack
 * into it, and nothing else ever writes there. It has no remote, no configuration of the person's,
 * and libgit2 runs no hook.
 *
 * For whoever reads the agent's pack: limits, and a process that can do little (push_confine()). */
#ifndef CLAUDEFS_GIT_PUSH_QUARANTINE_H
#define CLAUDEFS_GIT_PUSH_QUARANTINE_H

#include <sys/types.h>

#include "fs/git/push_refs.h"
#include "fs/git/push_rules.h"

/* Makes the repository at path (absolute, absent). Returns 0 or -errno. */
int push_quarantine_make(const char *path);
/* Removes it. Returns 0 or -errno. */
int push_quarantine_remove(int dir_fd, const char *name);

/* The next bytes of the pack: their number, 0 (the end of the stream) or -errno. */
typedef ssize_t push_read_fn(void *buf, size_t size, void *arg);

/* Reads one pack from read and indexes it: every object is complete, has the id that its content
 * says, and all that it refers to is there too. Reads until the pack's own end, which need not be
 * the stream's. Returns 0, -EPERM (a limit), -EBADMSG (no such pack) - both with *problem - or
 * -errno. */
int push_quarantine_index(const char *path, const struct push_limits *limits, push_read_fn *read,
			  void *arg, struct push_problem *problem);

/* For this process and for good: no new privileges, no core, memory and time bounded; where the
 * kernel has Landlock no file but those of path, no port, no signal to others; where it was built
 * with libseccomp no socket, program, process or mount of its own, and no executable memory.
 * Returns 0 or -errno. */
int push_confine(const char *path, const struct push_limits *limits);

/* /dev/null in the place of 0, 1 and 2, before push_confine(): what a person's terminal shows is
 * not this process's to write. Returns 0 or -errno. */
int push_confine_standard(void);

#endif

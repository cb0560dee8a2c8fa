/* SPDX-License-Identifier: MIT */
/* Everything about a sandbox, computed once before anything is made: what a runtime carries out,
 * and what --print-plan shows. */
#ifndef CLAUDEFS_LAUNCHER_PLAN_H
#define CLAUDEFS_LAUNCHER_PLAN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "fs/git/push_remotes.h"
#include "fs/session/network_files.h"
#include "launcher/host_places.h"
#include "launcher/limits.h"
#include "launcher/options.h"
#include "launcher/project.h"
#include "launcher/string_list.h"

#define PLAN_INIT   "/opt/claudefs/claudefs-init" /* paths inside */
#define PLAN_CLAUDE "/opt/claudefs/bin/claude"
#define PLAN_NODUMP "/opt/claudefs/nodump.so" /* preload/nodump.c */
#define PLAN_GUARD  "/opt/claudefs/bin/git"   /* preload/git_guard_main.c; first on PATH */
#define PLAN_GIT    "/opt/claudefs/git"       /* the real one, for the guard */

enum plan_kind {
	PLAN_BIND,   /* source: a path of the host */
	PLAN_DEVPTS, /* terminals of its own */
	PLAN_DIR,    /* an empty directory */
	PLAN_FILE,   /* source: its content */
	PLAN_LINK,   /* source: where the symlink points */
	PLAN_PROC,   /* of the new pid namespace */
	PLAN_TMPFS,
	PLAN_VIEW, /* the FUSE view */
};

enum plan_flags {
	PLAN_WRITABLE = 1, /* else read-only */
	PLAN_EXEC = 2,     /* else noexec */
	PLAN_DEVICES = 4,  /* else nodev */
	PLAN_OPTIONAL = 8, /* PLAN_BIND: skipped if the host lacks it */
	PLAN_KEEPER = 16,  /* containers: in the keeper's, where the agent cannot look */
};

/* nosuid always. In the order in which they are made. */
struct plan_entry {
	enum plan_kind kind;
	char *target; /* absolute path inside */
	char *source; /* or NULL */
	unsigned int flags;
	mode_t mode;   /* DIR, FILE, TMPFS */
	uint64_t size; /* TMPFS: bytes */
	uint64_t dev;  /* BIND: the source's identity, if ino is not 0 */
	uint64_t ino;
	const char *why; /* static, for --print-plan; NULL: speaks for itself */
};

struct plan {
	const char *runtime; /* static */
	bool is_container;
	char *image;   /* containers: its name */
	char *seccomp; /* containers: the engine's profile, a path of the host */
	enum network_mode network;
	uid_t uid; /* the caller's, inside and outside */
	gid_t gid;
	struct limits limits; /* 0: not asked for */
	char *home;           /* inside; the host home's path where that can be */
	char *view;           /* where the view goes; NULL: nowhere */
	char *project;
	struct plan_entry *entries;
	size_t count;
	bool is_failed; /* out of memory while adding */
	struct string_list env;
	struct string_list argv;          /* the command inside */
	struct push_remotes push_remotes; /* where the host may push, as the project says now */
};

void plan_done(struct plan *plan);
#define cleanup_plan __attribute__((cleanup(plan_done)))

/* The plan for a runtime (name: static). Finds claude and claudefs-init. Returns 0, or an exit code
 * after a line on stderr. */
int plan_make(const struct options *options, const struct host_places *places,
	      const struct project *project, const char *runtime, bool is_container,
	      struct plan *ret);

/* Appends an entry; the strings are copied. The returned entry (borrowed until the next call) may
 * be completed; on failure it is a scratch one and plan->is_failed is set. */
struct plan_entry *plan_add(struct plan *plan, enum plan_kind kind, const char *source,
			    const char *target, unsigned int flags);

/* The entries that are the same for every project (plan_mounts.c). */
void plan_add_managed(struct plan *plan);
void plan_add_resolver(struct plan *plan); /* /etc/resolv.conf, for the gateway */
void plan_add_system(struct plan *plan);
void plan_add_home(struct plan *plan);

/* git-guard in the place of git, and the configuration that git has inside (plan_git.c). Returns 0,
 * or an exit code after a line on stderr. */
int plan_add_git(struct plan *plan, const struct host_places *places);

/* The same for containers, and what of the host the keeper gets (plan_container.c). Returns 0, or
 * an exit code after a line on stderr. */
int plan_add_container(struct plan *plan, const struct options *options,
		       const struct host_places *places);

/* True if `git push` inside has somebody to talk to (launcher/push/broker.h): there is a remote,
 * and the sandbox has a network of its own. */
bool plan_has_push(const struct plan *plan);

/* Which sockets are to be made in the sandbox's network namespace (fs/network/sockets.h). */
void plan_want_sockets(const struct plan *plan, bool ret_wanted[NETWORK_SLOTS]);

/* Adds the words for claudefs-init's Landlock: --writable and --executable, independent of how the
 * mounts came out. */
void plan_add_paths(const struct plan *plan, struct string_list *argv);

#endif

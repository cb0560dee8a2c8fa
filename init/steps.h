/* SPDX-License-Identifier: MIT */
/* What the first process of a sandbox does before the agent's first instruction: one table per
 * role, in the order of execution. Every step fails closed: the agent is never started after a step
 * that did not do what it says.
 *
 *	native  PID 1 of the native runtime's namespaces; starts the agent as its child
 *	keeper  PID 1 of a container with privileges; mounts the view in the agent's container,
 *gives the privileges away and starts claudefs-mount as its child agent   first process of the
 *agent's container; waits for the view and becomes the agent */
#ifndef CLAUDEFS_INIT_STEPS_H
#define CLAUDEFS_INIT_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define INIT_REASON_MAX  160u  /* bytes of a failed step's reason, with the NUL */
#define INIT_VIEW_MS     30000 /* role agent: for the view; role keeper: for the agent to come */
#define INIT_VIEW_MS_MAX 600000

/* The directory of the session in the keeper's container, beneath one that is root's alone. */
#define INIT_SESSION_DIR "/run/claudefs/session"

#define INIT_PATHS_MAX 64u /* --writable and --executable together */

/* What Landlock lets the agent do beneath a path; all others are read-only. */
struct init_path {
	const char *path;
	bool is_writable; /* else: executable */
};

struct init_context {
	const char *view;    /* where the FUSE view must be mounted; NULL: nowhere (role test) */
	const char *home;    /* roles agent and keeper: the agent's home */
	const char *project; /* role agent: what /workspace leads to; NULL: nothing */
	int parent_fd;       /* role native: a socket whose other end claudefs-run holds */
	int view_ms;         /* roles agent and keeper: INIT_VIEW_MS */
	bool has_gateway;    /* role keeper: hand out a socket for claudefs-gate */
	bool has_push;       /* role keeper: and one for claudefs-push */
	bool has_login_back; /* role keeper: what the session saves of its login goes out */
	bool has_terminal;   /* role native: descriptor 0 becomes the controlling terminal */
	char **argv;         /* the agent's command, or the keeper's daemon; see keeper_daemon.c */
	uid_t uid;           /* role keeper: the agent's ids */
	gid_t gid;
	/* Role keeper, what its steps hand on; -1: not there. */
	int agent_ns;  /* the mount namespace of the agent's container */
	int fuse_fd;   /* /dev/fuse */
	int mount_fd;  /* the view, not yet attached */
	int session;   /* O_PATH */
	int lifeline;  /* hangs up when claudefs-run is gone */
	int login_out; /* where the login goes that the session saves */
	char *private; /* the agent's private environment: NAME=VALUE, each with its NUL */
	size_t private_len;
	struct init_path paths[INIT_PATHS_MAX]; /* roles native and agent: for Landlock */
	size_t path_count;
	char reason[INIT_REASON_MAX];
};

/* A step without INIT_MUST_SUCCEED is said when it fails, and left at that. */
enum init_step_flags {
	INIT_AS_ROOT = 1,      /* needs uid 0 and capabilities; refused once they are given up */
	INIT_MUST_SUCCEED = 2, /* else nothing is started */
	INIT_BEFORE_EXEC = 4,  /* takes something away: only steps like it may follow */
};

struct init_step {
	const char *name;
	const char *why;
	/* Returns 0, or -errno with context->reason filled (or empty: strerror will do). */
	int (*run)(struct init_context *context);
	unsigned int flags;
};

struct init_role {
	const char *name;
	const struct init_step *steps; /* in the order of execution */
	size_t count;
	bool becomes_agent; /* execs the command instead of starting it as a child */
};

/* NULL: no such role. */
const struct init_role *init_role_find(const char *name);

/* Fills context->reason. Returns -EPERM. */
int step_refuse(struct init_context *context, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The steps themselves, by file. */
int step_verify_pid(struct init_context *context); /* step_verify.c */
int step_verify_root(struct init_context *context);
int step_verify_view(struct init_context *context);
int step_verify_namespaces(struct init_context *context);
int step_verify_confinement(struct init_context *context);
int step_parent_death(struct init_context *context); /* step_limits.c */
int step_descriptors(struct init_context *context);
int step_limits(struct init_context *context);
int step_no_core(struct init_context *context);
int step_no_new_privileges(struct init_context *context); /* step_capabilities.c */
int step_capabilities(struct init_context *context);
int step_landlock(struct init_context *context);     /* step_landlock.c */
int step_seccomp(struct init_context *context);      /* step_seccomp.c */
int step_keeper_check(struct init_context *context); /* step_keeper.c */
int step_keeper_up(struct init_context *context);
int step_keeper_words(struct init_context *context);
int step_keeper_session(struct init_context *context);
int step_keeper_sockets(struct init_context *context); /* step_handover.c */
int step_keeper_login(struct init_context *context);
int step_keeper_identity(struct init_context *context);
int step_keeper_drop(struct init_context *context);
int step_keeper_find_agent(struct init_context *context); /* step_view.c */
int step_keeper_fuse(struct init_context *context);
int step_keeper_attach(struct init_context *context);
int step_keeper_daemon(struct init_context *context); /* step_daemon.c */
int step_agent_home(struct init_context *context);    /* step_agent.c */
int step_agent_workspace(struct init_context *context);
int step_agent_wait(struct init_context *context);
int step_agent_environment(struct init_context *context);

#endif

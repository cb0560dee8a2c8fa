/* SPDX-License-Identifier: MIT */
/* What PID 1 of a sandbox does before the agent's first instruction: one table per role, in the
 * order of execution. Every step fails closed: the agent is never started after a step that did
 * not do what it says. */
#ifndef CLAUDEFS_INIT_STEPS_H
#define CLAUDEFS_INIT_STEPS_H

#include <stdbool.h>
#include <stddef.h>

#define INIT_REASON_MAX 160u /* bytes of a failed step's reason, with the NUL */

#define INIT_PATHS_MAX 64u /* --writable and --executable together */

/* What Landlock lets the agent do beneath a path; all others are read-only. */
struct init_path {
	const char *path;
	bool is_writable; /* else: executable */
};

struct init_context {
	const char *view;  /* where the FUSE view must be mounted; NULL: nowhere (role test) */
	int parent_fd;     /* a socket whose other end claudefs-run holds */
	bool has_terminal; /* descriptor 0 becomes the controlling terminal */
	char *const *argv; /* the agent's command */
	struct init_path paths[INIT_PATHS_MAX];
	size_t path_count;
	char reason[INIT_REASON_MAX];
};

struct init_step {
	const char *name;
	const char *why;
	/* Returns 0, or -errno with context->reason filled (or empty: strerror will do). */
	int (*run)(struct init_context *context);
};

struct init_role {
	const char *name;
	const struct init_step *steps; /* in the order of execution */
	size_t count;
};

/* NULL: no such role. */
const struct init_role *init_role_find(const char *name);

/* The steps themselves, by file. */
int step_verify_pid(struct init_context *context); /* step_verify.c */
int step_verify_root(struct init_context *context);
int step_verify_view(struct init_context *context);
int step_verify_namespaces(struct init_context *context);
int step_parent_death(struct init_context *context); /* step_limits.c */
int step_descriptors(struct init_context *context);
int step_limits(struct init_context *context);
int step_no_new_privileges(struct init_context *context); /* step_capabilities.c */
int step_capabilities(struct init_context *context);
int step_landlock(struct init_context *context); /* step_landlock.c */
int step_seccomp(struct init_context *context);  /* step_seccomp.c */

#endif

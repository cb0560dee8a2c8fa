/* SPDX-License-Identifier: MIT */
/* The plan in the words of a container engine. Pure but for the question which optional sources
 * exist. What these words hold everybody can read: nothing secret is in them. */
#ifndef CLAUDEFS_LAUNCHER_CONTAINER_ARGV_H
#define CLAUDEFS_LAUNCHER_CONTAINER_ARGV_H

#include <stdbool.h>

#include "launcher/engine.h"
#include "launcher/plan.h"
#include "launcher/string_list.h"

/* Inside the containers. */
#define CONTAINER_MOUNT      "/opt/claudefs/claudefs-mount"
#define CONTAINER_SKELETON   "/opt/claudefs/home"
#define CONTAINER_SESSION    "/run/claudefs/session"
#define CONTAINER_AGENT_DIR  "/run/agent"
#define CONTAINER_RULES_DIR  "/etc/claudefs/rules.d"
#define CONTAINER_RULES_FILE "/etc/claudefs/rules.json"
#define CONTAINER_LABEL      "io.claudefs.session"

/* What is known only when the session has been made. */
struct container_names {
	char *session_id;
	char *session_dir; /* on the host */
	char *files_dir;   /* on the host: what container_files_make() wrote */
	char *keeper;      /* the containers' names */
	char *agent;
	char *owner; /* the process that will remove them: "PID.START" */
	bool has_terminal;
	bool has_login_back; /* the keeper sends out what the session saves of its login */
	bool without_gvisor;
};

/* "create ..." (ret; starts as { 0 }). ret->is_failed: out of memory. */
void container_argv_keeper(const struct engine_kind *kind, const struct plan *plan,
			   const struct container_names *names, struct string_list *ret);
void container_argv_agent(const struct engine_kind *kind, const struct plan *plan,
			  const struct container_names *names, struct string_list *ret);

/* The variables of the plan that are in no argument but travel by stdin: each with its NUL.
 * *ret (ret_). Returns 0 or -ENOMEM. */
int container_private_environment(const struct plan *plan, char **ret, size_t *ret_len);

/* True if entry is a file or directory that the home begins with; *ret_name (borrowed) is its name
 * there. They are copied: the home is the agent's. */
bool container_is_of_home(const struct plan *plan, const struct plan_entry *entry,
			  const char **ret_name);

#endif

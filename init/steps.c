/* SPDX-License-Identifier: MIT */
#include "init/steps.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MUST INIT_MUST_SUCCEED
#define ROOT (INIT_AS_ROOT | INIT_MUST_SUCCEED)
#define LAST (INIT_MUST_SUCCEED | INIT_BEFORE_EXEC)

/* Order matters: what reads /proc or needs a capability comes before what takes them away, and
 * the filter comes last, since it refuses calls that the steps before it make. */
static const struct init_step native_steps[] = {
	{ "parent", "ends with the launcher, even when that is killed", step_parent_death, MUST },
	{ "pid", "is the first process of a pid namespace of its own", step_verify_pid, MUST },
	{ "root", "the root and the kernel's settings are read-only", step_verify_root, MUST },
	{ "view", "the agent's state is the view and nothing else", step_verify_view, MUST },
	{ "namespaces", "no further user namespace can be made", step_verify_namespaces, MUST },
	{ "descriptors", "only 0, 1 and 2 stay open", step_descriptors, LAST },
	{ "limits", "no core dumps, bounded processes and files", step_limits, LAST },
	{ "no-new-privileges", "exec never gains anything", step_no_new_privileges, LAST },
	{ "capabilities", "every capability set is empty", step_capabilities, LAST },
	{ "landlock", "the plan's paths once more, as the kernel's own rule", step_landlock, LAST },
	{ "seccomp", "refuses calls that widen the sandbox", step_seccomp, LAST },
};

/* Nothing of the agent runs before "attach", and nothing of the keeper needs a privilege after it.
 * What the daemon is given is put together last, when all of it exists. */
static const struct init_step keeper_steps[] = {
	{ "pid", "its end is the end of all processes of the sandbox", step_verify_pid, ROOT },
	{ "root", "the root and the kernel's settings are read-only", step_verify_root, ROOT },
	{ "privileges", "has those it needs, and the engine gave no more", step_keeper_check,
	  ROOT },
	{ "no-core", "what it will know never becomes a core file", step_no_core, ROOT },
	{ "up", "tells claudefs-run that the agent's container can join this one", step_keeper_up,
	  ROOT },
	{ "session", "holds the session's directory, which only root reaches", step_keeper_session,
	  ROOT },
	{ "sockets", "redirects what is connected to, and hands out where it arrives",
	  step_keeper_sockets, ROOT },
	{ "login", "connects where the login goes that the session saves", step_keeper_login,
	  ROOT },
	{ "fuse", "makes the view's file system, attached nowhere", step_keeper_fuse, ROOT },
	{ "agent", "finds the agent's container, which waits", step_keeper_find_agent, ROOT },
	{ "words", "is told to go on, and what only the agent may know", step_keeper_words, ROOT },
	{ "attach", "the view goes over the agent's ~/.claude", step_keeper_attach, ROOT },
	{ "identity", "is not the agent's user, so not to be signalled by it", step_keeper_identity,
	  ROOT },
	{ "no-new-privileges", "exec never gains anything", step_no_new_privileges, LAST },
	{ "drop", "only CAP_SETUID and CAP_SETGID are left", step_keeper_drop, LAST },
	{ "daemon", "hands claudefs-mount its descriptors", step_keeper_daemon, LAST },
};

/* Without a privilege from the first instruction: it looks whether that is so. */
static const struct init_step agent_steps[] = {
	{ "confinement", "no capabilities, no way to gain one, a filter", step_verify_confinement,
	  MUST },
	{ "root", "the root and the kernel's settings are read-only", step_verify_root, MUST },
	{ "home", "the directories and files that a home begins with", step_agent_home, MUST },
	{ "workspace", "/workspace leads to the project", step_agent_workspace, MUST },
	{ "wait", "waits until ~/.claude is the view", step_agent_wait, MUST },
	{ "view", "the agent's state is the view and nothing else", step_verify_view, MUST },
	{ "environment", "takes the private variables that the keeper left", step_agent_environment,
	  MUST },
	{ "descriptors", "only 0, 1 and 2 stay open", step_descriptors, LAST },
	{ "limits", "no core dumps, bounded processes and files", step_limits, LAST },
	{ "landlock", "the plan's paths once more, as the kernel's own rule", step_landlock, LAST },
};

#define ROLE(name, steps, becomes)                                       \
	{                                                                \
		name, steps, sizeof(steps) / sizeof((steps)[0]), becomes \
	}
static const struct init_role roles[] = {
	ROLE("agent", agent_steps, true),
	ROLE("keeper", keeper_steps, false),
	ROLE("native", native_steps, false),
};

const struct init_role *init_role_find(const char *name)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (strcmp(roles[i].name, name) == 0)
			return &roles[i];
	}
	return NULL;
}

int step_refuse(struct init_context *context, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(context->reason, sizeof(context->reason), format, args);
	va_end(args);
	return -EPERM;
}

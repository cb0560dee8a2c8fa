/* SPDX-License-Identifier: MIT */
#include "init/steps.h"

#include <string.h>

/* Order matters: what reads /proc or needs a capability comes before what takes them away, and
 * the filter comes last, since it refuses calls that the steps before it make. */
static const struct init_step native_steps[] = {
	{ "parent", "ends with the launcher, even when that is killed", step_parent_death },
	{ "pid", "is the first process of a pid namespace of its own", step_verify_pid },
	{ "root", "the root and the kernel's settings are read-only", step_verify_root },
	{ "view", "the agent's state is the view and nothing else", step_verify_view },
	{ "namespaces", "no further user namespace can be made", step_verify_namespaces },
	{ "descriptors", "only 0, 1 and 2 stay open", step_descriptors },
	{ "limits", "no core dumps, bounded processes and files", step_limits },
	{ "no-new-privileges", "exec never gains anything", step_no_new_privileges },
	{ "capabilities", "every capability set is empty", step_capabilities },
	{ "landlock", "the plan's paths once more, as the kernel's own rule", step_landlock },
	{ "seccomp", "refuses calls that widen the sandbox", step_seccomp },
};

static const struct init_role roles[] = {
	{ "native", native_steps, sizeof(native_steps) / sizeof(native_steps[0]) },
};

const struct init_role *init_role_find(const char *name)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (strcmp(roles[i].name, name) == 0)
			return &roles[i];
	}
	return NULL;
}

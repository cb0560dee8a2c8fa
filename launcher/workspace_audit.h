/* SPDX-License-Identifier: MIT */
/* The two looks at the project, before the agent has it and after: what `claudefs audit` compares.
 */
#ifndef CLAUDEFS_LAUNCHER_WORKSPACE_AUDIT_H
#define CLAUDEFS_LAUNCHER_WORKSPACE_AUDIT_H

#include <stdbool.h>

/* project is the canonical path, session_fd borrowed. False after a line on stderr: an agent whose
 * traces would not be noticed is not started. */
bool workspace_audit_start(const char *project, int session_fd);

/* After the agent's last process is gone. A failure is said; `claudefs audit` then looks itself. */
void workspace_audit_end(const char *project, int session_fd);

#endif

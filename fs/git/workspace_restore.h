/* SPDX-License-Identifier: MIT */
/* Puts one watched entry of a project back as it was before the session. */
#ifndef CLAUDEFS_GIT_WORKSPACE_RESTORE_H
#define CLAUDEFS_GIT_WORKSPACE_RESTORE_H

#include <stdbool.h>

#include "fs/git/workspace_changes.h"

/* True for what can be put back: a created file, link or FIFO (it is removed), and a modified or
 * deleted file whose content was kept. */
bool workspace_may_restore(const struct workspace_change *change);

/* What is taken away is kept in the session first (workspace/<id>), so that nothing is lost.
 * Returns 0, -ESTALE (it is not as the session left it: somebody changed it since), -EOPNOTSUPP
 * (workspace_may_restore() is false), -EBADMSG (the kept content is damaged) or -errno. */
int workspace_restore(int project_fd, int session_fd, const struct workspace_change *change);

#endif

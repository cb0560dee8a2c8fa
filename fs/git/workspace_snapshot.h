/* SPDX-License-Identifier: MIT */
/* Two looks at the project, kept with the session: workspace/start.json before the agent runs,
 * workspace/end.json after it. What lies in git directories is kept with its content, in
 * workspace/<id>, so that it can be put back. Files 0600: a git configuration may hold passwords.
 */
#ifndef CLAUDEFS_GIT_WORKSPACE_SNAPSHOT_H
#define CLAUDEFS_GIT_WORKSPACE_SNAPSHOT_H

#include "fs/git/workspace_scan.h"

#define WORKSPACE_KEEP_MAX       (1u << 20)   /* bytes of one file that is kept */
#define WORKSPACE_KEEP_TOTAL_MAX (32u << 20)  /* bytes kept by one look */
#define WORKSPACE_SNAPSHOT_MAX   (256u << 20) /* bytes of the JSON */

enum workspace_moment { WORKSPACE_START, WORKSPACE_END };

struct workspace_snapshot {
	struct workspace_scan scan;
	uint64_t dev, ino; /* of the project directory */
	uint64_t time_ns;
};

/* Looks at project_fd and writes what it saw into session_fd (both borrowed). Returns 0 or -errno;
 * on failure there is no snapshot of that moment. */
int workspace_snapshot_take(int project_fd, int session_fd, enum workspace_moment moment);

/* Reads one back, with suspicion (a session may come from elsewhere). Fills *ret ({ 0 } before; the
 * caller calls workspace_snapshot_done()). Returns 0, -ENOENT, -EBADMSG, -EPROTONOSUPPORT (newer
 * format), -ENOMEM or -errno. */
int workspace_snapshot_read(int session_fd, enum workspace_moment moment,
			    struct workspace_snapshot *ret);
/* The same from the project as it is now, nothing written. */
int workspace_snapshot_now(int project_fd, struct workspace_snapshot *ret);
void workspace_snapshot_done(struct workspace_snapshot *snapshot);
#define cleanup_workspace_snapshot __attribute__((cleanup(workspace_snapshot_done)))

/* The kept content of an entry (ret_; NUL added), compared with its id again. Returns 0, -ENOENT
 * (not kept), -EBADMSG (not what was kept) or -errno. */
int workspace_content_read(int session_fd, const struct workspace_entry *entry, char **ret,
			   size_t *ret_len);
/* Keeps a content under its id. Returns 0 or -errno. */
int workspace_content_keep(int session_fd, const uint8_t id[OBJECT_ID_SIZE], const char *data,
			   size_t len);

#endif

/* SPDX-License-Identifier: MIT */
/* Where sessions live: <state>/sessions/<id>/, all 0700, owned by the user.
 * <state> is $XDG_STATE_HOME/claudefs, else ~/.local/state/claudefs (macOS: ~/Library/Application
 * Support/claudefs). */
#ifndef CLAUDEFS_SESSION_SESSION_DIR_H
#define CLAUDEFS_SESSION_SESSION_DIR_H

#include <stdbool.h>
#include <stddef.h>

#include "fs/session/manifest.h"

#define SESSION_ID_MAX 64u /* bytes with the NUL: "20261123T140812.345Z-1a2b3c4d" */

/* The state directory's path (ret_). NULL: HOME and XDG_STATE_HOME are no absolute paths, or no
 * memory. */
char *session_state_path(void);

/* Opens (and, if may_create, makes, 0700) a directory that is ours alone: path is absolute, and
 * symlinks on the way are the user's own. One that is not the caller's, or that others may write,
 * is -EPERM. Returns the fd or -errno. */
int session_place_open(const char *path, bool may_create);

/* Opens (and, if may_create, makes, 0700) the state directory. A directory that is not the
 * caller's, or that others may write, is -EPERM. Returns the fd or -errno. */
int session_state_open(bool may_create);

/* True for a well-formed id: nothing else ever becomes a directory name. */
bool session_id_is_valid(const char *id);

/* Makes sessions/<new id> and fills manifest->id, ->version and ->start_ns; writes the manifest.
 * Returns the session's fd (O_PATH not set) or -errno. */
int session_create(int state_fd, struct manifest *manifest);

/* Opens sessions/<id>. Returns the fd, -EINVAL (not an id), -ENOENT or -errno. */
int session_open(int state_fd, const char *id);

/* All ids, newest first. *ret (ret_; each and the array: session_list_free). Returns the count or
 * -errno. */
int session_list(int state_fd, char ***ret);
void session_list_free(char **ids, int count);

/* True while a daemon holds the session's lock. Never blocks, and never takes the lock itself. */
bool session_is_running(int session_fd);

#endif

/* SPDX-License-Identifier: MIT */
/* What of a session is about its login: a name in its directory. */
#ifndef CLAUDEFS_SESSION_LOGIN_FILES_H
#define CLAUDEFS_SESSION_LOGIN_FILES_H

/* A unix socket (stream) of claudefs-run, while a container starts with --credentials-refresh: the
 * daemon's frames (fs/base/secret.h) with what the session saves of its login. */
#define LOGIN_BACK_SOCKET "login.back"

#endif

/* SPDX-License-Identifier: MIT */
/* The sandbox's ~/.gitconfig: the person's name and e-mail, and nothing else of theirs. A real
 * git configuration can name programs (aliases, pagers, helpers); none of that passes. */
#ifndef CLAUDEFS_LAUNCHER_GIT_IDENTITY_H
#define CLAUDEFS_LAUNCHER_GIT_IDENTITY_H

#define GIT_CONFIG_MAX   (256u << 10) /* bytes of a file that is read */
#define GIT_IDENTITY_MAX 256u         /* bytes of a value that is taken */

/* The text (ret_) for a home whose .gitconfig or .config/git/config may hold user.name and
 * user.email. NULL: out of memory. */
char *git_identity_config(const char *host_home);

/* The plain value (ret_) of key in [user] of a git configuration, or NULL: not there, or written
 * with quotes, escapes or comments, which this reader leaves alone. */
char *git_identity_read(const char *config, const char *key);

#endif

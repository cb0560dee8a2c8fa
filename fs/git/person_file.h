/* SPDX-License-Identifier: MIT */
/* Opens a file that a person's configuration names. Links are followed, since dotfiles are often
 * kept elsewhere, but none that lies in the project: there the agent of an earlier session may have
 * made it, to show the next one what it leads to. */
#ifndef CLAUDEFS_GIT_PERSON_FILE_H
#define CLAUDEFS_GIT_PERSON_FILE_H

#define PERSON_FILE_LINKS_MAX 40u /* as Linux follows them */

/* path and project: absolute, the latter canonical. Only a regular file. Returns the fd to read it
 * or -errno: -ELOOP (a link in the project, or too many), -EINVAL (no regular file). */
int person_file_open(const char *path, const char *project);

#endif

/* SPDX-License-Identifier: MIT */
/* A pinned Claude Code for the image, fetched on the host by the person's own npm: from the
 * registry and with the login that it is configured for, neither of which then comes near the
 * image. */
#ifndef CLAUDEFS_LAUNCHER_CLAUDE_PACKAGE_H
#define CLAUDEFS_LAUNCHER_CLAUDE_PACKAGE_H

/* version: as after the '@' of npm ("2.1.197", "latest"). Puts the native program at
 * context/claude/claude. *ret_stamp (ret_) names the version that was got. Returns 0, or an exit
 * code after a line on stderr. */
int claude_package_fetch(const char *version, const char *context, char **ret_stamp);

#endif

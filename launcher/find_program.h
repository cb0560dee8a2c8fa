/* SPDX-License-Identifier: MIT */
/* Finds the programs that claudefs-run starts: its siblings, and Claude Code. */
#ifndef CLAUDEFS_LAUNCHER_FIND_PROGRAM_H
#define CLAUDEFS_LAUNCHER_FIND_PROGRAM_H

#include <stdbool.h>

#include "launcher/host_places.h"

/* The path (ret_) of another program of this installation or build tree, or NULL after a line on
 * stderr. */
char *find_sibling(const char *name);

/* The same for one that an installation may lack: NULL without a word. */
char *find_own(const char *name);

/* The path (ret_) of a file or directory that belongs to this installation, given relative to its
 * prefix, or to the build tree, relative to that. NULL: neither is there. */
char *find_data(const char *installed, const char *in_build);

/* The path (ret_) of the native claude program: given (--claude) as it is; else from PATH, else
 * the copy in places->data_dir. npm's wrapper needs a Node that the sandbox may not have, so the
 * native program of the package beside it is taken instead. NULL after a line on stderr, unless
 * is_quiet. */
char *find_claude(const char *given, const struct host_places *places, bool is_quiet);

#endif

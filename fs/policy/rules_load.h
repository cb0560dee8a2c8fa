/* SPDX-License-Identifier: MIT */
/* Reads the user's rule files from a directory (rules.d) in byte order of their names and adds them
 * to a rule set: later files win over earlier ones, and all of them over the built-in rules. */
#ifndef CLAUDEFS_POLICY_RULES_LOAD_H
#define CLAUDEFS_POLICY_RULES_LOAD_H

#include "fs/policy/rules.h"

/* dir_path: usually $XDG_CONFIG_HOME/claudefs/rules.d; absent is fine. Only regular *.json files
 * owned by the caller or root and not writable by others count; anything else is -EBADMSG with a
 * reason. Returns 0, -EBADMSG (*problem) or -errno. */
int rules_load_dir(struct rules *rules, const char *dir_path, struct rules_problem *problem);

/* One file by path (--rules FILE). */
int rules_load_file(struct rules *rules, const char *path, struct rules_problem *problem);

/* $XDG_CONFIG_HOME/claudefs/rules.d or $HOME/.config/claudefs/rules.d (ret_). NULL: neither
 * variable is an absolute path, or out of memory. */
char *rules_user_dir(void);

#endif

/* SPDX-License-Identifier: MIT */
/* What `git config ...` would set: its old way of speaking (`git config KEY VALUE`) and that of git
 * 2.46 (`git config set KEY VALUE`). Pure. */
#ifndef CLAUDEFS_PRELOAD_GIT_GUARD_CONFIG_H
#define CLAUDEFS_PRELOAD_GIT_GUARD_CONFIG_H

#include <stdbool.h>

struct git_guard_setting {
	const char *name;  /* borrowed; NULL: nothing is set */
	const char *value; /* borrowed; NULL: not known */
	bool is_section;   /* name is that of a section which gets the keys of another */
};

/* args: the words behind "config". */
struct git_guard_setting git_guard_read_config(const char *const *args);

#endif

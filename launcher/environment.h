/* SPDX-License-Identifier: MIT */
/* The agent's environment: an allowlist of the caller's, what --env names, and what the sandbox
 * sets itself. */
#ifndef CLAUDEFS_LAUNCHER_ENVIRONMENT_H
#define CLAUDEFS_LAUNCHER_ENVIRONMENT_H

#include <stdbool.h>

#include "launcher/string_list.h"

/* wanted: NAME or NAME=VALUE of --env; they win over the allowlist, and lose against home, user
 * and the sandbox's own settings. config_dir is CLAUDE_CONFIG_DIR inside. has_gateway: the caller's
 * proxies stay outside, claudefs-gate is the one inside. Returns 0 or -ENOMEM. */
int environment_build(char *const *caller, bool has_gateway, const struct string_list *wanted,
		      const char *home, const char *user, const char *config_dir,
		      struct string_list *ret);

/* True for an entry that the sandbox sets itself, the same for everybody: not worth hiding. */
bool environment_is_own(const char *entry);

#endif

/* SPDX-License-Identifier: MIT */
/* Where this user's host state lies, as the host's own Claude finds it. */
#ifndef CLAUDEFS_CLI_HOST_LOCATION_H
#define CLAUDEFS_CLI_HOST_LOCATION_H

struct host_location {
	char *root;   /* $CLAUDE_CONFIG_DIR, else $HOME/.claude */
	char *config; /* .claude.json: in $CLAUDE_CONFIG_DIR, else beside ~/.claude */
};

void host_location_done(struct host_location *location);
#define cleanup_host_location __attribute__((cleanup(host_location_done)))

/* Returns 0, -ENOENT (HOME is no absolute path) or -ENOMEM. */
int host_location_find(struct host_location *ret);

/* The state path (ret_) that a person means by argument: relative to ~/.claude, or absolute (or
 * with ~) beneath it, or the .claude.json beside it. Returns 0, -EINVAL (names nothing beneath it)
 * or -ENOMEM. */
int host_location_state_path(const struct host_location *location, const char *argument,
			     char **ret);

#endif

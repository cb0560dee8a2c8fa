/* SPDX-License-Identifier: MIT */
/* The keys of a git configuration, read by libgit2 from bytes. Nothing that it includes is read,
 * and nothing in it runs. The bytes are the agent's. */
#ifndef CLAUDEFS_GIT_GIT_CONFIG_H
#define CLAUDEFS_GIT_GIT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#define GIT_CONFIG_BYTES_MAX (1u << 20)
#define GIT_CONFIG_KEYS_MAX  10000u

struct git_config_key {
	char *name; /* "section.sub.section.key": section and key in lower case */
	char *value;
	bool is_bare; /* written without '=', which is true; value is "", which would be false */
};

struct git_config_keys {
	struct git_config_key *keys; /* in the order of the file; a name may come more than once */
	size_t count;
};

/* Fills *ret ({ 0 } before; git_config_keys_done() also after a failure). Returns 0, -EBADMSG (not
 * a configuration that git would read), -EFBIG, -ENOMEM or -errno. */
int git_config_keys_read(const char *data, size_t len, struct git_config_keys *ret);
void git_config_keys_done(struct git_config_keys *keys);
#define cleanup_git_config_keys __attribute__((cleanup(git_config_keys_done)))

enum git_config_change_type { GIT_KEY_ADDED, GIT_KEY_CHANGED, GIT_KEY_REMOVED };

/* What after has that before has not, and the other way round; a key with several values is
 * compared as the list of them. Calls each in the order of after, then for removed ones; value is
 * the new one (of a removed key the old one). each returns 0 to go on. Returns 0 or what each
 * returned. */
int git_config_compare(const struct git_config_keys *before, const struct git_config_keys *after,
		       int (*each)(enum git_config_change_type type,
				   const struct git_config_key *key, void *arg),
		       void *arg);

#endif

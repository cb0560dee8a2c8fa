/* SPDX-License-Identifier: MIT */
/* What a push may bring to a remote: rules/push.json as built in, and over it the person's
 * ~/.config/claudefs/push.json. Pure but for push_rules_new().
 *
 * The person's file may hold any of: "remotes", "branches" (lists of patterns: what may be pushed
 * to), "tags", "submodules", "outward_links" (true: may be pushed), "allow_paths" (patterns that
 * deny_paths does not count for), "allow_secrets" (ids), "limits" (an object). What it does not
 * name stays as built in. */
#ifndef CLAUDEFS_GIT_PUSH_RULES_H
#define CLAUDEFS_GIT_PUSH_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/base/json.h"
#include "fs/base/text.h"

#define PUSH_RULES_FILE_MAX (256u << 10) /* bytes */
#define PUSH_RULES_LIST_MAX 256u

struct push_limits {
	uint64_t pack_bytes;
	uint64_t objects;
	uint64_t object_bytes; /* of each, uncompressed */
	uint64_t commits;      /* that the remote lacks */
	uint64_t kept_bytes;   /* of all that waits for a person, of all sessions */
	uint64_t seconds;      /* from the request to the verdict; processor time too */
};

struct push_rules;

/* Built in, and the person's file if there is one. *ret (ret_). Returns 0, -EBADMSG (*ret_file is
 * its path (ret_), *problem says why) or -errno. */
int push_rules_new(struct push_rules **ret, char **ret_file, struct json_problem *problem);
/* Built in, and user (a text; NULL: none). */
int push_rules_parse(const char *user, size_t len, struct push_rules **ret,
		     struct json_problem *problem);
void push_rules_free(struct push_rules *rules);
void cleanup_push_rules_free(struct push_rules **rules);
#define cleanup_push_rules __attribute__((cleanup(cleanup_push_rules_free)))

const struct push_limits *push_rules_limits(const struct push_rules *rules);
bool push_rules_allow_remote(const struct push_rules *rules, const char *name);
/* The patterns of branches that may be pushed to, for a person, with commas. */
void push_rules_append_branches(const struct push_rules *rules, struct text *text);
/* name: without refs/heads/. */
bool push_rules_allow_branch(const struct push_rules *rules, const char *name);
bool push_rules_allow_tags(const struct push_rules *rules);
bool push_rules_allow_submodules(const struct push_rules *rules);
bool push_rules_allow_outward_links(const struct push_rules *rules);

/* Why a path in a tree may not change (borrowed), or NULL. A path that cannot be folded is
 * denied. */
const char *push_rules_deny_path(const struct push_rules *rules, const char *path);

/* The first thing in data that is a secret by its form: *ret_id and its why (both borrowed), and
 * where it begins. NULL: none. Linear in len, but for the number of patterns. */
const char *push_rules_find_secret(const struct push_rules *rules, const char *data, size_t len,
				   const char **ret_id, size_t *ret_offset);

#endif

/* SPDX-License-Identifier: MIT */
/* The key of this user's state directory: <state>/key, 32 random bytes, 0600. What the host's side
 * writes into a session directory (decisions, receipts) carries a tag made with it, since others
 * may write there too: the daemon beside the sandbox, or whoever sent the session. Never leaves the
 * machine, and is no part of a session. */
#ifndef CLAUDEFS_SESSION_STATE_KEY_H
#define CLAUDEFS_SESSION_STATE_KEY_H

#include <stddef.h>

#include "fs/base/digest.h"

#define STATE_KEY_SIZE 32u /* bytes */

struct state_key {
	unsigned char bytes[STATE_KEY_SIZE];
};

/* Reads the key; with may_create makes it where there is none. Returns 0, -ENOENT, -EPERM (not
 * ours, or others may read or write it), -EBADMSG (not 32 bytes of a regular file) or -errno. */
int state_key_read(int state_fd, bool may_create, struct state_key *ret);

/* The tag of data in a role ("decision", "receipt"): two roles never share a tag.
 * Returns 0 or -ENOMEM. */
int state_key_tag(const struct state_key *key, const char *role, const void *data, size_t len,
		  struct digest *ret);

#endif

/* SPDX-License-Identifier: MIT */
/* The socket pair between claudefs-run and the processes that set the sandbox up: one-letter
 * messages, with descriptors where needed. Both ends are this program; nothing of the sandbox ever
 * holds one. */
#ifndef CLAUDEFS_LAUNCHER_CHANNEL_H
#define CLAUDEFS_LAUNCHER_CHANNEL_H

#include <stdint.h>

#include "fs/session/network_files.h"

#define CHANNEL_FDS_MAX (2 + NETWORK_SLOTS)
#define CHANNEL_NO_FDS                     \
	{                                  \
		-1, -1, -1, -1, -1, -1, -1 \
	}

enum channel_kind {
	CHANNEL_BUILT = 'B',   /* set-up: mounts are made; fds: /dev/fuse, terminal, the network's
				  slots (each or -1); value: why NETWORK_SLOT_REDIRECT is empty
				  though wanted (-errno), or 0 */
	CHANNEL_SERVED = 'S',  /* run: the view answers */
	CHANNEL_STARTED = 'P', /* set-up: value is the pid of the sandbox's first process */
	CHANNEL_GO = 'G',      /* run: that process may go on */
};

struct channel_message {
	enum channel_kind kind;
	int32_t value;
	int fds[CHANNEL_FDS_MAX]; /* -1: none; received ones are the caller's */
};

/* Two connected ends, O_CLOEXEC. Returns 0 or -errno. */
int channel_make(int ret_ends[2]);

/* Returns 0 or -errno (-EPIPE: nobody is at the other end). */
int channel_send(int end, const struct channel_message *message);

/* Waits for a message. Returns 0, -EPIPE (the other end is closed), -EBADMSG (not of kind wanted)
 * or -errno. */
int channel_receive(int end, enum channel_kind wanted, struct channel_message *ret);

#endif

/* SPDX-License-Identifier: MIT */
/* What a git that pushes says, in git's own protocol (git:// and receive-pack, version 0:
 * gitprotocol-pack(5)): pkt-lines with a request, commands, then a pack. Every byte is the agent's.
 * Pure. */
#ifndef CLAUDEFS_GIT_PUSH_PROTOCOL_H
#define CLAUDEFS_GIT_PUSH_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>

#include "fs/git/object_id.h"
#include "fs/git/push_remotes.h"

#define PUSH_PACKET_HEAD  4u     /* hexadecimal digits of the length, itself included */
#define PUSH_PACKET_MAX   65520u /* bytes, the head included (gitprotocol-common(5)) */
#define PUSH_REF_MAX      200u   /* bytes of a ref's name */
#define PUSH_COMMANDS_MAX 16u    /* refs of one push */

#define PUSH_ID_NONE "0000000000000000000000000000000000000000"

struct push_command {
	char old_id[OBJECT_ID_HEX_SIZE]; /* as the client has it; believed in nothing */
	char new_id[OBJECT_ID_HEX_SIZE]; /* PUSH_ID_NONE: delete */
	char ref[PUSH_REF_MAX + 1];
};

/* The bytes that follow head (0: a flush packet). Returns -EBADMSG for anything but a length. */
int push_packet_length(const char head[PUSH_PACKET_HEAD]);

/* "git-receive-pack /NAME\0host=..." : the remote's name. Returns 0 or -EBADMSG. */
int push_parse_request(const char *packet, size_t len, char name[PUSH_REMOTE_NAME_MAX + 1]);

/* "OLD NEW REF[\0abilities][\n]". *ret_sideband is set (never cleared) where the client takes
 * messages beside the report. Returns 0, -EOPNOTSUPP (a shallow clone), -ENAMETOOLONG (the ref) or
 * -EBADMSG. */
int push_parse_command(const char *packet, size_t len, struct push_command *ret,
		       bool *ret_sideband);

/* A ref that may be asked for at all: refs/heads/... or refs/tags/..., a name that git takes, in
 * plain and composed UTF-8, no part of it an option, an object id or HEAD. */
bool push_ref_is_plain(const char *ref);

#endif

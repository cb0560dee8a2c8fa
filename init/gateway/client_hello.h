/* SPDX-License-Identifier: MIT */
/* The server name in the first message of a TLS client (RFC 8446 section 4.1.2, RFC 6066 section
 * 3). TLS is not broken open: this is all that is read of it. The bytes are hostile. Pure. */
#ifndef CLAUDEFS_INIT_GATEWAY_CLIENT_HELLO_H
#define CLAUDEFS_INIT_GATEWAY_CLIENT_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/policy/egress_list.h"

#define CLIENT_HELLO_MAX \
	(64u << 10) /* bytes, record headers included; post-quantum keys take 2 KiB */

struct client_hello {
	char server_name[EGRESS_HOST_SIZE]; /* normalised; "": none, or no host name */
	bool has_encrypted_hello;           /* encrypted_client_hello: the real name is hidden */
};

/* Returns 0, -EAGAIN (incomplete so far: more may follow), -EBADMSG (no TLS, or malformed) or
 * -EMSGSIZE (over CLIENT_HELLO_MAX). The message may be split over records as it likes. */
int client_hello_parse(const uint8_t *data, size_t len, struct client_hello *ret);

#endif

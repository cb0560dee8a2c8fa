/* SPDX-License-Identifier: MIT */
/* Which addresses a name may lead to. What is not certainly public is refused, since a name's owner
 * chooses where it points: to the host's services, to the cloud's metadata, to the engine. Pure.
 *
 * Ranges: the IANA special-purpose address registries for IPv4 and IPv6 (RFC 6890, as of 2024). */
#ifndef CLAUDEFS_INIT_GATEWAY_ADDRESS_H
#define CLAUDEFS_INIT_GATEWAY_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

enum address_kind {
	ADDRESS_PUBLIC,
	ADDRESS_PRIVATE, /* RFC 1918, RFC 6598, fc00::/7: for names that the list calls `private` */
	ADDRESS_NEVER,   /* loopback, link-local (metadata services too), multicast, reserved, and
			    forms that carry another address inside */
};

enum address_kind address_kind(const struct sockaddr *address);

#endif

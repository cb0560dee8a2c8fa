/* SPDX-License-Identifier: MIT */
/* What a sandbox's network namespace is made of, beside its loopback interface: no connection
 *leaves it, whatever its address.
 *
 *	198.18.0.1     the sandbox's own address, on lo: its connections come from there
 *	127.0.0.0/8    the sandbox itself, as ever
 *	198.19.0.0/16  names: claudefs-gate answers with such addresses (init/gateway/names.h)
 *	other IPv4     local too (AnyIP), so that what is tried can be told
 *	multicast      no route
 *	IPv6           ::1 alone
 *
 * TCP to a name's address at the two ports that a list can allow goes to a transparent socket
 * (TPROXY), which claudefs-gate accepts on. All else is refused at once, and what was TCP of it is
 * told to a netlink socket (NFLOG). No connection tracking: its table is the machine's, and the
 * agent could fill it; a transparent socket's own address is the one that was connected to. Needs
 * CAP_NET_ADMIN in the namespace; nobody in the sandbox has it afterwards.
 *
 * rules/redirect.nft is the ruleset in nft's language. What is sent to the kernel is made of the
 * same rules when this is built (compile_redirect.c): libnftables exists as a shared library only,
 * and claudefs-init is static. */
#ifndef CLAUDEFS_NETWORK_REDIRECT_H
#define CLAUDEFS_NETWORK_REDIRECT_H

#include <stddef.h>

/* Host byte order. */
#define REDIRECT_OWN_ADDRESS   0xc6120001u /* 198.18.0.1; 198.18.0.0/15 is nobody's (RFC 2544) */
#define REDIRECT_NAMES_NETWORK 0xc6130000u /* 198.19.0.0/16 */
#define REDIRECT_NAMES_COUNT   0x10000u

#define REDIRECT_SNAP 64u /* bytes of a refused packet: IPv4 with options, and the ports */

/* Sets the caller's network namespace up. *ret_refusals (ret): a netlink socket that gets the first
 * REDIRECT_SNAP bytes of what is refused (init/gateway/refusals.c). Returns 0 or -errno (-EPERM: no
 * CAP_NET_ADMIN; -ENOENT, -EOPNOTSUPP and the like: a kernel without the parts of nf_tables that it
 * takes); then no address but 127.0.0.0/8 is reached, as without it. */
int redirect_make(int *ret_refusals);

/* What compile_redirect makes: netlink messages, each asking for an answer. */
struct redirect_messages {
	const unsigned char *data;
	size_t len;
	unsigned int answers;
};
extern const struct redirect_messages redirect_log;    /* NETLINK_NETFILTER: whom to tell */
extern const struct redirect_messages redirect_routes; /* rtnetlink(7) */
extern const struct redirect_messages redirect_rules;  /* NETLINK_NETFILTER, one transaction */

#endif

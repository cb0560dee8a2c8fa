/* SPDX-License-Identifier: MIT */
#include "init/gateway/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct range {
	uint32_t network;
	unsigned int bits;
	enum address_kind kind;
};

#define V4(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

static const struct range ranges[] = {
	{ V4(0, 0, 0, 0), 8, ADDRESS_NEVER },          /* this network */
	{ V4(10, 0, 0, 0), 8, ADDRESS_PRIVATE },       /* RFC 1918 */
	{ V4(100, 64, 0, 0), 10, ADDRESS_PRIVATE },    /* RFC 6598, shared */
	{ V4(100, 100, 100, 200), 32, ADDRESS_NEVER }, /* a cloud's metadata service in it */
	{ V4(127, 0, 0, 0), 8, ADDRESS_NEVER },        /* loopback */
	{ V4(168, 63, 129, 16), 32, ADDRESS_NEVER },   /* a cloud's wire server */
	{ V4(169, 254, 0, 0), 16, ADDRESS_NEVER },     /* link-local: metadata services */
	{ V4(172, 16, 0, 0), 12, ADDRESS_PRIVATE },    /* RFC 1918 */
	{ V4(192, 0, 0, 0), 24, ADDRESS_NEVER },       /* protocol assignments */
	{ V4(192, 0, 2, 0), 24, ADDRESS_NEVER },       /* documentation */
	{ V4(192, 31, 196, 0), 24, ADDRESS_NEVER },    /* AS112 */
	{ V4(192, 52, 193, 0), 24, ADDRESS_NEVER },    /* AMT */
	{ V4(192, 88, 99, 0), 24, ADDRESS_NEVER },     /* 6to4 relays */
	{ V4(192, 168, 0, 0), 16, ADDRESS_PRIVATE },   /* RFC 1918 */
	{ V4(192, 175, 48, 0), 24, ADDRESS_NEVER },    /* AS112 */
	{ V4(198, 18, 0, 0), 15, ADDRESS_NEVER },      /* benchmarks */
	{ V4(198, 51, 100, 0), 24, ADDRESS_NEVER },    /* documentation */
	{ V4(203, 0, 113, 0), 24, ADDRESS_NEVER },     /* documentation */
	{ V4(224, 0, 0, 0), 3, ADDRESS_NEVER },        /* multicast, reserved, broadcast */
};

static enum address_kind kind_v4(uint32_t address)
{
	enum address_kind kind = ADDRESS_PUBLIC;

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		uint32_t mask = ~(uint32_t)0 << (32 - ranges[i].bits);

		/* The strictest of those that hold. */
		if ((address & mask) == ranges[i].network && ranges[i].kind > kind)
			kind = ranges[i].kind;
	}
	return kind;
}

static enum address_kind kind_v6(const uint8_t bytes[16])
{
	static const struct {
		uint8_t prefix[4];
		unsigned int len; /* bytes of it that count */
	} refused[] = {
		{ { 0x20, 0x01, 0x00, 0x00 }, 4 }, /* Teredo: carries an IPv4 address */
		{ { 0x20, 0x01, 0x0d, 0xb8 }, 4 }, /* documentation */
		{ { 0x20, 0x02 }, 2 },             /* 6to4: carries an IPv4 address */
		{ { 0x3f, 0xff }, 2 },             /* documentation (and the space around it) */
	};

	if ((bytes[0] & 0xfe) == 0xfc)
		return ADDRESS_PRIVATE;
	/* Only global unicast is given out; mapped, translated and local forms lie elsewhere. */
	if ((bytes[0] & 0xe0) != 0x20)
		return ADDRESS_NEVER;
	/* 2001:0000::/23, protocol assignments: ORCHID, benchmarks and the like. */
	if (bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] < 0x02)
		return ADDRESS_NEVER;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (memcmp(bytes, refused[i].prefix, refused[i].len) == 0)
			return ADDRESS_NEVER;
	}
	return ADDRESS_PUBLIC;
}

enum address_kind address_kind(const struct sockaddr *address)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	switch (address->sa_family) {
	case AF_INET: memcpy(&v4, address, sizeof(v4)); return kind_v4(ntohl(v4.sin_addr.s_addr));
	case AF_INET6: memcpy(&v6, address, sizeof(v6)); return kind_v6(v6.sin6_addr.s6_addr);
	default: return ADDRESS_NEVER;
	}
}

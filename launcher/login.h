/* SPDX-License-Identifier: MIT */
/* A login as Claude Code stores it (.credentials.json, keychain item): what of it may go into a
 * sandbox, whether what a sandbox wrote may come back, and what the store then holds. Pure: no I/O.
 *
 *	{ "claudeAiOauth": { "accessToken", "refreshToken", "expiresAt" (ms), "scopes": [],
 *	  "subscriptionType", ... }, ... }			(Claude Code 2.1)
 *
 * Texts from the store and from the sandbox are both distrusted; the latter is hostile. */
#ifndef CLAUDEFS_LAUNCHER_LOGIN_H
#define CLAUDEFS_LAUNCHER_LOGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "fs/base/secret.h"

#define LOGIN_MARGIN_NS   (300ull * 1000000000ull) /* a token that ends sooner counts as expired */
#define LOGIN_TOKEN_MIN   8u                       /* characters of a token that may come back */
#define LOGIN_TOKEN_MAX   8192u
/* An access token lives 8 hours, one of `claude setup-token` a year. */
#define LOGIN_LIFE_MAX_NS (400ull * 24 * 3600 * 1000000000ull)

enum login_state {
	LOGIN_FOUND,
	LOGIN_ABSENT,      /* no login in it */
	LOGIN_EXPIRED,     /* *ret is set all the same: it may be renewed */
	LOGIN_UNUSABLE,    /* not readable, not JSON, no access token */
	LOGIN_LOCKED,      /* the store is there and does not give it out */
	LOGIN_UNAVAILABLE, /* no such store on this machine */
};

/* What may go in: { "claudeAiOauth": ... }, without the refresh token unless has_refresh, and
 * without everything else (MCP servers' tokens). now_ns: clock_now_ns(). *ret (ret_: secret_free)
 * is set for FOUND and EXPIRED. */
enum login_state login_cut(const struct secret *stored, uint64_t now_ns, bool has_refresh,
			   struct secret **ret);

/* When the access token ends, in ns since the epoch; 0: it does not say, or there is none. */
uint64_t login_end_ns(const struct secret *text);

/* May written, which the session saved, take the place of what was handed to it? Well-formed, of
 * the same subscription, with no other scopes, new tokens of the same form, and an end that lies
 * ahead, later than the old one's and not absurdly late. Returns NULL, or why not (static, one
 * line). Which account a token belongs to cannot be told from it. */
const char *login_why_refused(const struct secret *handed, const struct secret *written,
			      uint64_t now_ns);

/* Is what the store holds now still the login that was handed in? (Compare-and-swap.) */
bool login_is_same(const struct secret *stored, const struct secret *handed);

/* stored with tokens, end and scopes of written; all else of it stays. written has passed
 * login_why_refused(). *ret (ret_: secret_free). Returns 0, -EBADMSG or -ENOMEM. */
int login_merge(const struct secret *stored, const struct secret *written, struct secret **ret);

#endif

/* SPDX-License-Identifier: MIT */
/* The login that Claude Code keeps in ~/.claude/.credentials.json, cut to what a session needs: it
 * goes into the daemon's memory and is served as a synthetic file, never to an environment,
 * argument, log, journal or disk. The refresh token stays on the host: it works once, so a session
 * that used it would log the host out. Tokens of MCP servers stay, too. */
#ifndef CLAUDEFS_LAUNCHER_LOGIN_FILE_H
#define CLAUDEFS_LAUNCHER_LOGIN_FILE_H

#include <stddef.h>
#include <stdint.h>

#define LOGIN_FILE_MAX  (64u << 10)              /* bytes of the host's file */
#define LOGIN_MARGIN_NS (300ull * 1000000000ull) /* a token that ends sooner counts as expired */

enum login_state {
	LOGIN_FOUND,
	LOGIN_ABSENT,
	LOGIN_EXPIRED,
	LOGIN_UNUSABLE, /* not readable, not JSON, no access token */
};

/* What of the host's text may go in: { "claudeAiOauth": ... } without its refreshToken (ret_:
 * login_forget). now_ns: clock_now_ns(). *ret is set for LOGIN_FOUND only. */
enum login_state login_cut(const char *text, size_t len, uint64_t now_ns, char **ret);

/* login_cut() of claude_dir/.credentials.json into a memory file that is open for reading at 0.
 * *ret_fd (caller closes) is set for LOGIN_FOUND only. */
enum login_state login_open(const char *claude_dir, uint64_t now_ns, int *ret_fd);

/* Overwrites and frees. */
void login_forget(char *secret);

#endif

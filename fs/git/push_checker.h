/* SPDX-License-Identifier: MIT */
/* The process that runs push_check(): confined, and forked while nothing of a credential is in the
 * memory of the one who forks it. It is told what the remote has, gives a verdict, and may ask for
 * objects that the remote has beside the agent's: it indexes those itself, so that whoever has the
 * credential parses no pack.
 *
 * Over one socket pair; numbers are the machine's:
 *
 *	to it	length (8 bytes), the refs as push_refs.h writes them
 *	from it	struct push_verdict
 *	to it	if that wants something: pieces of a pack, each behind its length (4 bytes, not 0),
 *		then 0
 *	from it	struct push_verdict, which wants nothing
 */
#ifndef CLAUDEFS_GIT_PUSH_CHECKER_H
#define CLAUDEFS_GIT_PUSH_CHECKER_H

#include <stdint.h>
#include <sys/types.h>

#include "fs/git/push_check.h"

struct push_verdict {
	int result; /* of push_check() */
	struct push_facts facts;
	struct push_problem problem;
	uint32_t want_count;
	uint32_t wants[PUSH_WANTS_MAX]; /* indexes in the refs, below their number */
};

struct push_checker {
	pid_t pid; /* 0: none */
	int fd;
	uint64_t seconds; /* that it may take for a verdict */
};

#define PUSH_CHECKER_NONE \
	{                 \
		.fd = -1  \
	}

/* path: the quarantine; commands and rules are copied by the fork. Fills *ret (PUSH_CHECKER_NONE
 * before). Returns 0 or -errno. */
int push_checker_start(const char *path, const struct push_command *commands, size_t count,
		       const struct push_rules *rules, struct push_checker *ret);
/* Ends it. */
void push_checker_done(struct push_checker *checker);
#define cleanup_push_checker __attribute__((cleanup(push_checker_done)))

/* Its first verdict about remote. One that cannot be had (it died, or took too long) is a refusal
 * that says so. */
void push_checker_ask(struct push_checker *checker, const struct push_refs *remote,
		      struct push_verdict *ret);

/* A piece of the pack that it wanted. Returns 0 or -errno. */
int push_checker_feed(struct push_checker *checker, const void *data, size_t len);
/* The pack is whole: its second verdict. Returns 0, or -errno: there is none (*ret is as it was).
 */
int push_checker_ask_again(struct push_checker *checker, const struct push_refs *remote,
			   struct push_verdict *ret);

#endif

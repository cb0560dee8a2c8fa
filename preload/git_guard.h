/* SPDX-License-Identifier: MIT */
/* What git-guard decides of a command line and an environment. Pure: no file is looked at, nothing
 * is allocated.
 *
 * It is no boundary and does not claim to be one. Whoever wants around it calls libgit2, writes
 * .git/config with an editor, brings a git of their own or finds the one that git's own scripts
 * run. What holds is elsewhere: there is no credential in the sandbox, the gateway lets out what
 * its list has, a push goes by the host, and the audit tells what is left in .git. This is for the
 * honest mistake: it says at once, and in one line, what would fail later or be held, and what to
 * do instead. So where it is unsure whether a line is everyday work, it lets it pass. */
#ifndef CLAUDEFS_PRELOAD_GIT_GUARD_H
#define CLAUDEFS_PRELOAD_GIT_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/* In the environment where `git push` reaches the host: it is let through. Advice as well. */
#define GIT_GUARD_PUSH "CLAUDEFS_GIT_PUSH=1"

/* Bytes of a line that git_guard_message() makes, its '\n' and NUL included. */
#define GIT_GUARD_MESSAGE_SIZE 768u

struct git_guard_verdict {
	bool is_refused;
	/* What of: two words that are told after one another, each borrowed, or NULL. They may be
	 * the agent's. */
	const char *subject;
	size_t subject_len;
	const char *part;
	size_t part_len;
	const char *why;     /* static */
	const char *instead; /* static */
};

/* argv as main() has it (argv[0] may be "git-push", as git has it), both ended by NULL. */
struct git_guard_verdict git_guard_decide(const char *const *argv, const char *const *environment);

/* The verdict of a refusal as one line for stderr, in printable ASCII. */
void git_guard_message(const struct git_guard_verdict *verdict, char ret[GIT_GUARD_MESSAGE_SIZE]);

#endif

/* SPDX-License-Identifier: MIT */
/* Which hosts a sandbox may reach: the list of rules/egress.allow. Pure.
 *
 * One entry a line; `#` begins a comment. An entry is a host name ("api.example.com"), a domain
 * with everything below it ("*.example.com", which is not example.com itself), or a keyword
 * ("@npm"). The word `private` behind a name says that it may lie in a private network
 * (init/gateway/address.h); otherwise only public addresses count. Addresses, ports, ranges, a bare
 * star and names of one label are refused: a list that cannot be read is refused as a whole. */
#ifndef CLAUDEFS_POLICY_EGRESS_LIST_H
#define CLAUDEFS_POLICY_EGRESS_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "fs/base/text.h"

#define EGRESS_LIST_MAX    (1u << 20) /* bytes of a list */
#define EGRESS_ENTRIES_MAX 10000u
#define EGRESS_HOST_SIZE   254u /* a name (RFC 1035: 253 characters) with its NUL */

struct egress_list;

struct egress_problem {
	unsigned int line; /* 1-based */
	char reason[160];  /* one terminal-safe line */
};

/* A name as it is compared: lower case, no dot at the end. Returns 0 or -EINVAL: not a name of two
 * or more labels of letters, digits, '-' and '_'; or an address. International names come in their
 * ASCII form ("xn--..."). */
int egress_host_normalize(const char *host, size_t len, char ret[EGRESS_HOST_SIZE]);

/* Replaces each line with a keyword by what the caller appends for it (lines), and copies the
 * others. keyword() gets the word without '@' and returns 0, -ENOENT (no such keyword) or -errno.
 * Returns 0, -EBADMSG (*problem) or -errno of keyword(). */
int egress_list_expand(const char *text, size_t len,
		       int (*keyword)(const char *word, struct text *lines, void *arg), void *arg,
		       struct text *ret, struct egress_problem *problem);

/* Judges every line of a list but its keywords. Returns 0 or -EBADMSG (*problem). */
int egress_list_check(const char *text, size_t len, struct egress_problem *problem);

/* text without keywords. *ret (ret_). Returns 0, -EBADMSG (*problem) or -ENOMEM. */
int egress_list_parse(const char *text, size_t len, struct egress_list **ret,
		      struct egress_problem *problem);
void egress_list_free(struct egress_list *list);
void cleanup_egress_list_free(struct egress_list **list);
#define cleanup_egress_list __attribute__((cleanup(cleanup_egress_list_free)))

size_t egress_list_count(const struct egress_list *list);

/* Appends the entries of wanted that in_force has too, as lines of a list: a host, or a wildcard
 * all of whose names it allows. What may be private is in_force's to say. *ret_missing (borrowed
 * from wanted; NULL: all are there) is the first that in_force lacks, without the star of a
 * wildcard. Returns 0 or -ENOMEM. */
int egress_list_narrow(const struct egress_list *in_force, const struct egress_list *wanted,
		       struct text *ret, const char **ret_missing);

/* host is normalised. *ret_may_be_private is set where it is allowed. */
bool egress_list_allows(const struct egress_list *list, const char *host, bool *ret_may_be_private);

#endif

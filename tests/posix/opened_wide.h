/* SPDX-License-Identifier: MIT */
/* Rules under which nothing is hidden, filtered or refused: what is left is the file system. */
#ifndef CLAUDEFS_TESTS_POSIX_OPENED_WIDE_H
#define CLAUDEFS_TESTS_POSIX_OPENED_WIDE_H

#define OPENED_WIDE                                                                   \
	"{\"version\": 1, \"rules\": [{\"path\": \"**\", \"read\": \"show\", "        \
	"\"write\": \"review\", \"merge\": \"replace\", \"why\": \"For tests of the " \
	"file system itself\"}]}\n"

#endif

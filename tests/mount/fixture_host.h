/* SPDX-License-Identifier: MIT */
/* Fills a temporary HOME with a ~/.claude as found in the wild. */
#ifndef CLAUDEFS_TESTS_MOUNT_FIXTURE_HOST_H
#define CLAUDEFS_TESTS_MOUNT_FIXTURE_HOST_H

/* home exists and is empty; own and other: state paths of the two projects' directories. 0 or -1.
 */
int fixture_fill_host(const char *home, const char *project, const char *own, const char *other);

#endif

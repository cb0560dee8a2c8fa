/* SPDX-License-Identifier: MIT */
/* The system call filter of push_confine(). Private to fs/git. */
#ifndef CLAUDEFS_GIT_PUSH_FILTER_H
#define CLAUDEFS_GIT_PUSH_FILTER_H

/* For this process and for good; no new privileges must be set. A build without libseccomp has
 * none. Returns 0 or -errno. */
int push_filter_load(void);

#endif

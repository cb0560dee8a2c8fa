/* SPDX-License-Identifier: MIT */
/* Whose transcript a file is, by what it says itself: the directory's name may stand for several
 * projects. Pure. */
#ifndef CLAUDEFS_POLICY_TRANSCRIPT_H
#define CLAUDEFS_POLICY_TRANSCRIPT_H

#include "fs/policy/project_scope.h"

#define TRANSCRIPT_HEAD_MAX (256u << 10) /* bytes of a transcript that are looked at */

/* True if the first record of head[0..len) that names a working directory was written in another
 * project whose directory name is the same (project_scope_is_twin). A head that names none says
 * nothing: false. Out of memory: true. */
bool transcript_is_foreign(const struct project_scope *scope, const char *head, size_t len);

#endif

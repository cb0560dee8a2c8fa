/* SPDX-License-Identifier: MIT */
/* What a program that wrote is called, for people. */
#ifndef CLAUDEFS_REVIEW_WRITER_NAME_H
#define CLAUDEFS_REVIEW_WRITER_NAME_H

#include <stdint.h>

#include "fs/base/text.h"

#define WRITER_NAME_MAX 64u /* bytes of a name that is a process's own word */

/* Appends "claude[4711]": the last part of the executable's path, as the kernel told it. Where it
 * told none (beside a container the daemon may not look), "claude?[4711]" by the first word of the
 * command line, which the process can choose; "?[4711]" without that. Not safe to print as it is.
 * exe and command may be NULL. */
void writer_name_append(struct text *text, const char *exe, const char *command, uint32_t pid);

#endif

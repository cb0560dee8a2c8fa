/* SPDX-License-Identifier: MIT */
/* "EROFS" for 30: the names that a refusal's errno has in the log and in JSON. */
#ifndef CLAUDEFS_CLI_ERRNO_NAME_H
#define CLAUDEFS_CLI_ERRNO_NAME_H

#include <stdint.h>

#define ERRNO_NAME_SIZE 24u

/* buffer is used for errors without a name in the table ("error 123"). */
const char *errno_name(uint32_t error, char buffer[ERRNO_NAME_SIZE]);

#endif

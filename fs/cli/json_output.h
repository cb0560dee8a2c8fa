/* SPDX-License-Identifier: MIT */
/* JSON on stdout. Everything outside printable ASCII is escaped, so that a terminal is safe from it
 * too. */
#ifndef CLAUDEFS_CLI_JSON_OUTPUT_H
#define CLAUDEFS_CLI_JSON_OUTPUT_H

#include <stdint.h>

#include "fs/base/json.h"

/* One value, indented, with a newline. Returns EXIT_OK or EXIT_FAULT (said on stderr). */
int json_output_print(const json_t *json);

/* One value on one line. */
int json_output_print_line(const json_t *json);

/* Sets key to a name that may be any bytes. Where it is not UTF-8 (U+FFFD then stands for the
 * bytes), key_hex is set too: the exact bytes in hexadecimal. */
void json_output_set_name(json_t *object, const char *key, const char *name);

/* RFC 3339, or null for 0. */
void json_output_set_time(json_t *object, const char *key, uint64_t ns);

#endif

/* SPDX-License-Identifier: MIT */
/* HTML text from untrusted bytes. Everything that a browser could take for markup is escaped, and
 * what a person could not see (controls, bidirectional and invisible characters, invalid UTF-8) is
 * spelt out in a span of its own, so that it cannot be taken for the content's own backslashes. */
#ifndef CLAUDEFS_CLI_HTML_H
#define CLAUDEFS_CLI_HTML_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* For text between tags; '\n' and '\t' stay. */
void html_print(FILE *stream, const char *s, size_t len);
void html_print_string(FILE *stream, const char *s);

/* For text between tags too: what another module made terminal-safe already, on one line. */
void html_print_safe(FILE *stream, const char *safe);

/* writer_name_append(), for text between tags. */
void html_print_writer(FILE *stream, const char *exe, const char *command, uint32_t pid);

#endif

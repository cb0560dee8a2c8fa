/* SPDX-License-Identifier: MIT */
/* Journal records as lines for people, or as JSON. Records come from an untrusted session. */
#ifndef CLAUDEFS_CLI_LOG_LINES_H
#define CLAUDEFS_CLI_LOG_LINES_H

#include <stdbool.h>

#include "fs/base/terminal.h"
#include "fs/base/text.h"
#include "fs/cli/command.h"
#include "fs/journal/record.h"

struct log_lines;

/* cli is borrowed. NULL: out of memory. */
struct log_lines *log_lines_new(const struct cli *cli);
void log_lines_free(struct log_lines *lines);
void cleanup_log_lines_free(struct log_lines **lines);
#define cleanup_log_lines __attribute__((cleanup(cleanup_log_lines_free)))

/* Takes the next record, and prints it if is_printed. For people, records that only serve the
 * machinery (processes, base entries, seals) are left out. Returns 0, -ENOMEM or -EIO (JSON could
 * not be made). */
int log_lines_take(struct log_lines *lines, const struct journal_record *record, bool is_printed);

/* The beginning of every line for people: when, who, what. actor is made safe. */
void log_line_begin(struct text *line, bool is_colored, uint64_t time_ns, const char *actor,
		    enum terminal_style style, const char *type);

#endif

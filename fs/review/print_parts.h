/* SPDX-License-Identifier: MIT */
/* The parts of a change (parts.h) for people and for JSON. Contents come from an untrusted session:
 * they are made terminal-safe. */
#ifndef CLAUDEFS_REVIEW_PRINT_PARTS_H
#define CLAUDEFS_REVIEW_PRINT_PARTS_H

#include <stdio.h>

#include "fs/review/parts.h"
#include "fs/review/print_status.h"

/* One part as a person decides about it, under the change's heading if wanted. A record is shown up
 * to RECORD_SHOWN_MAX bytes (on a terminal PRINT_DIFF_LINE_MAX); of a longer one the SHA-256 is
 * told. Returns 0, -EPIPE, -ENOMEM or another -errno. */
int print_part(const struct change *change, const struct parts *parts, const struct part *part,
	       bool has_heading, const struct print_style *style, FILE *stream);

/* All keys of a change, each with what was decided about it, under its heading. Returns 0, -EPIPE,
 * or an error of parts_of_change(), and nothing is printed then. */
int print_parts_by_key(const struct review *review, const struct change *change,
		       const struct print_style *style, FILE *stream);

/* The records of a change that were decided about, a line each; nothing if none was. Returns 0,
 * -EPIPE or -ENOMEM. */
int print_decided_records(const struct review *review, const struct change *change,
			  const struct print_style *style, FILE *stream);

/* Keys: as keys_to_json(), with "decision". Records: [{"record", "decision", "foreign", "size",
 * "sha256"}] (ret_). "decision" is "none", "approved", "rejected" or "lapsed". NULL: out of memory.
 */
json_t *parts_to_json(const struct parts *parts);

#endif

/* SPDX-License-Identifier: MIT */
/* The parts of `claudefs report`; private to fs/cli. Each prints a section of the page. All that
 * comes from a session goes through html.h; no attribute holds anything that a session chose. */
#ifndef CLAUDEFS_CLI_REPORT_H
#define CLAUDEFS_CLI_REPORT_H

#include <stdio.h>

#include "fs/cli/host_events.h"
#include "fs/cli/open_review.h"

#define REPORT_CHANGES_MAX    600u   /* with a card of their own, of all groups */
#define REPORT_NEVER_MAX      200u   /* of those that never leave, as names */
#define REPORT_DIFF_LINES_MAX 300u   /* of one change */
#define REPORT_LINES_MAX      20000u /* of the whole page */
#define REPORT_LINE_BYTES_MAX 600u   /* of one line */
#define REPORT_EVENTS_MAX     300u
#define REPORT_PROCESSES_MAX  60u
#define REPORT_DECISIONS_MAX  200u
#define REPORT_PARTS_MAX      60u /* decided ones, of one change */
#define REPORT_PUSHES_MAX     100u
#define REPORT_HAZARDS_MAX    120u
#define REPORT_HAZARDS_NEVER  8u /* of all that never leaves */
#define REPORT_HAZARDS_EACH   5u /* of one change in the first table; its card has all */

struct report {
	const struct cli *cli;
	const struct chosen_session *session;
	const struct review *review;
	const struct host_events *host;
	FILE *out;
	size_t lines; /* of diffs printed so far */
};

/* How many, with the right ending: "1 change", "2 changes". */
void report_count(FILE *out, size_t count, const char *noun);

void report_hazards(struct report *report);
void report_changes(struct report *report);

/* In the card of a change: what was decided about it or its parts; nothing if nothing was. */
void report_decision(struct report *report, const struct change *change);
/* Pushes, and what became of the session on the host. */
void report_host(struct report *report);

/* Timeline, processes and refused operations, from the journal. Returns 0 or -errno. */
int report_events(struct report *report);

/* What the gateway allowed and refused; nothing where no gateway ran. */
void report_network(struct report *report);

#endif

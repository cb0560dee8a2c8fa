/* SPDX-License-Identifier: MIT */
/* --print-plan: everything that would be done, and where it was said. Starts nothing but the
 * question to a store whether it has a login, and with --runtime auto the one whether an engine
 * answers. Never a secret: of variables only the names, of the login only where it is. */
#ifndef CLAUDEFS_LAUNCHER_PLAN_REPORT_H
#define CLAUDEFS_LAUNCHER_PLAN_REPORT_H

#include <stdio.h>

#include "fs/base/json.h"
#include "launcher/plan.h"

/* *ret (ret_): the document of --json (claudefs-run(1)). Returns 0, or an exit code after a line on
 * stderr (a list or a rule file that cannot be read). */
int plan_to_json(const struct plan *plan, const struct options *options,
		 const struct host_places *places, json_t **ret);

/* The same for people, from that document. Returns 0 or -errno. */
int plan_print_text(const json_t *document, FILE *stream);

/* By options->is_json. Returns an exit code. */
int plan_print(const struct plan *plan, const struct options *options,
	       const struct host_places *places, FILE *stream);

#endif

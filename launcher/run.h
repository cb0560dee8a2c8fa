/* SPDX-License-Identifier: MIT */
/* One session from its plan to its summary. */
#ifndef CLAUDEFS_LAUNCHER_RUN_H
#define CLAUDEFS_LAUNCHER_RUN_H

#include "launcher/host_places.h"
#include "launcher/options.h"
#include "launcher/plan.h"
#include "launcher/runtime.h"

/* Returns the exit code of claudefs-run. */
int run_session(const struct options *options, const struct host_places *places,
		const struct plan *plan, const struct runtime *runtime);

#endif

/* SPDX-License-Identifier: MIT */
/* The project directory: canonicalised once, identified by device and inode, and refused where
 * handing it to an agent would hand over more than a project. */
#ifndef CLAUDEFS_LAUNCHER_PROJECT_H
#define CLAUDEFS_LAUNCHER_PROJECT_H

#include <stdint.h>

#include "launcher/host_places.h"

struct project {
	char *path; /* canonical, absolute */
	uint64_t dev;
	uint64_t ino;
};

void project_done(struct project *project);
#define cleanup_project __attribute__((cleanup(project_done)))

/* given: as typed; NULL: the current directory. Returns 0, or EXIT_RUN_FAILED after a line on
 * stderr. */
int project_find(const char *given, const struct host_places *places, struct project *ret);

/* Why path (canonical) may not be a project, or NULL. Pure; places must be canonical too. */
const char *project_refusal(const char *path, const struct host_places *places);

#endif

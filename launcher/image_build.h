/* SPDX-License-Identifier: MIT */
/* Building the image: the recipe, the two programs, and Claude Code if a version was asked for, are
 * put into a directory of their own and handed to the engine. Private to launcher/image*.c. */
#ifndef CLAUDEFS_LAUNCHER_IMAGE_BUILD_H
#define CLAUDEFS_LAUNCHER_IMAGE_BUILD_H

#include "launcher/image.h"

#define IMAGE_SOURCE_COUNT 5u

/* Paths of what an image is made of: three files of the recipe, two programs. */
struct image_source {
	char *paths[IMAGE_SOURCE_COUNT];
};

void image_source_done(struct image_source *source);
/* Returns 0, or -errno after a line on stderr. */
int image_source_find(struct image_source *ret);

/* Returns 0, or an exit code after a line on stderr. */
int image_build(const struct engine *engine, const struct options *options,
		const struct image *image);

#endif

/* SPDX-License-Identifier: MIT */
/* The image of the containers: made from the recipe of this installation (launcher/image), known
 * again by its labels. Nothing of a person goes into it, and no secret. */
#ifndef CLAUDEFS_LAUNCHER_IMAGE_H
#define CLAUDEFS_LAUNCHER_IMAGE_H

#include <stdbool.h>

#include "launcher/engine.h"
#include "launcher/options.h"

#define IMAGE_NAME        "claudefs:" CLAUDEFS_VERSION
#define IMAGE_DEBIAN_NAME "claudefs-debian:" CLAUDEFS_VERSION

/* What is there, in the words of a person. */
enum image_state {
	IMAGE_CURRENT,
	IMAGE_ABSENT,
	IMAGE_OTHER,     /* of another version, recipe or programs */
	IMAGE_NO_ENGINE, /* nothing answers */
	IMAGE_ERROR,     /* said on stderr */
};

struct image {
	char *name;  /* for the engine */
	char *stamp; /* digest of recipe, programs and root: the label of a current image */
};

void image_done(struct image *image);
#define cleanup_image __attribute__((cleanup(image_done)))

/* Fills name and stamp from the options. Returns 0, or an exit code after a line on stderr. */
int image_describe(const struct options *options, struct image *ret);

/* Asks the engine; other work can be done between. Returns 0 or -errno. */
int image_look_begin(const struct engine *engine, const struct image *image,
		     struct engine_call *ret);
/* answer (for its complaint) is filled for IMAGE_NO_ENGINE. */
enum image_state image_look_end(const struct engine *engine, const struct image *image,
				struct engine_call *call, struct engine_answer *answer);

/* Builds what is not current; with --rebuild checks the recipe first. An image that was named by
 * --image is never built. call: from image_look_begin(). Progress goes to stderr if that is a
 * terminal. Returns 0, or an exit code after a line on stderr. */
int image_ensure(const struct engine *engine, const struct options *options,
		 const struct image *image, struct engine_call *call);

#endif

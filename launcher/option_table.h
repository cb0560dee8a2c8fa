/* SPDX-License-Identifier: MIT */
/* The options one by one, by name: for the files that set them, and for what shows them. */
#ifndef CLAUDEFS_LAUNCHER_OPTION_TABLE_H
#define CLAUDEFS_LAUNCHER_OPTION_TABLE_H

#include "launcher/options.h"

/* Its index, by name without dashes; -1: none. */
int option_find(const char *key);
/* Without dashes (static); NULL beyond the last. In the order of the help, then the hidden ones. */
const char *option_name(size_t index);
/* May a configuration file have it? */
bool option_may_configure(size_t index);
/* What its value is, for people (static); NULL: it takes none. */
const char *option_argument(size_t index);
/* Its value is a path of the host. */
bool option_is_path(size_t index);
/* It may be given several times: what is given adds up. */
bool option_is_list(size_t index);

/* value: NULL for a flag. What a source before this one has set stays as it is, but for lists.
 * Returns 0, or an exit code after a line on stderr. */
int option_set(struct options *options, size_t index, const char *value,
	       enum setting_source source);

/* Notes that a source has decided about it, whatever it set. */
void option_mark(struct options *options, const char *key, enum setting_source source);
enum setting_source option_source(const struct options *options, const char *key);

#endif

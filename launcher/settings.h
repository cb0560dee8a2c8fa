/* SPDX-License-Identifier: MIT */
/* The options as values with their sources, for --print-plan and for messages. Nothing secret: of
 * variables only the names. */
#ifndef CLAUDEFS_LAUNCHER_SETTINGS_H
#define CLAUDEFS_LAUNCHER_SETTINGS_H

#include "fs/base/json.h"
#include "launcher/options.h"

/* { "network": { "value": "none", "source": "/proj/.claudefs.json" }, ... }: every option that a
 * configuration file or the project's can have, in the order of a table. source is "default",
 * "command line", or a path. NULL: out of memory. */
json_t *settings_to_json(const struct options *options, const char *user_config);

/* The value in force: bytes, processors as text with three digits, false, null (nobody asked for
 * anything), ... NULL: no such setting, or no memory. */
json_t *setting_value(const struct options *options, const char *key);

/* The same for people (ret_): "none", "512.0 MiB", "on". NULL: no such setting, or no memory.
 */
char *setting_text(const struct options *options, const char *key);

#endif

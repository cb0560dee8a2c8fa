/* SPDX-License-Identifier: MIT */
/* Which registries the person's own npm and pip are set up for. No registry's host is written
 * anywhere in claudefs: the programs are asked. */
#ifndef CLAUDEFS_LAUNCHER_EGRESS_REGISTRY_H
#define CLAUDEFS_LAUNCHER_EGRESS_REGISTRY_H

#include <stddef.h>

#include "fs/base/text.h"

/* Append one line a host; nothing, after a warning, where the program is absent or does not say.
 * Return 0 or -errno. */
int egress_ask_npm(struct text *lines);
int egress_ask_pip(struct text *lines);

/* Appends the hosts of all URLs in what such a program printed. Returns how many or -ENOMEM. Pure.
 */
int egress_hosts_of_output(const char *output, struct text *lines);

#endif

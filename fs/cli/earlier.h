/* SPDX-License-Identifier: MIT */
/* The earlier sessions of a project: what waits in one of them would be forgotten, since commands
 * work on the newest. */
#ifndef CLAUDEFS_CLI_EARLIER_H
#define CLAUDEFS_CLI_EARLIER_H

#include <stddef.h>

#include "fs/cli/command.h"
#include "fs/cli/session_choice.h"

#define EARLIER_SESSIONS_MAX 10u  /* that are looked at */
#define EARLIER_MS_MAX       300u /* after so long no other one is begun with */

struct earlier {
	char *id;       /* ret_; NULL: none has anything */
	size_t waiting; /* changes and pushes that wait for the person in it */
};

void earlier_done(struct earlier *earlier);
#define cleanup_earlier __attribute__((cleanup(earlier_done)))

/* The newest one before session, of the same project and not discarded, with anything that waits
 * for the person or for a commit. What cannot be read is passed over: this is a reminder. */
void earlier_find(const struct cli *cli, const struct chosen_session *session, struct earlier *ret);

#endif

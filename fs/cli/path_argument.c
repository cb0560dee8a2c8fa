/* SPDX-License-Identifier: MIT */
#include "fs/cli/path_argument.h"

#include <errno.h>

#include "fs/base/message.h"
#include "fs/cli/host_location.h"

int path_argument(const struct chosen_session *session, const char *argument, char **ret)
{
	/* Borrowed: nothing here is freed. */
	const struct host_location location = { session->manifest.host_root,
						session->manifest.host_config };
	int r = host_location_state_path(&location, argument, ret);

	if (r == 0)
		return EXIT_OK;
	if (r == -ENOMEM) {
		message_error("out of memory");
		return EXIT_FAULT;
	}
	message_error("%s: not a path in %s; give one relative to it, without '..'", argument,
		      location.root);
	return EXIT_USAGE;
}

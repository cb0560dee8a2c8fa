/* SPDX-License-Identifier: MIT */
/* What one mount is made of: the session, its manifest, the rules, the host's tree, the journal and
 * the view over all of them; opened in this order and closed in the opposite one. */
#ifndef CLAUDEFS_MOUNT_DAEMON_H
#define CLAUDEFS_MOUNT_DAEMON_H

#include "fs/base/message.h"
#include "fs/host/host_tree.h"
#include "fs/journal/content_store.h"
#include "fs/journal/writer.h"
#include "fs/mount/credentials.h"
#include "fs/mount/daemon_log.h"
#include "fs/mount/options.h"
#include "fs/policy/project_scope.h"
#include "fs/policy/rules.h"
#include "fs/session/manifest.h"
#include "fs/view/view.h"

struct daemon {
	int session_fd;
	struct manifest manifest;
	struct rules *rules;
	struct project_scope *scope;
	struct host_tree *host;
	struct daemon_log *log;
	struct content_store *store;
	struct journal_writer *journal;
	struct view *view;
	struct credentials credentials;
};

#define DAEMON_NONE                                                                           \
	{                                                                                     \
		.session_fd = -1, .credentials = {.in_fd = -1, .out_fd = -1, .event_fd = -1 } \
	}

/* Opens all but the journal and the view: nothing is written yet but the log file. Returns EXIT_OK,
 * or another code with a line on stderr. What was opened is closed by daemon_close() either way. */
enum exit_code daemon_open(const struct mount_options *options, struct daemon *ret);

/* Starts the journal and makes the view: from here on the session counts as running.
 * credentials: borrowed, or NULL. */
enum exit_code daemon_start(struct daemon *daemon, const struct mount_options *options,
			    const struct secret *credentials);

/* Ends the journal in order and closes. Returns EXIT_OK, or the code of what could not be written
 * (said on stderr and in the log). */
enum exit_code daemon_close(struct daemon *daemon);

#endif

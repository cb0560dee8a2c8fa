/* SPDX-License-Identifier: MIT */
#include "fs/cli/open_commit.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "fs/base/message.h"

#define BUSY_WAIT_MS  10000u /* for another commit on this host */
#define BUSY_PAUSE_MS 50u

void open_commit_calm(void)
{
	/* Output may go to a reader that leaves; a commit goes on regardless. */
	(void)signal(SIGPIPE, SIG_IGN);
	/* Under `ulimit -f` a write shall fail with EFBIG, not end us half-way. */
	(void)signal(SIGXFSZ, SIG_IGN);
}

int open_commit_say(const char *command, const struct chosen_session *session, int error)
{
	const char *root = session->manifest.host_root;

	switch (error) {
	case -ESTALE:
		message_error("%s: %s: missing, or not the directory that the session started "
			      "from; put that one back (nothing was changed)",
			      command, root);
		return EXIT_HOST_STATE;
	case -EBUSY:
		message_error("%s: %s: another commit is at work there; run this again when it "
			      "is done",
			      command, root);
		return EXIT_BUSY;
	case -EBADMSG:
		message_error("%s: session %s: the record of a commit that was cut short is "
			      "damaged, or not of this machine; 'claudefs verify' says where",
			      command, session->id);
		return EXIT_DAMAGED;
	case -ENOSPC:
	case -EDQUOT:
		message_error("%s: %s: no space left; make room and run 'claudefs commit' "
			      "again, it goes on where it stopped",
			      command, root);
		return EXIT_NO_SPACE;
	default:
		message_error(
			"%s: %s: %s; run 'claudefs commit' again, it goes on where it stopped",
			command, root, strerror(-error));
		return message_exit_code(error);
	}
}

/* Two sessions of one person often end together: the second commit waits for the first. Not for
 * long, since an interactive one holds the lock while it asks. */
int open_commit(const struct chosen_session *session, struct commit_report *report,
		struct commit **ret)
{
	const struct timespec pause = { .tv_nsec = BUSY_PAUSE_MS * 1000000L };
	unsigned int waited = 0;
	int r;

	while ((r = commit_open(session->fd, &session->manifest, session->state_fd,
				commit_report_event, report, &report->recovered, ret)) == -EBUSY &&
	       waited < BUSY_WAIT_MS) {
		(void)nanosleep(&pause, NULL);
		waited += BUSY_PAUSE_MS;
	}
	return r;
}

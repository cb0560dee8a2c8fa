/* SPDX-License-Identifier: MIT */
/* `claudefs log`: the journal as it happened. A write that was reverted later is still here.
 * Between its records: what the gateway decided, and what became of it on the host. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/cli/command.h"
#include "fs/cli/host_events.h"
#include "fs/cli/log_lines.h"
#include "fs/cli/log_network.h"
#include "fs/cli/open_review.h"
#include "fs/cli/pager.h"
#include "fs/cli/session_choice.h"
#include "fs/journal/reader.h"
#include "fs/session/session_dir.h"

#define FOLLOW_INTERVAL_NS 300000000l

/* Where the last pass over the journal ended. */
struct log_position {
	uint64_t offset;
	uint64_t last_seq; /* printed up to here */
	enum journal_state state;
	const char *reason;
	struct log_network network;
	uint64_t host_ns; /* what became of it on the host is printed up to here */
};

/* What happened beside the journal until then. */
static int print_beside(const struct cli *cli, struct log_position *position,
			const struct host_events *host, uint64_t time_ns)
{
	int r = log_network_print(cli, &position->network, time_ns);

	return r < 0 ? r : host_events_print(cli, host, &position->host_ns, time_ns);
}

/* Reads the journal from its start, since every record is chained to the one before, and prints
 * what is new. */
static int read_through(const struct cli *cli, const struct chosen_session *session,
			struct log_position *position, const struct host_events *host)
{
	cleanup_journal_reader struct journal_reader *reader = NULL;
	cleanup_log_lines struct log_lines *lines = log_lines_new(cli);
	struct journal_record record;
	int r;

	if (!lines)
		return -ENOMEM;
	r = log_network_read(&position->network, session->fd);
	if (r == 0)
		r = journal_reader_open(session->fd, session->id, &reader);
	if (r < 0)
		return r;
	while ((r = journal_reader_next(reader, &record)) > 0) {
		bool is_new = record.seq > position->last_seq;

		r = is_new ? print_beside(cli, position, host, record.time_ns) : 0;
		if (r == 0)
			r = log_lines_take(lines, &record, is_new);
		if (r < 0)
			return r;
		if (is_new)
			position->last_seq = record.seq;
	}
	if (r == 0)
		r = print_beside(cli, position, host, UINT64_MAX);
	if (r < 0)
		return r;
	position->offset = journal_reader_offset(reader);
	position->state = journal_reader_state(reader, &position->reason);
	return 0;
}

/* The journal is told even where what became of it on the host cannot be (said once, *code). */
static int read_all(const struct cli *cli, const struct chosen_session *session,
		    struct log_position *position, int *code)
{
	cleanup_host_events struct host_events host = HOST_EVENTS_NONE;

	if (*code == EXIT_OK)
		*code = host_events_read("log", session, &host);
	return read_through(cli, session, position, &host);
}

static int follow(const struct cli *cli, const struct chosen_session *session,
		  struct log_position *position, int *code)
{
	struct timespec interval = { .tv_nsec = FOLLOW_INTERVAL_NS };
	bool is_running = session->is_running;

	while (is_running && position->state != JOURNAL_COMPLETE &&
	       position->state != JOURNAL_DAMAGED) {
		int r;

		if (fflush(stdout) != 0)
			return 0;
		(void)nanosleep(&interval, NULL);
		/* Asked before the read, so that the last records of a session that ends now are
		 * seen. */
		is_running = session_is_running(session->fd);
		r = read_all(cli, session, position, code);
		if (r < 0)
			return r;
	}
	return 0;
}

int cmd_log(const struct cli *cli)
{
	cleanup_chosen_session struct chosen_session session = CHOSEN_SESSION_NONE;
	cleanup_pager struct pager pager = { 0 };
	struct log_position position = { 0 };
	int code = EXIT_OK;
	int r = session_choose(cli, &session);

	if (r != EXIT_OK)
		return r;
	if (!cli->follows)
		pager_start(cli, &pager);
	r = read_all(cli, &session, &position, &code);
	if (r == 0 && cli->follows)
		r = follow(cli, &session, &position, &code);
	pager_finish(&pager);
	log_network_done(&position.network);
	if (r < 0)
		return say_journal_failure(&session, r);
	if (position.state == JOURNAL_DAMAGED) {
		message_warning("session %s: journal damaged at byte %" PRIu64
				" (%s); what comes after it is not shown",
				session.id, position.offset,
				position.reason ? position.reason : "unknown");
		return EXIT_DAMAGED;
	}
	return code;
}

/* SPDX-License-Identifier: MIT */
#include "fs/cli/deciding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"

#define BUSY_WAIT_MS  5000u
#define BUSY_PAUSE_MS 20u

void deciding_done(struct deciding *deciding)
{
	decisions_free(deciding->decisions);
	free(deciding->key);
	/* A zeroed one was never opened. */
	if (deciding->session)
		cleanup_close_fd(&deciding->lock_fd);
	*deciding = (struct deciding){ .lock_fd = -1 };
}

static int say(const struct chosen_session *session, int error)
{
	switch (error) {
	case -EBUSY:
		message_error("session %s: another claudefs is deciding about it; try again",
			      session->id);
		return EXIT_BUSY;
	case -EBADMSG:
		message_error("session %s: decisions.json is damaged; remove it, and decide again",
			      session->id);
		return EXIT_DAMAGED;
	case -EPROTONOSUPPORT:
		message_error("session %s: decisions.json was written by a newer claudefs; use "
			      "that version",
			      session->id);
		return EXIT_TOO_NEW;
	case -E2BIG:
		message_error("session %s: too many decisions; approve whole directories instead",
			      session->id);
		return EXIT_USAGE;
	case -ENOSPC:
	case -EDQUOT:
		message_error("session %s: decisions.json: no space left; nothing was decided",
			      session->id);
		return EXIT_NO_SPACE;
	default:
		message_error("session %s: decisions.json: %s; nothing was decided", session->id,
			      strerror(-error));
		return message_exit_code(error);
	}
}

static int take_lock(const struct chosen_session *session)
{
	const struct timespec pause = { .tv_nsec = BUSY_PAUSE_MS * 1000000L };
	unsigned int waited = 0;
	int fd;

	while ((fd = decisions_lock(session->fd)) == -EBUSY && waited < BUSY_WAIT_MS) {
		(void)nanosleep(&pause, NULL);
		waited += BUSY_PAUSE_MS;
	}
	return fd;
}

int deciding_open(const struct chosen_session *session, struct deciding *ret)
{
	cleanup_deciding struct deciding deciding = { .session = session, .lock_fd = -1 };
	int r;

	deciding.lock_fd = take_lock(session);
	if (deciding.lock_fd < 0)
		return say(session, deciding.lock_fd);
	deciding.key = malloc(sizeof(*deciding.key));
	if (!deciding.key)
		return say(session, -ENOMEM);
	r = state_key_read(session->state_fd, true, deciding.key);
	if (r < 0)
		return session_say_key(r);
	r = decisions_read(session->fd, session->id, deciding.key, &deciding.decisions, NULL);
	if (r < 0)
		return say(session, r);
	*ret = deciding;
	deciding = (struct deciding){ .lock_fd = -1 };
	return EXIT_OK;
}

int deciding_set(struct deciding *deciding, const char *path, enum decision_verdict verdict,
		 const struct digest *digest)
{
	int r;

	decisions_set_aside_all(deciding->decisions, path);
	r = decisions_set(deciding->decisions, path, DECISION_WHOLE, NULL, verdict, digest);
	return r < 0 ? say(deciding->session, r) : EXIT_OK;
}

int deciding_set_part(struct deciding *deciding, const char *path, enum decision_scope scope,
		      const char *part, enum decision_verdict verdict, const struct digest *digest)
{
	int r;

	for (enum decision_scope other = DECISION_WHOLE; other <= DECISION_RECORD; other++) {
		if (other != scope)
			decisions_set_aside(deciding->decisions, path, other);
	}
	r = decisions_set(deciding->decisions, path, scope, part, verdict, digest);
	return r < 0 ? say(deciding->session, r) : EXIT_OK;
}

int deciding_save(struct deciding *deciding)
{
	int r = decisions_write(deciding->decisions, deciding->session->fd);

	return r < 0 ? say(deciding->session, r) : EXIT_OK;
}

int deciding_note(const struct chosen_session *session, const char *path,
		  enum decision_verdict verdict, const struct digest *digest)
{
	cleanup_deciding struct deciding deciding = { .lock_fd = -1 };
	int r = deciding_open(session, &deciding);

	if (r == EXIT_OK)
		r = deciding_set(&deciding, path, verdict, digest);
	return r == EXIT_OK ? deciding_save(&deciding) : r;
}

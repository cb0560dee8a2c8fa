/* SPDX-License-Identifier: MIT */
#include "fs/cli/session_choice.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/policy/never_list.h"
#include "fs/session/session_dir.h"

struct id_list {
	char **ids;
	int count;
};

static void id_list_done(struct id_list *list)
{
	if (list->count >= 0)
		session_list_free(list->ids, list->count);
}
#define cleanup_id_list __attribute__((cleanup(id_list_done)))

void chosen_session_done(struct chosen_session *session)
{
	cleanup_close_fd(&session->state_fd);
	cleanup_close_fd(&session->fd);
	session->state_fd = -1;
	session->fd = -1;
	free(session->id);
	session->id = NULL;
	manifest_done(&session->manifest);
}

int session_open_state(int *ret_fd)
{
	cleanup_free char *path = session_state_path();
	int fd;

	if (!path) {
		message_error(
			"no state directory: set HOME (or XDG_STATE_HOME) to an absolute path");
		return EXIT_FAULT;
	}
	fd = session_state_open(false);
	if (fd == -ENOENT)
		return EXIT_NO_SESSION;
	if (fd == -EPERM) {
		message_error("%s: others may write there, or it is not yours; make it yours and "
			      "'chmod 700' it",
			      path);
		return EXIT_FAULT;
	}
	if (fd < 0) {
		message_error("%s: %s", path, strerror(-fd));
		return message_exit_code(fd);
	}
	*ret_fd = fd;
	return EXIT_OK;
}

int session_say_unusable(const char *id, int error)
{
	switch (error) {
	case -ENOENT:
		message_error("session %s: no manifest; 'claudefs sessions' lists what there is",
			      id);
		break;
	case -EPROTONOSUPPORT:
		message_error("session %s: made by a newer claudefs; use that version to read it",
			      id);
		break;
	case -EBADMSG:
		message_error("session %s: manifest.json is damaged; restore it from a backup, or "
			      "remove the session's directory",
			      id);
		break;
	default: message_error("session %s: %s", id, strerror(-error)); break;
	}
	return error == -ENOENT ? EXIT_DAMAGED : (int)message_exit_code(error);
}

int session_open_chosen(int state_fd, const char *id, struct chosen_session *ret)
{
	struct chosen_session session = CHOSEN_SESSION_NONE;
	int r;

	session.fd = session_open(state_fd, id);
	if (session.fd < 0)
		return session.fd;
	r = manifest_read(session.fd, id, &session.manifest);
	session.id = r < 0 ? NULL : strdup(id);
	if (r >= 0 && !session.id)
		r = -ENOMEM;
	if (r < 0) {
		chosen_session_done(&session);
		return r;
	}
	session.state_fd = fcntl(state_fd, F_DUPFD_CLOEXEC, 3);
	if (session.state_fd < 0) {
		r = -errno;
		chosen_session_done(&session);
		return r;
	}
	session.is_running = session_is_running(session.fd);
	*ret = session;
	return 0;
}

/* "20261123T1408" or, since beginnings are long, the random part behind the last '-'. */
static bool does_id_match(const char *id, const char *wanted)
{
	const char *tail = strrchr(id, '-');
	size_t len = strlen(wanted);

	return strncmp(id, wanted, len) == 0 ||
	       (len >= 4 && tail && strncmp(tail + 1, wanted, len) == 0);
}

static int find_named(const struct id_list *list, const char *wanted, const char **ret_id)
{
	int matches = 0;

	for (int i = 0; i < list->count; i++) {
		if (strcmp(list->ids[i], wanted) == 0) {
			*ret_id = list->ids[i];
			return EXIT_OK;
		}
		if (!does_id_match(list->ids[i], wanted))
			continue;
		*ret_id = list->ids[i];
		matches++;
	}
	if (matches == 1)
		return EXIT_OK;
	if (matches == 0) {
		message_error("session %s: no such session; 'claudefs sessions' lists them",
			      wanted);
		return EXIT_NO_SESSION;
	}
	message_error("session %s: %d sessions begin so; give more of the id", wanted, matches);
	return EXIT_USAGE;
}

/* True if directory is project or lies in it. */
static bool is_in_project(const char *directory, const char *project)
{
	size_t len = strlen(project);

	while (len > 1 && project[len - 1] == '/')
		len--;
	if (len == 0 || strncmp(directory, project, len) != 0)
		return false;
	return directory[len] == '\0' || directory[len] == '/' || len == 1;
}

/* Sessions that may be of the project, but do not say so. */
struct unreadable_sessions {
	int count;
	char newest[SESSION_ID_MAX];
};

/* Newest first, so the first one of the innermost project wins. */
static int find_for_directory(int state_fd, const struct id_list *list, const char *directory,
			      struct chosen_session *ret, struct unreadable_sessions *unreadable)
{
	size_t best = 0;

	for (int i = 0; i < list->count; i++) {
		struct chosen_session session = CHOSEN_SESSION_NONE;
		int r = session_open_chosen(state_fd, list->ids[i], &session);

		if (r == -ENOMEM)
			return r;
		if (r < 0) {
			if (unreadable->count++ == 0)
				(void)snprintf(unreadable->newest, sizeof(unreadable->newest), "%s",
					       list->ids[i]);
			continue;
		}
		if (!session.manifest.is_discarded &&
		    is_in_project(directory, session.manifest.project) &&
		    strlen(session.manifest.project) > best) {
			best = strlen(session.manifest.project);
			chosen_session_done(ret);
			*ret = session;
		} else {
			chosen_session_done(&session);
		}
	}
	return 0;
}

static int choose(const struct cli *cli, struct chosen_session *ret,
		  struct unreadable_sessions *unreadable)
{
	cleanup_id_list struct id_list list = { 0 };
	cleanup_free char *directory = NULL;
	cleanup_fd int state_fd = -1;
	const char *id = NULL;
	int r = session_open_state(&state_fd);

	if (r == EXIT_OK) {
		list.count = session_list(state_fd, &list.ids);
		if (list.count < 0) {
			message_error("sessions: %s", strerror(-list.count));
			return message_exit_code(list.count);
		}
	} else if (r != EXIT_NO_SESSION) {
		return r;
	}
	if (cli->session) {
		r = find_named(&list, cli->session, &id);
		if (r != EXIT_OK)
			return r;
		r = session_open_chosen(state_fd, id, ret);
		if (r < 0)
			return session_say_unusable(id, r);
	} else {
		directory = getcwd(NULL, 0);
		if (!directory) {
			message_error("current directory: %s; change to a directory that exists",
				      strerror(errno));
			return EXIT_FAULT;
		}
		if (find_for_directory(state_fd, &list, directory, ret, unreadable) < 0) {
			message_error("out of memory");
			return EXIT_FAULT;
		}
	}
	/* Also where there is no session. */
	if (ret->state_fd < 0)
		ret->state_fd = steal_fd(&state_fd);
	return EXIT_OK;
}

int session_choose_if_any(const struct cli *cli, struct chosen_session *ret)
{
	struct unreadable_sessions unreadable = { 0 };

	return choose(cli, ret, &unreadable);
}

int session_choose(const struct cli *cli, struct chosen_session *ret)
{
	struct unreadable_sessions unreadable = { 0 };
	int r = choose(cli, ret, &unreadable);

	if (r != EXIT_OK)
		return r;
	/* An older session must not pass for the newest in silence. */
	if (ret->id && unreadable.count > 0 && strcmp(unreadable.newest, ret->id) > 0)
		message_warning("session %s is newer than this one, but cannot be read: see "
				"'claudefs sessions'",
				unreadable.newest);
	if (ret->id)
		return EXIT_OK;
	if (unreadable.count > 0)
		message_error("no session of this project (%d could not be read: see 'claudefs "
			      "sessions')",
			      unreadable.count);
	else
		message_error("no session of this project; start one with 'claudefs-run', or name "
			      "one of 'claudefs sessions' with --session");
	return EXIT_NO_SESSION;
}

int session_scope_new(const struct manifest *manifest, struct project_scope **ret)
{
	cleanup_project_scope struct project_scope *scope = NULL;
	struct never_list *never = NULL;
	const char *reason;
	int r = project_scope_new(manifest->project, &scope);

	if (r == 0 && manifest->never)
		r = never_list_parse(manifest->never, &never, &reason);
	if (r < 0)
		return r == -E2BIG ? -EINVAL : r;
	project_scope_set_never(scope, never);
	*ret = steal_ptr(&scope);
	return 0;
}

int session_say_key(int error)
{
	cleanup_free char *state = session_state_path();

	message_error("%s/key: %s; remove it (what was approved and not committed is asked again)",
		      state ? state : "state directory",
		      error == -EBADMSG ? "not a key"
		      : error == -EPERM ? "others may read or write it"
					: strerror(-error));
	return error == -EBADMSG ? EXIT_DAMAGED : message_exit_code(error);
}

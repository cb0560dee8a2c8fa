/* SPDX-License-Identifier: MIT */
/* `claudefs-run --reload-firewall`: one list to the gates of all sessions that run. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/message.h"
#include "fs/session/manifest.h"
#include "fs/session/network_files.h"
#include "fs/session/session_dir.h"
#include "launcher/egress.h"

#define ANSWER_SECONDS 10
#define ANSWER_MAX     512u

/* -ENOENT, -ECONNREFUSED: no gate there. */
static int connect_gate(int session_fd)
{
	static const struct timeval limit = { ANSWER_SECONDS, 0 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	cleanup_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s",
		       session_fd, NETWORK_CONTROL_SOCKET);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return steal_fd(&fd);
}

static int give(int session_fd, const struct text *list, char answer[ANSWER_MAX])
{
	cleanup_fd int fd = connect_gate(session_fd);
	size_t len = 0;
	ssize_t n;
	int r;

	if (fd < 0)
		return fd;
	r = fd_write_all(fd, list->data ? list->data : "", list->len);
	if (r < 0)
		return r;
	if (shutdown(fd, SHUT_WR) < 0)
		return -errno;
	while (len < ANSWER_MAX - 1 && (n = recv(fd, answer + len, ANSWER_MAX - 1 - len, 0)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		len += (size_t)n;
	}
	answer[len] = '\0';
	answer[strcspn(answer, "\n")] = '\0';
	return strncmp(answer, "ok ", 3) == 0 ? 0 : -EBADMSG;
}

int egress_give(int session_fd, const struct text *list)
{
	char answer[ANSWER_MAX] = "";

	return give(session_fd, list, answer);
}

/* What the project of a session left of the new list: what it narrowed once stays narrow. Returns 0
 * or -1 (said). */
static int narrow(const struct host_places *places, const char *given, const char *id,
		  int session_fd, struct text *ret)
{
	cleanup_manifest struct manifest manifest = { 0 };
	struct egress_wish wish = { .given = given };
	int r = manifest_read(session_fd, id, &manifest);

	if (r < 0) {
		message_error("%s: keeps its old list: manifest.json: %s", id, strerror(-r));
		return -1;
	}
	wish.narrowing = manifest.egress;
	/* npm and pip have just been asked: what they said is noted. */
	r = egress_load(places, &wish, EGRESS_QUICK, ret);
	return r == 0 || r == EGRESS_PARTIAL ? 0 : -1;
}

/* 1: took it; 0: none that could; -1: did not (said). */
static int reload_session(const struct host_places *places, const char *given, int state_fd,
			  const char *id)
{
	cleanup_fd int session_fd = session_open(state_fd, id);
	cleanup_text struct text list = { 0 };
	char answer[ANSWER_MAX] = "";
	int r;

	if (session_fd < 0 || !session_is_running(session_fd))
		return 0;
	if (narrow(places, given, id, session_fd, &list) < 0)
		return -1;
	r = give(session_fd, &list, answer);
	if (r == -ENOENT || r == -ECONNREFUSED)
		return 0;
	if (r == 0) {
		message_info("%s: %s names", id, answer + 3);
		return 1;
	}
	message_error("%s: keeps its old list: %s", id, answer[0] ? answer : strerror(-r));
	return -1;
}

static bool runs_any(int state_fd, char *const *ids, int count)
{
	for (int i = 0; i < count; i++) {
		cleanup_fd int session_fd = session_open(state_fd, ids[i]);

		if (session_fd >= 0 && session_is_running(session_fd))
			return true;
	}
	return false;
}

int egress_reload(const struct host_places *places, const char *given)
{
	cleanup_text struct text list = { 0 };
	cleanup_fd int state_fd = -1;
	char **ids = NULL;
	unsigned int failed = 0;
	unsigned int reloaded = 0;
	int count;
	int r;

	state_fd = session_state_open(false);
	count = state_fd < 0 ? state_fd : session_list(state_fd, &ids);
	if (count < 0 && count != -ENOENT) {
		message_error("%s: %s", places->state_dir, strerror(-count));
		return EXIT_FAULT;
	}
	/* As a whole, before any session is given anything. npm and pip take seconds: they are not
	 * asked for nobody. */
	r = egress_load(places, &(struct egress_wish){ .given = given },
			runs_any(state_fd, ids, count) ? EGRESS_ASK : EGRESS_QUICK, &list);
	if (r != 0 && r != EGRESS_PARTIAL) {
		if (count > 0)
			session_list_free(ids, count);
		return r;
	}
	for (int i = 0; i < count; i++) {
		r = reload_session(places, given, state_fd, ids[i]);
		failed += r < 0;
		reloaded += r > 0;
	}
	if (count > 0)
		session_list_free(ids, count);
	if (reloaded == 0 && failed == 0)
		message_info("no running session has a gateway; the list is read when one starts");
	return failed ? EXIT_FAULT : EXIT_OK;
}

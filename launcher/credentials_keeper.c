/* SPDX-License-Identifier: MIT */
#include "launcher/credentials_keeper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/fd.h"
#include "fs/base/message.h"
#include "launcher/daemon.h"

#define NS_PER_MS       1000000ull
/* ms; a clock that was set, or a machine that slept, is noticed after this. */
#define LOOK_MS         60000u
/* Claude renews within 300 s of the end, not sooner: a little after that. */
#define RENEW_BEFORE_NS (LOGIN_MARGIN_NS - 5 * 1000 * NS_PER_MS)
#define REFUSALS_TOLD   5u

struct keeper {
	const struct options *options;
	const struct host_places *places;
	const struct credentials_source *source;
	struct secret *handed; /* what the session has, and the store too */
	int to_fd;
	int from_fd;
	int signal_fd; /* readable: claudefs-run has died */
	uint64_t renew_at_ns;
	unsigned int tries;
	unsigned int refusals;
};

static void end(int *fd)
{
	cleanup_close_fd(fd);
	*fd = -1;
}

/* Not with the refresh token inside: the session renews by itself, and twice would be once too
 * often. */
static void plan_renewal(struct keeper *keeper)
{
	uint64_t end_ns = keeper->options->is_refresh ? 0 : login_end_ns(keeper->handed);

	keeper->tries = 0;
	keeper->renew_at_ns = end_ns > RENEW_BEFORE_NS ? end_ns - RENEW_BEFORE_NS : 0;
}

static void hand_in(struct keeper *keeper)
{
	if (keeper->to_fd >= 0 && secret_write_frame(keeper->to_fd, keeper->handed) < 0)
		end(&keeper->to_fd);
}

static void take_new(struct keeper *keeper, struct secret *login)
{
	secret_free(keeper->handed);
	keeper->handed = login;
	plan_renewal(keeper);
}

static void renew(struct keeper *keeper)
{
	struct secret *login = NULL;
	enum login_state state =
		credentials_read_again(keeper->source, keeper->places, false, &login);

	/* The host's own claude may have done it already. */
	if (state != LOGIN_FOUND) {
		secret_free(login);
		login = NULL;
		(void)credentials_renew(keeper->options, keeper->places);
		state = credentials_read_again(keeper->source, keeper->places, false, &login);
	}
	if (state == LOGIN_FOUND) {
		take_new(keeper, login);
		hand_in(keeper);
		return;
	}
	secret_free(login);
	keeper->renew_at_ns = clock_now_ns() + CREDENTIALS_RETRY_MS * NS_PER_MS;
	if (++keeper->tries < CREDENTIALS_RETRIES)
		return;
	keeper->renew_at_ns = 0;
	message_warning("%s: the login ended while the session ran, and the host's claude did not "
			"renew it",
			keeper->source->name);
}

static void refuse(struct keeper *keeper, const char *reason)
{
	/* A session may save nonsense for ever. */
	if (keeper->refusals++ < REFUSALS_TOLD)
		message_warning("%s: a login that the session saved was not written back: %s",
				keeper->source->name, reason);
}

static const char *why_not_written(int r)
{
	switch (r) {
	case -ENOENT: return "the store has none any more";
	case -ESTALE: return "the store has another one by now";
	case -EFBIG: return "the store's program takes such a long one only as an argument";
	case -EACCES:
	case -ETIMEDOUT: return "the store is locked";
	default: return strerror(-r);
	}
}

static int write_back(struct keeper *keeper, const struct secret *written)
{
	cleanup_secret struct secret *stored = NULL;
	cleanup_secret struct secret *merged = NULL;
	struct secret *login = NULL;
	int r;

	if (keeper->source->read(keeper->places, &stored) != LOGIN_FOUND)
		return -ENOENT;
	if (!login_is_same(stored, keeper->handed))
		return -ESTALE;
	r = login_merge(stored, written, &merged);
	if (r == 0)
		r = keeper->source->write(keeper->places, stored, merged);
	if (r < 0)
		return r;
	(void)login_cut(merged, clock_now_ns(), true, &login);
	if (login)
		take_new(keeper, login);
	return 0;
}

static void take_written(struct keeper *keeper)
{
	cleanup_secret struct secret *written = NULL;
	const char *reason;
	int r = secret_read_frame(keeper->from_fd, &written);

	if (r < 0) {
		if (r != -ENODATA)
			message_warning("the daemon's login channel broke: %s", strerror(-r));
		end(&keeper->from_fd);
		return;
	}
	/* An in-place write begins with a cut. */
	if (written->len == 0 || login_is_same(written, keeper->handed))
		return;
	reason = login_why_refused(keeper->handed, written, clock_now_ns());
	if (reason) {
		refuse(keeper, reason);
		return;
	}
	r = write_back(keeper, written);
	if (r < 0)
		refuse(keeper, why_not_written(r));
	else
		message_info("%s: the login that the session renewed was written back",
			     keeper->source->name);
}

static int wait_ms(const struct keeper *keeper)
{
	uint64_t now = clock_now_ns();
	uint64_t left;

	if (keeper->renew_at_ns == 0 || keeper->to_fd < 0)
		return -1;
	if (keeper->renew_at_ns <= now)
		return 0;
	left = (keeper->renew_at_ns - now) / NS_PER_MS + 1;
	return left < LOOK_MS ? (int)left : (int)LOOK_MS;
}

/* Until nobody is left at either pipe. */
static void keep(struct keeper *keeper)
{
	plan_renewal(keeper);
	hand_in(keeper);
	while (keeper->to_fd >= 0 || keeper->from_fd >= 0) {
		struct pollfd fds[] = {
			{ .fd = keeper->from_fd, .events = POLLIN },
			{ .fd = keeper->to_fd }, /* only: has its reader gone? */
			{ .fd = keeper->signal_fd, .events = POLLIN },
		};

		secret_clear_registers();
		if (poll(fds, 3, wait_ms(keeper)) < 0)
			continue; /* EINTR */
		if (fds[0].revents)
			take_written(keeper);
		/* An open pipe to the daemon may mean to it that claudefs-run lives. */
		if (fds[1].revents || fds[2].revents)
			end(&keeper->to_fd);
		if (fds[2].revents)
			end(&keeper->signal_fd);
		if (wait_ms(keeper) == 0)
			renew(keeper);
	}
}

/* SIGHUP when claudefs-run dies; its other signals are blocked there, and stay so here. */
static int watch_parent(pid_t parent)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 || prctl(PR_SET_PDEATHSIG, SIGHUP, 0, 0, 0) < 0)
		return -errno;
	if (getppid() != parent)
		(void)raise(SIGHUP);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

_Noreturn static void keeper_process(struct keeper *keeper, pid_t parent, int words)
{
	int kept[] = { keeper->to_fd, keeper->from_fd };

	(void)setsid();
#ifndef CLAUDEFS_SANITIZED
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
	(void)signal(SIGPIPE, SIG_IGN);
	if (dup2(words, STDERR_FILENO) < 0 || fd_replace_standard() < 0)
		_exit(EXIT_RUN_FAILED);
	/* The sandbox's channel, above all: as long as one is open, claudefs-run counts as alive.
	 */
	fd_close_others(kept, 2);
	keeper->signal_fd = watch_parent(parent);
	keep(keeper);
	secret_free(keeper->handed);
	_exit(EXIT_OK);
}

int credentials_keeper_start(const struct options *options, const struct host_places *places,
			     struct credentials *credentials, int to_fd, int from_fd,
			     struct credentials_keeper *ret)
{
	struct keeper keeper = { .options = options,
				 .places = places,
				 .source = credentials->source,
				 .handed = credentials->handed,
				 .to_fd = to_fd,
				 .from_fd = from_fd,
				 .signal_fd = -1 };
	cleanup_fd int words = memfd_create("claudefs-login", MFD_CLOEXEC);
	pid_t parent = getpid();
	pid_t pid = -1;
	int r;

	if (words >= 0)
		pid = fork();
	r = pid < 0 ? -errno : 0;
	if (pid == 0)
		keeper_process(&keeper, parent, words);
	(void)close(to_fd);
	cleanup_close_fd(&from_fd);
	credentials_done(credentials);
	if (r == 0)
		*ret = (struct credentials_keeper){ .pid = pid, .words = steal_fd(&words) };
	return r;
}

void credentials_keeper_done(struct credentials_keeper *keeper)
{
	daemon_print_words(&(struct daemon_link){ .ready = -1, .words = keeper->words });
	cleanup_close_fd(&keeper->words);
	*keeper = (struct credentials_keeper){ .words = -1 };
}

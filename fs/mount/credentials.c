/* SPDX-License-Identifier: MIT */
#include "fs/mount/credentials.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/cleanup.h"

int credentials_open(struct credentials *credentials, int in_fd, int out_fd, struct secret **ret)
{
	struct secret *first = NULL;
	int r;

	*credentials = (struct credentials){ .in_fd = in_fd, .out_fd = out_fd, .event_fd = -1 };
	r = -pthread_mutex_init(&credentials->lock, NULL);
	if (r < 0 || in_fd < 0)
		return r;
	r = secret_read_frame(in_fd, &first);
	if (r == -ENODATA) {
		cleanup_close_fd(&credentials->in_fd);
		credentials->in_fd = -1;
		return 0;
	}
	if (r < 0)
		return r;
	*ret = first;
	return 0;
}

static void wake(struct credentials *credentials)
{
	uint64_t one = 1;

	/* Fails only when the counter is full: then the thread is awake. */
	if (write(credentials->event_fd, &one, sizeof(one)) < 0)
		return;
}

void credentials_written(void *arg, const struct secret *written)
{
	struct credentials *credentials = arg;
	struct secret *copy = NULL;

	if (credentials->out_fd < 0 || secret_copy(written->data, written->len, &copy) < 0)
		return;
	(void)pthread_mutex_lock(&credentials->lock);
	/* Only the newest counts: it is the one that works. */
	secret_free(credentials->written);
	credentials->written = copy;
	(void)pthread_mutex_unlock(&credentials->lock);
	wake(credentials);
}

static void end_output(struct credentials *credentials, int error)
{
	daemon_log_line(credentials->log,
			"warning: a login that the session wrote could not be handed on: %s",
			strerror(-error));
	cleanup_close_fd(&credentials->out_fd);
	credentials->out_fd = -1;
}

/* Returns false at the end. */
static bool send_written(struct credentials *credentials)
{
	cleanup_secret struct secret *written = NULL;
	bool is_ending;
	int r;

	(void)pthread_mutex_lock(&credentials->lock);
	written = steal_ptr(&credentials->written);
	is_ending = credentials->is_ending;
	(void)pthread_mutex_unlock(&credentials->lock);
	if (written && credentials->out_fd >= 0) {
		r = secret_write_frame(credentials->out_fd, written);
		if (r < 0)
			end_output(credentials, r);
	}
	return !is_ending;
}

/* The lock keeps the view from ending meanwhile. */
static void take_frame(struct credentials *credentials)
{
	cleanup_secret struct secret *frame = NULL;
	int r = secret_read_frame(credentials->in_fd, &frame);

	if (r < 0) {
		if (r != -ENODATA)
			daemon_log_line(credentials->log, "warning: --credentials-fd: %s",
					strerror(-r));
		cleanup_close_fd(&credentials->in_fd);
		credentials->in_fd = -1;
		return;
	}
	(void)pthread_mutex_lock(&credentials->lock);
	if (credentials->view)
		view_set_credentials(credentials->view, frame);
	(void)pthread_mutex_unlock(&credentials->lock);
}

static void *work(void *arg)
{
	struct credentials *credentials = arg;

	for (;;) {
		struct pollfd fds[] = {
			{ .fd = credentials->event_fd, .events = POLLIN },
			{ .fd = credentials->in_fd, .events = POLLIN },
		};
		uint64_t count;

		if (poll(fds, 2, -1) < 0)
			continue; /* EINTR */
		if (fds[0].revents) {
			if (read(credentials->event_fd, &count, sizeof(count)) < 0)
				continue;
			if (!send_written(credentials))
				return NULL;
		}
		if (fds[1].revents)
			take_frame(credentials);
	}
}

int credentials_start(struct credentials *credentials, struct view *view, struct daemon_log *log)
{
	int r;

	credentials->view = view;
	credentials->log = log;
	if (credentials->in_fd < 0 && credentials->out_fd < 0)
		return 0;
	credentials->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (credentials->event_fd < 0)
		return -errno;
	r = -pthread_create(&credentials->thread, NULL, work, credentials);
	credentials->is_started = r == 0;
	return r;
}

void credentials_end_input(struct credentials *credentials)
{
	(void)pthread_mutex_lock(&credentials->lock);
	credentials->view = NULL;
	(void)pthread_mutex_unlock(&credentials->lock);
}

void credentials_close(struct credentials *credentials)
{
	struct timespec deadline;
	int r = 0;

	if (credentials->is_started) {
		(void)pthread_mutex_lock(&credentials->lock);
		credentials->is_ending = true;
		(void)pthread_mutex_unlock(&credentials->lock);
		wake(credentials);
		(void)clock_gettime(CLOCK_REALTIME, &deadline);
		deadline.tv_sec += CREDENTIALS_END_SECONDS;
		r = pthread_timedjoin_np(credentials->thread, NULL, &deadline);
	}
	/* It still uses all of this, and the process is about to end. */
	if (r != 0)
		return;
	secret_free(credentials->written);
	credentials->written = NULL;
	cleanup_close_fd(&credentials->event_fd);
	cleanup_close_fd(&credentials->in_fd);
	cleanup_close_fd(&credentials->out_fd);
	credentials->event_fd = credentials->in_fd = credentials->out_fd = -1;
}

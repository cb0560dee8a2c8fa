/* SPDX-License-Identifier: MIT */
#include "fs/mount/session_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/mount/tmpfile.h"

/* Interrupts a thread that waits for a request; does nothing else. */
#define WAKE_SIGNAL SIGUSR1

/* How long queued requests are still answered after the signal: a workload that never pauses must
 * not keep the daemon alive. */
#define DRAIN_SECONDS 5

struct loop {
	struct fuse_session *session;
	struct mount_server *server;
	int event_fd; /* a worker ended */
	pthread_t threads[SESSION_LOOP_THREADS_MAX];
	unsigned int thread_count;
	atomic_uint running;
	atomic_bool is_stopping;
	atomic_bool has_failed;
};

static void wake_handler(int signal)
{
	(void)signal;
}

int session_loop_signals(void)
{
	struct sigaction wake = { .sa_handler = wake_handler }; /* no SA_RESTART: read returns */
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t set;
	int r;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	r = pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (r != 0)
		return -r;
	/* SIGXFSZ: under `ulimit -f` a write shall fail with EFBIG, not end the daemon. */
	if (sigaction(WAKE_SIGNAL, &wake, NULL) < 0 || sigaction(SIGPIPE, &ignore, NULL) < 0 ||
	    sigaction(SIGXFSZ, &ignore, NULL) < 0)
		return -errno;
	r = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return r < 0 ? -errno : r;
}

/* True if the worker shall go on. r: what receiving returned. */
static bool may_continue(struct loop *loop, int r)
{
	if (r > 0)
		return true;
	if (r == 0 || fuse_session_exited(loop->session))
		return false; /* unmounted */
	if (atomic_load(&loop->is_stopping))
		return false; /* interrupted, or the queue is empty */
	if (r == -EINTR || r == -EAGAIN)
		return true;
	atomic_store(&loop->has_failed, true);
	return false;
}

/* A login that the session writes passes through here: libfuse's buffer, which it made at the first
 * call, is left out of cores, with what else lies in its first and last page. */
static void leave_out_of_cores(const struct fuse_buf *buf)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t before = (uintptr_t)buf->mem & (page - 1);
	size_t size = (malloc_usable_size(buf->mem) + before + page - 1) & ~(page - 1);

	(void)madvise((char *)buf->mem - before, size, MADV_DONTDUMP);
}

static void forget_requests(struct fuse_buf *buf)
{
	if (buf->mem)
		explicit_bzero(buf->mem, malloc_usable_size(buf->mem));
	free(buf->mem);
}

static void *work(void *arg)
{
	struct loop *loop = arg;
	struct fuse_buf buf = { .mem = NULL };
	bool is_marked = false;
	uint64_t one = 1;

	for (;;) {
		int r = fuse_session_receive_buf(loop->session, &buf);

		if (!may_continue(loop, r))
			break;
		if (r < 0)
			continue;
		if (!is_marked)
			leave_out_of_cores(&buf);
		is_marked = true;
		/* A request in a pipe (never asked for) could not be looked at: libfuse takes it.
		 */
		if ((buf.flags & FUSE_BUF_IS_FD) ||
		    !tmpfile_answer(loop->server, fuse_session_fd(loop->session), buf.mem,
				    buf.size))
			fuse_session_process_buf(loop->session, &buf);
	}
	forget_requests(&buf);
	server_scratch_free();
	(void)atomic_fetch_sub(&loop->running, 1);
	/* Cannot fail but by overflow, which takes 2^64 workers. */
	if (write(loop->event_fd, &one, sizeof(one)) < 0)
		return NULL;
	return NULL;
}

static int start_workers(struct loop *loop)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned int wanted = cpus < 2 ? 4u : (unsigned int)cpus * 2u;
	int r = 0;

	if (wanted < 4)
		wanted = 4;
	if (wanted > SESSION_LOOP_THREADS_MAX)
		wanted = SESSION_LOOP_THREADS_MAX;
	for (unsigned int i = 0; i < wanted && r == 0; i++) {
		(void)atomic_fetch_add(&loop->running, 1);
		r = pthread_create(&loop->threads[i], NULL, work, loop);
		if (r == 0)
			loop->thread_count++;
		else
			(void)atomic_fetch_sub(&loop->running, 1);
	}
	/* Fewer threads than wanted serve as well. */
	return loop->thread_count > 0 ? 0 : -r;
}

/* Waits for a worker's end or a signal. Returns true for a signal. */
static bool wait_for_end(struct loop *loop, int signal_fd)
{
	struct pollfd fds[] = {
		{ .fd = signal_fd, .events = POLLIN },
		{ .fd = loop->event_fd, .events = POLLIN },
	};

	for (;;) {
		if (poll(fds, 2, -1) < 0)
			continue; /* EINTR */
		if (fds[0].revents)
			return true;
		if (fds[1].revents)
			return false;
	}
}

/* Lets the workers answer what is queued and end. Reading without waiting ends a worker as soon as
 * the queue is empty; the wake signal ends the wait of those that were already waiting. */
static void stop_workers(struct loop *loop)
{
	struct timespec pause = { .tv_nsec = 5 * 1000 * 1000 };
	int fd = fuse_session_fd(loop->session);
	int flags = fcntl(fd, F_GETFL);
	time_t deadline = time(NULL) + DRAIN_SECONDS;

	atomic_store(&loop->is_stopping, true);
	if (flags >= 0)
		(void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	while (atomic_load(&loop->running) > 0) {
		if (time(NULL) > deadline)
			fuse_session_exit(loop->session);
		for (unsigned int i = 0; i < loop->thread_count; i++)
			(void)pthread_kill(loop->threads[i], WAKE_SIGNAL);
		(void)nanosleep(&pause, NULL);
	}
}

int session_loop_run(struct fuse_session *session, struct mount_server *server, int signal_fd,
		     enum session_loop_end *ret_end)
{
	struct loop loop = { .session = session, .server = server };
	cleanup_fd int event_fd = eventfd(0, EFD_CLOEXEC);
	bool is_signalled;
	int r;

	if (event_fd < 0)
		return -errno;
	loop.event_fd = event_fd;
	r = start_workers(&loop);
	if (r < 0)
		return r;
	is_signalled = wait_for_end(&loop, signal_fd);
	stop_workers(&loop);
	for (unsigned int i = 0; i < loop.thread_count; i++)
		(void)pthread_join(loop.threads[i], NULL);
	if (atomic_load(&loop.has_failed))
		*ret_end = SESSION_LOOP_FAILED;
	else
		*ret_end = is_signalled ? SESSION_LOOP_SIGNALLED : SESSION_LOOP_DISCONNECTED;
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "fs/mount/daemon_log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/fd.h"
#include "fs/base/message.h"
#include "fs/base/text.h"

/* The errors that mean "the agent's work was not recorded", and what the person can do. Claude
 * itself goes on silently after most of them. */
static const struct lost_work {
	int error;
	const char *what;
} lost_work[] = {
	{ -EDQUOT, "the disk quota is used up; what the agent writes now is not recorded: "
		   "make room, then start a new session" },
	{ -EIO, "the session could not be written (I/O error); what the agent writes now is lost: "
		"check the disk that holds the session directory" },
	{ -EMFILE, "the daemon has no file descriptor left (ulimit -n); an operation of the agent "
		   "failed: raise the limit, then start a new session" },
	{ -ENFILE, "the system has no file descriptor left; an operation of the agent failed" },
	{ -ENOMEM, "the daemon is out of memory; an operation of the agent failed" },
	{ -ENOSPC, "no space left for the session (its quota or the disk is full); what the agent "
		   "writes now is not recorded: make room, then start a new session" },
};
#define LOST_WORK_COUNT (sizeof(lost_work) / sizeof(lost_work[0]))

/* Bytes set aside on disk when the log is opened. */
#define RESERVED (4u << 10)

struct daemon_log {
	pthread_mutex_t lock; /* all below: several serving threads report at once */
	int fd;
	uint64_t size;
	uint64_t dropped; /* lines that did not fit */
	uint64_t counts[LOST_WORK_COUNT];
};

int daemon_log_open(int session_fd, struct daemon_log **ret)
{
	cleanup_fd int fd = -1;
	struct daemon_log *log;
	struct stat st;

	fd = openat(session_fd, DAEMON_LOG_NAME,
		    O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	/* Room for the line that says that the disk is full. */
	(void)fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, RESERVED);
	log = calloc(1, sizeof(*log));
	if (!log)
		return -ENOMEM;
	(void)pthread_mutex_init(&log->lock, NULL);
	log->size = (uint64_t)st.st_size;
	log->fd = steal_fd(&fd);
	*ret = log;
	return 0;
}

/* The lock is held. */
static void write_line(struct daemon_log *log, const char *line, size_t len)
{
	cleanup_text struct text text = { 0 };
	char time[CLOCK_TEXT_SIZE];

	clock_format_rfc3339(clock_now_ns(), time);
	text_appendf(&text, "%s ", time);
	text_append_safe(&text, line, len, false);
	text_append(&text, "\n");
	if (!text.data || log->size + text.len > DAEMON_LOG_MAX) {
		log->dropped++;
		return;
	}
	/* The log shares its disk with what just failed: failing here as well changes nothing. */
	if (fd_write_all(log->fd, text.data, text.len) == 0)
		log->size += text.len;
	else
		log->dropped++;
}

void daemon_log_line(struct daemon_log *log, const char *format, ...)
{
	cleanup_text struct text text = { 0 };
	va_list args;

	va_start(args, format);
	text_vappendf(&text, format, args);
	va_end(args);
	if (!text.data)
		return;
	message_error("%s", text.data);
	(void)pthread_mutex_lock(&log->lock);
	write_line(log, text.data, text.len);
	(void)pthread_mutex_unlock(&log->lock);
}

void daemon_log_failure(struct daemon_log *log, const char *operation, int error)
{
	bool is_first = false;

	for (size_t i = 0; i < LOST_WORK_COUNT; i++) {
		if (lost_work[i].error != error)
			continue;
		(void)pthread_mutex_lock(&log->lock);
		is_first = log->counts[i]++ == 0;
		(void)pthread_mutex_unlock(&log->lock);
		if (is_first)
			daemon_log_line(log, "error: %s: %s", operation, lost_work[i].what);
		return;
	}
}

uint64_t daemon_log_failures(struct daemon_log *log)
{
	uint64_t sum = 0;

	(void)pthread_mutex_lock(&log->lock);
	for (size_t i = 0; i < LOST_WORK_COUNT; i++)
		sum += log->counts[i];
	(void)pthread_mutex_unlock(&log->lock);
	return sum;
}

void daemon_log_close(struct daemon_log *log)
{
	uint64_t failures;

	if (!log)
		return;
	failures = daemon_log_failures(log);
	if (failures > 1)
		daemon_log_line(log, "error: %llu operations of the agent failed in this session",
				(unsigned long long)failures);
	(void)close(log->fd);
	(void)pthread_mutex_destroy(&log->lock);
	free(log);
}

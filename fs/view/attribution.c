/* SPDX-License-Identifier: MIT */
#include "fs/view/attribution.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/fd.h"
#include "fs/journal/writer.h"
#include "fs/view/view.h"

#define SLOTS 256u
#define TRUST_NS \
	(200ull * 1000 * 1000) /* how long an answer is good: exec and pid reuse change it */
#define STAT_MAX 1024u         /* bytes of /proc/PID/stat that are read */

/* What one thread id was when it was last looked at. */
struct seen {
	uint32_t tid;
	uint64_t checked_ns;
	uint64_t process;
};

/* A process that has a number. */
struct known {
	uint32_t pid;
	struct hash what; /* start time, executable, command line, uid */
	uint64_t process;
};

struct attribution {
	pthread_mutex_t lock;
	struct journal_writer *journal;
	uint64_t next;
	struct seen seen[SLOTS];
	struct known known[SLOTS];
};

struct attribution *attribution_new(struct journal_writer *journal)
{
	struct attribution *attribution = calloc(1, sizeof(*attribution));

	if (!attribution)
		return NULL;
	if (pthread_mutex_init(&attribution->lock, NULL) != 0) {
		free(attribution);
		return NULL;
	}
	attribution->journal = journal;
	attribution->next = 1;
	return attribution;
}

void attribution_free(struct attribution *attribution)
{
	if (!attribution)
		return;
	(void)pthread_mutex_destroy(&attribution->lock);
	free(attribution);
}

/* Up to size - 1 bytes of /proc/PID/name; "" if there is nothing to read. */
static size_t read_proc(uint32_t pid, const char *name, char *buf, size_t size)
{
	cleanup_fd int fd = -1;
	char path[64];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%u/%s", pid, name);
	buf[0] = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = fd_pread_all(fd, buf, size - 1, 0);
	if (n < 0)
		n = 0;
	buf[n] = '\0';
	return (size_t)n;
}

/* FUSE tells the thread's id; people know the process's. */
static uint32_t read_tgid(uint32_t tid)
{
	char status[2048];
	const char *at;
	unsigned int tgid = 0;

	(void)read_proc(tid, "status", status, sizeof(status));
	at = strstr(status, "\nTgid:");
	if (!at || sscanf(at, "\nTgid: %u", &tgid) != 1)
		return tid;
	return tgid;
}

/* The start time is field 22, behind a command name that may hold anything, brackets too. */
static uint64_t read_start_time(uint32_t pid)
{
	char stat[STAT_MAX];
	const char *at;
	unsigned long long start = 0;

	(void)read_proc(pid, "stat", stat, sizeof(stat));
	at = strrchr(stat, ')');
	if (!at)
		return 0;
	for (int field = 2; field < 22 && at; field++)
		at = strchr(at + 1, ' ');
	if (!at || sscanf(at, " %llu", &start) != 1)
		return 0;
	return start;
}

static void read_exe(uint32_t pid, char exe[JOURNAL_COMMAND_MAX])
{
	char path[64];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%u/exe", pid);
	n = readlink(path, exe, JOURNAL_COMMAND_MAX - 1);
	exe[n < 0 ? 0 : n] = '\0';
}

/* The arguments joined by spaces. */
static void read_command(uint32_t pid, char command[JOURNAL_COMMAND_MAX])
{
	size_t len = read_proc(pid, "cmdline", command, JOURNAL_COMMAND_MAX);

	while (len > 0 && command[len - 1] == '\0')
		len--;
	for (size_t i = 0; i < len; i++)
		if (command[i] == '\0')
			command[i] = ' ';
}

struct description {
	char exe[JOURNAL_COMMAND_MAX];
	char command[JOURNAL_COMMAND_MAX];
};

static void digest(uint32_t pid, uint32_t uid, const struct description *description,
		   struct hash *ret)
{
	struct {
		struct hash exe;
		struct hash command;
		uint64_t start;
		uint64_t uid;
	} input = {
		.exe = hash_bytes(description->exe, strlen(description->exe)),
		.command = hash_bytes(description->command, strlen(description->command)),
		.start = read_start_time(pid),
		.uid = uid,
	};

	*ret = hash_bytes(&input, sizeof(input));
}

static int append_process(struct attribution *attribution, uint64_t process, uint32_t pid,
			  uint32_t uid, const struct description *description)
{
	struct journal_record record = {
		.type = JOURNAL_PROCESS,
		.has = JOURNAL_HAS_PROCESS | JOURNAL_HAS_PID | JOURNAL_HAS_UID | JOURNAL_HAS_EXE |
		       JOURNAL_HAS_COMMAND,
		.process = process,
		.pid = pid,
		.uid = uid,
		.exe = description->exe,
		.command = description->command,
	};

	return journal_append(attribution->journal, &record);
}

/* Lock held. */
static uint64_t identify(struct attribution *attribution, uint32_t tid, uint32_t uid)
{
	cleanup_free struct description *description = calloc(1, sizeof(*description));
	uint32_t pid = read_tgid(tid);
	struct known *known = &attribution->known[pid % SLOTS];
	struct hash what;

	if (!description)
		return 0;
	read_exe(pid, description->exe);
	read_command(pid, description->command);
	digest(pid, uid, description, &what);
	if (known->process != 0 && known->pid == pid && hash_is_equal(&known->what, &what))
		return known->process;
	if (append_process(attribution, attribution->next, pid, uid, description) < 0)
		return 0;
	known->pid = pid;
	known->what = what;
	known->process = attribution->next++;
	return known->process;
}

uint64_t attribution_of(struct attribution *attribution, const struct view_caller *caller)
{
	uint32_t tid = caller && caller->pid > 0 ? (uint32_t)caller->pid : 0;
	uint64_t now = clock_now_ns();
	struct seen *seen;
	uint64_t process;

	if (tid == 0)
		return 0;
	(void)pthread_mutex_lock(&attribution->lock);
	seen = &attribution->seen[tid % SLOTS];
	if (seen->tid != tid || seen->process == 0 || now - seen->checked_ns > TRUST_NS) {
		seen->tid = tid;
		seen->process = identify(attribution, tid, caller->uid);
		seen->checked_ns = now;
	}
	process = seen->process;
	(void)pthread_mutex_unlock(&attribution->lock);
	return process;
}

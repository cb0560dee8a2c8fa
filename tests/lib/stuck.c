/* SPDX-License-Identifier: MIT */
#include "tests/lib/stuck.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"

#define PROCESSES_MAX 512u
#define GRACE_SECONDS 10u /* from SIGKILL to the end of a process that can die at all */

/* Every line of the file, or of its lines those that begin with one of the words. */
static void show_file(pid_t pid, pid_t tid, const char *name, const char *const *words)
{
	cleanup_file FILE *file = NULL;
	char path[96];
	char line[512];

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", (int)pid, (int)tid, name);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		bool is_wanted = words == NULL;

		for (size_t i = 0; words && words[i]; i++)
			is_wanted = is_wanted || strncmp(line, words[i], strlen(words[i])) == 0;
		if (is_wanted)
			(void)fprintf(stderr, "    %s", line);
	}
}

static void show_thread(pid_t pid, pid_t tid)
{
	static const char *const words[] = { "Name:",   "State:",  "PPid:",   "TracerPid:",
					     "SigPnd:", "ShdPnd:", "SigBlk:", NULL };

	(void)fprintf(stderr, "  thread %d of %d\n", (int)tid, (int)pid);
	show_file(pid, tid, "status", words);
	show_file(pid, tid, "syscall", NULL);
	show_file(pid, tid, "stack", NULL);
}

void stuck_show(pid_t pid)
{
	cleanup_dir DIR *dir = NULL;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (tid > 0)
			show_thread(pid, tid);
	}
}

static pid_t parent_of(pid_t pid)
{
	cleanup_file FILE *file = NULL;
	char path[64];
	char line[512];
	const char *end;
	int parent = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (!file || !fgets(line, sizeof(line), file))
		return 0;
	/* The name may hold anything, but nothing behind it holds a parenthesis. */
	end = strrchr(line, ')');
	return end && sscanf(end, ") %*c %d", &parent) == 1 ? (pid_t)parent : 0;
}

static bool is_descendant(pid_t pid)
{
	for (unsigned int depth = 0; pid > 1 && depth < 64; depth++) {
		pid = parent_of(pid);
		if (pid == getpid())
			return true;
	}
	return false;
}

/* Collected first: what is done to them changes who descends from whom. */
static size_t find_descendants(pid_t found[PROCESSES_MAX])
{
	cleanup_dir DIR *dir = opendir("/proc");
	size_t count = 0;

	for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid > 1 && count < PROCESSES_MAX && is_descendant(pid))
			found[count++] = pid;
	}
	return count;
}

void stuck_show_descendants(void)
{
	pid_t found[PROCESSES_MAX];
	size_t count = find_descendants(found);

	for (size_t i = 0; i < count; i++)
		stuck_show(found[i]);
}

void stuck_kill_descendants(void)
{
	pid_t found[PROCESSES_MAX];
	size_t count = find_descendants(found);

	for (size_t i = 0; i < count; i++)
		(void)kill(found[i], SIGKILL);
}

/* True: ended (and not yet waited for). */
static bool ends_within(pid_t pid, unsigned int seconds)
{
	uint64_t deadline = clock_now_ns() + (uint64_t)seconds * 1000000000u;
	cleanup_fd int fd = (int)syscall(SYS_pidfd_open, pid, 0u);
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	if (fd < 0)
		return true; /* no such child (or kernel): wait(2) says so */
	for (;;) {
		uint64_t now = clock_now_ns();
		int r = now < deadline ? poll(&poll_fd, 1, (int)((deadline - now) / 1000000u) + 1)
				       : 0;

		if (r > 0)
			return true;
		if (r == 0 || errno != EINTR)
			return false;
	}
}

static int reap(pid_t pid, int *ret_status)
{
	int status = 0;
	pid_t r;

	do {
		r = waitpid(pid, &status, 0);
	} while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	if (ret_status)
		*ret_status = status;
	return 0;
}

int stuck_wait(pid_t pid, unsigned int seconds, int *ret_status)
{
	if (ends_within(pid, seconds))
		return reap(pid, ret_status);
	(void)fprintf(stderr, "process %d did not end within %u s:\n", (int)pid, seconds);
	stuck_show(pid);
	(void)kill(pid, SIGKILL);
	if (ends_within(pid, GRACE_SECONDS))
		(void)reap(pid, ret_status);
	else
		(void)fprintf(stderr, "process %d cannot be killed\n", (int)pid);
	return -ETIMEDOUT;
}

/* SPDX-License-Identifier: MIT */
#include "tests/scale/measure.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "tests/mount/fixture.h"

/* "key: number" in /proc/PID/file; 0 if it is not there. */
static uint64_t read_number(pid_t pid, const char *name, const char *key)
{
	cleanup_file FILE *file = NULL;
	char line[256];
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, key, strlen(key)) == 0)
			return strtoull(line + strlen(key), NULL, 10);
	}
	return 0;
}

static unsigned int count_descriptors(pid_t pid)
{
	cleanup_dir DIR *dir = NULL;
	unsigned int count = 0;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	while (dir && readdir(dir))
		count++;
	return count > 2 ? count - 2 : 0;
}

static void read_bytes(pid_t pid, struct cost *cost)
{
	cost->read = read_number(pid, "io", "rchar:");
	cost->written = read_number(pid, "io", "wchar:");
	cost->calls = read_number(pid, "io", "syscr:") + read_number(pid, "io", "syscw:");
}

struct cost measure_process(pid_t pid)
{
	struct cost cost = { 0 };

	read_bytes(pid, &cost);
	cost.memory = read_number(pid, "status", "VmHWM:");
	cost.now = read_number(pid, "status", "VmRSS:");
	cost.descriptors = count_descriptors(pid);
	return cost;
}

struct cost measure_since(const struct cost *a, const struct cost *b)
{
	struct cost cost = *b;

	cost.read -= a->read;
	cost.written -= a->written;
	cost.calls -= a->calls;
	return cost;
}

double measure_clock(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

char *measure_program(const char *path)
{
	char *absolute = realpath(path, NULL);

	assert_non_null(absolute);
	return absolute;
}

__attribute__((noreturn)) static void become(const char *const *argv, const char *output)
{
	union {
		const char *const *in;
		char *const *out;
	} arguments = { .in = argv };
	int fd = open(output ? output : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || dup2(fd, 1) < 0)
		_exit(126);
	(void)execv(argv[0], arguments.out);
	_exit(127);
}

struct cost measure_run(const char *const *argv, const char *output)
{
	struct cost cost = { 0 };
	struct rusage usage;
	siginfo_t info;
	int status = 0;
	double start = measure_clock();
	pid_t pid = fork();

	if (pid == 0)
		become(argv, output);
	assert_true(pid > 0);
	/* What it read and wrote is told until it is reaped. */
	assert_ok(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
	cost.seconds = measure_clock() - start;
	read_bytes(pid, &cost);
	assert_ok(wait4(pid, &status, 0, &usage));
	cost.memory = (uint64_t)usage.ru_maxrss;
	cost.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return cost;
}

void measure_print(const char *name, const struct cost *cost)
{
	print_message("# %-44s %8.3f s, read %9.1f KiB, wrote %9.1f KiB, %7llu calls, "
		      "at most %6llu KiB, now %6llu KiB, %u descriptors\n",
		      name, cost->seconds, (double)cost->read / 1024, (double)cost->written / 1024,
		      (unsigned long long)cost->calls, (unsigned long long)cost->memory,
		      (unsigned long long)cost->now, cost->descriptors);
}

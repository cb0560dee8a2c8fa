/* SPDX-License-Identifier: MIT */
/* The mount against the plain directory, in interleaved rounds: microseconds per operation and
 *their ratio (the median over the rounds; read the ratios, the machine is noisy). Not a test:
 *nothing passes or fails here.
 *
 *	bench_mount CLAUDEFS_MOUNT MANIFEST_OF_TREE [--as-user] */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "tests/mount/fixture.h"

#define ROUNDS     7
#define FILES      1000
#define LARGE_SIZE (64u << 20)

static const char *base; /* the directory under measurement */
static int kept_fd;

static const char *at(const char *format, int number)
{
	static char path[2][512];
	static unsigned int turn;
	char *out = path[turn++ % 2];
	int n = snprintf(out, 512, "%s/", base);

	/* All formats are of the table below and of this file. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	(void)snprintf(out + n, 512 - (size_t)n, format, number);
#pragma GCC diagnostic pop
	return out;
}

static void open_read_close(int i)
{
	struct stat st;
	char buf[4096];
	int fd = open(at("settings.json", 0), O_RDONLY | O_CLOEXEC);

	(void)i;
	if (fd < 0 || fstat(fd, &st) < 0 || read(fd, buf, sizeof(buf)) < 0 || close(fd) < 0)
		perror("open, read, close");
}

static void stat_present(int i)
{
	struct stat st;

	if (lstat(at("plugins/file-%d", i % FILES), &st) < 0)
		perror("lstat");
}

static void stat_missing(int i)
{
	struct stat st;

	(void)lstat(at("missing-%d", i % 10), &st);
}

static void list_files(int i)
{
	DIR *dir = opendir(at("plugins", 0));

	(void)i;
	while (dir && readdir(dir))
		;
	if (dir)
		(void)closedir(dir);
}

static void append_kept(int i)
{
	static const char line[140] = "x";

	(void)i;
	if (write(kept_fd, line, sizeof(line)) < 0)
		perror("append");
}

static void append_reopened(int i)
{
	int fd = open(at("bench.jsonl", 0), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	(void)i;
	if (fd < 0 || write(fd, "0123456789012345678901234567890123456789\n", 41) < 0 ||
	    close(fd) < 0)
		perror("append");
}

static void save(int is_synced)
{
	static char data[8192];
	const char *temp = at("bench.json.tmp", 0);
	int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, sizeof(data)) < 0 || (is_synced && fsync(fd) < 0) ||
	    close(fd) < 0 || rename(temp, at("bench.json", 0)) < 0)
		perror("save");
}

static void save_unsynced(int i)
{
	(void)i;
	save(0);
}

static void save_synced(int i)
{
	(void)i;
	save(1);
}

static void create_unlink(int i)
{
	int fd = open(at("bench.new", i), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || close(fd) < 0 || unlink(at("bench.new", i)) < 0)
		perror("create, unlink");
}

static void lock_cycle(int i)
{
	(void)i;
	if (mkdir(at("bench.lock", 0), 0700) < 0 ||
	    utimensat(AT_FDCWD, at("bench.lock", 0), NULL, 0) < 0 || rmdir(at("bench.lock", 0)) < 0)
		perror("lock");
}

static void read_large(int i)
{
	static char buf[1 << 20];
	int fd = open(at("plugins/large", 0), O_RDONLY | O_CLOEXEC);

	(void)i;
	if (fd < 0)
		perror("large");
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	(void)close(fd);
}

static void write_large(int i)
{
	static char buf[1 << 20];
	int fd = open(at("bench.large", 0), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	(void)i;
	for (unsigned int n = 0; n < LARGE_SIZE / sizeof(buf); n++) {
		if (write(fd, buf, sizeof(buf)) < 0)
			perror("write");
	}
	(void)close(fd);
}

/* In the order of docs on performance. */
static const struct work {
	const char *name;
	void (*run)(int i);
	int count;
} works[] = {
	{ "open, fstat, read, close of a small file", open_read_close, 3000 },
	{ "lstat of 1,000 files", stat_present, 10000 },
	{ "missing name", stat_missing, 10000 },
	{ "list 1,000 files", list_files, 20 },
	{ "append, kept open", append_kept, 3000 },
	{ "open, append, close", append_reopened, 2000 },
	{ "atomic save", save_unsynced, 500 },
	{ "atomic save with fsync", save_synced, 100 },
	{ "create, unlink", create_unlink, 1000 },
	{ "mkdir lock, touch, rmdir", lock_cycle, 1000 },
	{ "read 64 MiB", read_large, 1 },
	{ "write 64 MiB", write_large, 1 },
};

/* Microseconds per operation. */
static double measure(const struct work *work, const char *dir)
{
	struct timespec start;
	struct timespec end;

	base = dir;
	kept_fd = open(at("bench.kept", 0), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	(void)clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < work->count; i++)
		work->run(i);
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	(void)close(kept_fd);
	return ((double)(end.tv_sec - start.tv_sec) * 1e6 +
		(double)(end.tv_nsec - start.tv_nsec) / 1e3) /
	       work->count;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a;
	double right = *(const double *)b;

	return (left > right) - (left < right);
}

static void compare_dirs(const struct work *work, const char *plain)
{
	double there[ROUNDS];
	double here[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		here[i] = measure(work, plain);
		there[i] = measure(work, fixture.view);
	}
	qsort(here, ROUNDS, sizeof(here[0]), compare);
	qsort(there, ROUNDS, sizeof(there[0]), compare);
	(void)printf("%-42s %10.1f us %10.1f us %7.1fx\n", work->name, here[ROUNDS / 2],
		     there[ROUNDS / 2], there[ROUNDS / 2] / here[ROUNDS / 2]);
}

static void fill_plugins(const char *dir)
{
	base = dir;
	for (int i = 0; i < FILES; i++)
		put_file(at("plugins/file-%d", i), "content");
	put_file(at("plugins/large", 0), "");
	assert_ok(truncate(at("plugins/large", 0), LARGE_SIZE));
}

static void fill_host(void)
{
	fill_plugins(in_home(".claude"));
}

int main(int argc, char **argv)
{
	char plain[128];
	int r;

	fixture.fill_host = fill_host;
	r = fixture_make(argc, argv);
	if (r != 0)
		return r;
	(void)snprintf(plain, sizeof(plain), "%s", in_root("plain"));
	assert_ok(mkdir(plain, 0700));
	base = plain;
	assert_ok(mkdir(at("plugins", 0), 0700));
	put_file(at("settings.json", 0), "{\"model\":\"opus\",\"hooks\":{}}\n");
	fill_plugins(plain);
	if (fixture_new_session() < 0 || fixture_mount() != 0)
		return 1;
	(void)printf("%-42s %13s %13s %8s\n", "", "plain", "mount", "ratio");
	for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++)
		compare_dirs(&works[i], plain);
	r = fixture_stop(SIGTERM);
	fixture_remove();
	return r == 0 ? 0 : 1;
}

/* SPDX-License-Identifier: MIT */
/* Calls that ask for what a stat and a listing tell besides names: offsets, numbers, times. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/attack/attack_call.h"

#define SAMPLES_MAX 20000
#define KEPT        0.7 /* of the samples, the fastest: the rest is the machine's other work */

struct kernel_dirent {
	uint64_t d_ino;
	int64_t d_off;
	unsigned short d_reclen;
	unsigned char d_type;
	char d_name[];
};

static void print_entries(int fd)
{
	union {
		char bytes[32768];
		struct kernel_dirent first;
	} buffer;
	long n;

	while ((n = syscall(SYS_getdents64, fd, &buffer, sizeof(buffer))) > 0) {
		for (long at = 0; at < n;) {
			const struct kernel_dirent *entry = (const void *)(buffer.bytes + at);

			(void)printf("entry %lld %s\n", (long long)entry->d_off, entry->d_name);
			at += entry->d_reclen;
		}
	}
}

/* seek-dir DIR: the listing from every offset up to 2^12, every power of two and what lies beside.
 */
static int seek_dir(int argc, char **argv)
{
	int fd = open(argv[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)argc;
	for (long offset = 0; offset < 4096; offset++) {
		(void)lseek(fd, offset, SEEK_SET);
		print_entries(fd);
	}
	for (unsigned int bit = 12; bit < 64; bit++) {
		for (int side = -1; side <= 1; side++) {
			(void)lseek(fd, (off_t)((UINT64_C(1) << bit) + (uint64_t)(int64_t)side),
				    SEEK_SET);
			print_entries(fd);
		}
	}
	(void)close(fd);
	return 0;
}

/* numbers FILE...: inode, device, links, and whether a birth time is told. */
static int numbers(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		struct statx st;

		if (statx(AT_FDCWD, argv[i], AT_SYMLINK_NOFOLLOW, STATX_ALL, &st) < 0)
			continue;
		(void)printf("number %llu %u:%u %u %s %s\n", (unsigned long long)st.stx_ino,
			     st.stx_dev_major, st.stx_dev_minor, st.stx_nlink,
			     st.stx_mask & STATX_BTIME ? "BIRTH" : "-", argv[i]);
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a;
	double right = *(const double *)b;

	return (left > right) - (left < right);
}

struct sample {
	double values[SAMPLES_MAX];
	size_t count;
	double mean;
	double variance;
};

static void take_sample(struct sample *sample, const char *format, int number)
{
	struct timespec before;
	struct timespec after;
	struct stat st;
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s%05d", format, number);
	(void)clock_gettime(CLOCK_MONOTONIC, &before);
	if (lstat(path, &st) == 0 || errno != ENOENT)
		(void)printf("timing UNEXPECTED %s\n", path);
	(void)clock_gettime(CLOCK_MONOTONIC, &after);
	sample->values[sample->count++] = (double)(after.tv_sec - before.tv_sec) * 1e9 +
					  (double)(after.tv_nsec - before.tv_nsec);
}

static void finish(struct sample *sample)
{
	double sum = 0;

	qsort(sample->values, sample->count, sizeof(double), compare);
	sample->count = (size_t)((double)sample->count * KEPT);
	for (size_t i = 0; i < sample->count; i++)
		sum += sample->values[i];
	sample->mean = sum / (double)sample->count;
	sum = 0;
	for (size_t i = 0; i < sample->count; i++)
		sum += (sample->values[i] - sample->mean) * (sample->values[i] - sample->mean);
	sample->variance = sum / (double)(sample->count - 1);
}

/* timing PREFIX PREFIX COUNT: the first look at PREFIX00000 and on, in turns. Names that the kernel
 * knows already would tell nothing. */
static int timing(int argc, char **argv)
{
	static struct sample first;
	static struct sample second;
	int count = atoi(argv[2]);
	double error;
	double t;

	(void)argc;
	for (int i = 0; i < count && i < SAMPLES_MAX; i++) {
		take_sample(i % 2 ? &first : &second, argv[i % 2 ? 0 : 1], i);
		take_sample(i % 2 ? &second : &first, argv[i % 2 ? 1 : 0], i);
	}
	finish(&first);
	finish(&second);
	error = sqrt(first.variance / (double)first.count + second.variance / (double)second.count);
	t = error > 0 ? (first.mean - second.mean) / error : 0;
	(void)printf("timing t=%.2f difference=%.0fns of %.0fns: %s\n", t, first.mean - second.mean,
		     second.mean,
		     fabs(t) < 4.5 || fabs(first.mean - second.mean) < 1000 ? "same" : "DIFFERS");
	return 0;
}

/* map-read FILE: all that a mapping shows, the rest of its last page too, and where holes are. */
static int map_read(int argc, char **argv)
{
	int fd = open(argv[0], O_RDONLY | O_CLOEXEC);
	struct stat st;
	off_t hole;
	char *data;
	size_t len;

	(void)argc;
	if (tell("open", fd) < 0 || fstat(fd, &st) < 0)
		return 0;
	hole = lseek(fd, 0, SEEK_HOLE);
	if (hole != st.st_size)
		(void)printf("hole %jd is not the end, %jd\n", (intmax_t)hole,
			     (intmax_t)st.st_size);
	len = ((size_t)st.st_size + 4095) / 4096 * 4096;
	data = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	(void)close(fd);
	if (tell("mmap", data == MAP_FAILED ? -1 : 0) < 0)
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (data[i])
			(void)putchar(data[i]);
	}
	(void)munmap(data, len);
	return 0;
}

const struct attack_call leak_calls[] = {
	{ "map-read", 1, map_read }, { "numbers", 1, numbers }, { "seek-dir", 1, seek_dir },
	{ "timing", 3, timing },     { NULL, 0, NULL },
};

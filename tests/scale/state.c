/* SPDX-License-Identifier: MIT */
#include "tests/scale/state.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "tests/lib/form.h"
#include "tests/mount/fixture.h"

#define PER_DIR 500u
#define BLOCK   (1u << 20) /* bytes written at a time */
#define RECORD  4096u      /* bytes of an ordinary line */

static const struct scale small = {
	.transcript = 160u << 20,
	.long_line = 20u << 20,
	.files = 2000,
	.file_size = 1024,
	.crowd = 5000,
	.empty_dirs = 834,
	.made = 1200,
	.records = 20000,
};

static const struct scale large = {
	.transcript = 3ull << 30,
	.long_line = 170u << 20,
	.files = 56000,
	.file_size = 40960,
	.crowd = 44635,
	.empty_dirs = 834,
	.made = 200500,
	.records = 1000000,
};

const struct scale *scale_of_run(void)
{
	return form_is_long() ? &large : &small;
}

size_t state_walk_count(void)
{
	const struct scale *scale = scale_of_run();

	/* plugins, config.json, files and crowd and empty with what is in them. */
	return 2 + 3 + scale->empty_dirs + scale->crowd + scale->files +
	       (scale->files + PER_DIR - 1) / PER_DIR;
}

static void make_dir(const char *path)
{
	assert_ok(mkdir(path, 0700));
}

static void fill(int fd, const char *block, uint64_t len)
{
	for (uint64_t done = 0; done < len;) {
		size_t n = len - done < BLOCK ? (size_t)(len - done) : BLOCK;

		assert_int_equal(fd_write_all(fd, block, n), 0);
		done += n;
	}
}

static void make_transcript(const char *path)
{
	static const char head[] = "{\"type\":\"user\",\"uuid\":\"u\",\"text\":\"";
	const struct scale *scale = scale_of_run();
	cleanup_free char *lines = malloc(BLOCK);
	cleanup_free char *text = malloc(BLOCK);
	cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0 && lines && text);
	memset(text, 't', BLOCK);
	memset(lines, 'x', BLOCK);
	for (size_t at = 0; at < BLOCK; at += RECORD) {
		memcpy(lines + at, head, sizeof(head) - 1);
		memcpy(lines + at + RECORD - 3, "\"}\n", 3);
	}
	fill(fd, lines, (scale->transcript / 2) & ~(uint64_t)(RECORD - 1));
	fill(fd, head, sizeof(head) - 1);
	fill(fd, text, scale->long_line);
	fill(fd, "\"}\n", 3);
	fill(fd, lines, (scale->transcript / 2) & ~(uint64_t)(RECORD - 1));
}

static void make_files(const char *dir, size_t count, size_t per_dir, size_t size)
{
	cleanup_free char *data = calloc(1, size);
	char path[512];

	assert_non_null(data);
	memset(data, 'f', size);
	make_dir(dir);
	for (size_t i = 0; i < count; i++) {
		cleanup_fd int fd = -1;

		if (per_dir && i % per_dir == 0) {
			(void)snprintf(path, sizeof(path), "%s/%zu", dir, i / per_dir);
			make_dir(path);
		}
		if (per_dir)
			(void)snprintf(path, sizeof(path), "%s/%zu/%zu.md", dir, i / per_dir, i);
		else
			(void)snprintf(path, sizeof(path), "%s/%zu.md", dir, i);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		assert_int_equal(fd_write_all(fd, data, size), 0);
	}
}

void state_fill(const char *claude, const char *own)
{
	const struct scale *scale = scale_of_run();
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s/" FIXTURE_SESSION_UUID ".jsonl", claude, own);
	make_transcript(path);
	(void)snprintf(path, sizeof(path), "%s/plugins/files", claude);
	make_files(path, scale->files, PER_DIR, scale->file_size);
	(void)snprintf(path, sizeof(path), "%s/plugins/crowd", claude);
	make_files(path, scale->crowd, 0, 16);
	(void)snprintf(path, sizeof(path), "%s/plugins/empty", claude);
	make_dir(path);
	for (size_t i = 0; i < scale->empty_dirs; i++) {
		(void)snprintf(path, sizeof(path), "%s/plugins/empty/%zu", claude, i);
		make_dir(path);
	}
}

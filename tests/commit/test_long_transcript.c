/* SPDX-License-Identifier: MIT */
/* A transcript continued by 100 lines costs what was added, however long it is: bytes moved and
 * memory are those of the lines, also where the host has added some of its own. 64 MiB and the
 * same with 256 MiB; CLAUDEFS_TEST_LONG: 1 GiB. */
#include "tests/unit/cmocka_setup.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/text.h"
#include "tests/lib/form.h"
#include "tests/lib/session_fixture.h"

#define UUID  "11111111-2222-4333-8444-555555555555"
#define LINES 100u
#define MIB   (1024.0 * 1024.0)

/* What a review and a commit may move and take: the samples by which a long prefix is known again
 * (the first and the last MiB, a few times), and the lines. */
#define READ_MAX   (24u << 20)
#define WRITE_MAX  (1u << 20)
#define MEMORY_MAX (24u << 10) /* KiB */

/* A field of /proc/self/io. */
static unsigned long long moved(const char *field)
{
	FILE *file = fopen("/proc/self/io", "re");
	char line[128];
	unsigned long long value = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, field, strlen(field)) == 0)
			value = strtoull(line + strlen(field), NULL, 10);
	}
	(void)fclose(file);
	return value;
}

static long memory(void)
{
	struct rusage usage;

	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_maxrss;
}

/* A line at each end and a hole between: nobody may look into it. */
static void make_host(struct fixture *f, const char *path, off_t size)
{
	static const char end[] = "\n{\"type\":\"user\",\"uuid\":\"end\"}\n";
	int fd;

	fixture_host_write(f, path, "{\"type\":\"user\",\"uuid\":\"first\"}\n");
	fd = openat(f->host_fd, path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, end, strlen(end), size - (off_t)strlen(end)), strlen(end));
	(void)close(fd);
}

struct scene {
	struct fixture f;
	const char *path;
	uint64_t object;
	off_t size;  /* as the session has it */
	off_t lines; /* bytes that were added */
};

static void add_lines(struct scene *scene, const char *who)
{
	struct text lines = { 0 };

	for (unsigned int i = 0; i < LINES; i++)
		text_appendf(&lines, "{\"type\":\"user\",\"uuid\":\"%s%u\"}\n", who, i);
	fixture_write(&scene->f, scene->object, (uint64_t)scene->size, lines.data);
	fixture_seal(&scene->f, scene->object);
	scene->size += (off_t)lines.len;
	scene->lines += (off_t)lines.len;
	text_done(&lines);
}

/* One commit of LINES lines, and what it costs. */
static void commit_lines(struct scene *scene, const char *what)
{
	unsigned long long read_before = moved("rchar:");
	unsigned long long written_before = moved("wchar:");
	long memory_before = memory();
	struct commit_result result;
	struct timespec start;
	struct timespec stop;

	(void)clock_gettime(CLOCK_MONOTONIC, &start);
	assert_int_equal(fixture_commit(&scene->f, &(struct commit_choice){ 0 }, &result), 0);
	(void)clock_gettime(CLOCK_MONOTONIC, &stop);
	printf("%4.0f MiB%s: %.1f MiB read, %.1f KiB written, %ld KiB more memory, %.0f ms\n",
	       (double)scene->size / MIB, what, (double)(moved("rchar:") - read_before) / MIB,
	       (double)(moved("wchar:") - written_before) / 1024.0, memory() - memory_before,
	       (double)(stop.tv_sec - start.tv_sec) * 1e3 +
		       (double)(stop.tv_nsec - start.tv_nsec) / 1e6);
	assert_int_equal(result.applied, 1);
	assert_true(moved("rchar:") - read_before < READ_MAX);
	assert_true(moved("wchar:") - written_before < WRITE_MAX);
	assert_true(memory() - memory_before < (long)MEMORY_MAX);
}

/* Committed while the session runs, and again at its end. */
static void continue_transcript(off_t size, bool host_too)
{
	struct scene scene = { .size = size };
	struct stat st;

	fixture_make(&scene.f);
	scene.path = fixture_own(&scene.f, UUID ".jsonl");
	make_host(&scene.f, scene.path, size);
	scene.object = fixture_copy_up_prefix(&scene.f, scene.path);
	add_lines(&scene, "s");
	if (host_too)
		fixture_host_append(&scene.f, scene.path, "{\"type\":\"user\",\"uuid\":\"s7\"}\n");
	commit_lines(&scene, host_too ? " and the host" : "");
	add_lines(&scene, "t");
	if (host_too)
		fixture_host_append(&scene.f, scene.path, "{\"type\":\"user\",\"uuid\":\"t7\"}\n");
	fixture_end(&scene.f);
	commit_lines(&scene, host_too ? " and the host, once more" : ", once more");
	/* s7 and t7 are there once, whoever wrote them. */
	assert_int_equal(fstatat(scene.f.host_fd, scene.path, &st, 0), 0);
	assert_int_equal(st.st_size, size + scene.lines);
	fixture_done(&scene.f);
}

static void what_was_added_is_what_it_costs(void **state)
{
	off_t mib = 1 << 20;

	(void)state;
	continue_transcript(65 * mib, false);
	continue_transcript(65 * mib, true);
	continue_transcript(256 * mib, false);
	continue_transcript(256 * mib, true);
	if (!form_is_long())
		return;
	continue_transcript(1024 * mib, false);
	continue_transcript(1024 * mib, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_added_is_what_it_costs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* A session that continues a transcript by 100 lines: what it costs the daemon to mount, to read
 *the end, and to append, for 1 MiB, 65 MiB and 1 GiB (sparse; with CLAUDEFS_TEST_LONG also 1 GiB of
 * bytes). Neither the bytes that it moves, nor its memory, nor what it stores may grow with the
 *file.
 *
 *	test_transcript CLAUDEFS_MOUNT MANIFEST_OF_TREE CLAUDEFS */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "tests/lib/form.h"
#include "tests/mount/fixture.h"
#include "tests/scale/measure.h"

#define MIB       (1u << 20)
#define LINES     100u
#define LINE_SIZE 600u /* bytes of a line's text */
#define TAIL_SIZE 4096u
#define NAME      "33333333-3333-4333-8333-333333333333.jsonl"

/* What the daemon may move and take, whatever the length: a prefix is known again by samples of it
 * (fs/journal/sample.h), the lines are written once, and their records. */
#define READ_MAX   (8u * MIB)
#define WRITE_MAX  (MIB / 2)
#define STORE_MAX  (MIB / 4) /* of objects */
#define MEMORY_MAX 4096u     /* KiB of growth */
/* From one length to the next: a record has more digits. */
#define READ_SLACK (256u << 10)
#define MEMORY_SLACK \
	8192u /* KiB: a worker thread more, when the machine is busy, has a heap of its own */

struct figures {
	struct cost cost; /* of the daemon, from its start on; memory: by how much it grew */
	uint64_t stored;
	double mount;
	double tail;
	double append;
};

static const char first_line[] = "{\"type\":\"user\",\"uuid\":\"first\"}\n";
static const char last_line[] = "\n{\"type\":\"user\",\"uuid\":\"last\"}\n";

static size_t make_line(char *out, size_t size, unsigned int n)
{
	int used = snprintf(out, size,
			    "{\"type\":\"user\",\"uuid\":\"added-%u\",\"text\":\"%0*u\"}\n", n,
			    (int)LINE_SIZE, n);

	assert_true(used > 0 && (size_t)used < size);
	return (size_t)used;
}

static const char *host_path(void)
{
	return in_home(".claude/%s/" NAME, fixture.own);
}

static void make_host(off_t size, bool is_sparse)
{
	cleanup_fd int fd = open(host_path(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	off_t end = size - (off_t)strlen(last_line);
	cleanup_free char *fill = malloc(MIB);

	assert_true(fd >= 0 && fill);
	memset(fill, 'x', MIB);
	for (off_t at = 0; !is_sparse && at < end; at += MIB)
		assert_int_equal(fd_pwrite_all(fd, fill, MIB, at), 0);
	assert_ok(ftruncate(fd, end));
	assert_int_equal(fd_pwrite_all(fd, first_line, strlen(first_line), 0), 0);
	assert_int_equal(fd_pwrite_all(fd, last_line, strlen(last_line), end), 0);
}

static uint64_t sum_of_objects(void)
{
	cleanup_dir DIR *dir = NULL;
	uint64_t sum = 0;
	int fd = openat(fixture.session_fd, "objects", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	dir = fdopendir(fd);
	assert_non_null(dir);
	for (const struct dirent *item; (item = readdir(dir)) != NULL;) {
		struct stat st;

		if (item->d_name[0] != '.' && fstatat(fd, item->d_name, &st, 0) == 0)
			sum += (uint64_t)st.st_size;
	}
	return sum;
}

static void read_tail(const char *path, off_t size)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	char buf[TAIL_SIZE];

	assert_int_equal(lseek(fd, 0, SEEK_END), size);
	assert_int_equal(pread(fd, buf, sizeof(buf), size - (off_t)sizeof(buf)), sizeof(buf));
	assert_memory_equal(buf + sizeof(buf) - strlen(last_line), last_line, strlen(last_line));
}

/* As Claude does: opened for each. Returns how many bytes. */
static off_t append_lines(const char *path)
{
	char line[2 * LINE_SIZE];
	off_t sum = 0;

	for (unsigned int n = 0; n < LINES; n++) {
		cleanup_fd int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
		size_t len = make_line(line, sizeof(line), n);

		assert_int_equal(write(fd, line, len), len);
		sum += (off_t)len;
	}
	return sum;
}

/* The seam and both ends of what the session sees; and the host's file. */
static void check(const char *path, off_t size, off_t added)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	char wanted[2 * LINE_SIZE];
	char found[2 * LINE_SIZE];
	size_t len = make_line(wanted, sizeof(wanted), 0);
	struct stat st;

	assert_int_equal(lseek(fd, 0, SEEK_END), size + added);
	assert_int_equal(pread(fd, found, strlen(first_line), 0), strlen(first_line));
	assert_memory_equal(found, first_line, strlen(first_line));
	assert_int_equal(pread(fd, found, len + 5, size - 5), len + 5);
	assert_memory_equal(found + 5, wanted, len);
	assert_memory_equal(found, last_line + strlen(last_line) - 5, 5);
	len = make_line(wanted, sizeof(wanted), LINES - 1);
	assert_int_equal(pread(fd, found, sizeof(found), size + added - (off_t)len), len);
	assert_memory_equal(found, wanted, len);
	assert_ok(stat(host_path(), &st));
	assert_int_equal(st.st_size, size);
}

static struct figures continue_transcript(off_t size, bool is_sparse)
{
	struct figures figures = { 0 };
	struct cost before;
	char path[1024];
	double start;
	off_t added;
	int status;

	make_host(size, is_sparse);
	(void)snprintf(path, sizeof(path), "%s", in_view("%s/" NAME, fixture.own));
	assert_int_equal(fixture_new_session(), 0);
	start = measure_clock();
	assert_int_equal(fixture_mount(), 0);
	figures.mount = measure_clock() - start;
	before = measure_process(fixture.daemon);
	start = measure_clock();
	read_tail(path, size);
	figures.tail = measure_clock() - start;
	start = measure_clock();
	added = append_lines(path);
	figures.append = measure_clock() - start;
	/* Since its beginning: mounting is in it. */
	figures.cost = measure_process(fixture.daemon);
	figures.cost.memory -= before.now < figures.cost.memory ? before.now : 0;
	check(path, size, added);
	figures.stored = sum_of_objects();
	status = fixture_stop(SIGTERM);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	printf("%5.0f MiB%s: mount %.0f ms, tail %.1f ms, %u lines %.0f ms; the daemon read %.1f "
	       "KiB, "
	       "wrote %.1f KiB, stored %.1f KiB, grew by %llu KiB\n",
	       (double)size / MIB, is_sparse ? " (sparse)" : "", figures.mount * 1e3,
	       figures.tail * 1e3, LINES, figures.append * 1e3, (double)figures.cost.read / 1024,
	       (double)figures.cost.written / 1024, (double)figures.stored / 1024,
	       (unsigned long long)figures.cost.memory);
	return figures;
}

static void assert_bounds(const struct figures *figures)
{
	assert_true(figures->cost.read < READ_MAX);
	assert_true(figures->cost.written < WRITE_MAX);
	assert_true(figures->stored < STORE_MAX);
	assert_true(figures->cost.memory < MEMORY_MAX);
}

static void what_is_appended_is_what_it_costs(void **state)
{
	const off_t mib = MIB;
	struct figures small;
	struct figures large;

	(void)state;
	/* As a whole: it is no longer than what a prefix would be known by. */
	small = continue_transcript(1 * mib, true);
	assert_true(small.cost.read < READ_MAX && small.cost.memory < MEMORY_MAX);
	small = continue_transcript(65 * mib, true);
	assert_bounds(&small);
	large = continue_transcript(1040 * mib, true);
	assert_bounds(&large);
	assert_true(large.cost.read < small.cost.read + READ_SLACK);
	assert_true(large.cost.memory < small.cost.memory + MEMORY_SLACK);
	if (form_is_long()) {
		large = continue_transcript(1024 * mib, false);
		assert_bounds(&large);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(what_is_appended_is_what_it_costs),
};

int main(int argc, char **argv)
{
	int r = fixture_make(argc < 3 ? argc : 3, argv);

	if (r != 0)
		return r;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	fixture_remove();
	return r;
}

/* SPDX-License-Identifier: MIT */
/* Data integrity through a real mount: random reads, writes, appends, mappings, truncations, holes
 * and copies on files whose content is also kept in memory, and must be the same. The files are the
 * session's own, small ones of the host (copied up whole at the first change), and such of just
 * over and under COPY_UP_WHOLE_MAX, where the session's part begins behind the host's.
 *
 *	test_mount_integrity CLAUDEFS_MOUNT MANIFEST_OF_TREE [control]
 *
 * 1,000,000 operations; CLAUDEFS_TEST_ROUNDS sets another number, CLAUDEFS_TEST_LONG is 20,000,000.
 * The seed is printed; CLAUDEFS_TEST_SEED sets it. control: a byte of each of the session's objects
 * is changed behind the daemon's back, and must be found. */
#include <dirent.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "tests/lib/form.h"
#include "tests/mount/fixture.h"

#define THREADS     2u
#define ACTIVE      4u    /* files at once, of each thread */
#define OPS_OF_FILE 4000u /* then it is verified as a whole, and another one comes */
#define SMALL_FILES 160u
#define LARGE_FILES 24u
#define WHOLE_MAX   (1u << 20) /* COPY_UP_WHOLE_MAX of fs/view */
#define SMALL_CAP   (96u << 10)
#define LARGE_CAP   (WHOLE_MAX + (192u << 10))
#define PAGE        4096u
#define LEN_MAX     (20u << 10)

/* A sanitizer needs ten times as long for each. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define SLOWER 10u
#else
#define SLOWER 1u
#endif

struct file {
	char path[128];
	unsigned char *data; /* what it must hold */
	size_t size;
	size_t cap;
	size_t host_size; /* the host's part; changes there are rare while it is large */
	unsigned int done;
	int fd;
	bool is_append;
};

struct worker {
	uint64_t random;
	unsigned int number;
	uint64_t count; /* operations to do */
	uint64_t at;
	unsigned int next; /* file to come */
	struct file files[ACTIVE];
	char wrong[256]; /* the first difference */
};

static bool is_control;
static atomic_bool is_over;

static uint32_t pick(struct worker *w, size_t n)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return (uint32_t)((w->random >> 11) % (n ? n : 1));
}

static bool __attribute__((format(printf, 3, 4)))
differ(struct worker *w, const struct file *file, const char *format, ...)
{
	char what[160];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	if (!w->wrong[0])
		(void)snprintf(w->wrong, sizeof(w->wrong), "operation %llu of thread %u, %s: %s",
			       (unsigned long long)w->at, w->number, strrchr(file->path, '/') + 1,
			       what);
	atomic_store(&is_over, true);
	return false;
}

/* ---- the host's files: content made from their number ---- */

static size_t host_size(unsigned int index)
{
	static const int around[] = { -PAGE, -1, 0, 1, 7, PAGE, PAGE + 3, 50000 };

	if (index < LARGE_FILES)
		return (size_t)((int)WHOLE_MAX + around[index % 8]);
	return (index * 977u) % 16000u;
}

static void make_content(unsigned int index, unsigned char *data, size_t size)
{
	uint32_t x = index * 2654435761u + 1;

	for (size_t i = 0; i < size; i++) {
		x = x * 1664525u + 1013904223u;
		data[i] = (unsigned char)(x >> 24);
	}
}

static void fill_host(void)
{
	unsigned char *data = malloc(LARGE_CAP);

	assert_non_null(data);
	assert_ok(mkdir(in_home(".claude/plans/data"), 0700));
	for (unsigned int i = 0; i < LARGE_FILES + SMALL_FILES; i++) {
		cleanup_fd int fd = open(in_home(".claude/plans/data/h%u", i),
					 O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

		assert_true(fd >= 0);
		make_content(i, data, host_size(i));
		assert_int_equal(fd_write_all(fd, data, host_size(i)), 0);
	}
	free(data);
}

/* ---- files come and go ---- */

static bool open_again(struct worker *w, struct file *file)
{
	if (file->fd >= 0 && close(file->fd) < 0)
		return differ(w, file, "close: %s", strerror(errno));
	file->is_append = pick(w, 4) == 0;
	file->fd = open(file->path, O_RDWR | O_CLOEXEC | (file->is_append ? O_APPEND : 0));
	return file->fd >= 0 || differ(w, file, "open: %s", strerror(errno));
}

static bool begin(struct worker *w, struct file *file)
{
	unsigned int index = w->next;
	bool is_host = index < LARGE_FILES + SMALL_FILES;

	w->next += THREADS;
	file->size = is_host ? host_size(index) : 0;
	file->host_size = file->size;
	file->cap = file->size >= WHOLE_MAX / 2 ? LARGE_CAP : SMALL_CAP;
	file->done = 0;
	file->fd = -1;
	(void)snprintf(file->path, sizeof(file->path), "%s/plans/data/h%u", fixture.view, index);
	if (is_host)
		make_content(index, file->data, file->size);
	else
		(void)close(open(file->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
	return open_again(w, file);
}

static bool compare(struct worker *w, const struct file *file, const unsigned char *data, size_t at,
		    size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] != file->data[at + i])
			return differ(w, file, "byte %zu of %zu is %02x, must be %02x", at + i,
				      file->size, data[i], file->data[at + i]);
	}
	return true;
}

/* All of it, from the daemon and not from the kernel's pages. */
static bool verify(struct worker *w, struct file *file)
{
	static __thread unsigned char data[LARGE_CAP + 1];
	struct stat st;
	ssize_t n;

	if (!open_again(w, file))
		return false;
	if (fsync(file->fd) < 0 || posix_fadvise(file->fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
		return differ(w, file, "fsync: %s", strerror(errno));
	n = pread(file->fd, data, sizeof(data), 0);
	if (fstat(file->fd, &st) < 0 || n != (ssize_t)file->size || st.st_size != n)
		return differ(w, file, "%zd bytes of %lld, must be %zu", n, (long long)st.st_size,
			      file->size);
	return compare(w, file, data, 0, file->size);
}

static bool end(struct worker *w, struct file *file)
{
	if (!verify(w, file))
		return false;
	if (close(file->fd) < 0 || unlink(file->path) < 0)
		return differ(w, file, "close or unlink: %s", strerror(errno));
	file->fd = -1;
	return true;
}

/* ---- the operations ---- */

/* Where faults are likely: ends, pages, the end of the host's part. */
static size_t pick_place(struct worker *w, const struct file *file)
{
	size_t near = pick(w, 40);
	size_t place;

	switch (pick(w, 5)) {
	case 0: place = file->size; break;
	case 1: place = file->host_size; break;
	case 2: place = (size_t)pick(w, file->size / PAGE + 1) * PAGE; break;
	default: return pick(w, file->size + 1);
	}
	return place + 20 < near ? 0 : place + 20 - near;
}

/* The same for a change: while the host's part of a large file is not copied, seldom inside it. */
static size_t pick_target(struct worker *w, struct file *file)
{
	size_t at = pick_place(w, file);

	if (file->host_size > WHOLE_MAX && at < file->host_size) {
		if (pick(w, 500) == 0)
			file->host_size = 0;
		else
			at = file->host_size + pick(w, 2000);
	}
	return at < file->cap ? at : file->cap - 1;
}

static size_t pick_len(struct worker *w, size_t room)
{
	size_t len = 1 + (pick(w, 16) ? pick(w, 200) : pick(w, LEN_MAX));

	return len < room ? len : room;
}

static void grow(struct file *file, size_t size)
{
	if (size > file->size) {
		memset(file->data + file->size, 0, size - file->size);
		file->size = size;
	}
}

static bool do_read(struct worker *w, struct file *file)
{
	unsigned char data[LEN_MAX];
	size_t at = pick_place(w, file);
	size_t len = pick_len(w, sizeof(data));
	size_t there = at < file->size ? file->size - at : 0;
	ssize_t n = pread(file->fd, data, len, (off_t)at);

	if (n != (ssize_t)(len < there ? len : there))
		return differ(w, file, "read %zd of %zu at %zu of %zu", n, len, at, file->size);
	return compare(w, file, data, at, (size_t)n);
}

static bool do_write(struct worker *w, struct file *file)
{
	size_t at = file->is_append ? file->size : pick_target(w, file);
	size_t len = pick_len(w, file->cap - at);
	ssize_t n;

	if (len == 0)
		return true;
	grow(file, at + len);
	for (size_t i = 0; i < len; i += 8) {
		uint64_t word = w->random + i * 0x9e3779b97f4a7c15u;

		memcpy(file->data + at + i, &word, len - i < 8 ? len - i : 8);
	}
	n = pwrite(file->fd, file->data + at, len, (off_t)at);
	return n == (ssize_t)len || differ(w, file, "write %zd of %zu at %zu", n, len, at);
}

static bool do_truncate(struct worker *w, struct file *file)
{
	size_t size = pick_target(w, file);
	int r = pick(w, 2) ? ftruncate(file->fd, (off_t)size) : truncate(file->path, (off_t)size);

	grow(file, size);
	file->size = size;
	return r == 0 || differ(w, file, "truncate to %zu: %s", size, strerror(errno));
}

static bool do_punch(struct worker *w, struct file *file)
{
	size_t at = pick_target(w, file);
	size_t len = pick_len(w, LEN_MAX);

	if (fallocate(file->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)at, (off_t)len) <
	    0)
		return differ(w, file, "hole at %zu: %s", at, strerror(errno));
	if (at < file->size)
		memset(file->data + at, 0, len < file->size - at ? len : file->size - at);
	return true;
}

static bool do_allocate(struct worker *w, struct file *file)
{
	size_t at = pick_target(w, file);
	size_t len = pick_len(w, file->cap - at);

	if (len == 0)
		return true;
	if (fallocate(file->fd, 0, (off_t)at, (off_t)len) < 0)
		return differ(w, file, "allocate at %zu: %s", at, strerror(errno));
	grow(file, at + len);
	return true;
}

/* A range, by a mapping that is shared, and maybe written. */
static bool do_map(struct worker *w, struct file *file)
{
	bool is_write = pick(w, 2);
	size_t at = is_write ? pick_target(w, file) : pick_place(w, file);
	size_t start = at / PAGE * PAGE;
	size_t len;
	unsigned char *map;
	bool is_right;

	if (at >= file->size)
		return true;
	len = pick_len(w, file->size - at);
	map = mmap(NULL, at + len - start, is_write ? PROT_READ | PROT_WRITE : PROT_READ,
		   MAP_SHARED, file->fd, (off_t)start);
	if (map == MAP_FAILED)
		return differ(w, file, "mmap at %zu: %s", start, strerror(errno));
	/* A page fault asks for the whole page, and what is before at is no change. */
	is_right = compare(w, file, map + (at - start), at, len);
	for (size_t i = 0; is_right && is_write && i < len; i++)
		file->data[at + i] = map[at - start + i] = (unsigned char)(w->random >> (i % 50));
	if (is_write && pick(w, 4) == 0 && msync(map, at + len - start, MS_SYNC) < 0)
		is_right = differ(w, file, "msync: %s", strerror(errno));
	(void)munmap(map, at + len - start);
	return is_right;
}

static bool do_copy(struct worker *w, struct file *file)
{
	const struct file *from = &w->files[pick(w, ACTIVE)];
	size_t at = pick_target(w, file);
	size_t from_at = pick_place(w, from);
	off_t in = (off_t)from_at;
	off_t out = (off_t)at;
	size_t len;
	ssize_t n;

	if (from == file || from_at >= from->size || file->is_append)
		return true;
	len = pick_len(w, file->cap - at);
	len = len < from->size - from_at ? len : from->size - from_at;
	n = copy_file_range(from->fd, &in, file->fd, &out, len, 0);
	if (n < 0)
		return differ(w, file, "copy_file_range: %s", strerror(errno));
	if (n > 0) {
		grow(file, at + (size_t)n);
		memcpy(file->data + at, from->data + from_at, (size_t)n);
	}
	return true;
}

static bool do_reopen(struct worker *w, struct file *file)
{
	return open_again(w, file);
}

static bool do_rename(struct worker *w, struct file *file)
{
	char path[sizeof(file->path)];

	(void)snprintf(path, sizeof(path), "%s/plans/data/r%u-%u", fixture.view, w->number,
		       pick(w, 1000000));
	if (rename(file->path, path) < 0)
		return differ(w, file, "rename: %s", strerror(errno));
	(void)snprintf(file->path, sizeof(file->path), "%s", path);
	return true;
}

static bool do_stat(struct worker *w, struct file *file)
{
	struct stat st;

	if (stat(file->path, &st) < 0 || st.st_size != (off_t)file->size ||
	    lseek(file->fd, 0, SEEK_END) != (off_t)file->size)
		return differ(w, file, "size %lld, must be %zu", (long long)st.st_size, file->size);
	return true;
}

/* Data and holes: what is said to be a hole must be zeros. */
static bool do_seek(struct worker *w, struct file *file)
{
	size_t at = pick_place(w, file);
	off_t data = lseek(file->fd, (off_t)at, SEEK_DATA);
	size_t end_of_hole = data < 0 ? file->size : (size_t)data;

	if (data < 0 && errno != ENXIO)
		return differ(w, file, "SEEK_DATA: %s", strerror(errno));
	for (size_t i = at; i < end_of_hole && i < file->size; i++) {
		if (file->data[i] != 0)
			return differ(w, file, "byte %zu is in a hole, must be %02x", i,
				      file->data[i]);
	}
	return true;
}

static const struct {
	unsigned int weight; /* of 1000 */
	bool (*run)(struct worker *w, struct file *file);
} operations[] = {
	{ 600, do_read },    { 230, do_write },  { 40, do_map },   { 30, do_stat },
	{ 30, do_truncate }, { 20, do_reopen },  { 15, do_copy },  { 15, do_seek },
	{ 10, do_punch },    { 5, do_allocate }, { 5, do_rename },
};

static bool step(struct worker *w)
{
	struct file *file = &w->files[pick(w, ACTIVE)];
	unsigned int at = pick(w, 1000);
	size_t i = 0;

	if (file->done++ == OPS_OF_FILE)
		return end(w, file) && begin(w, file);
	while (at >= operations[i].weight)
		at -= operations[i++].weight;
	return operations[i].run(w, file);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	bool is_right = true;

	for (unsigned int i = 0; i < ACTIVE && is_right; i++)
		is_right = begin(w, &w->files[i]);
	for (; w->at < w->count && is_right && !atomic_load(&is_over); w->at++)
		is_right = step(w);
	for (unsigned int i = 0; i < ACTIVE && is_right; i++)
		is_right = end(w, &w->files[i]);
	return NULL;
}

/* One byte of everything that the session has written. */
static void damage_objects(void)
{
	cleanup_dir DIR *dir = fdopendir(
		openat(fixture.session_fd, "objects", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	assert_non_null(dir);
	for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
		cleanup_fd int fd = openat(dirfd(dir), entry->d_name, O_RDWR | O_CLOEXEC);
		char c;

		if (fd < 0 || pread(fd, &c, 1, 0) != 1)
			continue;
		c = (char)(c ^ 1);
		assert_int_equal(pwrite(fd, &c, 1, 0), 1);
	}
}

static uint64_t number_of(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : otherwise;
}

static void every_byte_is_what_was_written(void **state)
{
	uint64_t total =
		number_of("CLAUDEFS_TEST_ROUNDS", form_of(100000, 1000000, 20000000 / SLOWER));
	uint64_t seed = number_of("CLAUDEFS_TEST_SEED", form_is_long() ? (uint64_t)time(NULL) : 1);
	static struct worker workers[THREADS];
	pthread_t threads[THREADS];
	uint64_t done = 0;

	(void)state;
	print_message("CLAUDEFS_TEST_SEED=%llu\n", (unsigned long long)seed);
	for (unsigned int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .number = i, .next = i, .count = total / THREADS };
		workers[i].random = (seed * THREADS + i + 1) * 0x9e3779b97f4a7c15u;
		for (unsigned int k = 0; k < ACTIVE; k++) {
			workers[i].files[k].data = malloc(LARGE_CAP + LEN_MAX);
			assert_non_null(workers[i].files[k].data);
		}
		assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	}
	while (is_control && !atomic_load(&is_over)) {
		(void)usleep(20000);
		damage_objects();
	}
	for (unsigned int i = 0; i < THREADS; i++) {
		(void)pthread_join(threads[i], NULL);
		done += workers[i].at;
		for (unsigned int k = 0; k < ACTIVE; k++)
			free(workers[i].files[k].data);
	}
	for (unsigned int i = 0; i < THREADS; i++) {
		if (!is_control && workers[i].wrong[0])
			fail_msg("%s", workers[i].wrong);
		if (is_control && workers[i].wrong[0])
			print_message("%s\n", workers[i].wrong);
	}
	assert_int_equal(atomic_load(&is_over), is_control);
	print_message("%llu operations, %s\n", (unsigned long long)done,
		      is_control ? "the damage was found" : "0 mismatches");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest integrity[] = {
		cmocka_unit_test(every_byte_is_what_was_written),
	};

	is_control = argc > 3 && strcmp(argv[3], "control") == 0;
	fixture.fill_host = fill_host;
	return fixture_run(argc, argv, NULL, integrity);
}

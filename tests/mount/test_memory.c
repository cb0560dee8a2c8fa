/* SPDX-License-Identifier: MIT */
/* Mapped files, shared and private, and their coherence with read and write. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/mount/fixture.h"

#define SIZE 16384u

static char *map(const char *path, int prot, int flags)
{
	int fd = open(path, (prot & PROT_WRITE) && (flags & MAP_SHARED) ? O_RDWR : O_RDONLY);
	char *data;

	assert_true(fd >= 0);
	data = mmap(NULL, SIZE, prot, flags, fd, 0);
	assert_true(data != MAP_FAILED);
	assert_ok(close(fd));
	return data;
}

static void make_file(const char *path, char fill)
{
	static char data[SIZE + 1];

	memset(data, fill, SIZE);
	data[SIZE] = '\0';
	put_file(path, data);
}

static void shared_mapping_reaches_the_file(void **state)
{
	const char *path = in_view("mapped");
	char *data;

	(void)state;
	make_file(path, 'a');
	data = map(path, PROT_READ | PROT_WRITE, MAP_SHARED);
	memcpy(data + 5000, "shared", 6);
	assert_ok(msync(data, SIZE, MS_SYNC));
	assert_memory_equal(get_file(path) + 5000, "shared", 6);
	assert_ok(munmap(data, SIZE));
	assert_memory_equal(get_file(path) + 4998, "aashareda", 9);
}

static void shared_mapping_is_written_back_without_msync(void **state)
{
	const char *path = in_view("mapped-late");
	char *data;

	(void)state;
	make_file(path, 'a');
	data = map(path, PROT_READ | PROT_WRITE, MAP_SHARED);
	data[9000] = 'Z';
	assert_ok(munmap(data, SIZE));
	assert_int_equal(get_file(path)[9000], 'Z');
}

static void shared_mapping_of_a_host_file_copies_it_up(void **state)
{
	const char *path = in_view("CLAUDE.md");
	char before[64];
	char *data;

	(void)state;
	(void)snprintf(before, sizeof(before), "%s", get_file(in_home(".claude/CLAUDE.md")));
	data = map(path, PROT_READ | PROT_WRITE, MAP_SHARED);
	data[2] = 'X';
	assert_ok(msync(data, SIZE, MS_SYNC));
	assert_ok(munmap(data, SIZE));
	assert_int_equal(get_file(path)[2], 'X');
	assert_string_equal(get_file(in_home(".claude/CLAUDE.md")), before);
}

static void private_mapping_does_not_reach_the_file(void **state)
{
	const char *path = in_view("mapped-private");
	char *data;

	(void)state;
	make_file(path, 'p');
	data = map(path, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	assert_int_equal(data[SIZE - 1], 'p');
	data[0] = 'X';
	assert_int_equal(get_file(path)[0], 'p');
	assert_ok(munmap(data, SIZE));
}

static int write_through_mapping(void *arg)
{
	char *data = arg;

	data[100] = 'c';
	return 0;
}

static void shared_mapping_is_shared_with_a_child(void **state)
{
	const char *path = in_view("mapped-fork");
	char *data;

	(void)state;
	make_file(path, 'a');
	data = map(path, PROT_READ | PROT_WRITE, MAP_SHARED);
	in_child(write_through_mapping, data);
	assert_int_equal(data[100], 'c');
	assert_ok(msync(data, SIZE, MS_SYNC));
	assert_int_equal(get_file(path)[100], 'c');
	assert_ok(munmap(data, SIZE));
}

static void writes_show_in_a_mapping(void **state)
{
	const char *path = in_view("mapped-write");
	char *data;
	int fd;

	(void)state;
	make_file(path, 'a');
	data = map(path, PROT_READ, MAP_SHARED);
	assert_int_equal(data[4096], 'a');
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "W", 1, 4096), 1);
	assert_ok(close(fd));
	assert_int_equal(data[4096], 'W');
	assert_ok(munmap(data, SIZE));
}

static void append_through_an_appending_descriptor_keeps_mapped_pages_in_place(void **state)
{
	const char *path = in_view("mapped-append");
	struct stat st;
	char *data;
	int fd;

	(void)state;
	make_file(path, 'a');
	fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC);
	assert_true(fd >= 0);
	data = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(data != MAP_FAILED);
	data[10] = 'M';
	assert_ok(msync(data, SIZE, MS_SYNC));
	assert_ok(fstat(fd, &st));
	assert_int_equal(st.st_size, SIZE);
	assert_ok(munmap(data, SIZE));
	assert_ok(close(fd));
	assert_int_equal(get_file(path)[10], 'M');
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest memory[] = {
		cmocka_unit_test(
			append_through_an_appending_descriptor_keeps_mapped_pages_in_place),
		cmocka_unit_test(private_mapping_does_not_reach_the_file),
		cmocka_unit_test(shared_mapping_is_shared_with_a_child),
		cmocka_unit_test(shared_mapping_is_written_back_without_msync),
		cmocka_unit_test(shared_mapping_of_a_host_file_copies_it_up),
		cmocka_unit_test(shared_mapping_reaches_the_file),
		cmocka_unit_test(writes_show_in_a_mapping),
	};

	return fixture_run(argc, argv, NULL, memory);
}

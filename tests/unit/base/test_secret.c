/* SPDX-License-Identifier: MIT */
/* Blocks for secrets and the frames in which they travel. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fs/base/fd.h"
#include "fs/base/secret.h"

static int ends[2];

static void feed(const void *bytes, size_t len)
{
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fd_write_all(ends[1], bytes, len), 0);
	(void)close(ends[1]);
}

static int read_fed(const void *bytes, size_t len)
{
	struct secret *secret = NULL;
	int r;

	feed(bytes, len);
	r = secret_read_frame(ends[0], &secret);
	(void)close(ends[0]);
	if (r < 0)
		assert_null(secret);
	secret_free(secret);
	return r;
}

static void frames_follow_each_other_on_one_pipe(void **state)
{
	cleanup_secret struct secret *one = NULL;
	struct secret *got = NULL;

	(void)state;
	assert_int_equal(secret_copy("{\"a\":1}", 7, &one), 0);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(secret_write_frame(ends[1], one), 0);
	assert_int_equal(secret_write_frame(ends[1], NULL), 0);
	assert_int_equal(write(ends[1], "next", 4), 4);
	(void)close(ends[1]);
	assert_int_equal(secret_read_frame(ends[0], &got), 0);
	assert_true(secret_is_equal(one, got));
	assert_string_equal(got->data, "{\"a\":1}");
	secret_free(got);
	got = NULL;
	assert_int_equal(secret_read_frame(ends[0], &got), 0);
	assert_int_equal(got->len, 0);
	assert_false(secret_is_equal(one, got));
	secret_free(got);
	got = NULL;
	/* What follows is not a frame, and was not read by the ones before. */
	assert_int_equal(secret_read_frame(ends[0], &got), -EBADMSG);
	(void)close(ends[0]);
}

static void what_is_no_frame_is_refused(void **state)
{
	(void)state;
	assert_int_equal(read_fed("", 0), -ENODATA);
	assert_int_equal(read_fed("CFC", 3), -EBADMSG);
	assert_int_equal(read_fed("CFC2\0\0\0\0", 8), -EBADMSG);
	assert_int_equal(read_fed("CFC1\5\0\0\0four", 12), -EBADMSG);
	assert_int_equal(read_fed("CFC1\1\0\1\0x", 9), -EFBIG);
	assert_int_equal(read_fed("CFC1\377\377\377\377x", 9), -EFBIG);
	assert_int_equal(read_fed("CFC1\1\0\0\0x", 9), 0);
}

static void a_stream_is_read_to_its_end_and_no_longer_than_allowed(void **state)
{
	static char much[SECRET_MAX + 1];
	struct secret *got = NULL;
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	assert_int_equal(fd_write_all(fileno(file), much, SECRET_MAX), 0);
	assert_int_equal(lseek(fileno(file), 0, SEEK_SET), 0);
	assert_int_equal(secret_read(fileno(file), &got), 0);
	assert_int_equal(got->len, SECRET_MAX);
	secret_free(got);
	got = NULL;
	assert_int_equal(fd_write_all(fileno(file), "x", 1), 0);
	assert_int_equal(lseek(fileno(file), 0, SEEK_SET), 0);
	assert_int_equal(secret_read(fileno(file), &got), -EFBIG);
	assert_null(got);
	assert_int_equal(secret_copy(much, sizeof(much), &got), -EFBIG);
	(void)fclose(file);
}

/* The flags of the mapping that holds address: "dd" is MADV_DONTDUMP, "lo" is mlock. */
static void flags_of(const void *address, char *flags, size_t size)
{
	FILE *maps = fopen("/proc/self/smaps", "re");
	char line[256];
	bool is_here = false;

	assert_non_null(maps);
	flags[0] = '\0';
	while (fgets(line, sizeof(line), maps)) {
		unsigned long from, to;

		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			is_here = (unsigned long)address >= from && (unsigned long)address < to;
		else if (is_here && strncmp(line, "VmFlags:", 8) == 0)
			(void)snprintf(flags, size, "%s", line);
	}
	(void)fclose(maps);
}

static void blocks_are_locked_and_left_out_of_cores(void **state)
{
	cleanup_secret struct secret *secret = NULL;
	char flags[256];

	(void)state;
	assert_int_equal(secret_copy("x", 1, &secret), 0);
	flags_of(secret, flags, sizeof(flags));
	assert_non_null(strstr(flags, " dd"));
#if !defined(__SANITIZE_ADDRESS__) && \
	!defined(__SANITIZE_THREAD__) /* which make mlock(2) do nothing */
	assert_non_null(strstr(flags, " lo"));
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_follow_each_other_on_one_pipe),
		cmocka_unit_test(what_is_no_frame_is_refused),
		cmocka_unit_test(a_stream_is_read_to_its_end_and_no_longer_than_allowed),
		cmocka_unit_test(blocks_are_locked_and_left_out_of_cores),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

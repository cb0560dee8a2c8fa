/* SPDX-License-Identifier: MIT */
/* The digest is SHA-256 as published, the tag HMAC-SHA-256, and fields do not run into each other.
 */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>

#include "fs/base/cleanup.h"
#include "fs/base/digest.h"
#include "tests/unit/temp_dir.h"

static void assert_hex(const struct digest *digest, const char *expected)
{
	char hex[DIGEST_HEX_SIZE];

	digest_to_hex(digest, hex);
	assert_string_equal(hex, expected);
}

static void digest_is_the_published_one(void **state)
{
	cleanup_digest_stream struct digest_stream *stream = digest_stream_new();
	struct digest digest;
	struct digest back;

	(void)state;
	digest_stream_update(stream, "a", 1);
	digest_stream_update(stream, "bc", 2);
	assert_int_equal(digest_stream_finish(stream, &digest), 0);
	/* FIPS 180-2, B.1. */
	assert_hex(&digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(
		digest_from_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
				&back),
		0);
	assert_true(digest_is_equal(&digest, &back));
	back.bytes[31] ^= 1;
	assert_false(digest_is_equal(&digest, &back));
	assert_int_equal(digest_from_hex("ba78", &back), -EINVAL);
	assert_int_equal(
		digest_from_hex("BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
				&back),
		-EINVAL);
}

static void tag_is_the_published_one(void **state)
{
	struct digest tag;

	(void)state;
	/* RFC 4231, test case 2. */
	assert_int_equal(digest_hmac("Jefe", 4, "what do ya want for nothing?", 28, &tag), 0);
	assert_hex(&tag, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static struct digest of_fields(const char *a, const char *b)
{
	cleanup_digest_stream struct digest_stream *stream = digest_stream_new();
	struct digest digest;

	digest_stream_text(stream, a);
	digest_stream_text(stream, b);
	assert_int_equal(digest_stream_finish(stream, &digest), 0);
	return digest;
}

static void fields_do_not_run_into_each_other(void **state)
{
	struct digest one = of_fields("ab", "c");
	struct digest other = of_fields("a", "bc");
	struct digest third = of_fields("abc", "");

	(void)state;
	assert_false(digest_is_equal(&one, &other));
	assert_false(digest_is_equal(&one, &third));
	other = of_fields("ab", "c");
	assert_true(digest_is_equal(&one, &other));
}

static void file_is_read_to_its_end(void **state)
{
	struct temp_dir dir;
	struct digest digest;
	int fd;

	(void)state;
	assert_int_equal(temp_dir_make(&dir), 0);
	assert_int_equal(temp_dir_write(&dir, "a", "abc"), 0);
	fd = openat(dir.fd, "a", O_RDONLY | O_CLOEXEC);
	assert_int_equal(digest_file(fd, &digest), 0);
	assert_hex(&digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	(void)close(fd);
	assert_int_equal(digest_file(-1, &digest), -EBADF);
	temp_dir_remove(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digest_is_the_published_one),
		cmocka_unit_test(tag_is_the_published_one),
		cmocka_unit_test(fields_do_not_run_into_each_other),
		cmocka_unit_test(file_is_read_to_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The digest is XXH3-128 as published, and its hex form reads back. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>

#include "fs/base/hash.h"

static void digest_is_the_published_one(void **state)
{
	struct hash hash = hash_bytes("", 0);
	struct hash back;
	char hex[HASH_HEX_SIZE];

	(void)state;
	hash_to_hex(&hash, hex);
	/* XXH3-128 of nothing with seed 0: the xxHash project's own test vector. */
	assert_string_equal(hex, "99aa06d3014798d86001c324468d497f");
	assert_int_equal(hash_from_hex(hex, &back), 0);
	assert_true(hash_is_equal(&hash, &back));
	assert_int_equal(hash_from_hex("zz", &back), -EINVAL);
}

static void pieces_give_the_digest_of_the_whole(void **state)
{
	cleanup_hash_stream struct hash_stream *stream = hash_stream_new();
	struct hash whole = hash_bytes("hello world", 11);
	struct hash pieces;

	(void)state;
	hash_stream_update(stream, "hello ", 6);
	hash_stream_update(stream, "world", 5);
	pieces = hash_stream_digest(stream);
	assert_true(hash_is_equal(&whole, &pieces));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digest_is_the_published_one),
		cmocka_unit_test(pieces_give_the_digest_of_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

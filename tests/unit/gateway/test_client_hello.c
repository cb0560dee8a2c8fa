/* SPDX-License-Identifier: MIT */
/* The server's name in a ClientHello, however it is cut; and nothing where it is not certain. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "init/gateway/client_hello.h"

struct bytes {
	uint8_t data[4096];
	size_t len;
};

static void add(struct bytes *bytes, uint32_t value, size_t size)
{
	while (size-- > 0)
		bytes->data[bytes->len++] = (uint8_t)(value >> (8 * size));
}

static void add_bytes(struct bytes *bytes, const void *data, size_t len)
{
	memcpy(bytes->data + bytes->len, data, len);
	bytes->len += len;
}

static void add_name(struct bytes *extensions, const char *name, uint32_t type)
{
	size_t len = strlen(name);

	add(extensions, 0, 2);
	add(extensions, (uint32_t)len + 5, 2);
	add(extensions, (uint32_t)len + 3, 2);
	add(extensions, type, 1);
	add(extensions, (uint32_t)len, 2);
	add_bytes(extensions, name, len);
}

static void add_extension(struct bytes *extensions, uint32_t type, size_t len)
{
	add(extensions, type, 2);
	add(extensions, (uint32_t)len, 2);
	for (size_t i = 0; i < len; i++)
		add(extensions, 0xaa, 1);
}

/* The handshake message, without record headers. */
static void make_message(struct bytes *message, const struct bytes *extensions)
{
	size_t body = 2 + 32 + 1 + 32 + 2 + 4 + 1 + 1 + (extensions ? 2 + extensions->len : 0);

	add(message, 1, 1);
	add(message, (uint32_t)body, 3);
	add(message, 0x0303, 2);
	for (unsigned int i = 0; i < 8; i++)
		add(message, 0x11223344, 4);
	add(message, 32, 1);
	for (unsigned int i = 0; i < 8; i++)
		add(message, 0x55667788, 4);
	add(message, 4, 2);
	add(message, 0x0a0a1301, 4); /* a GREASE value and a suite */
	add(message, 1, 1);
	add(message, 0, 1);
	if (extensions) {
		add(message, (uint32_t)extensions->len, 2);
		add_bytes(message, extensions->data, extensions->len);
	}
}

/* In records of so many bytes. */
static void make_records(struct bytes *ret, const struct bytes *message, size_t size)
{
	for (size_t offset = 0; offset < message->len; offset += size) {
		size_t part = message->len - offset < size ? message->len - offset : size;

		add(ret, 22, 1);
		add(ret, 0x0301, 2);
		add(ret, (uint32_t)part, 2);
		add_bytes(ret, message->data + offset, part);
	}
}

static int parse_extensions(const struct bytes *extensions, struct client_hello *ret)
{
	struct bytes message = { .len = 0 };
	struct bytes records = { .len = 0 };

	make_message(&message, extensions);
	make_records(&records, &message, 4096);
	return client_hello_parse(records.data, records.len, ret);
}

static void the_name_is_found_among_grease(void **state)
{
	struct bytes extensions = { .len = 0 };
	struct client_hello hello;

	(void)state;
	add_extension(&extensions, 0x0a0a, 0);
	add_extension(&extensions, 43, 7);
	add_name(&extensions, "API.Example.com", 0);
	add_extension(&extensions, 0xfafa, 1);
	assert_int_equal(parse_extensions(&extensions, &hello), 0);
	assert_string_equal(hello.server_name, "api.example.com");
	assert_false(hello.has_encrypted_hello);
}

static void cut_anywhere_it_is_the_same_or_not_yet_whole(void **state)
{
	static const size_t sizes[] = { 1, 2, 3, 5, 17, 100, 4096 };
	struct bytes extensions = { .len = 0 };
	struct bytes message = { .len = 0 };

	(void)state;
	add_name(&extensions, "a.example.com", 0);
	make_message(&message, &extensions);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct bytes records = { .len = 0 };

		make_records(&records, &message, sizes[i]);
		for (size_t len = 0; len <= records.len; len++) {
			struct client_hello hello;
			/* On the heap, so that a sanitizer sees a byte too far. */
			uint8_t *copy = malloc(len ? len : 1);
			int r;

			assert_non_null(copy);
			memcpy(copy, records.data, len);
			r = client_hello_parse(copy, len, &hello);
			free(copy);
			assert_int_equal(r, len < records.len ? -EAGAIN : 0);
			if (r == 0)
				assert_string_equal(hello.server_name, "a.example.com");
		}
	}
}

static void what_hides_or_lacks_the_name_is_told(void **state)
{
	struct bytes ech = { .len = 0 };
	struct bytes none = { .len = 0 };
	struct client_hello hello;

	(void)state;
	add_name(&ech, "public.example.com", 0);
	add_extension(&ech, 0xfe0d, 64);
	assert_int_equal(parse_extensions(&ech, &hello), 0);
	assert_true(hello.has_encrypted_hello);
	assert_int_equal(parse_extensions(&none, &hello), 0);
	assert_string_equal(hello.server_name, "");
	assert_int_equal(parse_extensions(NULL, &hello), 0);
	assert_string_equal(hello.server_name, "");
}

static void uncertain_names_are_refused(void **state)
{
	static const char *const names[] = { "",       "127.0.0.1", "localhost", "a b.c",
					     "a\tb.c", "..",        "a..b" };
	struct bytes twice = { .len = 0 };
	struct bytes typed = { .len = 0 };
	struct client_hello hello;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct bytes extensions = { .len = 0 };

		add_name(&extensions, names[i], 0);
		assert_int_equal(parse_extensions(&extensions, &hello), -EBADMSG);
	}
	add_name(&twice, "a.b", 0);
	add_name(&twice, "c.d", 0);
	assert_int_equal(parse_extensions(&twice, &hello), -EBADMSG);
	add_name(&typed, "a.b", 1);
	assert_int_equal(parse_extensions(&typed, &hello), -EBADMSG);
}

static void what_is_no_greeting_is_refused_at_its_first_bytes(void **state)
{
	static const uint8_t ssh[] = "SSH-2.0-OpenSSH";
	static const uint8_t alert[] = { 21, 3, 3, 0, 2, 2, 40 };
	static const uint8_t version[] = { 22, 2, 0 };
	static const uint8_t finished[] = { 22, 3, 3, 0, 4, 20, 0, 0, 0 };
	static const uint8_t empty[] = { 22, 3, 3, 0, 0 };
	static const uint8_t large[] = { 22, 3, 3, 0x40, 1 };
	static const uint8_t endless[] = { 22, 3, 3, 0, 4, 1, 0xff, 0xff, 0xff };
	struct client_hello hello;

	(void)state;
	assert_int_equal(client_hello_parse(ssh, 1, &hello), -EBADMSG);
	assert_int_equal(client_hello_parse(alert, sizeof(alert), &hello), -EBADMSG);
	assert_int_equal(client_hello_parse(version, sizeof(version), &hello), -EBADMSG);
	assert_int_equal(client_hello_parse(finished, sizeof(finished), &hello), -EBADMSG);
	assert_int_equal(client_hello_parse(empty, sizeof(empty), &hello), -EBADMSG);
	assert_int_equal(client_hello_parse(large, sizeof(large), &hello), -EBADMSG);
	assert_int_equal(client_hello_parse(endless, sizeof(endless), &hello), -EMSGSIZE);
}

/* Lengths that lie: each of them one too many and one too few. */
static void lying_lengths_are_refused(void **state)
{
	static const size_t places[] = { 8, 43, 77, 82, 85, 89, 91, 94 };
	struct bytes extensions = { .len = 0 };
	struct bytes message = { .len = 0 };
	struct bytes records = { .len = 0 };

	(void)state;
	add_name(&extensions, "a.example.com", 0);
	make_message(&message, &extensions);
	make_records(&records, &message, 4096);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		for (int change = -1; change <= 1; change += 2) {
			struct client_hello hello;
			struct bytes copy = records;
			int r;

			copy.data[places[i]] = (uint8_t)(copy.data[places[i]] + change);
			r = client_hello_parse(copy.data, copy.len, &hello);
			if (r == 0 && strcmp(hello.server_name, "a.example.com") == 0)
				fail_msg("byte %zu, %+d", places[i], change);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_name_is_found_among_grease),
		cmocka_unit_test(cut_anywhere_it_is_the_same_or_not_yet_whole),
		cmocka_unit_test(what_hides_or_lacks_the_name_is_told),
		cmocka_unit_test(uncertain_names_are_refused),
		cmocka_unit_test(what_is_no_greeting_is_refused_at_its_first_bytes),
		cmocka_unit_test(lying_lengths_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

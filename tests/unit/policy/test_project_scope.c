/* SPDX-License-Identifier: MIT */
/* How Claude names a project's directory, and which sessions are the project's own. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/text.h"
#include "fs/policy/project_scope.h"

#define UUID "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"

static void assert_encodes_to(const char *path, const char *encoded)
{
	cleanup_free char *ret = NULL;

	assert_int_equal(project_scope_encode(path, &ret), 0);
	assert_string_equal(ret, encoded);
}

static void append_repeated(struct text *text, char c, int n)
{
	while (n-- > 0)
		text_append_bytes(text, &c, 1);
}

static void every_unit_outside_letters_and_digits_is_a_dash(void **state)
{
	(void)state;
	assert_encodes_to("/home/u/Proj.x_y z", "-home-u-Proj-x-y-z");
	assert_encodes_to("/", "-");
	assert_encodes_to("/caf\xc3\xa9", "-caf-");
	assert_encodes_to("/\xf0\x9f\x98\x80", "---"); /* two UTF-16 units */
}

/* The long name is what Claude Code made of that directory. */
static void a_long_path_ends_in_a_hash_of_itself(void **state)
{
	cleanup_text struct text path = { 0 };
	cleanup_text struct text want = { 0 };

	(void)state;
	text_append(&path, "/tmp/pol/long/");
	append_repeated(&path, 'x', 120);
	text_append(&path, "/\xc3\xa9\xf0\x9f\x98\x80");
	append_repeated(&path, 'x', 120);
	text_append(&want, "-tmp-pol-long-");
	append_repeated(&want, 'x', 120);
	text_append(&want, "----");
	append_repeated(&want, 'x', 62);
	text_append(&want, "-8v1n4p");
	assert_encodes_to(path.data, want.data);
}

static void two_hundred_units_are_kept_whole(void **state)
{
	cleanup_text struct text path = { 0 };
	cleanup_free char *longer = NULL;

	(void)state;
	text_append(&path, "/");
	append_repeated(&path, 'y', 199);
	path.data[0] = '-';
	{
		cleanup_text struct text slash = { 0 };

		text_append(&slash, "/");
		append_repeated(&slash, 'y', 199);
		assert_encodes_to(slash.data, path.data);
		append_repeated(&slash, 'y', 1);
		assert_int_equal(project_scope_encode(slash.data, &longer), 0);
	}
	assert_memory_equal(longer, path.data, 200);
	assert_int_equal(longer[200], '-');
}

static void bad_paths_are_refused(void **state)
{
	struct project_scope *scope = NULL;

	(void)state;
	assert_int_equal(project_scope_new("relative", &scope), -EINVAL);
	assert_int_equal(project_scope_new("", &scope), -EINVAL);
	assert_int_equal(project_scope_new("/\xff", &scope), -EINVAL);
	assert_null(scope);
}

static void a_decomposed_path_is_encoded_composed(void **state)
{
	cleanup_project_scope struct project_scope *scope = NULL;

	(void)state;
	assert_int_equal(project_scope_new("/cafe\xcc\x81", &scope), 0);
	assert_string_equal(project_scope_encoded(scope), "-caf-");
	assert_string_equal(project_scope_path(scope), "/cafe\xcc\x81");
	assert_true(project_scope_is_path(scope, "/cafe\xcc\x81", 7));
	assert_true(project_scope_is_path(scope, "/caf\xc3\xa9", 6));
	assert_false(project_scope_is_path(scope, "/cafe", 5));
}

static void only_uuids_that_were_added_are_own(void **state)
{
	cleanup_project_scope struct project_scope *scope = NULL;
	static const char *const bad[] = {
		"",
		"x",
		"0A1B2C3D-4E5F-4A6B-8C7D-9E0F1A2B3C4D",
		"0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4",
		"0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d1",
		"0a1b2c3d04e5f-4a6b-8c7d-9e0f1a2b3c4d",
		"0a1b2c3g-4e5f-4a6b-8c7d-9e0f1a2b3c4d",
		"00000000-0000-0000-0000-000000000000",
	};

	(void)state;
	assert_int_equal(project_scope_new("/p", &scope), 0);
	assert_false(project_scope_has_session(scope, UUID, strlen(UUID)));
	assert_int_equal(project_scope_add_session(scope, UUID, strlen(UUID)), 0);
	assert_int_equal(project_scope_add_session(scope, UUID, strlen(UUID)), 0);
	assert_true(project_scope_has_session(scope, UUID, strlen(UUID)));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(project_scope_add_session(scope, bad[i], strlen(bad[i])), 0);
		assert_false(project_scope_has_session(scope, bad[i], strlen(bad[i])));
	}
}

static void make_uuid(char uuid[SESSION_UUID_LEN + 1], unsigned int n)
{
	(void)snprintf(uuid, SESSION_UUID_LEN + 1, "%08x-0000-4000-8000-%012x", n * 2654435761u, n);
}

static void sessions_over_the_limit_are_not_own(void **state)
{
	cleanup_project_scope struct project_scope *scope = NULL;
	char uuid[SESSION_UUID_LEN + 1];

	(void)state;
	assert_int_equal(project_scope_new("/p", &scope), 0);
	for (unsigned int i = 0; i < 65537; i++) {
		make_uuid(uuid, i);
		assert_int_equal(project_scope_add_session(scope, uuid, SESSION_UUID_LEN), 0);
	}
	for (unsigned int i = 0; i < 65537; i++) {
		make_uuid(uuid, i);
		assert_int_equal(project_scope_has_session(scope, uuid, SESSION_UUID_LEN),
				 i < 65536);
	}
}

static void *add_many(void *arg)
{
	char uuid[SESSION_UUID_LEN + 1];

	for (unsigned int i = 0; i < 10000; i++) {
		make_uuid(uuid, i);
		(void)project_scope_add_session(arg, uuid, SESSION_UUID_LEN);
	}
	return NULL;
}

static void sessions_may_be_added_while_others_ask(void **state)
{
	cleanup_project_scope struct project_scope *scope = NULL;
	char uuid[SESSION_UUID_LEN + 1];
	pthread_t thread;

	(void)state;
	assert_int_equal(project_scope_new("/p", &scope), 0);
	assert_int_equal(pthread_create(&thread, NULL, add_many, scope), 0);
	make_uuid(uuid, 20000);
	for (unsigned int i = 0; i < 10000; i++)
		assert_false(project_scope_has_session(scope, uuid, SESSION_UUID_LEN));
	assert_int_equal(pthread_join(thread, NULL), 0);
	make_uuid(uuid, 9999);
	assert_true(project_scope_has_session(scope, uuid, SESSION_UUID_LEN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_unit_outside_letters_and_digits_is_a_dash),
		cmocka_unit_test(a_long_path_ends_in_a_hash_of_itself),
		cmocka_unit_test(two_hundred_units_are_kept_whole),
		cmocka_unit_test(bad_paths_are_refused),
		cmocka_unit_test(a_decomposed_path_is_encoded_composed),
		cmocka_unit_test(only_uuids_that_were_added_are_own),
		cmocka_unit_test(sessions_over_the_limit_are_not_own),
		cmocka_unit_test(sessions_may_be_added_while_others_ask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

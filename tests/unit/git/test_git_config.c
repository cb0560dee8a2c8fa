/* SPDX-License-Identifier: MIT */
/* Reading a hostile git configuration: what git would see, and nothing else happens. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/text.h"
#include "fs/git/git_config.h"
#include "tests/unit/temp_dir.h"

static int read_text(const char *text, struct git_config_keys *ret)
{
	return git_config_keys_read(text, strlen(text), ret);
}

static const char *value_of(const struct git_config_keys *keys, const char *name)
{
	for (size_t i = 0; i < keys->count; i++) {
		if (strcmp(keys->keys[i].name, name) == 0)
			return keys->keys[i].value;
	}
	return NULL;
}

static void keys_are_read_as_git_reads_them(void **state)
{
	cleanup_git_config_keys struct git_config_keys keys = { 0 };

	(void)state;
	assert_int_equal(read_text("[CORE]\n\tFsMonitor = \"sh -c \\\"x\\\"\" ; comment\n"
				   "[filter \"A.b\"]\n clean=cat\\\n  -n\n[a]\nb\n",
				   &keys),
			 0);
	assert_int_equal(keys.count, 3);
	assert_string_equal(value_of(&keys, "core.fsmonitor"), "sh -c \"x\"");
	assert_string_equal(value_of(&keys, "filter.A.b.clean"), "cat  -n");
	assert_non_null(value_of(&keys, "a.b"));
}

static void an_include_is_a_key_and_is_not_followed(void **state)
{
	cleanup_git_config_keys struct git_config_keys keys = { 0 };
	struct temp_dir dir;
	char text[512], path[128];
	FILE *file;

	(void)state;
	assert_int_equal(temp_dir_make(&dir), 0);
	(void)snprintf(path, sizeof(path), "%s/included", dir.path);
	file = fopen(path, "we");
	assert_non_null(file);
	(void)fputs("[secret]\n\tkey = 1\n", file);
	(void)fclose(file);
	(void)snprintf(text, sizeof(text),
		       "[INCLUDE]\n\tpath = %s\n[includeIf \"gitdir:/\"]\n\tpath = %s\n"
		       "[c]\n\td = /usr/Include/x\n",
		       path, path);
	assert_int_equal(read_text(text, &keys), 0);
	assert_string_equal(value_of(&keys, "include.path"), path);
	assert_string_equal(value_of(&keys, "includeif.gitdir:/.path"), path);
	assert_null(value_of(&keys, "secret.key"));
	assert_int_equal(keys.count, 3);
	temp_dir_remove(&dir);
}

/* git would wait for somebody to write into it; so would we, if it were opened. */
static void an_included_fifo_does_not_stop_us(void **state)
{
	cleanup_git_config_keys struct git_config_keys keys = { 0 };
	struct temp_dir dir;
	char text[256];

	(void)state;
	assert_int_equal(temp_dir_make(&dir), 0);
	assert_int_equal(mkfifoat(dir.fd, "fifo", 0600), 0);
	(void)snprintf(text, sizeof(text), "[include]\n\tpath = %s/fifo\n", dir.path);
	(void)alarm(20);
	assert_int_equal(read_text(text, &keys), 0);
	(void)alarm(0);
	assert_int_equal(keys.count, 1);
	temp_dir_remove(&dir);
}

static void what_git_would_not_read_is_said(void **state)
{
	static const char *const bad[] = {
		"[core\n",
		"[core]\n\tx = \\q\n",
		/* Every word that could stand in for the one that is not to be followed. */
		"[include]\npath=incvude inqlude xnclude incyude inzlude\n",
	};
	cleanup_text struct text many = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cleanup_git_config_keys struct git_config_keys keys = { 0 };

		assert_int_equal(read_text(bad[i], &keys), -EBADMSG);
	}
	{
		cleanup_git_config_keys struct git_config_keys keys = { 0 };

		assert_int_equal(git_config_keys_read("[a]\nb=\0\n", 8, &keys), -EBADMSG);
	}
	text_append(&many, "[a]\n");
	for (unsigned int i = 0; i <= GIT_CONFIG_KEYS_MAX; i++)
		text_append(&many, "b=1\n");
	{
		cleanup_git_config_keys struct git_config_keys keys = { 0 };

		assert_int_equal(git_config_keys_read(many.data, many.len, &keys), -EFBIG);
	}
	while (many.len <= GIT_CONFIG_BYTES_MAX)
		text_append(&many, "# a comment of some length, again and again\n");
	{
		cleanup_git_config_keys struct git_config_keys keys = { 0 };

		assert_int_equal(git_config_keys_read(many.data, many.len, &keys), -EFBIG);
	}
}

static int note(enum git_config_change_type type, const struct git_config_key *key, void *arg)
{
	static const char signs[] = {
		[GIT_KEY_ADDED] = '+', [GIT_KEY_CHANGED] = '~', [GIT_KEY_REMOVED] = '-'
	};

	text_appendf(arg, "%c%s=%s ", signs[type], key->name, key->value);
	return 0;
}

static void changes_are_told_key_by_key(void **state)
{
	cleanup_git_config_keys struct git_config_keys before = { 0 };
	cleanup_git_config_keys struct git_config_keys after = { 0 };
	cleanup_text struct text told = { 0 };

	(void)state;
	assert_int_equal(read_text("[a]\nx=1\ny=1\nl=1\nl=2\n[gone]\nk=v\n", &before), 0);
	assert_int_equal(read_text("[gone]\n[a]\ny=1\nx=2\nl=1\nl=3\nl=4\n", &after), 0);
	assert_int_equal(git_config_compare(&before, &after, note, &told), 0);
	assert_string_equal(told.data, "~a.x=2 ~a.l=3 +a.l=4 -gone.k=v ");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_read_as_git_reads_them),
		cmocka_unit_test(an_include_is_a_key_and_is_not_followed),
		cmocka_unit_test(an_included_fifo_does_not_stop_us),
		cmocka_unit_test(what_git_would_not_read_is_said),
		cmocka_unit_test(changes_are_told_key_by_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

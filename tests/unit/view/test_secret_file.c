/* SPDX-License-Identifier: MIT */
/* Logins in the view: what is shown and what the session writes is in memory only. */
#include "tests/unit/view/view_cases.h"

#include <errno.h>

#include "fs/view/secret_file.h"

#define LOGIN   "{\"token\":1}"
#define REFRESH "{\"token\":2}"
#define NAME    ".credentials.json"
#define TEMP    ".credentials.json.tmp.1.ab"

static struct {
	unsigned int count;
	char last[256];
} offered;

static void take(void *arg, const struct secret *written)
{
	assert_ptr_equal(arg, &offered);
	assert_true(written->len < sizeof(offered.last));
	offered.count++;
	memcpy(offered.last, written->data, written->len + 1);
}

/* A view that shows LOGIN. */
static void show_login(struct fixture *f)
{
	cleanup_secret struct secret *login = NULL;

	memset(&offered, 0, sizeof(offered));
	assert_int_equal(secret_copy(LOGIN, strlen(LOGIN), &login), 0);
	f->options.credentials = login;
	f->options.on_credentials = take;
	f->options.credentials_arg = &offered;
	fixture_remake(f, NULL);
	f->options.credentials = NULL;
}

static int try_create(struct fixture *f, const char *name)
{
	struct view_attr attr;
	struct view_file *file = NULL;
	int r = view_create(f->view, &f->caller, VIEW_ROOT, name, 0600, O_RDWR, &attr, &file);

	if (r == 0)
		view_release(file);
	return r;
}

static void a_login_is_shown_and_never_the_hosts_file(void **state)
{
	struct fixture *f = *state;
	struct stat want = { .st_mode = 0600 };

	assert_int_equal(look(f, NAME), -ENOENT);
	host_write(f, NAME, "host token");
	assert_int_equal(look(f, NAME), -ENOENT);
	show_login(f);
	assert_content(f, NAME, LOGIN);
	assert_non_null(strstr(names_in(f, ""), NAME));
	assert_int_equal(try_setattr(f, NAME, &want, VIEW_SET_MODE), 0);
	assert_int_equal(object_files(f), 0);
	assert_string_equal(journal_text(f, 0), "");
	assert_int_equal(offered.count, 0);
}

static void a_login_saved_claudes_way_is_offered_and_in_no_object(void **state)
{
	struct fixture *f = *state;

	show_login(f);
	write_path(f, TEMP, REFRESH);
	assert_int_equal(offered.count, 0);
	assert_int_equal(try_rename(f, TEMP, NAME), 0);
	assert_content(f, NAME, REFRESH);
	assert_int_equal(offered.count, 1);
	assert_string_equal(offered.last, REFRESH);
	assert_int_equal(look(f, TEMP), -ENOENT);
	assert_int_equal(object_files(f), 0);
	assert_string_equal(journal_text(f, 0), "");
}

static void a_login_written_in_place_is_offered_at_the_last_close(void **state)
{
	struct fixture *f = *state;
	struct view_file *file;

	show_login(f);
	file = open_path(f, NAME, O_RDWR);
	assert_int_equal(append(f, file, "x"), 1);
	assert_reads(file, 0, 100, LOGIN "x");
	assert_int_equal(offered.count, 0);
	assert_int_equal(view_fsync(file, false), 0);
	view_release(file);
	assert_int_equal(offered.count, 1);
	assert_string_equal(offered.last, LOGIN "x");
	write_path(f, NAME, REFRESH);
	assert_int_equal(offered.count, 2);
	assert_string_equal(offered.last, REFRESH);
	/* Reading it is no news. */
	assert_content(f, NAME, REFRESH);
	assert_int_equal(offered.count, 2);
	assert_int_equal(object_files(f), 0);
	assert_string_equal(journal_text(f, 0), "");
}

static void no_rename_brings_a_login_into_the_store_or_back(void **state)
{
	struct fixture *f = *state;

	show_login(f);
	assert_int_equal(try_rename(f, NAME, "plans/token"), -EROFS);
	assert_int_equal(try_rename(f, NAME, "token"), -EROFS);
	assert_content(f, NAME, LOGIN);
	assert_int_equal(try_rename(f, NAME, TEMP), 0);
	assert_content(f, TEMP, LOGIN);
	assert_int_equal(look(f, NAME), -ENOENT);
	assert_int_equal(try_rename(f, TEMP, "token"), -EROFS);
	assert_int_equal(object_files(f), 0);
	write_path(f, "token", "{}");
	assert_int_equal(try_rename(f, "token", NAME), -EROFS);
	assert_int_equal(try_rename(f, "token", ".Credentials.JSON"), -EROFS);
	assert_int_equal(offered.count, 0);
	assert_string_equal(journal_text(f, 0),
			    "refuse:.credentials.json>plans/token refuse:.credentials.json>token "
			    "refuse:.credentials.json.tmp.1.ab>token create:token write:token seal "
			    "refuse:token>.credentials.json refuse:token>.Credentials.JSON");
}

static void names_that_fold_to_it_are_in_memory_too(void **state)
{
	struct fixture *f = *state;

	show_login(f);
	write_path(f, ".CREDENTIALS.json", REFRESH);
	write_path(f, ".credentials\u200d.json", REFRESH);
	write_path(f, ".credential", "x");
	assert_int_equal(object_files(f), 1);
	assert_int_equal(offered.count, 0);
	assert_true(secret_file_is_path(".credentials.json.lock"));
	assert_false(secret_file_is_path("plans/.credentials.json"));
	assert_false(secret_file_is_path("\xff.credentials.json"));
}

static void memory_for_logins_is_bounded(void **state)
{
	struct fixture *f = *state;
	struct view_file *file;
	struct stat want = { .st_size = SECRET_MAX + 1 };
	char name[32];

	show_login(f);
	file = create_path(f, TEMP);
	assert_int_equal(put(f, file, "x", SECRET_MAX), -EFBIG);
	assert_int_equal(put(f, file, "x", SECRET_MAX - 1), 1);
	assert_int_equal(view_fallocate(file, &f->caller, 0, 0, SECRET_MAX + 1), -EFBIG);
	view_release(file);
	assert_int_equal(try_setattr(f, TEMP, &want, VIEW_SET_SIZE), -EFBIG);
	/* One is there already. */
	for (unsigned int i = 1; i < SECRET_FILES_MAX; i++) {
		(void)snprintf(name, sizeof(name), NAME ".%u", i);
		view_release(create_path(f, name));
	}
	assert_int_equal(try_create(f, NAME ".more"), -ENOSPC);
}

static void a_renewed_login_replaces_the_shown_one_but_not_the_sessions(void **state)
{
	struct fixture *f = *state;
	cleanup_secret struct secret *renewed = NULL;
	struct view_file *file;
	bool may_keep = true;

	show_login(f);
	assert_content(f, NAME, LOGIN);
	assert_int_equal(secret_copy(REFRESH, strlen(REFRESH), &renewed), 0);
	view_set_credentials(f->view, renewed);
	file = NULL;
	assert_int_equal(
		view_open(f->view, &f->caller, ino_of(f, NAME), O_RDONLY, &file, &may_keep), 0);
	/* The kernel's pages hold the old one. */
	assert_false(may_keep);
	view_release(file);
	assert_content(f, NAME, REFRESH);
	write_path(f, NAME, "{\"mine\":1}");
	view_set_credentials(f->view, renewed);
	assert_content(f, NAME, "{\"mine\":1}");
	assert_int_equal(try_unlink(f, NAME), 0);
	assert_int_equal(look(f, NAME), -ENOENT);
	view_set_credentials(f->view, NULL);
	assert_int_equal(look(f, NAME), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		VIEW_CASE(a_login_is_shown_and_never_the_hosts_file),
		VIEW_CASE(a_login_saved_claudes_way_is_offered_and_in_no_object),
		VIEW_CASE(a_login_written_in_place_is_offered_at_the_last_close),
		VIEW_CASE(no_rename_brings_a_login_into_the_store_or_back),
		VIEW_CASE(names_that_fold_to_it_are_in_memory_too),
		VIEW_CASE(memory_for_logins_is_bounded),
		VIEW_CASE(a_renewed_login_replaces_the_shown_one_but_not_the_sessions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The host's disk is full: the commit stops, every file is old or new, and once there is room the
 * next commit brings the rest. The host lies on a tiny tmpfs in a mount namespace of the test's
 * own. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/review/verify.h"
#include "tests/lib/session_fixture.h"

#define UUID   "11111111-2222-4333-8444-555555555555"
#define RECORD "{\"type\":\"user\",\"sessionId\":\"" UUID "\"}\n"
#define COUNT  8

static bool is_mounted;

/* A tmpfs on the host's ~/.claude, seen by this process only. */
static void mount_small(const char *host)
{
	is_mounted = unshare(CLONE_NEWNS) == 0 &&
		     mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		     mount("tmpfs", host, "tmpfs", MS_NOSUID | MS_NODEV, "size=256k") == 0;
}

static char *big_text(size_t len)
{
	char *text = malloc(len + 1);

	assert_non_null(text);
	memset(text, 'x', len);
	text[len] = '\0';
	return text;
}

static void make_session(struct fixture *f, const char *transcript, const char *big)
{
	char *records = NULL;

	for (int i = 0; i < COUNT; i++) {
		char path[32];

		(void)snprintf(path, sizeof(path), "plans/%d.md", i);
		fixture_create(f, path, big);
	}
	assert_true(asprintf(&records, RECORD "{\"big\":\"%s\"}\n", big) > 0);
	fixture_append(f, transcript, records);
	free(records);
	fixture_end(f);
}

static void check_old_or_new(struct fixture *f, const char *transcript, const char *big,
			     bool is_final)
{
	char *content = fixture_host_read(f, transcript);

	assert_non_null(content);
	assert_true((!is_final && strcmp(content, RECORD) == 0) ||
		    strlen(content) ==
			    2 * strlen(RECORD) + strlen(big) + strlen("{\"big\":\"\"}\n"));
	free(content);
	for (int i = 0; i < COUNT; i++) {
		char path[32];

		(void)snprintf(path, sizeof(path), "plans/%d.md", i);
		content = fixture_host_read(f, path);
		assert_true(content || !is_final);
		if (content)
			assert_string_equal(content, big);
		free(content);
	}
}

static void full_host_disk_stops_and_the_next_commit_finishes(void **state)
{
	struct commit_choice choice = { .approve_all = true };
	struct commit_result result;
	struct verify_report report;
	struct fixture f;
	const char *transcript;
	char *big = big_text(40000);
	unsigned int stops = 0;
	int r = -ENOSPC;

	(void)state;
	fixture_make_prepared(&f, mount_small);
	if (!is_mounted) {
		fixture_done(&f);
		free(big);
		skip();
	}
	transcript = fixture_own(&f, UUID ".jsonl");
	fixture_host_write(&f, transcript, RECORD);
	make_session(&f, transcript, big);
	for (unsigned int kib = 256; r == -ENOSPC && kib < 1024; kib += 16) {
		char options[32];

		r = fixture_commit(&f, &choice, &result);
		check_old_or_new(&f, transcript, big, r == 0);
		if (r == -ENOSPC)
			stops++;
		(void)snprintf(options, sizeof(options), "size=%uk", kib + 16);
		assert_int_equal(
			mount("tmpfs", f.host, "tmpfs", MS_REMOUNT | MS_NOSUID | MS_NODEV, options),
			0);
	}
	assert_int_equal(r, 0);
	assert_true(stops >= 3);
	assert_int_equal(verify_session(f.session_fd, f.manifest.id, NULL, NULL, &report), 0);
	assert_int_equal(report.problems, 0);
	assert_int_equal(report.unfinished, 0);
	assert_int_equal(review_count(fixture_review(&f)), 0);
	(void)umount2(f.host, MNT_DETACH);
	fixture_done(&f);
	free(big);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(full_host_disk_stops_and_the_next_commit_finishes),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}

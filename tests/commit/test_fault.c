/* SPDX-License-Identifier: MIT */
/* Every allocation and every system call of a commit, of the review before it and of what they read
 * fails once. Whatever happened, each host file is old or new, the next commit finishes the work,
 * and an appended line is there exactly once. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/review/verify.h"
#include "tests/lib/fault_call.h"
#include "tests/lib/form.h"
#include "tests/lib/session_fixture.h"

/* Calls between two faults: all of them take minutes, so that the rest is for the long campaign. */
static unsigned int stride = 1;
static unsigned int first = 1;

static const struct commit_choice choose_all = { .approve_all = true };

static const char rules[] = "{\"version\":1,\"rules\":[{\"path\":\"t/**\",\"read\":\"show\","
			    "\"write\":\"review\",\"why\":\"test\"}]}";

#define HISTORY_BEFORE "{\"project\":\"/other\"}\n"

/* Of the session's project, which is another one every time. */
static char history_line[128];
static char history_after[256];

/* What every name holds before and after; NULL: nothing. */
static const struct {
	const char *path;
	const char *before;
	const char *after;
} names[] = {
	{ "history.jsonl", HISTORY_BEFORE, history_after },
	{ "t/create", NULL, "new" },
	{ "t/delete", "old", NULL },
	{ "t/dir/in-it", NULL, "new" },
	{ "t/replace", "old", "newer" },
};

/* With t/dir. */
#define ENTRIES (sizeof(names) / sizeof(names[0]) + 1)

static void make_session(struct fixture *f)
{
	fixture_make(f);
	fixture_add_rules(f, rules);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].before)
			fixture_host_write(f, names[i].path, names[i].before);
	}
	(void)snprintf(history_line, sizeof(history_line), "{\"project\":\"%s\"}\n", f->project);
	(void)snprintf(history_after, sizeof(history_after), HISTORY_BEFORE "%s", history_line);
	fixture_append(f, "history.jsonl", history_line);
	fixture_create(f, "t/create", "new");
	fixture_mkdir(f, "t/dir");
	fixture_create(f, "t/dir/in-it", "new");
	fixture_modify(f, "t/replace", "newer");
	fixture_unlink(f, "t/delete");
	fixture_end(f);
}

static bool is_content(const char *content, const char *expected)
{
	return expected ? content && strcmp(content, expected) == 0 : !content;
}

static void check_host(struct fixture *f, bool is_finished, unsigned int nth)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *content = fixture_host_read(f, names[i].path);
		bool is_good = is_content(content, names[i].after) ||
			       (!is_finished && is_content(content, names[i].before));

		if (!is_good)
			print_error("call %u: %s holds %s\n", nth, names[i].path,
				    content ? content : "nothing");
		assert_true(is_good);
		free(content);
	}
}

/* As fixture_commit(), but no step of it must succeed. */
static int commit_once(struct fixture *f, struct commit_result *ret)
{
	cleanup_host_tree struct host_tree *tree = NULL;
	cleanup_review struct review *review = NULL;
	cleanup_commit struct commit *commit = NULL;
	cleanup_commit_plan struct commit_plan *plan = NULL;
	struct review_options options = {
		.session_fd = f->session_fd,
		.manifest = &f->manifest,
		.rules = f->rules,
		.scope = f->scope,
	};
	const char *missing = NULL;
	int r;

	r = commit_open(f->session_fd, &f->manifest, f->state_fd, NULL, NULL, NULL, &commit);
	if (r == 0)
		r = host_tree_open(f->host, NULL, &tree);
	options.host = tree;
	if (r == 0)
		r = review_open(&options, &review);
	if (r == 0)
		r = commit_plan_new(review, &choose_all, &plan, &missing);
	return r == 0 ? commit_apply(commit, plan, NULL, NULL, ret) : r;
}

static void print_problem(const char *text, void *arg)
{
	(void)arg;
	print_error("verify: %s\n", text);
}

/* False once the commit is over before its nth call. */
static bool fails_safely(enum fault_kind kind, unsigned int nth, int error, bool is_sticky)
{
	struct commit_result result = { 0 };
	struct verify_report report;
	struct fixture f;
	bool has_hit;
	int r;

	make_session(&f);
	fault_arm(kind, nth, error, is_sticky);
	r = commit_once(&f, &result);
	has_hit = fault_disarm();
	check_host(&f, !has_hit, nth);
	/* Success is said of nothing that is not there. (A review that could not read a change
	 * holds it, and says so.) */
	if (r == 0 && result.applied == ENTRIES)
		check_host(&f, true, nth);
	r = commit_once(&f, &result);
	if (r < 0)
		print_error("call %u: the next commit: %s\n", nth, strerror(-r));
	assert_int_equal(r, 0);
	check_host(&f, true, nth);
	assert_int_equal(verify_session(f.session_fd, f.manifest.id, print_problem, NULL, &report),
			 0);
	if (report.problems)
		print_error("call %u: %zu problems\n", nth, (size_t)report.problems);
	assert_int_equal(report.problems, 0);
	fixture_done(&f);
	return has_hit;
}

static void fail_each(enum fault_kind kind, int error, bool is_sticky)
{
	unsigned int nth = first;

	while (fails_safely(kind, nth, error, is_sticky))
		nth += stride;
	print_message("%u calls, every %u. of them failed\n", nth, stride);
	assert_true(nth > 50);
}

static void any_allocation_may_fail(void **state)
{
	(void)state;
	fail_each(FAULT_MEMORY, 0, false);
}

static void memory_may_run_out_for_good(void **state)
{
	(void)state;
	fail_each(FAULT_MEMORY, 0, true);
}

static void any_call_on_a_file_may_fail(void **state)
{
	(void)state;
	fail_each(FAULT_FILES, EIO, false);
}

static void the_disk_may_fail_for_good(void **state)
{
	(void)state;
	fail_each(FAULT_FILES, EIO, true);
}

static void descriptors_and_space_may_run_out(void **state)
{
	(void)state;
	fail_each(FAULT_FILES, ENOSPC, true);
	fail_each(FAULT_FILES, EMFILE, false);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_allocation_may_fail),
		cmocka_unit_test(memory_may_run_out_for_good),
		cmocka_unit_test(any_call_on_a_file_may_fail),
		cmocka_unit_test(the_disk_may_fail_for_good),
		cmocka_unit_test(descriptors_and_space_may_run_out),
	};

	/* Nothing here asks whether a disk keeps what it was told to: memory is faster. */
	if (access("/dev/shm", W_OK) == 0)
		fixture_parent = "/dev/shm";
	stride = form_of(11, 5, 1);
	if (argc > 1)
		stride = (unsigned int)strtoul(argv[1], NULL, 10);
	if (argc > 2)
		first = (unsigned int)strtoul(argv[2], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

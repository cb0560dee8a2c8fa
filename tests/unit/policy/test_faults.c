/* SPDX-License-Identifier: MIT */
/* The policy when memory or files give out at any call: it says so and changes nothing, or it
 * decides as strictly as it can. Never "show" or "auto" for want of memory. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "fs/base/beneath.h"
#include "fs/base/cleanup.h"
#include "fs/base/fold.h"
#include "fs/base/path_name.h"
#include "fs/base/text.h"
#include "fs/policy/decide.h"
#include "fs/policy/pattern.h"
#include "fs/policy/rules_load.h"
#include "fs/policy/transcript.h"
#include "tests/lib/fault_call.h"
#include "tests/unit/temp_dir.h"

#define UUID_OWN     "11111111-2222-4333-8444-555555555555"
#define UUID_FOREIGN "21111111-2222-4333-8444-555555555555"

/* Every kind of thing that a rule file may hold. */
static const char rule_text[] =
	"{\"version\":1,\"rules\":["
	"{\"path\":\"x/{a,b{c,d}}/*.<session>.?\\\\*\",\"read\":\"show\",\"write\":\"auto\","
	"\"merge\":\"append-lines\",\"why\":\"w\"},"
	"{\"path\":\"history.jsonl\",\"read\":\"filter\",\"filter\":\"history\","
	"\"write\":\"auto\",\"merge\":\"append-lines\",\"why\":\"w\"},"
	"{\"path\":\"projects/<project>/**\",\"read\":\"show\",\"write\":\"review\",\"why\":\"w\"},"
	"{\"path\":\"\u00c4/**/\u00e4\",\"read\":\"hide\",\"write\":\"never\",\"why\":\"w\"}]}";

static struct temp_dir dir;

static int set_up(void **state)
{
	(void)state;
	return temp_dir_make(&dir) < 0 || temp_dir_write(&dir, "1.json", rule_text) < 0 ||
			       temp_dir_write(&dir, "2.json", rule_text) < 0 ||
			       mkdirat(dir.fd, "a", 0700) < 0 || mkdirat(dir.fd, "a/b", 0700) < 0 ||
			       temp_dir_write(&dir, "a/b/c", "x") < 0
		       ? -1
		       : 0;
}

static int tear_down(void **state)
{
	(void)state;
	temp_dir_remove(&dir);
	return 0;
}

/* Something that may fail: 0 or a negative errno. What it makes it frees. */
typedef int attempt_fn(void);

/* Fails each call that the attempt makes once, then all from it on. */
static void fail_each(attempt_fn *attempt, enum fault_kind kind, int error, unsigned int least)
{
	for (unsigned int sticky = 0; sticky < 2; sticky++) {
		unsigned int nth = 0;
		bool has_hit = true;

		if (fault_goes_by_ways())
			fault_forget_ways();
		while (has_hit) {
			int r;

			nth++;
			if (fault_goes_by_ways())
				fault_arm_way(kind, error, sticky);
			else
				fault_arm(kind, nth, error, sticky);
			r = attempt();
			has_hit = fault_disarm();
			if (!has_hit || r != 0)
				assert_int_equal(r, has_hit ? -error : 0);
		}
		/* The control: calls were made to fail. */
		assert_true(fault_goes_by_ways() || nth > least);
	}
}

static int make_rules(void)
{
	cleanup_rules struct rules *rules = NULL;
	struct rules_problem problem = { 0 };
	size_t count;
	int r = rules_new_builtin(&rules);

	if (r < 0) {
		assert_null(rules);
		return r;
	}
	count = rules_count(rules);
	r = rules_add_text(rules, "test", rule_text, strlen(rule_text), &problem);
	assert_int_equal(rules_count(rules), r == 0 ? count + 4 : count);
	return r;
}

/* Loads the directory into rules that are there already, whose making shall not fail. */
static int load_directory(enum fault_kind kind, unsigned int nth, int error, bool *ret_has_hit)
{
	cleanup_rules struct rules *rules = NULL;
	struct rules_problem problem = { 0 };
	int r;

	assert_int_equal(rules_new_builtin(&rules), 0);
	fault_arm(kind, nth, error, false);
	r = rules_load_dir(rules, dir.path, &problem);
	*ret_has_hit = fault_disarm();
	/* A file that cannot be opened is named, not passed over. */
	if (r != -EBADMSG)
		return r;
	assert_non_null(strstr(problem.reason, "cannot be opened"));
	return -error;
}

static void rules_are_whole_or_an_error(void **state)
{
	(void)state;
	fail_each(make_rules, FAULT_MEMORY, ENOMEM, 1000);
}

static int load_file(void)
{
	struct rules *rules = NULL;
	struct rules_problem problem = { 0 };
	char path[96];
	int r = rules_new_builtin(&rules);

	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), "%s/1.json", dir.path);
	r = rules_load_file(rules, path, &problem);
	rules_free(rules);
	return r;
}

static void a_rule_file_that_cannot_be_read_is_an_error(void **state)
{
	(void)state;
	fail_each(load_file, FAULT_FILES, EIO, 3);
	for (unsigned int nth = 1; nth < 300; nth++) {
		bool has_hit = false;
		int r = load_directory(FAULT_FILES, nth, EIO, &has_hit);

		assert_int_equal(r, has_hit ? -EIO : 0);
		r = load_directory(FAULT_MEMORY, nth, ENOMEM, &has_hit);
		assert_int_equal(r, has_hit ? -ENOMEM : 0);
	}
}

static int make_scope(void)
{
	cleanup_project_scope struct project_scope *scope = NULL;
	char path[700] = "/srv/\U0001f600";
	int r;

	/* Over 200 units: the hash is in the name. */
	memset(path + strlen(path), 'p', 600);
	r = project_scope_new(path, &scope);
	for (unsigned int i = 0; r == 0 && i < 2000; i++) {
		char uuid[SESSION_UUID_LEN + 1];

		(void)snprintf(uuid, sizeof(uuid), "%08x-2222-4333-8444-555555555555", i + 1);
		r = project_scope_add_session(scope, uuid, SESSION_UUID_LEN);
		/* One that was not taken in is not own; all others are. */
		assert_int_equal(project_scope_has_session(scope, uuid, SESSION_UUID_LEN), r == 0);
	}
	return r;
}

static void a_scope_is_whole_or_an_error(void **state)
{
	(void)state;
	fail_each(make_scope, FAULT_MEMORY, ENOMEM, 8);
}

static int compile(void)
{
	cleanup_pattern struct pattern *pattern = NULL;
	const char *reason = NULL;
	int r = pattern_compile("a/{b,{c,d}e}*/<session>/\u00c4\\*?/**", &pattern, &reason);

	assert_true((r == 0) == (pattern != NULL));
	return r;
}

static void a_pattern_is_whole_or_an_error(void **state)
{
	(void)state;
	fail_each(compile, FAULT_MEMORY, ENOMEM, 20);
}

static int fold_and_name(void)
{
	cleanup_free char *composed = NULL;
	cleanup_free char *folded = NULL;
	cleanup_free char *joined = NULL;
	cleanup_free char *parent = NULL;
	int r = fold_compose("A\u0308", &composed);

	if (r == 0)
		r = fold_name("A\u0308/B", &folded);
	if (r == 0)
		r = path_join("a/b", "c", &joined);
	if (r == 0) {
		parent = path_parent(joined);
		r = parent ? 0 : -ENOMEM;
	}
	return r;
}

static void names_are_whole_or_an_error(void **state)
{
	(void)state;
	fail_each(fold_and_name, FAULT_MEMORY, ENOMEM, 5);
	fault_arm(FAULT_MEMORY, 1, ENOMEM, false);
	assert_false(fold_is_plain_name("plain"));
	assert_true(fault_disarm());
	assert_true(fold_is_plain_name("plain"));
}

/* Every name that the rules show or commit is hidden, or stays in the session, when there is no
 * memory to look at it. */
static void without_memory_the_decision_is_strict(void **state)
{
	static const char deep[] =
		"projects/-srv-p/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/"
		"y/z/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y/z/a/b/c/d/"
		"e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y/z/1/2/3/4/5/6/7/8/9/0";
	static const char *const paths[] = { deep, "projects/-srv-p/\u00e4.md",
					     "projects/-srv-p/memory/\u00e9\u00e9" };
	cleanup_rules struct rules *rules = NULL;
	cleanup_project_scope struct project_scope *scope = NULL;
	struct rules_problem problem = { 0 };
	unsigned int strict = 0;

	(void)state;
	assert_int_equal(rules_new_builtin(&rules), 0);
	assert_int_equal(rules_add_text(rules, "test", rule_text, strlen(rule_text), &problem), 0);
	assert_int_equal(project_scope_new("/srv/p", &scope), 0);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct verdict verdict;
		bool has_hit = true;

		policy_decide(rules, scope, paths[i], &verdict);
		assert_int_equal(verdict.read, RULE_READ_SHOW);
		assert_int_equal(verdict.write, RULE_WRITE_REVIEW);
		for (unsigned int nth = 1; has_hit; nth++) {
			fault_arm(FAULT_MEMORY, nth, ENOMEM, true);
			policy_decide(rules, scope, paths[i], &verdict);
			has_hit = fault_disarm();
			if (!has_hit)
				continue;
			/* (Whether a name is plain decides on writing alone.) */
			assert_int_equal(verdict.write, RULE_WRITE_NEVER);
			assert_non_null(verdict.note);
			strict++;
		}
	}
	assert_true(strict >= 5);
}

static void without_memory_a_transcript_is_foreign(void **state)
{
	static const char head[] = "{\"type\":\"user\",\"cwd\":\"/srv/p-x\"}\n";
	static const char own[] = "{\"type\":\"user\",\"cwd\":\"/srv/p.x\"}\n";
	cleanup_project_scope struct project_scope *scope = NULL;

	(void)state;
	assert_int_equal(project_scope_new("/srv/p.x", &scope), 0);
	assert_true(transcript_is_foreign(scope, head, strlen(head)));
	assert_false(project_scope_is_twin(scope, "/srv/other"));
	assert_false(project_scope_is_twin(scope, "/srv/\xff"));
	for (unsigned int nth = 1;; nth++) {
		bool is_foreign;

		fault_arm(FAULT_MEMORY, nth, ENOMEM, true);
		is_foreign = transcript_is_foreign(scope, own, strlen(own));
		if (fault_disarm())
			assert_true(is_foreign);
		else
			assert_false(is_foreign);
		fault_arm(FAULT_MEMORY, nth, ENOMEM, true);
		is_foreign = transcript_is_foreign(scope, own, strlen(own) - 2);
		if (!fault_disarm())
			break;
		assert_true(is_foreign);
	}
}

static int open_beneath(void)
{
	struct stat st;
	int fd = beneath_open(dir.fd, "a/b/c", O_RDONLY, 0);

	if (fd < 0)
		return fd;
	cleanup_close_fd(&fd);
	fd = beneath_open(dir.fd, "a/b/c", O_PATH, 0);
	if (fd < 0)
		return fd;
	cleanup_close_fd(&fd);
	return beneath_stat(dir.fd, "a/b/c", &st);
}

static void failing_opens_say_so_and_leak_nothing(void **state)
{
	struct stat st;

	(void)state;
	if (getenv("CLAUDEFS_TEST_VALGRIND")) /* which has no openat2(2) */
		skip();
	fail_each(open_beneath, FAULT_FILES, EIO, 5);
	fail_each(open_beneath, FAULT_MEMORY, ENOMEM, 1);
	/* A rename somewhere raced: once is nothing, for ever is an error. */
	fault_arm(FAULT_FILES, 1, EAGAIN, false);
	assert_int_equal(open_beneath(), 0);
	assert_true(fault_disarm());
	fault_arm(FAULT_FILES, 1, EAGAIN, true);
	assert_int_equal(open_beneath(), -EAGAIN);
	assert_true(fault_disarm());
	/* A kernel without openat2 (or a filter that says so): the walk does the same. */
	fault_refuse_syscall(SYS_openat2, ENOSYS);
	assert_int_equal(open_beneath(), 0);
	fault_refuse_syscall(0, 0);
	fail_each(open_beneath, FAULT_FILES, EIO, 10);
	assert_int_equal(beneath_stat(dir.fd, "", &st), 0);
	assert_int_equal(beneath_open(dir.fd, "a/x/c", O_RDONLY, 0), -ENOENT);
	assert_int_equal(beneath_open(dir.fd, "a/b/c/d", O_RDONLY, 0), -ENOTDIR);
	assert_int_equal(beneath_stat(dir.fd, "..", &st), -EINVAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_whole_or_an_error),
		cmocka_unit_test(a_rule_file_that_cannot_be_read_is_an_error),
		cmocka_unit_test(a_scope_is_whole_or_an_error),
		cmocka_unit_test(a_pattern_is_whole_or_an_error),
		cmocka_unit_test(names_are_whole_or_an_error),
		cmocka_unit_test(without_memory_the_decision_is_strict),
		cmocka_unit_test(without_memory_a_transcript_is_foreign),
		cmocka_unit_test(failing_opens_say_so_and_leak_nothing),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* SPDX-License-Identifier: MIT */
/* Small commits of every kind, in which each allocation and each call on a file fails once, or from
 * some point on: interrupted before, in conflict, on a host without ~/.claude, without rename
 * flags. Each file is then old or new, the next commit finishes what can be finished, and what it
 * cannot be is what a commit without faults leaves too. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/review/verify.h"
#include "tests/lib/fault_call.h"
#include "tests/lib/form.h"
#include "tests/lib/session_fixture.h"

static const char rules[] = "{\"version\":1,\"rules\":[{\"path\":\"t/**\",\"read\":\"show\","
			    "\"write\":\"review\",\"why\":\"test\"},"
			    "{\"path\":\"log/**\",\"read\":\"show\",\"write\":\"auto\","
			    "\"merge\":\"append-lines\",\"why\":\"test\"}]}";

static const struct commit_choice choose_all = { .approve_all = true };

/* A line of the session's project, and the same behind one of another's. */
static char mine[128];
static char history[256];

#define OTHERS "{\"project\":\"/other\"}\n"
#define PATHS  8u

struct file {
	const char *path;
	const char *before; /* NULL: nothing */
	const char *after;  /* what a commit without faults leaves */
};

struct scene {
	const char *name;
	void (*make)(struct fixture *f);
	/* The host, once the session has ended; or NULL. */
	void (*change_host)(struct fixture *f);
	/* The k-th file call of a first commit fails, and all after it: what is tested is the
	 * recovery. 0: there is no first commit. */
	unsigned int interrupted_at;
	long missing_call; /* that the kernel or file system lacks; 0: none */
	int missing_error;
	bool has_no_host;
	struct file files[PATHS];
};

/* ---- what happens in the sessions ---- */

static void make_each_kind(struct fixture *f)
{
	fixture_host_write(f, "t/replace", "old");
	fixture_host_write(f, "t/delete", "old");
	fixture_host_write(f, "t/gone/x", "old");
	fixture_host_write(f, "log/own", "1\n");
	fixture_create(f, "t/create", "new");
	fixture_mkdir(f, "t/dir");
	fixture_create(f, "t/dir/in-it", "new");
	fixture_modify(f, "t/replace", "newer");
	fixture_unlink(f, "t/delete");
	fixture_unlink(f, "t/gone/x");
	fixture_rmdir(f, "t/gone");
	fixture_append(f, "log/own", "2\n");
	fixture_end(f);
}

#define EACH_KIND                                                                     \
	{                                                                             \
		{ "t/create", NULL, "new" }, { "t/dir/in-it", NULL, "new" },          \
			{ "t/replace", "old", "newer" }, { "t/delete", "old", NULL }, \
			{ "t/gone/x", "old", NULL }, { "log/own", "1\n", "1\n2\n" },  \
	}

/* A line without its end on the host, and history with another project's lines. */
static void make_lines(struct fixture *f)
{
	(void)snprintf(mine, sizeof(mine), "{\"project\":\"%s\"}\n", f->project);
	(void)snprintf(history, sizeof(history), OTHERS "%s", mine);
	fixture_host_write(f, "log/open", "1");
	fixture_host_write(f, "log/edited", "1\n2\n");
	fixture_host_write(f, "history.jsonl", OTHERS);
	fixture_append(f, "log/open", "2\n");
	fixture_modify(f, "log/edited", "1\n2\n3\n");
	fixture_create(f, "log/new", "1\n");
	fixture_append(f, "history.jsonl", mine);
	fixture_end(f);
}

static void grow_lines(struct fixture *f)
{
	fixture_host_append(f, "log/edited", "theirs\n");
	fixture_host_append(f, "history.jsonl", OTHERS);
}

static char grown_history[256];

static void make_and_grow_lines(struct fixture *f)
{
	make_lines(f);
	(void)snprintf(grown_history, sizeof(grown_history), OTHERS OTHERS "%s", mine);
}

/* A transcript that goes on under another name: its beginning is only on the host. */
static void make_moved(struct fixture *f)
{
	uint64_t object;

	fixture_host_write(f, "t/long", "a long beginning\n");
	fixture_host_write(f, "t/name", "name\n");
	object = fixture_copy_up_prefix(f, "t/long");
	fixture_write(f, object, strlen("a long beginning\n"), "and an end\n");
	fixture_seal(f, object);
	fixture_rename(f, "t/long", "t/moved");
	(void)fixture_copy_up(f, "t/name");
	fixture_rename(f, "t/name", "t/renamed");
	fixture_end(f);
}

/* No end: the bytes are copied before they are judged (still.h). */
static void make_running(struct fixture *f)
{
	fixture_host_write(f, "log/own.jsonl", "{}\n");
	fixture_host_write(f, "t/long", "a long beginning\n");
	fixture_append(f, "log/own.jsonl", "{\"a\":1}\n");
	fixture_create(f, "t/new.json", "{}");
	fixture_modify(f, "t/long", "another\n");
}

static void make_without_host(struct fixture *f)
{
	fixture_create(f, "t/create", "new");
	fixture_end(f);
}

/* ---- what the host does meanwhile ---- */

static void change_everything(struct fixture *f)
{
	fixture_host_write(f, "t/create", "theirs");
	fixture_host_write(f, "t/replace", "theirs");
	fixture_host_write(f, "t/delete", "theirs");
	fixture_host_write(f, "t/gone/y", "theirs");
	fixture_host_write(f, "t/dir", "theirs");
}

/* Other kinds of entries than the session found. */
static void plant_entries(struct fixture *f)
{
	(void)unlinkat(f->host_fd, "t/replace", 0);
	(void)unlinkat(f->host_fd, "t/delete", 0);
	(void)unlinkat(f->host_fd, "log/own", 0);
	if (symlinkat("delete-target", f->host_fd, "t/delete") < 0 ||
	    mkfifoat(f->host_fd, "t/replace", 0600) < 0 || mkdirat(f->host_fd, "log/own", 0700) < 0)
		fail();
}

static void lose_directory(struct fixture *f)
{
	if (renameat(f->host_fd, "t", f->host_fd, "elsewhere") < 0 ||
	    symlinkat("elsewhere", f->host_fd, "t") < 0)
		fail();
}

/* ---- the scenes ---- */

static const struct scene scenes[] = {
	{ .name = "each kind", .make = make_each_kind, .files = EACH_KIND },
	{ .name = "interrupted early",
	  .make = make_each_kind,
	  .interrupted_at = 120,
	  .files = EACH_KIND },
	{ .name = "interrupted",
	  .make = make_each_kind,
	  .interrupted_at = 200,
	  .files = EACH_KIND },
	{ .name = "interrupted late",
	  .make = make_each_kind,
	  .interrupted_at = 280,
	  .files = EACH_KIND },
	{ .name = "without rename flags",
	  .make = make_each_kind,
	  .missing_call = SYS_renameat2,
	  .missing_error = EINVAL,
	  .files = EACH_KIND },
	{ .name = "without renameat2",
	  .make = make_each_kind,
	  .missing_call = SYS_renameat2,
	  .missing_error = ENOSYS,
	  .files = EACH_KIND },
	{ .name = "lines",
	  .make = make_lines,
	  .files = { { "log/open", "1", "1\n2\n" },
		     { "log/edited", "1\n2\n", "1\n2\n3\n" },
		     { "log/new", NULL, "1\n" },
		     { "history.jsonl", OTHERS, history } } },
	{ .name = "lines that grew",
	  .make = make_and_grow_lines,
	  .change_host = grow_lines,
	  .files = { { "log/open", "1", "1\n2\n" },
		     { "log/edited", "1\n2\ntheirs\n", "1\n2\ntheirs\n3\n" },
		     { "log/new", NULL, "1\n" },
		     { "history.jsonl", OTHERS OTHERS, grown_history } } },
	{ .name = "moved",
	  .make = make_moved,
	  .files = { { "t/long", "a long beginning\n", NULL },
		     { "t/moved", NULL, "a long beginning\nand an end\n" },
		     { "t/name", "name\n", NULL },
		     { "t/renamed", NULL, "name\n" } } },
	{ .name = "running",
	  .make = make_running,
	  .files = { { "log/own.jsonl", "{}\n", "{}\n{\"a\":1}\n" },
		     { "t/new.json", NULL, "{}" },
		     { "t/long", "a long beginning\n", "another\n" } } },
	{ .name = "no host",
	  .make = make_without_host,
	  .has_no_host = true,
	  .files = { { "t/create", NULL, "new" } } },
	{ .name = "the host changed",
	  .make = make_each_kind,
	  .change_host = change_everything,
	  .files = { { "t/create", "theirs", "theirs" },
		     { "t/replace", "theirs", "theirs" },
		     { "t/delete", "theirs", "theirs" },
		     { "t/gone/x", "old", NULL },
		     { "t/gone/y", "theirs", "theirs" },
		     { "t/dir", "theirs", "theirs" },
		     { "log/own", "1\n", "1\n2\n" } } },
	{ .name = "the host has other kinds",
	  .make = make_each_kind,
	  .change_host = plant_entries,
	  .files = { { "t/create", NULL, "new" },
		     { "t/gone/x", "old", NULL },
		     { "delete-target", NULL, NULL } } },
	{ .name = "a symlink on the way",
	  .make = make_each_kind,
	  .change_host = lose_directory,
	  .files = { { "elsewhere/create", NULL, NULL },
		     { "elsewhere/replace", "old", "old" },
		     { "elsewhere/delete", "old", "old" },
		     { "log/own", "1\n", "1\n2\n" } } },
};

#define SCENES (sizeof(scenes) / sizeof(scenes[0]))

/* ---- one run ---- */

static bool is_content(const char *content, const char *expected)
{
	return expected ? content && strcmp(content, expected) == 0 : !content;
}

static void check_host(struct fixture *f, const struct scene *scene, bool is_finished,
		       unsigned int nth)
{
	for (size_t i = 0; i < PATHS && scene->files[i].path; i++) {
		const struct file *file = &scene->files[i];
		cleanup_free char *content = fixture_host_read(f, file->path);
		bool is_good = is_content(content, file->after) ||
			       (!is_finished && is_content(content, file->before));

		if (!is_good)
			fail_msg("%s, call %u: %s holds \"%s\"%s", scene->name, nth, file->path,
				 content ? content : "(nothing)", is_finished ? " at the end" : "");
	}
}

static void ignore_event(const struct commit_event *event, void *arg)
{
	unsigned int *events = arg;

	assert_non_null(event->path);
	(*events)++;
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
	struct commit_result recovered = { 0 };
	const char *missing = NULL;
	unsigned int events = 0;
	int r;

	r = commit_open(f->session_fd, &f->manifest, f->state_fd, ignore_event, &events, &recovered,
			&commit);
	if (r == 0)
		r = host_tree_open(f->host, NULL, &tree);
	options.host = tree;
	if (r == 0)
		r = review_open(&options, &review);
	if (r == 0)
		r = commit_plan_new(review, &choose_all, &plan, &missing);
	return r == 0 ? commit_apply(commit, plan, ignore_event, &events, ret) : r;
}

static void make_session(struct fixture *f, const struct scene *scene)
{
	if (scene->has_no_host)
		fixture_make_without_host(f);
	else
		fixture_make(f);
	fixture_add_rules(f, rules);
	scene->make(f);
	if (scene->change_host)
		scene->change_host(f);
	if (scene->interrupted_at > 0) {
		struct commit_result result = { 0 };

		fault_arm(FAULT_FILES, scene->interrupted_at, EIO, true);
		(void)commit_once(f, &result);
		/* The control: it was. */
		assert_true(fault_disarm());
	}
}

static void print_problem(const char *text, void *arg)
{
	(void)arg;
	print_error("verify: %s\n", text);
}

/* The host of a session that began without one is reached only now. */
static void open_host(struct fixture *f)
{
	if (f->host_fd < 0)
		f->host_fd = open(f->host, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* A root that was made by a commit that then failed is not the one that was missing. */
static bool is_stale(const struct scene *scene, int r)
{
	return scene->has_no_host && r == -ESTALE;
}

/* False once the commit is over before its nth call (0: before one that comes by a new way). */
static bool fails_safely(const struct scene *scene, enum fault_kind kind, unsigned int nth,
			 int error, bool is_sticky)
{
	struct commit_result result = { 0 };
	struct verify_report report;
	struct fixture f;
	bool has_hit;
	int r;

	make_session(&f, scene);
	fault_refuse_syscall(scene->missing_call, scene->missing_error);
	if (nth > 0)
		fault_arm(kind, nth, error, is_sticky);
	else
		fault_arm_way(kind, error, is_sticky);
	r = commit_once(&f, &result);
	has_hit = fault_disarm();
	if (!has_hit && r < 0)
		fail_msg("%s, without faults: %s", scene->name, strerror(-r));
	open_host(&f);
	check_host(&f, scene, !has_hit, nth);
	r = commit_once(&f, &result);
	if (r < 0 && !is_stale(scene, r))
		fail_msg("%s, call %u: the next commit: %s", scene->name, nth, strerror(-r));
	fault_refuse_syscall(0, 0);
	open_host(&f);
	check_host(&f, scene, r == 0, nth);
	assert_int_equal(verify_session(f.session_fd, f.manifest.id, print_problem, NULL, &report),
			 0);
	if (report.problems)
		fail_msg("%s, call %u: %zu problems", scene->name, nth, (size_t)report.problems);
	fixture_done(&f);
	return has_hit;
}

static unsigned int fail_each(const struct scene *scene, enum fault_kind kind, int error,
			      bool is_sticky, unsigned int stride)
{
	unsigned int nth = 1;

	if (fault_goes_by_ways()) {
		while (fails_safely(scene, kind, 0, error, is_sticky))
			nth++;
		return nth;
	}
	while (fails_safely(scene, kind, nth, error, is_sticky))
		nth += stride;
	assert_true(nth > stride);
	return nth;
}

static void any_call_on_a_file_may_fail(void **state)
{
	(void)state;
	fault_forget_ways();
	for (size_t i = 0; i < SCENES; i++)
		print_message("%s: %u calls\n", scenes[i].name,
			      fail_each(&scenes[i], FAULT_FILES, EIO, false, 1));
}

static void the_disk_may_be_full_from_any_call_on(void **state)
{
	(void)state;
	fault_forget_ways();
	for (size_t i = 0; i < SCENES; i++)
		print_message(
			"%s: %u calls\n", scenes[i].name,
			fail_each(&scenes[i], FAULT_FILES, ENOSPC, true, form_is_long() ? 1 : 7));
}

/* Memory is asked for more often than files are called, and mostly by the review. */
static void any_allocation_may_fail(void **state)
{
	(void)state;
	fault_forget_ways();
	for (size_t i = 0; i < SCENES; i++)
		print_message(
			"%s: %u allocations\n", scenes[i].name,
			fail_each(&scenes[i], FAULT_MEMORY, 0, false, form_is_long() ? 1 : 9));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_call_on_a_file_may_fail),
		cmocka_unit_test(the_disk_may_be_full_from_any_call_on),
		cmocka_unit_test(any_allocation_may_fail),
	};

	(void)argc;
	(void)argv;
	if (access("/dev/shm", W_OK) == 0)
		fixture_parent = "/dev/shm";
	return cmocka_run_group_tests(tests, NULL, NULL);
}

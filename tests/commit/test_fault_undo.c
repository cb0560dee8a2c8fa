/* SPDX-License-Identifier: MIT */
/* Undo, merges by key, commits of some hunks, keys or records, settled conflicts and approvals that
 * are bound to their bytes, in which each allocation and each call on a file fails once, or from
 * some point on. Faults begin where the host may be written to: the review before it has
 * test_fault.c. Each file is then old or new, and the next try ends as one without faults does. */
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
#include "fs/review/change_digest.h"
#include "fs/review/verify.h"
#include "tests/lib/fault_call.h"
#include "tests/lib/session_fixture.h"

static const char rules[] = "{\"version\":1,\"rules\":[{\"path\":\"t/**\",\"read\":\"show\","
			    "\"write\":\"review\",\"why\":\"test\"},"
			    "{\"path\":\"log/**\",\"read\":\"show\",\"write\":\"auto\","
			    "\"merge\":\"append-lines\",\"why\":\"test\"}]}";

/* Every key of the configuration asks. */
static const char ask_rules[] =
	"{\"version\":1,\"rules\":[{\"path\":\".claude.json\","
	"\"read\":\"filter\",\"filter\":\"claude-json\",\"write\":\"review\","
	"\"merge\":\"json-keys\",\"why\":\"test\"}]}";

#define CONFIG ".claude.json"
#define PATHS  8u

struct file {
	const char *path;
	const char *before; /* NULL: nothing */
	const char *after;  /* what a try without faults leaves */
};

/* What is tried, over and over. */
enum act {
	ACT_COMMIT,
	ACT_COMMIT_THEIRS, /* the conflict at t/both is settled */
	ACT_COMMIT_OURS,
	ACT_COMMIT_PART,    /* the first hunk of each file */
	ACT_COMMIT_DECIDED, /* only what was decided about before */
	ACT_LOOK,           /* what an undo of receipt 1 would do */
	ACT_UNDO,           /* of receipt 1 */
	ACT_UNDO_UNDO,      /* of receipt 2 */
};

struct scene {
	const char *name;
	enum act act;
	void (*make)(struct fixture *f);
	/* The k-th file call of a first try fails, and all after it: what is tested is the
	 * recovery. 0: there is no first try. */
	unsigned int interrupted_at;
	long missing_call; /* that the kernel or file system lacks; 0: none */
	struct file files[PATHS];
};

/* ---- what happens before ---- */

static const struct commit_choice choose_all = { .approve_all = true };

static void commit_all(struct fixture *f)
{
	struct commit_result result;

	assert_int_equal(fixture_commit(f, &choose_all, &result), 0);
	assert_int_equal(result.failed + result.damaged + result.conflicts, 0);
	assert_int_not_equal(result.receipt, 0);
}

static void make_committed(struct fixture *f)
{
	fixture_host_write(f, "t/replace", "old");
	fixture_host_write(f, "t/delete", "old");
	fixture_host_write(f, "t/gone/x", "old");
	fixture_host_write(f, "log/own", "1\n");
	fixture_mkdir(f, "t/dir");
	fixture_create(f, "t/dir/in-it", "new");
	fixture_modify(f, "t/replace", "newer");
	fixture_unlink(f, "t/delete");
	fixture_unlink(f, "t/gone/x");
	fixture_rmdir(f, "t/gone");
	fixture_append(f, "log/own", "2\n");
	fixture_end(f);
	commit_all(f);
}

static void make_committed_and_grown(struct fixture *f)
{
	fixture_host_write(f, "log/own", "1\n");
	fixture_append(f, "log/own", "2\n");
	fixture_end(f);
	commit_all(f);
	fixture_host_append(f, "log/own", "theirs\n");
}

static void make_undone(struct fixture *f)
{
	struct commit_result result;

	make_committed(f);
	assert_int_equal(fixture_undo(f, 1, &result), 0);
	assert_int_equal(result.applied, 7);
}

/* Nothing is as the commit left it. */
static void make_committed_and_changed(struct fixture *f)
{
	make_committed(f);
	if (unlinkat(f->host_fd, "t/replace", 0) < 0 ||
	    symlinkat("replace-target", f->host_fd, "t/replace") < 0 ||
	    linkat(f->host_fd, "t/dir/in-it", f->host_fd, "t/dir/link", 0) < 0 ||
	    unlinkat(f->host_fd, "log/own", 0) < 0 || mkdirat(f->host_fd, "log/own", 0700) < 0)
		fail();
	fixture_host_write(f, "t/delete", "theirs");
	fixture_host_write(f, "t/gone", "theirs");
}

static void make_committed_and_moved(struct fixture *f)
{
	make_committed(f);
	if (renameat(f->host_fd, "t", f->host_fd, "elsewhere") < 0 ||
	    symlinkat("elsewhere", f->host_fd, "t") < 0)
		fail();
	fixture_host_write(f, "log/own", "theirs\n");
}

#define SHOWN "{\"numStartups\":5,\"theme\":\"dark\"}"

static void make_keys(struct fixture *f)
{
	fixture_config_write(f, "{\"numStartups\":5,\"theme\":\"dark\",\"own\":1}");
	fixture_save(f, CONFIG, SHOWN, "{\"numStartups\":7,\"theme\":\"light\"}");
	fixture_config_write(f, "{\"numStartups\":5,\"theme\":\"blue\",\"own\":1}");
	fixture_end(f);
}

static void make_new_keys(struct fixture *f)
{
	fixture_save(f, CONFIG, NULL, "{\"numStartups\":7}");
	fixture_end(f);
}

static void make_committed_keys(struct fixture *f)
{
	fixture_config_write(f, "{\"numStartups\":5,\"own\":1}");
	fixture_save(f, CONFIG, "{\"numStartups\":5}", "{\"numStartups\":7}");
	fixture_end(f);
	commit_all(f);
}

#define FAR "2\n3\n4\n5\n6\n7\n8\n"

static void make_hunks(struct fixture *f)
{
	fixture_host_write(f, "t/both", "1\n" FAR "9\n");
	fixture_modify(f, "t/both", "one\n" FAR "nine\n");
	fixture_end(f);
}

static void make_decided_hunks(struct fixture *f)
{
	make_hunks(f);
	fixture_decide_hunk(f, "t/both", 0, DECISION_APPROVED);
	fixture_decide_hunk(f, "t/both", 1, DECISION_REJECTED);
}

static void make_decided_keys(struct fixture *f)
{
	fixture_add_rules(f, ask_rules);
	fixture_config_write(f, "{\"theme\":\"dark\",\"verbose\":false,\"own\":1}");
	fixture_save(f, CONFIG, "{\"theme\":\"dark\",\"verbose\":false}",
		     "{\"theme\":\"light\",\"verbose\":true}");
	fixture_end(f);
	fixture_decide_part(f, CONFIG, "theme", DECISION_APPROVED);
	fixture_decide_part(f, CONFIG, "verbose", DECISION_REJECTED);
}

static void make_conflict(struct fixture *f)
{
	fixture_host_write(f, "t/both", "old");
	fixture_modify(f, "t/both", "newer");
	fixture_end(f);
	fixture_host_write(f, "t/both", "theirs");
}

/* One decision for each way to write. */
static void make_decided(struct fixture *f)
{
	fixture_host_write(f, "t/replace", "old");
	fixture_host_write(f, "t/delete", "old");
	fixture_create(f, "t/create", "new");
	fixture_modify(f, "t/replace", "newer");
	fixture_unlink(f, "t/delete");
	fixture_end(f);
	fixture_decide(f, "t/create", DECISION_APPROVED);
	fixture_decide(f, "t/replace", DECISION_APPROVED);
	fixture_decide(f, "t/delete", DECISION_APPROVED);
}

/* Earlier lines changed: the added ones go to the end of what the host has. */
static void make_edited_lines(struct fixture *f)
{
	fixture_host_write(f, "log/edited", "1\n2\n");
	fixture_modify(f, "log/edited", "2\n3\n");
	fixture_end(f);
	fixture_host_append(f, "log/edited", "theirs\n");
}

static void make_removed_lines(struct fixture *f)
{
	fixture_host_write(f, "log/edited", "1\n2\n");
	fixture_modify(f, "log/edited", "2\n");
	fixture_end(f);
}

/* A directory of its own, and one that a file needs. */
static void make_directories(struct fixture *f)
{
	fixture_mkdir(f, "log/own");
	fixture_mkdir(f, "log/deep");
	fixture_create(f, "log/deep/x", "1\n");
	fixture_end(f);
}

/* Of a history that the host lacks, with a line of another project's. */
static char history[128];

static void make_history(struct fixture *f)
{
	char lines[256];

	(void)snprintf(history, sizeof(history), "{\"project\":\"%s\"}\n", f->project);
	(void)snprintf(lines, sizeof(lines), "{\"project\":\"/other\"}\n%s", history);
	fixture_create(f, "history.jsonl", lines);
	fixture_end(f);
}

#define UUID       "11111111-2222-4333-8444-555555555555"
#define RECORD(id) "{\"type\":\"user\",\"sessionId\":\"" UUID "\",\"uuid\":\"" #id "\"}\n"

static char transcript[256];

static void make_running_transcript(struct fixture *f)
{
	(void)snprintf(transcript, sizeof(transcript), "%s", fixture_own(f, UUID ".jsonl"));
	fixture_host_write(f, transcript, RECORD(1));
	fixture_append(f, transcript, RECORD(2) RECORD(3));
	fixture_host_append(f, transcript, RECORD(2));
}

static void make_transcript(struct fixture *f)
{
	make_running_transcript(f);
	fixture_end(f);
}

static void make_decided_records(struct fixture *f)
{
	(void)snprintf(transcript, sizeof(transcript), "%s", fixture_own(f, UUID ".jsonl"));
	fixture_host_write(f, transcript, RECORD(1));
	fixture_append(f, transcript, RECORD(2) RECORD(3));
	fixture_end(f);
	fixture_decide_part(f, transcript, "3", DECISION_REJECTED);
}

static void make_running(struct fixture *f)
{
	fixture_host_write(f, "log/own", "1\n");
	fixture_host_write(f, "t/gone/deep/x", "old");
	fixture_create(f, "t/create", "new");
	fixture_append(f, "log/own", "2\n");
	fixture_unlink(f, "t/gone/deep/x");
	fixture_rmdir(f, "t/gone/deep");
	fixture_rmdir(f, "t/gone");
	fixture_save(f, CONFIG, NULL, "{\"numStartups\":7}");
}

/* ---- the scenes ---- */

#define UNDONE                                                                    \
	{                                                                         \
		{ "t/dir/in-it", "new", NULL }, { "t/replace", "newer", "old" },  \
			{ "t/delete", NULL, "old" }, { "t/gone/x", NULL, "old" }, \
			{ "log/own", "1\n2\n", "1\n" },                           \
	}

static const struct scene scenes[] = {
	{ "undo", ACT_UNDO, make_committed, .files = UNDONE },
	{ "undo, interrupted", ACT_UNDO, make_committed, .interrupted_at = 150, .files = UNDONE },
	{ "undo, interrupted late", ACT_UNDO, make_committed, .interrupted_at = 260,
	  .files = UNDONE },
	{ "undo, no renameat2", ACT_UNDO, make_committed, .missing_call = SYS_renameat2,
	  .files = UNDONE },
	{ "undo of lines in the middle", ACT_UNDO, make_committed_and_grown,
	  .files = { { "log/own", "1\n2\ntheirs\n", "1\ntheirs\n" } } },
	{ "undo of lines in the middle, no renameat2", ACT_UNDO, make_committed_and_grown,
	  .missing_call = SYS_renameat2,
	  .files = { { "log/own", "1\n2\ntheirs\n", "1\ntheirs\n" } } },
	{ "undo of an undo", ACT_UNDO_UNDO, make_undone,
	  .files = { { "t/dir/in-it", NULL, "new" },
		     { "t/replace", "old", "newer" },
		     { "t/delete", "old", NULL },
		     { "t/gone/x", "old", NULL },
		     { "log/own", "1\n", "1\n2\n" } } },
	{ "undo where all has changed", ACT_UNDO, make_committed_and_changed,
	  .files = { { "t/dir/in-it", "new", "new" },
		     { "t/dir/link", "new", "new" },
		     { "t/delete", "theirs", "theirs" },
		     { "t/gone", "theirs", "theirs" },
		     { "replace-target", NULL, NULL } } },
	{ "undo with a symlink on the way", ACT_UNDO, make_committed_and_moved,
	  .files = { { "elsewhere/dir/in-it", "new", "new" },
		     { "elsewhere/replace", "newer", "newer" },
		     { "elsewhere/delete", NULL, NULL },
		     { "log/own", "theirs\n", "theirs\n" } } },
	{ "look at an undo", ACT_LOOK, make_committed_and_grown,
	  .files = { { "log/own", "1\n2\ntheirs\n", "1\n2\ntheirs\n" } } },
	{ "keys", ACT_COMMIT, make_keys,
	  .files = { { CONFIG, "{\"numStartups\":5,\"theme\":\"blue\",\"own\":1}",
		       "{\"numStartups\":7,\"theme\":\"blue\",\"own\":1}" } } },
	{ "keys of a new file", ACT_COMMIT, make_new_keys,
	  .files = { { CONFIG, NULL, "{\n  \"numStartups\": 7\n}" } } },
	{ "undo of keys", ACT_UNDO, make_committed_keys,
	  .files = { { CONFIG, "{\"numStartups\":7,\"own\":1}",
		       "{\"numStartups\":5,\"own\":1}" } } },
	{ "a hunk", ACT_COMMIT_PART, make_hunks,
	  .files = { { "t/both", "1\n" FAR "9\n", "one\n" FAR "9\n" } } },
	{ "decided hunks", ACT_COMMIT_DECIDED, make_decided_hunks,
	  .files = { { "t/both", "1\n" FAR "9\n", "one\n" FAR "9\n" } } },
	{ "decided keys", ACT_COMMIT_DECIDED, make_decided_keys,
	  .files = { { CONFIG, "{\"theme\":\"dark\",\"verbose\":false,\"own\":1}",
		       "{\"theme\":\"light\",\"verbose\":false,\"own\":1}" } } },
	{ "theirs", ACT_COMMIT_THEIRS, make_conflict,
	  .files = { { "t/both", "theirs", "newer" } } },
	{ "ours", ACT_COMMIT_OURS, make_conflict, .files = { { "t/both", "theirs", "theirs" } } },
	{ "decided", ACT_COMMIT_DECIDED, make_decided,
	  .files = { { "t/create", NULL, "new" },
		     { "t/replace", "old", "newer" },
		     { "t/delete", "old", NULL } } },
	{ "edited lines", ACT_COMMIT, make_edited_lines,
	  .files = { { "log/edited", "1\n2\ntheirs\n", "1\n2\ntheirs\n3\n" } } },
	{ "removed lines", ACT_COMMIT, make_removed_lines,
	  .files = { { "log/edited", "1\n2\n", "1\n2\n" } } },
	{ "directories", ACT_COMMIT, make_directories, .files = { { "log/deep/x", NULL, "1\n" } } },
	/* What a running session has written is held still first. */
	{ "while it runs", ACT_COMMIT, make_running,
	  .files = { { "t/create", NULL, "new" },
		     { "log/own", "1\n", "1\n2\n" },
		     { "t/gone/deep/x", "old", NULL },
		     { CONFIG, NULL, "{\n  \"numStartups\": 7\n}" } } },
	{ "transcript, while it runs", ACT_COMMIT, make_running_transcript,
	  .files = { { transcript, RECORD(1) RECORD(2), RECORD(1) RECORD(2) RECORD(3) } } },
	{ "decided records", ACT_COMMIT_DECIDED, make_decided_records,
	  .files = { { transcript, RECORD(1), RECORD(1) RECORD(2) } } },
	{ "history", ACT_COMMIT, make_history, .files = { { "history.jsonl", NULL, history } } },
	{ "transcript", ACT_COMMIT, make_transcript,
	  .files = { { transcript, RECORD(1) RECORD(2), RECORD(1) RECORD(2) RECORD(3) } } },
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
		cleanup_free char *content = strcmp(file->path, CONFIG) == 0
						     ? fixture_config_read(f)
						     : fixture_host_read(f, file->path);

		if (!is_content(content, file->after) &&
		    (is_finished || !is_content(content, file->before)))
			fail_msg("%s, call %u: %s holds \"%s\"%s", scene->name, nth, file->path,
				 content ? content : "(nothing)", is_finished ? " at the end" : "");
	}
}

struct fault {
	enum fault_kind kind; /* FAULT_NONE: none */
	unsigned int nth;     /* 0: the next that comes by a new way */
	int error;
	bool is_sticky;
};

static void arm(const struct fault *fault, const struct scene *scene)
{
	if (fault->kind == FAULT_NONE)
		return;
	fault_refuse_syscall(scene->missing_call, ENOSYS);
	if (fault->nth > 0)
		fault_arm(fault->kind, fault->nth, fault->error, fault->is_sticky);
	else
		fault_arm_way(fault->kind, fault->error, fault->is_sticky);
}

static bool choose_first_hunk(const struct change *change, struct plan_entry *entry, void *arg)
{
	const struct fixture *f = arg;

	/* Not told that it may fail, as the command line's is not: then nothing is approved. */
	if (change_digest(f->review, change, &entry->digest) < 0)
		return false;
	entry->chosen = calloc(2, sizeof(*entry->chosen));
	if (!entry->chosen)
		return false;
	entry->chosen[0] = true;
	entry->chosen_count = 2;
	return true;
}

static int plan_of(struct fixture *f, enum act act, struct commit_plan **ret)
{
	const struct change *both = review_find(f->review, "t/both");
	struct commit_choice choice = { .arg = f };
	const char *missing = NULL;

	switch (act) {
	case ACT_COMMIT: choice.approve_all = true; break;
	case ACT_COMMIT_PART: choice.is_approved = choose_first_hunk; break;
	case ACT_COMMIT_THEIRS:
		choice.theirs = &both;
		choice.theirs_count = both ? 1 : 0;
		break;
	case ACT_COMMIT_OURS:
		choice.ours = &both;
		choice.ours_count = both ? 1 : 0;
		break;
	case ACT_COMMIT_DECIDED:
	case ACT_LOOK:
	case ACT_UNDO:
	case ACT_UNDO_UNDO: break;
	}
	return commit_plan_new(f->review, &choice, ret, &missing);
}

/* One try. Its faults begin after the review, and end with it. */
static int try_commit(struct fixture *f, const struct scene *scene, const struct fault *fault,
		      struct commit_result *ret)
{
	cleanup_commit struct commit *commit = NULL;
	cleanup_commit_plan struct commit_plan *plan = NULL;
	int r;

	r = commit_open(f->session_fd, &f->manifest, f->state_fd, NULL, NULL, NULL, &commit);
	if (r == 0)
		r = fixture_try_review(f);
	if (r < 0)
		return r;
	arm(fault, scene);
	r = plan_of(f, scene->act, &plan);
	return r < 0 ? r : commit_apply(commit, plan, NULL, NULL, ret);
}

static int try_undo(struct fixture *f, const struct scene *scene, const struct fault *fault,
		    struct commit_result *ret)
{
	arm(fault, scene);
	return fixture_undo(f, scene->act == ACT_UNDO ? 1 : 2, ret);
}

static void ignore_event(const struct commit_event *event, void *arg)
{
	(void)event;
	(void)arg;
}

static int try_look(struct fixture *f, const struct scene *scene, const struct fault *fault,
		    struct commit_result *ret)
{
	arm(fault, scene);
	return undo_look(f->session_fd, &f->manifest, f->state_fd, 1, ignore_event, NULL, ret);
}

static int try_once(struct fixture *f, const struct scene *scene, const struct fault *fault,
		    struct commit_result *ret)
{
	switch (scene->act) {
	case ACT_COMMIT:
	case ACT_COMMIT_THEIRS:
	case ACT_COMMIT_OURS:
	case ACT_COMMIT_PART:
	case ACT_COMMIT_DECIDED: return try_commit(f, scene, fault, ret);
	case ACT_LOOK: return try_look(f, scene, fault, ret);
	case ACT_UNDO:
	case ACT_UNDO_UNDO: break;
	}
	return try_undo(f, scene, fault, ret);
}

static void print_problem(const char *text, void *arg)
{
	(void)arg;
	print_error("verify: %s\n", text);
}

static void make_session(struct fixture *f, const struct scene *scene)
{
	fixture_make(f);
	fixture_add_rules(f, rules);
	scene->make(f);
	if (scene->interrupted_at > 0) {
		const struct fault stop = { FAULT_FILES, scene->interrupted_at, EIO, true };
		struct commit_result result = { 0 };

		(void)try_once(f, scene, &stop, &result);
		/* The control: it was. */
		assert_true(fault_disarm());
	}
}

/* False once the try is over before its nth call. */
static bool fails_safely(const struct scene *scene, const struct fault *fault)
{
	static const struct fault none = { 0 };
	struct commit_result result = { 0 };
	struct verify_report report;
	struct fixture f;
	bool has_hit;
	int r;

	make_session(&f, scene);
	r = try_once(&f, scene, fault, &result);
	has_hit = fault_disarm();
	if (!has_hit && r < 0 && r != -EALREADY)
		fail_msg("%s, without faults: %s", scene->name, strerror(-r));
	check_host(&f, scene, !has_hit, fault->nth);
	r = try_once(&f, scene, &none, &result);
	/* The interrupted one was finished when the next began. */
	if (r < 0 && r != -EALREADY)
		fail_msg("%s, call %u: the next try: %s", scene->name, fault->nth, strerror(-r));
	fault_refuse_syscall(0, 0);
	check_host(&f, scene, true, fault->nth);
	assert_int_equal(verify_session(f.session_fd, f.manifest.id, print_problem, NULL, &report),
			 0);
	if (report.problems)
		fail_msg("%s, call %u: %zu problems", scene->name, fault->nth,
			 (size_t)report.problems);
	fixture_done(&f);
	return has_hit;
}

static bool is_undo(const struct scene *scene)
{
	return scene->act == ACT_LOOK || scene->act == ACT_UNDO || scene->act == ACT_UNDO_UNDO;
}

/* Each way that leads to a call of the kind is cut once, whichever scene comes by it first; in the
 * long form each call of each scene is. min: at least so many calls. */
static void fail_each(struct fault fault, bool only_undo, unsigned int min)
{
	bool is_long = getenv("CLAUDEFS_TEST_LONG") != NULL;
	unsigned int runs = 0;

	fault_forget_ways();
	for (size_t i = 0; i < SCENES; i++) {
		unsigned int runs_before = runs;

		if (only_undo && !is_undo(&scenes[i]))
			continue;
		fault.nth = is_long;
		while (fails_safely(&scenes[i], &fault)) {
			fault.nth += is_long;
			runs++;
		}
		print_message("%s: %u\n", scenes[i].name, runs - runs_before);
	}
	print_message("%u calls failed\n", runs);
	assert_true(runs > min);
}

static void any_call_on_a_file_may_fail(void **state)
{
	(void)state;
	fail_each((struct fault){ FAULT_FILES, 0, EIO, false }, false, 100);
}

static void the_disk_may_be_full_from_any_call_on(void **state)
{
	(void)state;
	fail_each((struct fault){ FAULT_FILES, 0, ENOSPC, true }, false, 100);
}

/* By its rights, or because what leads there is another directory by now. */
static void what_the_host_refuses_to_show_is_not_undone(void **state)
{
	static const struct {
		int error;
		const char *reason;
	} refusals[] = {
		{ EACCES, "t/replace: the host's entry cannot be read\n" },
		{ EPERM, "t/replace: the host's entry cannot be read\n" },
		{ EXDEV, "t/replace: its directory on the host is another one now\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct commit_result result;
		struct fixture f;

		fixture_make(&f);
		fixture_add_rules(&f, rules);
		make_committed(&f);
		fault_refuse_syscall(SYS_openat2, refusals[i].error);
		assert_int_equal(fixture_undo(&f, 1, &result), 0);
		fault_refuse_syscall(0, 0);
		assert_int_equal(result.applied, 0);
		assert_non_null(strstr(f.undo_reasons, refusals[i].reason));
		assert_int_equal(fixture_undo(&f, 1, &result), 0);
		assert_int_equal(result.applied, 7);
		fixture_done(&f);
	}
}

/* The host's, the session's, or what was kept: an undo measures what it reads by its receipt, a
 * commit by the length that was reviewed, or that it has written. */
static void nothing_is_misled_by_a_file_that_was_cut_short(void **state)
{
	(void)state;
	fail_each((struct fault){ FAULT_SHORT, 0, 0, false }, false, 30);
}

/* As a host that another user, or a mount, gets between. */
static void what_the_host_refuses_leaves_each_file_whole(void **state)
{
	(void)state;
	fail_each((struct fault){ FAULT_FILES, 0, EACCES, false }, true, 50);
	fail_each((struct fault){ FAULT_FILES, 0, EXDEV, false }, true, 50);
}

static void any_allocation_may_fail(void **state)
{
	(void)state;
	fail_each((struct fault){ FAULT_MEMORY, 0, ENOMEM, false }, false, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_call_on_a_file_may_fail),
		cmocka_unit_test(the_disk_may_be_full_from_any_call_on),
		cmocka_unit_test(what_the_host_refuses_to_show_is_not_undone),
		cmocka_unit_test(nothing_is_misled_by_a_file_that_was_cut_short),
		cmocka_unit_test(what_the_host_refuses_leaves_each_file_whole),
		cmocka_unit_test(any_allocation_may_fail),
	};

	/* Nothing here asks whether a disk keeps what it was told to: memory is faster. */
	if (access("/dev/shm", W_OK) == 0)
		fixture_parent = "/dev/shm";
	return cmocka_run_group_tests(tests, NULL, NULL);
}

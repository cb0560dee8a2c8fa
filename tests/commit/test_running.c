/* SPDX-License-Identifier: MIT */
/* A commit while its session writes on: what comes home by rule alone is exactly what was judged,
 * at whichever instant the session changes it, there or back again. The journal has no end in all
 * of these. */
#include "tests/unit/cmocka_setup.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "tests/lib/form.h"
#include "tests/lib/kill_at_syscall.h"
#include "tests/lib/session_fixture.h"

#define UUID   "11111111-2222-4333-8444-555555555555"
#define FIRST  "{\"type\":\"user\",\"uuid\":\"first\"}\n"
#define OTHERS "{\"type\":\"user\",\"uuid\":\"others\"}\n"
#define GOOD   "{\"type\":\"user\",\"uuid\":\"good-1\",\"sessionId\":\"" UUID "\"}\n"
#define FINE   "{\"type\":\"user\",\"uuid\":\"good-2\",\"sessionId\":\"" UUID "\"}\n"
#define FOREIGN                                                                           \
	"{\"type\":\"user\",\"uuid\":\"good-1\",\"sessionId\":\"99999999-2222-4333-8444-" \
	"555555555555\"}\n"
#define FORGED   "{\"type\":\"user\",\"uuid\":\"others\",\"sessionId\":\"" UUID "\"}\n"
#define NO_JSON  "{\"type\":\"user\",\"uuid\":\"good-1\",\"sessionId\":\"" UUID "\",\n"
#define TASK     "tasks/" UUID "/1.json"
#define ENTRY    "{\"task\":1}"
#define NO_ENTRY "{\"task\":1,"

static const struct commit_choice choose_auto = { 0 };

struct scene {
	struct fixture f;
	const char *path;
	uint64_t object;
	uint64_t offset;    /* where the session writes what changes */
	const char *before; /* what it writes there first, and then */
	const char *then;
	const char *planted; /* the name that links wait at */
	bool is_planted;
};

/* As a write that is not sealed yet: the bytes are there, and nothing vouches for them. */
static void write_over(struct scene *scene, const char *content)
{
	fixture_write(&scene->f, scene->object, scene->offset, content);
}

static void begin_transcript(struct scene *scene)
{
	fixture_make(&scene->f);
	scene->path = fixture_own(&scene->f, UUID ".jsonl");
	fixture_host_write(&scene->f, scene->path, FIRST);
	scene->object = fixture_copy_up_prefix(&scene->f, scene->path);
	scene->offset = strlen(FIRST);
	write_over(scene, scene->before);
}

static void begin_task(struct scene *scene)
{
	fixture_make(&scene->f);
	/* The project's session is one with a transcript. */
	fixture_host_write(&scene->f, fixture_own(&scene->f, UUID ".jsonl"), FIRST);
	scene->path = TASK;
	scene->object = fixture_create(&scene->f, TASK, "");
	write_over(scene, scene->before);
}

/* Reviewed and planned with what the session wrote before, applied when it has written then. */
static void commit_between(struct scene *scene, struct commit_result *ret)
{
	struct fixture *f = &scene->f;
	cleanup_commit struct commit *commit = NULL;
	cleanup_commit_plan struct commit_plan *plan = NULL;
	const struct change *change;
	const char *missing = NULL;

	assert_int_equal(
		commit_open(f->session_fd, &f->manifest, f->state_fd, NULL, NULL, NULL, &commit),
		0);
	change = review_find(fixture_review(f), scene->path);
	assert_non_null(change);
	assert_int_equal(change->group, REVIEW_WILL_COMMIT);
	assert_int_equal(commit_plan_new(f->review, &choose_auto, &plan, &missing), 0);
	write_over(scene, scene->then);
	assert_int_equal(commit_apply(commit, plan, NULL, NULL, ret), 0);
}

static void assert_host(struct scene *scene, const char *expected)
{
	char *content = fixture_host_read(&scene->f, scene->path);

	if (expected) {
		assert_non_null(content);
		assert_string_equal(content, expected);
	} else {
		assert_null(content);
	}
	free(content);
}

/* What comes home is what was reviewed; what the session has put in its place since is a change of
 * its own, which is judged anew. */
static void assert_reviewed_comes_home(struct scene *scene, const char *host)
{
	struct commit_result result;
	const struct change *change;

	commit_between(scene, &result);
	/* With the directories on the way. */
	assert_true(result.applied > 0);
	assert_host(scene, host);
	change = review_find(fixture_review(&scene->f), scene->path);
	assert_non_null(change);
	assert_int_not_equal(change->group, REVIEW_WILL_COMMIT);
	assert_int_equal(fixture_commit(&scene->f, &choose_auto, &result), 0);
	assert_int_equal(result.applied, 0);
	assert_host(scene, host);
	fixture_done(&scene->f);
}

static void record_of_another_project_stays(void **state)
{
	struct scene scene = { .before = GOOD, .then = FOREIGN };

	(void)state;
	begin_transcript(&scene);
	assert_reviewed_comes_home(&scene, FIRST GOOD);
}

static void half_a_record_stays(void **state)
{
	struct scene scene = { .before = GOOD, .then = NO_JSON };

	(void)state;
	begin_transcript(&scene);
	assert_reviewed_comes_home(&scene, FIRST GOOD);
}

static void forged_record_stays(void **state)
{
	struct scene scene = { .before = GOOD, .then = FORGED };

	(void)state;
	begin_transcript(&scene);
	fixture_host_append(&scene.f, scene.path, OTHERS);
	assert_reviewed_comes_home(&scene, FIRST OTHERS GOOD);
}

static void new_file_that_is_no_json_any_more_stays(void **state)
{
	struct scene scene = { .before = ENTRY, .then = NO_ENTRY };

	(void)state;
	begin_task(&scene);
	assert_reviewed_comes_home(&scene, ENTRY);
}

static void what_is_appended_meanwhile_comes_home_next(void **state)
{
	struct scene scene = { .before = GOOD, .then = GOOD FINE };
	struct commit_result result;

	(void)state;
	begin_transcript(&scene);
	commit_between(&scene, &result);
	assert_int_equal(result.applied, 1);
	assert_host(&scene, FIRST GOOD);
	assert_int_equal(fixture_commit(&scene.f, &choose_auto, &result), 0);
	assert_host(&scene, FIRST GOOD FINE);
	assert_int_equal(review_count(fixture_review(&scene.f)), 0);
	fixture_done(&scene.f);
}

/* --ours with what was reviewed; meanwhile the session has written then. */
static void settle_between(struct scene *scene)
{
	struct fixture *f = &scene->f;
	cleanup_commit struct commit *commit = NULL;
	cleanup_commit_plan struct commit_plan *plan = NULL;
	struct commit_choice choice = { .ours_count = 1 };
	struct commit_result result;
	const struct change *change;
	const char *missing = NULL;

	begin_transcript(scene);
	fixture_host_append(f, scene->path, OTHERS);
	assert_int_equal(
		commit_open(f->session_fd, &f->manifest, f->state_fd, NULL, NULL, NULL, &commit),
		0);
	change = review_find(fixture_review(f), scene->path);
	assert_non_null(change);
	assert_int_equal(change->group, REVIEW_CONFLICT);
	choice.ours = &change;
	assert_int_equal(commit_plan_new(f->review, &choice, &plan, &missing), 0);
	write_over(scene, scene->then);
	assert_int_equal(commit_apply(commit, plan, NULL, NULL, &result), 0);
	assert_int_equal(result.applied, 1);
	assert_host(scene, FIRST OTHERS GOOD);
}

/* --ours lets records go that need no word; not what was put in their place meanwhile. */
static void record_of_another_project_stays_when_a_conflict_is_settled(void **state)
{
	struct scene scene = { .before = FORGED GOOD, .then = FOREIGN GOOD };

	(void)state;
	settle_between(&scene);
	fixture_done(&scene.f);
}

/* Of a transcript whose conflict is settled, what has come since the review is not settled. */
static void what_comes_while_a_conflict_is_settled_stays_pending(void **state)
{
	struct scene scene = { .before = FORGED GOOD, .then = FORGED GOOD FINE };
	struct commit_result result;
	const struct change *change;

	(void)state;
	settle_between(&scene);
	assert_int_equal(fixture_commit(&scene.f, &choose_auto, &result), 0);
	assert_host(&scene, FIRST OTHERS GOOD FINE);
	fixture_done(&scene.f);
	/* Also one that would have been left behind, in the place of one that was not. */
	scene = (struct scene){ .before = FORGED GOOD, .then = FORGED FORGED };
	settle_between(&scene);
	change = review_find(fixture_review(&scene.f), scene.path);
	assert_non_null(change);
	assert_int_not_equal(change->group, REVIEW_WILL_COMMIT);
	fixture_done(&scene.f);
}

static int commit_auto(void *arg)
{
	struct scene *scene = arg;
	struct commit_result result;

	return fixture_commit(&scene->f, &choose_auto, &result) == 0 ? 0 : 1;
}

static void write_then(void *arg)
{
	struct scene *scene = arg;

	write_over(scene, scene->then);
}

/* The session writes at each system call of the commit in turn, from before to then. bad: what must
 * never be on the host; at some instants something else must. */
static void at_every_call(void (*begin)(struct scene *scene), const char *before, const char *then,
			  const char *bad)
{
	enum kill_result result = KILL_DONE;
	size_t came_home = 0;
	uint64_t n;

	for (n = 1; result == KILL_DONE; n += form_of(3, 1, 1)) {
		struct scene scene = { .before = before, .then = then };
		char *content;
		int status = 0;

		begin(&scene);
		result = act_at_syscall(n, commit_auto, &scene, write_then, &scene, &status);
		if (result == KILL_DONE) {
			assert_true(WIFEXITED(status));
			assert_int_equal(WEXITSTATUS(status), 0);
			content = fixture_host_read(&scene.f, scene.path);
			if (content && strstr(content, bad))
				fail_msg("at call %llu: %s", (unsigned long long)n, content);
			came_home += content && strcmp(content, FIRST) != 0;
			free(content);
		}
		fixture_done(&scene.f);
		if (result == KILL_NO_TRACE)
			skip();
	}
	print_message("%llu instants; at %zu of them it came home\n", (unsigned long long)n,
		      came_home);
	assert_true(n > 50);
	assert_true(came_home > form_of(1, 5, 5));
	assert_true(came_home < n);
}

#define PRECIOUS "not the commit's\n"

/* What a daemon can do that is not itself any more: it owns the session's directory. */
static void plant_links(void *arg)
{
	struct scene *scene = arg;

	if (linkat(scene->f.host_fd, "precious", scene->f.session_fd, scene->planted, 0) == 0)
		scene->is_planted = true;
}

/* By rule, and some records of it: both write to a file of their own first. */
/* A commit during which a link to another file of the host's is planted: that file stays as it is.
 * The caller ends the scene. False: nothing can be traced here. */
static bool commit_beside_planted_links(struct scene *scene)
{
	cleanup_free char *content = NULL;
	int status = 0;

	fixture_host_write(&scene->f, "precious", PRECIOUS);
	if (act_at_syscall(0, commit_auto, scene, plant_links, scene, &status) == KILL_NO_TRACE)
		return false;
	assert_true(scene->is_planted);
	content = fixture_host_read(&scene->f, "precious");
	assert_non_null(content);
	assert_string_equal(content, PRECIOUS);
	return true;
}

static void nothing_is_written_through_a_name_that_was_planted(void **state)
{
	static const char *const names[] = { "receipts/1/united", "receipts/1/chosen",
					     "receipts/1/done" };
	bool can_trace = true;

	(void)state;
	for (size_t i = 0; can_trace && i < 3; i++) {
		struct scene scene = { .before = GOOD FINE, .planted = names[i] };

		begin_transcript(&scene);
		if (i == 1)
			fixture_decide_part(&scene.f, scene.path, "good-2", DECISION_REJECTED);
		can_trace = commit_beside_planted_links(&scene);
		if (can_trace)
			assert_host(&scene, FIRST);
		fixture_done(&scene.f);
	}
	if (!can_trace)
		skip();
}

/* Nor what the host had before, kept for an undo. */
static void nothing_is_kept_in_a_file_that_was_planted(void **state)
{
	struct scene scene = { .planted = "receipts/1/pre-0" };
	bool can_trace;

	(void)state;
	fixture_make(&scene.f);
	fixture_config_write(&scene.f, "{\"numStartups\":1}");
	fixture_save(&scene.f, ".claude.json", "{\"numStartups\":1}", "{\"numStartups\":2}");
	can_trace = commit_beside_planted_links(&scene);
	fixture_done(&scene.f);
	if (!can_trace)
		skip();
}

static void record_written_at_any_instant_is_judged_as_it_comes_home(void **state)
{
	(void)state;
	at_every_call(begin_transcript, GOOD, FOREIGN, FOREIGN);
	at_every_call(begin_transcript, FOREIGN, GOOD, FOREIGN);
}

static void file_written_at_any_instant_is_judged_as_it_comes_home(void **state)
{
	(void)state;
	at_every_call(begin_task, ENTRY, NO_ENTRY, NO_ENTRY);
	at_every_call(begin_task, NO_ENTRY, ENTRY "\n", NO_ENTRY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_of_another_project_stays),
		cmocka_unit_test(half_a_record_stays),
		cmocka_unit_test(forged_record_stays),
		cmocka_unit_test(new_file_that_is_no_json_any_more_stays),
		cmocka_unit_test(what_is_appended_meanwhile_comes_home_next),
		cmocka_unit_test(record_of_another_project_stays_when_a_conflict_is_settled),
		cmocka_unit_test(what_comes_while_a_conflict_is_settled_stays_pending),
		cmocka_unit_test(nothing_is_written_through_a_name_that_was_planted),
		cmocka_unit_test(nothing_is_kept_in_a_file_that_was_planted),
		cmocka_unit_test(record_written_at_any_instant_is_judged_as_it_comes_home),
		cmocka_unit_test(file_written_at_any_instant_is_judged_as_it_comes_home),
	};
	struct stat st;

	/* In memory: thousands of commits. */
	if (stat("/dev/shm", &st) == 0 && access("/dev/shm", W_OK) == 0 &&
	    !getenv("CLAUDEFS_TEST_PARENT"))
		fixture_parent = "/dev/shm";
	return cmocka_run_group_tests(tests, NULL, NULL);
}

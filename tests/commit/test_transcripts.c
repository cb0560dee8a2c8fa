/* SPDX-License-Identifier: MIT */
/* A transcript that is committed more than once while its session runs: what others wrote on the
 * host meanwhile is known by its uuid at every later commit too, though each commit moves the base
 * behind it. */
#include "tests/unit/cmocka_setup.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/lib/session_fixture.h"

#define UUID   "11111111-2222-4333-8444-555555555555"
#define FIRST  "{\"type\":\"user\",\"uuid\":\"first\"}\n"
#define OWN    "{\"type\":\"user\",\"uuid\":\"own\"}\n"
#define OTHERS "{\"type\":\"user\",\"uuid\":\"others\"}\n"
#define FORGED "{\"type\":\"user\",\"uuid\":\"others\",\"forged\":1}\n"
#define LAST   "{\"type\":\"user\",\"uuid\":\"last\"}\n"
#define MODE   "{\"type\":\"mode\",\"mode\":\"plan\"}\n"

struct scene {
	struct fixture f;
	const char *path;
	uint64_t object;
	uint64_t size; /* as the session has the file */
};

static void write_on(struct scene *scene, const char *lines)
{
	fixture_write(&scene->f, scene->object, scene->size, lines);
	fixture_seal(&scene->f, scene->object);
	scene->size += strlen(lines);
}

/* The host has FIRST, and the session continues it. */
static void begin(struct scene *scene)
{
	fixture_make(&scene->f);
	scene->path = fixture_own(&scene->f, UUID ".jsonl");
	fixture_host_write(&scene->f, scene->path, FIRST);
	scene->object = fixture_copy_up_prefix(&scene->f, scene->path);
	scene->size = strlen(FIRST);
}

static void commit(struct scene *scene)
{
	struct commit_result result;

	assert_int_equal(fixture_commit(&scene->f, &(struct commit_choice){ 0 }, &result), 0);
	assert_int_equal(result.damaged + result.failed + result.skipped, 0);
}

static void assert_host(struct scene *scene, const char *expected)
{
	char *content = fixture_host_read(&scene->f, scene->path);

	assert_non_null(content);
	assert_string_equal(content, expected);
	free(content);
}

/* The host writes OTHERS while the session writes OWN, which is committed. */
static void commit_beside_others(struct scene *scene)
{
	begin(scene);
	write_on(scene, OWN);
	fixture_host_append(&scene->f, scene->path, OTHERS);
	commit(scene);
	assert_host(scene, FIRST OTHERS OWN);
}

/* The shrunken case of interleavings' seed 1882872330846208. */
static void record_of_the_host_repeated_after_a_commit_stands_there_once(void **state)
{
	struct scene scene;

	(void)state;
	commit_beside_others(&scene);
	write_on(&scene, OTHERS LAST);
	commit(&scene);
	assert_host(&scene, FIRST OTHERS OWN LAST);
	assert_int_equal(review_count(fixture_review(&scene.f)), 0);
	/* And after one more, with nothing new on the host. */
	write_on(&scene, OTHERS);
	commit(&scene);
	assert_host(&scene, FIRST OTHERS OWN LAST);
	fixture_done(&scene.f);
}

static void assert_conflict(struct scene *scene, const char *host)
{
	const struct change *change = review_find(fixture_review(&scene->f), scene->path);

	assert_non_null(change);
	assert_int_equal(change->group, REVIEW_CONFLICT);
	assert_non_null(strstr(change->reason, "uuid of another record"));
	commit(scene);
	assert_host(scene, host);
}

/* The shrunken case of interleavings' seed 1882872273174528. */
static void record_of_the_host_forged_after_a_commit_is_a_conflict(void **state)
{
	struct scene scene;

	(void)state;
	commit_beside_others(&scene);
	write_on(&scene, FORGED LAST);
	assert_conflict(&scene, FIRST OTHERS OWN);
	/* However much the host gains. */
	fixture_host_append(&scene.f, scene.path, LAST);
	assert_conflict(&scene, FIRST OTHERS OWN LAST);
	fixture_done(&scene.f);
}

/* The person keeps the host's record: the session's other ones come, and the matter is settled. */
static void conflict_of_records_is_settled_by_keeping_the_hosts(void **state)
{
	const struct change *ours;
	struct commit_result result;
	struct scene scene;

	(void)state;
	commit_beside_others(&scene);
	write_on(&scene, FORGED LAST);
	ours = review_find(fixture_review(&scene.f), scene.path);
	assert_non_null(ours);
	assert_true(ours->may_keep_ours);
	assert_false(ours->may_take_theirs);
	assert_int_equal(fixture_settle(&scene.f, scene.path, true, &result), 0);
	assert_int_equal(result.applied, 1);
	assert_host(&scene, FIRST OTHERS OWN LAST);
	assert_int_equal(review_count(fixture_review(&scene.f)), 0);
	/* Nothing but such records: nothing is written, and that settles it too. */
	write_on(&scene, FORGED);
	assert_int_equal(fixture_settle(&scene.f, scene.path, true, &result), 0);
	assert_host(&scene, FIRST OTHERS OWN LAST);
	assert_int_equal(review_count(fixture_review(&scene.f)), 0);
	fixture_done(&scene.f);
}

/* What a commit has brought is the host's from then on: another record cannot take its uuid. */
static void record_that_was_committed_cannot_be_replaced_by_another(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	write_on(&scene, OTHERS);
	commit(&scene);
	write_on(&scene, FORGED);
	assert_conflict(&scene, FIRST OTHERS);
	fixture_done(&scene.f);
}

/* A transcript that the session made, and that the host has too since. */
static void transcript_that_both_made_knows_the_hosts_records_after_a_commit(void **state)
{
	struct scene scene;

	(void)state;
	fixture_make(&scene.f);
	scene.path = fixture_own(&scene.f, UUID ".jsonl");
	scene.object = fixture_create(&scene.f, scene.path, OWN);
	scene.size = strlen(OWN);
	fixture_host_write(&scene.f, scene.path, OTHERS);
	commit(&scene);
	assert_host(&scene, OTHERS OWN);
	write_on(&scene, OTHERS LAST);
	commit(&scene);
	assert_host(&scene, OTHERS OWN LAST);
	write_on(&scene, FORGED);
	assert_conflict(&scene, OTHERS OWN LAST);
	fixture_done(&scene.f);
}

/* A record without uuid is known by its place only: what a commit has settled is not looked at
 * again, or the second of two equal ones would be lost. */
static void record_without_uuid_is_appended_again_after_a_commit(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	write_on(&scene, MODE);
	commit(&scene);
	write_on(&scene, MODE);
	commit(&scene);
	assert_host(&scene, FIRST MODE MODE);
	/* One that the host has written since the commit is the same one. */
	fixture_host_append(&scene.f, scene.path, MODE);
	write_on(&scene, MODE LAST);
	commit(&scene);
	assert_host(&scene, FIRST MODE MODE MODE LAST);
	fixture_done(&scene.f);
}

static void undone_commit_leaves_the_hosts_records_known(void **state)
{
	struct commit_result result;
	struct scene scene;

	(void)state;
	commit_beside_others(&scene);
	assert_int_equal(fixture_undo(&scene.f, 1, &result), 0);
	assert_host(&scene, FIRST OTHERS);
	write_on(&scene, OTHERS);
	/* What was taken back does not go by itself. */
	commit(&scene);
	assert_host(&scene, FIRST OTHERS);
	fixture_decide(&scene.f, scene.path, DECISION_APPROVED);
	commit(&scene);
	assert_host(&scene, FIRST OTHERS OWN);
	write_on(&scene, FORGED);
	assert_conflict(&scene, FIRST OTHERS OWN);
	fixture_done(&scene.f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_of_the_host_repeated_after_a_commit_stands_there_once),
		cmocka_unit_test(conflict_of_records_is_settled_by_keeping_the_hosts),
		cmocka_unit_test(record_of_the_host_forged_after_a_commit_is_a_conflict),
		cmocka_unit_test(record_that_was_committed_cannot_be_replaced_by_another),
		cmocka_unit_test(transcript_that_both_made_knows_the_hosts_records_after_a_commit),
		cmocka_unit_test(record_without_uuid_is_appended_again_after_a_commit),
		cmocka_unit_test(undone_commit_leaves_the_hosts_records_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

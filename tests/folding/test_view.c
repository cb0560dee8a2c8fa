/* SPDX-License-Identifier: MIT */
/* The view of a host that folds names: what is hidden stays hidden under every other spelling of
 *it, and what is filtered is not to be had unfiltered, though the host would answer.
 *
 *	test_folding_view CLAUDEFS_MOUNT MANIFEST_OF_TREE [control]
 *
 * control: CLAUDEFS_MOUNT is one in which names do not fold (unfolded.c): secrets must show. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "tests/mount/fixture.h"

#define ZWJ       "\xe2\x80\x8d"
#define LONG      "\xc5\xbf" /* the long s */
#define TWIN_UUID "abcdefab-2222-4222-8222-abcdefabcdef"

static bool is_control;
static unsigned int shown; /* secrets that a control could read */

/* How the host might be asked for a hidden or filtered file: "@own" and "@OWN" are this project's
 * directory. The host's spelling comes first. */
static const char *const spellings[][2] = {
	{ "statsig/id", "STATSIG/id" },
	{ "statsig/id", "stat" LONG "ig/id" },
	{ "statsig/id", "stat" ZWJ "sig/id" },
	{ "statsig/id", "Statsig/ID" },
	{ "shell-snapshots/snapshot-bash-1.sh", "Shell-Snapshots/snapshot-bash-1.sh" },
	{ "shell-snapshots/snapshot-bash-1.sh", LONG "hell-snapshots/snapshot-bash-1.sh" },
	{ ".credentials.json", ".Credentials.json" },
	{ ".credentials.json", ".credential" LONG ".json" },
	{ ".credentials.json", ZWJ ".credentials.json" },
	{ "history.jsonl", "History.jsonl" },
	{ "history.jsonl", "hi" LONG "tory.jsonl" },
	{ "history.jsonl", "history.jsonl" ZWJ },
	{ "settings.json", "SETTINGS.JSON" },
	{ "settings.json", LONG "ettings.json" },
	{ "settings.json", "settings.json" ZWJ },
	{ "todos/" FIXTURE_OTHER_UUID ".json", "TODOS/" FIXTURE_OTHER_UUID ".json" },
	{ "todos/" FIXTURE_OTHER_UUID ".json", "todos/" FIXTURE_OTHER_UUID ".JSON" },
	{ "projects/-srv-other-secret/" FIXTURE_OTHER_UUID ".jsonl",
	  "Projects/-srv-other-secret/" FIXTURE_OTHER_UUID ".jsonl" },
	{ "projects/-srv-other-secret/" FIXTURE_OTHER_UUID ".jsonl",
	  "projects/-SRV-other-secret/" FIXTURE_OTHER_UUID ".jsonl" },
	{ "projects/-srv-other-secret/" FIXTURE_OTHER_UUID ".jsonl",
	  "project" LONG "/-srv-other-secret/" FIXTURE_OTHER_UUID ".jsonl" },
	{ "@own/" TWIN_UUID ".jsonl", "@own/ABCDEFAB-2222-4222-8222-ABCDEFABCDEF.jsonl" },
	{ "@own/" TWIN_UUID ".jsonl", "@own/" TWIN_UUID ".JSONL" },
	{ "@own/" TWIN_UUID ".jsonl", "@own/" TWIN_UUID ZWJ ".jsonl" },
	{ "@own/" TWIN_UUID "/subagents/a.jsonl",
	  "@own/ABCDEFAB-2222-4222-8222-ABCDEFABCDEF/subagents/a.jsonl" },
	{ "@own/" TWIN_UUID "/subagents/a.jsonl", "@own/" TWIN_UUID "/Subagents/A.jsonl" },
};
#define SPELLINGS (sizeof(spellings) / sizeof(spellings[0]))

static const char *expand(const char *name)
{
	static char buffers[4][1024];
	static unsigned int turn;
	char *out = buffers[turn++ % 4];

	if (strncmp(name, "@own", 4) == 0)
		(void)snprintf(out, 1024, "%s%s", fixture.own, name + 4);
	else
		(void)snprintf(out, 1024, "%s", name);
	return out;
}

static void fill_host(void)
{
	char content[1200];
	char path[1200];

	/* A project whose directory has the same name: "<home>-proj". */
	(void)snprintf(content, sizeof(content),
		       "{\"type\":\"user\",\"cwd\":\"%s-proj\",\"text\":\"their secret\"}\n",
		       fixture.home);
	(void)snprintf(path, sizeof(path), "%s/.claude/%s/" TWIN_UUID ".jsonl", fixture.home,
		       fixture.own);
	put_file(path, content);
	(void)snprintf(path, sizeof(path), "%s/.claude/%s/" TWIN_UUID, fixture.home, fixture.own);
	assert_ok(mkdir(path, 0700));
	(void)strcat(path, "/subagents");
	assert_ok(mkdir(path, 0700));
	(void)strcat(path, "/a.jsonl");
	put_file(path, "{\"text\":\"their secret\"}\n");
}

static void host_answers_to_each_spelling(void **state)
{
	(void)state;
	for (size_t i = 0; i < SPELLINGS; i++) {
		struct stat a;
		struct stat b;

		assert_ok(stat(in_home(".claude/%s", expand(spellings[i][0])), &a));
		assert_ok(stat(in_home(".claude/%s", expand(spellings[i][1])), &b));
		assert_int_equal(a.st_ino, b.st_ino);
	}
}

static void twins_transcript_is_hidden_to_begin_with(void **state)
{
	struct stat st;

	(void)state;
	assert_errno(stat(in_view("%s/" TWIN_UUID ".jsonl", fixture.own), &st), ENOENT);
	assert_errno(stat(in_view("%s/" TWIN_UUID, fixture.own), &st), ENOENT);
}

static void no_other_spelling_of_what_is_hidden_or_filtered_exists(void **state)
{
	(void)state;
	for (size_t i = 0; i < SPELLINGS; i++) {
		const char *path = in_view("%s", expand(spellings[i][1]));
		cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
		struct stat st;

		if (is_control) {
			shown += fd >= 0;
			continue;
		}
		if (fd >= 0)
			fail_msg("%s can be read", spellings[i][1]);
		assert_int_equal(errno, ENOENT);
		assert_errno(lstat(path, &st), ENOENT);
		assert_errno(truncate(path, 0), ENOENT);
		assert_errno(rename(path, in_view("stolen")), ENOENT);
	}
	if (is_control && shown < 5)
		fail_msg("only %u secrets show where names do not fold", shown);
}

/* The session may use such a name for itself, and finds nothing of the host's there. */
static void session_may_make_what_the_host_would_take_for_another(void **state)
{
	static const char *const names[] = { "SETTINGS.JSON", LONG "ettings.json", "plans/PLAN.md",
					     "settings.json" ZWJ, "plans/plan.md" ZWJ };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		put_file(in_view("%s", names[i]), "mine\n");
		assert_string_equal(get_file(in_view("%s", names[i])), "mine\n");
	}
	assert_string_equal(get_file(in_view("plans/plan.md")), "1. build\n2. test\n");
	assert_non_null(strstr(get_file(in_view("settings.json")), "opus"));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_ok(unlink(in_view("%s", names[i])));
	assert_string_equal(get_file(in_view("plans/plan.md")), "1. build\n2. test\n");
}

static void rename_that_only_changes_case_keeps_the_content(void **state)
{
	struct stat st;

	(void)state;
	put_file(in_view("plans/own.md"), "own\n");
	assert_ok(rename(in_view("plans/own.md"), in_view("plans/Own.md")));
	assert_string_equal(get_file(in_view("plans/Own.md")), "own\n");
	assert_errno(stat(in_view("plans/own.md"), &st), ENOENT);
	assert_false(lists_name(in_view("plans"), "own.md"));
	assert_ok(rename(in_view("plans/plan.md"), in_view("plans/Plan.md")));
	assert_string_equal(get_file(in_view("plans/Plan.md")), "1. build\n2. test\n");
	assert_false(lists_name(in_view("plans"), "plan.md"));
	assert_ok(rename(in_view("plans/Plan.md"), in_view("plans/plan.md")));
	assert_string_equal(get_file(in_view("plans/plan.md")), "1. build\n2. test\n");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest folded_names[] = {
		cmocka_unit_test(host_answers_to_each_spelling),
		cmocka_unit_test(no_other_spelling_of_what_is_hidden_or_filtered_exists),
		cmocka_unit_test(twins_transcript_is_hidden_to_begin_with),
		cmocka_unit_test(session_may_make_what_the_host_would_take_for_another),
		cmocka_unit_test(rename_that_only_changes_case_keeps_the_content),
	};

	is_control = argc > 3 && strcmp(argv[3], "control") == 0;
	fixture.fill_host = fill_host;
	if (is_control)
		return fixture_run_group(argc, argv, "control", NULL, folded_names, 2);
	return fixture_run(argc, argv, NULL, folded_names);
}

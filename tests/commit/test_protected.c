/* SPDX-License-Identifier: MIT */
/* A session that attacks everything the rules protect: after `commit --all` the host's protected
 *files are the same in bytes, mode, inode and time, and what was absent is absent. With rules that
 *allow everything the same oracle fails: it can.
 *
 *	test_commit_protected MANIFEST_OF_TREE */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/fd.h"
#include "tests/lib/session_fixture.h"

static const char *manifest_of_tree;

/* What the host has, and must keep. */
static const char *const protected_files[] = {
	"settings.json",
	"CLAUDE.md",
	"agents/a.md",
	"commands/c.md",
	"hooks/h.sh",
	"plugins/p/plugin.json",
	"projects/-another-project/aaaaaaaa-2222-4333-8444-555555555555.jsonl",
	"projects/-another-project/memory/MEMORY.md",
	"rules/r.md",
	"shell-snapshots/s.sh",
	"skills/s/SKILL.md",
	"statusline.sh",
};

/* What it does not have, and must not get. */
static const char *const absent_files[] = {
	".config.json",
	".credentials.json",
	"AGENTS.md",
	"SETTINGS.JSON",
	("\xc5\xbf"
	 "ettings.json"),
	"settings.json\xe2\x80\x8d",
	"settings.local.json",
	"managed-settings.json",
	"Projects/x.jsonl",
	"hooks/new.sh",
	"skills/new/.claude-plugin/plugin.json",
	"session-env/x/setup-hook-0.sh",
	"plans/evil\n.md",
	"plans/\xe2\x80\xaegpj.md",
	"unknown.txt",
};

/* The host's manifest (caller frees). */
static char *take_manifest(const struct fixture *f)
{
	char *data = NULL;
	size_t len = 0;
	int pipe_fds[2];
	FILE *stream;
	pid_t pid;

	assert_int_equal(pipe(pipe_fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)dup2(pipe_fds[1], STDOUT_FILENO);
		(void)execl(manifest_of_tree, "manifest_of_tree", f->host, (char *)NULL);
		_exit(127);
	}
	(void)close(pipe_fds[1]);
	stream = fdopen(pipe_fds[0], "r");
	assert_non_null(stream);
	assert_true(getdelim(&data, &len, '\0', stream) > 0);
	(void)fclose(stream);
	(void)waitpid(pid, NULL, 0);
	return data;
}

static void make_host(struct fixture *f)
{
	fixture_make(f);
	for (size_t i = 0; i < sizeof(protected_files) / sizeof(protected_files[0]); i++)
		fixture_host_write(f, protected_files[i], "the host's own\n");
}

/* In place, by rename over it, by deletion, and new ones. */
static void attack(struct fixture *f)
{
	char name[64];

	for (size_t i = 0; i < sizeof(protected_files) / sizeof(protected_files[0]); i++) {
		const char *path = protected_files[i];

		switch (i % 3) {
		case 0: fixture_modify(f, path, "{\"hooks\":\"evil\"}\n"); break;
		case 1:
			(void)snprintf(name, sizeof(name), "plans/stage-%zu", i);
			fixture_base(f, path);
			fixture_create(f, name, "evil\n");
			fixture_rename(f, name, path);
			break;
		default: fixture_unlink(f, path); break;
		}
	}
	for (size_t i = 0; i < sizeof(absent_files) / sizeof(absent_files[0]); i++)
		fixture_create(f, absent_files[i], "{\"hooks\":\"evil\"}\n");
	fixture_create(f, "plans/good.md", "good\n");
	fixture_end(f);
}

/* Lines of text that are not in other: printed, counted. A directory's own line changes with its
 * entries; plans may, as it got one. */
static unsigned int count_differences(char *text, const char *other)
{
	unsigned int count = 0;
	char *cursor = NULL;

	for (char *line = strtok_r(text, "\n", &cursor); line;
	     line = strtok_r(NULL, "\n", &cursor)) {
		if (strstr(other, line) || strncmp(line, "plans", 5) == 0 ||
		    strncmp(line, ".\t", 2) == 0)
			continue;
		count++;
	}
	return count;
}

static unsigned int attack_and_compare(bool is_control)
{
	struct commit_choice choice = { .approve_all = true };
	struct commit_result result;
	struct fixture f;
	unsigned int count;
	char *before;
	char *after;
	char *good;

	make_host(&f);
	if (is_control)
		fixture_allow_everything(&f);
	before = take_manifest(&f);
	attack(&f);
	assert_int_equal(fixture_commit(&f, &choice, &result), 0);
	after = take_manifest(&f);
	/* Not by doing nothing at all. */
	good = fixture_host_read(&f, "plans/good.md");
	assert_non_null(good);
	free(good);
	{
		char *copy = strdup(after);

		assert_non_null(copy);
		count = count_differences(copy, before);
		free(copy);
	}
	count += count_differences(before, after);
	free(before);
	free(after);
	fixture_done(&f);
	return count;
}

static void protected_files_stay_what_they_are(void **state)
{
	(void)state;
	assert_int_equal(attack_and_compare(false), 0);
}

static void control_without_rules_the_oracle_sees_the_damage(void **state)
{
	(void)state;
	assert_true(attack_and_compare(true) >= 12);
}

/* Even without any rule: names that no host should get. */
static void names_that_lie_never_leave(void **state)
{
	struct commit_choice choice = { .approve_all = true };
	struct commit_result result;
	struct fixture f;
	struct stat st;

	(void)state;
	fixture_make(&f);
	fixture_allow_everything(&f);
	fixture_create(&f, "plans/evil\n.md", "x\n");
	fixture_create(&f, "plans/\xff.md", "x\n");
	fixture_create(&f, "plans/\xe2\x80\xaegpj.md", "x\n");
	fixture_create(&f, "plans/ok.md", "x\n");
	fixture_create(&f, "plans/OK.md", "x\n");
	fixture_end(&f);
	assert_int_equal(fixture_commit(&f, &choice, &result), 0);
	assert_int_equal(result.applied, 0);
	assert_int_equal(review_find(fixture_review(&f), "plans/ok.md")->group, REVIEW_CONFLICT);
	assert_int_equal(review_find(f.review, "plans/OK.md")->group, REVIEW_CONFLICT);
	assert_int_equal(fstatat(f.host_fd, "plans", &st, 0), -1);
	fixture_done(&f);
}

static void another_spelling_than_the_hosts_is_a_conflict(void **state)
{
	struct commit_choice choice = { .approve_all = true };
	struct commit_result result;
	struct fixture f;
	struct stat st;
	char *content;

	(void)state;
	fixture_make(&f);
	fixture_allow_everything(&f);
	fixture_host_write(&f, "Plans/a.md", "host\n");
	if (fstatat(f.host_fd, "plans/A.MD", &st, 0) == 0) {
		/* Such a host cannot have the two below. tests/folding has more for it. */
		fixture_create(&f, "plans/b.md", "x\n");
		fixture_end(&f);
		assert_int_equal(fixture_commit(&f, &choice, &result), 0);
		assert_int_equal(result.applied, 0);
		fixture_done(&f);
		return;
	}
	fixture_host_write(&f, "both/A.md", "host\n");
	fixture_host_write(&f, "both/a.md", "host\n");
	fixture_create(&f, "plans/b.md", "x\n");
	/* A host that tells both apart may have both changed. */
	fixture_modify(&f, "both/a.md", "session\n");
	fixture_end(&f);
	assert_int_equal(fixture_commit(&f, &choice, &result), 0);
	assert_int_equal(result.applied, 1);
	assert_int_equal(review_find(fixture_review(&f), "plans/b.md")->group, REVIEW_CONFLICT);
	content = fixture_host_read(&f, "both/a.md");
	assert_string_equal(content, "session\n");
	free(content);
	fixture_done(&f);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(another_spelling_than_the_hosts_is_a_conflict),
	cmocka_unit_test(control_without_rules_the_oracle_sees_the_damage),
	cmocka_unit_test(names_that_lie_never_leave),
	cmocka_unit_test(protected_files_stay_what_they_are),
};

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	manifest_of_tree = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* What a session can do to a host that takes SETTINGS.JSON for settings.json: after `commit --all`
 * under rules that allow everything but a few names, the host is what it was but for one file. Run
 * by folding_host on such a host, and without it on one that tells names apart.
 *
 *	test_folding_commit MANIFEST_OF_TREE [control]
 *
 * control: in a build in which names do not fold (unfolded.c), where each oracle must see damage.
 */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "tests/lib/session_fixture.h"

#define ZWJ  "\xe2\x80\x8d"
#define LONG "\xc5\xbf" /* the long s, which folds to s */

static const char *manifest_of_tree;
static bool is_control;

/* The person's own rules: everything comes home but these. */
static const char rules[] =
	"{\"version\": 1, \"rules\": ["
	"{\"path\": \"{settings.json,CLAUDE.md,AGENTS.md,hooks/**}\", \"read\": \"show\","
	" \"write\": \"never\", \"merge\": \"replace\", \"why\": \"code on the host\"},"
	"{\"path\": \"**\", \"read\": \"show\", \"write\": \"review\", \"merge\": \"replace\","
	" \"why\": \"a person who wants all the rest\"}]}";

static bool host_folds(const struct fixture *f)
{
	struct stat st;

	return fstatat(f->host_fd, "KNOWN.MD", &st, 0) == 0;
}

/* The host's manifest (caller frees), without the line of the root and of what may come. */
static char *take_manifest(const struct fixture *f)
{
	cleanup_free char *line = NULL;
	char *text = NULL;
	size_t len = 0;
	size_t size = 0;
	FILE *out = open_memstream(&text, &len);
	int pipe_fds[2];
	FILE *in;
	pid_t pid;

	assert_int_equal(pipe(pipe_fds), 0);
	pid = fork();
	if (pid == 0) {
		(void)dup2(pipe_fds[1], STDOUT_FILENO);
		(void)execl(manifest_of_tree, "manifest_of_tree", f->host, (char *)NULL);
		_exit(127);
	}
	(void)close(pipe_fds[1]);
	in = fdopen(pipe_fds[0], "r");
	assert_true(in && out && pid > 0);
	while (getline(&line, &size, in) > 0) {
		if (strncmp(line, ".\t", 2) != 0 && strncmp(line, "good", 4) != 0)
			(void)fputs(line, out);
	}
	(void)fclose(in);
	(void)fclose(out);
	(void)waitpid(pid, NULL, 0);
	assert_true(len > 0);
	return text;
}

static void make_host(struct fixture *f)
{
	fixture_make(f);
	fixture_add_rules(f, rules);
	fixture_host_write(f, "settings.json", "{}\n");
	fixture_host_write(f, "CLAUDE.md", "be kind\n");
	fixture_host_write(f, "hooks/h.sh", "#!/bin/sh\n");
	fixture_host_write(f, "known.md", "known\n");
	fixture_host_write(f, "notes/p.md", "the host's\n");
	fixture_host_write(f, "notes/q.md", "the host's\n");
	fixture_host_write(f, "notes/d/x.md", "the host's\n");
	fixture_host_write(f, "notes/Case.md", "the host's\n");
}

/* Commits twice, since a second one may do what the first one only made possible. True if the host
 * then is another one. */
static bool is_damaged_by_commit(struct fixture *f)
{
	struct commit_choice choice = { .approve_all = true };
	cleanup_free char *before = take_manifest(f);
	cleanup_free char *after = NULL;
	cleanup_free char *good = NULL;
	struct commit_result result;

	fixture_create(f, "good.md", "good\n");
	fixture_end(f);
	assert_int_equal(fixture_commit(f, &choice, &result), 0);
	assert_int_equal(fixture_commit(f, &choice, &result), 0);
	/* Not by doing nothing at all. */
	good = fixture_host_read(f, "good.md");
	assert_non_null(good);
	after = take_manifest(f);
	if (strcmp(before, after) != 0 && !is_control)
		print_message("before:\n%s\nafter:\n%s\n", before, after);
	return strcmp(before, after) != 0;
}

static void expect(struct fixture *f, bool is_damaged)
{
	/* Where names are told apart nothing can be damaged by another spelling. */
	if (host_folds(f))
		assert_int_equal(is_damaged, is_control);
	else if (!is_control)
		assert_false(is_damaged);
	fixture_done(f);
}

/* Writes what on this host is another name of a file, or nothing. */
static void write_alias(struct fixture *f, const char *alias)
{
	struct stat st;

	if (host_tree_stat(f->tree, alias, &st) == 0)
		fixture_modify(f, alias, "{\"hooks\": \"evil\"}\n");
	else
		fixture_create(f, alias, "{\"hooks\": \"evil\"}\n");
}

/* One session that writes the alias. Names with invisible characters have a second defence, so that
 * a control need not see damage there. */
static void expect_of_alias(struct fixture *f, const char *alias)
{
	bool is_damaged = is_damaged_by_commit(f);

	print_message("%s\n", alias);
	if (is_control && strstr(alias, ZWJ))
		fixture_done(f);
	else
		expect(f, is_damaged);
}

static void protected_name_in_any_spelling_stays(void **state)
{
	static const char *const aliases[] = {
		"SETTINGS.JSON",     "Settings.json",        LONG "ettings.json",
		"settings.json" ZWJ, "set" ZWJ "tings.json", "claude.md",
		"HOOKS/h.sh",        "hook" LONG "/h.sh",    "hooks" ZWJ "/H.sh",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		struct fixture f;

		/* One by one: together they would be in conflict with each other. */
		make_host(&f);
		write_alias(&f, aliases[i]);
		expect_of_alias(&f, aliases[i]);
	}
}

static void protected_name_that_is_absent_is_not_made_in_any_spelling(void **state)
{
	static const char *const aliases[] = { "Agents.md", ("AGENT" LONG ".MD"),
					       ("AGENTS.md" ZWJ) };

	(void)state;
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		struct fixture f;

		make_host(&f);
		fixture_create(&f, aliases[i], "obey\n");
		expect_of_alias(&f, aliases[i]);
	}
}

static void file_of_another_spelling_is_not_changed(void **state)
{
	struct fixture f;

	(void)state;
	make_host(&f);
	write_alias(&f, "notes/P.md");
	expect(&f, is_damaged_by_commit(&f));
}

static void file_of_another_spelling_is_not_removed(void **state)
{
	struct fixture f;

	(void)state;
	make_host(&f);
	if (host_folds(&f)) {
		fixture_unlink(&f, "notes/Q.md");
		fixture_unlink(&f, "notes/D/x.md");
		fixture_rmdir(&f, "notes/D");
	}
	expect(&f, is_damaged_by_commit(&f));
}

/* The old name goes and the new one comes: on a host that folds one of them would undo the other.
 */
static void change_of_case_alone_loses_nothing(void **state)
{
	struct fixture f;
	bool is_damaged;

	(void)state;
	make_host(&f);
	(void)fixture_copy_up(&f, "notes/Case.md");
	fixture_rename(&f, "notes/Case.md", "notes/case.md");
	is_damaged = is_damaged_by_commit(&f);
	/* On the other hosts the rename may go through some day; now it is held whole. */
	expect(&f, is_damaged);
}

static void case_of_a_directory_changed_loses_nothing(void **state)
{
	struct fixture f;

	(void)state;
	make_host(&f);
	(void)fixture_copy_up(&f, "notes/d/x.md");
	fixture_mkdir(&f, "notes/D2");
	fixture_rename(&f, "notes/d/x.md", "notes/D2/x.md");
	fixture_rename(&f, "notes/D2", "notes/D");
	fixture_rmdir(&f, "notes/d");
	expect(&f, is_damaged_by_commit(&f));
}

static void two_names_that_the_host_takes_for_one_are_not_made(void **state)
{
	static const char *const pairs[][2] = {
		{ "notes/New.md", "notes/new.md" },
		{ "notes/caf\xc3\xa9.md", "notes/CAF\xc3\x89.md" },
		{ "notes/stra\xc3\x9f"
		  "e.md",
		  "notes/strasse.md" },
		{ "Made/x.md", "made/y.md" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct fixture f;

		make_host(&f);
		fixture_create(&f, pairs[i][0], "one\n");
		fixture_create(&f, pairs[i][1], "other\n");
		expect(&f, is_damaged_by_commit(&f));
	}
}

/* The host's own spelling is not the rule's: it is the rule's file all the same. */
static void host_file_whose_case_is_not_the_rules_is_protected(void **state)
{
	static const char *const names[][2] = {
		{ "Settings.JSON", "settings.json" },
		{ "claude.md", "CLAUDE.md" },
		{ "Hooks/h.sh", "hooks/h.sh" },
		{ "agents.md", "AGENTS.md" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		for (unsigned int way = 0; way < 4; way++) {
			const char *path = names[i][way % 2];
			struct fixture f;
			struct stat st;

			fixture_make(&f);
			fixture_add_rules(&f, rules);
			fixture_host_write(&f, "known.md", "known\n");
			fixture_host_write(&f, names[i][0], "the host's\n");
			if (host_tree_stat(f.tree, path, &st) == 0 && way < 2)
				fixture_modify(&f, path, "{\"hooks\": \"evil\"}\n");
			else if (host_tree_stat(f.tree, path, &st) == 0)
				fixture_unlink(&f, path);
			/* Only the host's spelling meets no rule when names do not fold. */
			if (is_control && way % 2 == 1) {
				(void)is_damaged_by_commit(&f);
				fixture_done(&f);
			} else {
				expect(&f, is_damaged_by_commit(&f));
			}
		}
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(case_of_a_directory_changed_loses_nothing),
		cmocka_unit_test(change_of_case_alone_loses_nothing),
		cmocka_unit_test(file_of_another_spelling_is_not_changed),
		cmocka_unit_test(file_of_another_spelling_is_not_removed),
		cmocka_unit_test(host_file_whose_case_is_not_the_rules_is_protected),
		cmocka_unit_test(protected_name_in_any_spelling_stays),
		cmocka_unit_test(protected_name_that_is_absent_is_not_made_in_any_spelling),
		cmocka_unit_test(two_names_that_the_host_takes_for_one_are_not_made),
	};

	if (argc < 2)
		return 2;
	manifest_of_tree = argv[1];
	is_control = argc > 2 && strcmp(argv[2], "control") == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

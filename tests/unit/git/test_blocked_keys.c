/* SPDX-License-Identifier: MIT */
/* Whatever writes a key of rules/git.json into a project's configuration, an editor or libgit2: the
 * audit tells it, with its reason. The list is read from the rules, so that a new key is tried too.
 */
#include "tests/unit/cmocka_setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/base/cleanup.h"
#include "fs/base/json.h"
#include "fs/base/text.h"
#include "fs/git/workspace_changes.h"
#include "rules/builtin.h"
#include "tests/unit/temp_dir.h"

#define KEYS_MAX 512u

/* A key of each pattern, and what the audit is to say of it. */
struct sample {
	char name[128]; /* as libgit2 has it */
	const char *why;
	bool is_told;
};

static struct sample samples[KEYS_MAX];
static size_t count;
static json_t *rules;

static bool is_for_some_values(const json_t *rule)
{
	return json_object_get(rule, "only") != NULL;
}

/* "remote.*.*url" becomes [remote "x.y"] and xurl; text gets the lines, the sample the name. */
static void add_sample(const json_t *rule, struct text *text)
{
	const char *pattern = json_get_string(rule, "key", "");
	const char *value = is_for_some_values(rule) ? "https://true/" : "evil";
	const char *last = strrchr(pattern, '.');
	struct sample *sample = &samples[count++];
	size_t section = strcspn(pattern, ".");
	char name[64];
	size_t len = 0;

	for (const char *c = last + 1; *c; c++)
		name[len++] = (char)(*c == '*' ? 'x' : *c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
	name[len] = '\0';
	/* Told only where a repository would be bare. */
	if (strcmp(pattern, "core.bare") == 0)
		value = "true";
	text_appendf(text, "[%.*s%s]\n\t%s = %s\n", (int)section, pattern,
		     last > pattern + section ? " \"x.Y\"" : "", name, value);
	(void)snprintf(sample->name, sizeof(sample->name), "%.*s%s.%s", (int)section, pattern,
		       last > pattern + section ? ".x.Y" : "", name);
	for (char *c = sample->name; c < sample->name + section; c++)
		*c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
	sample->why = json_get_string(rule, "why", "");
}

static int note(enum git_config_change_type type, const struct git_config_key *key, const char *why,
		void *arg)
{
	size_t *told = arg;

	for (size_t i = 0; i < count; i++) {
		if (type == GIT_KEY_ADDED && why && strcmp(samples[i].name, key->name) == 0 &&
		    strcmp(samples[i].why, why) == 0) {
			*told += !samples[i].is_told;
			samples[i].is_told = true;
		}
	}
	return 0;
}

static void look(const struct temp_dir *project, const struct temp_dir *session,
		 enum workspace_moment moment, struct workspace_snapshot *ret)
{
	assert_int_equal(workspace_snapshot_take(project->fd, session->fd, moment), 0);
	assert_int_equal(workspace_snapshot_read(session->fd, moment, ret), 0);
}

static void each_of_them_is_told(void **state)
{
	cleanup_workspace_changes struct workspace_changes changes = { 0 };
	struct workspace_snapshot before = { 0 };
	struct workspace_snapshot after = { 0 };
	cleanup_git_keys struct git_keys *keys = NULL;
	cleanup_text struct text text = { 0 };
	struct temp_dir project, session;
	size_t told = 0;

	(void)state;
	assert_int_equal(json_load_strict(rules_builtin_git, rules_builtin_git_len, &rules, NULL),
			 0);
	assert_int_equal(temp_dir_make(&project) | temp_dir_make(&session), 0);
	assert_int_equal(mkdirat(project.fd, ".git", 0755), 0);
	text_append(&text, "[core]\n\trepositoryformatversion = 0\n");
	assert_int_equal(temp_dir_write(&project, ".git/config", text.data), 0);
	look(&project, &session, WORKSPACE_START, &before);
	for (size_t i = 0; i < json_array_size(json_object_get(rules, "keys")); i++)
		add_sample(json_array_get(json_object_get(rules, "keys"), i), &text);
	assert_true(count > 80);
	assert_int_equal(temp_dir_write(&project, ".git/config", text.data), 0);
	look(&project, &session, WORKSPACE_END, &after);
	assert_int_equal(workspace_compare(&before.scan, &after.scan, &changes), 0);
	assert_int_equal(git_keys_new_builtin(&keys), 0);
	for (size_t i = 0; i < changes.count; i++)
		assert_int_equal(workspace_change_each_key(session.fd, &changes.changes[i], keys,
							   note, &told),
				 0);
	for (size_t i = 0; i < count; i++) {
		if (!samples[i].is_told)
			fail_msg("%s is not told, or for another reason than \"%s\"",
				 samples[i].name, samples[i].why);
	}
	assert_int_equal(told, count);
	workspace_snapshot_done(&before);
	workspace_snapshot_done(&after);
	temp_dir_remove(&project);
	temp_dir_remove(&session);
	json_decref(rules);
}

/* The same key with a value that leads nowhere is no news of danger. */
static void a_value_that_leads_nowhere_is_not(void **state)
{
	cleanup_git_keys struct git_keys *keys = NULL;

	(void)state;
	assert_int_equal(git_keys_new_builtin(&keys), 0);
	assert_null(git_keys_why(keys, "branch.main.remote", "origin"));
	assert_non_null(git_keys_why(keys, "branch.main.remote", "../evil"));
	assert_non_null(git_keys_why(keys, "branch.main.remote", "evil:x"));
	assert_null(git_keys_why(keys, "core.bare", "false"));
	assert_non_null(git_keys_why(keys, "core.bare", ""));
	/* What git-guard lets pass is told all the same: on the host it may matter. */
	assert_non_null(git_keys_why(keys, "core.hookspath", "/dev/null"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_of_them_is_told),
		cmocka_unit_test(a_value_that_leads_nowhere_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The pure parts of a push: remotes, packets, rules, kinds of tokens. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/cmocka_setup.h"
#include "tests/unit/temp_dir.h"

#include "fs/git/push_check.h"
#include "fs/git/push_credential.h"
#include "fs/git/push_protocol.h"
#include "fs/git/push_rules.h"

#define PROJECT "/home/u/project"

/* The target of a remote with that url; "" if it has none. */
static const char *target_of(const char *key, const char *url)
{
	static char result[PUSH_URL_MAX];
	cleanup_push_remotes struct push_remotes remotes = { 0 };
	char config[PUSH_URL_MAX];
	int len = snprintf(config, sizeof(config), "[remote \"origin\"]\n\t%s = %s\n", key, url);

	assert_int_equal(push_remotes_parse(config, (size_t)len, PROJECT, &remotes), 0);
	(void)snprintf(result, sizeof(result), "%s", remotes.count ? remotes.items[0].target : "");
	return result;
}

static void remotes_lead_to_a_server_or_a_path_outside(void **state)
{
	(void)state;
	assert_string_equal(target_of("url", "https://github.com/o/r.git"),
			    "https://github.com/o/r.git");
	assert_string_equal(target_of("url", "https://me:secret@github.com/o/r.git"),
			    "https://github.com/o/r.git");
	assert_string_equal(target_of("url", "git@github.com:o/r.git"),
			    "https://github.com/o/r.git");
	assert_string_equal(target_of("url", "ssh://git@github.com/o/r.git"),
			    "https://github.com/o/r.git");
	assert_string_equal(target_of("url", "/srv/r.git"), "/srv/r.git");
	assert_string_equal(target_of("url", "file:///srv/r.git"), "/srv/r.git");
	assert_string_equal(target_of("pushurl", "/srv/p.git"), "/srv/p.git");
}

static void other_remotes_have_none(void **state)
{
	static const char *const urls[] = {
		"../r.git",
		PROJECT "/r.git",
		PROJECT,
		"ext::sh -c evil",
		"ssh://git@host:22/r",
		"git://host/r.git",
		"-oProxyCommand=x:r",
		"https://-evil/r",
		"/srv/../etc",
		"https://ho st/r.git",
		"https:///r",
		"rsync://host/r",
		"https://a@-b/r",
		"file://host/r",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		assert_string_equal(target_of("url", urls[i]), "");
}

static void a_push_url_counts_before_the_url(void **state)
{
	static const char config[] = "[remote \"a\"]\n\turl = /srv/a.git\n\tpushurl = /srv/b.git\n"
				     "[remote \"-x\"]\n\turl = /srv/c.git\n"
				     "[remote \"x/y\"]\n\turl = /srv/d.git\n";
	cleanup_push_remotes struct push_remotes remotes = { 0 };
	cleanup_text struct text text = { 0 };

	(void)state;
	assert_int_equal(push_remotes_parse(config, sizeof(config) - 1, PROJECT, &remotes), 0);
	assert_int_equal(remotes.count, 1);
	assert_string_equal(remotes.items[0].target, "/srv/b.git");
	push_remotes_append_config(&remotes, 9418, &text);
	assert_string_equal(text.data, "[url \"git://127.0.0.1:9418/a\"]\n"
				       "\tinsteadOf = \"/srv/b.git\"\n");
}

static void packets_are_bounded(void **state)
{
	(void)state;
	assert_int_equal(push_packet_length("0000"), 0);
	assert_int_equal(push_packet_length("0005"), 1);
	assert_int_equal(push_packet_length("fff0"), 65516);
	assert_int_equal(push_packet_length("fff1"), -EBADMSG);
	assert_int_equal(push_packet_length("0001"), -EBADMSG);
	assert_int_equal(push_packet_length("0004"), -EBADMSG);
	assert_int_equal(push_packet_length("00g5"), -EBADMSG);
}

static void refs_that_are_tricks_are_no_refs(void **state)
{
	static const char *const bad[] = {
		"refs/heads/",
		"refs/heads/../x",
		"refs/heads/-x",
		"refs/heads/a/-b",
		"refs/heads/x.lock",
		"refs/heads/HEAD",
		"HEAD",
		"refs/notes/x",
		"refs/heads/a b",
		"refs/heads/a\nb",
		"refs/heads/a~1",
		"refs/heads/\u202ea",
		"refs/heads/a\u200db",
		"refs/remotes/origin/x",
		"refs/heads/1111111111111111111111111111111111111111",
	};

	(void)state;
	assert_true(push_ref_is_plain("refs/heads/main"));
	assert_true(push_ref_is_plain("refs/heads/claude/fix-1"));
	assert_true(push_ref_is_plain("refs/tags/v1.0"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(push_ref_is_plain(bad[i]));
}

static const char *find(const struct push_rules *rules, const char *data)
{
	const char *id = "";
	size_t offset = 0;

	return push_rules_find_secret(rules, data, strlen(data), &id, &offset) ? id : "";
}

static void secrets_are_found_by_their_form(void **state)
{
	cleanup_push_rules struct push_rules *rules = NULL;

	(void)state;
	assert_int_equal(push_rules_parse(NULL, 0, &rules, NULL), 0);
	assert_string_equal(find(rules, "x = ghp_012345678901234567890123456789012345"),
			    "github-token");
	assert_string_equal(find(rules, "x = ghp_01234567890123456789012345678901234"), "");
	assert_string_equal(find(rules, "AKIAABCDEFGHIJKLMNOP"), "aws-key");
	assert_string_equal(find(rules, "aAKIAABCDEFGHIJKLMNOP"), "");
	assert_string_equal(find(rules, "AKIAAKIAABCDEFGHIJKLMNOP"), "aws-key");
	assert_string_equal(find(rules, "-----BEGIN PRIVATE KEY-----"), "private-key");
	assert_string_equal(find(rules, "-----BEGIN PUBLIC KEY-----"), "");
}

static void a_persons_rules_widen_and_narrow(void **state)
{
	static const char user[] =
		"{\"branches\": [\"claude/**\"], \"tags\": true, \"allow_secrets\": "
		"[\"aws-key\"], \"allow_paths\": [\".github/workflows/ci.yml\"], "
		"\"limits\": {\"commits\": 3}}";
	static const char *const bad[] = {
		"[]",
		"{\"no_such_key\": []}",
		"{\"tags\": 1}",
		"{\"limits\": {\"commits\": 0}}",
		"{\"allow_secrets\": [\"no-such\"]}",
		"{\"branches\": \"main\"}",
		"{\"deny_paths\": []}",
	};
	cleanup_push_rules struct push_rules *rules = NULL;
	struct json_problem problem = { 0 };

	(void)state;
	assert_int_equal(push_rules_parse(user, sizeof(user) - 1, &rules, &problem), 0);
	assert_true(push_rules_allow_branch(rules, "claude/x"));
	assert_false(push_rules_allow_branch(rules, "main"));
	assert_true(push_rules_allow_tags(rules));
	assert_false(push_rules_allow_submodules(rules));
	assert_string_equal(find(rules, "AKIAABCDEFGHIJKLMNOP"), "");
	assert_null(push_rules_deny_path(rules, ".github/workflows/ci.yml"));
	assert_non_null(push_rules_deny_path(rules, ".github/workflows/CI.yml"));
	assert_non_null(push_rules_deny_path(rules, ".GitHub/workflows/x"));
	assert_non_null(push_rules_deny_path(rules, "sub/.gitmodules"));
	assert_null(push_rules_deny_path(rules, "src/main.c"));
	assert_int_equal(push_rules_limits(rules)->commits, 3);
	assert_int_equal(push_rules_limits(rules)->seconds, 300);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct push_rules *none = NULL;

		assert_int_equal(push_rules_parse(bad[i], strlen(bad[i]), &none, &problem),
				 -EBADMSG);
	}
}

/* The deepest that a tree may be (push_check.h), and a directory less. */
static void no_path_is_too_deep_for_the_rules(void **state)
{
	static const char name[] = "Jenkinsfile";
	cleanup_push_rules struct push_rules *rules = NULL;
	char path[2 * PUSH_TREE_DEPTH_MAX + sizeof(name)];

	(void)state;
	assert_int_equal(push_rules_parse(NULL, 0, &rules, NULL), 0);
	for (size_t i = 0; i < PUSH_TREE_DEPTH_MAX; i++)
		memcpy(path + 2 * i, "a/", 2);
	memcpy(path + 2 * (size_t)PUSH_TREE_DEPTH_MAX, name, sizeof(name));
	assert_non_null(push_rules_deny_path(rules, path + 2));
	assert_non_null(push_rules_deny_path(rules, path));
	path[2 * PUSH_TREE_DEPTH_MAX] = 'X';
	assert_null(push_rules_deny_path(rules, path + 2));
}

static void tokens_are_told_apart(void **state)
{
	(void)state;
	assert_int_equal(push_token_kind("github_pat_x", 12), PUSH_TOKEN_FINE_GRAINED);
	assert_int_equal(push_token_kind("ghp_x", 5), PUSH_TOKEN_CLASSIC);
	assert_int_equal(push_token_kind("gho_x", 5), PUSH_TOKEN_OAUTH);
	assert_int_equal(push_token_kind("0123456789abcdef0123456789abcdef01234567", 40),
			 PUSH_TOKEN_CLASSIC);
	assert_int_equal(push_token_kind("glpat-x", 7), PUSH_TOKEN_OTHER);
	assert_int_equal(push_token_kind("gh", 2), PUSH_TOKEN_OTHER);
}

static void expect_credential(struct temp_dir *dir, const char *target, const char *wanted)
{
	cleanup_push_credential struct push_credential credential = { 0 };
	struct push_problem problem;
	int r = push_credential_find(target, PROJECT, dir->path, false, &credential, &problem);

	assert_int_equal(r, wanted ? 0 : -ENOENT);
	if (wanted)
		assert_string_equal(credential.password->data, wanted);
}

/* What gh does: github.com's own token, and for every other host whatever these variables hold. */
static void a_token_for_enterprises_goes_to_the_persons_own_alone(void **state)
{
	static const char gh[] =
		"#!/bin/sh\n"
		"[ \"$4\" = github.com ] && echo \"$GH_TOKEN\" && exit\n"
		"echo \"$GH_ENTERPRISE_TOKEN$GITHUB_ENTERPRISE_TOKEN$CODESPACES\"\n";
	char *path = strdup(getenv("PATH"));
	struct temp_dir dir;

	(void)state;
	assert_non_null(path);
	assert_int_equal(temp_dir_make(&dir), 0);
	assert_int_equal(temp_dir_write(&dir, "gh", gh), 0);
	assert_int_equal(fchmodat(dir.fd, "gh", 0700, 0), 0);
	(void)setenv("PATH", dir.path, 1);
	(void)setenv("GH_TOKEN", "ghp_hub", 1);
	(void)setenv("GH_ENTERPRISE_TOKEN", "ghp_one", 1);
	(void)setenv("GITHUB_ENTERPRISE_TOKEN", "two", 1);
	(void)setenv("CODESPACES", "true", 1);
	(void)unsetenv("GH_HOST");
	expect_credential(&dir, "https://github.com/o/r", "ghp_hub");
	expect_credential(&dir, "https://evil.example/o/r", NULL);
	(void)setenv("GH_HOST", "git.Corp.example", 1);
	expect_credential(&dir, "https://evil.example/o/r", NULL);
	expect_credential(&dir, "https://git.corp.example/o/r", "ghp_onetwotrue");
	(void)setenv("PATH", path, 1);
	free(path);
	temp_dir_remove(&dir);
}

/* A credential goes to a loopback address without TLS, and to nothing that begins like one. */
static void only_loopback_gets_a_credential_without_tls(void **state)
{
	static const struct {
		const char *target;
		int result;
	} table[] = {
		{ "http://127.0.0.1/r", -ENOENT },      { "http://127.0.0.1:80/r", -ENOENT },
		{ "http://localhost:80/r", -ENOENT },   { "http://[::1]/r", -ENOENT },
		{ "http://[::1]:80/r", -ENOENT },       { "http://[::1]evil/r", -EACCES },
		{ "http://[::1].evil/r", -EACCES },     { "http://127.0.0.1.evil/r", -EACCES },
		{ "http://localhost.evil/r", -EACCES }, { "http://localhost:80.evil/r", -EACCES },
		{ "http://127.0.0.11/r", -EACCES },     { "http://example.org/r", -EACCES },
	};
	char *path = strdup(getenv("PATH"));
	struct temp_dir dir;

	(void)state;
	assert_int_equal(temp_dir_make(&dir), 0);
	/* Neither gh nor git: nobody has one. */
	(void)setenv("PATH", dir.path, 1);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		cleanup_push_credential struct push_credential credential = { 0 };
		struct push_problem problem;

		print_message("%s\n", table[i].target);
		assert_int_equal(push_credential_find(table[i].target, PROJECT, dir.path, false,
						      &credential, &problem),
				 table[i].result);
	}
	(void)setenv("PATH", path, 1);
	free(path);
	temp_dir_remove(&dir);
}

static void write_program(struct temp_dir *dir, const char *name, const char *text)
{
	assert_int_equal(temp_dir_write(dir, name, text), 0);
	assert_int_equal(fchmodat(dir->fd, name, 0700, 0), 0);
}

#define HELPER "#!/bin/sh\necho username=u\necho password=p\n"

/* With a HOME in dir, whose project is "project"; gh has nothing. */
static int find_with_helper(const struct temp_dir *dir, struct push_problem *problem)
{
	cleanup_push_credential struct push_credential credential = { 0 };
	char project[300];
	char empty[300];

	(void)snprintf(project, sizeof(project), "%s/project", dir->path);
	(void)snprintf(empty, sizeof(empty), "%s/empty", dir->path);
	return push_credential_find("https://git.example/o/r", project, empty, false, &credential,
				    problem);
}

/* Neither a program that the agent may write there runs on the host, nor one that it may name. */
static void no_helper_is_the_projects(void **state)
{
	static const char config[] = "[credential]\n\thelper = ours\n";
	static const char *const folders[] = { "empty", "tools", "project", "project/bin" };
	char *old_path = strdup(getenv("PATH"));
	char *old_home = strdup(getenv("HOME") ? getenv("HOME") : "/");
	struct push_problem problem = { 0 };
	struct temp_dir dir;
	char path[2048];

	(void)state;
	assert_int_equal(temp_dir_make(&dir), 0);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		assert_int_equal(mkdirat(dir.fd, folders[i], 0700), 0);
	write_program(&dir, "tools/gh", "#!/bin/sh\nexit 1\n");
	write_program(&dir, "project/bin/git-credential-ours", HELPER);
	assert_int_equal(temp_dir_write(&dir, "project/gitconfig", config), 0);
	assert_int_equal(temp_dir_write(&dir, ".gitconfig", config), 0);
	assert_int_equal(symlinkat("project/bin", dir.fd, "link"), 0);
	(void)snprintf(path, sizeof(path), "%s/project/bin:%s/link:%s/tools:%s", dir.path, dir.path,
		       dir.path, old_path);
	(void)setenv("PATH", path, 1);
	(void)setenv("HOME", dir.path, 1);
	(void)unsetenv("XDG_CONFIG_HOME");
	assert_int_equal(find_with_helper(&dir, &problem), -ENOENT);
	/* The control: it is found elsewhere. */
	write_program(&dir, "tools/git-credential-ours", HELPER);
	assert_int_equal(find_with_helper(&dir, &problem), 0);
	/* By a link, and included. */
	assert_int_equal(unlinkat(dir.fd, ".gitconfig", 0), 0);
	assert_int_equal(symlinkat("project/gitconfig", dir.fd, ".gitconfig"), 0);
	assert_int_equal(find_with_helper(&dir, &problem), -EACCES);
	assert_non_null(strstr(problem.text, "/.gitconfig is in the project"));
	assert_int_equal(unlinkat(dir.fd, ".gitconfig", 0), 0);
	assert_int_equal(
		temp_dir_write(&dir, ".gitconfig", "[include]\n\tpath = project/gitconfig\n"), 0);
	assert_int_equal(find_with_helper(&dir, &problem), -EACCES);
	(void)setenv("PATH", old_path, 1);
	(void)setenv("HOME", old_home, 1);
	free(old_path);
	free(old_home);
	temp_dir_remove(&dir);
}

/* A remote of project with that path, as it is read from its configuration. */
static void expect_path(struct temp_dir *dir, const char *name, const char *wanted)
{
	cleanup_push_remotes struct push_remotes remotes = { 0 };
	char project[512];
	char config[1024];

	(void)snprintf(project, sizeof(project), "%s/real/project", dir->path);
	(void)snprintf(config, sizeof(config), "[remote \"a\"]\n\turl = %s/%s\n", dir->path, name);
	assert_int_equal(temp_dir_write(dir, "real/project/.git/config", config), 0);
	assert_int_equal(push_remotes_read(project, &remotes), 0);
	assert_int_equal(remotes.count, wanted ? 1 : 0);
	if (wanted)
		assert_string_equal(remotes.items[0].target + strlen(dir->path), wanted);
}

static void a_path_that_leads_into_the_project_is_no_remote(void **state)
{
	static const char *const places[] = { "real", "real/project", "real/project/.git",
					      "real/project/evil.git", "real/outside.git" };
	struct temp_dir dir;

	(void)state;
	assert_int_equal(temp_dir_make(&dir), 0);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		assert_int_equal(mkdirat(dir.fd, places[i], 0700), 0);
	assert_int_equal(symlinkat("real", dir.fd, "home"), 0);
	expect_path(&dir, "real/outside.git", "/real/outside.git");
	expect_path(&dir, "home/outside.git", "/real/outside.git");
	expect_path(&dir, "home/project/evil.git", NULL);
	expect_path(&dir, "home/project/not-there-yet.git", NULL);
	temp_dir_remove(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(remotes_lead_to_a_server_or_a_path_outside),
		cmocka_unit_test(other_remotes_have_none),
		cmocka_unit_test(a_push_url_counts_before_the_url),
		cmocka_unit_test(packets_are_bounded),
		cmocka_unit_test(refs_that_are_tricks_are_no_refs),
		cmocka_unit_test(secrets_are_found_by_their_form),
		cmocka_unit_test(a_persons_rules_widen_and_narrow),
		cmocka_unit_test(no_path_is_too_deep_for_the_rules),
		cmocka_unit_test(tokens_are_told_apart),
		cmocka_unit_test(a_token_for_enterprises_goes_to_the_persons_own_alone),
		cmocka_unit_test(only_loopback_gets_a_credential_without_tls),
		cmocka_unit_test(no_helper_is_the_projects),
		cmocka_unit_test(a_path_that_leads_into_the_project_is_no_remote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Two looks at a project with what a hostile session does in between. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/git/workspace_changes.h"
#include "fs/git/workspace_restore.h"
#include "tests/unit/temp_dir.h"

static struct temp_dir project, session;

static int set_up(void **state)
{
	(void)state;
	return temp_dir_make(&project) < 0 || temp_dir_make(&session) < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	temp_dir_remove(&project);
	temp_dir_remove(&session);
	return 0;
}

/* Makes path beneath the project, and the directories above it. */
static void put(const char *path, const char *content, mode_t mode)
{
	char part[512];
	int fd;

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		(void)snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		assert_true(mkdirat(project.fd, part, 0755) == 0 || errno == EEXIST);
	}
	fd = openat(project.fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), (ssize_t)strlen(content));
	assert_int_equal(fchmod(fd, mode), 0);
	(void)close(fd);
}

static void take(enum workspace_moment moment)
{
	assert_int_equal(workspace_snapshot_take(project.fd, session.fd, moment), 0);
}

struct audit {
	struct workspace_snapshot before, after;
	struct workspace_changes changes;
};

static void compare(struct audit *audit)
{
	take(WORKSPACE_END);
	assert_int_equal(workspace_snapshot_read(session.fd, WORKSPACE_START, &audit->before), 0);
	assert_int_equal(workspace_snapshot_read(session.fd, WORKSPACE_END, &audit->after), 0);
	assert_int_equal(
		workspace_compare(&audit->before.scan, &audit->after.scan, &audit->changes), 0);
}

static void audit_done(struct audit *audit)
{
	workspace_changes_done(&audit->changes);
	workspace_snapshot_done(&audit->before);
	workspace_snapshot_done(&audit->after);
}
#define cleanup_audit __attribute__((cleanup(audit_done)))

static const struct workspace_change *find(const struct audit *audit, const char *path)
{
	for (size_t i = 0; i < audit->changes.count; i++) {
		if (strcmp(audit->changes.changes[i].entry->path, path) == 0)
			return &audit->changes.changes[i];
	}
	return NULL;
}

static void assert_change(const struct audit *audit, const char *path,
			  enum workspace_change_type type)
{
	const struct workspace_change *change = find(audit, path);

	if (!change)
		fail_msg("%s is not told", path);
	else if (change->type != type)
		fail_msg("%s: change %d, not %d", path, (int)change->type, (int)type);
}

/* Everything that one file can be planted as, at any depth, ignored or not. */
static void what_is_planted_is_told(void **state)
{
	static const char *const planted[] = {
		"CLAUDE.md",
		"AGENTS.md",
		"Justfile",
		"justfile",
		".justfile",
		"Taskfile.yml",
		".envrc",
		".vscode/settings.json",
		".vscode/tasks.json",
		".vscode/launch.json",
		"Makefile",
		".gitattributes",
		".gitmodules",
		".github/workflows/x.yml",
		".github/dependabot.yml",
		"package.json",
		".npmrc",
		".yarnrc.yml",
		".eslintrc.js",
		".eslintrc.cjs",
		"jest.config.js",
		"jest.config.ts",
		"vitest.config.ts",
		"vitest.config.js",
		".prettierrc.js",
		"tsconfig.json",
		"setup.py",
		"setup.cfg",
		"pyproject.toml",
		".pre-commit-config.yaml",
		".tool-versions",
		".node-version",
		".nvmrc",
		".python-version",
		"docker-compose.yml",
		"docker-compose.yaml",
		"lefthook.yml",
		".husky/pre-commit",
		"CMakeLists.txt",
		".cargo/config.toml",
		"build.gradle",
		"build.gradle.kts",
		"pom.xml",
		"Vagrantfile",
		"WORKSPACE",
		".mise.toml",
		".devcontainer/devcontainer.json",
		"Rakefile",
		"Gemfile",
		"babel.config.js",
		"Tiltfile",
		"Brewfile",
		"deno.json",
		"deno.jsonc",
		".ruby-version",
		"json.py",
		".mcp.json",
		".claudefs.json",
		".claude/settings.json",
		".claude/settings.local.json",
		".claude/hooks/x",
		".claude/commands/x.md",
		".claude/agents/x.md",
		".claude/skills/x/SKILL.md",
		".idea/workspace.xml",
		".bazelrc",
		"bunfig.toml",
		"deep/er/still/Makefile",
		"node_modules/x/package.json",
		".ENVRC",
		"sub/Package.JSON",
		"package-lock.json",
		".gitlab-ci.yml",
		"Jenkinsfile",
		".circleci/config.yml",
		".venv/bin/python",
		"node_modules/.bin/tsc",
		"x/evil.pth",
		"conftest.py",
		"a.desktop",
		"b.command",
		"c.lnk",
		"Dockerfile",
		"gradle/wrapper/gradle-wrapper.jar",
	};
	static const char *const harmless[] = {
		"src/main.c", "README.md",    "bin/data.txt",
		"vscode/x",   "Makefile.bak", "a/b/workflows/x.yml"
	};
	cleanup_audit struct audit audit = { 0 };

	(void)state;
	put(".gitignore", "*\n", 0644);
	take(WORKSPACE_START);
	for (size_t i = 0; i < sizeof(planted) / sizeof(planted[0]); i++)
		put(planted[i], "x", 0644);
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		put(harmless[i], "x", 0644);
	put("bin/tool", "#!/bin/sh\n", 0755);
	compare(&audit);
	for (size_t i = 0; i < sizeof(planted) / sizeof(planted[0]); i++)
		assert_change(&audit, planted[i], WORKSPACE_CREATED);
	assert_change(&audit, "bin/tool", WORKSPACE_CREATED);
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
		if (find(&audit, harmless[i]))
			fail_msg("%s is told", harmless[i]);
	}
	assert_int_equal(audit.changes.count, sizeof(planted) / sizeof(planted[0]) + 1);
}

static void make_repository(const char *path)
{
	char name[256];

	(void)snprintf(name, sizeof(name), "%s/HEAD", path);
	put(name, "ref: refs/heads/main\n", 0644);
	(void)snprintf(name, sizeof(name), "%s/objects", path);
	assert_int_equal(mkdirat(project.fd, name, 0755), 0);
	(void)snprintf(name, sizeof(name), "%s/refs", path);
	assert_int_equal(mkdirat(project.fd, name, 0755), 0);
}

static void git_directories_are_found_wherever_they_are(void **state)
{
	static const char *const told[] = {
		".git/config",
		".git/config.worktree",
		".git/hooks/pre-commit",
		".git/info/attributes",
		".git/info/exclude",
		".git/objects/info/alternates",
		".git/modules/sub/config",
		".git/modules/sub/hooks/post-checkout",
		".git/worktrees/w/commondir",
		".git/worktrees/w/gitdir",
		".git/worktrees/w/config.worktree",
		".git/rebase-merge/git-rebase-todo",
		"hidden/bare/config",
		"hidden/bare/hooks/x",
		"nested/.git/hooks/x",
		"linked/.git",
	};
	cleanup_audit struct audit audit = { 0 };

	(void)state;
	make_repository(".git");
	take(WORKSPACE_START);
	make_repository(".git/modules/sub");
	put(".git/worktrees/w/HEAD", "x", 0644);
	make_repository("hidden/bare");
	make_repository("nested/.git");
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		put(told[i], "x", 0644);
	put(".git/refs/heads/hooks/x", "x", 0644);
	put(".git/objects/ab/cdef", "x", 0444);
	compare(&audit);
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		assert_change(&audit, told[i], WORKSPACE_CREATED);
	assert_change(&audit, "hidden/bare", WORKSPACE_CREATED);
	assert_change(&audit, "nested/.git", WORKSPACE_CREATED);
	assert_change(&audit, ".git/modules/sub", WORKSPACE_CREATED);
	assert_null(find(&audit, ".git/refs/heads/hooks/x"));
	assert_null(find(&audit, ".git/objects/ab/cdef"));
	assert_null(find(&audit, ".git"));
}

/* What makes the project itself look like a repository must not hide the rest of it. */
static void a_project_that_poses_as_a_repository_is_still_looked_at(void **state)
{
	cleanup_audit struct audit audit = { 0 };

	(void)state;
	take(WORKSPACE_START);
	make_repository(".");
	put("Makefile", "x", 0644);
	put("objects/.envrc", "x", 0644);
	put("refs/package.json", "x", 0644);
	compare(&audit);
	assert_change(&audit, ".", WORKSPACE_CREATED);
	assert_change(&audit, "Makefile", WORKSPACE_CREATED);
	assert_change(&audit, "objects/.envrc", WORKSPACE_CREATED);
	assert_change(&audit, "refs/package.json", WORKSPACE_CREATED);
}

static void links_that_lead_out_are_told(void **state)
{
	static const struct {
		const char *target, *path;
		bool is_told;
	} links[] = {
		{ "/etc/passwd", "a", true },
		{ "../x", "b", true },
		{ "d/../../x", "c", true },
		{ "../c", "dir/d", false },
		{ "../../x", "dir/e", true },
		{ "./f/../g", "f", false },
		{ "dir/../../dir", "g", true },
		{ "/etc", ".claude", true },
		{ "x", ".vscode", true },
		{ "x", "Makefile", true },
		{ "..", "h", true },
		{ "..", "dir/h", false },
		{ "elsewhere", ".git", true },
	};
	cleanup_audit struct audit audit = { 0 };

	(void)state;
	assert_int_equal(mkdirat(project.fd, "dir", 0755), 0);
	take(WORKSPACE_START);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		assert_int_equal(symlinkat(links[i].target, project.fd, links[i].path), 0);
	compare(&audit);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		if (links[i].is_told != (find(&audit, links[i].path) != NULL))
			fail_msg("%s -> %s", links[i].path, links[i].target);
	}
}

static void a_forged_time_does_not_hide_a_change(void **state)
{
	static const struct timespec old[2] = { { 1000000000, 0 }, { 1000000000, 0 } };
	cleanup_audit struct audit audit = { 0 };

	(void)state;
	put("Makefile", "all: one\n", 0644);
	put("justfile", "all: one\n", 0644);
	put("setup.py", "1", 0644);
	put("Rakefile", "1", 0644);
	assert_int_equal(utimensat(project.fd, "Makefile", old, 0), 0);
	assert_int_equal(utimensat(project.fd, "justfile", old, 0), 0);
	take(WORKSPACE_START);
	put("Makefile", "all: two\n", 0644);
	put("justfile", "all: two\n", 0644);
	put("justfile", "all: one\n", 0644);
	assert_int_equal(fchmodat(project.fd, "setup.py", 0755, 0), 0);
	assert_int_equal(unlinkat(project.fd, "Rakefile", 0), 0);
	assert_int_equal(utimensat(project.fd, "Makefile", old, 0), 0);
	assert_int_equal(utimensat(project.fd, "justfile", old, 0), 0);
	compare(&audit);
	assert_change(&audit, "Makefile", WORKSPACE_MODIFIED);
	assert_change(&audit, "justfile", WORKSPACE_REWRITTEN);
	assert_change(&audit, "setup.py", WORKSPACE_MODIFIED);
	assert_change(&audit, "Rakefile", WORKSPACE_DELETED);
}

static void nothing_changed_is_nothing_told(void **state)
{
	cleanup_audit struct audit audit = { 0 };

	(void)state;
	make_repository(".git");
	put(".git/config", "[a]\nb=1\n", 0644);
	put("\xff/Makefile", "x", 0644);
	assert_int_equal(symlinkat("/\xfe", project.fd, "odd"), 0);
	take(WORKSPACE_START);
	compare(&audit);
	assert_int_equal(audit.changes.count, 0);
	assert_non_null(workspace_scan_find(&audit.before.scan, "\xff/Makefile"));
	assert_string_equal(workspace_scan_find(&audit.before.scan, "odd")->target, "/\xfe");
}

static void what_was_not_looked_at_is_said(void **state)
{
	cleanup_audit struct audit audit = { 0 };
	int fd = dup(project.fd);

	(void)state;
	take(WORKSPACE_START);
	for (unsigned int i = 0; i < WORKSPACE_DEPTH_MAX + 4; i++) {
		int next;

		assert_int_equal(mkdirat(fd, "d", 0755), 0);
		next = openat(fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		(void)close(fd);
		fd = next;
		assert_true(fd >= 0);
	}
	(void)close(fd);
	assert_int_equal(mkfifoat(project.fd, "Makefile", 0600), 0);
	compare(&audit);
	assert_int_equal(audit.before.scan.gaps.too_deep, 0);
	assert_int_equal(audit.after.scan.gaps.too_deep, 1);
	assert_change(&audit, "Makefile", WORKSPACE_CREATED);
	assert_int_equal(find(&audit, "Makefile")->after->type, WORKSPACE_OTHER);
}

static void assert_content(const char *path, const char *content)
{
	char got[256] = "";
	cleanup_fd int fd = openat(project.fd, path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_true(read(fd, got, sizeof(got) - 1) >= 0);
	assert_string_equal(got, content);
}

static void what_git_reads_can_be_put_back(void **state)
{
	cleanup_audit struct audit audit = { 0 };
	struct stat before, after;

	(void)state;
	make_repository(".git");
	put(".git/config", "[a]\nb=1\n", 0640);
	put(".git/hooks/old", "old\n", 0755);
	put("Makefile", "x", 0644);
	assert_int_equal(fstatat(project.fd, ".git/config", &before, 0), 0);
	take(WORKSPACE_START);
	put(".git/config", "[a]\nb=2\n", 0644);
	assert_int_equal(unlinkat(project.fd, ".git/hooks/old", 0), 0);
	assert_int_equal(unlinkat(project.fd, ".git/hooks", AT_REMOVEDIR), 0);
	put(".git/info/attributes", "* filter=x\n", 0644);
	put("Makefile", "y", 0644);
	compare(&audit);
	assert_int_equal(workspace_restore(project.fd, session.fd, find(&audit, ".git/config")), 0);
	assert_content(".git/config", "[a]\nb=1\n");
	assert_int_equal(fstatat(project.fd, ".git/config", &after, 0), 0);
	assert_int_equal(after.st_mode, before.st_mode);
	assert_int_equal(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
	assert_int_equal(workspace_restore(project.fd, session.fd, find(&audit, ".git/hooks/old")),
			 0);
	assert_content(".git/hooks/old", "old\n");
	assert_int_equal(
		workspace_restore(project.fd, session.fd, find(&audit, ".git/info/attributes")), 0);
	assert_int_equal(faccessat(project.fd, ".git/info/attributes", F_OK, 0), -1);
	/* Kept before it went. */
	{
		const struct workspace_change *change = find(&audit, ".git/info/attributes");
		cleanup_free char *data = NULL;
		size_t len = 0;

		assert_int_equal(workspace_content_read(session.fd, change->after, &data, &len), 0);
		assert_string_equal(data, "* filter=x\n");
	}
	/* No content was kept of what is not git's. */
	assert_int_equal(workspace_restore(project.fd, session.fd, find(&audit, "Makefile")),
			 -EOPNOTSUPP);
	assert_content("Makefile", "y");
}

static void what_changed_since_is_not_put_back(void **state)
{
	cleanup_audit struct audit audit = { 0 };

	(void)state;
	make_repository(".git");
	put(".git/config", "one", 0644);
	put(".git/hooks/gone", "x", 0755);
	take(WORKSPACE_START);
	put(".git/config", "two", 0644);
	put(".git/hooks/new", "x", 0755);
	assert_int_equal(unlinkat(project.fd, ".git/hooks/gone", 0), 0);
	compare(&audit);
	put(".git/config", "six", 0644);
	put(".git/hooks/gone", "mine", 0755);
	assert_int_equal(unlinkat(project.fd, ".git/hooks/new", 0), 0);
	assert_int_equal(symlinkat("/etc/passwd", project.fd, ".git/hooks/new"), 0);
	assert_int_equal(workspace_restore(project.fd, session.fd, find(&audit, ".git/config")),
			 -ESTALE);
	assert_int_equal(workspace_restore(project.fd, session.fd, find(&audit, ".git/hooks/gone")),
			 -ESTALE);
	assert_int_equal(workspace_restore(project.fd, session.fd, find(&audit, ".git/hooks/new")),
			 -ESTALE);
	assert_content(".git/config", "six");
	assert_content(".git/hooks/gone", "mine");
}

static void a_link_on_the_way_is_not_followed(void **state)
{
	cleanup_audit struct audit audit = { 0 };

	(void)state;
	make_repository(".git");
	put(".git/hooks/x", "one", 0755);
	put("other/x", "one", 0755);
	take(WORKSPACE_START);
	assert_int_equal(unlinkat(project.fd, ".git/hooks/x", 0), 0);
	compare(&audit);
	assert_int_equal(unlinkat(project.fd, ".git/hooks", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(project.fd, "other/x", 0), 0);
	assert_int_equal(symlinkat("../other", project.fd, ".git/hooks"), 0);
	assert_true(workspace_restore(project.fd, session.fd, find(&audit, ".git/hooks/x")) < 0);
	assert_int_equal(faccessat(project.fd, "other/x", F_OK, 0), -1);
}

static void damaged_keepsakes_are_refused(void **state)
{
	cleanup_audit struct audit audit = { 0 };
	char hex[OBJECT_ID_HEX_SIZE], path[128];
	int fd;

	(void)state;
	make_repository(".git");
	put(".git/config", "one", 0644);
	take(WORKSPACE_START);
	put(".git/config", "two", 0644);
	compare(&audit);
	object_id_to_hex(find(&audit, ".git/config")->before->id, hex);
	(void)snprintf(path, sizeof(path), "workspace/%s", hex);
	fd = openat(session.fd, path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_true(fd >= 0 && write(fd, "evil", 4) == 4);
	(void)close(fd);
	assert_int_equal(workspace_restore(project.fd, session.fd, find(&audit, ".git/config")),
			 -EBADMSG);
	assert_content(".git/config", "two");
}

static void write_snapshot(const char *text)
{
	int fd;

	assert_true(mkdirat(session.fd, "workspace", 0700) == 0 || errno == EEXIST);
	fd = openat(session.fd, "workspace/start.json", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		    0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fd);
}

#define ENTRY(path)                                        \
	"{\"type\":\"file\",\"path\":\"" path "\",\"id\":" \
	"\"0000000000000000000000000000000000000000\"}"

static void a_hostile_snapshot_is_refused(void **state)
{
	static const struct {
		const char *text;
		int error;
	} bad[] = {
		{ "", -EBADMSG },
		{ "{\"version\":2,\"entries\":[]}", -EPROTONOSUPPORT },
		{ "{\"version\":0,\"entries\":[]}", -EBADMSG },
		{ "{\"version\":1,\"entries\":{}}", -EBADMSG },
		{ "{\"version\":1,\"entries\":[{}]}", -EBADMSG },
		{ "{\"version\":1,\"entries\":[{\"type\":\"file\",\"path\":\"a\",\"id\":\"12\"}]}",
		  -EBADMSG },
		{ "{\"version\":1,\"entries\":[" ENTRY("b") "," ENTRY("a") "]}", -EBADMSG },
		{ "{\"version\":1,\"entries\":[" ENTRY("a") "," ENTRY("a") "]}", -EBADMSG },
		{ "{\"version\":1,\"entries\":[" ENTRY("a") "," ENTRY("b") "]}", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cleanup_workspace_snapshot struct workspace_snapshot snapshot = { 0 };

		write_snapshot(bad[i].text);
		assert_int_equal(workspace_snapshot_read(session.fd, WORKSPACE_START, &snapshot),
				 bad[i].error);
	}
}

static void a_session_without_a_look_says_so(void **state)
{
	cleanup_workspace_snapshot struct workspace_snapshot snapshot = { 0 };

	(void)state;
	assert_int_equal(workspace_snapshot_read(session.fd, WORKSPACE_START, &snapshot), -ENOENT);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		CASE(what_is_planted_is_told),
		CASE(git_directories_are_found_wherever_they_are),
		CASE(a_project_that_poses_as_a_repository_is_still_looked_at),
		CASE(links_that_lead_out_are_told),
		CASE(a_forged_time_does_not_hide_a_change),
		CASE(nothing_changed_is_nothing_told),
		CASE(what_was_not_looked_at_is_said),
		CASE(what_git_reads_can_be_put_back),
		CASE(what_changed_since_is_not_put_back),
		CASE(a_link_on_the_way_is_not_followed),
		CASE(damaged_keepsakes_are_refused),
		CASE(a_hostile_snapshot_is_refused),
		CASE(a_session_without_a_look_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

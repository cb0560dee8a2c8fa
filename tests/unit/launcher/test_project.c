/* SPDX-License-Identifier: MIT */
/* Which directories may not be handed to an agent. */
#include "tests/unit/cmocka_setup.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/message.h"
#include "launcher/project.h"
#include "tests/unit/temp_dir.h"

static char home[] = "/home/u";
static char claude[] = "/home/u/.claude";
static char state_dir[] = "/home/u/.local/state/claudefs";
static char config[] = "/home/u/.config/claudefs";
static char data[] = "/home/u/.local/share/claudefs";
static const struct host_places places = { .home = home,
					   .claude_dir = claude,
					   .state_dir = state_dir,
					   .config_dir = config,
					   .data_dir = data };

static void refused_directories(void **state)
{
	static const char *const refused[] = {
		"/",
		"/home",
		"/home/u",
		"/home/u/.claude",
		"/home/u/.claude/projects",
		"/usr",
		"/usr/src/x",
		"/etc",
		"/etc/x",
		"/proc",
		"/proc/1",
		"/dev/shm/x",
		"/tmp",
		"/var",
		"/home/u/.config",
		"/home/u/.config/claudefs",
		"/home/u/.config/claudefs/rules.d",
		"/home/u/.local",
		"/home/u/.local/state",
		"/home/u/.local/state/claudefs/sessions",
		"/home/u/.local/share/claudefs/claude",
		"/home/u/.ssh",
		"/home/u/.ssh/x",
		"/home/u/.gnupg",
		"/workspace",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (!project_refusal(refused[i], &places))
			fail_msg("%s was accepted", refused[i]);
	}
}

static void accepted_directories(void **state)
{
	static const char *const accepted[] = {
		"/home/u/proj", "/home/u/.claude-notes", "/home/v", "/tmp/x",       "/srv/x",
		"/usrx",        "/home/u/a/.claude",     "/opt/x",  "/workspaces/x"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
		const char *reason = project_refusal(accepted[i], &places);

		if (reason)
			fail_msg("%s: %s", accepted[i], reason);
	}
}

static void symlink_to_a_refused_directory_is_refused(void **state)
{
	char fake_claude[160], name[160];
	struct project project = { 0 };
	struct host_places real = places;
	struct temp_dir dir;

	(void)state;
	assert_int_equal(temp_dir_make(&dir), 0);
	(void)snprintf(fake_claude, sizeof(fake_claude), "%s/.claude", dir.path);
	(void)snprintf(name, sizeof(name), "%s/innocent", dir.path);
	assert_int_equal(mkdir(fake_claude, 0700), 0);
	assert_int_equal(symlink(".claude", name), 0);
	real.home = dir.path;
	real.claude_dir = fake_claude;
	assert_int_equal(project_find(name, &real, &project), EXIT_RUN_FAILED);
	project_done(&project);
	/* The same with the protected name itself a symlink: dotfiles keep theirs elsewhere. */
	assert_int_equal(unlink(name), 0);
	assert_int_equal(rename(fake_claude, name), 0);
	assert_int_equal(symlink("innocent", fake_claude), 0);
	assert_int_equal(project_find(name, &real, &project), EXIT_RUN_FAILED);
	project_done(&project);
	temp_dir_remove(&dir);
}

static void project_is_canonical_and_identified(void **state)
{
	char wanted[160], given[160];
	struct project project = { 0 };
	struct temp_dir dir;
	struct stat info;

	(void)state;
	assert_int_equal(temp_dir_make(&dir), 0);
	(void)snprintf(wanted, sizeof(wanted), "%s/a b", dir.path);
	(void)snprintf(given, sizeof(given), "%s/./a b/../l", dir.path);
	assert_int_equal(mkdir(wanted, 0700), 0);
	assert_int_equal(symlinkat("a b", dir.fd, "l"), 0);
	assert_int_equal(project_find(given, &places, &project), 0);
	assert_string_equal(project.path, wanted);
	assert_int_equal(stat(wanted, &info), 0);
	assert_int_equal(project.ino, info.st_ino);
	project_done(&project);
	assert_int_equal(project_find("/nonexistent", &places, &project), EXIT_RUN_FAILED);
	project_done(&project);
	temp_dir_remove(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused_directories),
		cmocka_unit_test(accepted_directories),
		cmocka_unit_test(symlink_to_a_refused_directory_is_refused),
		cmocka_unit_test(project_is_canonical_and_identified),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

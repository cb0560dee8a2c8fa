/* SPDX-License-Identifier: MIT */
/* git in the sandbox: git-guard where git is looked for, the real one behind it, and a
 * configuration in the place of the person's and the machine's. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/base/text.h"
#include "fs/git/sandbox_config.h"
#include "fs/session/network_files.h"
#include "launcher/find_program.h"
#include "launcher/plan.h"

#define CONFIG "/etc/gitconfig" /* GIT_CONFIG_SYSTEM of environment.c */

/* Where a host may have git, first what counts; and what git's own scripts run. Where the latter is
 * a link to the former, the former stays as it is: git would meet the guard at its own work. */
static const struct {
	const char *git;
	const char *core;
} host_gits[] = {
	{ "/usr/local/bin/git", "/usr/local/libexec/git-core/git" },
	{ "/usr/bin/git", "/usr/lib/git-core/git" },
	{ "/usr/bin/git", "/usr/libexec/git-core/git" },
};

static bool is_file(const char *path)
{
	struct stat info;

	return lstat(path, &info) == 0 && S_ISREG(info.st_mode);
}

/* The host's own, all of which /usr shows. A shell that sets PATH anew finds it by its usual name,
 * so the guard lies there too. False: there is none. */
static bool add_host_git(struct plan *plan, const char *guard)
{
	const char *covered = NULL;
	const char *real = NULL;

	for (size_t i = 0; i < sizeof(host_gits) / sizeof(host_gits[0]); i++) {
		const char *git = host_gits[i].git;

		if (!is_file(git))
			continue;
		if (!real)
			(void)plan_add(plan, PLAN_BIND, git, PLAN_GIT, PLAN_EXEC);
		real = real ? real : git;
		if (!(covered && strcmp(covered, git) == 0) && is_file(host_gits[i].core)) {
			(void)plan_add(plan, PLAN_BIND, guard, git, PLAN_EXEC);
			covered = git;
		}
	}
	return real != NULL;
}

static void add_file(struct plan *plan, const char *content, const char *path, const char *why)
{
	struct plan_entry *entry = plan_add(plan, PLAN_FILE, content, path, 0);

	entry->mode = 0644;
	entry->why = why;
}

static const char *absolute(const char *path)
{
	return path && path[0] == '/' ? path : NULL;
}

static int add_configuration(struct plan *plan, const struct host_places *places)
{
	const struct sandbox_config_places config_places = {
		.home = places->home,
		.xdg = absolute(getenv("XDG_CONFIG_HOME")),
		.global = absolute(getenv("GIT_CONFIG_GLOBAL")),
		.project = plan->project,
	};
	cleanup_sandbox_config struct sandbox_config config = { 0 };
	cleanup_text struct text text = { 0 };
	int r = sandbox_config_make(&config_places, &config);

	if (r < 0) {
		message_error("git configuration: %s", strerror(-r));
		return EXIT_RUN_FAILED;
	}
	if (config.unread)
		message_info(
			"%s: git could not read it, or a link in the project leads to it; nothing "
			"of it is in the sandbox",
			config.unread);
	text_append(&text, config.text);
	/* Where a push goes: to claudefs-push. */
	if (plan_has_push(plan))
		push_remotes_append_config(&plan->push_remotes, NETWORK_PUSH_PORT, &text);
	if (text.is_failed)
		return EXIT_RUN_FAILED;
	add_file(plan, text.data, CONFIG, "your git configuration, without what runs programs");
	if (config.ignore)
		add_file(plan, config.ignore, SANDBOX_CONFIG_IGNORE,
			 "what you never want git to add");
	return 0;
}

int plan_add_git(struct plan *plan, const struct host_places *places)
{
	cleanup_free char *guard = find_sibling("git-guard");

	if (!guard)
		return EXIT_RUN_FAILED;
	/* An image has its git where the guard looks for it (image/Dockerfile). */
	if (plan->is_container || add_host_git(plan, guard))
		plan_add(plan, PLAN_BIND, guard, PLAN_GUARD, PLAN_EXEC)->why =
			"says what git cannot do in here, before it fails; no boundary";
	return add_configuration(plan, places);
}

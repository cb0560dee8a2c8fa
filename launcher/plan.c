/* SPDX-License-Identifier: MIT */
#include "launcher/plan.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/base/path_name.h"
#include "launcher/environment.h"
#include "launcher/find_program.h"

extern char **environ;

/* Claude Code reads instructions from below /home/claude on its own account, so no home is ever
 * called that; and one inside a system directory could not be made. */
static const char *const unusable_homes[] = { "/bin",  "/dev",  "/etc", "/home/claude", "/lib",
					      "/proc", "/sbin", "/sys", "/tmp/claude",  "/usr" };
#define OTHER_HOME "/home/user"

void plan_done(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		free(plan->entries[i].target);
		free(plan->entries[i].source);
	}
	free(plan->entries);
	free(plan->image);
	free(plan->seccomp);
	free(plan->home);
	free(plan->view);
	free(plan->project);
	string_list_done(&plan->env);
	string_list_done(&plan->argv);
	push_remotes_done(&plan->push_remotes);
	*plan = (struct plan){ 0 };
}

ANALYZER_LOSES_OWNERS
struct plan_entry *plan_add(struct plan *plan, enum plan_kind kind, const char *source,
			    const char *target, unsigned int flags)
{
	static struct plan_entry scratch;
	struct plan_entry entry = { .kind = kind, .flags = flags };
	struct plan_entry *entries = (struct plan_entry *)realloc(
		plan->entries, (plan->count + 1) * sizeof(*plan->entries));

	if (entries)
		plan->entries = entries;
	entry.target = strdup(target);
	entry.source = source ? strdup(source) : NULL;
	if (!entries || !entry.target || (source && !entry.source)) {
		free(entry.target);
		free(entry.source);
		plan->is_failed = true;
		return &scratch;
	}
	entries[plan->count] = entry;
	return &entries[plan->count++];
}
ANALYZER_KNOWS_OWNERS

static const char *home_inside(const char *host_home)
{
	for (size_t i = 0; i < sizeof(unusable_homes) / sizeof(unusable_homes[0]); i++) {
		if (path_is_beneath(host_home + 1, unusable_homes[i] + 1))
			return OTHER_HOME;
	}
	return host_home;
}

static int add_programs(struct plan *plan, const struct options *options,
			const struct host_places *places)
{
	cleanup_free char *init = NULL;
	cleanup_free char *nodump = find_sibling("nodump.so");
	cleanup_free char *claude = NULL;
	struct plan_entry *preload;

	if (!nodump)
		return EXIT_RUN_FAILED;
	(void)plan_add(plan, PLAN_BIND, nodump, PLAN_NODUMP, PLAN_EXEC);
	preload = plan_add(plan, PLAN_FILE, PLAN_NODUMP "\n", "/etc/ld.so.preload", 0);
	preload->mode = 0644;
	preload->why = "every dynamic program closes its memory in /proc to its siblings";
	/* Read-only mounts of the files: not even through /proc/1/exe can they be changed. An image
	 * has its own claudefs-init, and Claude Code if a version was asked for. */
	if (!plan->is_container) {
		init = find_sibling("claudefs-init");
		if (!init)
			return EXIT_RUN_FAILED;
		(void)plan_add(plan, PLAN_BIND, init, PLAN_INIT, PLAN_EXEC);
	}
	if (plan->is_container && options->claude_version)
		return 0;
	/* The other commands run without claude too, so that a sandbox can be looked at anyway. */
	claude = find_claude(options->claude, places, options->command != COMMAND_CLAUDE);
	if (claude)
		(void)plan_add(plan, PLAN_BIND, claude, PLAN_CLAUDE, PLAN_EXEC);
	else if (options->command == COMMAND_CLAUDE || options->claude)
		return EXIT_RUN_NOT_FOUND;
	return 0;
}

static void add_command(struct plan *plan, const struct options *options)
{
	switch (options->command) {
	case COMMAND_CLAUDE: string_list_add(&plan->argv, PLAN_CLAUDE); break;
	case COMMAND_EXEC: break;
	case COMMAND_SHELL: string_list_add(&plan->argv, "/bin/bash"); break;
	}
	for (size_t i = 0; i < options->arguments.count; i++)
		string_list_add(&plan->argv, options->arguments.items[i]);
}

static const char *user_name(const struct plan *plan)
{
	const struct passwd *entry = getpwuid(plan->uid);

	return entry && entry->pw_name[0] && !strpbrk(entry->pw_name, ":\n") ? entry->pw_name
									     : "user";
}

static void add_accounts(struct plan *plan, const char *user)
{
	cleanup_free char *passwd = NULL;
	cleanup_free char *group = NULL;
	int r;

	r = asprintf(&passwd, "%s%s:x:%u:%u::%s:/bin/bash\nnobody:x:65534:65534::/:/bin/false\n",
		     plan->uid == 0 ? "" : "root:x:0:0::/:/bin/false\n", user, plan->uid, plan->gid,
		     plan->home);
	if (r >= 0)
		r = asprintf(&group, "%s%s:x:%u:\nnogroup:x:65534:\n",
			     plan->gid == 0 ? "" : "root:x:0:\n", user, plan->gid);
	if (r < 0) {
		plan->is_failed = true;
		return;
	}
	plan_add(plan, PLAN_FILE, passwd, "/etc/passwd", 0)->mode = 0644;
	plan_add(plan, PLAN_FILE, group, "/etc/group", 0)->mode = 0644;
}

bool plan_has_push(const struct plan *plan)
{
	return plan->push_remotes.count > 0 && plan->network != NETWORK_HOST;
}

void plan_want_sockets(const struct plan *plan, bool ret_wanted[NETWORK_SLOTS])
{
	bool has_gate = plan->network == NETWORK_GATEWAY;

	ret_wanted[NETWORK_SLOT_GATE] = has_gate;
	ret_wanted[NETWORK_SLOT_PUSH] = plan_has_push(plan);
	ret_wanted[NETWORK_SLOT_REDIRECT] = has_gate;
	ret_wanted[NETWORK_SLOT_NAMES] = has_gate;
	ret_wanted[NETWORK_SLOT_REFUSALS] = has_gate;
}

/* A project whose configuration git would not read has no remotes; the session can do without. */
static void read_remotes(struct plan *plan)
{
	int r = push_remotes_read(plan->project, &plan->push_remotes);

	if (r < 0) {
		push_remotes_done(&plan->push_remotes);
		message_warning("%s/.git/config: %s; git push is not possible in this session",
				plan->project, strerror(-r));
	}
}

int plan_make(const struct options *options, const struct host_places *places,
	      const struct project *project, const char *runtime, bool is_container,
	      struct plan *ret)
{
	struct plan_entry *bind;
	int r = 0;

	ret->runtime = runtime;
	ret->is_container = is_container;
	ret->network = options->network;
	ret->limits = options->limits;
	ret->uid = geteuid();
	ret->gid = getegid();
	ret->home = strdup(home_inside(places->home));
	ret->project = strdup(project->path);
	if (!ret->home || !ret->project || asprintf(&ret->view, "%s/.claude", ret->home) < 0) {
		ret->view = NULL;
		message_error("%s", strerror(ENOMEM));
		return EXIT_RUN_FAILED;
	}
	if (is_container)
		r = plan_add_container(ret, options, places);
	else
		plan_add_system(ret);
	if (r != 0)
		return r;
	read_remotes(ret);
	add_accounts(ret, user_name(ret));
	plan_add_home(ret);
	r = add_programs(ret, options, places);
	if (r == 0)
		r = plan_add_git(ret, places);
	if (r != 0)
		return r;
	bind = plan_add(ret, PLAN_BIND, project->path, project->path, PLAN_WRITABLE | PLAN_EXEC);
	bind->dev = project->dev;
	bind->ino = project->ino;
	(void)plan_add(ret, PLAN_LINK, project->path, "/workspace", 0);
	(void)plan_add(ret, PLAN_VIEW, NULL, ret->view, PLAN_WRITABLE | PLAN_EXEC);
	add_command(ret, options);
	r = environment_build(environ, ret->network == NETWORK_GATEWAY, &options->env, ret->home,
			      user_name(ret), ret->view, &ret->env);
	if (plan_has_push(ret))
		/* For git-guard, which gives advice. */
		string_list_add(&ret->env, "CLAUDEFS_GIT_PUSH=1");
	if (r < 0 || ret->is_failed || ret->argv.is_failed || ret->env.is_failed) {
		message_error("%s", strerror(ENOMEM));
		return EXIT_RUN_FAILED;
	}
	return 0;
}

/* A device is written to through a read-only mount. */
void plan_add_paths(const struct plan *plan, struct string_list *argv)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_entry *entry = &plan->entries[i];

		/* They lie beneath one of the others. */
		if ((entry->flags & PLAN_KEEPER) || entry->kind == PLAN_DIR ||
		    entry->kind == PLAN_FILE || entry->kind == PLAN_LINK)
			continue;
		if (entry->flags & (PLAN_WRITABLE | PLAN_DEVICES)) {
			string_list_add(argv, "--writable");
			string_list_add(argv, entry->target);
		}
		if (entry->flags & PLAN_EXEC) {
			string_list_add(argv, "--executable");
			string_list_add(argv, entry->target);
		}
	}
}

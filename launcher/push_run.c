/* SPDX-License-Identifier: MIT */
/* claudefs-push in the life of a session. */
#include <errno.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/base/path_name.h"
#include "fs/base/text.h"
#include "fs/git/push_known.h"
#include "fs/git/push_rules.h"
#include "fs/git/push_store.h"
#include "fs/session/session_dir.h"
#include "launcher/find_program.h"
#include "launcher/runtime.h"

/* A push that is under way ends by itself: who sends it is no part of the session any more. */
#define FINISH_MS 2000

/* Was a session in the project, or above it? One that cannot be read may have been. */
static bool had_session(int state_fd, const char *id, const char *project)
{
	cleanup_fd int session = session_open(state_fd, id);
	cleanup_manifest struct manifest manifest = { 0 };

	return session < 0 || manifest_read(session, id, &manifest) < 0 ||
	       path_is_beneath(project + 1, manifest.project + 1);
}

static bool had_sessions(int state, const char *project)
{
	char **ids = NULL;
	int count = session_list(state, &ids);
	bool had = count < 0;

	for (int i = 0; i < count && !had; i++)
		had = had_session(state, ids[i], project);
	session_list_free(ids, count);
	return had;
}

void run_note_remotes(const struct host_places *places, const struct plan *plan)
{
	/* It may be the first session of all. */
	cleanup_fd int state = session_state_open(true);
	int r = state < 0 ? state : 0;

	/* Sessions are looked for only where that counts. */
	if (r == 0)
		r = push_known_begin(places->state_dir, plan->project,
				     push_known_exists(places->state_dir, plan->project) ||
					     had_sessions(state, plan->project),
				     &plan->push_remotes);
	if (r < 0)
		message_warning("%s/push/known: %s; each git push of this session waits for you",
				places->state_dir, strerror(-r));
}

/* What --allow-git-push lets go, before the agent can make use of it. A mistake in the rules is
 * told by claudefs-push. */
static void say_remotes(const struct run *run)
{
	const struct push_remotes *remotes = &run->plan->push_remotes;
	cleanup_push_rules struct push_rules *rules = NULL;
	cleanup_free char *file = NULL;
	cleanup_text struct text branches = { 0 };

	if (push_rules_new(&rules, &file, NULL) < 0)
		return;
	push_rules_append_branches(rules, &branches);
	for (size_t i = 0; i < remotes->count; i++) {
		const struct push_remote *remote = &remotes->items[i];

		if (!push_rules_allow_remote(rules, remote->name))
			message_info("git push %s (%s): refused, \"remotes\" in "
				     "~/.config/claudefs/push.json does not have it",
				     remote->name, remote->target);
		else if (push_known_has(run->places->state_dir, run->plan->project, remote->target))
			message_info("git push %s (%s): at once, to branches %s", remote->name,
				     remote->target, branches.data ? branches.data : "");
		else
			message_info("git push %s (%s): held, since a session may have put that "
				     "address into .git/config; once you let a push go there, "
				     "--allow-git-push counts for it",
				     remote->name, remote->target);
	}
}

static int make_store(const struct run *run)
{
	cleanup_push_store struct push_store store = PUSH_STORE_NONE;
	int r = push_store_open(run->places->state_dir, run->manifest.id, true, &store);

	return r < 0 ? r : push_remotes_write(store.fd, &run->plan->push_remotes);
}

int run_start_push(struct run *run, int listen_fd)
{
	cleanup_free char *program = find_sibling("claudefs-push");
	cleanup_string_list struct string_list argv = { 0 };
	int r = make_store(run);

	if (!program)
		return EXIT_RUN_FAILED;
	string_list_add(&argv, program);
	string_list_add(&argv, "--session");
	string_list_add(&argv, run->manifest.id);
	string_list_add(&argv, "--project");
	string_list_add(&argv, run->plan->project);
	string_list_add(&argv, "--listen-fd");
	string_list_addf(&argv, "%d", listen_fd);
	if (run->options->is_push_allowed) {
		string_list_add(&argv, "--allow");
		say_remotes(run);
	}
	if (run->options->is_broad_token_refused)
		string_list_add(&argv, "--refuse-broad");
	if (r == 0)
		r = gate_launch(&argv, &listen_fd, 1, &run->push, &run->push_child.pid);
	if (r < 0) {
		message_error("%s: cannot start it: %s", program, strerror(-r));
		return EXIT_RUN_FAILED;
	}
	return run_await_program(run, &run->push, "claudefs-push");
}

void run_finish_push(struct run *run)
{
	cleanup_close_fd(&run->push.lifeline);
	run->push.lifeline = -1;
	supervisor_finish(&run->supervisor, &run->push_child, FINISH_MS);
}

/* SPDX-License-Identifier: MIT */
/* claudefs-push in the life of a session. */
#include <errno.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/git/push_store.h"
#include "launcher/find_program.h"
#include "launcher/runtime.h"

/* A push that is under way ends by itself: who sends it is no part of the session any more. */
#define FINISH_MS 2000

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
	if (run->options->is_push_allowed)
		string_list_add(&argv, "--allow");
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

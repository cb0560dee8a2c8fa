/* SPDX-License-Identifier: MIT */
/* `claudefs commit`: what the rules let out and the person approves goes to the host. All writing
 * is done by fs/commit; this asks, shows and counts. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/base/path_name.h"
#include "fs/base/terminal.h"
#include "fs/cli/approval.h"
#include "fs/cli/change_choice.h"
#include "fs/cli/commit_report.h"
#include "fs/cli/open_commit.h"
#include "fs/cli/open_review.h"
#include "fs/cli/path_argument.h"
#include "fs/cli/pushes.h"
#include "fs/cli/rebind.h"
#include "fs/commit/commit.h"

/* The paths of --only as state paths. */
struct only_paths {
	char *paths[ARGUMENT_LIST_MAX];
	size_t count;
};

static void only_paths_done(struct only_paths *only)
{
	for (size_t i = 0; i < only->count; i++)
		free(only->paths[i]);
	only->count = 0;
}
#define cleanup_only_paths __attribute__((cleanup(only_paths_done)))

static int read_only_paths(const struct cli *cli, const struct chosen_session *session,
			   struct only_paths *only)
{
	for (size_t i = 0; i < cli->only.count; i++) {
		int r;

		if (push_is_named(cli->only.items[i]))
			continue;
		r = path_argument(session, cli->only.items[i], &only->paths[only->count]);
		if (r != EXIT_OK)
			return r;
		only->count++;
	}
	return EXIT_OK;
}

/* To name what never leaves is a refusal, and not a commit of nothing. */
static int refuse_never(const struct review *review, const struct only_paths *only)
{
	for (size_t i = 0; i < only->count; i++) {
		const struct change *never = NULL;
		size_t others = 0;

		for (size_t c = 0; c < review_count(review); c++) {
			const struct change *change = review_get(review, c);

			if (!path_is_beneath(change->path, only->paths[i]))
				continue;
			if (change->group == REVIEW_NEVER_LEAVES)
				never = change;
			else
				others++;
		}
		if (never && others == 0) {
			message_error("commit: %s: never leaves the sandbox; 'claudefs why %s' "
				      "says by which rule",
				      only->paths[i], never->path);
			return EXIT_REFUSED;
		}
	}
	return EXIT_OK;
}

static bool may_keep_ours(const struct change *change)
{
	return change->group == REVIEW_CONFLICT && change->may_keep_ours;
}

static bool may_take_theirs(const struct change *change)
{
	return change->group == REVIEW_CONFLICT && change->may_take_theirs;
}

/* The changes that one of --theirs and --ours names. */
static int choose_side(const struct chosen_session *session, const struct open_review *open,
		       const struct argument_list *arguments, change_choice_fn *may_be_chosen,
		       struct change_choice *ret)
{
	return arguments->count == 0 ? EXIT_OK
				     : change_choice_make("commit", session, open, arguments->items,
							  arguments->count, may_be_chosen, ret);
}

static int make_plan(const struct cli *cli, const struct chosen_session *session,
		     const struct open_review *open, const struct only_paths *only,
		     struct approval *approval, struct commit_plan **ret)
{
	const struct review *review = open->review;
	cleanup_change_choice struct change_choice theirs = { 0 };
	cleanup_change_choice struct change_choice ours = { 0 };
	struct commit_choice choice = {
		.approve_all = cli->approves_all,
		.only = only->count > 0 ? (const char *const *)only->paths : NULL,
		.only_count = only->count,
		/* To name a path is to approve it, unless each change is asked about. */
		.only_approves = !cli->is_interactive,
		.is_approved = cli->is_interactive ? approval_ask : NULL,
		.arg = approval,
	};
	const char *missing = NULL;
	int r = refuse_never(review, only);

	if (r == EXIT_OK)
		r = choose_side(session, open, &cli->theirs, may_take_theirs, &theirs);
	if (r == EXIT_OK)
		r = choose_side(session, open, &cli->ours, may_keep_ours, &ours);
	if (r != EXIT_OK)
		return r;
	choice.theirs = theirs.changes;
	choice.theirs_count = theirs.count;
	choice.ours = ours.changes;
	choice.ours_count = ours.count;
	r = commit_plan_new(review, &choice, ret, &missing);
	if (r == -ENOENT) {
		message_error(
			"commit: %s: nothing is pending there; 'claudefs status' lists what is",
			missing ? missing : "--only");
		return EXIT_USAGE;
	}
	if (r < 0) {
		message_error("commit: %s", strerror(-r));
		return message_exit_code(r);
	}
	return EXIT_OK;
}

static int dry_run(const struct cli *cli, const struct chosen_session *session,
		   const struct only_paths *only)
{
	cleanup_open_review struct open_review open = { 0 };
	cleanup_commit_plan struct commit_plan *plan = NULL;
	struct approval approval = { 0 };
	int r = open_review(cli, session, &open);

	approval_init(&approval, cli, session, open.review);
	if (r == EXIT_OK)
		r = make_plan(cli, session, &open, only, &approval, &plan);
	return r == EXIT_OK ? commit_report_plan(cli, session, plan) : r;
}

static int apply(const struct cli *cli, const struct chosen_session *session,
		 const struct only_paths *only)
{
	cleanup_commit_report struct commit_report report = { .cli = cli };
	cleanup_open_review struct open_review open = { 0 };
	cleanup_commit_plan struct commit_plan *plan = NULL;
	cleanup_commit struct commit *commit = NULL;
	struct approval approval = { 0 };
	int r;

	/* First, so that what was cut short is part of what the review sees as committed. */
	r = open_commit(session, &report, &commit);
	if (r < 0)
		return open_commit_say("commit", session, r);
	r = open_review(cli, session, &open);
	if (r != EXIT_OK)
		return r;
	approval_init(&approval, cli, session, open.review);
	r = make_plan(cli, session, &open, only, &approval, &plan);
	if (r != EXIT_OK)
		return r;
	r = commit_apply(commit, plan, commit_report_event, &report, &report.result);
	if (r < 0)
		return open_commit_say("commit", session, r);
	r = rebind_rejected(session, open.rules, plan);
	if (r != EXIT_OK)
		return r;
	return commit_report_print(&report, session, plan);
}

int cmd_commit(const struct cli *cli)
{
	cleanup_chosen_session struct chosen_session session = CHOSEN_SESSION_NONE;
	cleanup_only_paths struct only_paths only = { 0 };
	int r = session_choose(cli, &session);

	if (r == EXIT_OK && session.manifest.is_discarded) {
		message_error("session %s: discarded, so nothing of it is committed", session.id);
		r = EXIT_REFUSED;
	}
	if (r == EXIT_OK && cli->theirs.count + cli->ours.count > 0 &&
	    (cli->only.count > 0 || cli->approves_all || cli->is_interactive)) {
		message_error("commit: --theirs and --ours only settle conflicts; leave out --all, "
			      "-i and --only");
		r = EXIT_USAGE;
	}
	if (r == EXIT_OK)
		r = read_only_paths(cli, &session, &only);
	if (r != EXIT_OK)
		return r;
	open_commit_calm();
	/* Where only pushes are named, nothing else is meant. */
	if (cli->only.count == 0 || only.count > 0)
		r = cli->is_dry_run ? dry_run(cli, &session, &only) : apply(cli, &session, &only);
	if ((r == EXIT_OK || r == EXIT_CONFLICT || r == EXIT_HELD) &&
	    cli->theirs.count + cli->ours.count == 0)
		r = message_worse_code(r, pushes_commit(cli, &session));
	return r;
}

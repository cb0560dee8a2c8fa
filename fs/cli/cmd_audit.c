/* SPDX-License-Identifier: MIT */
/* `claudefs audit`: what the session left in the project that the host would run next. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/base/text.h"
#include "fs/cli/audit_report.h"
#include "fs/cli/json_output.h"
#include "fs/cli/question.h"
#include "fs/cli/session_choice.h"
#include "fs/git/workspace_restore.h"

struct restoring {
	const struct cli *cli;
	const struct audit *audit;
	int project_fd;
	size_t restored, failed, matched;
};

static int say_no_snapshot(const struct chosen_session *session, int error)
{
	if (error == -ENOENT) {
		message_error("session %s: the project was not looked at before it began, so there "
			      "is nothing to compare with",
			      session->id);
		return EXIT_NO_SESSION;
	}
	if (error == -EPROTONOSUPPORT) {
		message_error("session %s: workspace: written by a newer claudefs; use that "
			      "version",
			      session->id);
		return EXIT_TOO_NEW;
	}
	message_error("session %s: workspace: %s", session->id,
		      error == -EBADMSG ? "damaged" : strerror(-error));
	return error == -EBADMSG ? EXIT_DAMAGED : message_exit_code(error);
}

/* The directory must be the one that the session had. */
static int open_project(const char *path, const struct workspace_snapshot *before, int *ret)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat info;

	if (fd < 0 || fstat(fd, &info) < 0) {
		message_error("%s: %s", path, strerror(errno));
		return EXIT_HOST_STATE;
	}
	if (info.st_ino != before->ino) {
		message_error("%s: is not the directory that the session had; it was moved or made "
			      "anew since",
			      path);
		return EXIT_HOST_STATE;
	}
	*ret = steal_fd(&fd);
	return EXIT_OK;
}

static bool is_wanted(const struct cli *cli, const char *path)
{
	for (size_t i = 0; i < cli->argument_count; i++) {
		if (strcmp(cli->arguments[i], path) == 0)
			return true;
	}
	return cli->argument_count == 0;
}

static void restore_one(struct restoring *restoring, const struct workspace_change *change)
{
	const char *path = change->entry->path;
	int r = workspace_restore(restoring->project_fd, restoring->audit->session_fd, change);

	if (r == 0) {
		cleanup_text struct text line = { 0 };

		text_append_safe(&line, path, strlen(path), false);
		printf("  %s  %s\n", change->before ? "restored" : "removed ",
		       line.data ? line.data : "");
		restoring->restored++;
		return;
	}
	restoring->failed++;
	if (r == -ESTALE)
		message_error("%s: changed since the session ended; look at it by hand", path);
	else if (r == -EOPNOTSUPP)
		message_error("%s: its earlier content was not kept; restore it by hand (git may "
			      "have it)",
			      path);
	else
		message_error("%s: %s", path,
			      r == -EBADMSG ? "what was kept of it is damaged" : strerror(-r));
}

/* 'y', 'n' or 'q'. */
static char ask(const struct restoring *restoring, const struct workspace_change *change)
{
	cleanup_text struct text question = { 0 };
	char answer;

	text_appendf(&question, "%s %s: %s? [y,n,q]", audit_change_word(change->type),
		     change->entry->path, change->before ? "put it back" : "remove it");
	if (!question.data)
		return 'q';
	audit_print_keys(restoring->cli, restoring->audit, change);
	do {
		answer = question_ask(question.data);
	} while (answer != 'y' && answer != 'n' && answer != 'q' && answer != 0);
	return answer == 0 ? 'q' : answer;
}

static void restore_all(struct restoring *restoring)
{
	const struct cli *cli = restoring->cli;
	const struct workspace_changes *changes = restoring->audit->changes;

	for (size_t i = 0; i < changes->count; i++) {
		const struct workspace_change *change = &changes->changes[i];
		bool is_named = cli->argument_count > 0;
		char answer = 'y';

		if (!is_wanted(cli, change->entry->path) || change->type == WORKSPACE_REWRITTEN)
			continue;
		restoring->matched++;
		/* Unnamed ones are offered only where it can be done. */
		if (!is_named && !workspace_may_restore(change))
			continue;
		/* Without a question only what git runs goes back: a new Makefile may be the work.
		 */
		if (!is_named && cli->assumes_yes && !change->entry->is_git)
			continue;
		if (!cli->assumes_yes)
			answer = ask(restoring, change);
		if (answer == 'q')
			return;
		if (answer == 'y')
			restore_one(restoring, change);
	}
}

static int restore(const struct cli *cli, const struct audit *audit)
{
	struct restoring restoring = { .cli = cli, .audit = audit, .project_fd = -1 };
	cleanup_fd int fd = -1;
	int r = open_project(audit->project, audit->before, &fd);

	if (r != EXIT_OK)
		return r;
	restoring.project_fd = fd;
	restore_all(&restoring);
	if (cli->argument_count > 0 && restoring.matched < cli->argument_count) {
		message_error("audit: some of the paths were not changed by this session; "
			      "'claudefs audit' lists those that were");
		return EXIT_USAGE;
	}
	printf("put back %zu\n", restoring.restored);
	return restoring.failed ? EXIT_CONFLICT : EXIT_OK;
}

/* Where the session was killed nobody looked at its end: the project as it is now stands for it. */
static int read_end(const struct chosen_session *session, const struct workspace_snapshot *before,
		    struct workspace_snapshot *ret, bool *ret_is_known)
{
	cleanup_fd int project_fd = -1;
	int r = workspace_snapshot_read(session->fd, WORKSPACE_END, ret);

	*ret_is_known = r == 0;
	if (r != -ENOENT)
		return r < 0 ? say_no_snapshot(session, r) : EXIT_OK;
	r = open_project(session->manifest.project, before, &project_fd);
	if (r != EXIT_OK)
		return r;
	/* Written, so that contents are kept and a later restore can compare. A running session's
	 * end is not there yet. */
	r = session->is_running ? workspace_snapshot_now(project_fd, ret)
				: workspace_snapshot_take(project_fd, session->fd, WORKSPACE_END);
	if (r == 0 && !session->is_running)
		r = workspace_snapshot_read(session->fd, WORKSPACE_END, ret);
	return r < 0 ? say_no_snapshot(session, r) : EXIT_OK;
}

int cmd_audit(const struct cli *cli)
{
	cleanup_chosen_session struct chosen_session session = CHOSEN_SESSION_NONE;
	cleanup_workspace_snapshot struct workspace_snapshot before = { 0 };
	cleanup_workspace_snapshot struct workspace_snapshot after = { 0 };
	cleanup_workspace_changes struct workspace_changes changes = { 0 };
	cleanup_git_keys struct git_keys *keys = NULL;
	cleanup_json json_t *json = NULL;
	struct audit audit = { .before = &before, .after = &after, .changes = &changes };
	int r = session_choose(cli, &session);

	if (r != EXIT_OK)
		return r;
	if (cli->argument_count > 0 && !cli->restores) {
		message_error("audit: PATH goes with --restore");
		return EXIT_USAGE;
	}
	r = workspace_snapshot_read(session.fd, WORKSPACE_START, &before);
	if (r < 0)
		return cli->is_brief && r == -ENOENT ? EXIT_OK : say_no_snapshot(&session, r);
	r = read_end(&session, &before, &after, &audit.is_end_known);
	if (r != EXIT_OK)
		return r;
	r = git_keys_new_builtin(&keys);
	if (r == 0)
		r = workspace_compare(&before.scan, &after.scan, &changes);
	if (r < 0)
		return say_no_snapshot(&session, r);
	audit.session_fd = session.fd;
	audit.session_id = session.id;
	audit.project = session.manifest.project;
	audit.keys = keys;
	if (cli->restores)
		return restore(cli, &audit);
	if (cli->is_json) {
		json = audit_to_json(&audit);
		r = json_output_print(json);
	} else {
		audit_print(cli, &audit);
	}
	if (r == EXIT_OK && cli->is_strict && audit_has_findings(&audit))
		return EXIT_CONFLICT;
	return r;
}

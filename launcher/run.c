/* SPDX-License-Identifier: MIT */
#include "launcher/run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/message.h"
#include "fs/base/text.h"
#include "fs/policy/rules_load.h"
#include "fs/session/session_dir.h"
#include "launcher/daemon.h"
#include "launcher/host_terminal.h"
#include "launcher/login_file.h"
#include "launcher/sandbox.h"
#include "launcher/summary.h"
#include "launcher/supervise.h"
#include "launcher/workspace_audit.h"

#define BUILD_MS 30000 /* for namespaces and mounts; a hanging network file system ends it */

struct run {
	const struct options *options;
	const struct host_places *places;
	const struct plan *plan;
	struct supervisor supervisor;
	struct sandbox sandbox;
	struct daemon_link link;
	struct manifest manifest;
	int session_fd; /* -1: no session yet */
};

static void close_all(struct run *run)
{
	cleanup_close_fd(&run->sandbox.channel);
	cleanup_close_fd(&run->sandbox.fuse);
	cleanup_close_fd(&run->sandbox.terminal);
	cleanup_close_fd(&run->session_fd);
	daemon_link_done(&run->link);
	manifest_done(&run->manifest);
	supervisor_close(&run->supervisor);
}

/* The rules are read before anything starts, so that a broken file is said at once. */
static int hash_rules(const struct options *options, struct hash *ret)
{
	cleanup_rules struct rules *rules = NULL;
	cleanup_free char *directory = rules_user_dir();
	struct rules_problem problem = { 0 };
	int r = rules_new_builtin(&rules);

	if (r == 0 && directory)
		r = rules_load_dir(rules, directory, &problem);
	if (r == 0 && options->rules)
		r = rules_load_file(rules, options->rules, &problem);
	if (r < 0) {
		if (problem.reason[0])
			message_error("%s:%u: %s", problem.file, problem.line, problem.reason);
		else
			message_error("rules: %s: %s",
				      options->rules ? options->rules : "user's directory",
				      strerror(-r));
		return EXIT_RUN_FAILED;
	}
	*ret = rules_hash(rules);
	return 0;
}

/* The command as typed, for people (ret_). */
static char *join_command(const struct plan *plan)
{
	cleanup_text struct text text = { 0 };

	for (size_t i = 0; i < plan->argv.count; i++) {
		const char *word = plan->argv.items[i];

		if (i == 0 && strcmp(word, PLAN_CLAUDE) == 0)
			word = "claude";
		text_appendf(&text, "%s%s", i ? " " : "", word);
		if (text.len > 1024)
			break;
	}
	return text_steal(&text);
}

static int make_session(struct run *run)
{
	struct manifest *manifest = &run->manifest;
	cleanup_fd int state_fd = -1;
	struct stat info;

	manifest->project = strdup(run->plan->project);
	manifest->host_root = strdup(run->places->claude_dir);
	manifest->host_config = strdup(run->places->claude_config);
	manifest->command = join_command(run->plan);
	manifest->uid = run->plan->uid;
	if (!manifest->project || !manifest->host_root || !manifest->host_config ||
	    !manifest->command) {
		message_error("%s", strerror(ENOMEM));
		return EXIT_RUN_FAILED;
	}
	if (stat(run->places->claude_dir, &info) == 0) {
		manifest->host_dev = info.st_dev;
		manifest->host_ino = info.st_ino;
	}
	state_fd = session_state_open(true);
	run->session_fd = state_fd < 0 ? state_fd : session_create(state_fd, manifest);
	if (run->session_fd < 0) {
		message_error("%s: cannot make a session there: %s", run->places->state_dir,
			      strerror(-run->session_fd));
		return EXIT_RUN_FAILED;
	}
	return 0;
}

/* 128 + signal where the person stopped us, else our own failure. */
static int failure_code(const struct run *run)
{
	return run->supervisor.stopped_by ? 128 + run->supervisor.stopped_by : EXIT_RUN_FAILED;
}

static int build_sandbox(struct run *run)
{
	bool has_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	int r = sandbox_start(run->plan, has_terminal, &run->sandbox);

	run->supervisor.setup.pid = run->sandbox.setup;
	if (r == 0)
		r = supervisor_await(&run->supervisor, run->sandbox.channel, BUILD_MS);
	if (r == 0)
		r = sandbox_built(&run->sandbox);
	if (r == -ETIMEDOUT)
		message_error("sandbox: not built within %d seconds", BUILD_MS / 1000);
	/* Otherwise the set-up process has said why. */
	return r < 0 ? failure_code(run) : 0;
}

/* The person's login for the daemon, or -1. A token in the environment makes a second one needless.
 */
static int open_login(const struct run *run)
{
	int fd = -1;

	if (run->options->credentials == CREDENTIALS_NONE || getenv("ANTHROPIC_API_KEY") ||
	    getenv("ANTHROPIC_AUTH_TOKEN") || getenv("CLAUDE_CODE_OAUTH_TOKEN"))
		return -1;
	switch (login_open(run->places->claude_dir, clock_now_ns(), &fd)) {
	case LOGIN_FOUND:
	case LOGIN_ABSENT: break;
	case LOGIN_EXPIRED:
		message_warning("%s/.credentials.json: the login has expired; run claude once on "
				"the host, which renews it, and start again",
				run->places->claude_dir);
		break;
	case LOGIN_UNUSABLE:
		message_warning("%s/.credentials.json: no login can be read from it; the session "
				"starts without one",
				run->places->claude_dir);
		break;
	}
	return fd;
}

static int start_view(struct run *run)
{
	cleanup_fd int login_fd = -1;
	int r;

	if (run->sandbox.fuse < 0)
		return 0;
	login_fd = open_login(run);
	r = daemon_start(run->manifest.id, run->sandbox.fuse, login_fd, run->options->rules,
			 &run->link, &run->supervisor.daemon.pid);
	cleanup_close_fd(&run->sandbox.fuse);
	run->sandbox.fuse = -1;
	if (r < 0)
		return EXIT_RUN_FAILED;
	r = supervisor_await(&run->supervisor, run->link.ready, DAEMON_START_MS);
	if (r == 0)
		r = daemon_is_ready(&run->link);
	if (r == 0)
		return 0;
	daemon_print_words(&run->link);
	if (r != -EINTR)
		message_error("claudefs-mount: %s",
			      r == -EPIPE ? "did not start" : "did not become ready in time");
	return failure_code(run);
}

static int run_agent(struct run *run)
{
	int terminal = run->sandbox.terminal;
	int r = terminal >= 0 ? host_terminal_enter(terminal) : 0;

	if (r < 0) {
		message_error("terminal: %s", strerror(-r));
		return EXIT_RUN_FAILED;
	}
	r = sandbox_release(&run->sandbox);
	if (r < 0) {
		host_terminal_restore();
		message_error("sandbox: its first process did not start");
		return EXIT_RUN_FAILED;
	}
	run->supervisor.first.pid = run->sandbox.first;
	supervisor_run(&run->supervisor, terminal);
	host_terminal_restore();
	return run->supervisor.first.code;
}

static void end_session(struct run *run, bool has_run, int code)
{
	struct manifest *manifest = &run->manifest;
	char ended[32];
	int r;

	if (run->session_fd < 0)
		return;
	if (!has_run)
		(void)snprintf(ended, sizeof(ended), "not started");
	else if (run->supervisor.has_lost_view)
		(void)snprintf(ended, sizeof(ended), "mount died");
	else if (code > 128)
		(void)snprintf(ended, sizeof(ended), "signal %d", code - 128);
	else
		(void)snprintf(ended, sizeof(ended), "exit %d", code);
	/* No agent ran in it: it would only hide the project's newest real session. */
	manifest->is_discarded = !has_run;
	free(manifest->ended);
	manifest->ended = strdup(ended);
	manifest->end_ns = clock_now_ns();
	r = manifest_write(run->session_fd, manifest);
	if (r < 0)
		message_warning("session %s: its end could not be noted: %s", manifest->id,
				strerror(-r));
}

/* Ends whatever still runs, in the order in which nothing is lost: the agent, then the daemon,
 * whose connection ends with the agent's mounts. */
static void end_children(struct run *run)
{
	struct supervisor *supervisor = &run->supervisor;

	cleanup_close_fd(&run->sandbox.channel);
	run->sandbox.channel = -1;
	supervisor_finish(supervisor, &supervisor->setup, 1000);
	supervisor_finish(supervisor, &supervisor->first, 0);
	cgroup_remove(&run->sandbox.cgroup);
	supervisor_finish(supervisor, &supervisor->daemon, DAEMON_FINISH_MS);
}

int run_session(const struct options *options, const struct host_places *places,
		const struct plan *plan)
{
	struct run run = { .options = options,
			   .places = places,
			   .plan = plan,
			   .sandbox = { .channel = -1, .terminal = -1, .fuse = -1 },
			   .link = { .ready = -1, .words = -1 },
			   .session_fd = -1 };
	bool has_run = false;
	int r = supervisor_open(&run.supervisor);
	int code;

	if (r < 0) {
		message_error("signals: %s", strerror(-r));
		return EXIT_RUN_FAILED;
	}
	code = hash_rules(options, &run.manifest.rules_hash);
	if (code == 0)
		code = build_sandbox(&run);
	if (code == 0)
		code = make_session(&run);
	if (code == 0 && !workspace_audit_start(plan->project, run.session_fd))
		code = EXIT_RUN_FAILED;
	if (code == 0)
		code = start_view(&run);
	if (code == 0) {
		code = run_agent(&run);
		has_run = run.supervisor.first.has_ended;
	}
	end_children(&run);
	if (has_run)
		workspace_audit_end(plan->project, run.session_fd);
	end_session(&run, has_run, code);
	if (has_run)
		daemon_print_words(&run.link);
	if (has_run && run.supervisor.has_lost_view) {
		message_error("the session's file system ended (%d), and the session with it; its "
			      "journal was kept: claudefs --session %s status",
			      run.supervisor.daemon.code, run.manifest.id);
		code = EXIT_RUN_FAILED;
	}
	if (has_run)
		summary_print(run.manifest.id, options);
	close_all(&run);
	return code;
}

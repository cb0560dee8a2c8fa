/* SPDX-License-Identifier: MIT */
#include "launcher/run.h"

#include <errno.h>
#include <fcntl.h>
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
#include "fs/network/sockets.h"
#include "fs/session/session_dir.h"
#include "launcher/daemon.h"
#include "launcher/isolation.h"
#include "launcher/rules_in_force.h"
#include "launcher/runtime.h"
#include "launcher/summary.h"
#include "launcher/workspace_audit.h"

static void close_all(struct run *run)
{
	cleanup_close_fd(&run->sandbox.channel);
	cleanup_close_fd(&run->sandbox.fuse);
	network_close_sockets(run->sandbox.network);
	gate_link_done(&run->gate);
	gate_link_done(&run->push);
	cleanup_close_fd(&run->sandbox.terminal);
	cleanup_close_fd(&run->session_fd);
	daemon_link_done(&run->link);
	containers_done(&run->containers);
	credentials_done(&run->credentials);
	credentials_keeper_done(&run->login_keeper);
	manifest_done(&run->manifest);
	supervisor_close(&run->supervisor);
}

/* The rules are read before anything starts, so that a broken file is said at once. */
static int hash_rules(const struct options *options, struct hash *ret)
{
	cleanup_rules struct rules *rules = NULL;
	int r = rules_in_force(options, &rules);

	if (r == 0)
		*ret = rules_hash(rules);
	return r;
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

int run_make_session(struct run *run)
{
	struct manifest *manifest = &run->manifest;
	cleanup_fd int state_fd = -1;
	struct stat info;

	if (run->options->is_isolated && isolation_make(run->plan->project, run->places) != 0)
		return EXIT_RUN_FAILED;
	manifest->project = strdup(run->plan->project);
	manifest->host_root = strdup(run->places->claude_dir);
	manifest->host_config = strdup(run->places->claude_config);
	manifest->command = join_command(run->plan);
	manifest->uid = run->plan->uid;
	if (run->options->never)
		manifest->never = strdup(run->options->never);
	if (run->options->narrowed_egress)
		manifest->egress = strdup(run->options->narrowed_egress);
	if (!manifest->project || !manifest->host_root || !manifest->host_config ||
	    !manifest->command || (run->options->never && !manifest->never) ||
	    (run->options->narrowed_egress && !manifest->egress)) {
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
		message_error("%s: cannot make a session there: %s; make room or make it yours "
			      "(chmod 700), or set XDG_STATE_HOME",
			      run->places->state_dir, strerror(-run->session_fd));
		return EXIT_RUN_FAILED;
	}
	return 0;
}

int run_look_at_workspace(struct run *run)
{
	return workspace_audit_start(run->plan->project, run->session_fd) ? 0 : EXIT_RUN_FAILED;
}

int run_failure_code(const struct run *run)
{
	return run->supervisor.stopped_by ? 128 + run->supervisor.stopped_by : EXIT_RUN_FAILED;
}

/* "agent exit 137 (out of memory)", at most 30 bytes. */
static void describe_end(const char *who, const struct container_end *end, char *ret, size_t size)
{
	if (!end->is_known)
		(void)snprintf(ret, size, "%s unknown", who);
	else if (end->is_removed)
		(void)snprintf(ret, size, "%s removed", who);
	else
		(void)snprintf(ret, size, "%s exit %d%s", who, end->code,
			       end->is_oom ? " (out of memory)" : "");
}

/* Containers: both ends, unless all is plain. */
static void describe_ends(const struct containers *containers, char *ret, size_t size)
{
	const struct container_end *agent = &containers->agent_end;
	const struct container_end *keeper = &containers->keeper_end;
	char first[32], second[32];

	describe_end("agent", agent, first, sizeof(first));
	describe_end("keeper", keeper, second, sizeof(second));
	if (agent->is_known && keeper->is_known && !agent->is_removed && !keeper->is_removed &&
	    keeper->code == 0 && !keeper->is_oom && !agent->is_oom && agent->code <= 128)
		(void)snprintf(ret, size, "exit %d", agent->code);
	else
		(void)snprintf(ret, size, "%.30s, %.31s", first, second);
}

static void end_session(struct run *run, bool has_run, int code)
{
	struct manifest *manifest = &run->manifest;
	char ended[MANIFEST_ENDED_MAX];
	int r;

	if (run->session_fd < 0)
		return;
	if (!has_run)
		(void)snprintf(ended, sizeof(ended), "not started");
	else if (run->runtime->is_container)
		describe_ends(&run->containers, ended, sizeof(ended));
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

int run_session(const struct options *options, const struct host_places *places,
		const struct plan *plan, const struct runtime *runtime)
{
	struct run run = { .options = options,
			   .places = places,
			   .plan = plan,
			   .runtime = runtime,
			   .sandbox = { .channel = -1,
					.terminal = -1,
					.fuse = -1,
					.network = NETWORK_NO_SOCKETS },
			   .gate = GATE_LINK_NONE,
			   .push = GATE_LINK_NONE,
			   .containers = CONTAINERS_NONE,
			   .link = { .ready = -1, .words = -1 },
			   .login_keeper = { .words = -1 },
			   .session_fd = -1 };
	bool has_run = false;
	int code;
	int r;

	/* Before its signals are blocked: Ctrl-C ends a renewal that hangs. */
	(void)signal(SIGPIPE, SIG_IGN);
	code = credentials_find(options, places, &run.credentials);
	if (code != 0)
		return code;
	r = supervisor_open(&run.supervisor);
	if (r < 0) {
		credentials_done(&run.credentials);
		message_error("signals: %s", strerror(-r));
		return EXIT_RUN_FAILED;
	}
	code = hash_rules(options, &run.manifest.rules_hash);
	if (code == 0) {
		run_note_remotes(places, plan);
		code = runtime->prepare(&run);
	}
	if (code == 0) {
		code = runtime->run_agent(&run);
		has_run = run.supervisor.first.has_ended;
	}
	runtime->finish(&run);
	if (has_run)
		workspace_audit_end(plan->project, run.session_fd);
	end_session(&run, has_run, code);
	if (has_run || runtime->is_container)
		daemon_print_words(&run.link);
	if (has_run && run.supervisor.has_lost_view) {
		message_error("the session's file system ended (%d), and the session with it; its "
			      "journal was kept: claudefs --session %s status",
			      run.supervisor.daemon.code, run.manifest.id);
		code = EXIT_RUN_FAILED;
	}
	if (has_run) {
		gate_print_words(&run.gate);
		gate_print_words(&run.push);
		summary_print(run.manifest.id, run.session_fd, options, places);
	}
	close_all(&run);
	return code;
}

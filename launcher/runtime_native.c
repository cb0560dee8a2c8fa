/* SPDX-License-Identifier: MIT */
/* The runtime without an engine: namespaces and mounts of our own (sandbox.h), the daemon beside.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/network/sockets.h"
#include "launcher/host_terminal.h"
#include "launcher/runtime.h"

#define BUILD_MS 30000 /* for namespaces and mounts; a hanging network file system ends it */

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
	return r < 0 ? run_failure_code(run) : 0;
}

/* The keeper's and the daemon's ends of their pipes; -1: none. */
struct login_pipes {
	int to_daemon[2];
	int from_daemon[2];
};

static void close_pipes(struct login_pipes *pipes)
{
	for (int i = 0; i < 2; i++) {
		cleanup_close_fd(&pipes->to_daemon[i]);
		cleanup_close_fd(&pipes->from_daemon[i]);
	}
}
#define cleanup_login_pipes __attribute__((cleanup(close_pipes)))

/* Only with the refresh token can what the session saves be a renewed login. */
static int start_keeper(struct run *run, struct login_pipes *pipes)
{
	int r = 0;

	if (!run->credentials.handed)
		return 0;
	if (pipe2(pipes->to_daemon, O_CLOEXEC) < 0 ||
	    (run->options->is_refresh && pipe2(pipes->from_daemon, O_CLOEXEC) < 0))
		r = -errno;
	if (r == 0)
		r = credentials_keeper_start(run->options, run->places, &run->credentials,
					     steal_fd(&pipes->to_daemon[1]),
					     steal_fd(&pipes->from_daemon[0]), &run->login_keeper);
	if (r < 0) {
		message_error("login: cannot be handed over: %s", strerror(-r));
		return EXIT_RUN_FAILED;
	}
	run->keeper_child.pid = run->login_keeper.pid;
	return 0;
}

static int start_view(struct run *run)
{
	cleanup_login_pipes struct login_pipes pipes = { { -1, -1 }, { -1, -1 } };
	int r;

	if (run->sandbox.fuse < 0)
		return 0;
	r = start_keeper(run, &pipes);
	if (r != 0)
		return r;
	r = daemon_start(run->manifest.id, run->sandbox.fuse, pipes.to_daemon[0],
			 pipes.from_daemon[1], run->options->rules, &run->link,
			 &run->supervisor.daemon.pid);
	/* The keeper ends when the daemon's ends are closed. */
	close_pipes(&pipes);
	pipes = (struct login_pipes){ { -1, -1 }, { -1, -1 } };
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
	return run_failure_code(run);
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

/* Ends whatever still runs, in the order in which nothing is lost: the agent, then the daemon,
 * whose connection ends with the agent's mounts. */
static void finish(struct run *run)
{
	struct supervisor *supervisor = &run->supervisor;

	cleanup_close_fd(&run->sandbox.channel);
	run->sandbox.channel = -1;
	supervisor_finish(supervisor, &supervisor->setup, 1000);
	supervisor_finish(supervisor, &supervisor->first, 0);
	run_finish_gate(run);
	run_finish_push(run);
	cgroup_remove(&run->sandbox.cgroup);
	supervisor_finish(supervisor, &supervisor->daemon, DAEMON_FINISH_MS);
	/* It has written back what the daemon still sent. */
	supervisor_finish(supervisor, &run->keeper_child, CREDENTIALS_KEEPER_FINISH_MS);
}

static int prepare(struct run *run)
{
	int code = build_sandbox(run);

	if (code == 0)
		code = run_make_session(run);
	if (code == 0)
		code = run_look_at_workspace(run);
	if (code == 0 && run->sandbox.network[NETWORK_SLOT_GATE] >= 0)
		code = run_start_gate(run, run->sandbox.network, run->sandbox.redirect_error);
	if (code == 0 && run->sandbox.network[NETWORK_SLOT_PUSH] >= 0)
		code = run_start_push(run, run->sandbox.network[NETWORK_SLOT_PUSH]);
	/* Theirs now: where one of them dies, connections to it are to fail, and not to hang. */
	network_close_sockets(run->sandbox.network);
	return code == 0 ? start_view(run) : code;
}

const struct runtime runtime_native = { "native", false, prepare, run_agent, finish };

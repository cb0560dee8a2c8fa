/* SPDX-License-Identifier: MIT */
/* The runtimes with an engine. Two containers of one image: the keeper, which has the privileges,
 * the host's state and the session, and mounts the view; and the agent's, which has nothing but the
 * project and that view.
 *
 *	claudefs-run ──┬── docker start (keeper)    stdin: private words, logins, and a lifeline
 *	               │                            stdout: "up", "ready"
 *	               └── docker start (agent)     the person's terminal
 *
 * What takes long, the engine's own work, goes on beside ours: while it starts the keeper, the
 * agent's container is made and the workspace is looked at; while it starts the agent's, gateway
 * and claudefs-push. The agent waits for its view, and the view for the private words, which are
 *sent when all the rest is there. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/message.h"
#include "fs/base/subprocess.h"
#include "fs/network/sockets.h"
#include "fs/session/login_files.h"
#include "launcher/handover.h"
#include "launcher/image.h"
#include "launcher/runtime.h"

#define UP_MS          60000     /* for the engine to start the keeper */
#define LOST_MS        10000     /* the engine's client may learn of the agent's end much later */
#define ENGINE_BACK_MS 20000     /* an engine that is being restarted */
#define LIFELINE_SIZE  (1 << 19) /* bytes: what is written before the keeper reads never blocks */

/* A client leaves its container when these are typed: no person, and no program, does. */
#define DETACH_KEYS "ctrl-@,ctrl-_,ctrl-@,ctrl-_,ctrl-@"

static int complain(const char *what, const struct engine *engine, int r,
		    struct engine_answer *answer)
{
	message_error("%s: %s: %s", engine->kind->name, what,
		      r < 0 ? strerror(-r) : engine_complaint(answer));
	return EXIT_RUN_FAILED;
}

static int make_names(struct run *run)
{
	struct container_names *names = &run->containers.names;
	const char *id = run->manifest.id;

	names->has_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	names->without_gvisor = run->options->without_gvisor;
	/* Only with the refresh token can what the session saves be a renewed login. */
	names->has_login_back = run->options->is_refresh && run->credentials.handed;
	names->session_id = strdup(id);
	names->owner = containers_owner();
	if (names->session_id && names->owner &&
	    asprintf(&names->session_dir, "%s/sessions/%s", run->places->state_dir, id) >= 0 &&
	    asprintf(&names->files_dir, "%s/container", names->session_dir) >= 0 &&
	    asprintf(&names->keeper, "claudefs-%s-keeper", id) >= 0 &&
	    asprintf(&names->agent, "claudefs-%s-agent", id) >= 0)
		return 0;
	message_error("%s", strerror(ENOMEM));
	return EXIT_RUN_FAILED;
}

static int create(const struct engine *engine, const struct string_list *words, const char *what)
{
	cleanup_engine_answer struct engine_answer answer = { 0 };
	int r = words->is_failed ? -ENOMEM
				 : engine_ask(engine, (const char *const *)words->items, &answer);

	return r < 0 || answer.code != 0 ? complain(what, engine, r, &answer) : 0;
}

static int create_keeper(struct run *run)
{
	struct containers *containers = &run->containers;
	cleanup_string_list struct string_list words = { 0 };
	int r;

	container_argv_keeper(containers->engine.kind, run->plan, &containers->names, &words);
	r = create(&containers->engine, &words, "the keeper's container cannot be made");
	containers->has_keeper = r == 0;
	return r;
}

/* It names the keeper's, which must be there. */
static int create_agent(struct run *run)
{
	struct containers *containers = &run->containers;
	cleanup_string_list struct string_list words = { 0 };
	int r;

	container_argv_agent(containers->engine.kind, run->plan, &containers->names, &words);
	r = create(&containers->engine, &words, "the agent's container cannot be made");
	containers->has_agent = r == 0;
	return r;
}

static void add_start(struct string_list *words, const char *name)
{
	string_list_add(words, "start");
	string_list_add(words, "--attach");
	string_list_add(words, "--interactive");
	string_list_add(words, "--detach-keys");
	string_list_add(words, DETACH_KEYS);
	string_list_add(words, name);
}

static int start_keeper(struct run *run)
{
	struct containers *containers = &run->containers;
	cleanup_string_list struct string_list words = { 0 };
	cleanup_fd int in_read = -1, out_write = -1;
	int in[2], out[2], r;

	run->link.words = memfd_create("claudefs-keeper", MFD_CLOEXEC);
	if (run->link.words < 0 || pipe2(in, O_CLOEXEC) < 0)
		return complain("cannot start it", &containers->engine, -errno, NULL);
	in_read = in[0];
	containers->lifeline = in[1];
	(void)fcntl(containers->lifeline, F_SETPIPE_SZ, LIFELINE_SIZE);
	if (pipe2(out, O_CLOEXEC) < 0)
		return complain("cannot start it", &containers->engine, -errno, NULL);
	run->link.ready = out[0];
	out_write = out[1];
	add_start(&words, containers->names.keeper);
	r = words.is_failed ? -ENOMEM
			    : engine_start(&containers->engine, &words, in_read, out_write,
					   run->link.words, &run->supervisor.daemon.pid);
	return r < 0 ? complain("cannot start it", &containers->engine, r, NULL) : 0;
}

/* What only the agent may know: the first words on the keeper's stdin (init/step_keeper.c), and its
 * sign to go on. */
static int send_words(struct run *run)
{
	int lifeline = run->containers.lifeline;
	char *data = NULL;
	size_t len = 0;
	uint32_t size;
	int r = container_private_environment(run->plan, &data, &len);

	size = htole32((uint32_t)len);
	if (r == 0 && len > LIFELINE_SIZE / 2)
		r = -E2BIG;
	if (r == 0)
		r = fd_write_all(lifeline, "CFE1", 4);
	if (r == 0)
		r = fd_write_all(lifeline, &size, sizeof(size));
	if (r == 0)
		r = fd_write_all(lifeline, data, len);
	if (data)
		explicit_bzero(data, len);
	free(data);
	return r;
}

/* The login, and each that takes its place: frames behind the words, which claudefs-mount reads.
 * saved_fd (taken; -1: none): what the session saves of it. */
static int send_login(struct run *run, int saved_fd)
{
	cleanup_fd int saved = saved_fd;
	cleanup_fd int to_daemon = -1;
	int r;

	if (!run->credentials.handed)
		return secret_write_frame(run->containers.lifeline, NULL);
	to_daemon = fcntl(run->containers.lifeline, F_DUPFD_CLOEXEC, 3);
	if (to_daemon < 0)
		return -errno;
	r = credentials_keeper_start(run->options, run->places, &run->credentials,
				     steal_fd(&to_daemon), steal_fd(&saved), &run->login_keeper);
	if (r == 0)
		run->keeper_child.pid = run->login_keeper.pid;
	return r;
}

/* Lets the keeper attach the view, and the agent begin. */
static int send_all(struct run *run)
{
	struct containers *containers = &run->containers;
	cleanup_fd int saved = -1;
	int r = 0;

	if (containers->login_offer >= 0) {
		r = supervisor_await(&run->supervisor, containers->login_offer, UP_MS);
		if (r == 0)
			saved = handover_accept(run->session_fd, LOGIN_BACK_SOCKET,
						containers->login_offer);
		if (r == 0 && saved < 0)
			r = saved;
	}
	if (r == 0)
		r = send_words(run);
	if (r == 0)
		r = send_login(run, steal_fd(&saved));
	if (r == 0)
		return 0;
	if (r != -EINTR)
		message_error("%s: the login and the variables cannot be handed over: %s",
			      run->runtime->name, strerror(-r));
	return run_failure_code(run);
}

/* Until the keeper has said its first word: its container is up, and the agent's can join it. */
static int await_keeper(struct run *run)
{
	char word[16] = "";
	ssize_t n;
	int r = supervisor_await(&run->supervisor, run->link.ready, UP_MS);

	if (r == 0) {
		n = read(run->link.ready, word, sizeof(word) - 1);
		r = n > 0 && strncmp(word, "up", 2) == 0 ? 0 : -EPIPE;
	}
	if (r == 0)
		return 0;
	if (r != -EINTR)
		message_error("%s: the keeper's container %s", run->runtime->name,
			      r == -EPIPE ? "did not start" : "is not up in time");
	return run_failure_code(run);
}

static const char *describe_sockets(const bool wanted[NETWORK_SLOTS])
{
	if (!wanted[NETWORK_SLOT_PUSH])
		return "the gateway";
	return wanted[NETWORK_SLOT_GATE] ? "the gateway and git push" : "git push";
}

/* The keeper makes them early: long before the agent runs. */
static int take_sockets(struct run *run, int ret_fds[NETWORK_SLOTS])
{
	struct containers *containers = &run->containers;
	bool wanted[NETWORK_SLOTS];
	int r = supervisor_await(&run->supervisor, containers->network_offer, UP_MS);

	plan_want_sockets(run->plan, wanted);
	if (r == 0)
		r = handover_take_sockets(run->session_fd, containers->network_offer, wanted,
					  ret_fds);
	cleanup_close_fd(&containers->network_offer);
	containers->network_offer = -1;
	if (r == 0)
		return 0;
	if (r != -EINTR)
		message_error("%s: the keeper does not hand over its sockets for %s: %s",
			      run->runtime->name, describe_sockets(wanted), strerror(-r));
	return run_failure_code(run);
}

static int start_network(struct run *run)
{
	cleanup_network_sockets int fds[NETWORK_SLOTS] = NETWORK_NO_SOCKETS;
	int code = take_sockets(run, fds);

	if (code == 0 && fds[NETWORK_SLOT_GATE] >= 0)
		code = run_start_gate(run, fds, 0);
	if (code == 0 && fds[NETWORK_SLOT_PUSH] >= 0)
		code = run_start_push(run, fds[NETWORK_SLOT_PUSH]);
	return code;
}

static int make_offers(struct run *run)
{
	struct containers *containers = &run->containers;
	bool wanted[NETWORK_SLOTS];
	int r = 0;

	plan_want_sockets(run->plan, wanted);
	if (wanted[NETWORK_SLOT_GATE] || wanted[NETWORK_SLOT_PUSH])
		r = containers->network_offer =
			handover_offer(run->session_fd, NETWORK_HANDOVER_SOCKET, SOCK_SEQPACKET);
	if (r >= 0 && containers->names.has_login_back)
		r = containers->login_offer =
			handover_offer(run->session_fd, LOGIN_BACK_SOCKET, SOCK_STREAM);
	if (r >= 0)
		return 0;
	message_error("%s: a socket cannot be made there: %s", containers->names.session_dir,
		      strerror(-r));
	return EXIT_RUN_FAILED;
}

/* The session, and what the containers are made with. */
static int make_session(struct run *run)
{
	int code = run_make_session(run);
	int r;

	if (code == 0)
		code = make_names(run);
	if (code != 0)
		return code;
	r = container_files_make(run->session_fd, run->plan);
	if (r < 0) {
		message_error("%s: %s", run->containers.names.files_dir, strerror(-r));
		return EXIT_RUN_FAILED;
	}
	return make_offers(run);
}

static void send_signal(void *arg, int signal_number);

static int start_agent(struct run *run)
{
	struct containers *containers = &run->containers;
	struct supervisor *supervisor = &run->supervisor;
	cleanup_string_list struct string_list words = { 0 };
	int r;

	add_start(&words, containers->names.agent);
	r = words.is_failed ? -ENOMEM
			    : engine_start(&containers->engine, &words, STDIN_FILENO, STDOUT_FILENO,
					   STDERR_FILENO, &supervisor->first.pid);
	if (r < 0)
		return complain("cannot start the agent's container", &containers->engine, r, NULL);
	supervisor->send = send_signal;
	supervisor->send_arg = run;
	supervisor->lost_ms = LOST_MS;
	return 0;
}

static int start_both(struct run *run)
{
	int code = create_keeper(run);

	if (code == 0)
		code = start_keeper(run);
	/* While the engine starts it. */
	if (code == 0)
		code = create_agent(run);
	if (code == 0)
		code = run_look_at_workspace(run);
	if (code == 0)
		code = await_keeper(run);
	if (code == 0)
		code = start_agent(run);
	/* While the engine starts that. */
	if (code == 0 && run->containers.network_offer >= 0)
		code = start_network(run);
	return code == 0 ? send_all(run) : code;
}

static int prepare(struct run *run)
{
	struct containers *containers = &run->containers;
	cleanup_image struct image image = { 0 };
	int code;
	int r = engine_find(run->runtime->name, &containers->engine);

	if (r < 0) {
		message_error("--runtime %s: there is no %s on PATH; install it, or use --runtime "
			      "native",
			      run->runtime->name, run->runtime->name);
		return EXIT_RUN_FAILED;
	}
	code = image_describe(run->options, &image);
	if (code != 0)
		return code;
	r = image_look_begin(&containers->engine, &image, &containers->image);
	if (r < 0)
		return complain("cannot start its client", &containers->engine, r, NULL);
	code = make_session(run);
	if (code == 0)
		code = image_ensure(&containers->engine, run->options, &image, &containers->image);
	return code == 0 ? start_both(run) : code;
}

/* supervisor.send: what reaches us goes to the agent's container by the engine, whether or not its
 * client would pass it on. */
static void send_signal(void *arg, int signal_number)
{
	struct run *run = arg;
	struct containers *containers = &run->containers;
	cleanup_string_list struct string_list words = { 0 };
	cleanup_engine_answer struct engine_answer answer = { 0 };
	pid_t pid;

	/* The window's size is the client's business. */
	if (signal_number == SIGWINCH) {
		(void)kill(run->supervisor.first.pid, signal_number);
		return;
	}
	string_list_add(&words, "kill");
	string_list_add(&words, "--signal");
	string_list_addf(&words, "%d", signal_number);
	string_list_add(&words, containers->names.agent);
	if (words.is_failed)
		return;
	if (signal_number != SIGKILL) {
		(void)engine_start(&containers->engine, &words, SUBPROCESS_NULL, SUBPROCESS_NULL,
				   SUBPROCESS_NULL, &pid);
		return;
	}
	/* The last one. Where the engine does not do it, its client need not wait any longer. */
	if (engine_ask(&containers->engine, (const char *const *)words.items, &answer) < 0 ||
	    answer.code != 0)
		(void)kill(run->supervisor.first.pid, SIGKILL);
}

/* True if the keeper got as far as to serve the view. */
static bool has_served(const struct run *run)
{
	char word[64] = "";
	ssize_t n;

	(void)fcntl(run->link.ready, F_SETFL, O_NONBLOCK);
	n = read(run->link.ready, word, sizeof(word) - 1);
	return n > 0 && strstr(word, "ready");
}

/* A keeper that still runs ends, with its journal complete. The keeper of the login holds the same
 * pipe, and lets go of it at this signal. */
static void hang_up(struct run *run)
{
	cleanup_close_fd(&run->containers.lifeline);
	run->containers.lifeline = -1;
	if (run->keeper_child.pid > 0)
		(void)kill(run->keeper_child.pid, SIGHUP);
}

/* Both clients say 0: the engine has nothing to add but, where memory is limited, that it ran out.
 * (A client that lost its engine does not say 0.) */
static bool is_plain_end(const struct run *run)
{
	const struct supervisor *supervisor = &run->supervisor;

	return supervisor->first.has_ended && supervisor->first.code == 0 &&
	       supervisor->daemon.has_ended && supervisor->daemon.code == 0 &&
	       run->plan->limits.memory == 0;
}

static int run_agent(struct run *run)
{
	struct containers *containers = &run->containers;
	struct supervisor *supervisor = &run->supervisor;
	bool is_served;

	supervisor_run(supervisor, -1);
	is_served = has_served(run);
	/* The engine could not start the agent: its keeper would go on waiting for it. */
	if (!is_served)
		hang_up(run);
	/* The daemon ends by itself when the agent's mounts are gone, after its last sync. */
	supervisor_finish(supervisor, &supervisor->daemon, DAEMON_FINISH_MS);
	if (is_plain_end(run))
		containers->agent_end.is_known = containers->keeper_end.is_known = true;
	else
		containers_ask_ends(containers, ENGINE_BACK_MS);
	supervisor->has_lost_view = containers->keeper_end.is_known && containers->keeper_end.code;
	if (!is_served && !has_served(run)) {
		/* The agent's own program never ran; the keeper, or the agent's first program, has
		 * said why. */
		message_error("%s: the sandbox did not start", run->runtime->name);
		supervisor->first.has_ended = false;
		return EXIT_RUN_FAILED;
	}
	if (containers->agent_end.is_removed) {
		message_error("%s: the agent's container was removed while it ran; its journal was "
			      "kept",
			      run->runtime->name);
		return EXIT_RUN_FAILED;
	}
	if (!containers->agent_end.is_known) {
		message_error("%s: the engine went away, and the session with it; its journal was "
			      "kept",
			      run->runtime->name);
		return EXIT_RUN_FAILED;
	}
	if (containers->agent_end.is_oom)
		message_warning("the agent's container ran out of memory (--memory)");
	return containers->agent_end.code;
}

static void finish(struct run *run)
{
	struct containers *containers = &run->containers;
	struct supervisor *supervisor = &run->supervisor;

	hang_up(run);
	run_finish_gate(run);
	run_finish_push(run);
	supervisor_finish(supervisor, &supervisor->daemon, DAEMON_FINISH_MS);
	/* It has written back what the daemon still sent. */
	supervisor_finish(supervisor, &run->keeper_child, CREDENTIALS_KEEPER_FINISH_MS);
	containers_remove(containers);
	supervisor_finish(supervisor, &supervisor->first, 1000);
	if (run->session_fd < 0)
		return;
	container_files_remove(run->session_fd);
	/* Where nobody came. */
	(void)unlinkat(run->session_fd, NETWORK_HANDOVER_SOCKET, 0);
	(void)unlinkat(run->session_fd, LOGIN_BACK_SOCKET, 0);
}

const struct runtime runtime_docker = { "docker", true, prepare, run_agent, finish };
const struct runtime runtime_podman = { "podman", true, prepare, run_agent, finish };

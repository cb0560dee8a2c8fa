/* SPDX-License-Identifier: MIT */
/* The gate in the life of a session. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/session/network_files.h"
#include "launcher/egress.h"
#include "launcher/runtime.h"

#define FINISH_MS 2000

static int run_load_egress(const struct run *run, enum egress_effort effort, struct text *ret)
{
	const struct egress_wish wish = { run->options->egress, run->options->narrowed_egress,
					  run->options->project_file };

	return egress_load(run->places, &wish, effort, ret);
}

/* What is not noted of npm's and pip's registries is asked for beside the session, and given to the
 * gate as any other list. Whatever goes wrong here, the session has the rest of the list. */
_Noreturn static void complete_list(const struct run *run)
{
	cleanup_text struct text list = { 0 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int r;

	/* The screen is the agent's. */
	if (null < 0 || setsid() < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
		_exit(EXIT_FAULT);
	r = run_load_egress(run, EGRESS_ASK, &list);
	if (r == 0)
		r = egress_give(run->session_fd, &list);
	_exit(r == 0 ? EXIT_OK : EXIT_FAULT);
}

static int start_completion(struct run *run)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != parent)
			_exit(EXIT_FAULT);
		complete_list(run);
	}
	run->list_child.pid = pid;
	return 0;
}

int run_await_program(struct run *run, const struct gate_link *link, const char *name)
{
	int r = supervisor_await(&run->supervisor, link->ready, GATE_START_MS);

	if (r == 0)
		r = gate_is_ready(link);
	if (r == 0)
		return 0;
	gate_print_words(link);
	if (r != -EINTR)
		message_error("%s: %s", name,
			      r == -EPIPE ? "did not start" : "did not become ready in time");
	return run_failure_code(run);
}

/* Not a failure: what looks at the proxy variables works, and that is nearly all. */
static void tell_no_redirect(int error)
{
	message_warning("network: only programs that look at the proxy variables reach it: "
			"connections cannot be redirected (nf_tables with tproxy: %s)",
			error ? strerror(-error) : "not in the engine's kernel");
}

int run_start_gate(struct run *run, const int fds[NETWORK_SLOTS], int redirect_error)
{
	cleanup_text struct text list = { 0 };
	int code = run_load_egress(run, EGRESS_QUICK, &list);
	bool is_partial = code == EGRESS_PARTIAL;
	int r;

	if (code != 0 && !is_partial)
		return code;
	if (fds[NETWORK_SLOT_REDIRECT] < 0)
		tell_no_redirect(redirect_error);
	r = gate_start(run->session_fd, fds, &list, run->options->is_learning_egress, &run->gate,
		       &run->gate_child.pid);
	if (r < 0)
		return EXIT_RUN_FAILED;
	code = run_await_program(run, &run->gate, "claudefs-gate");
	if (code != 0)
		return code;
	r = is_partial ? start_completion(run) : 0;
	if (r < 0)
		message_warning("@npm, @pip: cannot be asked for: %s", strerror(-r));
	return 0;
}

void run_finish_gate(struct run *run)
{
	/* Programs of the person's may be running below it. */
	if (run->list_child.pid > 0)
		(void)kill(-run->list_child.pid, SIGKILL);
	supervisor_finish(&run->supervisor, &run->list_child, 0);
	cleanup_close_fd(&run->gate.lifeline);
	run->gate.lifeline = -1;
	supervisor_finish(&run->supervisor, &run->gate_child, FINISH_MS);
	/* The gate itself may not be allowed to any more. */
	if (run->session_fd >= 0)
		(void)unlinkat(run->session_fd, NETWORK_CONTROL_SOCKET, 0);
}

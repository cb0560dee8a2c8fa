/* SPDX-License-Identifier: MIT */
#include "launcher/gate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/message.h"
#include "fs/base/subprocess.h"
#include "launcher/daemon.h"
#include "launcher/find_program.h"

int gate_launch(struct string_list *argv, const int *fds, size_t count, struct gate_link *link,
		pid_t *ret_pid)
{
	struct subprocess what = { .stdin_fd = SUBPROCESS_NULL, .stdout_fd = SUBPROCESS_NULL };
	cleanup_fd int ready_write = -1;
	cleanup_fd int lifeline_read = -1;
	int ready[2], lifeline[2], keep[FD_KEEP_MAX];

	link->words = memfd_create("claudefs-words", MFD_CLOEXEC);
	if (link->words < 0 || pipe2(ready, O_CLOEXEC) < 0)
		return -errno;
	link->ready = ready[0];
	ready_write = ready[1];
	if (pipe2(lifeline, O_CLOEXEC) < 0)
		return -errno;
	lifeline_read = lifeline[0];
	link->lifeline = lifeline[1];
	string_list_add(argv, "--lifeline-fd");
	string_list_addf(argv, "%d", lifeline_read);
	string_list_add(argv, "--ready-fd");
	string_list_addf(argv, "%d", ready_write);
	if (argv->is_failed || count + 2 > FD_KEEP_MAX)
		return -ENOMEM;
	memcpy(keep, fds, count * sizeof(*keep));
	keep[count] = lifeline_read;
	keep[count + 1] = ready_write;
	what.argv = (const char *const *)argv->items;
	what.stderr_fd = link->words;
	what.keep = keep;
	what.keep_count = count + 2;
	what.is_own_session = true;
	return subprocess_start(&what, ret_pid);
}

static void add_fd(struct string_list *argv, const char *option, int fd)
{
	string_list_add(argv, option);
	string_list_addf(argv, "%d", fd);
}

static int start(const char *program, int session_fd, const int sockets[NETWORK_SLOTS],
		 bool is_learning, struct gate_link *link, pid_t *ret_pid)
{
	cleanup_string_list struct string_list argv = { 0 };
	const int fds[] = { sockets[NETWORK_SLOT_GATE], session_fd, sockets[NETWORK_SLOT_REDIRECT],
			    sockets[NETWORK_SLOT_NAMES], sockets[NETWORK_SLOT_REFUSALS] };
	bool is_redirecting = sockets[NETWORK_SLOT_REDIRECT] >= 0;

	string_list_add(&argv, program);
	add_fd(&argv, "--listen-fd", fds[0]);
	add_fd(&argv, "--session-fd", fds[1]);
	if (is_redirecting) {
		add_fd(&argv, "--redirect-fd", fds[2]);
		add_fd(&argv, "--names-fd", fds[3]);
		add_fd(&argv, "--refusals-fd", fds[4]);
	}
	if (is_learning)
		string_list_add(&argv, "--learn");
	return gate_launch(&argv, fds, is_redirecting ? 5 : 2, link, ret_pid);
}

int gate_start(int session_fd, const int sockets[NETWORK_SLOTS], const struct text *list,
	       bool is_learning, struct gate_link *ret, pid_t *ret_pid)
{
	cleanup_free char *program = find_sibling("claudefs-gate");
	int r;

	if (!program)
		return -ENOENT;
	r = fd_replace_file_at(session_fd, NETWORK_LIST_FILE, list->data ? list->data : "",
			       list->len, 0600);
	if (r == 0)
		r = start(program, session_fd, sockets, is_learning, ret, ret_pid);
	if (r < 0)
		message_error("%s: cannot start it: %s", program, strerror(-r));
	return r;
}

int gate_is_ready(const struct gate_link *link)
{
	char word[8] = "";
	ssize_t n = read(link->ready, word, sizeof(word) - 1);

	return n > 0 && strncmp(word, "ready", 5) == 0 ? 0 : -EPIPE;
}

void gate_print_words(const struct gate_link *link)
{
	const struct daemon_link words = { .ready = -1, .words = link->words };

	daemon_print_words(&words);
}

void gate_link_done(struct gate_link *link)
{
	cleanup_close_fd(&link->ready);
	cleanup_close_fd(&link->lifeline);
	cleanup_close_fd(&link->words);
	*link = (struct gate_link)GATE_LINK_NONE;
}

void gate_add_environment(struct string_list *env)
{
	static const char *const names[] = { "HTTPS_PROXY", "HTTP_PROXY", "https_proxy",
					     "http_proxy" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		string_list_addf(env, "%s=http://127.0.0.1:%d", names[i], NETWORK_GATE_PORT);
	string_list_add(env, "NO_PROXY=localhost,127.0.0.1,::1");
	string_list_add(env, "no_proxy=localhost,127.0.0.1,::1");
	/* Node's own fetch looks at the variables only when told to. */
	string_list_add(env, "NODE_USE_ENV_PROXY=1");
}

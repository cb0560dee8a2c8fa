/* SPDX-License-Identifier: MIT */
#include "launcher/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/message.h"
#include "fs/base/subprocess.h"
#include "fs/base/text.h"
#include "launcher/find_program.h"
#include "launcher/string_list.h"

#define WORDS_MAX (1u << 20) /* bytes */

void daemon_link_done(struct daemon_link *link)
{
	cleanup_close_fd(&link->ready);
	cleanup_close_fd(&link->words);
	link->ready = link->words = -1;
}

static void add_number(struct string_list *argv, const char *option, int number)
{
	string_list_add(argv, option);
	string_list_addf(argv, "%d", number);
}

int daemon_start(const char *session_id, int fuse_fd, int login_fd, int saved_fd, const char *rules,
		 struct daemon_link *ret, pid_t *ret_pid)
{
	cleanup_free char *program = find_sibling("claudefs-mount");
	cleanup_string_list struct string_list argv = { 0 };
	cleanup_fd int ready_write = -1;
	struct subprocess what = { .stdin_fd = SUBPROCESS_NULL, .stdout_fd = SUBPROCESS_NULL };
	int ends[2], keep[4], r;

	if (!program)
		return -ENOENT;
	/* A file rather than a pipe: nobody reads while the session runs, and nothing may block. */
	ret->words = memfd_create("claudefs-mount", MFD_CLOEXEC);
	if (ret->words < 0 || pipe2(ends, O_CLOEXEC) < 0) {
		r = -errno;
		message_error("claudefs-mount: cannot start it: %s", strerror(-r));
		return r;
	}
	ret->ready = ends[0];
	ready_write = ends[1];
	string_list_add(&argv, program);
	string_list_add(&argv, "--session");
	string_list_add(&argv, session_id);
	add_number(&argv, "--fuse-fd", fuse_fd);
	add_number(&argv, "--ready-fd", ready_write);
	string_list_add(&argv, "--foreground");
	if (login_fd >= 0)
		add_number(&argv, "--credentials-fd", login_fd);
	if (saved_fd >= 0)
		add_number(&argv, "--credentials-out-fd", saved_fd);
	if (rules) {
		string_list_add(&argv, "--rules");
		string_list_add(&argv, rules);
	}
	keep[0] = fuse_fd;
	keep[1] = ready_write;
	what.argv = (const char *const *)argv.items;
	what.stderr_fd = ret->words;
	what.keep = keep;
	what.keep_count = 2;
	if (login_fd >= 0)
		keep[what.keep_count++] = login_fd;
	if (saved_fd >= 0)
		keep[what.keep_count++] = saved_fd;
	/* The terminal's Ctrl-C is for the agent. */
	what.is_own_session = true;
	r = argv.is_failed ? -ENOMEM : subprocess_start(&what, ret_pid);
	if (r < 0)
		message_error("%s: cannot start it: %s", program, strerror(-r));
	return r;
}

int daemon_is_ready(struct daemon_link *link)
{
	char word[8] = "";
	ssize_t n = read(link->ready, word, sizeof(word) - 1);

	return n > 0 && strncmp(word, "ready", 5) == 0 ? 0 : -EPIPE;
}

void daemon_print_words(const struct daemon_link *link)
{
	cleanup_free char *words = NULL;
	cleanup_text struct text safe = { 0 };
	size_t len = 0, start, lines = 0;

	if (link->words < 0 || fd_read_file(link->words, WORDS_MAX, &words, &len) < 0 || len == 0)
		return;
	for (start = len; start > 0; start--) {
		if (words[start - 1] == '\n' && start < len && ++lines == DAEMON_LINES_MAX)
			break;
	}
	text_append_safe(&safe, words + start, len - start, true);
	if (safe.data)
		(void)fputs(safe.data, stderr);
}

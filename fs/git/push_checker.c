/* SPDX-License-Identifier: MIT */
#include "fs/git/push_checker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/git/push_quarantine.h"

#define PIECE_MAX (1u << 20) /* bytes */

/* In the checker. */
struct child {
	int fd;
	const char *path;
	const struct push_command *commands;
	size_t count;
	const struct push_rules *rules;
	struct push_refs remote;
	size_t left; /* of the piece of a pack that is being read */
	bool is_at_end;
};

/* Returns 0, -EPIPE (the other is gone) or -errno. */
static int read_exactly(int fd, void *buf, size_t len)
{
	char *at = buf;

	while (len > 0) {
		ssize_t n = read(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EPIPE;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int read_refs(struct child *child)
{
	cleanup_free char *text = NULL;
	uint64_t len = 0;
	int r = read_exactly(child->fd, &len, sizeof(len));

	if (r == 0 && len > PUSH_REFS_TEXT_MAX)
		r = -EFBIG;
	if (r == 0)
		text = malloc(len + 1);
	if (r == 0 && !text)
		r = -ENOMEM;
	if (r == 0)
		r = read_exactly(child->fd, text, len);
	if (r < 0)
		return r;
	text[len] = '\0';
	return push_refs_parse(text, &child->remote);
}

/* push_read_fn */
static ssize_t read_piece(void *buf, size_t size, void *arg)
{
	struct child *child = arg;
	uint32_t len = 0;
	int r;

	if (child->left == 0 && !child->is_at_end) {
		r = read_exactly(child->fd, &len, sizeof(len));
		if (r < 0)
			return r;
		if (len > PIECE_MAX)
			return -EBADMSG;
		child->left = len;
		child->is_at_end = len == 0;
	}
	if (child->is_at_end)
		return 0;
	size = size < child->left ? size : child->left;
	r = read_exactly(child->fd, buf, size);
	child->left -= size;
	return r < 0 ? r : (ssize_t)size;
}

/* Behind the pack's own end the other still says that it has ended. */
static void read_to_end(struct child *child)
{
	char rest[4096];

	while (read_piece(rest, sizeof(rest), child) > 0)
		;
}

static int give_verdict(struct child *child, bool may_want)
{
	struct push_verdict *verdict = calloc(1, sizeof(*verdict));
	size_t bad = 0;
	int r;

	if (!verdict)
		return -ENOMEM;
	/* Time runs while it works, not while the remote is waited for. */
	(void)alarm((unsigned int)push_rules_limits(child->rules)->seconds);
	verdict->result = push_check(child->path, child->commands, child->count, &child->remote,
				     child->rules, &verdict->facts, &bad, &verdict->problem);
	/* A refusal that has a word is one whatever else the remote has. */
	if (may_want && !verdict->problem.word[0])
		verdict->want_count = (uint32_t)push_check_wants(
			child->path, child->commands, child->count, &child->remote,
			verdict->result < 0, verdict->wants);
	(void)alarm(0);
	r = fd_write_all(child->fd, verdict, sizeof(*verdict));
	if (r == 0 && verdict->want_count > 0)
		r = 1;
	free(verdict);
	return r;
}

_Noreturn static void run_child(struct child *child)
{
	const struct push_limits *limits = push_rules_limits(child->rules);
	struct push_limits of_pack = *limits;
	struct push_problem problem;
	int r;

	/* Neither the agent's connection nor anything else of whoever forked it. */
	r = fd_close_others(&child->fd, 1);
	if (r == 0)
		r = push_confine_standard();
	if (r == 0)
		r = push_confine(child->path, limits);
	if (r == 0)
		r = read_refs(child);
	if (r == 0)
		r = give_verdict(child, true);
	if (r != 1)
		_exit(r == 0 ? 0 : 1);
	if (of_pack.pack_bytes > PUSH_FETCH_BYTES_MAX)
		of_pack.pack_bytes = PUSH_FETCH_BYTES_MAX;
	r = push_quarantine_index(child->path, &of_pack, read_piece, child, &problem);
	if (r == 0) {
		read_to_end(child);
		r = give_verdict(child, false);
	}
	_exit(r == 0 ? 0 : 1);
}

int push_checker_start(const char *path, const struct push_command *commands, size_t count,
		       const struct push_rules *rules, struct push_checker *ret)
{
	struct child child = { .path = path, .commands = commands, .count = count, .rules = rules };
	int ends[2];
	pid_t pid;
	int r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		child.fd = ends[1];
		run_child(&child);
	}
	r = pid < 0 ? -errno : 0;
	(void)close(ends[1]);
	if (r < 0) {
		(void)close(ends[0]);
		return r;
	}
	ret->pid = pid;
	ret->fd = ends[0];
	ret->seconds = push_rules_limits(rules)->seconds;
	return 0;
}

void push_checker_done(struct push_checker *checker)
{
	cleanup_close_fd(&checker->fd);
	if (checker->pid > 0) {
		(void)kill(checker->pid, SIGKILL);
		while (waitpid(checker->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	*checker = (struct push_checker)PUSH_CHECKER_NONE;
}

/* MSG_NOSIGNAL: it may be dead. */
static int send_all(const struct push_checker *checker, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = send(checker->fd, at, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Returns 0, or -errno where there is no whole one in time. */
static int read_verdict(struct push_checker *checker, size_t ref_count, struct push_verdict *ret)
{
	/* It ends itself before; a process that is another's by now does not. */
	uint64_t end_ms = now_ms() + (checker->seconds + 5) * 1000;
	struct push_verdict *verdict = calloc(1, sizeof(*verdict));
	size_t len = 0;
	int r = verdict ? 0 : -ENOMEM;

	while (r == 0 && len < sizeof(*verdict)) {
		struct pollfd fd = { .fd = checker->fd, .events = POLLIN };
		uint64_t now = now_ms();
		ssize_t n;

		if (now >= end_ms)
			r = -ETIME;
		else if (poll(&fd, 1, (int)(end_ms - now)) <= 0)
			continue;
		n = r == 0 ? read(checker->fd, (char *)verdict + len, sizeof(*verdict) - len) : 1;
		if (r == 0 && n <= 0 && !(n < 0 && errno == EINTR))
			r = -EPIPE;
		len += r == 0 && n > 0 ? (size_t)n : 0;
	}
	/* Written by a process that read the agent's objects. */
	if (r == 0 && (verdict->result > 0 || verdict->want_count > PUSH_WANTS_MAX))
		r = -EBADMSG;
	for (size_t i = 0; r == 0 && i < verdict->want_count; i++)
		r = verdict->wants[i] < ref_count ? 0 : -EBADMSG;
	if (r == 0) {
		*ret = *verdict;
		push_problem_settle(&ret->problem);
	}
	free(verdict);
	return r;
}

void push_checker_ask(struct push_checker *checker, const struct push_refs *remote,
		      struct push_verdict *ret)
{
	cleanup_text struct text text = { 0 };
	uint64_t len;
	int r = push_refs_format(remote, &text);

	*ret = (struct push_verdict){ 0 };
	len = text.len;
	if (r == 0)
		r = send_all(checker, &len, sizeof(len));
	if (r == 0 && len > 0)
		r = send_all(checker, text.data, text.len);
	if (r == 0)
		r = read_verdict(checker, remote->count, ret);
	if (r < 0) {
		*ret = (struct push_verdict){ .result = -EPERM };
		(void)push_problem_set(
			&ret->problem, r,
			"the process that looks at it ended: it took too long or too much "
			"memory (limits in ~/.config/claudefs/push.json)");
	} else if (ret->result < 0 && !ret->problem.text[0]) {
		(void)push_problem_set(&ret->problem, 0, "it cannot be looked at: %s",
				       strerror(-ret->result));
	}
}

int push_checker_feed(struct push_checker *checker, const void *data, size_t len)
{
	const char *at = data;
	int r = 0;

	while (r == 0 && len > 0) {
		uint32_t piece = len < PIECE_MAX ? (uint32_t)len : PIECE_MAX;

		r = send_all(checker, &piece, sizeof(piece));
		if (r == 0)
			r = send_all(checker, at, piece);
		at += piece;
		len -= piece;
	}
	return r;
}

int push_checker_ask_again(struct push_checker *checker, const struct push_refs *remote,
			   struct push_verdict *ret)
{
	const uint32_t end = 0;
	int r = send_all(checker, &end, sizeof(end));

	return r < 0 ? r : read_verdict(checker, remote->count, ret);
}

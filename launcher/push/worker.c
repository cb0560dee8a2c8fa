/* SPDX-License-Identifier: MIT */
/* One push, from the agent's git. Everything that is read here is hostile. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/git/push_quarantine.h"
#include "launcher/push/broker.h"
#include "launcher/push/wire.h"

/* What receive-pack can do here: no deletion, nothing atomic beyond one push, no thin pack, since
 * the quarantine has no objects of its own. */
#define ABILITIES "report-status side-band-64k ofs-delta no-thin object-format=sha1 agent=claudefs"

#define SHALLOW_MAX 65536u /* roots of a shallow clone; more are refused */

struct worker {
	const struct broker *broker;
	int words;
	const char *path;
	struct wire wire;
	struct worker_message message;
};

static int talk(struct worker *worker, struct broker_message *ret)
{
	if (send(worker->words, &worker->message, sizeof(worker->message), MSG_NOSIGNAL) < 0)
		return -errno;
	return recv(worker->words, ret, sizeof(*ret), 0) == sizeof(*ret) ? 0 : -EPIPE;
}

static int find_remote(struct worker *worker)
{
	const struct push_remotes *remotes = &worker->broker->remotes;
	char name[PUSH_REMOTE_NAME_MAX + 1];
	ssize_t len = wire_read(&worker->wire);

	if (len <= 0 || push_parse_request(worker->wire.packet, (size_t)len, name) < 0) {
		wire_send_error(&worker->wire, "claudefs: only git push is answered here");
		return -EBADMSG;
	}
	for (size_t i = 0; i < remotes->count; i++) {
		if (strcmp(remotes->items[i].name, name) == 0 &&
		    push_rules_allow_remote(worker->broker->rules, name)) {
			worker->message.remote = i;
			return 0;
		}
	}
	wire_send_error(&worker->wire, "claudefs: not a remote that this project had when the "
				       "session began, or the rules leave it out; add it on the "
				       "host (git remote add) and start a new session");
	return -ENOENT;
}

/* No ref is said to exist: the client then sends all that a branch needs, and the quarantine needs
 * nothing from elsewhere. */
static int advertise(struct wire *wire)
{
	static const char line[] = PUSH_ID_NONE " capabilities^{}\0" ABILITIES "\n";
	cleanup_text struct text text = { 0 };

	wire_append(&text, line, sizeof(line) - 1);
	wire_append_flush(&text);
	return wire_send(wire, &text);
}

/* Returns the number of commands, or -errno with the problem. */
static int read_commands(struct worker *worker)
{
	struct worker_message *message = &worker->message;
	struct push_problem *problem = &message->problem;
	unsigned int shallow = 0;
	ssize_t len;
	int r;

	while ((len = wire_read(&worker->wire)) > 0) {
		if (message->count == PUSH_COMMANDS_MAX || shallow == SHALLOW_MAX)
			return push_problem_set(problem, -EPERM,
						"more than %u refs in one push; push fewer",
						PUSH_COMMANDS_MAX);
		r = push_parse_command(worker->wire.packet, (size_t)len,
				       &message->commands[message->count],
				       &worker->wire.has_sideband);
		/* These come first, and how to answer only after them. */
		if (r == -EOPNOTSUPP) {
			shallow++;
			continue;
		}
		if (r == -ENAMETOOLONG)
			return push_problem_set(problem, -EPERM,
						"a ref's name is longer than %u bytes; rename it",
						PUSH_REF_MAX);
		if (r < 0)
			return push_problem_set(problem, r, "the request is malformed");
		message->count++;
	}
	if (len == 0 && shallow > 0 && message->count > 0)
		return push_problem_set(problem, -EPERM,
					"the repository is a shallow clone; git fetch --unshallow "
					"on the host first");
	return len < 0 ? (int)len : (int)message->count;
}

static ssize_t read_pack(void *buf, size_t size, void *arg)
{
	const struct worker *worker = arg;
	ssize_t n;

	do
		n = read(worker->wire.fd, buf, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* Returns 0 or -errno; *problem may be empty. */
static int take_pack(struct worker *worker)
{
	struct worker_message *message = &worker->message;
	const struct push_rules *rules = worker->broker->rules;
	int r = push_check_commands(message->commands, message->count, rules, &message->bad,
				    &message->problem);

	return r < 0 ? r
		     : push_quarantine_index(worker->path, push_rules_limits(rules), read_pack,
					     worker, &message->problem);
}

static void report_held(struct worker *worker, const struct broker_message *answer)
{
	const struct worker_message *message = &worker->message;
	char facts[PUSH_FACTS_SIZE];
	char line[PUSH_PROBLEM_SIZE + 200];
	char short_reason[64];

	if (answer->problem.text[0])
		wire_say(&worker->wire, answer->problem.text);
	(void)snprintf(
		line, sizeof(line),
		"held as push:%u (%s): nothing is pushed until a person approves it on the host: "
		"claudefs diff push:%u, claudefs approve push:%u, claudefs commit",
		answer->number, push_facts_text(&answer->facts, facts), answer->number,
		answer->number);
	(void)snprintf(short_reason, sizeof(short_reason), "held as push:%u, not pushed yet",
		       answer->number);
	wire_say(&worker->wire, line);
	(void)wire_report(&worker->wire, message->commands, message->count, message->count,
			  worker->wire.has_sideband ? short_reason : line);
}

static void report(struct worker *worker, const struct broker_message *answer)
{
	const struct worker_message *message = &worker->message;

	if (answer->is_held) {
		report_held(worker, answer);
	} else if (answer->result == 0) {
		(void)wire_report(&worker->wire, message->commands, message->count, 0, NULL);
	} else {
		wire_say(&worker->wire, answer->problem.text);
		(void)wire_report(&worker->wire, message->commands, message->count, message->bad,
				  answer->problem.word[0]     ? answer->problem.word
				  : worker->wire.has_sideband ? "refused by claudefs"
							      : answer->problem.text);
	}
}

static void serve(struct worker *worker)
{
	struct worker_message *message = &worker->message;
	struct broker_message answer = { 0 };
	int r = find_remote(worker);

	if (r == 0)
		r = advertise(&worker->wire);
	if (r < 0)
		return;
	r = read_commands(worker);
	/* Nothing to push, or a client that only looked. */
	if (r == 0 || (r < 0 && !message->problem.text[0]))
		return;
	if (r > 0)
		r = take_pack(worker);
	if (r < 0 && !message->problem.text[0])
		(void)push_problem_set(&message->problem, r, "it could not be taken: %s",
				       r == -EAGAIN ? "it came too slowly; push again"
						    : strerror(-r));
	message->result = r;
	if (talk(worker, &answer) == 0)
		report(worker, &answer);
}

_Noreturn void worker_run(const struct broker *broker, int fd, int words, const char *path)
{
	const struct push_limits *limits = push_rules_limits(broker->rules);
	struct worker *worker = calloc(1, sizeof(*worker));
	int keep[] = { fd, words };

	/* Whatever happens, it ends. */
	(void)alarm((unsigned int)limits->seconds + 120);
	if (!worker || fd_close_others(keep, 2) < 0 || push_confine_standard() < 0 ||
	    push_confine(path, limits) < 0)
		_exit(1);
	worker->broker = broker;
	worker->words = words;
	worker->path = path;
	worker->wire.fd = fd;
	serve(worker);
	wire_drain(&worker->wire, 2 * limits->pack_bytes);
	_exit(0);
}

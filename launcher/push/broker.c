/* SPDX-License-Identifier: MIT */
#include "launcher/push/broker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/fd.h"
#include "fs/base/lock.h"
#include "fs/base/message.h"
#include "fs/git/push_known.h"
#include "fs/git/push_messenger.h"
#include "fs/git/push_quarantine.h"
#include "fs/git/push_usage.h"
#include "launcher/push/wire.h"

#define IDLE_SECONDS      60    /* of a connection that says nothing */
#define MESSENGER_SECONDS 600   /* one errand to a server */
#define LEAVE_MS          10000 /* after its answer a client closes */
#define TURNED_AWAY_BYTES 65536 /* of a client that gets no turn */
#define LOCK_MS           60000 /* for a person's claudefs to be done */

/* One connection. */
struct turn {
	struct broker *broker;
	unsigned int number;
	char *path;
	bool has_told;
};

static int fill_entry(const struct turn *turn, const struct worker_message *message,
		      struct push_entry *entry)
{
	const struct push_remote *remote = &turn->broker->remotes.items[message->remote];
	uint8_t id[OBJECT_ID_SIZE];

	entry->number = turn->number;
	(void)push_entry_turn(entry, PUSH_HELD, PUSH_BY_RULES, NULL);
	entry->time_ns = clock_now_ns();
	entry->refuse_broad = turn->broker->refuse_broad;
	entry->count = message->count;
	memcpy(entry->commands, message->commands, sizeof(entry->commands));
	for (size_t i = 0; i < entry->count; i++) {
		/* The client's word for it is worth nothing. */
		memcpy(entry->commands[i].old_id, PUSH_ID_NONE, OBJECT_ID_HEX_SIZE);
		entry->commands[i].new_id[OBJECT_ID_HEX_SIZE - 1] = '\0';
		entry->commands[i].ref[PUSH_REF_MAX] = '\0';
		if (object_id_from_hex(entry->commands[i].new_id, id) < 0)
			return -EBADMSG;
	}
	entry->remote = strdup(remote->name);
	entry->target = strdup(remote->target);
	return entry->remote && entry->target ? 0 : -ENOMEM;
}

static int note_refusal(const struct turn *turn, struct push_entry *entry,
			const struct broker_message *answer)
{
	(void)push_entry_turn(entry, PUSH_REFUSED, PUSH_BY_RULES, answer->problem.text);
	/* Names that did not pass may be anything. */
	for (size_t i = 0; i < entry->count; i++) {
		if (!push_ref_is_plain(entry->commands[i].ref))
			entry->count = 0;
	}
	return push_entry_write(&turn->broker->store, entry);
}

/* Somebody may have written the remote's address for the agent: where nobody stands behind it, the
 * host does not even connect there. */
static bool is_known(const struct turn *turn, const struct push_entry *entry)
{
	return push_known_has(turn->broker->state, turn->broker->project, entry->target);
}

static int look_only(const struct turn *turn, struct push_entry *entry,
		     struct push_problem *problem)
{
	int r = push_examine_unasked(&turn->broker->store, entry, turn->broker->rules, problem);

	return r < 0 ? r
		     : push_problem_set(problem, -EXDEV,
					"%s leads to %s, which a session may have put into "
					".git/config: nothing is asked there before you let a push "
					"go to it",
					entry->remote, entry->target);
}

static int send_messenger(const struct turn *turn, struct push_entry *entry,
			  struct push_problem *problem)
{
	const struct push_errand errand = { .store = &turn->broker->store,
					    .rules = turn->broker->rules,
					    .project = turn->broker->project,
					    .may_push = turn->broker->is_allowed,
					    .by = PUSH_BY_LAUNCH,
					    .seconds = MESSENGER_SECONDS };

	return push_messenger_send(&errand, entry, problem);
}

/* What the rules refuse is over; a server that did not do is a reason to wait for a person. */
static int take_result(const struct turn *turn, struct push_entry *entry, bool is_written,
		       int result, struct broker_message *answer)
{
	answer->facts = entry->facts;
	answer->result = result;
	if (result == -EPERM || result == -EBADMSG)
		return note_refusal(turn, entry, answer);
	answer->is_held = entry->state != PUSH_PUSHED;
	/* push_deliver() has written it. */
	if (is_written)
		return 0;
	if (result < 0)
		(void)push_entry_turn(entry, entry->state, PUSH_BY_RULES, answer->problem.text);
	return push_entry_write(&turn->broker->store, entry);
}

/* The worker's word is that a pack is there; what it is worth is seen by others. */
static int take_word(const struct turn *turn, struct worker_message *message,
		     struct broker_message *answer)
{
	cleanup_push_entry struct push_entry entry = { 0 };
	bool knows;
	size_t bad = 0;
	int r;

	message->problem.text[PUSH_PROBLEM_SIZE - 1] = '\0';
	if (message->count > PUSH_COMMANDS_MAX || message->remote >= turn->broker->remotes.count ||
	    (message->count == 0 && message->result == 0))
		return -EBADMSG;
	r = fill_entry(turn, message, &entry);
	if (r < 0)
		return r;
	answer->number = turn->number;
	if (message->result < 0)
		answer->result =
			push_problem_set(&answer->problem, -EPERM, "%s", message->problem.text);
	else
		answer->result = push_check_commands(entry.commands, entry.count,
						     turn->broker->rules, &bad, &answer->problem);
	if (answer->result < 0)
		return note_refusal(turn, &entry, answer);
	r = push_entry_write(&turn->broker->store, &entry);
	if (r < 0)
		return r;
	knows = is_known(turn, &entry);
	r = (knows ? send_messenger : look_only)(turn, &entry, &answer->problem);
	return take_result(turn, &entry, knows && turn->broker->is_allowed, r, answer);
}

/* Nobody decides about a push that is just being made. Whoever goes on an errand keeps the lock
 * until that is done, though this process may end before. */
static int take_word_locked(const struct turn *turn, struct worker_message *message,
			    struct broker_message *answer)
{
	cleanup_fd int lock = lock_wait(turn->broker->store.fd, "lock", LOCK_MS);

	return lock < 0 ? lock : take_word(turn, message, answer);
}

static void answer_worker(struct turn *turn, int words, struct worker_message *message)
{
	struct broker_message answer = { 0 };
	int r = turn->has_told ? -EBADMSG : take_word_locked(turn, message, &answer);

	turn->has_told = true;
	if (r < 0) {
		answer.result = r;
		answer.is_held = false;
		(void)push_problem_set(&answer.problem, r, "it cannot be noted: %s",
				       r == -EBUSY ? "claudefs is at the pushes of this session; "
						     "push again"
						   : strerror(-r));
	}
	(void)send(words, &answer, sizeof(answer), MSG_NOSIGNAL);
}

/* Returns false when the session has ended. */
static bool attend(struct turn *turn, int words)
{
	struct worker_message *message = malloc(sizeof(*message));
	bool goes_on = true;

	while (message) {
		struct pollfd fds[] = { { .fd = words, .events = POLLIN },
					{ .fd = turn->broker->lifeline_fd, .events = POLLIN } };
		int n = poll(fds, 2, turn->has_told ? LEAVE_MS : -1);

		if (n < 0 && errno == EINTR)
			continue;
		goes_on = !fds[1].revents;
		if (n <= 0 || !goes_on ||
		    recv(words, message, sizeof(*message), 0) != sizeof(*message))
			break;
		answer_worker(turn, words, message);
	}
	free(message);
	return goes_on;
}

/* A worker that ended without a word, by a signal: it was killed by a limit, or by a fault. */
static void note_death(const struct turn *turn, int status)
{
	const struct push_remotes *remotes = &turn->broker->remotes;
	cleanup_push_entry struct push_entry entry = { .number = turn->number };
	struct push_problem problem;

	if (!WIFSIGNALED(status) || remotes->count == 0)
		return;
	(void)push_problem_set(&problem, 0,
			       "the process that read it was ended by signal %d: too much time or "
			       "memory (limits in ~/.config/claudefs/push.json)",
			       WTERMSIG(status));
	entry.time_ns = clock_now_ns();
	entry.remote = strdup("");
	entry.target = strdup("");
	if (push_entry_turn(&entry, PUSH_REFUSED, PUSH_BY_RULES, problem.text) == 0 &&
	    entry.remote && entry.target)
		(void)push_entry_write(&turn->broker->store, &entry);
}

static bool run_worker(struct turn *turn, int connection)
{
	bool goes_on = true;
	pid_t parent = getpid();
	int status = 0;
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return true;
	pid = fork();
	if (pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != parent)
			_exit(1);
		worker_run(turn->broker, connection, ends[1], turn->path);
	}
	(void)close(ends[1]);
	if (pid > 0) {
		goes_on = attend(turn, ends[0]);
		if (!goes_on || turn->has_told)
			(void)kill(pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (!turn->has_told && goes_on)
			note_death(turn, status);
	}
	(void)close(ends[0]);
	return goes_on;
}

/* What is not open any more needs no objects. */
static void clean_up(const struct turn *turn)
{
	cleanup_push_entry struct push_entry entry = { 0 };
	int r = push_entry_read(&turn->broker->store, turn->number, &entry);

	if (r < 0 || !push_is_open(&entry))
		(void)push_store_drop(&turn->broker->store, turn->number);
}

/* Returns the next number, or -ENOSPC: too many of this session. */
static int next_number(const struct broker *broker)
{
	int last = push_store_last(&broker->store);
	unsigned int open = 0;

	for (int i = 1; i <= last; i++) {
		cleanup_push_entry struct push_entry entry = { 0 };

		if (push_entry_read(&broker->store, (unsigned int)i, &entry) == 0)
			open += push_is_open(&entry);
	}
	if (last < 0)
		return last;
	return last >= (int)PUSH_ENTRIES_MAX || open >= PUSH_HELD_MAX ? -ENOSPC : last + 1;
}

/* One more might fill the disk with what nobody looks at. Nothing is thrown away for it: a person
 * decides. Returns false with why. */
static bool has_room(const struct broker *broker, struct push_problem *why)
{
	struct push_usage usage;
	int r = push_usage_read(broker->state, &usage);

	if (r < 0)
		(void)push_problem_set(why, r,
				       "claudefs: the pushes that wait cannot be counted: %s",
				       strerror(-r));
	else if (usage.count >= PUSH_KEPT_MAX ||
		 usage.bytes >= push_rules_limits(broker->rules)->kept_bytes)
		r = push_problem_set(
			why, -ENOSPC,
			"claudefs: %zu pushes of all sessions wait for a person and take "
			"%llu bytes (limits.kept_bytes in ~/.config/claudefs/push.json); "
			"on the host, claudefs --session %s status lists the oldest",
			usage.count, (unsigned long long)usage.bytes, usage.oldest);
	return r == 0;
}

/* Says no to a client that has not spoken yet: it would not read that if its own words failed. */
static void turn_away(int connection, const char *why)
{
	struct wire *wire = calloc(1, sizeof(*wire));

	if (!wire)
		return;
	wire->fd = connection;
	wire_send_error(wire, why);
	wire_drain(wire, TURNED_AWAY_BYTES);
	free(wire);
}

/* Returns false when the session has ended. */
static bool serve_one(struct broker *broker, int connection)
{
	const struct timeval idle = { .tv_sec = IDLE_SECONDS };
	struct turn turn = { .broker = broker };
	struct push_problem why = { 0 };
	bool goes_on = true;
	int number = next_number(broker);

	(void)setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof(idle));
	(void)setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &idle, sizeof(idle));
	if (number < 0) {
		turn_away(connection, "claudefs: too many pushes of this session wait for a "
				      "person; claudefs status on the host lists them");
		return true;
	}
	if (!has_room(broker, &why)) {
		turn_away(connection, why.text);
		return true;
	}
	turn.number = (unsigned int)number;
	turn.path = push_store_quarantine(&broker->store, turn.number);
	if (turn.path && push_quarantine_make(turn.path) == 0) {
		goes_on = run_worker(&turn, connection);
		clean_up(&turn);
	} else {
		turn_away(connection, "claudefs: no room for it on the host");
	}
	free(turn.path);
	return goes_on;
}

/* Returns 1 to go on, 0 when the session has ended, or -errno. */
static int serve_next(struct broker *broker)
{
	struct pollfd fds[] = { { .fd = broker->listen_fd, .events = POLLIN },
				{ .fd = broker->lifeline_fd, .events = POLLIN } };
	cleanup_fd int connection = -1;

	if (poll(fds, 2, -1) < 0)
		return errno == EINTR ? 1 : -errno;
	if (fds[1].revents)
		return 0;
	connection = accept4(broker->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	return connection < 0 || serve_one(broker, connection) ? 1 : 0;
}

int broker_serve(struct broker *broker)
{
	int r;

	do
		r = serve_next(broker);
	while (r > 0);
	return r;
}

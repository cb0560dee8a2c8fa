/* SPDX-License-Identifier: MIT */
#include "fs/git/push_messenger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"

/* From the messenger. */
struct report {
	int result;
	enum push_state state;
	struct push_facts facts;
	struct push_command commands[PUSH_COMMANDS_MAX];
	struct push_problem problem;
};

/* No core, and nobody traces it: it is about to have a credential. */
static int harden(void)
{
	static const struct rlimit none = { 0, 0 };

#ifdef __linux__
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
#endif
	return setrlimit(RLIMIT_CORE, &none) < 0 ? -errno : 0;
}

_Noreturn static void run(const struct push_errand *errand, struct push_entry *entry, int out)
{
	struct report *report = calloc(1, sizeof(*report));

	(void)alarm(errand->seconds);
	if (!report || harden() < 0)
		_exit(1);
	report->result = errand->may_push
				 ? push_deliver(errand->store, entry, errand->by, errand->rules,
						errand->project, &report->problem)
				 : push_examine(errand->store, entry, errand->rules,
						errand->project, &report->problem);
	report->state = entry->state;
	report->facts = entry->facts;
	memcpy(report->commands, entry->commands, sizeof(report->commands));
	_exit(fd_write_all(out, report, sizeof(*report)) == 0 ? 0 : 1);
}

static bool read_report(int in, struct report *ret)
{
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(*ret) && ((n = read(in, (char *)ret + len, sizeof(*ret) - len)) > 0 ||
				      (n < 0 && errno == EINTR)))
		len += n > 0 ? (size_t)n : 0;
	return len == sizeof(*ret);
}

/* What push_deliver() has written; push_examine() writes nothing. */
static void take(const struct push_errand *errand, const struct report *report,
		 struct push_entry *entry)
{
	struct push_entry written = { 0 };

	entry->state = report->state;
	entry->facts = report->facts;
	memcpy(entry->commands, report->commands, sizeof(entry->commands));
	if (errand->may_push && push_entry_read(errand->store, entry->number, &written) == 0) {
		push_entry_done(entry);
		*entry = written;
	}
}

/* It ended without a word: nobody knows whether the remote has the push. Whoever decides about it
 * next is told by the entry, unless it got as far as to write there itself. */
static int note_end(const struct push_errand *errand, struct push_entry *entry,
		    struct push_problem *problem)
{
	const struct push_store *store = errand->store;
	struct push_entry written = { 0 };
	int r = push_problem_set(problem, -EIO,
				 "the remote did not answer in time, or the process that asked it "
				 "was ended; look at the remote, and try again");

	if (!errand->may_push)
		return r;
	if (push_entry_read(store, entry->number, &written) == 0) {
		push_entry_done(entry);
		*entry = written;
	}
	if (entry->state != PUSH_PUSHED) {
		(void)push_entry_turn(entry, entry->state, errand->by, problem->text);
		(void)push_entry_write(store, entry);
		return r;
	}
	(void)push_store_drop(store, entry->number);
	problem->text[0] = '\0';
	return 0;
}

int push_messenger_send(const struct push_errand *errand, struct push_entry *entry,
			struct push_problem *problem)
{
	cleanup_free struct report *report = calloc(1, sizeof(*report));
	cleanup_fd int in = -1;
	bool has_come;
	int ends[2];
	pid_t pid;

	if (!report || pipe2(ends, O_CLOEXEC) < 0)
		return push_problem_set(problem, report ? -errno : -ENOMEM,
					"no process can be started for it");
	in = ends[0];
	pid = fork();
	if (pid == 0)
		run(errand, entry, ends[1]);
	(void)close(ends[1]);
	if (pid < 0)
		return push_problem_set(problem, -EAGAIN, "no process can be started for it");
	has_come = read_report(in, report);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (!has_come)
		return note_end(errand, entry, problem);
	take(errand, report, entry);
	*problem = report->problem;
	return report->result;
}

/* SPDX-License-Identifier: MIT */
#include "fs/git/push_deliver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/git/push_quarantine.h"
#include "fs/git/push_remote.h"

/* From the confined child: written by a process that read the agent's objects. */
struct verdict {
	int result;
	struct push_facts facts;
	struct push_problem problem;
};

_Noreturn static void check_in_child(int out, const char *path, const struct push_command *commands,
				     size_t count, const struct push_refs *remote,
				     const struct push_rules *rules)
{
	struct verdict verdict = { 0 };
	size_t bad = 0;

	/* Neither the agent's connection nor anything else of whoever has the credential. */
	(void)fd_close_others(&out, 1);
	(void)alarm((unsigned int)push_rules_limits(rules)->seconds);
	verdict.result = push_confine(path, push_rules_limits(rules));
	if (verdict.result == 0)
		verdict.result = push_check(path, commands, count, remote, rules, &verdict.facts,
					    &bad, &verdict.problem);
	_exit(fd_write_all(out, &verdict, sizeof(verdict)) == 0 ? 0 : 1);
}

static int read_verdict(int in, struct push_facts *ret, struct push_problem *problem)
{
	struct verdict verdict;
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(verdict) &&
	       ((n = read(in, (char *)&verdict + len, sizeof(verdict) - len)) > 0 ||
		(n < 0 && errno == EINTR)))
		len += n > 0 ? (size_t)n : 0;
	if (len < sizeof(verdict) || verdict.result > 0)
		return push_problem_set(problem, -EPERM,
					"the process that looks at it ended: it took too long or "
					"too much memory (limits in ~/.config/claudefs/push.json)");
	verdict.problem.text[PUSH_PROBLEM_SIZE - 1] = '\0';
	if (verdict.result == 0)
		*ret = verdict.facts;
	else if (verdict.problem.text[0])
		/* Made safe once more. */
		return push_problem_set(problem, verdict.result, "%s", verdict.problem.text);
	else
		return push_problem_set(problem, verdict.result, "it cannot be looked at: %s",
					strerror(-verdict.result));
	return 0;
}

static int check_confined(const char *path, const struct push_command *commands, size_t count,
			  const struct push_refs *remote, const struct push_rules *rules,
			  struct push_facts *ret, struct push_problem *problem)
{
	cleanup_fd int in = -1;
	int ends[2];
	pid_t pid;
	int r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	in = ends[0];
	pid = fork();
	if (pid == 0)
		check_in_child(ends[1], path, commands, count, remote, rules);
	r = pid < 0 ? -errno : 0;
	(void)close(ends[1]);
	if (r == 0)
		r = read_verdict(in, ret, problem);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return r;
}

int push_examine(const struct push_store *store, struct push_entry *entry,
		 const struct push_rules *rules, const char *project, struct push_problem *problem)
{
	struct push_access access = { .project = project,
				      .directory = store->empty,
				      .refuse_broad = entry->refuse_broad };
	cleanup_free char *path = push_store_quarantine(store, entry->number);
	cleanup_push_refs struct push_refs remote = { 0 };
	int r = path ? 0 : -ENOMEM;

	problem->text[0] = '\0';
	if (!push_rules_allow_remote(rules, entry->remote))
		return push_problem_set(problem, -EPERM,
					"%s: \"remotes\" in ~/.config/claudefs/push.json does not "
					"have it; add it there",
					entry->remote);
	if (r == 0)
		r = push_remote_list(path, entry->target, &access, &remote, problem);
	if (r == 0)
		r = push_store_write_refs(store, entry->number, &remote);
	if (r == 0)
		r = check_confined(path, entry->commands, entry->count, &remote, rules,
				   &entry->facts, problem);
	for (size_t i = 0; r == 0 && i < entry->count; i++) {
		const char *was = push_refs_find(&remote, entry->commands[i].ref);

		memcpy(entry->commands[i].old_id, was ? was : PUSH_ID_NONE, OBJECT_ID_HEX_SIZE);
	}
	if (r < 0 && !problem->text[0])
		(void)push_problem_set(problem, r, "%s", strerror(-r));
	return r;
}

static int send_entry(const struct push_store *store, const struct push_entry *entry,
		      const char *project, struct push_problem *problem)
{
	struct push_access access = { .project = project,
				      .directory = store->empty,
				      .refuse_broad = entry->refuse_broad };
	cleanup_free char *path = push_store_quarantine(store, entry->number);
	int r = path ? push_remote_send(path, entry->target, &access, entry->commands, entry->count,
					problem)
		     : -ENOMEM;

	if (r < 0 && !problem->text[0])
		(void)push_problem_set(problem, r, "%s", strerror(-r));
	return r;
}

int push_deliver(const struct push_store *store, struct push_entry *entry, enum push_actor by,
		 const struct push_rules *rules, const char *project, struct push_problem *problem)
{
	int r = push_examine(store, entry, rules, project, problem);
	int w;

	if (r == 0)
		r = send_entry(store, entry, project, problem);
	(void)push_entry_turn(entry, r == 0 ? PUSH_PUSHED : entry->state, by,
			      r < 0 ? problem->text : NULL);
	w = push_entry_write(store, entry);
	if (!push_is_open(entry))
		(void)push_store_drop(store, entry->number);
	if (r == 0 && w < 0)
		return push_problem_set(problem, w, "pushed, but that cannot be noted: %s",
					strerror(-w));
	return r;
}

/* SPDX-License-Identifier: MIT */
#include "fs/git/push_deliver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/git/push_checker.h"
#include "fs/git/push_remote.h"

struct journey {
	const struct push_store *store;
	const char *path; /* of the quarantine */
	struct push_access access;
};

static int feed_checker(const void *data, size_t len, void *arg)
{
	return push_checker_feed(arg, data, len);
}

/* The remote has more than the quarantine knows. What it has too is not new: a refusal may go. One
 * that stands because that could not be had says so. */
static void look_again(struct journey *journey, struct push_checker *checker,
		       const struct push_entry *entry, const struct push_refs *remote,
		       struct push_verdict *verdict)
{
	struct push_problem problem = { 0 };
	int r = push_remote_fetch(journey->path, entry->target, &journey->access, entry->commands,
				  entry->count, remote, verdict->wants, verdict->want_count,
				  feed_checker, checker, &problem);

	if (r == 0)
		r = push_checker_ask_again(checker, remote, verdict);
	if (r < 0 && verdict->result < 0) {
		struct push_problem first = verdict->problem;

		(void)push_problem_set(&verdict->problem, 0,
				       "%s; what the remote has since could not be had: %s",
				       first.text, problem.text[0] ? problem.text : strerror(-r));
	}
}

/* In the order that keeps the credential from whoever reads the agent's objects: that one is forked
 * before it is asked for. */
static int examine(struct journey *journey, struct push_entry *entry,
		   const struct push_rules *rules, struct push_problem *problem)
{
	cleanup_push_checker struct push_checker checker = PUSH_CHECKER_NONE;
	cleanup_push_refs struct push_refs remote = { 0 };
	struct push_verdict verdict = { 0 };
	int r = push_checker_start(journey->path, entry->commands, entry->count, rules, &checker);

	if (r == 0)
		r = push_remote_list(journey->path, entry->target, &journey->access, &remote,
				     problem);
	if (r == 0)
		r = push_store_write_refs(journey->store, entry->number, &remote);
	if (r < 0)
		return r;
	push_checker_ask(&checker, &remote, &verdict);
	if (verdict.want_count > 0)
		look_again(journey, &checker, entry, &remote, &verdict);
	if (verdict.result < 0) {
		*problem = verdict.problem;
		return verdict.result;
	}
	entry->facts = verdict.facts;
	for (size_t i = 0; i < entry->count; i++) {
		const char *was = push_refs_find(&remote, entry->commands[i].ref);

		memcpy(entry->commands[i].old_id, was ? was : PUSH_ID_NONE, OBJECT_ID_HEX_SIZE);
	}
	return 0;
}

/* examine(), and the push if it is to be. */
static int travel(const struct push_store *store, struct push_entry *entry,
		  const struct push_rules *rules, const char *project, bool may_push,
		  struct push_problem *problem)
{
	cleanup_free char *path = push_store_quarantine(store, entry->number);
	cleanup_free char *way = push_store_make_way(store, entry->number);
	struct journey journey = { .store = store,
				   .path = path,
				   .access = { .project = project,
					       .directory = store->empty,
					       .way = way,
					       .refuse_broad = entry->refuse_broad } };
	int r = path && way ? 0 : -EIO;

	problem->text[0] = '\0';
	problem->word[0] = '\0';
	if (!push_rules_allow_remote(rules, entry->remote))
		r = push_problem_set(problem, -EPERM,
				     "%s: \"remotes\" in ~/.config/claudefs/push.json does not "
				     "have it; add it there",
				     entry->remote);
	if (r == 0)
		r = examine(&journey, entry, rules, problem);
	if (r == 0 && may_push)
		r = push_remote_send(path, entry->target, &journey.access, entry->commands,
				     entry->count, problem);
	push_credential_done(&journey.access.credential);
	push_store_drop_way(store, entry->number);
	if (r < 0 && !problem->text[0])
		(void)push_problem_set(problem, r, "%s", strerror(-r));
	return r;
}

int push_examine(const struct push_store *store, struct push_entry *entry,
		 const struct push_rules *rules, const char *project, struct push_problem *problem)
{
	return travel(store, entry, rules, project, false, problem);
}

int push_examine_unasked(const struct push_store *store, struct push_entry *entry,
			 const struct push_rules *rules, struct push_problem *problem)
{
	cleanup_push_checker struct push_checker checker = PUSH_CHECKER_NONE;
	cleanup_free char *path = push_store_quarantine(store, entry->number);
	const struct push_refs nothing = { 0 };
	struct push_verdict verdict = { 0 };
	int r = path ? push_checker_start(path, entry->commands, entry->count, rules, &checker)
		     : -ENOMEM;

	if (r < 0)
		return push_problem_set(problem, r, "%s", strerror(-r));
	push_checker_ask(&checker, &nothing, &verdict);
	entry->facts = verdict.facts;
	if (verdict.result == 0 || verdict.result == -EPERM)
		return 0;
	*problem = verdict.problem;
	return verdict.result;
}

int push_deliver(const struct push_store *store, struct push_entry *entry, enum push_actor by,
		 const struct push_rules *rules, const char *project, struct push_problem *problem)
{
	int r = travel(store, entry, rules, project, true, problem);
	int w;

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

/* SPDX-License-Identifier: MIT */
#include "fs/commit/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/path_name.h"
#include "fs/review/host_now.h"
#include "fs/review/parts.h"

struct commit_plan {
	const struct review *review;
	struct commit_choice choice;
	struct plan_entry *entries;
	size_t count;
	struct plan_rest *rest;
	size_t rest_count;
};

const char *plan_action_name(enum plan_action action)
{
	switch (action) {
	case PLAN_MKDIR: return "mkdir";
	case PLAN_CREATE: return "create";
	case PLAN_REPLACE: return "replace";
	case PLAN_APPEND: return "append";
	case PLAN_CUT: return "cut";
	case PLAN_DELETE: return "delete";
	case PLAN_RMDIR: return "rmdir";
	case PLAN_KEEP: return "keep";
	}
	return "unknown";
}

static bool is_named(const struct commit_choice *choice, const char *path)
{
	for (size_t i = 0; i < choice->only_count; i++) {
		if (path_is_beneath(path, choice->only[i]))
			return true;
	}
	return false;
}

static bool is_named_itself(const struct commit_choice *choice, const char *path)
{
	for (size_t i = 0; i < choice->only_count; i++) {
		if (strcmp(path, choice->only[i]) == 0)
			return choice->only_approves;
	}
	return false;
}

static bool approves_named(const struct commit_choice *choice)
{
	return choice->approve_all || (choice->only && choice->only_approves);
}

static bool is_asked(const struct commit_choice *choice, const struct change *change,
		     struct plan_entry *entry)
{
	bool is_yes = choice->is_approved && choice->is_approved(change, entry, choice->arg);

	/* Part by part: each answer is bound by itself. */
	entry->by_parts = entry->answers != NULL;
	entry->is_bound = is_yes && !entry->by_parts;
	return is_yes;
}

/* Some of its keys may go by a decision on them. */
static bool is_chosen_by_key(const struct commit_choice *choice, const struct change *change)
{
	return change->merge == RULE_MERGE_JSON_KEYS && choice->choose_key &&
	       change->keys.asks + change->keys.conflicts > 0;
}

static void bind(struct plan_entry *entry, const struct change *change)
{
	entry->is_bound = true;
	entry->digest = change->digest;
}

/* NULL: it will be applied; else why it stays. */
static const char *why_unapproved(const struct commit_choice *choice, const struct change *change,
				  struct plan_entry *entry)
{
	if (approves_named(choice))
		return NULL;
	if (change->decision == CHANGE_APPROVED) {
		bind(entry, change);
		return NULL;
	}
	if (is_asked(choice, change, entry))
		return NULL;
	return change->decision == CHANGE_LAPSED ? "it has changed since you decided about it"
						 : change->reason;
}

/* Some of its edits were decided about: with the rule's word, or all approved, those that were not
 * rejected go; else those that were approved. */
static const char *why_no_part(const struct commit_choice *choice, const struct change *change,
			       struct plan_entry *entry)
{
	bool takes_open = change->group == REVIEW_WILL_COMMIT || approves_named(choice);
	bool is_any = false;

	if (!takes_open && change_has_hunk(change, DECISION_NONE)) {
		if (is_asked(choice, change, entry))
			return NULL;
		/* What was answered now counts, and not what was decided before. */
		if (entry->chosen)
			return "none of its hunks was approved";
	}
	entry->chosen = calloc(change->hunk_count + 1, sizeof(*entry->chosen));
	if (!entry->chosen)
		return "out of memory";
	entry->chosen_count = change->hunk_count;
	for (size_t i = 0; i < change->hunk_count; i++) {
		entry->chosen[i] = change->hunks[i] == DECISION_APPROVED ||
				   (takes_open && change->hunks[i] == DECISION_NONE);
		is_any = is_any || entry->chosen[i];
	}
	bind(entry, change);
	/* If all were rejected, the whole is: CHANGE_REJECTED. */
	return is_any ? NULL : "some of its hunks were rejected, the others need approval";
}

/* Some of its keys or records were decided about. By the rule's word, or all approved, those that
 * were not rejected go; else those that were approved. */
static const char *why_no_named_part(const struct commit_choice *choice,
				     const struct change *change, struct plan_entry *entry)
{
	bool is_keys = change->merge == RULE_MERGE_JSON_KEYS;
	bool goes_by_itself = is_keys ? change->keys.goes > 0 : change->group == REVIEW_WILL_COMMIT;

	entry->takes_asked = approves_named(choice) || (!is_keys && goes_by_itself);
	if (!entry->takes_asked && change->parts.open > 0 &&
	    (is_asked(choice, change, entry) || entry->by_parts)) {
		entry->takes_asked = !entry->by_parts;
		return NULL;
	}
	entry->by_parts = true;
	if (goes_by_itself || change->parts.approved > 0 ||
	    (entry->takes_asked && change->parts.open > 0))
		return NULL;
	return change->parts.open > 0 ? "some of it was rejected, the rest needs approval"
				      : "rejected";
}

static const char *why_it_stays(const struct commit_choice *choice, const struct change *change,
				struct plan_entry *entry)
{
	bool is_named = is_named_itself(choice, change->path);

	if (change->decision == CHANGE_REJECTED && !is_named)
		return "rejected";
	if (change->parts.scope == DECISION_WHOLE &&
	    (change->group == REVIEW_NEEDS_APPROVAL || change->group == REVIEW_CONFLICT) &&
	    is_chosen_by_key(choice, change))
		return NULL;
	switch (change->group) {
	case REVIEW_WILL_COMMIT:
	case REVIEW_NEEDS_APPROVAL:
		if (change->parts.scope != DECISION_WHOLE && !is_named)
			return why_no_named_part(choice, change, entry);
		if (change->decision == CHANGE_PARTLY && !is_named)
			return why_no_part(choice, change, entry);
		return change->group == REVIEW_WILL_COMMIT ? NULL
							   : why_unapproved(choice, change, entry);
	case REVIEW_NEVER_LEAVES:
	case REVIEW_HELD:
	case REVIEW_CONFLICT: return change->reason;
	}
	return "of a group that this version does not know";
}

static enum plan_action action_of(const struct change *change)
{
	switch (change->kind) {
	case CHANGE_MKDIR: return PLAN_MKDIR;
	case CHANGE_CREATE:
		if (!change->has_host_entry || change->merge == RULE_MERGE_REPLACE)
			return PLAN_CREATE;
		return change->merge == RULE_MERGE_JSON_KEYS ? PLAN_REPLACE : PLAN_APPEND;
	case CHANGE_MODIFY:
	case CHANGE_TYPE_CHANGE: /* never planned: held */
		return change->merge == RULE_MERGE_REPLACE || change->merge == RULE_MERGE_JSON_KEYS
			       ? PLAN_REPLACE
			       : PLAN_APPEND;
	case CHANGE_DELETE: return PLAN_DELETE;
	case CHANGE_RMDIR: return PLAN_RMDIR;
	}
	return PLAN_REPLACE;
}

static int compare_entries(const void *a, const void *b)
{
	const struct plan_entry *x = a;
	const struct plan_entry *y = b;

	if (x->is_by_key != y->is_by_key)
		return x->is_by_key ? 1 : -1;
	if (x->action != y->action)
		return x->action < y->action ? -1 : 1;
	/* Directories go after what is in them. */
	if (x->action == PLAN_RMDIR)
		return strcmp(y->change->path, x->change->path);
	return strcmp(x->change->path, y->change->path);
}

static void entry_done(struct plan_entry *entry)
{
	free(entry->chosen);
	decisions_free(entry->answers);
}

static void leave(struct commit_plan *plan, const struct change *change, const char *reason)
{
	plan->rest[plan->rest_count++] = (struct plan_rest){
		.change = change,
		.reason = reason,
		.is_open = change->group == REVIEW_NEEDS_APPROVAL && change_is_open(change),
	};
}

/* True if a change that stays continues the host's file of this name. */
static bool is_needed(const struct commit_plan *plan, const char *path)
{
	for (size_t i = 0; i < plan->rest_count; i++) {
		const struct change *change = plan->rest[i].change;

		if (change->prefix > 0 && strcmp(change->prefix_path, path) == 0)
			return true;
	}
	return false;
}

/* Whether something of an entry that is by_parts was left out. */
static bool leaves_parts(const struct plan_entry *entry)
{
	const struct change_parts *parts = &entry->change->parts;

	return entry->by_parts &&
	       (entry->answers || parts->rejected > 0 || (parts->open > 0 && !entry->takes_asked));
}

/* Takes back what would pull the ground from under a change that stays. */
static void protect_prefixes(struct commit_plan *plan)
{
	size_t kept = 0;

	for (size_t i = 0; i < plan->count; i++) {
		struct plan_entry *entry = &plan->entries[i];
		bool takes = entry->action == PLAN_DELETE || entry->action == PLAN_REPLACE;

		if (takes && is_needed(plan, entry->change->path)) {
			/* Of which something stays anyway is told already. */
			if (!entry->chosen && !leaves_parts(entry))
				leave(plan, entry->change,
				      "a change that stays pending continues it");
			entry_done(entry);
		} else
			plan->entries[kept++] = *entry;
	}
	plan->count = kept;
}

static const char *find_missing(const struct review *review, const struct commit_choice *choice)
{
	for (size_t i = 0; i < choice->only_count; i++) {
		bool is_found = false;

		for (size_t k = 0; !is_found && k < review_count(review); k++)
			is_found = path_is_beneath(review_get(review, k)->path, choice->only[i]);
		if (!is_found)
			return choice->only[i];
	}
	return NULL;
}

/* Over what the host has at this moment: if that changes once more, it is a conflict again. */
static int add_theirs(struct commit_plan *plan, const struct change *change)
{
	struct plan_entry entry = { .change = change, .has_base = true };
	int r = host_now(plan->review, change->path, &entry.base);

	if (r < 0) {
		leave(plan, change, "what the host has there cannot be read");
		return r == -ENOMEM ? r : 0;
	}
	entry.action = change->kind == CHANGE_DELETE ? PLAN_DELETE
		       : entry.base.exists           ? PLAN_REPLACE
						     : PLAN_CREATE;
	/* Never the whole of a file whose keys have rules of their own. */
	entry.is_by_key = change->merge == RULE_MERGE_JSON_KEYS;
	entry.forces = entry.is_by_key;
	plan->entries[plan->count++] = entry;
	return 0;
}

/* Nor those that the person rejected. */
static void add_records_without_conflicts(struct commit_plan *plan, const struct change *change)
{
	const struct decisions *decisions = review_decisions(plan->review);

	plan->entries[plan->count++] = (struct plan_entry){
		.change = change,
		.action = action_of(change),
		.drops_conflicts = true,
		.by_parts = decisions && decisions_has(decisions, change->path, DECISION_RECORD),
		.takes_asked = true,
	};
}

static int add_settled(struct commit_plan *plan, const struct commit_choice *choice)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < choice->theirs_count; i++)
		r = add_theirs(plan, choice->theirs[i]);
	for (size_t i = 0; r == 0 && i < choice->ours_count; i++) {
		if (choice->ours[i]->merge == RULE_MERGE_JSON_KEYS) {
			leave(plan, choice->ours[i], "by key: the host's values stay as they are");
			continue;
		}
		if (choice->ours[i]->merge == RULE_MERGE_UNION_RECORDS) {
			add_records_without_conflicts(plan, choice->ours[i]);
			continue;
		}
		plan->entries[plan->count++] =
			(struct plan_entry){ .change = choice->ours[i], .action = PLAN_KEEP };
	}
	return r;
}

static void plan_change(struct commit_plan *plan, const struct change *change)
{
	const struct commit_choice *choice = &plan->choice;
	struct plan_entry entry = { .change = change, .action = action_of(change) };
	const char *why = why_it_stays(choice, change, &entry);

	entry.is_by_key = change->merge == RULE_MERGE_JSON_KEYS;
	if (!why && entry.is_by_key && !entry.by_parts)
		entry.takes_asked = change->keys.asks > 0 &&
				    (entry.is_bound || !why_unapproved(choice, change, &entry)) &&
				    !entry.by_parts;
	/* Its lines are not what is judged. */
	if (!why && entry.is_by_key && entry.chosen)
		why = "its keys are decided about, not its hunks";
	if (why) {
		entry_done(&entry);
		leave(plan, change, why);
		return;
	}
	plan->entries[plan->count++] = entry;
	if (entry.chosen)
		leave(plan, change, "its other hunks stay");
	else if (leaves_parts(&entry))
		leave(plan, change,
		      entry.is_by_key ? "its other keys stay" : "its other records stay");
	else
		return;
	/* All but what was rejected goes. */
	if (approves_named(choice))
		plan->rest[plan->rest_count - 1].is_open = false;
}

ANALYZER_LOSES_OWNERS
int commit_plan_new(const struct review *review, const struct commit_choice *choice,
		    struct commit_plan **ret, const char **ret_missing)
{
	cleanup_commit_plan struct commit_plan *plan = calloc(1, sizeof(*plan));
	/* One may be named by both sides. */
	size_t total = review_count(review) + choice->theirs_count + choice->ours_count;
	const char *missing = find_missing(review, choice);
	int r;

	if (!plan)
		return -ENOMEM;
	if (missing) {
		*ret_missing = missing;
		return -ENOENT;
	}
	plan->review = review;
	plan->choice = *choice;
	plan->entries = calloc(total + 1, sizeof(*plan->entries));
	plan->rest = calloc(total + 1, sizeof(*plan->rest));
	if (!plan->entries || !plan->rest)
		return -ENOMEM;
	for (size_t i = 0; i < review_count(review); i++) {
		const struct change *change = review_get(review, i);

		if (choice->theirs_count + choice->ours_count > 0)
			continue;
		if (choice->only && !is_named(choice, change->path))
			continue;
		plan_change(plan, change);
	}
	r = add_settled(plan, choice);
	if (r < 0)
		return r;
	protect_prefixes(plan);
	if (plan->count > 0)
		qsort(plan->entries, plan->count, sizeof(*plan->entries), compare_entries);
	*ret = steal_ptr(&plan);
	return 0;
}
ANALYZER_KNOWS_OWNERS

void commit_plan_free(struct commit_plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; i < plan->count; i++)
		entry_done(&plan->entries[i]);
	free(plan->entries);
	free(plan->rest);
	free(plan);
}

void cleanup_commit_plan_free(struct commit_plan **plan)
{
	commit_plan_free(*plan);
}

static const struct decisions *decided(const struct commit_plan *plan,
				       const struct plan_entry *entry)
{
	return entry->answers ? entry->answers : review_decisions(plan->review);
}

/* One that cannot be judged stays. */
static enum json_key_choice choose_decided(const struct commit_plan *plan,
					   const struct plan_entry *entry,
					   const struct key_change *key)
{
	struct part_verdict verdict;

	if (parts_judge_key(plan->review, entry->change, key, decided(plan, entry), &verdict) < 0)
		return JSON_KEY_LEAVE;
	switch (verdict.verdict) {
	case DECISION_APPROVED: return JSON_KEY_TAKE;
	case DECISION_REJECTED: return JSON_KEY_LEAVE;
	case DECISION_NONE: break;
	}
	return (key->fate == KEY_FATE_GOES && !verdict.asks) || entry->takes_asked ? JSON_KEY_TAKE
										   : JSON_KEY_LEAVE;
}

int commit_plan_takes_record(const struct commit_plan *plan, const struct plan_entry *entry,
			     struct record_names *names, const char *line, size_t len)
{
	struct part_verdict verdict;
	int r = parts_judge_record(plan->review, entry->change, names, line, len,
				   decided(plan, entry), &verdict);

	if (r < 0)
		return r;
	return verdict.verdict == DECISION_APPROVED ||
	       (verdict.verdict == DECISION_NONE && entry->takes_asked &&
		!(verdict.asks && entry->drops_conflicts));
}

enum json_key_choice commit_plan_choose_key(const struct commit_plan *plan,
					    const struct plan_entry *entry,
					    const struct key_change *key)
{
	enum key_fate fate = key->fate == KEY_FATE_GOES && entry->change->asks_again ? KEY_FATE_ASKS
										     : key->fate;

	if (entry->by_parts && (key->fate == KEY_FATE_GOES || key->fate == KEY_FATE_ASKS))
		return choose_decided(plan, entry, key);
	switch (fate) {
	case KEY_FATE_GOES: return JSON_KEY_TAKE;
	case KEY_FATE_ASKS:
	case KEY_FATE_CONFLICT:
		if (entry->forces && key->fate == KEY_FATE_CONFLICT)
			return JSON_KEY_FORCE;
		if (plan->choice.choose_key)
			return plan->choice.choose_key(entry->change, key, plan->choice.arg);
		/* A conflict is taken, too, to be told: the merge leaves it out. */
		return key->fate == KEY_FATE_CONFLICT || entry->takes_asked ? JSON_KEY_TAKE
									    : JSON_KEY_LEAVE;
	case KEY_FATE_STAYS:
	case KEY_FATE_DONE: return JSON_KEY_LEAVE;
	}
	return JSON_KEY_LEAVE;
}

size_t commit_plan_count(const struct commit_plan *plan)
{
	return plan->count;
}

const struct plan_entry *commit_plan_get(const struct commit_plan *plan, size_t index)
{
	return index < plan->count ? &plan->entries[index] : NULL;
}

size_t commit_plan_rest_count(const struct commit_plan *plan)
{
	return plan->rest_count;
}

const struct plan_rest *commit_plan_rest_get(const struct commit_plan *plan, size_t index)
{
	return index < plan->rest_count ? &plan->rest[index] : NULL;
}

const struct review *commit_plan_review(const struct commit_plan *plan)
{
	return plan->review;
}

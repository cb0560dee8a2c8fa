/* SPDX-License-Identifier: MIT */
#include "fs/cli/part_decision.h"

#include <errno.h>
#include <string.h>

#include "fs/base/message.h"

static int say_failure(const struct part_decision *decision, const struct change *change, int error)
{
	message_error("%s: %s: its content cannot be read: %s; nothing was decided",
		      decision->command, change->path, strerror(-error));
	return message_exit_code(error);
}

/* Why nobody decides about this key. */
static int say_fate(const struct part_decision *decision, const struct change *change,
		    const struct part *part)
{
	const char *command = decision->command;

	switch (part->key->fate) {
	case KEY_FATE_STAYS:
		message_error("%s: %s: %s: never leaves the sandbox: %s", command, change->path,
			      part->name, part->key->why ? part->key->why : "no rule lets it");
		return EXIT_REFUSED;
	case KEY_FATE_CONFLICT:
		message_error("%s: %s: %s: in conflict: %s; carry it over by hand", command,
			      change->path, part->name,
			      part->key->why ? part->key->why : "the host changed it too");
		return EXIT_CONFLICT;
	case KEY_FATE_DONE:
		message_error("%s: %s: %s: the host has it already", command, change->path,
			      part->name);
		return EXIT_USAGE;
	case KEY_FATE_GOES:
	case KEY_FATE_ASKS: break;
	}
	message_error("%s: %s: a key with so long a name is decided about with its file only",
		      command, change->path);
	return EXIT_USAGE;
}

static int find(const struct part_decision *decision, const struct change *change,
		const struct parts *parts, const char *name, size_t *ret)
{
	const char *noun = parts_scope(change) == DECISION_KEY ? "key" : "record";
	int r = parts_find(parts, name, ret);

	if (r == -ENOTUNIQ) {
		message_error(
			"%s: %s: %s: more than one %s is called so; 'claudefs diff --json %s' "
			"has their full names",
			decision->command, change->path, name, noun, change->path);
		return EXIT_USAGE;
	}
	if (r < 0) {
		message_error("%s: %s: %s: no such %s is pending; 'claudefs diff --json %s' lists "
			      "them",
			      decision->command, change->path, name, noun, change->path);
		return EXIT_USAGE;
	}
	if (!decision->cli->resets && !parts_get(parts, *ret)->may_be_decided)
		return say_fate(decision, change, parts_get(parts, *ret));
	return EXIT_OK;
}

static const struct argument_list *names_of(const struct part_decision *decision,
					    const struct change *change)
{
	return parts_scope(change) == DECISION_KEY ? &decision->cli->keys : &decision->cli->records;
}

/* -EAGAIN: the session has written since the approval was found to count. */
static int check_same(const struct change *change, const struct parts *parts)
{
	struct digest digest;
	int r = parts_digest(parts, change, &digest);

	return r < 0 ? r : digest_is_equal(&digest, &change->digest) ? 0 : -EAGAIN;
}

/* "approved as a whole" becomes "each part approved", for those that are not named. */
static int keep_whole(const struct part_decision *decision, const struct change *change,
		      const struct parts *parts, struct deciding *deciding)
{
	enum decision_verdict verdict = change->decision == CHANGE_APPROVED   ? DECISION_APPROVED
					: change->decision == CHANGE_REJECTED ? DECISION_REJECTED
									      : DECISION_NONE;
	int r = EXIT_OK;

	if (change->parts.scope != DECISION_WHOLE || verdict == DECISION_NONE)
		return EXIT_OK;
	r = check_same(change, parts);
	if (r < 0)
		return say_failure(decision, change, r);
	for (size_t i = 0; r == EXIT_OK && i < parts_count(parts); i++) {
		const struct part *part = parts_get(parts, i);

		if (part->may_be_decided)
			r = deciding_set_part(deciding, change->path, parts_scope(change),
					      part->name, verdict, &part->digest);
	}
	return r;
}

static int set(const struct part_decision *decision, const struct change *change,
	       const struct part *part, struct deciding *deciding)
{
	enum decision_scope scope = parts_scope(change);
	int r = EXIT_OK;

	if (decision->cli->resets) {
		if (!decisions_forget_part(deciding->decisions, change->path, scope, part->name))
			return EXIT_OK;
	} else {
		r = deciding_set_part(deciding, change->path, scope, part->name, decision->verdict,
				      &part->digest);
	}
	if (r == EXIT_OK)
		decision->tell(change->path, scope, part->name, decision->arg);
	return r;
}

static int check_form(const struct part_decision *decision, const struct change *change)
{
	const struct cli *cli = decision->cli;
	enum decision_scope scope = parts_scope(change);

	if (cli->keys.count > 0 && scope != DECISION_KEY) {
		message_error("%s: %s: is not merged by key; leave out --key", decision->command,
			      change->path);
		return EXIT_USAGE;
	}
	if (cli->records.count > 0 && scope != DECISION_RECORD) {
		message_error("%s: %s: is no transcript that was continued; leave out --record",
			      decision->command, change->path);
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

int part_decision_make(const struct part_decision *decision, const struct change *change,
		       struct deciding *deciding)
{
	const struct argument_list *names = names_of(decision, change);
	cleanup_parts struct parts *parts = NULL;
	size_t found[ARGUMENT_LIST_MAX];
	int r = check_form(decision, change);

	if (r != EXIT_OK)
		return r;
	r = parts_of_change(decision->review, change, review_decisions(decision->review), false,
			    &parts);
	if (r < 0)
		return say_failure(decision, change, r);
	for (size_t i = 0; i < names->count; i++) {
		r = find(decision, change, parts, names->items[i], &found[i]);
		if (r != EXIT_OK)
			return r;
	}
	r = keep_whole(decision, change, parts, deciding);
	for (size_t i = 0; r == EXIT_OK && i < names->count; i++)
		r = set(decision, change, parts_get(parts, found[i]), deciding);
	return r;
}

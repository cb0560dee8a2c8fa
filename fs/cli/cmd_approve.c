/* SPDX-License-Identifier: MIT */
/* `claudefs approve` and `claudefs reject`: what the person decides about changes before they are
 * committed. Writes only the session's decisions. */
#include <stdio.h>
#include <string.h>

#include "fs/base/message.h"
#include "fs/base/terminal.h"
#include "fs/cli/change_choice.h"
#include "fs/cli/deciding.h"
#include "fs/cli/json_output.h"
#include "fs/cli/part_decision.h"
#include "fs/cli/patch.h"
#include "fs/cli/pushes.h"
#include "fs/review/change_digest.h"

struct decree {
	const struct cli *cli;
	const char *command;
	enum decision_verdict verdict;
	const char *word; /* "approved", "rejected" */
	const struct chosen_session *session;
	const struct open_review *open;
	struct deciding deciding;
	const char *const *noun; /* one, several */
	json_t *list;            /* of what was decided */
	size_t count;
};

static bool names_parts(const struct cli *cli)
{
	return cli->keys.count + cli->records.count > 0;
}

static bool may_be_decided(const struct change *change)
{
	return change->group == REVIEW_WILL_COMMIT || change->group == REVIEW_NEEDS_APPROVAL;
}

static void tell(struct decree *decree, const char *path, const char *word)
{
	cleanup_text struct text line = { 0 };
	json_t *json;

	decree->count++;
	if (decree->cli->is_json) {
		json = json_object();
		json_output_set_name(json, "path", path);
		(void)json_object_set_new(json, "decision", json_string(word));
		(void)json_array_append_new(decree->list, json);
		return;
	}
	text_append(&line, "  ");
	terminal_appendf(&line, decree->cli->is_colored,
			 decree->verdict == DECISION_APPROVED ? STYLE_GREEN : STYLE_YELLOW, "%-8s",
			 word);
	text_append(&line, "  ");
	terminal_append(&line, decree->cli->is_colored, STYLE_PLAIN, path);
	if (line.data)
		printf("%s\n", line.data);
}

/* The same of a key or record. */
static void tell_part(const char *path, enum decision_scope scope, const char *part, void *arg)
{
	struct decree *decree = arg;
	const char *word = decree->cli->resets ? "undecided" : decree->word;
	cleanup_text struct text name = { 0 };
	json_t *json;

	if (!decree->cli->is_json) {
		text_appendf(&name, "%s  %s", path, part);
		tell(decree, name.data ? name.data : path, word);
		return;
	}
	tell(decree, path, word);
	json = json_array_get(decree->list, json_array_size(decree->list) - 1);
	(void)json_object_set_new(json, scope == DECISION_KEY ? "key" : "record",
				  json_string_lossy(part));
}

static int decide_whole(struct decree *decree, const struct change *change)
{
	struct digest digest;
	int r = change_digest(decree->open->review, change, &digest);

	if (r < 0) {
		message_error("%s: %s: its content cannot be read: %s; nothing was decided",
			      decree->command, change->path, strerror(-r));
		return message_exit_code(r);
	}
	r = deciding_set(&decree->deciding, change->path, decree->verdict, &digest);
	if (r == EXIT_OK)
		tell(decree, change->path, decree->word);
	return r;
}

static int reset(struct decree *decree, const struct change *change)
{
	if (decisions_forget(decree->deciding.decisions, change->path) > 0)
		tell(decree, change->path, "undecided");
	return EXIT_OK;
}

static int print_end(const struct decree *decree)
{
	if (decree->cli->is_json) {
		cleanup_json json_t *json = json_object();

		(void)json_object_set_new(json, "session",
					  session_to_json(decree->session, decree->open->review));
		(void)json_object_set(json, "decided", decree->list);
		return json_output_print(json);
	}
	if (decree->count == 0)
		printf("nothing was decided\n");
	else if (decree->verdict == DECISION_APPROVED && !decree->cli->resets)
		printf("approved %zu %s; 'claudefs commit' applies %s\n", decree->count,
		       decree->noun[decree->count != 1], decree->count == 1 ? "it" : "them");
	return EXIT_OK;
}

static int decide_all(struct decree *decree, const struct change_choice *choice)
{
	int r = deciding_open(decree->session, &decree->deciding);

	for (size_t i = 0; r == EXIT_OK && i < choice->count; i++)
		r = decree->cli->resets ? reset(decree, choice->changes[i])
					: decide_whole(decree, choice->changes[i]);
	if (r == EXIT_OK)
		r = deciding_save(&decree->deciding);
	deciding_done(&decree->deciding);
	return r;
}

/* --key and --record. */
static int decide_named(struct decree *decree, const struct change_choice *choice)
{
	static const char *const keys[] = { "key", "keys" };
	static const char *const records[] = { "record", "records" };
	const struct part_decision decision = {
		.cli = decree->cli,
		.command = decree->command,
		.verdict = decree->verdict,
		.review = decree->open->review,
		.tell = tell_part,
		.arg = decree,
	};
	int r;

	if (choice->count != 1) {
		message_error("%s: --key and --record are about one file; name that",
			      decree->command);
		return EXIT_USAGE;
	}
	decree->noun = decree->cli->keys.count > 0 ? keys : records;
	r = deciding_open(decree->session, &decree->deciding);
	if (r == EXIT_OK)
		r = part_decision_make(&decision, choice->changes[0], &decree->deciding);
	if (r == EXIT_OK)
		r = deciding_save(&decree->deciding);
	deciding_done(&decree->deciding);
	return r;
}

/* -p: hunk by hunk; written down after each change. */
static int decide_parts(struct decree *decree, const struct change_choice *choice)
{
	struct patch patch = {
		decree->cli, decree->session, decree->open->review, decree->verdict, false, 0, 0
	};
	int r = EXIT_OK;

	for (size_t i = 0; r == EXIT_OK && i < choice->count && !patch.has_quit; i++) {
		cleanup_patch_result struct patch_result result = { 0 };
		const struct change *change = choice->changes[i];
		size_t before = patch.approved + patch.rejected;

		/* Named or not: what needs no approval is only asked about by its path. */
		if (decree->cli->argument_count == 0 && change->group != REVIEW_NEEDS_APPROVAL)
			continue;
		r = patch_change(&patch, change, &result);
		if (r == EXIT_OK && decree->cli->is_json &&
		    patch.approved + patch.rejected > before)
			tell(decree, change->path, "partly");
	}
	if (r == EXIT_OK && !decree->cli->is_json)
		printf("%zu approved, %zu rejected%s\n", patch.approved, patch.rejected,
		       patch.approved > 0 ? "; 'claudefs commit' applies what was approved" : "");
	return r;
}

static int run(struct decree *decree)
{
	const struct cli *cli = decree->cli;
	cleanup_change_choice struct change_choice choice = { 0 };
	int r;

	r = change_choice_make(decree->command, decree->session, decree->open,
			       (const char *const *)cli->arguments, cli->argument_count,
			       may_be_decided, &choice);
	if (r == EXIT_OK && cli->is_patch) {
		r = decide_parts(decree, &choice);
		return r == EXIT_OK && cli->is_json ? print_end(decree) : r;
	}
	if (r == EXIT_OK)
		r = names_parts(cli) ? decide_named(decree, &choice) : decide_all(decree, &choice);
	return r == EXIT_OK ? print_end(decree) : r;
}

static int decide(const struct cli *cli, const char *command, enum decision_verdict verdict)
{
	cleanup_chosen_session struct chosen_session session = CHOSEN_SESSION_NONE;
	cleanup_open_review struct open_review open = { 0 };
	cleanup_json json_t *list = json_array();
	struct decree decree = {
		.cli = cli,
		.command = command,
		.verdict = verdict,
		.word = decision_verdict_name(verdict),
		.session = &session,
		.open = &open,
		.deciding = { .lock_fd = -1 },
		.list = list,
	};
	static const char *const changes[] = { "change", "changes" };
	int r;

	decree.noun = changes;
	if (names_parts(cli) &&
	    (cli->is_patch || (cli->keys.count > 0 && cli->records.count > 0))) {
		message_error("%s: -p, --key and --record go one at a time", command);
		return EXIT_USAGE;
	}
	if (cli->argument_count == 0 && !cli->is_patch) {
		message_error("%s: name a PATH or a pattern; see 'claudefs help %s'", command,
			      command);
		return EXIT_USAGE;
	}
	r = session_choose(cli, &session);
	if (r == EXIT_OK && session.manifest.is_discarded) {
		message_error("session %s: discarded, so nothing of it is decided", session.id);
		r = EXIT_REFUSED;
	}
	for (size_t i = 0; r == EXIT_OK && i < cli->argument_count; i++) {
		if (push_is_named(cli->arguments[i]))
			return pushes_decide(cli, command, &session,
					     verdict == DECISION_APPROVED ? PUSH_APPROVED
									  : PUSH_REJECTED);
	}
	if (r == EXIT_OK)
		r = open_review(cli, &session, &open);
	return r == EXIT_OK ? run(&decree) : r;
}

int cmd_approve(const struct cli *cli)
{
	return decide(cli, "approve", DECISION_APPROVED);
}

int cmd_reject(const struct cli *cli)
{
	return decide(cli, "reject", DECISION_REJECTED);
}

/* SPDX-License-Identifier: MIT */
/* `approve`, `reject` and `commit` of pushes. What is approved are commit ids: nothing that the
 * sandbox does later changes them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/base/text.h"
#include "fs/cli/json_output.h"
#include "fs/cli/pushes.h"
#include "fs/cli/question.h"
#include "fs/git/push_known.h"
#include "fs/git/push_messenger.h"
#include "fs/git/push_rules.h"
#include "fs/session/session_dir.h"

static int write_entry(const char *command, const struct pushes *pushes,
		       const struct push_entry *entry)
{
	int r = push_entry_write(&pushes->store, entry);

	if (r == 0)
		return EXIT_OK;
	message_error("%s: push:%u: %s", command, entry->number, strerror(-r));
	return message_exit_code(r);
}

static int decide_one(const struct cli *cli, const char *command, struct pushes *pushes,
		      const char *argument, enum push_state state)
{
	struct push_entry *entry = pushes_find(command, pushes, argument);
	int r;

	if (!entry)
		return EXIT_USAGE;
	if (!push_is_open(entry)) {
		message_error("%s: %s: it is %s, and stays so", command, argument,
			      push_state_name(entry->state));
		return EXIT_REFUSED;
	}
	(void)push_entry_turn(entry, cli->resets ? PUSH_HELD : state, PUSH_BY_PERSON, NULL);
	r = write_entry(command, pushes, entry);
	if (r == EXIT_OK && !push_is_open(entry))
		(void)push_store_drop(&pushes->store, entry->number);
	if (r == EXIT_OK && !cli->is_json)
		printf("%s: %s\n", argument, push_state_name(entry->state));
	return r;
}

int pushes_decide(const struct cli *cli, const char *command, const struct chosen_session *session,
		  enum push_state state)
{
	cleanup_pushes struct pushes pushes = PUSHES_NONE;
	int r = EXIT_OK;

	for (size_t i = 0; i < cli->argument_count; i++) {
		if (!push_is_named(cli->arguments[i]) || cli->is_patch) {
			message_error("%s: name pushes apart from paths, and without -p", command);
			return EXIT_USAGE;
		}
	}
	r = pushes_open(command, session, true, &pushes);
	for (size_t i = 0; r == EXIT_OK && i < cli->argument_count; i++)
		r = decide_one(cli, command, &pushes, cli->arguments[i], state);
	if (r == EXIT_OK && cli->is_json) {
		cleanup_json json_t *json = json_object();

		(void)json_object_set_new(json, "pushes", pushes_to_json(&pushes));
		return json_output_print(json);
	}
	if (r == EXIT_OK && state == PUSH_APPROVED && !cli->resets)
		printf("'claudefs commit' pushes what is approved; that cannot be undone\n");
	return r;
}

int pushes_discard(const struct chosen_session *session)
{
	cleanup_pushes struct pushes pushes = PUSHES_NONE;
	int r = pushes_open("discard", session, true, &pushes);

	for (size_t i = 0; r == EXIT_OK && i < pushes.count; i++) {
		struct push_entry *entry = &pushes.items[i];

		if (!push_is_open(entry))
			continue;
		(void)push_entry_turn(entry, PUSH_REJECTED, PUSH_BY_PERSON, NULL);
		r = write_entry("discard", &pushes, entry);
		if (r == EXIT_OK)
			(void)push_store_drop(&pushes.store, entry->number);
	}
	return r;
}

static bool is_named(const struct cli *cli, const struct push_entry *entry)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "push:%u", entry->number);
	for (size_t i = 0; i < cli->only.count; i++) {
		if (strcmp(cli->only.items[i], name) == 0)
			return true;
	}
	return false;
}

static bool ask(const struct push_entry *entry)
{
	cleanup_text struct text text = { 0 };
	char facts[PUSH_FACTS_SIZE];

	text_appendf(&text, "push:%u to %s:", entry->number, entry->target);
	for (size_t i = 0; i < entry->count; i++)
		text_appendf(&text, " %s", entry->commands[i].ref);
	text_appendf(&text, " (%s); it cannot be undone. Push it? [y/n] ",
		     push_facts_text(&entry->facts, facts));
	return question_ask(text.data ? text.data : "Push it? [y/n] ") == 'y';
}

/* To name one is to approve it; --all, which may be typed without a look, is not. */
static bool is_wanted(const struct cli *cli, const struct push_entry *entry)
{
	if (!push_is_open(entry))
		return false;
	if (cli->only.count > 0)
		return is_named(cli, entry);
	if (entry->state == PUSH_APPROVED)
		return true;
	return cli->is_interactive && !cli->is_dry_run && ask(entry);
}

/* Whoever lets a push go to a place stands behind it, for --allow-git-push too. */
static void note_known(const struct chosen_session *session, const struct push_entry *entry)
{
	cleanup_free char *state = session_state_path();
	int r = state ? push_known_add(state, session->manifest.project, entry->target) : -ENOENT;

	if (r < 0)
		message_warning("commit: %s: that you let a push go there cannot be noted: %s",
				entry->target, strerror(-r));
}

static int deliver(const struct cli *cli, const struct chosen_session *session,
		   const struct pushes *pushes, struct push_entry *entry,
		   const struct push_rules *rules)
{
	const struct push_errand errand = { .store = &pushes->store,
					    .rules = rules,
					    .project = session->manifest.project,
					    .may_push = true,
					    .by = PUSH_BY_PERSON };
	struct push_problem problem = { 0 };
	int r = push_messenger_send(&errand, entry, &problem);

	if (r == 0) {
		note_known(session, entry);
		/* Beside the one JSON value of the command. */
		if (cli->is_json) {
			message_info("push:%u: pushed to %s", entry->number, entry->target);
			return EXIT_OK;
		}
		printf("push:%u: pushed to ", entry->number);
		text_print_safe(stdout, entry->target);
		(void)fputc('\n', stdout);
		return EXIT_OK;
	}
	message_error("commit: push:%u: %s", entry->number, problem.text);
	return r == -EPERM || r == -EBADMSG ? EXIT_REFUSED : EXIT_HELD;
}

int pushes_load_rules(struct push_rules **ret)
{
	cleanup_free char *file = NULL;
	struct json_problem problem = { 0 };
	int r = push_rules_new(ret, &file, &problem);

	if (r == 0)
		return EXIT_OK;
	message_error("%s: %s", file ? file : "push rules",
		      problem.reason[0] ? problem.reason : strerror(-r));
	return EXIT_RULES;
}

/* Those that --only names must be there, and still to be pushed. */
static int check_named(const struct cli *cli, struct pushes *pushes)
{
	for (size_t i = 0; i < cli->only.count; i++) {
		const struct push_entry *entry;

		if (!push_is_named(cli->only.items[i]))
			continue;
		entry = pushes_find("commit", pushes, cli->only.items[i]);
		if (!entry)
			return EXIT_USAGE;
		if (!push_is_open(entry)) {
			message_error("commit: %s: it is %s, and stays so", cli->only.items[i],
				      push_state_name(entry->state));
			return EXIT_REFUSED;
		}
	}
	return EXIT_OK;
}

int pushes_commit(const struct cli *cli, const struct chosen_session *session)
{
	cleanup_pushes struct pushes pushes = PUSHES_NONE;
	cleanup_push_rules struct push_rules *rules = NULL;
	int r = pushes_open("commit", session, true, &pushes);
	int worst = EXIT_OK;

	if (r == EXIT_OK)
		r = check_named(cli, &pushes);
	for (size_t i = 0; r == EXIT_OK && i < pushes.count; i++) {
		struct push_entry *entry = &pushes.items[i];
		int code;

		if (!is_wanted(cli, entry))
			continue;
		if (cli->is_dry_run) {
			if (cli->is_json)
				message_info("push:%u would be pushed", entry->number);
			else
				printf("push:%u would be pushed\n", entry->number);
			continue;
		}
		if (!rules)
			r = pushes_load_rules(&rules);
		code = r == EXIT_OK ? deliver(cli, session, &pushes, entry, rules) : r;
		worst = message_worse_code(worst, code);
	}
	return r == EXIT_OK ? worst : r;
}

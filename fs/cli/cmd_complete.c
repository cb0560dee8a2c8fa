/* SPDX-License-Identifier: MIT */
/* `claudefs complete -- WORD...`: what may stand in the place of the last word, for the shells'
 * completions, from the command table itself. A line per candidate, "VALUE<TAB>DESCRIPTION", or
 * ":files" where any file name may stand. Says nothing else, whatever is wrong: a completion that
 * complains is worse than none.
 *
 * Names of changes were chosen by a session: only plain ones (fs/base/fold.h) that are no options
 * are offered. They may still hold anything that means something to a shell; quoting is the
 * shell's. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/fold.h"
#include "fs/base/message.h"
#include "fs/base/path_name.h"
#include "fs/base/text.h"
#include "fs/cli/open_review.h"
#include "fs/cli/pushes.h"
#include "fs/cli/rules_choice.h"
#include "fs/review/parts.h"
#include "fs/review/print_status.h"
#include "fs/review/receipt.h"
#include "fs/session/session_dir.h"

#define CANDIDATES_MAX 2000u

struct completing {
	struct cli cli; /* what the words before say: --session, --rules */
	const char *prefix;
	size_t shown;
};

static bool is_offered(const char *value)
{
	const char *cursor = value;
	const char *name;
	size_t len = 0;

	if (value[0] == '-')
		return false;
	while ((name = path_next(&cursor, &len)) != NULL) {
		char component[PATH_NAME_MAX + 1];

		if (len > PATH_NAME_MAX)
			return false;
		memcpy(component, name, len);
		component[len] = '\0';
		if (!fold_is_plain_name(component))
			return false;
	}
	return true;
}

static void offer(struct completing *completing, const char *value, const char *description)
{
	if (strncmp(value, completing->prefix, strlen(completing->prefix)) != 0 ||
	    completing->shown == CANDIDATES_MAX)
		return;
	completing->shown++;
	printf("%s\t", value);
	text_print_safe(stdout, description);
	(void)fputc('\n', stdout);
}

static void offer_options(struct completing *completing, const struct option_spec *options)
{
	for (; options->name; options++) {
		char value[64];

		(void)snprintf(value, sizeof(value), "--%s", options->name);
		offer(completing, value, options->help);
	}
}

static void offer_commands(struct completing *completing)
{
	for (const struct command *command = commands; command->name; command++)
		offer(completing, command->name, command->summary);
}

static void offer_sessions(struct completing *completing)
{
	cleanup_fd int state_fd = -1;
	char **ids = NULL;
	int count = 0;

	if (session_open_state(&state_fd) == EXIT_OK)
		count = session_list(state_fd, &ids);
	for (int i = 0; i < count && completing->shown < CANDIDATES_MAX; i++) {
		cleanup_chosen_session struct chosen_session session = CHOSEN_SESSION_NONE;
		char started[CLOCK_TEXT_SIZE];
		cleanup_text struct text text = { 0 };

		if (session_open_chosen(state_fd, ids[i], &session) < 0)
			continue;
		clock_format_local(session.manifest.start_ns, started);
		text_appendf(&text, "%s %s", started, session.manifest.project);
		offer(completing, ids[i], text.data ? text.data : "");
	}
	if (count > 0)
		session_list_free(ids, count);
}

static void offer_each_change(struct completing *completing,
			      void (*each)(struct completing *completing,
					   const struct review *review,
					   const struct change *change))
{
	cleanup_chosen_session struct chosen_session session = CHOSEN_SESSION_NONE;
	cleanup_open_review struct open_review open = { 0 };
	cleanup_rules struct rules *rules = NULL;

	if (session_choose(&completing->cli, &session) != EXIT_OK ||
	    rules_choose(&completing->cli, &rules) != EXIT_OK ||
	    open_review_quietly(rules, &session, &open) < 0)
		return;
	for (size_t i = 0; i < review_count(open.review); i++)
		each(completing, open.review, review_get(open.review, i));
}

static void offer_path(struct completing *completing, const struct review *review,
		       const struct change *change)
{
	(void)review;
	if (is_offered(change->path))
		offer(completing, change->path, print_kind_word(change));
}

static void offer_paths(struct completing *completing)
{
	offer_each_change(completing, offer_path);
}

/* Those that may be decided about. */
static void offer_parts(struct completing *completing, const struct review *review,
			const struct change *change, enum decision_scope scope)
{
	cleanup_parts struct parts *parts = NULL;

	if (parts_scope(change) != scope ||
	    (change->group != REVIEW_WILL_COMMIT && change->group != REVIEW_NEEDS_APPROVAL) ||
	    parts_of_change(review, change, NULL, false, &parts) < 0)
		return;
	for (size_t i = 0; i < parts_count(parts); i++) {
		const struct part *part = parts_get(parts, i);

		if (part->may_be_decided && part->name[0] != '-' &&
		    text_count_unsafe(part->name, strlen(part->name)) == 0)
			offer(completing, part->name, change->path);
	}
}

static void offer_keys_of(struct completing *completing, const struct review *review,
			  const struct change *change)
{
	offer_parts(completing, review, change, DECISION_KEY);
}

static void offer_records_of(struct completing *completing, const struct review *review,
			     const struct change *change)
{
	offer_parts(completing, review, change, DECISION_RECORD);
}

static void offer_keys(struct completing *completing)
{
	offer_each_change(completing, offer_keys_of);
}

static void offer_records(struct completing *completing)
{
	offer_each_change(completing, offer_records_of);
}

static void offer_receipts(struct completing *completing)
{
	cleanup_chosen_session struct chosen_session session = CHOSEN_SESSION_NONE;
	cleanup_receipts struct receipts *receipts = NULL;
	const uint64_t *numbers;
	size_t count = 0;

	if (session_choose(&completing->cli, &session) != EXIT_OK ||
	    receipts_read(session.fd, &receipts, NULL) < 0)
		return;
	numbers = receipts_numbers(receipts, &count);
	for (size_t i = count; i > 0; i--) {
		char value[24];

		(void)snprintf(value, sizeof(value), "%" PRIu64, numbers[i - 1]);
		offer(completing, value, "a commit");
	}
}

static void offer_pushes(struct completing *completing)
{
	cleanup_chosen_session struct chosen_session session = CHOSEN_SESSION_NONE;
	cleanup_pushes struct pushes pushes = PUSHES_NONE;

	if (session_choose(&completing->cli, &session) != EXIT_OK ||
	    pushes_open("complete", &session, false, &pushes) != EXIT_OK)
		return;
	for (size_t i = 0; i < pushes.count; i++) {
		const struct push_entry *entry = &pushes.items[i];
		cleanup_text struct text text = { 0 };
		char value[32];

		(void)snprintf(value, sizeof(value), "push:%u", entry->number);
		text_appendf(&text, "%s, to %s", push_state_name(entry->state), entry->target);
		offer(completing, value, text.data ? text.data : "");
	}
}

static void offer_colors(struct completing *completing)
{
	offer(completing, "always", "");
	offer(completing, "auto", "");
	offer(completing, "never", "");
}

static void offer_files(struct completing *completing)
{
	(void)completing;
	(void)puts(":files");
}

/* What the words of the table's usages and option arguments stand for. */
static const struct {
	const char *word;
	void (*offer)(struct completing *completing);
} kinds[] = {
	{ "COMMAND", offer_commands }, { "FILE", offer_files },  { "ID", offer_sessions },
	{ "KEY", offer_keys },         { "PATH", offer_paths },  { "RECEIPT", offer_receipts },
	{ "UUID", offer_records },     { "WHEN", offer_colors }, { "push", offer_pushes },
};

static void offer_kind(struct completing *completing, const char *word, size_t len)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strlen(kinds[i].word) == len && memcmp(kinds[i].word, word, len) == 0)
			kinds[i].offer(completing);
	}
}

/* The words of a usage that are no options: "check [FILE]... | list" offers check, list and files.
 * What follows an option is its value. */
static void offer_arguments(struct completing *completing, const struct command *command)
{
	const char *p = command->usage;
	bool is_value = false;

	while (*p) {
		size_t len = strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-");

		if (len == 0) {
			is_value = is_value && *p == ' ';
			p++;
			continue;
		}
		if (*p == '-') {
			is_value = true;
		} else {
			if (!is_value && ((*p >= 'A' && *p <= 'Z') || p[len] == ':'))
				offer_kind(completing, p, len);
			else if (!is_value && len < 32) {
				char word[32];

				memcpy(word, p, len);
				word[len] = '\0';
				offer(completing, word, "");
			}
			is_value = false;
		}
		p += len;
	}
}

static const struct option_spec *find_option(const struct option_spec *options, const char *word)
{
	for (; options && options->name; options++) {
		if (strncmp(word, "--", 2) == 0 && strcmp(word + 2, options->name) == 0)
			return options;
		if (options->letter && word[0] == '-' && word[1] == options->letter && !word[2])
			return options;
	}
	return NULL;
}

/* Takes a word before the last one. Returns the option that awaits its value then, or NULL. */
static const struct option_spec *take_word(struct completing *completing,
					   const struct option_spec *awaited, const char *word,
					   const struct command **command)
{
	const struct option_spec *option = NULL;

	if (awaited) {
		if (awaited->offset == offsetof(struct cli, session))
			completing->cli.session = word;
		return NULL;
	}
	if (*word != '-') {
		if (!*command)
			*command = command_find(word);
		return NULL;
	}
	option = find_option(*command ? (*command)->options : NULL, word);
	if (!option)
		option = find_option(global_options, word);
	return option && option->kind != OPTION_FLAG ? option : NULL;
}

static void be_quiet(void)
{
	cleanup_fd int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null_fd >= 0)
		(void)dup2(null_fd, STDERR_FILENO);
}

int cmd_complete(const struct cli *cli)
{
	struct completing completing = { .cli = *cli, .prefix = "" };
	const struct command *command = NULL;
	const struct option_spec *awaited = NULL;

	be_quiet();
	for (size_t i = 0; i + 1 < cli->argument_count; i++)
		awaited = take_word(&completing, awaited, cli->arguments[i], &command);
	if (cli->argument_count > 0)
		completing.prefix = cli->arguments[cli->argument_count - 1];
	if (awaited) {
		offer_kind(&completing, awaited->argument, strlen(awaited->argument));
	} else if (completing.prefix[0] == '-') {
		if (command)
			offer_options(&completing, command->options);
		offer_options(&completing, global_options);
	} else if (!command) {
		offer_commands(&completing);
	} else {
		offer_arguments(&completing, command);
	}
	return EXIT_OK;
}

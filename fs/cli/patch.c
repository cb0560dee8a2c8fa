/* SPDX-License-Identifier: MIT */
#include "fs/cli/patch.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/cli/deciding.h"
#include "fs/cli/patch_source.h"
#include "fs/cli/question.h"
#include "fs/review/change_digest.h"
#include "fs/review/parts.h"
#include "fs/review/print_diff.h"

#define LISTED_MAX 72u /* bytes of a line of the list */

/* Edits, keys or records that are asked about together; only edits ever are. */
struct group {
	size_t first;
	size_t end;
	enum decision_verdict verdict;
	bool is_settled; /* answered, now or before */
};

/* One change on its way through the questions. */
struct walk {
	struct patch *patch;
	const struct change *change;
	const struct patch_source *source;
	struct group *groups; /* room for each */
	size_t count;
	size_t at;
	bool has_heading; /* it was shown */
	bool is_over;
};

struct key {
	char letter;
	const char *help;
	bool (*may)(const struct walk *walk); /* NULL: always */
	void (*press)(struct walk *walk, const char *argument);
};

void patch_result_done(struct patch_result *result)
{
	free(result->verdicts);
	decisions_free(result->answers);
	*result = (struct patch_result){ 0 };
}

static FILE *stream_of(const struct patch *patch)
{
	return patch->cli->is_json ? stderr : stdout;
}

static size_t find_open(const struct walk *walk, size_t from)
{
	size_t i = from;

	while (i < walk->count && walk->groups[i].is_settled)
		i++;
	return i;
}

/* The one before; walk->count: none. */
static size_t find_open_before(const struct walk *walk)
{
	for (size_t i = walk->at; i-- > 0;) {
		if (!walk->groups[i].is_settled)
			return i;
	}
	return walk->count;
}

static bool has_next_open(const struct walk *walk)
{
	return find_open(walk, walk->at + 1) < walk->count;
}

static bool has_open_before(const struct walk *walk)
{
	return find_open_before(walk) < walk->count;
}

static bool has_next(const struct walk *walk)
{
	return walk->at + 1 < walk->count;
}

static bool has_before(const struct walk *walk)
{
	return walk->at > 0;
}

static bool has_several(const struct walk *walk)
{
	return walk->count > 1;
}

static bool may_split(const struct walk *walk)
{
	return walk->source->may_split &&
	       walk->groups[walk->at].end - walk->groups[walk->at].first > 1;
}

/* To the next one that is open, from the start again if there is none behind. */
static void go_on(struct walk *walk)
{
	size_t next = find_open(walk, walk->at + 1);

	if (next == walk->count)
		next = find_open(walk, 0);
	if (next == walk->count)
		walk->is_over = true;
	else
		walk->at = next;
}

static void settle(struct walk *walk, size_t index, bool is_yes)
{
	enum decision_verdict verdict = walk->patch->verdict;

	/* "No" to an approval is a rejection; "no" to a rejection leaves it open. */
	if (!is_yes)
		verdict = verdict == DECISION_APPROVED ? DECISION_REJECTED : DECISION_NONE;
	walk->groups[index].verdict = verdict;
	walk->groups[index].is_settled = true;
}

static void settle_rest(struct walk *walk, bool is_yes)
{
	settle(walk, walk->at, is_yes);
	for (size_t i = walk->at + 1; i < walk->count; i++) {
		if (!walk->groups[i].is_settled)
			settle(walk, i, is_yes);
	}
	go_on(walk);
}

static void press_yes(struct walk *walk, const char *argument)
{
	(void)argument;
	settle(walk, walk->at, true);
	go_on(walk);
}

static void press_no(struct walk *walk, const char *argument)
{
	(void)argument;
	settle(walk, walk->at, false);
	go_on(walk);
}

static void press_quit(struct walk *walk, const char *argument)
{
	(void)argument;
	walk->patch->has_quit = true;
	walk->is_over = true;
}

static void press_all(struct walk *walk, const char *argument)
{
	(void)argument;
	settle_rest(walk, true);
}

static void press_none(struct walk *walk, const char *argument)
{
	(void)argument;
	settle_rest(walk, false);
}

static void press_split(struct walk *walk, const char *argument)
{
	struct group group = walk->groups[walk->at];
	size_t more = group.end - group.first - 1;

	(void)argument;
	memmove(&walk->groups[walk->at + 1 + more], &walk->groups[walk->at + 1],
		(walk->count - walk->at - 1) * sizeof(*walk->groups));
	for (size_t i = 0; i <= more; i++) {
		walk->groups[walk->at + i] = group;
		walk->groups[walk->at + i].first = group.first + i;
		walk->groups[walk->at + i].end = group.first + i + 1;
	}
	walk->count += more;
	(void)fprintf(stream_of(walk->patch), "split into %zu hunks\n", more + 1);
}

static void press_next_open(struct walk *walk, const char *argument)
{
	(void)argument;
	walk->at = find_open(walk, walk->at + 1);
}

static void press_open_before(struct walk *walk, const char *argument)
{
	(void)argument;
	walk->at = find_open_before(walk);
}

static void press_next(struct walk *walk, const char *argument)
{
	(void)argument;
	walk->at++;
}

static void press_before(struct walk *walk, const char *argument)
{
	(void)argument;
	walk->at--;
}

/* What is shown of a group, without styles (ret_). NULL: out of memory. */
static char *text_of(const struct walk *walk, const struct group *group)
{
	const struct print_style plain = { 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *stream = open_memstream(&text, &len);

	if (!stream)
		return NULL;
	(void)walk->source->show(walk->source, group->first, group->end, false, &plain, stream);
	if (fclose(stream) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static bool search_from(struct walk *walk, const regex_t *wanted)
{
	for (size_t i = 1; i <= walk->count; i++) {
		size_t at = (walk->at + i) % walk->count;
		cleanup_free char *text = text_of(walk, &walk->groups[at]);

		if (text && regexec(wanted, text, 0, NULL, 0) == 0) {
			walk->at = at;
			return true;
		}
	}
	return false;
}

/* The next one that holds the regular expression, round and round. */
static void press_search(struct walk *walk, const char *argument)
{
	cleanup_free char *asked = *argument ? NULL : question_ask_line("search for regex?");
	const char *wanted = asked ? asked : argument;
	char problem[120];
	regex_t regex;
	int r;

	if (!*wanted)
		return;
	r = regcomp(&regex, wanted, REG_EXTENDED | REG_NOSUB | REG_NEWLINE);
	if (r != 0) {
		(void)regerror(r, &regex, problem, sizeof(problem));
		(void)fprintf(stderr, "not a regular expression: %s\n", problem);
		return;
	}
	if (!search_from(walk, &regex))
		(void)fprintf(stderr, "no %s holds that\n", walk->source->noun);
	regfree(&regex);
}

/* Its number, whether it was decided about, and the first line that changes. */
static void list_group(const struct walk *walk, size_t index)
{
	static const char signs[] = { ' ', '+', '-' };
	cleanup_free char *text = text_of(walk, &walk->groups[index]);
	const char *line = text ? text : "";
	size_t len;

	/* A hunk is told by what it adds or removes, the others by their name. */
	while (*line && walk->source->may_split && *line != '+' && *line != '-')
		line = strchr(line, '\n') ? strchr(line, '\n') + 1 : "";
	len = strcspn(line, "\n");
	/* Never a part of a character. */
	if (len > LISTED_MAX) {
		len = LISTED_MAX;
		while (len > 0 && ((unsigned char)line[len] & 0xc0) == 0x80)
			len--;
	}
	(void)fprintf(stderr, "%c%3zu: %.*s\n", signs[walk->groups[index].verdict], index + 1,
		      (int)len, line);
}

static void press_goto(struct walk *walk, const char *argument)
{
	cleanup_free char *asked = NULL;
	char *end = NULL;
	unsigned long number;

	if (!*argument) {
		for (size_t i = 0; i < walk->count; i++)
			list_group(walk, i);
		asked = question_ask_line("go to which one?");
		argument = asked ? asked : "";
	}
	argument += strspn(argument, " ");
	if (!*argument)
		return;
	number = strtoul(argument, &end, 10);
	if (*end || number < 1 || number > walk->count)
		(void)fprintf(stderr, "there are %zu: 1 to %zu\n", walk->count, walk->count);
	else
		walk->at = number - 1;
}

/* In the order of the question. */
static const struct key keys[] = {
	{ 'y', "yes to this one", NULL, press_yes },
	{ 'n', "no to this one", NULL, press_no },
	{ 'q', "quit; this one and all that follow stay open", NULL, press_quit },
	{ 'a', "yes to this one and all later ones of the file", NULL, press_all },
	{ 'd', "no to this one and all later ones of the file", NULL, press_none },
	{ 's', "split this hunk into smaller ones", may_split, press_split },
	{ 'j', "leave this one open, and see the next open one", has_next_open, press_next_open },
	{ 'J', "the same, and see the next one", has_next, press_next },
	{ 'k', "leave this one open, and see the open one before", has_open_before,
	  press_open_before },
	{ 'K', "the same, and see the one before", has_before, press_before },
	{ 'g', "go to one by its number (g3), or see them all", has_several, press_goto },
	{ '/', "search for one by a regular expression", has_several, press_search },
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

static bool may_press(const struct walk *walk, const struct key *key)
{
	return !key->may || key->may(walk);
}

static void explain(const struct walk *walk)
{
	for (size_t i = 0; i < KEYS; i++) {
		if (may_press(walk, &keys[i]))
			(void)fprintf(stderr, "%c - %s\n", keys[i].letter, keys[i].help);
	}
	(void)fputs("? - this help\n", stderr);
	if (walk->patch->verdict == DECISION_APPROVED)
		(void)fputs("yes approves, no rejects; 'claudefs commit' applies what was "
			    "approved\n",
			    stderr);
}

static char *make_question(const struct walk *walk)
{
	static const char *const states[] = { "", ", approved so far", ", rejected so far" };
	cleanup_text struct text text = { 0 };

	text_appendf(&text, "(%zu/%zu) %s this %s%s [", walk->at + 1, walk->count,
		     walk->patch->verdict == DECISION_APPROVED ? "approve" : "reject",
		     walk->source->noun, states[walk->groups[walk->at].verdict]);
	for (size_t i = 0; i < KEYS; i++) {
		if (may_press(walk, &keys[i]))
			text_appendf(&text, "%c,", keys[i].letter);
	}
	text_append(&text, "?]?");
	return text_steal(&text);
}

/* What git has and this has not. */
static void explain_edit(void)
{
	(void)fputs("e: not here: a commit applies what the session wrote, and nothing else; "
		    "decide, commit, and edit the host's file then\n",
		    stderr);
}

static void press(struct walk *walk, const char *answer)
{
	for (size_t i = 0; i < KEYS; i++) {
		if (keys[i].letter != *answer)
			continue;
		if (may_press(walk, &keys[i]))
			keys[i].press(walk, answer + 1);
		else
			(void)fprintf(stderr, "%c: not here\n", *answer);
		return;
	}
	if (*answer == 'e')
		explain_edit();
	else
		explain(walk);
}

static void ask(struct walk *walk)
{
	const struct group *group = &walk->groups[walk->at];
	struct print_style style = { walk->patch->cli->is_colored, false,
				     walk->patch->cli->columns };
	cleanup_free char *question = make_question(walk);
	cleanup_free char *answer = NULL;

	(void)walk->source->show(walk->source, group->first, group->end, !walk->has_heading, &style,
				 stream_of(walk->patch));
	(void)fflush(stream_of(walk->patch));
	walk->has_heading = true;
	answer = question ? question_ask_line(question) : NULL;
	if (answer)
		press(walk, answer);
	else
		press_quit(walk, NULL);
}

/* What was decided before is not asked again. */
static void make_groups(struct walk *walk)
{
	const struct patch_source *source = walk->source;

	for (size_t first = 0; first < source->count;) {
		struct group *group = &walk->groups[walk->count++];

		*group = (struct group){
			.first = first,
			.end = source->run_end(source, first),
			.verdict = source->decided(source, first),
		};
		for (size_t i = first; i < group->end; i++) {
			if (source->decided(source, i) != group->verdict)
				group->end = i;
		}
		group->is_settled = group->verdict != DECISION_NONE;
		first = group->end;
	}
	walk->at = find_open(walk, 0);
	walk->is_over = walk->at == walk->count;
}

static int say(const struct change *change, int error)
{
	message_error("%s: its content cannot be read: %s", change->path, strerror(-error));
	return message_exit_code(error);
}

int patch_walk(struct patch *patch, const struct change *change, const struct patch_source *source,
	       enum decision_verdict *verdicts)
{
	struct walk walk = { .patch = patch, .change = change, .source = source };
	cleanup_free struct group *groups = calloc(source->count + 1, sizeof(*groups));

	if (!groups)
		return say(change, -ENOMEM);
	walk.groups = groups;
	make_groups(&walk);
	while (!walk.is_over)
		ask(&walk);
	for (size_t i = 0; i < walk.count; i++) {
		const struct group *group = &groups[i];

		patch->approved += group->verdict == DECISION_APPROVED;
		patch->rejected += group->verdict == DECISION_REJECTED;
		for (size_t k = group->first; k < group->end; k++)
			verdicts[k] = group->verdict;
	}
	return EXIT_OK;
}

static void explain_whole(void)
{
	(void)fputs("y - yes\nn - no\nq - quit; this and all that follow stay open\n"
		    "Enter - leave it open\n? - this help\n",
		    stderr);
}

static enum decision_verdict ask_whole(struct patch *patch)
{
	const char *question = patch->verdict == DECISION_APPROVED
				       ? "approve this change [y,n,q,?]?"
				       : "reject this change [y,n,q,?]?";

	for (;;) {
		switch (question_ask(question)) {
		case 'y': return patch->verdict;
		case 'n':
			return patch->verdict == DECISION_APPROVED ? DECISION_REJECTED
								   : DECISION_NONE;
		case '\n': return DECISION_NONE;
		case 'q':
		case '\0': patch->has_quit = true; return DECISION_NONE;
		default: explain_whole(); break;
		}
	}
}

/* Not text, or not a replacement: all or nothing. */
static int walk_whole(struct patch *patch, const struct change *change, struct patch_result *ret)
{
	struct print_style style = { patch->cli->is_colored, false, patch->cli->columns };
	int r = change_digest(patch->review, change, &ret->digest);

	if (r < 0)
		return say(change, r);
	(void)print_diff(patch->review, change, &style, stream_of(patch));
	(void)fflush(stream_of(patch));
	ret->whole = ask_whole(patch);
	patch->approved += ret->whole == DECISION_APPROVED;
	patch->rejected += ret->whole == DECISION_REJECTED;
	if (ret->whole == DECISION_NONE || patch->cli->is_dry_run)
		return EXIT_OK;
	return deciding_note(patch->session, change->path, ret->whole, &ret->digest);
}

int patch_change(struct patch *patch, const struct change *change, struct patch_result *ret)
{
	int r;

	*ret = (struct patch_result){ 0 };
	r = parts_scope(change) == DECISION_WHOLE ? patch_hunks(patch, change, ret)
						  : patch_parts(patch, change, ret);
	/* None of either: all or nothing. */
	if (r == -ENOTSUP)
		return walk_whole(patch, change, ret);
	return r < 0 ? say(change, r) : r;
}

/* SPDX-License-Identifier: MIT */
#include "fs/cli/patch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/cli/deciding.h"
#include "fs/cli/question.h"
#include "fs/review/change_digest.h"
#include "fs/review/hunks.h"
#include "fs/review/print_diff.h"
#include "fs/review/print_hazards.h"

/* Edits that are asked about together. */
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
	const struct hunks *hunks;
	struct group *groups; /* room for each edit */
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
	return walk->groups[walk->at].end - walk->groups[walk->at].first > 1;
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

struct search {
	const char *wanted;
	bool is_found;
};

static int search_line(char origin, const char *line, size_t len, void *arg)
{
	struct search *search = arg;

	if (origin != 'H' && memmem(line, len, search->wanted, strlen(search->wanted)))
		search->is_found = true;
	return 0;
}

/* The next hunk that holds the text, round and round. */
static void press_search(struct walk *walk, const char *argument)
{
	cleanup_free char *asked = *argument ? NULL : question_ask_line("search for?");
	struct search search = { .wanted = asked ? asked : argument };

	if (!*search.wanted)
		return;
	for (size_t i = 1; i <= walk->count; i++) {
		const struct group *group = &walk->groups[(walk->at + i) % walk->count];

		(void)hunks_show(walk->hunks, group->first, group->end, PRINT_DIFF_CONTEXT,
				 search_line, &search);
		if (search.is_found) {
			walk->at = (walk->at + i) % walk->count;
			return;
		}
	}
	(void)fputs("no hunk holds that\n", stderr);
}

/* In the order of the question. */
static const struct key keys[] = {
	{ 'y', "yes to this hunk", NULL, press_yes },
	{ 'n', "no to this hunk", NULL, press_no },
	{ 'q', "quit; this hunk and all that follow stay open", NULL, press_quit },
	{ 'a', "yes to this hunk and all later ones of the file", NULL, press_all },
	{ 'd', "no to this hunk and all later ones of the file", NULL, press_none },
	{ 's', "split this hunk into smaller ones", may_split, press_split },
	{ 'j', "leave this hunk open, and see the next open one", has_next_open, press_next_open },
	{ 'J', "the same, and see the next one", has_next, press_next },
	{ 'k', "leave this hunk open, and see the open one before", has_open_before,
	  press_open_before },
	{ 'K', "the same, and see the one before", has_before, press_before },
	{ '/', "search for a hunk that holds a text", has_several, press_search },
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

	text_appendf(&text, "(%zu/%zu) %s this hunk%s [", walk->at + 1, walk->count,
		     walk->patch->verdict == DECISION_APPROVED ? "approve" : "reject",
		     states[walk->groups[walk->at].verdict]);
	for (size_t i = 0; i < KEYS; i++) {
		if (may_press(walk, &keys[i]))
			text_appendf(&text, "%c,", keys[i].letter);
	}
	text_append(&text, "?]?");
	return text_steal(&text);
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
	explain(walk);
}

static void ask(struct walk *walk)
{
	const struct group *group = &walk->groups[walk->at];
	struct print_style style = { walk->patch->cli->is_colored, false,
				     walk->patch->cli->columns };
	cleanup_free char *question = make_question(walk);
	cleanup_free char *answer = NULL;

	(void)print_hunk(walk->change, walk->hunks, group->first, group->end, !walk->has_heading,
			 &style, stream_of(walk->patch));
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
	const struct change *change = walk->change;
	size_t total = hunks_count(walk->hunks);

	for (size_t first = 0; first < total;) {
		struct group *group = &walk->groups[walk->count++];

		*group = (struct group){ .first = first };
		group->end = hunks_run_end(walk->hunks, first, PRINT_DIFF_CONTEXT);
		if (change->hunk_count == total) {
			group->verdict = change->hunks[first];
			for (size_t i = first; i < group->end; i++) {
				if (change->hunks[i] != group->verdict)
					group->end = i;
			}
			group->is_settled = group->verdict != DECISION_NONE;
		}
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

static int note_hunks(const struct walk *walk, const struct patch_result *result)
{
	cleanup_deciding struct deciding deciding = { .lock_fd = -1 };
	int r = deciding_open(walk->patch->session, &deciding);

	if (r != EXIT_OK)
		return r;
	(void)decisions_forget(deciding.decisions, walk->change->path);
	for (size_t i = 0; r == EXIT_OK && i < result->count; i++) {
		struct digest digest;
		char part[24];
		int error;

		if (result->verdicts[i] == DECISION_NONE)
			continue;
		error = hunks_digest(walk->hunks, i, &result->digest, &digest);
		if (error < 0)
			return say(walk->change, error);
		(void)snprintf(part, sizeof(part), "%zu", i);
		r = deciding_set_part(&deciding, walk->change->path, DECISION_HUNK, part,
				      result->verdicts[i], &digest);
	}
	return r == EXIT_OK ? deciding_save(&deciding) : r;
}

/* From the very bytes that are shown. */
static int digest_shown(const struct change *change, const struct hunks *hunks, struct digest *ret)
{
	cleanup_digest_stream struct digest_stream *stream = digest_stream_new();
	struct digest content;
	const char *data;
	size_t len = 0;
	int r;

	if (!stream)
		return -ENOMEM;
	data = hunks_new_data(hunks, &len);
	digest_stream_update(stream, data, len);
	r = digest_stream_finish(stream, &content);
	return r < 0 ? r : change_digest_with(change, &content, ret);
}

static int walk_hunks(struct walk *walk, struct patch_result *ret)
{
	size_t total = hunks_count(walk->hunks);
	int r;

	walk->groups = calloc(total + 1, sizeof(*walk->groups));
	ret->verdicts = calloc(total + 1, sizeof(*ret->verdicts));
	r = walk->groups && ret->verdicts ? digest_shown(walk->change, walk->hunks, &ret->digest)
					  : -ENOMEM;
	if (r < 0)
		return say(walk->change, r);
	ret->count = total;
	make_groups(walk);
	while (!walk->is_over)
		ask(walk);
	for (size_t i = 0; i < walk->count; i++) {
		const struct group *group = &walk->groups[i];

		walk->patch->approved += group->verdict == DECISION_APPROVED;
		walk->patch->rejected += group->verdict == DECISION_REJECTED;
		for (size_t k = group->first; k < group->end; k++)
			ret->verdicts[k] = group->verdict;
	}
	return walk->patch->cli->is_dry_run ? EXIT_OK : note_hunks(walk, ret);
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
	struct walk walk = { .patch = patch, .change = change };
	cleanup_hunks struct hunks *hunks = NULL;
	int r = hunks_of_change(patch->review, change, &hunks);

	*ret = (struct patch_result){ 0 };
	if (r == -ENOTSUP || r == -ESTALE || (r == 0 && hunks_count(hunks) == 0))
		return walk_whole(patch, change, ret);
	if (r < 0)
		return say(change, r);
	walk.hunks = hunks;
	r = walk_hunks(&walk, ret);
	free(walk.groups);
	return r;
}

/* SPDX-License-Identifier: MIT */
#include "preload/git_guard_config.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "preload/git_command.h"

enum action { READS = 1, REMOVES = 2, SETS = 4, RENAMES = 8 };

/* An abbreviation means all that it may be short for. */
static const struct {
	const char *option;
	enum action action;
} actions[] = {
	{ "--add", SETS },
	{ "--get", READS },
	{ "--get-all", READS },
	{ "--get-color", READS },
	{ "--get-colorbool", READS },
	{ "--get-regexp", READS },
	{ "--get-urlmatch", READS },
	{ "--list", READS },
	{ "--remove-section", REMOVES },
	{ "--rename-section", RENAMES },
	{ "--replace-all", SETS },
	{ "--unset", REMOVES },
	{ "--unset-all", REMOVES },
	{ "-l", READS },
};

/* The first word since git 2.46. In an older one these are keys that it refuses. */
static const struct {
	const char *word;
	enum action action;
} subcommands[] = {
	{ "get", READS },
	{ "list", READS },
	{ "remove-section", REMOVES },
	{ "rename-section", RENAMES },
	{ "set", SETS },
	{ "unset", REMOVES },
};

static const char *const with_value[] = { "--blob", "--comment", "--default", "--file", "--type",
					  "--url",  "--value",   "-f",        NULL };

#define PLAIN_MAX 3u /* words that count: a subcommand, a key, a value */

static unsigned int actions_of(const struct git_word *word)
{
	unsigned int found = 0;

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (git_word_is_option(word, actions[i].option))
			found |= (unsigned int)actions[i].action;
	}
	return found;
}

static unsigned int action_of_subcommand(const char *word)
{
	for (size_t i = 0; i < sizeof(subcommands) / sizeof(subcommands[0]); i++) {
		if (strcmp(subcommands[i].word, word) == 0)
			return (unsigned int)subcommands[i].action;
	}
	return 0;
}

/* branch.a becomes branch.b: what its keys mean does not change. */
static bool is_same_kind(const char *from, const char *to)
{
	size_t len = strcspn(to, ".");

	return strcspn(from, ".") == len && strncasecmp(from, to, len) == 0 &&
	       !from[len] == !to[len];
}

struct git_guard_setting git_guard_read_config(const char *const *args)
{
	static const struct git_guard_setting nothing;
	const char *plain[PLAIN_MAX + 1] = { NULL };
	const char **key = plain;
	struct git_words words = { .next = args };
	struct git_word word;
	unsigned int found = 0;
	size_t count = 0;

	while (git_words_next(&words, with_value, &word)) {
		found |= actions_of(&word);
		if (word.plain && count < PLAIN_MAX)
			plain[count++] = word.plain;
	}
	if (count > 0 && action_of_subcommand(plain[0]) != 0) {
		found |= action_of_subcommand(plain[0]);
		key++;
	}
	if ((found & RENAMES) && key[0] && key[1])
		return is_same_kind(key[0], key[1])
			       ? nothing
			       : (struct git_guard_setting){ key[1], NULL, true };
	if ((found & SETS) || (found == 0 && key[0] && key[1]))
		return (struct git_guard_setting){ key[0], key[0] ? key[1] : NULL, false };
	return nothing;
}

/* SPDX-License-Identifier: MIT */
#include "preload/git_command.h"

#include <string.h>

/* Their values: always behind '=', or else the next word; or never one. git does not abbreviate
 * these, and knows no clusters of them. Alphabetical. */
static const struct {
	const char *name;
	enum git_global_type type;
	bool has_value;
} globals[] = {
	{ "--attr-source", GIT_GLOBAL_OTHER, true },
	{ "--bare", GIT_GLOBAL_OTHER, false },
	{ "--config-env", GIT_GLOBAL_KEY_FROM, true },
	{ "--exec-path", GIT_GLOBAL_EXEC_PATH, false },
	{ "--git-dir", GIT_GLOBAL_GIT_DIR, true },
	{ "--glob-pathspecs", GIT_GLOBAL_OTHER, false },
	{ "--help", GIT_GLOBAL_HELP, false },
	{ "--html-path", GIT_GLOBAL_OTHER, false },
	{ "--icase-pathspecs", GIT_GLOBAL_OTHER, false },
	{ "--info-path", GIT_GLOBAL_OTHER, false },
	{ "--list-cmds", GIT_GLOBAL_OTHER, false },
	{ "--literal-pathspecs", GIT_GLOBAL_OTHER, false },
	{ "--man-path", GIT_GLOBAL_OTHER, false },
	{ "--namespace", GIT_GLOBAL_OTHER, true },
	{ "--no-advice", GIT_GLOBAL_OTHER, false },
	{ "--no-lazy-fetch", GIT_GLOBAL_OTHER, false },
	{ "--no-optional-locks", GIT_GLOBAL_OTHER, false },
	{ "--no-pager", GIT_GLOBAL_OTHER, false },
	{ "--no-replace-objects", GIT_GLOBAL_OTHER, false },
	{ "--noglob-pathspecs", GIT_GLOBAL_OTHER, false },
	{ "--paginate", GIT_GLOBAL_OTHER, false },
	{ "--shallow-file", GIT_GLOBAL_OTHER, true },
	{ "--super-prefix", GIT_GLOBAL_OTHER, true },
	{ "--version", GIT_GLOBAL_HELP, false },
	{ "--work-tree", GIT_GLOBAL_OTHER, true },
	{ "-C", GIT_GLOBAL_OTHER, true },
	{ "-P", GIT_GLOBAL_OTHER, false },
	{ "-c", GIT_GLOBAL_KEY, true },
	{ "-h", GIT_GLOBAL_HELP, false },
	{ "-p", GIT_GLOBAL_OTHER, false },
	{ "-v", GIT_GLOBAL_HELP, false },
};

struct git_global git_command_read_global(const char *const *words)
{
	struct git_global unknown = { GIT_GLOBAL_UNKNOWN, NULL, 1 };
	const char *word = words[0];
	size_t len;

	if (!word || word[0] != '-')
		return (struct git_global){ GIT_GLOBAL_NONE, NULL, 0 };
	/* No git takes it without a blank yet; one that did would read a key. */
	if (word[1] == 'c' && word[2] != '\0')
		return (struct git_global){ GIT_GLOBAL_KEY, word + 2, 1 };
	len = strcspn(word, "=");
	for (size_t i = 0; i < sizeof(globals) / sizeof(globals[0]); i++) {
		struct git_global found = { globals[i].type, NULL, 1 };

		if (strlen(globals[i].name) != len || strncmp(globals[i].name, word, len) != 0)
			continue;
		if (word[len] == '=')
			found.value = word + len + 1;
		else if (globals[i].has_value && words[1])
			found = (struct git_global){ globals[i].type, words[1], 2 };
		return found;
	}
	return unknown;
}

static bool takes_value(const struct git_word *word, const char *const *values)
{
	for (; values && *values; values++) {
		if (git_word_is_option(word, *values))
			return true;
	}
	return false;
}

/* The next letter of "-abc": its value is the rest of the word, or the next one. */
static void read_short(struct git_words *words, const char *const *values, struct git_word *ret)
{
	words->short_option[0] = '-';
	words->short_option[1] = *words->cluster++;
	words->short_option[2] = '\0';
	ret->option = words->short_option;
	ret->option_len = 2;
	ret->value = *words->cluster ? words->cluster : *words->next;
	if (!takes_value(ret, values)) {
		if (!*words->cluster)
			words->cluster = NULL;
		return;
	}
	if (!*words->cluster && *words->next)
		words->next++;
	words->cluster = NULL;
}

static void read_long(struct git_words *words, const char *word, const char *const *values,
		      struct git_word *ret)
{
	ret->option = word;
	ret->option_len = strcspn(word, "=");
	if (word[ret->option_len] == '=') {
		ret->value = word + ret->option_len + 1;
		return;
	}
	ret->value = *words->next;
	if (*words->next && takes_value(ret, values))
		words->next++;
}

bool git_words_next(struct git_words *words, const char *const *values, struct git_word *ret)
{
	const char *word;

	*ret = (struct git_word){ 0 };
	if (words->cluster) {
		read_short(words, values, ret);
		return true;
	}
	word = *words->next;
	if (!word)
		return false;
	words->next++;
	if (!words->is_plain_only && strcmp(word, "--") == 0) {
		words->is_plain_only = true;
		return git_words_next(words, values, ret);
	}
	if (words->is_plain_only || word[0] != '-' || word[1] == '\0') {
		ret->plain = word;
	} else if (word[1] == '-') {
		read_long(words, word, values, ret);
	} else {
		words->cluster = word + 1;
		read_short(words, values, ret);
	}
	return true;
}

bool git_word_is_option(const struct git_word *word, const char *option)
{
	if (!word->option)
		return false;
	/* "--" alone is no option; "--c" may be "--config". */
	if (option[1] == '-')
		return word->option_len > 2 && strncmp(word->option, option, word->option_len) == 0;
	return word->option_len == 2 && strcmp(word->option, option) == 0;
}

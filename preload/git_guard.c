/* SPDX-License-Identifier: MIT */
#include "preload/git_guard.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "preload/git_command.h"
#include "preload/git_guard_config.h"
#include "preload/git_guard_match.h"

#define KEY_INSTEAD \
	"Leave it; if it is wanted, a person sets it on the host, outside of the sandbox"
#define VARIABLE_INSTEAD "Unset it for git (env -u), or leave it at a value that runs nothing"

static const struct git_guard_verdict allowed;

static struct git_guard_verdict refuse(const char *subject, const char *why, const char *instead)
{
	return (struct git_guard_verdict){
		.is_refused = true,
		.subject = subject,
		.subject_len = strlen(subject),
		.why = why,
		.instead = instead,
	};
}

/* The value of the variable, or NULL. */
static const char *find_variable(const char *const *environment, const char *name, size_t len)
{
	for (; *environment; environment++) {
		if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
			return *environment + len + 1;
	}
	return NULL;
}

static struct git_guard_verdict judge_key(const char *key, size_t len, const char *value)
{
	const struct git_guard_key *rule = git_guard_match_key(key, len, value);
	struct git_guard_verdict verdict = allowed;

	if (rule) {
		verdict = refuse(key, rule->why, KEY_INSTEAD);
		verdict.subject_len = len;
	}
	return verdict;
}

static struct git_guard_verdict judge_global(const struct git_global *global,
					     const char *const *environment)
{
	const char *value = global->value;
	size_t len = value ? strcspn(value, "=") : 0;

	switch (global->type) {
	case GIT_GLOBAL_KEY:
		/* A key alone is true. The name of a subsection may hold a '='; git cuts at the
		 * first one too. */
		return value ? judge_key(value, len, value[len] ? value + len + 1 : "true")
			     : allowed;
	case GIT_GLOBAL_KEY_FROM:
		if (!value)
			return allowed;
		/* git cuts at the last one. */
		len = strrchr(value, '=') ? (size_t)(strrchr(value, '=') - value) : strlen(value);
		return judge_key(value, len,
				 value[len] ? find_variable(environment, value + len + 1,
							    strlen(value + len + 1))
					    : NULL);
	case GIT_GLOBAL_EXEC_PATH:
		if (!value)
			return allowed;
		return refuse("--exec-path", "Where git finds the programs that it runs",
			      "Run it without");
	case GIT_GLOBAL_GIT_DIR:
		if (!value || !git_guard_match_variable("GIT_DIR", 7, value))
			return allowed;
		return refuse("--git-dir", "A repository with a configuration and hooks of its own",
			      "Go there (git -C DIR ...) or name a directory that ends in .git");
	case GIT_GLOBAL_NONE:
	case GIT_GLOBAL_HELP:
	case GIT_GLOBAL_OTHER:
	case GIT_GLOBAL_UNKNOWN: return allowed;
	}
	return allowed;
}

static bool is_listed(const char *const *words, const char *word)
{
	for (; words && *words; words++) {
		if (strcmp(*words, word) == 0)
			return true;
	}
	return false;
}

static bool is_address(const char *const *addresses, const char *word)
{
	for (; addresses && *addresses; addresses++) {
		if (fnmatch(*addresses, word, FNM_CASEFOLD | FNM_NOESCAPE) == 0)
			return true;
	}
	return false;
}

/* The option of the list that word is, if its value is not let through. */
static const char *refused_option(const struct git_guard_command *rule, const struct git_word *word)
{
	for (const char *const *option = rule->options; option && *option; option++) {
		if (git_word_is_option(word, *option) &&
		    !(rule->harmless && word->value &&
		      git_guard_is_harmless(rule->harmless, word->value)))
			return *option;
	}
	return NULL;
}

/* What in args the rule refuses (borrowed), or NULL. */
static const char *find_refused(const struct git_guard_command *rule, const char *const *args)
{
	struct git_words words = { .next = args };
	struct git_word word;
	size_t plain = 0;

	while (git_words_next(&words, rule->values, &word)) {
		const char *option = refused_option(rule, &word);

		if (option)
			return option;
		if (!word.plain)
			continue;
		if ((plain++ == 0 && is_listed(rule->words, word.plain)) ||
		    is_address(rule->addresses, word.plain))
			return word.plain;
	}
	return NULL;
}

static struct git_guard_verdict judge_command(const char *command, const char *const *args,
					      bool is_push_open)
{
	for (size_t i = 0; i < git_guard_commands_count; i++) {
		const struct git_guard_command *rule = &git_guard_commands[i];
		bool is_whole = !rule->words && !rule->options && !rule->addresses;
		struct git_guard_verdict verdict;
		const char *part;

		if (fnmatch(rule->command, command, FNM_NOESCAPE) != 0 ||
		    (rule->opens && is_push_open))
			continue;
		part = is_whole ? NULL : find_refused(rule, args);
		if (!is_whole && !part)
			continue;
		verdict = refuse(command, rule->why, rule->instead);
		verdict.part = part;
		verdict.part_len = part ? strlen(part) : 0;
		return verdict;
	}
	if (strcmp(command, "config") == 0) {
		struct git_guard_setting setting = git_guard_read_config(args);
		const struct git_guard_key *rule =
			setting.is_section ? git_guard_match_section(setting.name) : NULL;

		if (rule)
			return refuse(setting.name, rule->why, KEY_INSTEAD);
		if (setting.name && !setting.is_section)
			return judge_key(setting.name, strlen(setting.name), setting.value);
	}
	return allowed;
}

static struct git_guard_verdict judge_environment(const char *const *environment)
{
	static const char key_prefix[] = "GIT_CONFIG_KEY_";
	static const char value_prefix[] = "GIT_CONFIG_VALUE_";

	for (const char *const *entry = environment; *entry; entry++) {
		size_t len = strcspn(*entry, "=");
		const char *value = (*entry)[len] ? *entry + len + 1 : "";
		const struct git_guard_variable *rule =
			git_guard_match_variable(*entry, len, value);
		struct git_guard_verdict verdict = allowed;
		char name[64];

		if (rule) {
			verdict = refuse(*entry, rule->why, VARIABLE_INSTEAD);
			verdict.subject_len = len;
		} else if (strncmp(*entry, key_prefix, strlen(key_prefix)) == 0) {
			(void)snprintf(name, sizeof(name), "%s%.20s", value_prefix,
				       *entry + strlen(key_prefix));
			verdict = judge_key(value, strlen(value),
					    find_variable(environment, name, strcspn(name, "=")));
		}
		if (verdict.is_refused)
			return verdict;
	}
	return allowed;
}

static bool has_push(const char *const *environment)
{
	return is_listed(environment, GIT_GUARD_PUSH);
}

static struct git_guard_verdict judge_words(const char *const *words,
					    const char *const *environment)
{
	bool is_push_open = has_push(environment);
	struct git_guard_verdict verdict = allowed;
	struct git_global global;
	bool is_unsure = false;

	while (global = git_command_read_global(words), global.words > 0) {
		verdict = judge_global(&global, environment);
		if (verdict.is_refused || global.type == GIT_GLOBAL_HELP)
			return verdict;
		is_unsure = global.type == GIT_GLOBAL_UNKNOWN;
		words += global.words;
	}
	if (!*words)
		return allowed;
	verdict = judge_command(words[0], words + 1, is_push_open);
	/* Behind an option that is not known the first word may be its value. */
	if (!verdict.is_refused && is_unsure && words[1])
		verdict = judge_command(words[1], words + 2, is_push_open);
	return verdict;
}

struct git_guard_verdict git_guard_decide(const char *const *argv, const char *const *environment)
{
	const char *slash = argv[0] ? strrchr(argv[0], '/') : NULL;
	const char *base = slash ? slash + 1 : argv[0];
	struct git_guard_verdict verdict = allowed;

	if (!base)
		return allowed;
	if (strncmp(base, "git-", 4) == 0)
		verdict = judge_command(base + 4, argv + 1, has_push(environment));
	else
		verdict = judge_words(argv + 1, environment);
	return verdict.is_refused ? verdict : judge_environment(environment);
}

/* Appends at most max bytes of s; what a terminal might act on comes out as '?'. */
static size_t append_plain(char *out, size_t at, const char *s, size_t len, size_t max)
{
	for (size_t i = 0; i < len && i < max; i++)
		out[at++] = s[i] >= 0x20 && s[i] < 0x7f ? s[i] : '?';
	return at;
}

void git_guard_message(const struct git_guard_verdict *verdict, char ret[GIT_GUARD_MESSAGE_SIZE])
{
	static const char head[] = "git: not in this sandbox: ";
	size_t at = append_plain(ret, 0, head, strlen(head), 64);

	at = append_plain(ret, at, verdict->subject, verdict->subject_len, 96);
	if (verdict->part) {
		ret[at++] = ' ';
		at = append_plain(ret, at, verdict->part, verdict->part_len, 96);
	}
	(void)snprintf(ret + at, GIT_GUARD_MESSAGE_SIZE - at, ": %.120s. %.240s\n", verdict->why,
		       verdict->instead);
}

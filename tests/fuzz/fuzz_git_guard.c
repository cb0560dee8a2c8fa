/* SPDX-License-Identifier: MIT */
/* A command line and an environment for git-guard: variables, then a line "--" of its own, then the
 * words behind "git", each on a line. Whatever comes in, it decides alike twice, the message is one
 * line that a terminal takes calmly, nothing behind a known option hides a push, and what a key is
 * refused for by -c it is refused for when it is written. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "preload/git_command.h"
#include "preload/git_guard.h"
#include "tests/fuzz/fuzz.h"

#define WORDS_MAX 64u

static void check_message(const struct git_guard_verdict *verdict)
{
	char message[GIT_GUARD_MESSAGE_SIZE];
	size_t len;

	git_guard_message(verdict, message);
	len = strlen(message);
	FUZZ_CHECK(len > 20 && message[len - 1] == '\n');
	for (size_t i = 0; i + 1 < len; i++)
		FUZZ_CHECK(message[i] >= 0x20 && message[i] < 0x7f);
}

/* The words as they are, without an environment: with a push behind its global options. */
static void check_push(const char *const *words)
{
	static const char *const nothing[] = { NULL };
	const char *argv[WORDS_MAX + 3] = { "git" };
	struct git_global global;
	size_t count = 1;

	while (global = git_command_read_global(words), global.words > 0) {
		if (global.type == GIT_GLOBAL_HELP || count + 2 > WORDS_MAX)
			return;
		for (size_t i = 0; i < global.words; i++)
			argv[count++] = *words++;
	}
	/* Git itself would say that a value is missing. */
	if (count > 1 && strchr("-", argv[count - 1][0]) && !strchr(argv[count - 1], '=')) {
		const char *probe[] = { argv[count - 1], "x", NULL };

		if (git_command_read_global(probe).words == 2)
			return;
	}
	argv[count++] = "push";
	FUZZ_CHECK(git_guard_decide(argv, nothing).is_refused);
}

static void check_key(const char *setting)
{
	static const char *const nothing[] = { NULL };
	cleanup_free char *key = strndup(setting, strcspn(setting, "="));
	const char *value = setting[strcspn(setting, "=")] ? strchr(setting, '=') + 1 : "true";
	const char *const given[] = { "git", "-c", setting, "status", NULL };
	const char *const written[] = { "git", "config", "--add", "--", key, value, NULL };

	/* A word of the new way of speaking instead of a key. */
	if (!key || !strchr(key, '.'))
		return;
	FUZZ_CHECK(git_guard_decide(given, nothing).is_refused ==
		   git_guard_decide(written, nothing).is_refused);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = fuzz_string(data, size);
	const char *environment[WORDS_MAX + 1] = { NULL };
	const char *argv[WORDS_MAX + 2] = { "git" };
	struct git_guard_verdict first, second;
	bool is_environment = true;
	size_t variables = 0;
	size_t words = 1;
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (is_environment && strcmp(line, "--") == 0)
			is_environment = false;
		else if (is_environment && variables < WORDS_MAX)
			environment[variables++] = line;
		else if (!is_environment && words <= WORDS_MAX)
			argv[words++] = line;
	}
	first = git_guard_decide(argv, environment);
	second = git_guard_decide(argv, environment);
	FUZZ_CHECK(first.is_refused == second.is_refused && first.why == second.why);
	if (first.is_refused)
		check_message(&first);
	check_push(argv + 1);
	if (words > 1)
		check_key(argv[1]);
	return 0;
}

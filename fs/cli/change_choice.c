/* SPDX-License-Identifier: MIT */
#include "fs/cli/change_choice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/base/path_name.h"
#include "fs/cli/path_argument.h"
#include "fs/policy/pattern.h"

/* One argument: as a path, and if it holds what is special in a pattern, as that too. */
struct meant {
	char *path; /* NULL: it is no path */
	struct pattern *pattern;
	struct pattern_context context;
};

static void meant_done(struct meant *meant)
{
	free(meant->path);
	pattern_free(meant->pattern);
}

void change_choice_done(struct change_choice *choice)
{
	free(choice->changes);
	*choice = (struct change_choice){ 0 };
}

static int read_meant(const char *command, const struct chosen_session *session,
		      const struct open_review *open, const char *argument, struct meant *ret)
{
	const char *reason = NULL;
	int r;

	if (!strpbrk(argument, "*?{<\\"))
		return path_argument(session, argument, &ret->path);
	ret->context = (struct pattern_context){ project_scope_encoded(open->scope), open->scope };
	r = pattern_compile(argument, &ret->pattern, &reason);
	if (r == -EINVAL) {
		message_error("%s: %s: %s; write a pattern as in rules, or a path", command,
			      argument, reason ? reason : "no pattern");
		return EXIT_USAGE;
	}
	if (r < 0) {
		message_error("%s: %s", command, strerror(-r));
		return message_exit_code(r);
	}
	/* A file may be called so. */
	if (path_is_valid(argument) && !(ret->path = strdup(argument))) {
		message_error("%s: out of memory", command);
		return EXIT_FAULT;
	}
	return EXIT_OK;
}

static bool matches(const struct meant *meant, const char *path)
{
	struct pattern_name names[PATTERN_COMPONENTS_MAX];
	const char *cursor = path;
	const char *name;
	size_t count = 0;
	size_t len = 0;

	if (meant->path && path_is_beneath(path, meant->path))
		return true;
	if (!meant->pattern)
		return false;
	while ((name = path_next(&cursor, &len)) != NULL) {
		if (count == PATTERN_COMPONENTS_MAX)
			return false;
		names[count++] = (struct pattern_name){ name, len };
	}
	return pattern_matches(meant->pattern, PATTERN_EXACT, &meant->context, names, count);
}

/* Nothing of what the argument means may be chosen. */
static int say_none(const char *command, const char *argument, const struct change *other)
{
	if (!other) {
		message_error("%s: %s: nothing is pending there; 'claudefs status' lists what is",
			      command, argument);
		return EXIT_USAGE;
	}
	switch (other->group) {
	case REVIEW_WILL_COMMIT:
	case REVIEW_NEEDS_APPROVAL: break;
	case REVIEW_NEVER_LEAVES:
		message_error("%s: %s: never leaves the sandbox; 'claudefs why %s' says by which "
			      "rule",
			      command, argument, other->path);
		return EXIT_REFUSED;
	case REVIEW_HELD:
		message_error("%s: %s: cannot be applied as it is: %s", command, argument,
			      other->reason);
		return EXIT_HELD;
	case REVIEW_CONFLICT:
		if (!other->may_keep_ours) {
			message_error("%s: %s: in conflict: %s; carry it over by hand", command,
				      argument, other->reason);
			return EXIT_CONFLICT;
		}
		if (!other->may_take_theirs) {
			message_error("%s: %s: the session's side cannot be applied; 'claudefs "
				      "commit --ours' %s",
				      command, argument,
				      other->merge == RULE_MERGE_UNION_RECORDS
					      ? "leaves those records behind and takes the others"
					      : "drops it");
			return EXIT_HELD;
		}
		message_error("%s: %s: in conflict: %s; 'claudefs commit --theirs' or '--ours' "
			      "settles it",
			      command, argument, other->reason);
		return EXIT_CONFLICT;
	}
	message_error("%s: %s: is not in conflict; 'claudefs approve' approves it", command,
		      argument);
	return EXIT_USAGE;
}

static int choose_meant(const char *command, const struct review *review, const char *argument,
			const struct meant *meant, change_choice_fn *may_be_chosen, bool *chosen)
{
	const struct change *other = NULL;
	size_t count = 0;

	for (size_t i = 0; i < review_count(review); i++) {
		const struct change *change = review_get(review, i);

		if (meant && !matches(meant, change->path))
			continue;
		if (!may_be_chosen(change)) {
			other = change;
			continue;
		}
		chosen[i] = true;
		count++;
	}
	return count > 0 || !meant ? EXIT_OK : say_none(command, argument, other);
}

int change_choice_make(const char *command, const struct chosen_session *session,
		       const struct open_review *open, const char *const *arguments, size_t count,
		       change_choice_fn *may_be_chosen, struct change_choice *ret)
{
	size_t total = review_count(open->review);
	cleanup_free bool *chosen = calloc(total + 1, sizeof(*chosen));
	int r = EXIT_OK;

	ret->count = 0;
	ret->changes = calloc(total + 1, sizeof(*ret->changes));
	if (!chosen || !ret->changes) {
		message_error("%s: out of memory", command);
		return EXIT_FAULT;
	}
	for (size_t i = 0; r == EXIT_OK && i < count; i++) {
		__attribute__((cleanup(meant_done))) struct meant meant = { 0 };

		r = read_meant(command, session, open, arguments[i], &meant);
		if (r == EXIT_OK)
			r = choose_meant(command, open->review, arguments[i], &meant, may_be_chosen,
					 chosen);
	}
	if (count == 0)
		r = choose_meant(command, open->review, "", NULL, may_be_chosen, chosen);
	for (size_t i = 0; r == EXIT_OK && i < total; i++) {
		if (chosen[i])
			ret->changes[ret->count++] = review_get(open->review, i);
	}
	return r;
}

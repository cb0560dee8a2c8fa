/* SPDX-License-Identifier: MIT */
#include "fs/policy/decide.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fold.h"
#include "fs/base/path_name.h"
#include "fs/policy/never_list.h"
#include "fs/policy/pattern.h"

/* Enough for nearly every path; longer ones go to the heap. */
#define STACK_NAMES 32u
#define STACK_BYTES 512u

static const char note_folded[] = "equals a name of the rule only after folding case and Unicode";
static const char note_odd[] = "holds characters that no host should get in a name";
static const char note_path[] = "is not a name that can be judged";
static const char note_memory[] = "could not be judged: out of memory";
static const char note_foreign[] = "belongs to another project, whose directory has the same name";
static const char note_project[] = "the project's .claudefs.json lets it never leave";
static const char note_above[] = "lies above a name that an earlier rule shows";

/* One path, both as written and folded, split at its slashes. */
struct question {
	const char *exact_path;
	char folded_stack[STACK_BYTES];
	struct pattern_name exact_stack[STACK_NAMES];
	struct pattern_name folded_names_stack[STACK_NAMES];
	char *folded_heap;
	struct pattern_name *names_heap;
	const char *folded_path;
	struct pattern_name *exact;
	struct pattern_name *folded;
	size_t count;
	bool is_plain; /* every name may be created on a host */
};

static void question_done(struct question *question)
{
	free(question->folded_heap);
	free(question->names_heap);
}

static size_t count_names(const char *path)
{
	size_t count = 1;

	for (; *path; path++)
		count += *path == '/';
	return count;
}

static void split_names(const char *path, struct pattern_name *names)
{
	const char *cursor = path;
	size_t len = 0;
	const char *name;

	while ((name = path_next(&cursor, &len)) != NULL)
		*names++ = (struct pattern_name){ name, len };
}

/* Folding ASCII is lower case, and nearly all names are ASCII. False: path has other bytes. */
static bool fold_ascii(struct question *question, size_t len)
{
	const char *path = question->exact_path;

	if (len >= STACK_BYTES)
		return false;
	for (size_t i = 0; i <= len; i++) {
		unsigned char c = (unsigned char)path[i];

		if (c >= 0x80)
			return false;
		if ((c < 0x20 && i < len) || c == 0x7f || c == ':' || c == '\\')
			question->is_plain = false;
		question->folded_stack[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
	}
	question->folded_path = question->folded_stack;
	return true;
}

static bool is_plain_path(const char *path)
{
	cleanup_free char *copy = strdup(path);

	if (!copy)
		return false;
	for (char *p = copy; *p; p++) {
		if (*p == ':' || *p == '\\')
			return false;
		/* Component boundaries do not matter to what a plain name is. */
		if (*p == '/')
			*p = '-';
	}
	return fold_is_plain_name(copy);
}

/* True if folding left every component a name: "\u200d" folds to nothing, "..\u200d" to "..".
 * Lengths may grow, so path_is_valid() is not asked. */
static bool folded_names_are_names(const struct question *question)
{
	for (size_t i = 0; i < question->count; i++) {
		const struct pattern_name *name = &question->folded[i];

		if (name->len == 0 || (name->len == 1 && name->data[0] == '.') ||
		    (name->len == 2 && memcmp(name->data, "..", 2) == 0))
			return false;
	}
	return true;
}

/* Returns 0, -EINVAL (not to be judged) or -ENOMEM. */
static int question_init(struct question *question, const char *path)
{
	size_t len = strlen(path);
	int r;

	question->exact_path = path;
	question->is_plain = true;
	question->folded_heap = NULL;
	question->names_heap = NULL;
	if (!path_is_valid(path))
		return -EINVAL;
	if (!fold_ascii(question, len)) {
		r = fold_name(path, &question->folded_heap);
		if (r < 0)
			return r == -EILSEQ ? -EINVAL : r;
		question->folded_path = question->folded_heap;
		question->is_plain = is_plain_path(path);
	}
	question->count = count_names(path);
	question->exact = question->exact_stack;
	question->folded = question->folded_names_stack;
	if (question->count > STACK_NAMES) {
		question->names_heap = calloc(question->count * 2, sizeof(struct pattern_name));
		if (!question->names_heap)
			return -ENOMEM;
		question->exact = question->names_heap;
		question->folded = question->names_heap + question->count;
	}
	split_names(path, question->exact);
	/* path_next() stops at an empty component, which folding may have left at the end. */
	memset(question->folded, 0, question->count * sizeof(struct pattern_name));
	split_names(question->folded_path, question->folded);
	return folded_names_are_names(question) ? 0 : -EINVAL;
}

/* Shows a hidden directory on the way to what one of the rules before hidden_by shows. */
static void show_if_above(const struct rules *rules, const struct pattern_context *context,
			  const struct question *question, size_t hidden_by,
			  struct verdict *verdict)
{
	for (size_t i = 0; i < hidden_by; i++) {
		if (rules_get(rules, i)->read == RULE_READ_HIDE ||
		    !pattern_is_below(rules_get_pattern(rules, i), PATTERN_EXACT, context,
				      question->exact, question->count))
			continue;
		verdict->read = RULE_READ_SHOW;
		if (verdict->write != RULE_WRITE_REFUSE)
			verdict->write = RULE_WRITE_NEVER;
		verdict->note = note_above;
		return;
	}
}

static void forbid_write(struct verdict *verdict)
{
	if (verdict->write != RULE_WRITE_REFUSE)
		verdict->write = RULE_WRITE_NEVER;
}

static void decide_question(const struct rules *rules, const struct project_scope *scope,
			    const struct question *question, struct verdict *ret)
{
	const struct pattern_context exact = { project_scope_encoded(scope), scope };
	const struct pattern_context folded = { project_scope_encoded_folded(scope), scope };

	for (size_t i = 0; i < rules_count(rules); i++) {
		const struct pattern *pattern = rules_get_pattern(rules, i);
		const struct rule *rule = rules_get(rules, i);
		bool is_exact = pattern_matches(pattern, PATTERN_EXACT, &exact, question->exact,
						question->count);

		if (!is_exact && !pattern_matches(pattern, PATTERN_FOLDED, &folded,
						  question->folded, question->count))
			continue;
		*ret = (struct verdict){
			rule->read, rule->write, rule->merge, rule, is_exact, NULL
		};
		if (!is_exact) {
			ret->read = RULE_READ_HIDE;
			forbid_write(ret);
			ret->note = note_folded;
		} else if (!question->is_plain) {
			forbid_write(ret);
			ret->note = rule->write == ret->write ? NULL : note_odd;
		} else if (ret->read == RULE_READ_HIDE) {
			show_if_above(rules, &exact, question, i, ret);
		}
		return;
	}
}

/* Only a write that would leave, or might: what is refused stays so. */
static void forbid_by_project(const struct project_scope *scope, const struct question *question,
			      struct verdict *verdict)
{
	const struct pattern_context exact = { project_scope_encoded(scope), scope };
	const struct pattern_context folded = { project_scope_encoded_folded(scope), scope };

	if ((verdict->write != RULE_WRITE_AUTO && verdict->write != RULE_WRITE_REVIEW) ||
	    !never_list_matches(project_scope_never(scope), &exact, question->exact, &folded,
				question->folded, question->count))
		return;
	verdict->write = RULE_WRITE_NEVER;
	verdict->note = note_project;
}

static bool is_name(const struct pattern_name *name, const char *wanted)
{
	return name->len == strlen(wanted) && memcmp(name->data, wanted, name->len) == 0;
}

/* A transcript, and what lies beside it, of a session that is another project's. */
static bool is_foreign(const struct project_scope *scope, const struct question *question)
{
	const struct pattern_name *names = question->folded;

	return question->count >= 3 && names[2].len >= SESSION_UUID_LEN &&
	       is_name(&names[0], "projects") &&
	       is_name(&names[1], project_scope_encoded_folded(scope)) &&
	       project_scope_is_foreign(scope, names[2].data, SESSION_UUID_LEN);
}

void policy_decide(const struct rules *rules, const struct project_scope *scope, const char *path,
		   struct verdict *ret)
{
	const struct rule *last = rules_get(rules, rules_count(rules) - 1);
	struct question question;
	int r;

	if (path[0] == '\0') {
		*ret = (struct verdict){
			RULE_READ_SHOW, RULE_WRITE_NEVER, RULE_MERGE_REPLACE, last, true, NULL
		};
		return;
	}
	*ret = (struct verdict){ RULE_READ_HIDE, RULE_WRITE_NEVER, RULE_MERGE_REPLACE, last,
				 false,          note_path };
	r = question_init(&question, path);
	if (r == -ENOMEM)
		ret->note = note_memory;
	if (r == 0)
		decide_question(rules, scope, &question, ret);
	if (r == 0)
		forbid_by_project(scope, &question, ret);
	if (r == 0 && is_foreign(scope, &question)) {
		ret->read = RULE_READ_HIDE;
		forbid_write(ret);
		ret->note = note_foreign;
	}
	question_done(&question);
}

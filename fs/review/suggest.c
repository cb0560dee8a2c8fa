/* SPDX-License-Identifier: MIT */
#include "fs/review/suggest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/path_name.h"
#include "fs/base/text.h"
#include "fs/policy/pattern.h"
#include "fs/review/hazard_facts.h"

struct item {
	char *path;
	char *shape; /* as a pattern: the project's directory and session ids by their placeholders
		      */
	char *directory; /* of the shape: up to its last slash */
	const struct project_scope *scope;
	enum suggest_state state;
	bool can_pass;
	bool is_code;        /* by its place */
	bool is_instruction; /* CLAUDE.md and its like */
	bool is_session;     /* the shape has <session> */
	struct verdict verdict;
};

struct suggest_list {
	struct item *items;
	size_t count;
	size_t size;
};

struct suggest_list *suggest_list_new(void)
{
	return calloc(1, sizeof(struct suggest_list));
}

static void item_done(struct item *item)
{
	free(item->path);
	free(item->shape);
	free(item->directory);
}

void suggest_list_free(struct suggest_list *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->count; i++)
		item_done(&list->items[i]);
	free(list->items);
	free(list);
}

void cleanup_suggest_list_free(struct suggest_list **list)
{
	suggest_list_free(*list);
}

/* A name of the session, taken literally. */
static void append_literal(struct text *text, const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (strchr("*?{},[]<>\\", name[i]))
			text_append(text, "\\");
		text_append_bytes(text, name + i, 1);
	}
}

/* Another project's session must not be let through, nor shown anything, by this one's rule: so the
 * project's own directory and its sessions always stand by their placeholders. */
static int make_shape(struct item *item)
{
	const char *encoded = project_scope_encoded(item->scope);
	cleanup_text struct text shape = { 0 };
	const char *cursor = item->path;
	const char *name;
	size_t len = 0;
	size_t depth = 0;
	size_t directory = 0;

	while ((name = path_next(&cursor, &len)) != NULL) {
		bool is_project = depth == 1 && strncmp(item->path, "projects/", 9) == 0 &&
				  strlen(encoded) == len && memcmp(encoded, name, len) == 0;

		if (depth++ > 0)
			text_append(&shape, "/");
		directory = shape.len;
		if (is_project) {
			text_append(&shape, "<project>");
		} else if (len >= SESSION_UUID_LEN &&
			   project_scope_has_session(item->scope, name, SESSION_UUID_LEN)) {
			text_append(&shape, "<session>");
			append_literal(&shape, name + SESSION_UUID_LEN, len - SESSION_UUID_LEN);
			item->is_session = true;
		} else {
			append_literal(&shape, name, len);
		}
	}
	item->shape = text_steal(&shape);
	item->directory = item->shape ? strndup(item->shape, directory) : NULL;
	return item->directory ? 0 : -ENOMEM;
}

static int judge_place(struct item *item)
{
	struct hazard_name name;
	int r = hazard_name_read(item->path, &name);

	if (r < 0)
		return r;
	item->is_instruction = name.place == PLACE_INSTRUCTION;
	item->is_code = name.is_plugin || name.place == PLACE_CONFIG ||
			name.place == PLACE_INSTRUCTION || name.place == PLACE_AGENT ||
			name.place == PLACE_SHELL;
	return 0;
}

ANALYZER_LOSES_OWNERS
int suggest_list_add(struct suggest_list *list, const char *path, const struct project_scope *scope,
		     enum suggest_state state, bool can_pass, const struct verdict *verdict)
{
	struct item *item;
	int r;

	if (list->count == SUGGEST_ITEMS_MAX)
		return -E2BIG;
	if (list->count == list->size) {
		size_t size = list->size ? list->size * 2 : 64;
		struct item *items = reallocarray(list->items, size, sizeof(*items));

		if (!items)
			return -ENOMEM;
		list->items = items;
		list->size = size;
	}
	item = &list->items[list->count];
	*item = (struct item){
		.scope = scope, .state = state, .can_pass = can_pass, .verdict = *verdict
	};
	item->path = strdup(path);
	r = item->path ? make_shape(item) : -ENOMEM;
	if (r == 0)
		r = judge_place(item);
	if (r < 0) {
		item_done(item);
		return r;
	}
	list->count++;
	return 0;
}
ANALYZER_KNOWS_OWNERS

static bool matches(const struct pattern *pattern, const struct item *item)
{
	struct pattern_context context = { project_scope_encoded(item->scope), item->scope };
	struct pattern_name names[PATTERN_COMPONENTS_MAX];
	const char *cursor = item->path;
	const char *name;
	size_t len = 0;
	size_t count = 0;

	while ((name = path_next(&cursor, &len)) != NULL) {
		if (count == PATTERN_COMPONENTS_MAX)
			return false;
		names[count++] = (struct pattern_name){ name, len };
	}
	return pattern_matches(pattern, PATTERN_EXACT, &context, names, count);
}

static bool is_approved_shape(const struct suggest_list *list, const char *shape)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].state == SUGGEST_APPROVED &&
		    strcmp(list->items[i].shape, shape) == 0)
			return true;
	}
	return false;
}

/* What a pattern would do to all that was held; is_guarded: with add_guard() in front of it. 1:
 * only what was always approved would pass; 0: more would; or -errno. */
static int is_harmless(const struct suggest_list *list, const char *text, bool is_guarded)
{
	cleanup_pattern struct pattern *pattern = NULL;
	const char *reason;
	int r = pattern_compile(text, &pattern, &reason);

	if (r == -ENOMEM)
		return r;
	if (r < 0 || strlen(text) > RULE_PATTERN_MAX)
		return 0;
	for (size_t i = 0; i < list->count; i++) {
		const struct item *item = &list->items[i];

		if (!matches(pattern, item))
			continue;
		/* The guard in front of a directory's rule keeps these. */
		if (is_guarded && item->is_instruction)
			continue;
		if (item->state == SUGGEST_REFUSED || item->is_code ||
		    (item->state == SUGGEST_OPEN && !is_approved_shape(list, item->shape)))
			return 0;
	}
	return 1;
}

static bool counts(const struct item *item)
{
	return item->state == SUGGEST_APPROVED && item->can_pass && !item->is_code;
}

static const char *ending_of(const struct item *item)
{
	const char *ending = strrchr(path_base(item->shape), '.');

	return ending && ending[1] ? ending : NULL;
}

static bool is_of_kind(const struct item *item, const struct item *first, const char *ending)
{
	const char *other = ending_of(item);

	return counts(item) && strcmp(item->directory, first->directory) == 0 && other &&
	       strcmp(other, ending) == 0;
}

/* How many distinct names with the same ending were approved in one directory, up to
 * SUGGEST_SEVERAL. */
static size_t count_names(const struct suggest_list *list, const struct item *first,
			  const char *ending)
{
	size_t names = 0;

	for (size_t i = 0; i < list->count && names < SUGGEST_SEVERAL; i++) {
		bool is_repeated = false;

		if (!is_of_kind(&list->items[i], first, ending))
			continue;
		for (size_t k = 0; k < i && !is_repeated; k++)
			is_repeated = is_of_kind(&list->items[k], first, ending) &&
				      strcmp(list->items[k].shape, list->items[i].shape) == 0;
		names += !is_repeated;
	}
	return names;
}

struct proposal {
	json_t *rules; /* borrowed */
	size_t count;
};

static int add_rule(struct proposal *proposal, const char *path, const char *write,
		    const struct verdict *verdict, const char *why)
{
	json_t *rule = json_object();

	if (proposal->count == SUGGEST_RULES_MAX) {
		json_decref(rule);
		return 0;
	}
	proposal->count++;
	if (!rule || json_object_set_new(rule, "path", json_string(path)) < 0 ||
	    json_object_set_new(rule, "read", json_string(rule_read_name(verdict->read))) < 0 ||
	    (verdict->read == RULE_READ_FILTER &&
	     json_object_set_new(rule, "filter", json_string(verdict->rule->filter)) < 0) ||
	    json_object_set_new(rule, "write", json_string(write)) < 0 ||
	    json_object_set_new(rule, "merge", json_string(rule_merge_name(verdict->merge))) < 0 ||
	    json_object_set_new(rule, "why", json_string(why)) < 0) {
		json_decref(rule);
		return -ENOMEM;
	}
	return json_array_append_new(proposal->rules, rule) < 0 ? -ENOMEM : 0;
}

/* A directory's rule must not let instructions out that come to lie there later: those go on being
 * asked about, by a rule in front of it. */
static int add_guard(struct proposal *proposal, const struct item *first)
{
	cleanup_text struct text path = { 0 };

	text_appendf(&path, "%s{CLAUDE.md,CLAUDE.local.md,AGENTS.md,loop.md}", first->directory);
	return path.data ? add_rule(proposal, path.data, "review", &first->verdict,
				    "instructions are asked about, whatever lies beside them")
			 : -ENOMEM;
}

static size_t mark_covered(struct suggest_list *list, const char *text, bool *done)
{
	cleanup_pattern struct pattern *pattern = NULL;
	const char *reason;
	size_t covered = 0;

	if (pattern_compile(text, &pattern, &reason) < 0)
		return 0;
	for (size_t i = 0; i < list->count; i++) {
		if (!done[i] && counts(&list->items[i]) && matches(pattern, &list->items[i])) {
			done[i] = true;
			covered++;
		}
	}
	return covered;
}

static int propose(struct suggest_list *list, struct proposal *proposal, const struct item *item,
		   const char *pattern, bool is_directory, bool *done, size_t *ret_covered)
{
	cleanup_text struct text why = { 0 };
	size_t covered;
	int r = 0;

	if (is_directory)
		r = add_guard(proposal, item);
	if (r < 0)
		return r;
	covered = mark_covered(list, pattern, done);
	text_appendf(&why, "approved %zu time%s and never rejected (claudefs rules suggest)",
		     covered, covered == 1 ? "" : "s");
	*ret_covered += covered;
	return why.data ? add_rule(proposal, pattern, "auto", &item->verdict, why.data) : -ENOMEM;
}

/* 1: the directory has a rule now; 0: it cannot have one; or -errno. */
static int propose_directory(struct suggest_list *list, struct proposal *proposal,
			     const struct item *item, bool *done, size_t *ret_covered)
{
	cleanup_text struct text pattern = { 0 };
	const char *ending = ending_of(item);
	int r;

	if (!ending || !*item->directory || count_names(list, item, ending) < SUGGEST_SEVERAL)
		return 0;
	text_appendf(&pattern, "%s*%s", item->directory, ending);
	if (!pattern.data)
		return -ENOMEM;
	r = is_harmless(list, pattern.data, true);
	if (r <= 0)
		return r;
	r = propose(list, proposal, item, pattern.data, true, done, ret_covered);
	return r < 0 ? r : 1;
}

/* A session id never comes again: one says nothing about the next. */
static bool has_several_sessions(const struct suggest_list *list, const struct item *item)
{
	if (!item->is_session)
		return true;
	for (size_t i = 0; i < list->count; i++) {
		const struct item *other = &list->items[i];

		if (counts(other) && strcmp(other->directory, item->directory) == 0 &&
		    strcmp(other->path, item->path) != 0 &&
		    strncmp(other->path, item->path, strcspn(item->path, "/") + 1) == 0 &&
		    other->scope != item->scope)
			return true;
	}
	return false;
}

static int propose_for(struct suggest_list *list, struct proposal *proposal, size_t i, bool *done,
		       struct suggest_counts *totals)
{
	const struct item *item = &list->items[i];
	int r;

	if (done[i] || item->state != SUGGEST_APPROVED)
		return 0;
	if (item->is_code) {
		totals->in_class++;
		return 0;
	}
	if (!item->can_pass) {
		totals->by_hand++;
		return 0;
	}
	if (!has_several_sessions(list, item)) {
		totals->once++;
		return 0;
	}
	r = propose_directory(list, proposal, item, done, &totals->covered);
	if (r != 0)
		return r < 0 ? r : 0;
	r = is_harmless(list, item->shape, false);
	if (r > 0)
		return propose(list, proposal, item, item->shape, false, done, &totals->covered);
	totals->mixed += r == 0;
	return r;
}

int suggest_rules(struct suggest_list *list, json_t **ret, struct suggest_counts *ret_counts)
{
	cleanup_json json_t *json = json_object();
	cleanup_free bool *done = calloc(list->count + 1, sizeof(*done));
	struct proposal proposal = { .rules = json_array() };
	struct suggest_counts totals = { 0 };
	int r = 0;

	if (!json || !done || json_object_set_new(json, "version", json_integer(1)) < 0 ||
	    json_object_set_new(json, "rules", proposal.rules) < 0)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < list->count; i++)
		r = propose_for(list, &proposal, i, done, &totals);
	if (r < 0)
		return r;
	*ret = steal_ptr(&json);
	*ret_counts = totals;
	return 0;
}

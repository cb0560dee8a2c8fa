/* SPDX-License-Identifier: MIT */
#include "fs/review/hazards.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/base/cleanup.h"
#include "fs/base/text.h"
#include "fs/review/hazard_facts.h"

/* In the order of the enum; docs/RULES.md has the same. */
static const struct {
	const char *id;
	const char *meaning;
} kinds[HAZARD_KINDS] = {
	[HAZARD_AGENT] = { "HZ-AGENT", "a skill, agent, command or output style" },
	[HAZARD_COMMAND] = { "HZ-COMMAND", "a program that Claude would start" },
	[HAZARD_ENV] = { "HZ-ENV", "a variable for all that Claude starts" },
	[HAZARD_ESCAPE] = { "HZ-ESCAPE", "characters that a terminal acts on" },
	[HAZARD_EXEC] = { "HZ-EXEC", "an executable file" },
	[HAZARD_HIDDEN] = { "HZ-HIDDEN", "characters that nobody can see" },
	[HAZARD_HOOK] = { "HZ-HOOK", "a hook: runs by itself" },
	[HAZARD_IMPORT] = { "HZ-IMPORT", "another file, loaded as instructions" },
	[HAZARD_INSTRUCTION] = { "HZ-INSTRUCTION", "loaded into every later session" },
	[HAZARD_MCP] = { "HZ-MCP", "an MCP or language server" },
	[HAZARD_NAME] = { "HZ-NAME", "a name that looks like another" },
	[HAZARD_PERMISSION] = { "HZ-PERMISSION", "more is allowed without asking" },
	[HAZARD_PLUGIN] = { "HZ-PLUGIN", "a plugin: its code runs by itself" },
	[HAZARD_PROMPT] = { "HZ-PROMPT", "an instruction to the model" },
	[HAZARD_RESUME] = { "HZ-RESUME", "changes how a resumed session runs" },
	[HAZARD_SCRIPT] = { "HZ-SCRIPT", "a program or script" },
	[HAZARD_SHELL] = { "HZ-SHELL", "run or sourced by the host's Claude" },
	[HAZARD_SNIPPET] = { "HZ-SNIPPET", "shell commands to run" },
	[HAZARD_TRUST] = { "HZ-TRUST", "a question that only you should answer" },
	[HAZARD_UNSEEN] = { "HZ-UNSEEN", "could not be looked at" },
};

const char *hazard_id(enum hazard_kind kind)
{
	return kind < HAZARD_KINDS ? kinds[kind].id : "HZ-?";
}

const char *hazard_meaning(enum hazard_kind kind)
{
	return kind < HAZARD_KINDS ? kinds[kind].meaning : "?";
}

void hazard_list_done(struct hazard_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].what);
	free(list->items);
	*list = (struct hazard_list){ 0 };
}

/* Programs by their first bytes: ELF, Mach-O (both orders, fat), PE. */
static const char *program_form(const char *data, size_t len)
{
	static const struct {
		const char *magic;
		size_t len;
		const char *form;
	} forms[] = {
		{ "#!", 2, "a script" },
		{ "\x7f"
		  "ELF",
		  4, "a program (ELF)" },
		{ "\xfe\xed\xfa\xce", 4, "a program (Mach-O)" },
		{ "\xfe\xed\xfa\xcf", 4, "a program (Mach-O)" },
		{ "\xce\xfa\xed\xfe", 4, "a program (Mach-O)" },
		{ "\xcf\xfa\xed\xfe", 4, "a program (Mach-O)" },
		{ "\xca\xfe\xba\xbe", 4, "a program (Mach-O)" },
		{ "MZ", 2, "a program (PE)" },
	};

	for (size_t i = 0; data && i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (len >= forms[i].len && memcmp(data, forms[i].magic, forms[i].len) == 0)
			return forms[i].form;
	}
	return NULL;
}

static bool is_same_content(const struct hazard_input *input)
{
	return input->base && input->base_len == input->len && !input->is_cut &&
	       memcmp(input->base, input->content, input->len) == 0;
}

/* What follows from where a file lies, whatever is in it. */
static void find_by_place(const struct hazard_input *input, const struct hazard_name *name,
			  struct hazard_facts *facts)
{
	const char *how = input->base ? "changed" : "new";

	if (input->is_directory)
		return;

	if (name->is_plugin)
		hazard_facts_add(facts, HAZARD_PLUGIN, "%s file of a plugin", how);
	switch (name->place) {
	case PLACE_AGENT:
		hazard_facts_add(facts, HAZARD_AGENT,
				 "%s file of a skill, agent, command or output style", how);
		break;
	case PLACE_INSTRUCTION:
		hazard_facts_add(facts, HAZARD_INSTRUCTION,
				 "%s instructions for every later session", how);
		break;
	case PLACE_SHELL:
		hazard_facts_add(facts, HAZARD_SHELL,
				 "%s file that the host's Claude runs or sources", how);
		break;
	case PLACE_CONFIG:
	case PLACE_KEYBINDINGS:
	case PLACE_MEMORY:
	case PLACE_RECORDS:
	case PLACE_OTHER: break;
	}
}

static size_t first_line(const struct hazard_input *input)
{
	size_t max = input->len < HAZARD_QUOTED_MAX ? input->len : HAZARD_QUOTED_MAX;
	const char *newline = memchr(input->content, '\n', max);

	return newline ? (size_t)(newline - input->content) : max;
}

static void find_by_form(const struct hazard_input *input, struct hazard_facts *facts)
{
	const char *form = program_form(input->content, input->len);
	const uint32_t executable = S_IXUSR | S_IXGRP | S_IXOTH;

	if (form && !program_form(input->base, input->base_len))
		hazard_facts_add(
			facts, HAZARD_SCRIPT, "%s%s%.*s", form, *input->content == '#' ? ": " : "",
			*input->content == '#' ? (int)first_line(input) : 0, input->content);
	if (S_ISREG(input->mode) && (input->mode & executable) &&
	    !(input->has_base_mode && (input->base_mode & executable)))
		hazard_facts_add(facts, HAZARD_EXEC, "executable (mode %04o)", input->mode & 07777);
}

static bool bears_prose(const struct hazard_name *name)
{
	switch (name->place) {
	case PLACE_INSTRUCTION:
	case PLACE_AGENT:
	case PLACE_MEMORY: return true;
	case PLACE_CONFIG:
	case PLACE_KEYBINDINGS:
	case PLACE_SHELL:
	case PLACE_RECORDS:
	case PLACE_OTHER: return name->is_markdown;
	}
	return true;
}

static void find_by_character(const struct hazard_input *input, const struct hazard_name *name,
			      struct hazard_facts *facts)
{
	struct hazard_characters now = hazard_count_characters(input->content, input->len);
	struct hazard_characters before = { 0 };

	if (input->base)
		before = hazard_count_characters(input->base, input->base_len);
	if (now.is_binary && !before.is_binary && bears_prose(name))
		hazard_facts_add(facts, HAZARD_HIDDEN,
				 "it holds a NUL: no diff shows what is in it");
	if (now.is_binary)
		return;
	if (now.hidden > before.hidden)
		hazard_facts_add(facts, HAZARD_HIDDEN, "%zu invisible character%s, first U+%04X",
				 now.hidden - before.hidden,
				 now.hidden - before.hidden == 1 ? "" : "s", now.first_hidden);
	if (now.escapes > before.escapes)
		hazard_facts_add(facts, HAZARD_ESCAPE, "%zu control character%s, first U+%04X",
				 now.escapes - before.escapes,
				 now.escapes - before.escapes == 1 ? "" : "s", now.first_escape);
}

/* Facts that stand in a content as such, to be compared with those of the other one. */
static void find_facts(const struct hazard_name *name, const char *data, size_t len,
		       struct hazard_facts *facts)
{
	if (!data)
		return;
	switch (name->place) {
	case PLACE_CONFIG:
	case PLACE_KEYBINDINGS: hazard_find_config(data, len, name->place, facts); return;
	case PLACE_RECORDS: hazard_find_records(data, len, facts); return;
	case PLACE_INSTRUCTION:
	case PLACE_AGENT:
	case PLACE_MEMORY: hazard_find_markdown(data, len, facts); return;
	case PLACE_SHELL:
	case PLACE_OTHER: break;
	}
	if (name->is_markdown)
		hazard_find_markdown(data, len, facts);
}

static int compare_keys(const void *a, const void *b)
{
	const struct hazard_fact *x = a;
	const struct hazard_fact *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return memcmp(&x->key, &y->key, sizeof(x->key));
}

/* A stable order: kinds, and within one as found. */
static int compare_kinds(const void *a, const void *b)
{
	const struct hazard_fact *const *x = a;
	const struct hazard_fact *const *y = b;

	if ((*x)->kind != (*y)->kind)
		return (*x)->kind < (*y)->kind ? -1 : 1;
	return *x < *y ? -1 : *x > *y;
}

static bool has_fact(const struct hazard_facts *sorted, const struct hazard_fact *fact)
{
	return sorted->count > 0 && bsearch(fact, sorted->items, sorted->count,
					    sizeof(*sorted->items), compare_keys) != NULL;
}

ANALYZER_LOSES_OWNERS
static int keep(struct hazard_list *list, enum hazard_kind kind, const char *what)
{
	struct hazard *hazard;

	for (size_t i = list->count; i > 0 && list->items[i - 1].kind == kind; i--) {
		if (strcmp(list->items[i - 1].what, what) == 0)
			return 0;
	}
	if (list->count == HAZARDS_MAX) {
		list->omitted++;
		return 0;
	}
	if (!list->items) {
		list->items = calloc(HAZARDS_MAX, sizeof(*list->items));
		if (!list->items)
			return -ENOMEM;
	}
	hazard = &list->items[list->count];
	hazard->what = strdup(what);
	if (!hazard->what)
		return -ENOMEM;
	hazard->kind = kind;
	list->count++;
	return 0;
}
ANALYZER_KNOWS_OWNERS

/* now: in the order found. *before and a copy of now are sorted for the search. */
static int subtract(struct hazard_facts *now, struct hazard_facts *before, struct hazard_list *ret)
{
	cleanup_free const struct hazard_fact **gained = calloc(now->count + 1, sizeof(*gained));
	size_t count = 0;
	int r = 0;

	if (!gained)
		return -ENOMEM;
	if (before->count > 0)
		qsort(before->items, before->count, sizeof(*before->items), compare_keys);
	for (size_t i = 0; i < now->count; i++) {
		const struct hazard_fact *fact = &now->items[i];

		if (!fact->is_guard && fact->what && !has_fact(before, fact))
			gained[count++] = fact;
	}
	qsort(gained, count, sizeof(*gained), compare_kinds);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = keep(ret, gained[i]->kind, gained[i]->what);
	if (now->count > 0)
		qsort(now->items, now->count, sizeof(*now->items), compare_keys);
	for (size_t i = 0; r == 0 && i < before->count; i++) {
		const struct hazard_fact *fact = &before->items[i];

		if (fact->is_guard && fact->what && !has_fact(now, fact))
			r = keep(ret, fact->kind, fact->what);
	}
	return r;
}

int hazards_find(const struct hazard_input *input, struct hazard_list *ret)
{
	cleanup_hazard_facts struct hazard_facts now = { 0 };
	cleanup_hazard_facts struct hazard_facts before = { 0 };
	cleanup_hazard_list struct hazard_list list = { 0 };
	struct hazard_name name;
	int r = hazard_name_read(input->path, &name);

	if (r < 0)
		return r;
	find_facts(&name, input->base, input->base_len, &before);
	if (input->content || input->is_unknown) {
		hazard_find_name(input->path, &now);
		if (!input->content || !is_same_content(input))
			find_by_place(input, &name, &now);
	}
	if (input->content) {
		find_facts(&name, input->content, input->len, &now);
		find_by_form(input, &now);
		find_by_character(input, &name, &now);
		if (bears_prose(&name))
			r = hazard_find_prose(input, &now);
	}
	if (input->is_unknown)
		hazard_facts_add(&now, HAZARD_UNSEEN, "its content cannot be read");
	else if (input->is_cut)
		hazard_facts_add(&now, HAZARD_UNSEEN, "only its first %u MiB were looked at",
				 HAZARD_TEXT_MAX >> 20);
	else if (now.is_overfull)
		hazard_facts_add_key(&now, HAZARD_UNSEEN, "overfull",
				     "more in it than is looked at one by one");
	if (r == 0)
		r = subtract(&now, &before, &list);
	if (r == 0 && (now.is_failed || before.is_failed))
		r = -ENOMEM;
	if (r < 0)
		return r;
	*ret = list;
	list = (struct hazard_list){ 0 };
	return 0;
}

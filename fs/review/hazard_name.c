/* SPDX-License-Identifier: MIT */
/* What follows from a name: where Claude takes a file for code or instructions, and names that look
 * like others. */
#include <errno.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fold.h"
#include "fs/base/path_name.h"
#include "fs/review/hazard_facts.h"

static bool is_one_of(const char *s, size_t len, const char *const *words)
{
	for (; *words; words++) {
		if (strlen(*words) == len && memcmp(*words, s, len) == 0)
			return true;
	}
	return false;
}

static bool begins_with_one_of(const char *s, const char *const *words)
{
	for (; *words; words++) {
		if (strncmp(s, *words, strlen(*words)) == 0)
			return true;
	}
	return false;
}

static bool ends_with(const char *s, const char *end)
{
	size_t len = strlen(s);
	size_t end_len = strlen(end);

	return len >= end_len && strcmp(s + len - end_len, end) == 0;
}

/* By the last component; temporary and backup names begin with the name that they stand for. */
static enum hazard_place place_of_file(const char *base)
{
	static const char *const configs[] = { "settings.json",
					       "settings.local.json",
					       "managed-settings",
					       "remote-settings",
					       "managed-mcp.json",
					       "hooks.json",
					       "plugin.json",
					       "marketplace.json",
					       ".claude.json",
					       ".config.json",
					       ".mcp.json",
					       ".lsp.json",
					       NULL };
	static const char *const instructions[] = { "claude.md", "claude.local.md", "agents.md",
						    "loop.md", NULL };

	if (begins_with_one_of(base, configs))
		return PLACE_CONFIG;
	if (strncmp(base, "keybindings.json", 16) == 0)
		return PLACE_KEYBINDINGS;
	if (is_one_of(base, strlen(base), instructions))
		return PLACE_INSTRUCTION;
	if (ends_with(base, ".jsonl"))
		return PLACE_RECORDS;
	return PLACE_OTHER;
}

/* By the first component: what Claude looks for at the root of its state. */
static enum hazard_place place_of_root(const char *path, size_t len)
{
	static const char *const agents[] = { "skills",    "agents",   "commands", "output-styles",
					      "workflows", "dev-mods", NULL };
	static const char *const shells[] = { "session-env", "shell-snapshots",
					      "hooks",       "local",
					      "bin",         NULL };
	static const char *const memories[] = { "agent-memory", "plans", NULL };

	if (is_one_of(path, len, agents))
		return PLACE_AGENT;
	if (is_one_of(path, len, shells) || (len >= 10 && strncmp(path, "statusline", 10) == 0))
		return PLACE_SHELL;
	if (is_one_of(path, len, memories))
		return PLACE_MEMORY;
	if (len == 5 && strncmp(path, "rules", 5) == 0)
		return PLACE_INSTRUCTION;
	if (len == 18 && strncmp(path, "managed-settings.d", 18) == 0)
		return PLACE_CONFIG;
	return PLACE_OTHER;
}

static bool has_component(const char *path, const char *wanted)
{
	const char *name;
	size_t len = 0;

	while ((name = path_next(&path, &len)) != NULL) {
		if (strlen(wanted) == len && memcmp(name, wanted, len) == 0)
			return true;
	}
	return false;
}

int hazard_name_read(const char *path, struct hazard_name *ret)
{
	cleanup_free char *folded = NULL;
	const char *base;
	int r = fold_name(path, &folded);

	*ret = (struct hazard_name){ 0 };
	if (r == -ENOMEM)
		return r;
	/* A name that is not UTF-8 is never committed; what is in it is judged all the same. */
	if (r < 0) {
		folded = strdup(path);
		if (!folded)
			return -ENOMEM;
	}
	base = path_base(folded);
	ret->is_markdown = ends_with(base, ".md") || ends_with(base, ".mdc") ||
			   ends_with(base, ".markdown");
	ret->is_plugin = strncmp(folded, "plugins/", 8) == 0 ||
			 has_component(folded, ".claude-plugin");
	ret->place = place_of_file(base);
	if (ret->place == PLACE_OTHER)
		ret->place = place_of_root(folded, strcspn(folded, "/"));
	if (ret->place == PLACE_OTHER && strncmp(folded, "projects/", 9) == 0 &&
	    has_component(folded, "memory"))
		ret->place = PLACE_MEMORY;
	if (ret->place == PLACE_OTHER && ret->is_plugin && ends_with(base, ".json"))
		ret->place = PLACE_CONFIG;
	if (ret->place == PLACE_OTHER && ret->is_plugin && ret->is_markdown)
		ret->place = PLACE_AGENT;
	return 0;
}

/* Scripts whose letters are taken for Latin ones: the blocks of Unicode (Blocks.txt). Unicode's own
 * table of confusables has many more pairs; mixing these scripts within one word is what no honest
 * name does. */
static bool is_lookalike_script(uint32_t code)
{
	static const struct {
		uint32_t first;
		uint32_t last;
	} blocks[] = {
		{ 0x0370, 0x03ff }, /* Greek and Coptic */
		{ 0x0400, 0x052f }, /* Cyrillic */
		{ 0x0530, 0x058f }, /* Armenian */
		{ 0x13a0, 0x13ff }, /* Cherokee */
		{ 0x1c80, 0x1c8f }, /* Cyrillic Extended-C */
		{ 0x1f00, 0x1fff }, /* Greek Extended */
		{ 0x2c80, 0x2cff }, /* Coptic */
		{ 0xa4d0, 0xa4ff }, /* Lisu */
		{ 0xa640, 0xa69f }, /* Cyrillic Extended-B */
		{ 0xab70, 0xabbf }, /* Cherokee Supplement */
	};

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		if (code >= blocks[i].first && code <= blocks[i].last)
			return true;
	}
	return false;
}

/* Cyrillic letters that are drawn as Latin ones: a word of nothing else is read as Latin. */
static bool is_drawn_as_latin(uint32_t code)
{
	static const uint32_t letters[] = {
		0x0430, 0x0435, 0x043e, 0x0440, 0x0441, 0x0443, 0x0445, 0x0455, 0x0456, 0x0458,
		0x04bb, 0x0501, 0x051b, 0x051d, 0x0410, 0x0412, 0x0415, 0x041a, 0x041c, 0x041d,
		0x041e, 0x0420, 0x0421, 0x0422, 0x0425, 0x0405, 0x0406, 0x0408
	};

	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
		if (letters[i] == code)
			return true;
	}
	return false;
}

struct word {
	size_t latin;
	size_t others;   /* of the scripts above */
	size_t drawn_as; /* of others: like Latin */
	uint32_t first;  /* of others */
};

/* Ends a word. *bad is the first letter of the first one that deceives. */
static void judge(struct word *word, uint32_t *bad)
{
	bool is_mixed = word->latin > 0 && word->others > 0;
	bool is_masked = word->others > 1 && word->others == word->drawn_as;

	if (*bad == 0 && (is_mixed || is_masked))
		*bad = word->first;
	*word = (struct word){ 0 };
}

static bool is_latin(uint32_t code)
{
	return (code >= 'A' && code <= 'Z') || (code >= 'a' && code <= 'z') ||
	       (code >= 0xc0 && code <= 0x24f);
}

void hazard_find_name(const char *path, struct hazard_facts *facts)
{
	size_t left = strlen(path);
	struct word word = { 0 };
	uint32_t bad = 0;

	while (left > 0) {
		uint32_t code = 0;
		size_t n = fold_next_code_point(path, left, &code);

		if (n > 0 && is_latin(code)) {
			word.latin++;
		} else if (n > 0 && is_lookalike_script(code)) {
			if (word.others++ == 0)
				word.first = code;
			word.drawn_as += is_drawn_as_latin(code);
		} else {
			judge(&word, &bad);
		}
		n = n > 0 ? n : 1;
		path += n;
		left -= n;
	}
	judge(&word, &bad);
	if (bad)
		hazard_facts_add(facts, HAZARD_NAME,
				 "the name mixes alphabets: U+%04X looks like a Latin letter", bad);
}

/* SPDX-License-Identifier: MIT */
/* Markdown that a model reads: front matter by key, and its prose line by line: imports, shell
 * snippets, and instructions to the model. Where it is not certain whether Claude takes a line for
 * code or for text, it is taken for the more dangerous of the two. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fold.h"
#include "fs/base/text.h"
#include "fs/review/front_matter.h"
#include "fs/review/hazard_facts.h"
#include "fs/review/hazard_prose.h"

/* Keys of a front matter that change what runs, or what may run without asking. */
static void take_front_matter(const char *key, const char *value, void *arg)
{
	static const struct {
		const char *key; /* folded */
		enum hazard_kind kind;
	} keys[] = {
		{ "allowed-tools", HAZARD_AGENT },   { "allowedtools", HAZARD_AGENT },
		{ "tools", HAZARD_AGENT },           { "hooks", HAZARD_HOOK },
		{ "model", HAZARD_AGENT },           { "permissionmode", HAZARD_AGENT },
		{ "permission-mode", HAZARD_AGENT }, { "mcpservers", HAZARD_MCP },
		{ "mcp-servers", HAZARD_MCP },       { "skills", HAZARD_AGENT },
		{ "shell", HAZARD_COMMAND },         { "paths", HAZARD_AGENT },
	};
	struct hazard_facts *facts = arg;
	cleanup_free char *folded = NULL;
	cleanup_text struct text id = { 0 };

	if (fold_name(key, &folded) < 0)
		return;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(keys[i].key, folded) != 0)
			continue;
		text_appendf(&id, "%s\x01%s", folded, value);
		if (id.data)
			hazard_facts_add_key(facts, keys[i].kind, id.data,
					     "front matter: %s: \"%.*s\"", folded,
					     (int)HAZARD_QUOTED_MAX, value);
		facts->is_failed |= id.is_failed;
	}
}

void hazard_find_markdown(const char *data, size_t len, struct hazard_facts *facts)
{
	size_t end = 0;
	int r = front_matter_read(data, len, take_front_matter, facts, &end);

	if (r == -ENOMEM)
		facts->is_failed = true;
	else if (r < 0)
		hazard_facts_add(facts, HAZARD_UNSEEN,
				 "front matter that is no plain YAML: what it sets cannot be told");
}

static int compare_hashes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct hash));
}

static size_t line_length(const char *data, size_t len)
{
	const char *newline = memchr(data, '\n', len);

	return newline ? (size_t)(newline - data) : len;
}

/* The lines of the base, to tell which ones are new. */
struct known_lines {
	struct hash *hashes;
	size_t count;
};

static int know_lines(const char *data, size_t len, struct known_lines *ret)
{
	size_t count = 1;

	for (size_t i = 0; i < len; i++)
		count += data[i] == '\n';
	ret->hashes = calloc(count, sizeof(*ret->hashes));
	if (!ret->hashes)
		return -ENOMEM;
	for (size_t at = 0; at < len;) {
		size_t line_len = line_length(data + at, len - at);

		ret->hashes[ret->count++] = hash_bytes(data + at, line_len);
		at += line_len + 1;
	}
	qsort(ret->hashes, ret->count, sizeof(*ret->hashes), compare_hashes);
	return 0;
}

static bool is_known(const struct known_lines *known, const char *line, size_t len)
{
	struct hash hash = hash_bytes(line, len);

	return known->count > 0 &&
	       bsearch(&hash, known->hashes, known->count, sizeof(hash), compare_hashes) != NULL;
}

/* A run of three or more of one fence character at the start of a line (CommonMark 4.5). */
static size_t fence_of(const char *line, size_t len, char *ret_character, size_t *ret_info)
{
	size_t indent = 0;
	size_t run;

	while (indent < len && indent < 4 && line[indent] == ' ')
		indent++;
	if (indent > 3 || indent == len || (line[indent] != '`' && line[indent] != '~'))
		return 0;
	run = indent;
	while (run < len && line[run] == line[indent])
		run++;
	if (run - indent < 3)
		return 0;
	/* The info of a fence of backquotes holds none: it would be code within the line. */
	if (line[indent] == '`' && memchr(line + run, '`', len - run))
		return 0;
	*ret_character = line[indent];
	*ret_info = run;
	return run - indent;
}

struct fence {
	char character;
	size_t length; /* 0: we are in none */
	bool is_shell;
	bool is_told; /* its first new line was reported */
};

static bool is_info_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-';
}

static bool is_shell_info(const char *info, size_t len)
{
	static const char *const shells[] = { "sh",  "bash",  "zsh",        "fish",
					      "ksh", "shell", "console",    "shell-session",
					      "bat", "cmd",   "terminal",   "shellscript",
					      "ps1", "pwsh",  "powershell", "sh-session" };
	char word[24] = "";
	size_t n = 0;

	while (len > 0 && (*info == ' ' || *info == '\t' || *info == '{' || *info == '.')) {
		info++;
		len--;
	}
	while (n < len && n < sizeof(word) - 1 && is_info_letter(info[n])) {
		word[n] = (char)(info[n] >= 'A' && info[n] <= 'Z' ? info[n] | 0x20 : info[n]);
		n++;
	}
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (strcmp(shells[i], word) == 0)
			return true;
	}
	return false;
}

/* True if the line is the fence's own, and no content. */
static bool step_fence(struct fence *fence, const char *line, size_t len)
{
	char character = 0;
	size_t info = len;
	size_t length = fence_of(line, len, &character, &info);
	size_t rest = info;

	if (length == 0)
		return false;
	if (fence->length == 0) {
		*fence = (struct fence){ character, length, is_shell_info(line + info, len - info),
					 false };
		return true;
	}
	while (rest < len && (line[rest] == ' ' || line[rest] == '\t' || line[rest] == '\r'))
		rest++;
	if (character != fence->character || length < fence->length || rest < len)
		return false;
	*fence = (struct fence){ 0 };
	return true;
}

int hazard_find_prose(const struct hazard_input *input, struct hazard_facts *facts)
{
	struct known_lines known = { 0 };
	cleanup_prose struct prose prose = { 0 };
	struct fence fence = { 0 };
	int r = 0;

	if (input->base)
		r = know_lines(input->base, input->base_len, &known);
	for (size_t at = 0; r == 0 && at < input->len;) {
		const char *line = input->content + at;
		size_t len = line_length(line, input->len - at);
		bool is_fence = step_fence(&fence, line, len);

		at += len + 1;
		if (is_known(&known, line, len))
			continue;
		if (!is_fence && fence.length > 0 && fence.is_shell && !fence.is_told && len > 0) {
			fence.is_told = true;
			prose_tell(facts, HAZARD_SNIPPET, "gains a shell snippet:", line, len);
		}
		if (!is_fence)
			prose_find_in_line(line, len, fence.length > 0, facts);
		r = prose_add_words(&prose, line, len);
	}
	free(known.hashes);
	if (r == 0)
		prose_find_instructions(&prose, facts);
	return r;
}

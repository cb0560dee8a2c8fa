/* SPDX-License-Identifier: MIT */
#include "fs/review/hazard_prose.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fold.h"

#define FOLD_PIECE   4096u /* bytes folded at once: a folded text may be many times as long */
#define PHRASE_GAP   4u    /* words that may stand where a phrase has '~' */
#define TOLD_WORDS   14u
#define PHRASES_TOLD 8u /* of one content; each is a reason to read it whole */

void prose_done(struct prose *prose)
{
	text_done(&prose->words);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

void prose_tell(struct hazard_facts *facts, enum hazard_kind kind, const char *verb,
		const char *line, size_t len)
{
	size_t max = HAZARD_QUOTED_MAX;

	while (len > 0 && is_space(*line)) {
		line++;
		len--;
	}
	while (len > 0 && is_space(line[len - 1]))
		len--;
	hazard_facts_add(facts, kind, "%s \"%.*s%s\"", verb, (int)(len < max ? len : max), line,
			 len > max ? "..." : "");
}

static bool begins(const char *s, size_t len, const char *start)
{
	size_t n = strlen(start);

	return len >= n && memcmp(s, start, n) == 0;
}

/* @~/x, @/x, @./x, @../x are paths wherever they stand. Others need a slash or an ending, which a
 * mention of a person has not. */
static bool is_import(const char *token, size_t len, bool is_code)
{
	const char *dot;

	if (len == 0)
		return false;
	if (begins(token, len, "~/") || begins(token, len, "/") || begins(token, len, "./") ||
	    begins(token, len, "../"))
		return true;
	if (is_code || strchr("@\"'`,.:;!?", token[0]))
		return false;
	if (memchr(token, '/', len))
		return true;
	dot = memrchr(token, '.', len);
	return dot && dot > token && (size_t)(dot - token) + 1 < len;
}

/* Within backquotes a line is code (its matching is per line here; a span that goes on over lines
 * counts as text, where more is reported). */
static void find_imports(const char *line, size_t len, bool is_code, struct hazard_facts *facts)
{
	bool is_span = false;

	for (size_t i = 0; i < len; i++) {
		size_t end = i + 1;

		if (line[i] == '`')
			is_span = !is_span && memchr(line + i + 1, '`', len - i - 1);
		if (line[i] != '@' ||
		    (i > 0 && !is_space(line[i - 1]) && !strchr("([{<\"'*_>-", line[i - 1])))
			continue;
		while (end < len && !is_space(line[end]) && !strchr("`\"')]}>", line[end]))
			end++;
		if (is_import(line + i + 1, end - i - 1, is_code || is_span))
			prose_tell(facts, HAZARD_IMPORT, "gains the import", line + i, end - i);
		i = end - 1;
	}
}

/* curl or wget on the left of a pipe, something that runs its input on the right. */
static bool is_download_to_shell(const char *line, size_t len)
{
	static const char *const runners[] = { "sh",     "bash", "zsh",  "dash", "ksh",
					       "python", "perl", "node", "ruby", "sudo" };
	const char *pipe = memchr(line, '|', len);
	size_t left = pipe ? (size_t)(pipe - line) : 0;

	if (!pipe || !(memmem(line, left, "curl", 4) || memmem(line, left, "wget", 4)))
		return false;
	for (size_t i = 0; i < sizeof(runners) / sizeof(runners[0]); i++) {
		if (memmem(pipe, len - left, runners[i], strlen(runners[i])))
			return true;
	}
	return false;
}

void prose_find_in_line(const char *line, size_t len, bool is_code, struct hazard_facts *facts)
{
	find_imports(line, len, is_code, facts);
	if (is_download_to_shell(line, len))
		prose_tell(facts, HAZARD_SNIPPET, "gains a download into a program:", line, len);
	if (memmem(line, len, "!`", 2))
		prose_tell(facts, HAZARD_SNIPPET, "gains a command that Claude runs:", line, len);
}

static void add_folded(struct prose *prose, const char *folded)
{
	bool is_word = false;

	for (const char *p = folded; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80) {
			text_append_bytes(&prose->words, p, 1);
			is_word = true;
		} else if (is_word && c != '\'') {
			text_append(&prose->words, " ");
			is_word = false;
		}
	}
	if (is_word)
		text_append(&prose->words, " ");
}

static size_t piece_of(const char *line, size_t len)
{
	size_t n = FOLD_PIECE;

	if (len <= FOLD_PIECE)
		return len;
	while (n > FOLD_PIECE / 2 && !is_space(line[n - 1]))
		n--;
	return n > FOLD_PIECE / 2 ? n : FOLD_PIECE;
}

int prose_add_words(struct prose *prose, const char *line, size_t len)
{
	while (len > 0) {
		size_t n = piece_of(line, len);
		cleanup_free char *piece = malloc(n + 1);
		cleanup_free char *folded = NULL;
		int r;

		if (!piece)
			return -ENOMEM;
		/* A NUL would end the text for us, and not for who reads it. */
		for (size_t i = 0; i < n; i++)
			piece[i] = (char)(line[i] ? line[i] : ' ');
		piece[n] = '\0';
		r = fold_name(piece, &folded);
		if (r == -ENOMEM)
			return r;
		if (r < 0) { /* not UTF-8: ASCII case alone */
			for (char *p = piece; *p; p++)
				*p = (char)(*p >= 'A' && *p <= 'Z' ? *p | 0x20 : *p);
		}
		add_folded(prose, r < 0 ? piece : folded);
		line += n;
		len -= n;
	}
	return prose->words.is_failed ? -ENOMEM : 0;
}

/* Words as a model is told what to do with its rules, its person and its tools. '~': up to
 * PHRASE_GAP words of any kind. A fact about a project uses none of these. */
static const char *const phrases[] = {
	"ignore ~ instructions",
	"ignore ~ rules",
	"ignore everything above",
	"disregard ~ instructions",
	"disregard ~ rules",
	"forget ~ instructions",
	"forget everything",
	"override ~ instructions",
	"new instructions",
	"system prompt",
	"system message",
	"you are now",
	"you must",
	"you should always",
	"you will always",
	"claude must",
	"claude should",
	"assistant must",
	"assistant should",
	"the model must",
	"always run",
	"always execute",
	"always start by",
	"always begin by",
	"first run",
	"run the following",
	"execute the following",
	"run this command",
	"execute this command",
	"run curl",
	"run wget",
	"before ~ answering",
	"before ~ responding",
	"at the start of every",
	"at the start of each",
	"at the beginning of every",
	"at the beginning of each",
	"in every session",
	"every time you",
	"without asking",
	"without telling",
	"without confirmation",
	"without permission",
	"do not ask",
	"dont ask",
	"do not tell",
	"dont tell",
	"do not mention",
	"dont mention",
	"never ask",
	"never tell",
	"never mention",
	"keep this secret",
	"skip ~ permission",
	"bypass ~ permission",
	"dangerously skip permissions",
	"disable ~ sandbox",
};

/* Behind the word at text, and the space behind it. Lengths, not NULs: the text is long, and is
 * walked through once. */
static const char *next_word(const char *text, const char *end)
{
	const char *space = memchr(text, ' ', (size_t)(end - text));

	return space ? space + 1 : end;
}

/* How many bytes of [text, end) the phrase covers from its beginning; 0: it does not begin there.
 * Both are words with single spaces between them. */
static size_t match(const char *phrase, const char *text, const char *end)
{
	const char *start = text;

	while (*phrase) {
		size_t word = strcspn(phrase, " ");

		if (word == 1 && *phrase == '~') {
			for (size_t skipped = 0; skipped <= PHRASE_GAP && text < end; skipped++) {
				size_t n = match(phrase + 2, text, end);

				if (n > 0)
					return (size_t)(text - start) + n;
				text = next_word(text, end);
			}
			return 0;
		}
		if ((size_t)(end - text) < word || memcmp(phrase, text, word) != 0 ||
		    (text + word < end && text[word] != ' '))
			return 0;
		phrase += word;
		phrase += *phrase == ' ';
		text = next_word(text, end);
	}
	return (size_t)(text - start);
}

static void tell_words(const char *words, const char *end, struct hazard_facts *facts)
{
	const char *last = words;

	for (size_t i = 0; i < TOLD_WORDS && last < end; i++)
		last = next_word(last, end);
	prose_tell(facts, HAZARD_PROMPT, "gains an instruction:", words, (size_t)(last - words));
}

void prose_find_instructions(const struct prose *prose, struct hazard_facts *facts)
{
	const char *words = prose->words.data ? prose->words.data : "";
	const char *end = words + prose->words.len;
	size_t told = 0;

	while (words < end && told < PHRASES_TOLD) {
		size_t n = 0;

		for (size_t i = 0; n == 0 && i < sizeof(phrases) / sizeof(phrases[0]); i++)
			n = phrases[i][0] == *words ? match(phrases[i], words, end) : 0;
		if (n > 0) {
			tell_words(words, end, facts);
			told++;
			words += n;
		} else {
			words = next_word(words, end);
		}
	}
}

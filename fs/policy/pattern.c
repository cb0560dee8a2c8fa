/* SPDX-License-Identifier: MIT */
#include "fs/policy/pattern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fold.h"
#include "fs/base/text.h"

enum token_kind {
	TOKEN_LITERAL,
	TOKEN_ANY_RUN, /* * */
	TOKEN_ANY_ONE, /* ? */
	TOKEN_PROJECT,
	TOKEN_SESSION,
};

struct token {
	enum token_kind kind;
	struct pattern_name literal[2]; /* by enum pattern_form; data owned */
};

struct component {
	bool is_globstar;
	struct token *tokens;
	size_t count;
};

struct alternative {
	struct component *components;
	size_t count;
};

struct pattern {
	struct alternative *alternatives;
	size_t count;
};

/* ---- life cycle ---- */

static void component_done(struct component *component)
{
	for (size_t i = 0; i < component->count; i++) {
		/* Owned since token_set_literal(); const only for the matcher. */
		free((void *)(uintptr_t)component->tokens[i].literal[PATTERN_EXACT].data);
		free((void *)(uintptr_t)component->tokens[i].literal[PATTERN_FOLDED].data);
	}
	free(component->tokens);
}

void pattern_free(struct pattern *pattern)
{
	if (!pattern)
		return;
	for (size_t i = 0; i < pattern->count; i++) {
		struct alternative *alternative = &pattern->alternatives[i];

		for (size_t j = 0; j < alternative->count; j++)
			component_done(&alternative->components[j]);
		free(alternative->components);
	}
	free(pattern->alternatives);
	free(pattern);
}

void cleanup_pattern_free(struct pattern **pattern)
{
	pattern_free(*pattern);
}

/* ---- compiling ---- */

/* Grows *array by one zeroed element of size bytes. NULL: out of memory. */
static void *append_element(void *array, size_t *count, size_t size)
{
	void **slot = array;
	char *grown = reallocarray(*slot, *count + 1, size);

	if (!grown)
		return NULL;
	*slot = grown;
	memset(grown + *count * size, 0, size);
	/* The store through the untyped slot above. */
	ANALYZER_LOSES_OWNERS
	return grown + (*count)++ * size;
	ANALYZER_KNOWS_OWNERS
}

static int token_set_literal(struct token *token, const char *data, const char **reterr_reason)
{
	char *folded = NULL;
	char *exact;
	int r = fold_name(data, &folded);

	if (r == -EILSEQ)
		*reterr_reason = "is not text that a name can be compared with";
	if (r < 0)
		return r == -EILSEQ ? -EINVAL : r;
	exact = strdup(data);
	if (!exact) {
		free(folded);
		return -ENOMEM;
	}
	token->literal[PATTERN_EXACT] = (struct pattern_name){ exact, strlen(exact) };
	token->literal[PATTERN_FOLDED] = (struct pattern_name){ folded, strlen(folded) };
	return 0;
}

static int component_add(struct component *component, enum token_kind kind, struct text *literal,
			 const char **reterr_reason)
{
	struct token *token;

	if (literal->len > 0 || literal->is_failed) {
		cleanup_free char *data = text_steal(literal);

		if (!data)
			return -ENOMEM;
		token = append_element(&component->tokens, &component->count, sizeof(*token));
		if (!token)
			return -ENOMEM;
		int r = token_set_literal(token, data, reterr_reason);
		if (r < 0)
			return r;
	}
	if (kind == TOKEN_LITERAL)
		return 0;
	token = append_element(&component->tokens, &component->count, sizeof(*token));
	if (!token)
		return -ENOMEM;
	token->kind = kind;
	return 0;
}

/* The kind of the special thing at s and its length in the pattern. Returns 0 or -EINVAL. */
static int scan_special(const char *s, enum token_kind *ret_kind, size_t *ret_len,
			const char **reterr_reason)
{
	static const struct {
		const char *word;
		enum token_kind kind;
	} placeholders[] = {
		{ "<project>", TOKEN_PROJECT },
		{ "<session>", TOKEN_SESSION },
	};

	*ret_len = 1;
	*ret_kind = TOKEN_LITERAL;
	if (*s == '*' || *s == '?') {
		*ret_kind = *s == '*' ? TOKEN_ANY_RUN : TOKEN_ANY_ONE;
	} else if (*s == '<') {
		for (size_t i = 0; i < sizeof(placeholders) / sizeof(placeholders[0]); i++) {
			size_t len = strlen(placeholders[i].word);

			if (strncmp(s, placeholders[i].word, len) == 0) {
				*ret_kind = placeholders[i].kind;
				*ret_len = len;
				return 0;
			}
		}
		*reterr_reason = "has an unknown placeholder (known: <project>, <session>)";
		return -EINVAL;
	} else if (*s == '[' || *s == ']') {
		*reterr_reason =
			"has a character class, which rules do not know (write \\[ for '[')";
		return -EINVAL;
	}
	return 0;
}

/* One component from s up to len. */
static int compile_component(const char *s, size_t len, struct component *component,
			     const char **reterr_reason)
{
	cleanup_text struct text literal = { 0 };
	int r;

	if (len == 2 && memcmp(s, "**", 2) == 0) {
		component->is_globstar = true;
		return 0;
	}
	if (len == 0 || (len == 1 && *s == '.') || (len == 2 && memcmp(s, "..", 2) == 0)) {
		*reterr_reason = "has an empty component, '.' or '..'";
		return -EINVAL;
	}
	for (size_t i = 0; i < len;) {
		enum token_kind kind;
		size_t n;

		if (s[i] == '\\') {
			/* Braces were expanded with care for escapes, so a character follows. */
			text_append_bytes(&literal, s + i + 1, 1);
			i += 2;
			continue;
		}
		r = scan_special(s + i, &kind, &n, reterr_reason);
		if (r < 0)
			return r;
		if (kind == TOKEN_ANY_RUN && s[i + 1] == '*') {
			*reterr_reason = "has '**' beside other characters";
			return -EINVAL;
		}
		if (kind == TOKEN_LITERAL)
			text_append_bytes(&literal, s + i, n);
		else
			r = component_add(component, kind, &literal, reterr_reason);
		if (r < 0)
			return r;
		i += n;
	}
	return component_add(component, TOKEN_LITERAL, &literal, reterr_reason);
}

/* Splits one brace-free text at its slashes. */
static int compile_alternative(const char *text, struct alternative *alternative,
			       const char **reterr_reason)
{
	const char *start = text;

	for (const char *p = text;; p++) {
		struct component *component;
		int r;

		if (*p == '\\' && p[1] != '\0' && p[1] != '/') {
			p++;
			continue;
		}
		if (*p == '\\') {
			*reterr_reason = "has a backslash with nothing to escape";
			return -EINVAL;
		}
		if (*p != '/' && *p != '\0')
			continue;
		if (alternative->count >= PATTERN_COMPONENTS_MAX) {
			*reterr_reason = "has too many components";
			return -EINVAL;
		}
		component = append_element(&alternative->components, &alternative->count,
					   sizeof(*component));
		if (!component)
			return -ENOMEM;
		r = compile_component(start, (size_t)(p - start), component, reterr_reason);
		if (r < 0)
			return r;
		if (*p == '\0')
			return 0;
		start = p + 1;
	}
}

/* The first unescaped c of set in s, or NULL. */
static const char *find_unescaped(const char *s, const char *set)
{
	for (; *s; s++) {
		if (*s == '\\' && s[1])
			s++;
		else if (*s != '\\' && strchr(set, *s))
			return s;
	}
	return NULL;
}

/* Replaces the first {a,b} of work[at] by its first alternative and appends the others to work.
 * Nested braces stay in the texts and are expanded when their turn comes. */
static int expand_first_brace(char ***work, size_t *count, size_t at, const char *open,
			      const char **reterr_reason)
{
	cleanup_free char *text = (*work)[at];
	const char *piece = open + 1;
	const char *close = NULL;
	unsigned int depth = 0;
	bool is_first = true;

	(*work)[at] = NULL;
	for (const char *p = piece; !close && (p = find_unescaped(p, "{},")) != NULL; p++) {
		if (*p == '{')
			depth++;
		else if (*p == '}' && depth-- == 0)
			close = p;
	}
	if (!close) {
		*reterr_reason = "has a '{' without its '}'";
		return -EINVAL;
	}
	depth = 0;
	for (const char *p = piece; (p = find_unescaped(p, "{},")) != NULL && p <= close; p++) {
		cleanup_text struct text expanded = { 0 };
		char *result;
		char **slot = &(*work)[at];

		if (*p == '{')
			depth++;
		else if (*p == '}' && p != close)
			depth--;
		if (depth > 0 || (*p != ',' && p != close))
			continue;
		text_append_bytes(&expanded, text, (size_t)(open - text));
		text_append_bytes(&expanded, piece, (size_t)(p - piece));
		text_append(&expanded, close + 1);
		piece = p + 1;
		if (*count >= PATTERN_ALTERNATIVES_MAX) {
			*reterr_reason = "has too many alternatives";
			return -EINVAL;
		}
		result = text_steal(&expanded);
		if (!result)
			return -ENOMEM;
		if (!is_first)
			slot = append_element(work, count, sizeof(**work));
		if (!slot) {
			free(result);
			return -ENOMEM;
		}
		*slot = result;
		is_first = false;
	}
	return 0;
}

static int compile_all(struct pattern *pattern, char ***work, size_t *count,
		       const char **reterr_reason)
{
	for (size_t i = 0; i < *count; i++) {
		const char *brace;
		struct alternative *alternative;
		int r;

		while ((brace = find_unescaped((*work)[i], "{}")) != NULL) {
			if (*brace == '}') {
				*reterr_reason = "has a '}' without its '{'";
				return -EINVAL;
			}
			r = expand_first_brace(work, count, i, brace, reterr_reason);
			if (r < 0)
				return r;
		}
		alternative = append_element(&pattern->alternatives, &pattern->count,
					     sizeof(*alternative));
		if (!alternative)
			return -ENOMEM;
		r = compile_alternative((*work)[i], alternative, reterr_reason);
		if (r < 0)
			return r;
	}
	return 0;
}

int pattern_compile(const char *text, struct pattern **ret, const char **reterr_reason)
{
	cleanup_pattern struct pattern *pattern = calloc(1, sizeof(*pattern));
	char **work = NULL;
	size_t count = 0;
	char **slot = append_element(&work, &count, sizeof(*work));
	int r = -ENOMEM;

	if (pattern && slot) {
		*slot = strdup(text);
		if (*slot)
			r = compile_all(pattern, &work, &count, reterr_reason);
	}
	for (size_t i = 0; i < count; i++)
		free(work[i]);
	free(work);
	if (r == 0)
		*ret = steal_ptr(&pattern);
	return r;
}

/* ---- matching ---- */

/* How many bytes of name from pos on the token takes, or -1. Never called for TOKEN_ANY_RUN. */
static ssize_t token_match(const struct token *token, enum pattern_form form,
			   const struct pattern_context *context, const struct pattern_name *name,
			   size_t pos)
{
	const char *s = name->data + pos;
	size_t left = name->len - pos;
	size_t n = 0;

	switch (token->kind) {
	case TOKEN_LITERAL:
		n = token->literal[form].len;
		return n <= left && memcmp(s, token->literal[form].data, n) == 0 ? (ssize_t)n : -1;
	case TOKEN_PROJECT:
		if (!context->project)
			return -1;
		n = strlen(context->project);
		return n <= left && memcmp(s, context->project, n) == 0 ? (ssize_t)n : -1;
	case TOKEN_SESSION:
		if (!context->scope || left < SESSION_UUID_LEN ||
		    !project_scope_has_session(context->scope, s, SESSION_UUID_LEN))
			return -1;
		return SESSION_UUID_LEN;
	case TOKEN_ANY_ONE:
		/* A whole code point: a lead byte and its continuation bytes. */
		if (left == 0 || ((unsigned char)s[0] & 0xc0u) == 0x80u)
			return -1;
		for (n = 1; n < left && ((unsigned char)s[n] & 0xc0u) == 0x80u;)
			n++;
		return (ssize_t)n;
	case TOKEN_ANY_RUN: break;
	}
	return -1;
}

static bool component_matches(const struct component *component, enum pattern_form form,
			      const struct pattern_context *context,
			      const struct pattern_name *name)
{
	size_t at = 0;
	size_t pos = 0;
	size_t star = SIZE_MAX;
	size_t star_pos = 0;

	for (;;) {
		ssize_t n = -1;

		if (at < component->count && component->tokens[at].kind == TOKEN_ANY_RUN) {
			star = at++;
			star_pos = pos;
			if (at == component->count)
				return true;
			continue;
		}
		if (at < component->count)
			n = token_match(&component->tokens[at], form, context, name, pos);
		else if (pos == name->len)
			return true;
		if (n >= 0) {
			pos += (size_t)n;
			at++;
			continue;
		}
		/* Only the last star is tried again: an earlier one could not do better. */
		if (star == SIZE_MAX || star_pos >= name->len)
			return false;
		pos = ++star_pos;
		at = star + 1;
	}
}

static bool alternative_matches(const struct alternative *alternative, enum pattern_form form,
				const struct pattern_context *context,
				const struct pattern_name *names, size_t count)
{
	size_t at = 0;
	size_t pos = 0;
	size_t star = SIZE_MAX;
	size_t star_pos = 0;

	for (;;) {
		if (at < alternative->count && alternative->components[at].is_globstar) {
			star = at++;
			star_pos = pos;
			if (at == alternative->count)
				return true;
			continue;
		}
		if (at == alternative->count && pos == count)
			return true;
		if (at < alternative->count && pos < count &&
		    component_matches(&alternative->components[at], form, context, &names[pos])) {
			at++;
			pos++;
			continue;
		}
		if (star == SIZE_MAX || star_pos >= count)
			return false;
		pos = ++star_pos;
		at = star + 1;
	}
}

bool pattern_matches(const struct pattern *pattern, enum pattern_form form,
		     const struct pattern_context *context, const struct pattern_name *names,
		     size_t count)
{
	for (size_t i = 0; i < pattern->count; i++) {
		if (alternative_matches(&pattern->alternatives[i], form, context, names, count))
			return true;
	}
	return false;
}

static bool alternative_is_below(const struct alternative *alternative, enum pattern_form form,
				 const struct pattern_context *context,
				 const struct pattern_name *names, size_t count)
{
	if (alternative->count <= count)
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct component *component = &alternative->components[i];

		if (component->is_globstar ||
		    !component_matches(component, form, context, &names[i]))
			return false;
	}
	return true;
}

bool pattern_is_below(const struct pattern *pattern, enum pattern_form form,
		      const struct pattern_context *context, const struct pattern_name *names,
		      size_t count)
{
	for (size_t i = 0; i < pattern->count; i++) {
		if (alternative_is_below(&pattern->alternatives[i], form, context, names, count))
			return true;
	}
	return false;
}

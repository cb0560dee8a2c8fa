/* SPDX-License-Identifier: MIT */
#include "fs/review/key_changes.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/fold.h"
#include "fs/host/host_parent.h"
#include "fs/review/content.h"
#include "fs/review/review_state.h"

struct key_changes {
	struct json_keys *merge;
	struct key_rules *rules; /* NULL: the path's rule decides for all keys */
	struct key_change *changes;
	size_t count;
	struct change_base host;
	char *session; /* the text */
	size_t session_len;
};

/* Judging the keys of one file. */
struct judgement {
	struct key_changes *keys;
	enum rule_write path_write;
	const char *path_why;
	struct pattern_context context;
	struct pattern_name names[JSON_DEPTH_MAX + 1];
	size_t count;
};

static enum rule_write stricter(enum rule_write a, enum rule_write b)
{
	return a > b ? a : b; /* in the order of the enumeration: auto, review, never, refuse */
}

static bool is_short_text(const json_t *value)
{
	size_t len = json_string_length(value);

	return len <= KEY_TEXT_MAX && text_count_unsafe(json_string_value(value), len) == 0;
}

/* May a value go to the host without anybody having looked at it? */
static bool is_expected(const json_t *value, enum key_value wanted)
{
	switch (wanted) {
	case KEY_VALUE_NONE: return false;
	case KEY_VALUE_FLAG: return json_is_boolean(value);
	case KEY_VALUE_COUNT:
		return json_is_integer(value) && json_integer_value(value) >= 0 &&
		       json_integer_value(value) <= INT32_MAX;
	case KEY_VALUE_NUMBER:
		return json_is_number(value) && fabs(json_number_value(value)) < 1e15;
	case KEY_VALUE_TEXT: return json_is_string(value) && is_short_text(value);
	}
	return false;
}

/* Names of keys are the session's choice where a rule has a star. */
static bool has_plain_names(const struct json_key_change *change)
{
	for (size_t i = 0; i < change->depth; i++) {
		size_t len = strlen(change->keys[i]);

		if (len == 0 || len > PATH_BYTES_MAX || text_count_unsafe(change->keys[i], len) > 0)
			return false;
	}
	return strlen(change->keys[change->depth - 1]) <= KEY_TEXT_MAX;
}

static const char odd_value[] = "not a value that this key should have: nothing goes by itself";
static const char removed[] = "removed: what the host has of it stays there";
static const char odd_name[] = "the key's name is too long, or holds invisible characters";

static void judge_key(const struct judgement *judgement, struct key_change *ret)
{
	const struct json_key_change *merge = ret->merge;
	const struct key_rule *rule =
		judgement->keys->rules ? key_rules_find(judgement->keys->rules, &judgement->context,
							judgement->names, judgement->count)
				       : NULL;
	enum rule_write write = judgement->keys->rules ? RULE_WRITE_NEVER : RULE_WRITE_AUTO;

	ret->why = judgement->path_why;
	if (rule) {
		ret->rule = rule->key;
		ret->why = rule->why;
		write = rule->has_write ? rule->write : RULE_WRITE_AUTO;
		if (write == RULE_WRITE_AUTO && rule->has_write &&
		    !is_expected(merge->new_value, rule->value)) {
			write = RULE_WRITE_NEVER;
			ret->why = merge->new_value ? odd_value : removed;
		}
		if (write == RULE_WRITE_AUTO && !has_plain_names(merge)) {
			write = RULE_WRITE_NEVER;
			ret->why = odd_name;
		}
	}
	write = stricter(write, judgement->path_write);
	ret->fate = merge->state == JSON_KEY_DONE       ? KEY_FATE_DONE
		    : write >= RULE_WRITE_NEVER         ? KEY_FATE_STAYS
		    : merge->state == JSON_KEY_CONFLICT ? KEY_FATE_CONFLICT
		    : write == RULE_WRITE_AUTO          ? KEY_FATE_GOES
							: KEY_FATE_ASKS;
	if (ret->fate == KEY_FATE_CONFLICT)
		ret->why = merge->why;
}

/* What goes as a whole is judged by the strictest of what is in it. Returns 0 or -errno. */
static void judge_inside(struct judgement *judgement, const json_t *value, struct key_change *ret)
{
	struct key_change inside;
	const char *key;
	json_t *child;

	if (!json_is_object(value) && !json_is_array(value))
		return;
	for (size_t i = 0; i < json_array_size(value) && ret->fate != KEY_FATE_STAYS; i++) {
		char number[24];

		(void)snprintf(number, sizeof(number), "%zu", i);
		inside = (struct key_change){ .merge = ret->merge };
		judgement->names[judgement->count++] =
			(struct pattern_name){ number, strlen(number) };
		judge_key(judgement, &inside);
		judge_inside(judgement, json_array_get(value, i), &inside);
		judgement->count--;
		if (inside.fate > ret->fate)
			*ret = inside;
	}
	json_object_foreach ((json_t *)(uintptr_t)value, key, child) {
		inside = (struct key_change){ .merge = ret->merge };
		judgement->names[judgement->count++] = (struct pattern_name){ key, strlen(key) };
		judge_key(judgement, &inside);
		judge_inside(judgement, child, &inside);
		judgement->count--;
		if (inside.fate > ret->fate)
			*ret = inside;
	}
}

static void judge_change(struct judgement *judgement, struct key_change *ret)
{
	const struct json_key_change *merge = ret->merge;

	for (size_t i = 0; i < merge->depth; i++)
		judgement->names[i] =
			(struct pattern_name){ merge->keys[i], strlen(merge->keys[i]) };
	judgement->count = merge->depth;
	judge_key(judgement, ret);
	if (ret->fate == KEY_FATE_DONE)
		return;
	judge_inside(judgement, merge->old_value, ret);
	judge_inside(judgement, merge->new_value, ret);
}

/* A session that floods the file is looked at by a person. */
static void bound_automatic(struct key_changes *keys)
{
	size_t goes = 0;

	for (size_t i = 0; i < keys->count; i++)
		goes += keys->changes[i].fate == KEY_FATE_GOES;
	for (size_t i = 0; goes > KEY_CHANGES_AUTO_MAX && i < keys->count; i++) {
		if (keys->changes[i].fate != KEY_FATE_GOES)
			continue;
		keys->changes[i].fate = KEY_FATE_ASKS;
		keys->changes[i].why = "more than 1000 keys at once do not go without asking";
	}
}

static int judge_all(const struct review *review, const struct change *change,
		     struct key_changes *keys)
{
	const struct project_scope *scope = review->options.scope;
	struct judgement judgement = {
		.keys = keys,
		.path_write = change->verdict.write,
		.path_why = change->verdict.rule ? change->verdict.rule->why : "",
		.context = { project_scope_composed_path(scope), scope },
	};

	keys->count = json_keys_count(keys->merge);
	keys->changes = calloc(keys->count + 1, sizeof(*keys->changes));
	if (!keys->changes)
		return -ENOMEM;
	for (size_t i = 0; i < keys->count; i++) {
		keys->changes[i].merge = json_keys_get(keys->merge, i);
		judge_change(&judgement, &keys->changes[i]);
	}
	bound_automatic(keys);
	return 0;
}

/* For the merge: what becomes of a key that both changed. */
struct both_question {
	const struct key_rules *rules;
	struct pattern_context context;
};

static enum json_key_both ask_both(const char *const *keys, size_t depth, void *arg)
{
	const struct both_question *question = arg;
	struct pattern_name names[JSON_DEPTH_MAX + 1];
	const struct key_rule *rule;

	for (size_t i = 0; i < depth; i++)
		names[i] = (struct pattern_name){ keys[i], strlen(keys[i]) };
	rule = question->rules ? key_rules_find(question->rules, &question->context, names, depth)
			       : NULL;
	if (!rule)
		return JSON_BOTH_CONFLICT;
	switch (rule->both) {
	case KEY_BOTH_HOST: return JSON_BOTH_HOST;
	case KEY_BOTH_MAX: return JSON_BOTH_MAX;
	case KEY_BOTH_CONFLICT: break;
	}
	return JSON_BOTH_CONFLICT;
}

/* The three texts, as they were read. */
struct key_texts {
	char *data[3];
	struct json_text texts[3];
};

static void key_texts_done(struct key_texts *texts)
{
	for (size_t i = 0; i < 3; i++)
		free(texts->data[i]);
}
#define cleanup_key_texts __attribute__((cleanup(key_texts_done)))

static void set_text(struct key_texts *texts, enum json_side side, char *data, size_t len)
{
	texts->data[side] = data;
	texts->texts[side] = (struct json_text){ data, len };
}

/* The host's file by its own name, never through a link. It may be replaced at any moment: what was
 * read is what one open file held, and is told to the commit by its digest. */
static int read_host(const struct review *review, const struct change *change,
		     struct key_texts *texts, struct change_base *ret)
{
	cleanup_fd int dir_fd = -1;
	cleanup_fd int fd = -1;
	const char *name = NULL;
	char *data = NULL;
	size_t len = 0;
	struct stat st;
	int r;

	dir_fd = host_parent_open(review->root_fd, review->options.manifest->host_config,
				  change->path, &name);
	fd = dir_fd < 0 ? dir_fd
			: fd_open_at(dir_fd, name,
				     O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	r = fd_read_file(fd, JSON_KEYS_TEXT_MAX, &data, &len);
	if (r < 0)
		return r;
	set_text(texts, JSON_SIDE_HOST, data, len);
	*ret = (struct change_base){
		.exists = true,
		.was_host = true,
		.identity = journal_identity_of(&st),
		.host_hash = hash_bytes(data, len),
		.size = len,
	};
	/* Longer or shorter than its stat: being written, and no base for anything. */
	return ret->identity.size == len ? 0 : -EAGAIN;
}

static int read_texts(const struct review *review, const struct change *change,
		      struct key_texts *texts, struct change_base *host)
{
	cleanup_content struct content content = CONTENT_NONE;
	cleanup_content struct content base = CONTENT_NONE;
	char *data = NULL;
	size_t len = 0;
	int r;

	r = content_open(review, change, &content);
	if (r == 0)
		r = content_load(&content, 0, JSON_KEYS_TEXT_MAX, &data, &len);
	if (r < 0)
		return r;
	set_text(texts, JSON_SIDE_SESSION, data, len);
	r = content_open_base(review, change, &base);
	if (r == 0)
		r = content_load(&base, 0, JSON_KEYS_TEXT_MAX, &data, &len);
	if (r == 0)
		set_text(texts, JSON_SIDE_BASE, data, len);
	if (r < 0 && r != -ENODATA)
		return r;
	r = -EAGAIN;
	for (unsigned int tries = 0; tries < 4 && r == -EAGAIN; tries++) {
		free(texts->data[JSON_SIDE_HOST]);
		set_text(texts, JSON_SIDE_HOST, NULL, 0);
		r = read_host(review, change, texts, host);
	}
	return r;
}

static void tell_problem(const struct json_keys_problem *problem, char *reason, size_t size)
{
	static const char *const sides[] = {
		"what the session saw is",
		"it is",
		"the host's file is",
	};

	text_format_safe(reason, size, "%s not JSON: line %u: %s", sides[problem->side],
			 problem->problem.line, problem->problem.reason);
}

int key_changes_load(const struct review *review, const struct change *change,
		     struct key_changes **ret, char *reterr_reason, size_t reason_size)
{
	cleanup_key_changes struct key_changes *keys = calloc(1, sizeof(*keys));
	cleanup_key_texts struct key_texts texts = { 0 };
	struct json_keys_problem problem = { 0 };
	struct both_question question = {
		.context = { project_scope_composed_path(review->options.scope),
			     review->options.scope },
	};
	const char *filter = change->verdict.rule ? change->verdict.rule->filter : NULL;
	int r;

	if (!keys)
		return -ENOMEM;
	r = filter ? key_rules_new_builtin(filter, &keys->rules) : 0;
	if (r == 0)
		r = read_texts(review, change, &texts, &keys->host);
	if (r < 0) {
		text_format_safe(reterr_reason, reason_size, "it cannot be merged: %s",
				 strerror(-r));
		return r;
	}
	question.rules = keys->rules;
	r = json_keys_compare(&texts.texts[JSON_SIDE_BASE], &texts.texts[JSON_SIDE_SESSION],
			      &texts.texts[JSON_SIDE_HOST], ask_both, &question, &problem,
			      &keys->merge);
	if (r == -EBADMSG)
		tell_problem(&problem, reterr_reason, reason_size);
	else if (r < 0)
		text_format_safe(reterr_reason, reason_size, "it cannot be merged: %s",
				 strerror(-r));
	keys->session = steal_ptr(&texts.data[JSON_SIDE_SESSION]);
	keys->session_len = texts.texts[JSON_SIDE_SESSION].len;
	if (r == 0)
		r = judge_all(review, change, keys);
	if (r < 0)
		return r;
	*ret = steal_ptr(&keys);
	return 0;
}

void key_changes_free(struct key_changes *keys)
{
	if (!keys)
		return;
	json_keys_free(keys->merge);
	key_rules_free(keys->rules);
	free(keys->changes);
	free(keys->session);
	free(keys);
}

void cleanup_key_changes_free(struct key_changes **keys)
{
	key_changes_free(*keys);
}

size_t key_changes_count(const struct key_changes *keys)
{
	return keys->count;
}

const struct key_change *key_changes_get(const struct key_changes *keys, size_t index)
{
	return index < keys->count ? &keys->changes[index] : NULL;
}

void key_changes_sum(const struct key_changes *keys, struct change_keys *ret)
{
	*ret = (struct change_keys){ 0 };
	for (size_t i = 0; i < keys->count; i++) {
		switch (keys->changes[i].fate) {
		case KEY_FATE_GOES: ret->goes++; break;
		case KEY_FATE_ASKS: ret->asks++; break;
		case KEY_FATE_CONFLICT: ret->conflicts++; break;
		case KEY_FATE_STAYS: ret->stays++; break;
		case KEY_FATE_DONE: ret->done++; break;
		}
	}
}

struct json_text key_changes_session(const struct key_changes *keys)
{
	return (struct json_text){ keys->session, keys->session_len };
}

void key_changes_host(const struct key_changes *keys, struct change_base *ret)
{
	*ret = keys->host;
}

int key_changes_merge(const struct key_changes *keys, json_key_choose_fn *choose, void *arg,
		      struct json_keys_result *ret)
{
	return json_keys_merge(keys->merge, choose, arg, ret);
}

const struct key_change *key_changes_find(const struct key_changes *keys,
					  const struct json_key_change *change)
{
	const struct json_key_change *first = json_keys_get(keys->merge, 0);

	return first ? key_changes_get(keys, (size_t)(change - first)) : NULL;
}

static bool is_identifier(const char *key)
{
	if (!isalpha((unsigned char)*key) && *key != '_' && *key != '$')
		return false;
	for (; *key; key++) {
		if (!isalnum((unsigned char)*key) && *key != '_' && *key != '$')
			return false;
	}
	return true;
}

void key_change_append_name(struct text *text, const struct json_key_change *change)
{
	for (size_t i = 0; i < change->depth; i++) {
		cleanup_json json_t *key = NULL;
		cleanup_free char *quoted = NULL;

		if (is_identifier(change->keys[i])) {
			text_append(text, i > 0 ? "." : "");
			text_append(text, change->keys[i]);
			continue;
		}
		key = json_string(change->keys[i]);
		quoted = key ? json_dump_whole(key, JSON_ENCODE_ANY) : NULL;
		text_append(text, "[");
		text_append(text, quoted ? quoted : "?");
		text_append(text, "]");
	}
}

const char *key_fate_name(enum key_fate fate)
{
	switch (fate) {
	case KEY_FATE_GOES: return "commit";
	case KEY_FATE_ASKS: return "approval";
	case KEY_FATE_CONFLICT: return "conflict";
	case KEY_FATE_STAYS: return "never";
	case KEY_FATE_DONE: return "done";
	}
	return "unknown";
}

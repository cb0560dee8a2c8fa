/* SPDX-License-Identifier: MIT */
#include "fs/git/push_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/fold.h"
#include "fs/base/path_name.h"
#include "fs/policy/pattern.h"
#include "rules/builtin.h"

enum secret_of { SECRET_ANY, SECRET_UPPER, SECRET_ALNUM, SECRET_TOKEN };

struct secret_form {
	char *id;
	char *begins;
	char *why;
	size_t least;
	enum secret_of of;
};

struct path_rule {
	struct pattern *pattern;
	char *why; /* of the rules that are built in; else the pattern's text */
};

struct pattern_list {
	struct path_rule rules[PUSH_RULES_LIST_MAX];
	size_t count;
};

struct push_rules {
	struct pattern_list remotes, branches, deny_paths, allow_paths;
	bool tags, submodules, outward_links;
	struct secret_form secrets[PUSH_RULES_LIST_MAX];
	size_t secret_count;
	char *allowed_secrets[PUSH_RULES_LIST_MAX];
	size_t allowed_secret_count;
	struct push_limits limits;
};

static void list_done(struct pattern_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		pattern_free(list->rules[i].pattern);
		free(list->rules[i].why);
	}
	list->count = 0;
}

static void allowed_secrets_done(struct push_rules *rules)
{
	for (size_t i = 0; i < rules->allowed_secret_count; i++)
		free(rules->allowed_secrets[i]);
	rules->allowed_secret_count = 0;
}

void push_rules_free(struct push_rules *rules)
{
	if (!rules)
		return;
	list_done(&rules->remotes);
	list_done(&rules->branches);
	list_done(&rules->deny_paths);
	list_done(&rules->allow_paths);
	for (size_t i = 0; i < rules->secret_count; i++) {
		free(rules->secrets[i].id);
		free(rules->secrets[i].begins);
		free(rules->secrets[i].why);
	}
	allowed_secrets_done(rules);
	free(rules);
}

void cleanup_push_rules_free(struct push_rules **rules)
{
	push_rules_free(*rules);
}

static int refuse(struct json_problem *problem, const char *reason)
{
	json_problem_set(problem, 0, reason);
	return -EBADMSG;
}

ANALYZER_LOSES_OWNERS
static int add_pattern(struct pattern_list *list, const char *text, const char *why,
		       struct json_problem *problem)
{
	struct path_rule *rule = &list->rules[list->count];
	const char *reason = "not a pattern";
	int r;

	if (list->count == PUSH_RULES_LIST_MAX)
		return refuse(problem, "a list is too long");
	r = pattern_compile(text, &rule->pattern, &reason);
	if (r < 0)
		return r == -EINVAL ? refuse(problem, reason) : r;
	rule->why = strdup(why);
	list->count++;
	return rule->why ? 0 : -ENOMEM;
}
ANALYZER_KNOWS_OWNERS

/* A list of strings, which takes the place of what list held. */
static int read_patterns(const json_t *value, struct pattern_list *list,
			 struct json_problem *problem)
{
	int r = 0;

	if (!json_is_array(value))
		return refuse(problem, "a list of patterns is wanted");
	list_done(list);
	for (size_t i = 0; r == 0 && i < json_array_size(value); i++) {
		const char *text = json_string_value(json_array_get(value, i));

		r = text ? add_pattern(list, text, text, problem)
			 : refuse(problem, "a pattern is a string");
	}
	return r;
}

static int read_allowed_secrets(const json_t *value, struct push_rules *rules,
				struct json_problem *problem)
{
	if (!json_is_array(value) || json_array_size(value) > PUSH_RULES_LIST_MAX)
		return refuse(problem, "allow_secrets: a list of ids is wanted");
	allowed_secrets_done(rules);
	for (size_t i = 0; i < json_array_size(value); i++) {
		const char *id = json_string_value(json_array_get(value, i));
		bool is_known = false;

		for (size_t s = 0; id && s < rules->secret_count; s++)
			is_known |= strcmp(rules->secrets[s].id, id) == 0;
		if (!is_known)
			return refuse(problem, "allow_secrets: unknown id");
		rules->allowed_secrets[i] = strdup(id);
		if (!rules->allowed_secrets[i])
			return -ENOMEM;
		rules->allowed_secret_count++;
	}
	return 0;
}

static int read_limits(const json_t *value, struct push_limits *limits,
		       struct json_problem *problem)
{
	const struct {
		const char *name;
		uint64_t *target;
		json_int_t most;
	} table[] = {
		{ "commits", &limits->commits, 10000000 },
		{ "kept_bytes", &limits->kept_bytes, INT64_C(1) << 50 },
		{ "object_bytes", &limits->object_bytes, INT64_C(2) << 30 },
		{ "objects", &limits->objects, 100000000 },
		{ "pack_bytes", &limits->pack_bytes, INT64_C(64) << 30 },
		{ "seconds", &limits->seconds, 86400 },
	};
	const char *key;
	json_t *item;

	if (!json_is_object(value))
		return refuse(problem, "limits: an object is wanted");
	json_object_foreach ((json_t *)(uintptr_t)value, key, item) {
		size_t i = 0;

		while (i < sizeof(table) / sizeof(table[0]) && strcmp(table[i].name, key) != 0)
			i++;
		if (i == sizeof(table) / sizeof(table[0]))
			return refuse(problem, "limits: unknown key");
		if (!json_is_integer(item) || json_integer_value(item) < 1 ||
		    json_integer_value(item) > table[i].most)
			return refuse(problem, "limits: a number out of range");
		*table[i].target = (uint64_t)json_integer_value(item);
	}
	return 0;
}

static int read_denied(const json_t *list, struct push_rules *rules, struct json_problem *problem)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);

		r = add_pattern(&rules->deny_paths, json_get_string(item, "path", ""),
				json_get_string(item, "why", ""), problem);
	}
	return r;
}

static int read_secret(const json_t *item, struct push_rules *rules)
{
	static const char *const words[] = { [SECRET_ANY] = "any",
					     [SECRET_UPPER] = "upper",
					     [SECRET_ALNUM] = "alnum",
					     [SECRET_TOKEN] = "token" };
	struct secret_form *form = &rules->secrets[rules->secret_count];
	const char *of = json_get_string(item, "of", "");
	size_t word = 0;

	while (word < 4 && strcmp(words[word], of) != 0)
		word++;
	if (word == 4 || rules->secret_count == PUSH_RULES_LIST_MAX ||
	    json_get_string(item, "begins", "")[0] == '\0')
		return -EBADMSG;
	rules->secret_count++;
	form->of = (enum secret_of)word;
	form->least = (size_t)json_get_integer(item, "least", 0);
	form->id = strdup(json_get_string(item, "id", ""));
	form->begins = strdup(json_get_string(item, "begins", ""));
	form->why = strdup(json_get_string(item, "why", ""));
	return form->id && form->begins && form->why ? 0 : -ENOMEM;
}

static int read_flag(const json_t *value, bool *target, struct json_problem *problem)
{
	if (!json_is_boolean(value))
		return refuse(problem, "true or false is wanted");
	*target = json_is_true(value);
	return 0;
}

/* A key that both files may have. */
static int read_key(struct push_rules *rules, const char *key, const json_t *value,
		    struct json_problem *problem)
{
	if (strcmp(key, "remotes") == 0)
		return read_patterns(value, &rules->remotes, problem);
	if (strcmp(key, "branches") == 0)
		return read_patterns(value, &rules->branches, problem);
	if (strcmp(key, "allow_paths") == 0)
		return read_patterns(value, &rules->allow_paths, problem);
	if (strcmp(key, "allow_secrets") == 0)
		return read_allowed_secrets(value, rules, problem);
	if (strcmp(key, "tags") == 0)
		return read_flag(value, &rules->tags, problem);
	if (strcmp(key, "submodules") == 0)
		return read_flag(value, &rules->submodules, problem);
	if (strcmp(key, "outward_links") == 0)
		return read_flag(value, &rules->outward_links, problem);
	if (strcmp(key, "limits") == 0)
		return read_limits(value, &rules->limits, problem);
	return refuse(problem, "unknown key");
}

static int read_builtin(struct push_rules *rules)
{
	cleanup_json json_t *top = NULL;
	const char *key;
	json_t *value;
	int r = json_load_strict(rules_builtin_push, rules_builtin_push_len, &top, NULL);

	if (r < 0)
		return r;
	r = read_denied(json_object_get(top, "deny_paths"), rules, NULL);
	value = json_object_get(top, "secrets");
	for (size_t i = 0; r == 0 && i < json_array_size(value); i++)
		r = read_secret(json_array_get(value, i), rules);
	json_object_foreach (top, key, value) {
		if (r == 0 && strcmp(key, "version") != 0 && strcmp(key, "deny_paths") != 0 &&
		    strcmp(key, "secrets") != 0)
			r = read_key(rules, key, value, NULL);
	}
	return r;
}

int push_rules_parse(const char *user, size_t len, struct push_rules **ret,
		     struct json_problem *problem)
{
	cleanup_push_rules struct push_rules *rules = calloc(1, sizeof(*rules));
	cleanup_json json_t *top = NULL;
	const char *key;
	json_t *value;
	int r = rules ? read_builtin(rules) : -ENOMEM;

	if (r == 0 && user) {
		r = json_load_strict(user, len, &top, problem);
		if (r == 0 && !json_is_object(top))
			r = refuse(problem, "not a JSON object");
		if (r < 0)
			return r;
		json_object_foreach (top, key, value) {
			r = read_key(rules, key, value, problem);
			if (r < 0)
				return r;
		}
	}
	if (r == 0)
		*ret = steal_ptr(&rules);
	return r;
}

/* $XDG_CONFIG_HOME/claudefs/push.json or ~/.config/claudefs/push.json (ret_). */
static char *user_file(void)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	char *path = NULL;
	int n = -1;

	if (config && config[0] == '/')
		n = asprintf(&path, "%s/claudefs/push.json", config);
	else if (home && home[0] == '/')
		n = asprintf(&path, "%s/.config/claudefs/push.json", home);
	return n < 0 ? NULL : path;
}

int push_rules_new(struct push_rules **ret, char **ret_file, struct json_problem *problem)
{
	cleanup_free char *path = user_file();
	cleanup_free char *text = NULL;
	cleanup_fd int fd = -1;
	struct stat info;
	size_t len = 0;
	int r;

	fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
	if (fd < 0 && (!path || errno == ENOENT || errno == ENOTDIR))
		return push_rules_parse(NULL, 0, ret, problem);
	if (fd < 0 || fstat(fd, &info) < 0)
		r = -errno;
	else if (!S_ISREG(info.st_mode) || (info.st_mode & 022) ||
		 (info.st_uid != geteuid() && info.st_uid != 0))
		r = refuse(problem, "not a regular file of yours that only you may write");
	else
		r = fd_read_file(fd, PUSH_RULES_FILE_MAX, &text, &len);
	if (r == 0)
		r = push_rules_parse(text, len, ret, problem);
	if (r < 0)
		*ret_file = steal_ptr(&path);
	return r;
}

const struct push_limits *push_rules_limits(const struct push_rules *rules)
{
	return &rules->limits;
}

/* The rule that matches path, whose components are split; NULL: none. */
static const struct path_rule *match(const struct pattern_list *list, enum pattern_form form,
				     const char *path)
{
	static const struct pattern_context nothing = { 0 };
	struct pattern_name names[PATTERN_COMPONENTS_MAX];
	const char *cursor = path;
	size_t count = 0;
	size_t len = 0;
	const char *name;

	while ((name = path_next(&cursor, &len)) != NULL) {
		if (count == PATTERN_COMPONENTS_MAX)
			return NULL;
		names[count++] = (struct pattern_name){ name, len };
	}
	for (size_t i = 0; i < list->count; i++) {
		if (pattern_matches(list->rules[i].pattern, form, &nothing, names, count))
			return &list->rules[i];
	}
	return NULL;
}

static bool allows(const struct pattern_list *list, const char *name)
{
	return match(list, PATTERN_EXACT, name) != NULL;
}

bool push_rules_allow_remote(const struct push_rules *rules, const char *name)
{
	return allows(&rules->remotes, name);
}

void push_rules_append_branches(const struct push_rules *rules, struct text *text)
{
	const struct pattern_list *list = &rules->branches;

	for (size_t i = 0; i < list->count; i++)
		text_appendf(text, "%s%s", i ? ", " : "", list->rules[i].why);
	if (list->count == 0)
		text_append(text, "(none)");
}

bool push_rules_allow_branch(const struct push_rules *rules, const char *name)
{
	return path_is_valid(name) && allows(&rules->branches, name);
}

bool push_rules_allow_tags(const struct push_rules *rules)
{
	return rules->tags;
}

bool push_rules_allow_submodules(const struct push_rules *rules)
{
	return rules->submodules;
}

bool push_rules_allow_outward_links(const struct push_rules *rules)
{
	return rules->outward_links;
}

/* match() finds no rule for these. */
static bool is_too_deep(const char *path)
{
	size_t slashes = 0;

	for (; *path; path++)
		slashes += *path == '/';
	return slashes >= PATTERN_COMPONENTS_MAX;
}

const char *push_rules_deny_path(const struct push_rules *rules, const char *path)
{
	cleanup_free char *folded = NULL;
	const struct path_rule *rule;

	if (!path_is_valid(path) || is_too_deep(path) || fold_name(path, &folded) < 0)
		return "Its name cannot be compared with the rules";
	rule = match(&rules->deny_paths, PATTERN_FOLDED, folded);
	return rule && !match(&rules->allow_paths, PATTERN_EXACT, path) ? rule->why : NULL;
}

static bool is_of(char c, enum secret_of of)
{
	bool is_upper = c >= 'A' && c <= 'Z';
	bool is_digit = c >= '0' && c <= '9';
	bool is_lower = c >= 'a' && c <= 'z';

	switch (of) {
	case SECRET_ANY: return true;
	case SECRET_UPPER: return is_upper || is_digit;
	case SECRET_ALNUM: return is_upper || is_digit || is_lower;
	case SECRET_TOKEN: return is_upper || is_digit || is_lower || c == '_' || c == '-';
	}
	return false;
}

static bool is_allowed_secret(const struct push_rules *rules, const char *id)
{
	for (size_t i = 0; i < rules->allowed_secret_count; i++) {
		if (strcmp(rules->allowed_secrets[i], id) == 0)
			return true;
	}
	return false;
}

/* The offset of one, or len. No letter before it: "risk-proj-" is a word. */
static size_t find_form(const struct secret_form *form, const char *data, size_t len)
{
	size_t begins = strlen(form->begins);
	const char *at = data;

	while ((at = memmem(at, len - (size_t)(at - data), form->begins, begins)) != NULL) {
		size_t offset = (size_t)(at - data);
		size_t run = 0;

		while (run < form->least && offset + begins + run < len &&
		       is_of(data[offset + begins + run], form->of))
			run++;
		if (run == form->least && (offset == 0 || !is_of(at[-1], SECRET_ALNUM)))
			return offset;
		at++;
	}
	return len;
}

const char *push_rules_find_secret(const struct push_rules *rules, const char *data, size_t len,
				   const char **ret_id, size_t *ret_offset)
{
	for (size_t i = 0; i < rules->secret_count; i++) {
		const struct secret_form *form = &rules->secrets[i];
		size_t offset = is_allowed_secret(rules, form->id) ? len
								   : find_form(form, data, len);

		if (offset < len) {
			*ret_id = form->id;
			*ret_offset = offset;
			return form->why;
		}
	}
	return NULL;
}

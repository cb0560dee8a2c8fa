/* SPDX-License-Identifier: MIT */
#include "launcher/project_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/json.h"
#include "fs/base/message.h"
#include "fs/policy/egress_list.h"
#include "fs/policy/never_list.h"
#include "fs/session/manifest.h"
#include "launcher/option_table.h"
#include "launcher/settings.h"

#define NUMBER_SIZE 32u
#define LOOSER      (-EPERM) /* of a tighten function: it would loosen what is in force */
#define UNREADABLE  (-EINVAL)

/* Sets the option to value if that is tighter than what is in force, and leaves it where both are
 * the same. Returns 0, LOOSER, UNREADABLE or -ENOMEM. */
typedef int tighten_function(struct options *options, const json_t *value);

/* A number as it may also stand as one in the file. NULL: neither. */
static const char *word_of(const json_t *value, char buf[NUMBER_SIZE])
{
	if (json_is_integer(value))
		(void)snprintf(buf, NUMBER_SIZE, "%" JSON_INTEGER_FORMAT,
			       json_integer_value(value));
	else if (json_is_real(value))
		(void)snprintf(buf, NUMBER_SIZE, "%.3f", json_real_value(value));
	else
		return json_string_value(value);
	return buf;
}

static int tighten_commit(struct options *options, const json_t *value)
{
	const char *word = json_string_value(value);

	if (!word)
		return UNREADABLE;
	if (strcmp(word, commit_mode_name(options->commit)) == 0)
		return 0;
	if (strcmp(word, "never") == 0) {
		options->commit = COMMIT_NEVER;
		return 0;
	}
	/* To be asked is not tighter than auto: more can be approved. */
	return strcmp(word, "auto") == 0 || strcmp(word, "ask") == 0 ? LOOSER : UNREADABLE;
}

static int tighten_credentials(struct options *options, const json_t *value)
{
	const char *word = json_string_value(value);

	if (!word)
		return UNREADABLE;
	if (strcmp(word, "none") != 0)
		return LOOSER;
	options->credentials = CREDENTIALS_NONE;
	return 0;
}

static int take_away(bool *flag, const json_t *value)
{
	if (!json_is_boolean(value))
		return UNREADABLE;
	if (json_is_true(value))
		return *flag ? 0 : LOOSER;
	*flag = false;
	return 0;
}

static int tighten_push(struct options *options, const json_t *value)
{
	return take_away(&options->is_push_allowed, value);
}

/* The one flag that is tighter where it is set. */
static int tighten_token(struct options *options, const json_t *value)
{
	bool *is_refused = &options->is_broad_token_refused;

	if (!json_is_boolean(value))
		return UNREADABLE;
	if (json_is_false(value))
		return *is_refused ? LOOSER : 0;
	*is_refused = true;
	return 0;
}

static int tighten_refresh(struct options *options, const json_t *value)
{
	return take_away(&options->is_refresh, value);
}

static int tighten_learning(struct options *options, const json_t *value)
{
	return take_away(&options->is_learning_egress, value);
}

static int tighten_cpus(struct options *options, const json_t *value)
{
	char buf[NUMBER_SIZE];
	const char *word = word_of(value, buf);
	uint32_t milli;

	if (!word || limits_parse_cpus(word, &milli) < 0)
		return UNREADABLE;
	if (options->limits.cpus_milli && milli > options->limits.cpus_milli)
		return LOOSER;
	options->limits.cpus_milli = milli;
	return 0;
}

static int tighten_pids(struct options *options, const json_t *value)
{
	char buf[NUMBER_SIZE];
	const char *word = word_of(value, buf);
	uint32_t in_force = options->limits.pids ? options->limits.pids : LIMITS_PIDS_DEFAULT;
	uint32_t pids;

	if (!word || limits_parse_pids(word, &pids) < 0)
		return UNREADABLE;
	if (pids > in_force)
		return LOOSER;
	options->limits.pids = pids;
	return 0;
}

static int tighten_size(uint64_t *size, uint64_t in_force, uint64_t least, const json_t *value)
{
	char buf[NUMBER_SIZE];
	const char *word = word_of(value, buf);
	uint64_t wanted;

	if (!word || limits_parse_size(word, least, &wanted) < 0)
		return UNREADABLE;
	if (wanted > in_force)
		return LOOSER;
	*size = wanted;
	return 0;
}

static int tighten_memory(struct options *options, const json_t *value)
{
	uint64_t *memory = &options->limits.memory;

	return tighten_size(memory, *memory ? *memory : UINT64_MAX, LIMITS_MEMORY_MIN, value);
}

static int tighten_shm(struct options *options, const json_t *value)
{
	uint64_t *shm = &options->limits.shm;

	return tighten_size(shm, *shm ? *shm : LIMITS_SHM_DEFAULT, LIMITS_SHM_MIN, value);
}

static void set_network(struct options *options, enum network_mode mode)
{
	if (options->network != mode)
		option_mark(options, "network", SETTING_PROJECT);
	options->network = mode;
}

static int tighten_network(struct options *options, const json_t *value)
{
	/* From the widest to the tightest. */
	static const enum network_mode order[] = { NETWORK_HOST, NETWORK_GATEWAY, NETWORK_NONE };
	const char *word = json_string_value(value);
	bool is_reached = false;

	for (size_t i = 0; word && i < sizeof(order) / sizeof(order[0]); i++) {
		is_reached = is_reached || order[i] == options->network;
		if (strcmp(word, network_mode_name(order[i])) != 0)
			continue;
		if (!is_reached)
			return LOOSER;
		set_network(options, order[i]);
		return 0;
	}
	return UNREADABLE;
}

/* The strings of an array as lines (ret_). A line is one string: no control characters, which would
 * also make a manifest that grows beyond its limit. Returns 0, UNREADABLE or -ENOMEM. */
static int to_lines(const json_t *value, char **ret)
{
	cleanup_text struct text text = { 0 };
	size_t index;
	const json_t *item;

	if (!json_is_array(value))
		return UNREADABLE;
	json_array_foreach (value, index, item) {
		const char *line = json_string_value(item);

		if (!line || !*line)
			return UNREADABLE;
		for (const char *c = line; *c; c++) {
			if ((unsigned char)*c < 0x20 || *c == 0x7f)
				return UNREADABLE;
		}
		text_appendf(&text, "%s\n", line);
		if (text.len > MANIFEST_LINES_MAX)
			return UNREADABLE;
	}
	if (!text.data)
		text_append(&text, "");
	*ret = text_steal(&text);
	return *ret ? 0 : -ENOMEM;
}

/* Whether the list in force has these hosts is seen when that is read (egress.h). Not even what
 * would be taken from a comment or a second word is let through here. */
static int tighten_egress(struct options *options, const json_t *value)
{
	cleanup_free char *lines = NULL;
	struct egress_problem problem = { 0 };
	int r = to_lines(value, &lines);

	if (r == 0 &&
	    (strpbrk(lines, " \t#") || egress_list_check(lines, strlen(lines), &problem) < 0))
		r = UNREADABLE;
	if (r < 0)
		return r;
	free(options->narrowed_egress);
	options->narrowed_egress = steal_ptr(&lines);
	if (options->network == NETWORK_HOST)
		set_network(options, NETWORK_GATEWAY);
	/* What is not on a list would be let through. */
	if (options->is_learning_egress)
		option_mark(options, "learn-egress", SETTING_PROJECT);
	options->is_learning_egress = false;
	return 0;
}

static int tighten_never(struct options *options, const json_t *value)
{
	cleanup_free char *lines = NULL;
	cleanup_never_list struct never_list *list = NULL;
	const char *reason;
	int r = to_lines(value, &lines);

	if (r == 0)
		r = never_list_parse(lines, &list, &reason);
	if (r < 0)
		return r == -E2BIG ? UNREADABLE : r;
	free(options->never);
	options->never = steal_ptr(&lines);
	return 0;
}

/* Alphabetical. Everything else of the options is the person's to say. */
static const struct tightening {
	const char *key;
	const char *how;
	tighten_function *tighten;
} tightenings[] = {
	{ "allow-git-push", "false", tighten_push },
	{ "commit", "\"never\"", tighten_commit },
	{ "cpus", "a smaller number", tighten_cpus },
	{ "credentials", "\"none\"", tighten_credentials },
	{ "credentials-refresh", "false", tighten_refresh },
	{ "disallow-broad-gh-token", "true", tighten_token },
	{ "egress", "an array of hosts that are on your list, each one word", tighten_egress },
	{ "learn-egress", "false", tighten_learning },
	{ "memory", "a smaller size", tighten_memory },
	{ "network", "\"none\", or \"gateway\" in the place of \"host\"", tighten_network },
	{ "never", "an array of patterns of names in ~/.claude", tighten_never },
	{ "pids-limit", "a smaller number", tighten_pids },
	{ "shm-size", "a smaller size", tighten_shm },
};
#define TIGHTENING_COUNT (sizeof(tightenings) / sizeof(tightenings[0]))

const char *project_file_key(size_t index, const char **ret_how)
{
	if (index >= TIGHTENING_COUNT)
		return NULL;
	*ret_how = tightenings[index].how;
	return tightenings[index].key;
}

static const struct tightening *find_row(const char *key)
{
	for (size_t i = 0; i < TIGHTENING_COUNT; i++) {
		if (strcmp(tightenings[i].key, key) == 0)
			return &tightenings[i];
	}
	return NULL;
}

static int say_foreign_key(const char *path, const char *key)
{
	if (option_find(key) >= 0)
		message_error("%s: \"%s\": is yours to say, not the project's; remove it", path,
			      key);
	else
		message_error("%s: \"%s\": unknown key; remove it (claudefs-run(1) lists those of "
			      "a project)",
			      path, key);
	return EXIT_RUN_FAILED;
}

static int apply_key(const char *path, const char *key, const json_t *value,
		     struct options *options, struct text *changed)
{
	const struct tightening *row = find_row(key);
	cleanup_json json_t *before = setting_value(options, key);
	cleanup_json json_t *after = NULL;
	cleanup_free char *in_force = setting_text(options, key);
	cleanup_free char *now = NULL;
	int r;

	if (!row)
		return say_foreign_key(path, key);
	r = row->tighten(options, value);
	after = setting_value(options, key);
	now = setting_text(options, key);
	if (r == LOOSER)
		message_error("%s: \"%s\": would loosen what is in force (%s); it can only be %s",
			      path, key, in_force ? in_force : "", row->how);
	else if (r == UNREADABLE)
		message_error("%s: \"%s\": not understood; it can only be %s", path, key, row->how);
	else if (r < 0 || !before || !after || !now)
		message_error("%s: \"%s\": %s", path, key, strerror(ENOMEM));
	if (r < 0 || !before || !after || !now)
		return EXIT_RUN_FAILED;
	if (json_equal(before, after))
		return 0;
	option_mark(options, key, SETTING_PROJECT);
	text_appendf(changed, "%s%s %s", changed->len ? ", " : "", key, now);
	return 0;
}

int project_file_apply_text(const char *path, const char *text, size_t len, struct options *options)
{
	cleanup_json json_t *root = NULL;
	cleanup_text struct text changed = { 0 };
	struct json_problem problem = { 0 };
	const char *key;
	json_t *value;
	int r = json_load_strict(text, len, &root, &problem);

	if (r < 0 || !json_is_object(root)) {
		message_error("%s:%u: %s; mend it or remove it", path, problem.line,
			      r < 0 ? problem.reason : "not a JSON object");
		return EXIT_RUN_FAILED;
	}
	json_object_foreach (root, key, value) {
		r = apply_key(path, key, value, options, &changed);
		if (r != 0)
			return r;
	}
	if (changed.len > 0)
		message_info("%s tightens: %s", path, changed.data);
	return 0;
}

static int read_file(const struct project *project, char **ret, size_t *ret_len)
{
	cleanup_fd int dir_fd = open(project->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat info;

	if (dir_fd < 0 || fstat(dir_fd, &info) < 0)
		return -errno;
	/* The directory that will be mounted, and no other. */
	if (info.st_dev != project->dev || info.st_ino != project->ino)
		return -ESTALE;
	return fd_read_file_at(dir_fd, PROJECT_FILE_NAME, PROJECT_FILE_MAX, ret, ret_len);
}

int project_file_apply(const struct project *project, struct options *options)
{
	cleanup_free char *text = NULL;
	size_t len = 0;
	int r = read_file(project, &text, &len);

	if (r == -ENOENT)
		return 0;
	if (asprintf(&options->project_file, "%s/" PROJECT_FILE_NAME, project->path) < 0) {
		options->project_file = NULL;
		message_error("%s", strerror(ENOMEM));
		return EXIT_RUN_FAILED;
	}
	if (r < 0) {
		message_error("%s: cannot be read, so what it forbids is not known: %s; mend it or "
			      "remove it",
			      options->project_file,
			      r == -EFBIG                   ? "too large"
			      : r == -EINVAL || r == -ELOOP ? "not a regular file"
							    : strerror(-r));
		return EXIT_RUN_FAILED;
	}
	return project_file_apply_text(options->project_file, text, len, options);
}

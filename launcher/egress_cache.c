/* SPDX-License-Identifier: MIT */
#include "launcher/egress_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/fd.h"
#include "fs/base/json.h"
#include "fs/session/session_dir.h"

#define CACHE_VERSION 1

/* Below the home: where the person sets a registry. */
static const char *const configurations[] = { ".npmrc", ".config/pip/pip.conf", ".pip/pip.conf" };

/* Says whether any of them changed (ret_). NULL: out of memory. */
static char *make_key(const struct host_places *places)
{
	cleanup_text struct text key = { 0 };

	for (size_t i = 0; i < sizeof(configurations) / sizeof(configurations[0]); i++) {
		cleanup_free char *path = NULL;
		struct stat info;

		if (asprintf(&path, "%s/%s", places->home, configurations[i]) < 0) {
			path = NULL;
			return NULL;
		}
		if (stat(path, &info) == 0)
			text_appendf(&key, "%" PRIu64 ".%" PRIu64 ";",
				     clock_from_timespec(info.st_mtim), (uint64_t)info.st_size);
		else
			text_append(&key, "-;");
	}
	return text_steal(&key);
}

static int load(int state_fd, json_t **ret)
{
	cleanup_free char *text = NULL;
	size_t len = 0;
	int r = fd_read_file_at(state_fd, EGRESS_CACHE_FILE, EGRESS_CACHE_MAX, &text, &len);

	if (r == 0)
		r = json_load_strict(text, len, ret, NULL);
	if (r == 0 && json_get_integer(*ret, "version", 0) != CACHE_VERSION)
		r = -ENOENT;
	return r;
}

int egress_cache_read(const struct host_places *places, const char *word, struct text *lines)
{
	cleanup_free char *key = make_key(places);
	cleanup_fd int state_fd = session_state_open(false);
	cleanup_json json_t *json = NULL;
	const json_t *entry;
	const char *noted;
	int64_t age;
	int r;

	if (!key)
		return -ENOMEM;
	if (state_fd < 0)
		return -ENOENT;
	r = load(state_fd, &json);
	if (r < 0)
		return r == -ENOMEM ? r : -ENOENT;
	entry = json_object_get(json, word);
	noted = json_get_string(entry, "lines", NULL);
	age = (int64_t)(clock_now_ns() / 1000000000) - json_get_integer(entry, "time", 0);
	if (!noted || age < 0 || age > EGRESS_CACHE_SECONDS ||
	    strcmp(json_get_string(entry, "key", ""), key) != 0)
		return -ENOENT;
	text_append(lines, noted);
	return lines->is_failed ? -ENOMEM : 0;
}

void egress_cache_write(const struct host_places *places, const char *word, const char *lines)
{
	cleanup_free char *key = make_key(places);
	cleanup_fd int state_fd = session_state_open(true);
	cleanup_json json_t *json = NULL;

	if (!key || state_fd < 0)
		return;
	if (load(state_fd, &json) < 0) {
		json_decref(json);
		json = json_pack("{s:i}", "version", CACHE_VERSION);
	}
	if (json_object_set_new(json, word,
				json_pack("{s:I, s:s, s:s}", "time",
					  (json_int_t)(clock_now_ns() / 1000000000), "key", key,
					  "lines", lines)) == 0)
		(void)json_replace_file_at(state_fd, EGRESS_CACHE_FILE, json, 0600);
}

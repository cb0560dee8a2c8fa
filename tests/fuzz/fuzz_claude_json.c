/* SPDX-License-Identifier: MIT */
/* A .claude.json of any bytes through its key filter: nothing is written on failure; what comes out
 * is an object whose every value stands at the same keys of the input, without another project's
 * entry or an account's; and filtering once more changes nothing. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/json.h"
#include "tests/fuzz/filter_run.h"
#include "tests/fuzz/fuzz.h"

static const char *const hidden_keys[] = { "customApiKeyResponses", "oauthAccount", "userID" };

/* Lists may have lost elements, so only objects are compared by key and the rest by value. */
static bool is_part_of(json_t *part, json_t *whole)
{
	const char *key;
	json_t *value;

	if (json_is_array(part))
		return json_is_array(whole) && json_array_size(part) <= json_array_size(whole);
	if (!json_is_object(part))
		return json_equal(part, whole);
	json_object_foreach (part, key, value) {
		json_t *original = json_object_get(whole, key);

		if (!original || !is_part_of(value, original))
			return false;
	}
	return true;
}

static void check_hidden(json_t *top)
{
	json_t *projects = json_object_get(top, "projects");
	const char *key;
	json_t *value;

	for (size_t i = 0; i < sizeof(hidden_keys) / sizeof(hidden_keys[0]); i++)
		FUZZ_CHECK(json_object_get(top, hidden_keys[i]) == NULL);
	FUZZ_CHECK(!projects || json_is_object(projects));
	json_object_foreach (projects, key, value)
		FUZZ_CHECK(strcmp(key, FUZZ_PROJECT) == 0);
	value = json_object_get(top, "mcpServers");
	json_object_foreach (value, key, projects)
		FUZZ_CHECK(!json_object_get(projects, "env") &&
			   !json_object_get(projects, "headers"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *in = fuzz_string(data, size);
	cleanup_free char *once = NULL;
	cleanup_free char *twice = NULL;
	cleanup_json json_t *before = NULL;
	cleanup_json json_t *after = NULL;
	size_t once_size = 0;
	size_t twice_size = 0;
	int r = filter_run("claude-json", in, size, &once, &once_size);

	FUZZ_CHECK(r == 0 || r == -EBADMSG);
	if (r < 0) {
		FUZZ_CHECK(once_size == 0);
		return 0;
	}
	FUZZ_CHECK(json_load_strict(in, size, &before, NULL) == 0);
	FUZZ_CHECK(json_load_strict(once, once_size, &after, NULL) == 0);
	FUZZ_CHECK(json_is_object(after));
	FUZZ_CHECK(is_part_of(after, before));
	check_hidden(after);
	FUZZ_CHECK(filter_run("claude-json", once, once_size, &twice, &twice_size) == 0);
	FUZZ_CHECK(once_size == twice_size && memcmp(once, twice, once_size) == 0);
	return 0;
}

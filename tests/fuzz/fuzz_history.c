/* SPDX-License-Identifier: MIT */
/* A history of any bytes through the "history" filter: what comes out are whole lines of what went
 * in, in order, each a JSON object of this project; none of this project's whole lines is missing;
 * and filtering once more changes nothing. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/json.h"
#include "fs/filter/filter.h"
#include "tests/fuzz/filter_run.h"
#include "tests/fuzz/fuzz.h"

/* By jansson alone, apart from the filter's own reading. */
static bool has_project(const char *line, size_t len)
{
	cleanup_json json_t *json = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	const char *project = json_string_value(json_object_get(json, "project"));

	return project && strcmp(project, FUZZ_PROJECT) == 0;
}

static const char *end_of_line(const char *line, const char *end)
{
	return line < end ? memchr(line, '\n', (size_t)(end - line)) : NULL;
}

/* Walks both in step: a line of the input is the next of the output, or not this project's. */
static void compare(const char *in, size_t in_size, const char *out, size_t out_size)
{
	const char *in_end = in + in_size;
	const char *out_end = out + out_size;
	const char *newline;

	while ((newline = end_of_line(in, in_end)) != NULL) {
		size_t len = (size_t)(newline - in) + 1;

		if ((size_t)(out_end - out) >= len && memcmp(in, out, len) == 0) {
			FUZZ_CHECK(has_project(in, len - 1));
			out += len;
		} else {
			/* The filter is stricter only about nesting. */
			FUZZ_CHECK(!has_project(in, len - 1) || len > JSON_DEPTH_MAX);
		}
		in = newline + 1;
	}
	FUZZ_CHECK(out == out_end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *in = fuzz_string(data, size);
	cleanup_free char *once = NULL;
	cleanup_free char *twice = NULL;
	size_t once_size = 0;
	size_t twice_size = 0;

	FUZZ_CHECK(filter_run("history", in, size, &once, &once_size) == 0);
	compare(in, size, once, once_size);
	FUZZ_CHECK(filter_run("history", once, once_size, &twice, &twice_size) == 0);
	FUZZ_CHECK(once_size == twice_size && memcmp(once, twice, once_size) == 0);
	return 0;
}

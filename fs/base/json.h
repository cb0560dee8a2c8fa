/* SPDX-License-Identifier: MIT */
/* JSON by jansson, with the strictness that untrusted input needs. The only place that includes
 * jansson.h: other modules use its json_t API through this header, and load only by the functions
 * here. */
#ifndef CLAUDEFS_BASE_JSON_H
#define CLAUDEFS_BASE_JSON_H

#include <jansson.h>
#include <stddef.h>

#define JSON_DEPTH_MAX \
	128u /* nesting; deeper is refused before parsing (jansson's own limit is 2048) */

#define JSON_MEMORY_MAX \
	((size_t)1 << 30) /* bytes that parsing may allocate, besides four times the text */

static inline void cleanup_json_decref(json_t **json)
{
	json_decref(*json);
}
#define cleanup_json __attribute__((cleanup(cleanup_json_decref)))

struct json_problem {
	unsigned int line; /* 1-based; 0 if unknown */
	char reason[160];  /* one line, terminal-safe */
};

/* Parses exactly one JSON text. Refused: duplicate keys, "\u0000", trailing bytes, invalid UTF-8,
 * NaN, a BOM, nesting over JSON_DEPTH_MAX, what takes more than JSON_MEMORY_MAX. *ret (ret_).
 * problem may be NULL. Returns 0, -EBADMSG (not acceptable; *problem says why) or -ENOMEM. */
int json_load_strict(const char *data, size_t len, json_t **ret, struct json_problem *problem);

/* For callers that refuse more than this does. reason is made safe. problem may be NULL. */
void json_problem_set(struct json_problem *problem, unsigned int line, const char *reason);

/* From now on jansson's memory of this process is wiped before it is freed: for a program that
 * parses secrets. Before any JSON is made, and for good. What json_dumps() returns is the caller's
 * to wipe. */
void json_wipe_memory(void);

/* json_dumps() that never gives a part for the whole. NULL: out of memory, or no JSON. */
char *json_dump_whole(const json_t *json, size_t flags);

/* Writes json to dir_fd/name durably (fd_replace_file_at), indented by 2, keys in insertion order,
 * with a newline at the end. Returns 0 or -errno. */
int json_replace_file_at(int dir_fd, const char *name, const json_t *json, mode_t mode);

/* A JSON string from bytes that may not be UTF-8: invalid bytes become U+FFFD. NULL: out of memory.
 */
json_t *json_string_lossy(const char *s);

/* Getters that check the type: the value or the fallback. Strings are borrowed. */
const char *json_get_string(const json_t *object, const char *key, const char *fallback);
long long json_get_integer(const json_t *object, const char *key, long long fallback);

#endif

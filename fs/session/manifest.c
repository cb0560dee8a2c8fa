/* SPDX-License-Identifier: MIT */
#include "fs/session/manifest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/json.h"
#include "fs/session/manifest_value.h"
#include "fs/session/session_dir.h"

#define MANIFEST_NAME "manifest.json"

enum manifest_kind {
	KIND_BOOL,
	KIND_HASH,
	KIND_ID,
	KIND_LINES, /* any bytes, never cut */
	KIND_PATH,  /* absolute; any bytes */
	KIND_TEXT,  /* for people; NULL: unknown */
	KIND_TIME,  /* nanoseconds since the epoch */
	KIND_U32,
	KIND_U64,
};

struct manifest_key {
	const char *name;
	enum manifest_kind kind;
	size_t offset;
	size_t max;       /* bytes of a string */
	bool is_optional; /* left out while it is NULL, 0 or false */
};

#define KEY(field, value_kind, longest, optional)                                             \
	{                                                                                     \
#field, (value_kind), offsetof(struct manifest, field), (longest), (optional) \
	}

/* In the order in which they are written; "version" comes before them. */
static const struct manifest_key keys[] = {
	KEY(id, KIND_ID, SESSION_ID_MAX - 1, false),
	KEY(project, KIND_PATH, MANIFEST_PATH_MAX, false),
	KEY(host_root, KIND_PATH, MANIFEST_PATH_MAX, false),
	KEY(host_config, KIND_PATH, MANIFEST_PATH_MAX, false),
	KEY(host_dev, KIND_U64, 0, false),
	KEY(host_ino, KIND_U64, 0, false),
	KEY(rules_hash, KIND_HASH, 0, false),
	KEY(uid, KIND_U32, 0, false),
	KEY(start_ns, KIND_TIME, 0, false),
	KEY(end_ns, KIND_TIME, 0, true),
	KEY(ended, KIND_TEXT, MANIFEST_ENDED_MAX, true),
	KEY(command, KIND_TEXT, MANIFEST_COMMAND_MAX, true),
	KEY(never, KIND_LINES, MANIFEST_LINES_MAX, true),
	KEY(egress, KIND_LINES, MANIFEST_LINES_MAX, true),
	KEY(is_discarded, KIND_BOOL, 0, true),
};

#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))

void manifest_done(struct manifest *manifest)
{
	free(manifest->id);
	free(manifest->project);
	free(manifest->host_root);
	free(manifest->host_config);
	free(manifest->ended);
	free(manifest->command);
	free(manifest->never);
	free(manifest->egress);
	*manifest = (struct manifest){ 0 };
}

static bool is_good_string(const struct manifest_key *key, const char *s)
{
	if (!s || strlen(s) > key->max)
		return false;
	if (key->kind == KIND_ID)
		return session_id_is_valid(s);
	return key->kind != KIND_PATH || s[0] == '/';
}

/* *ret: NULL for an optional value that is not there. */
static int write_number(const struct manifest_key *key, const void *value, json_t **ret)
{
	uint64_t u64 = 0;
	uint32_t u32 = 0;

	if (key->kind == KIND_U32) {
		memcpy(&u32, value, sizeof(u32));
		u64 = u32;
	} else {
		memcpy(&u64, value, sizeof(u64));
	}
	*ret = NULL;
	if (key->is_optional && u64 == 0)
		return 0;
	if (key->kind == KIND_U64)
		*ret = value_from_u64(u64);
	else if (u64 <= INT64_MAX)
		*ret = json_integer((json_int_t)u64);
	else
		return -EINVAL;
	return *ret ? 0 : -ENOMEM;
}

static int write_value(const struct manifest_key *key, const void *value, json_t **ret)
{
	char hex[HASH_HEX_SIZE];
	const char *s;

	*ret = NULL;
	switch (key->kind) {
	case KIND_BOOL:
		if (!*(const bool *)value)
			return 0;
		*ret = json_true();
		break;
	case KIND_HASH:
		hash_to_hex(value, hex);
		*ret = json_string(hex);
		break;
	case KIND_ID:
	case KIND_PATH:
		s = *(const char *const *)value;
		if (!is_good_string(key, s))
			return -EINVAL;
		*ret = value_from_bytes(s);
		break;
	case KIND_LINES:
		s = *(const char *const *)value;
		if (!s)
			return 0;
		if (!is_good_string(key, s))
			return -EINVAL;
		*ret = value_from_bytes(s);
		break;
	case KIND_TEXT:
		s = *(const char *const *)value;
		if (!s)
			return 0;
		*ret = value_from_text(s, key->max);
		break;
	case KIND_TIME:
	case KIND_U32:
	case KIND_U64: return write_number(key, value, ret);
	}
	return *ret ? 0 : -ENOMEM;
}

int manifest_write(int session_fd, const struct manifest *manifest)
{
	cleanup_json json_t *json = json_object();

	if (!json || json_object_set_new(json, "version", json_integer(MANIFEST_VERSION)) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const void *value = (const char *)manifest + keys[i].offset;
		json_t *item = NULL;
		int r = write_value(&keys[i], value, &item);

		if (r < 0)
			return r;
		if (item && json_object_set_new(json, keys[i].name, item) < 0)
			return -ENOMEM;
	}
	return json_replace_file_at(session_fd, MANIFEST_NAME, json, 0600);
}

static int read_number(const json_t *item, enum manifest_kind kind, void *value)
{
	uint64_t u64 = 0;
	uint32_t u32;

	if (kind == KIND_U64) {
		if (value_to_u64(item, &u64) < 0)
			return -EBADMSG;
	} else {
		if (!json_is_integer(item) || json_integer_value(item) < 0)
			return -EBADMSG;
		u64 = (uint64_t)json_integer_value(item);
	}
	if (kind != KIND_U32) {
		memcpy(value, &u64, sizeof(u64));
		return 0;
	}
	if (u64 > UINT32_MAX)
		return -EBADMSG;
	u32 = (uint32_t)u64;
	memcpy(value, &u32, sizeof(u32));
	return 0;
}

static int read_value(const struct manifest_key *key, const json_t *item, void *value)
{
	const char *s = json_string_value(item);
	int r;

	switch (key->kind) {
	case KIND_BOOL:
		*(bool *)value = json_is_true(item);
		return json_is_boolean(item) ? 0 : -EBADMSG;
	case KIND_HASH: return s && hash_from_hex(s, value) == 0 ? 0 : -EBADMSG;
	case KIND_ID:
	case KIND_LINES:
	case KIND_PATH:
	case KIND_TEXT:
		r = value_to_bytes(item, key->max, value);
		if (r < 0)
			return r;
		return is_good_string(key, *(char **)value) ? 0 : -EBADMSG;
	case KIND_TIME:
	case KIND_U32:
	case KIND_U64: return read_number(item, key->kind, value);
	}
	return -EBADMSG;
}

static int read_version(const json_t *json, uint32_t *ret)
{
	const json_t *item = json_object_get(json, "version");
	json_int_t version = json_integer_value(item);

	if (!json_is_integer(item) || version < 1)
		return -EBADMSG;
	/* Before anything else is looked at: a newer format may have other keys. */
	if (version > (json_int_t)MANIFEST_VERSION)
		return -EPROTONOSUPPORT;
	*ret = (uint32_t)version;
	return 0;
}

static int from_json(const json_t *json, const char *id, struct manifest *ret)
{
	cleanup_manifest struct manifest manifest = { 0 };
	size_t known = 1; /* version */
	int r = read_version(json, &manifest.version);

	if (r < 0)
		return r;
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const json_t *item = json_object_get(json, keys[i].name);

		if (!item && !keys[i].is_optional)
			return -EBADMSG;
		r = item ? read_value(&keys[i], item, (char *)&manifest + keys[i].offset) : 0;
		if (r < 0)
			return r;
		known += item ? 1 : 0;
	}
	/* Unknown keys would be a newer version's. */
	if (json_object_size(json) != known || (id && strcmp(id, manifest.id) != 0))
		return -EBADMSG;
	*ret = manifest;
	manifest = (struct manifest){ 0 };
	return 0;
}

int manifest_read(int session_fd, const char *id, struct manifest *ret)
{
	cleanup_free char *data = NULL;
	cleanup_json json_t *json = NULL;
	size_t len = 0;
	int r;

	r = fd_read_file_at(session_fd, MANIFEST_NAME, MANIFEST_MAX, &data, &len);
	/* Too long, a link, or no regular file. */
	if (r == -EFBIG || r == -ELOOP || r == -EINVAL || r == -ENXIO)
		return -EBADMSG;
	if (r < 0)
		return r;
	r = json_load_strict(data, len, &json, NULL);
	return r < 0 ? r : from_json(json, id, ret);
}

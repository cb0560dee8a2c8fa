/* SPDX-License-Identifier: MIT */
#include "launcher/login.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/json.h"

#define NS_PER_MS 1000000ull
#define KEY       "claudeAiOauth"

/* The kinds of token that Claude's servers give: a prefix ends with the version's digits. Another
 * one's tokens are only held to the characters. */
static const char *const token_kinds[] = { "sk-ant-oat", "sk-ant-ort", "sk-ant-api" };

/* What no refresh changes: it would be another account's, or another subscription's. */
static const char *const identity_keys[] = { "accountUuid", "emailAddress", "organizationUuid",
					     "rateLimitTier", "subscriptionType" };

/* The login object (borrowed from *ret_all, ret_), or NULL. *ret_is_json tells of the text. */
static json_t *load(const struct secret *text, json_t **ret_all, bool *ret_is_json)
{
	json_t *login;

	*ret_is_json = text && json_load_strict(text->data, text->len, ret_all, NULL) == 0;
	if (!*ret_is_json)
		return NULL;
	login = json_object_get(*ret_all, KEY);
	return json_is_object(login) ? login : NULL;
}

static int dump(const json_t *json, struct secret **ret)
{
	char *text = json_dump_whole(json, JSON_COMPACT);
	size_t len = text ? strlen(text) : 0;
	int r = text ? secret_copy(text, len, ret) : -ENOMEM;

	if (text)
		explicit_bzero(text, len);
	free(text);
	return r;
}

/* expiresAt: milliseconds since the epoch (Claude Code 2.1); absent or null: it does not say. */
static uint64_t end_of(const json_t *login)
{
	long long ms = json_get_integer(login, "expiresAt", 0);

	return ms > 0 && (uint64_t)ms < UINT64_MAX / NS_PER_MS ? (uint64_t)ms * NS_PER_MS : 0;
}

uint64_t login_end_ns(const struct secret *text)
{
	cleanup_json json_t *all = NULL;
	bool is_json;
	const json_t *login = load(text, &all, &is_json);

	return login ? end_of(login) : 0;
}

enum login_state login_cut(const struct secret *stored, uint64_t now_ns, bool has_refresh,
			   struct secret **ret)
{
	cleanup_json json_t *all = NULL;
	cleanup_json json_t *kept = NULL;
	bool is_json;
	json_t *login = load(stored, &all, &is_json);
	uint64_t end;

	if (!is_json)
		return LOGIN_UNUSABLE;
	if (!login)
		return LOGIN_ABSENT;
	if (json_get_string(login, "accessToken", "")[0] == '\0')
		return LOGIN_UNUSABLE;
	if (!has_refresh)
		(void)json_object_del(login, "refreshToken");
	kept = json_pack("{s:O}", KEY, login);
	if (!kept || dump(kept, ret) < 0)
		return LOGIN_UNUSABLE;
	end = end_of(login);
	return end != 0 && end <= now_ns + LOGIN_MARGIN_NS ? LOGIN_EXPIRED : LOGIN_FOUND;
}

/* A token is one word of a header: letters, digits and what base64, base64url and JWT have. */
static bool is_token(const char *token)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789-._~+/=";
	size_t len = strlen(token);

	return len >= LOGIN_TOKEN_MIN && len <= LOGIN_TOKEN_MAX && strspn(token, allowed) == len;
}

static bool is_same_form(const char *before, const char *after)
{
	for (size_t i = 0; i < sizeof(token_kinds) / sizeof(token_kinds[0]); i++) {
		size_t len = strlen(token_kinds[i]);

		if ((strncmp(before, token_kinds[i], len) == 0) !=
		    (strncmp(after, token_kinds[i], len) == 0))
			return false;
	}
	return true;
}

static const char *why_token_refused(const json_t *handed, const json_t *written, const char *key)
{
	const char *before = json_get_string(handed, key, "");
	const char *after = json_get_string(written, key, "");

	if (!is_token(after))
		return "a token is missing or malformed";
	if (!is_same_form(before, after))
		return "a token is of another kind than before";
	return NULL;
}

static bool has_scope(const json_t *scopes, const char *wanted)
{
	size_t index;
	const json_t *scope;

	json_array_foreach (scopes, index, scope) {
		if (json_is_string(scope) && strcmp(json_string_value(scope), wanted) == 0)
			return true;
	}
	return false;
}

static bool has_wider_scopes(const json_t *handed, const json_t *written)
{
	const json_t *before = json_object_get(handed, "scopes");
	const json_t *after = json_object_get(written, "scopes");
	size_t index;
	const json_t *scope;

	if (!after || json_is_null(after))
		return false;
	if (!json_is_array(after))
		return true;
	json_array_foreach (after, index, scope) {
		if (!json_is_string(scope) || !has_scope(before, json_string_value(scope)))
			return true;
	}
	return false;
}

/* Absent and null are the same; absent in what was written: Claude did not repeat it. */
static bool has_other_identity(const json_t *handed, const json_t *written)
{
	for (size_t i = 0; i < sizeof(identity_keys) / sizeof(identity_keys[0]); i++) {
		const json_t *before = json_object_get(handed, identity_keys[i]);
		const json_t *after = json_object_get(written, identity_keys[i]);

		if (!after || json_is_null(after))
			continue;
		if (!before || !json_equal(before, after))
			return true;
	}
	return false;
}

const char *login_why_refused(const struct secret *handed, const struct secret *written,
			      uint64_t now_ns)
{
	cleanup_json json_t *handed_all = NULL;
	cleanup_json json_t *written_all = NULL;
	bool is_json;
	const json_t *before = load(handed, &handed_all, &is_json);
	const json_t *after = load(written, &written_all, &is_json);
	const char *reason;
	uint64_t end;

	if (!before)
		return "no login was handed to the session";
	if (!after)
		return is_json ? "it holds no login" : "it is not JSON";
	if (!json_get_string(before, "refreshToken", NULL))
		return "no refresh token was handed to the session";
	reason = why_token_refused(before, after, "accessToken");
	if (!reason)
		reason = why_token_refused(before, after, "refreshToken");
	if (reason)
		return reason;
	if (strcmp(json_get_string(after, "accessToken", ""),
		   json_get_string(after, "refreshToken", "")) == 0)
		return "access and refresh token are the same";
	if (has_other_identity(before, after))
		return "it is of another account or subscription";
	if (has_wider_scopes(before, after))
		return "its scopes are wider than before";
	end = end_of(after);
	if (end <= now_ns || end > now_ns + LOGIN_LIFE_MAX_NS || end < end_of(before))
		return "its end does not lie where a new token's would";
	return NULL;
}

bool login_is_same(const struct secret *stored, const struct secret *handed)
{
	cleanup_json json_t *stored_all = NULL;
	cleanup_json json_t *handed_all = NULL;
	bool is_json;
	const json_t *now = load(stored, &stored_all, &is_json);
	const json_t *then = load(handed, &handed_all, &is_json);

	return now && then &&
	       strcmp(json_get_string(now, "accessToken", ""),
		      json_get_string(then, "accessToken", "")) == 0 &&
	       strcmp(json_get_string(now, "refreshToken", ""),
		      json_get_string(then, "refreshToken", "")) == 0 &&
	       !has_other_identity(then, now);
}

int login_merge(const struct secret *stored, const struct secret *written, struct secret **ret)
{
	static const char *const taken[] = { "accessToken", "refreshToken", "expiresAt", "scopes" };
	cleanup_json json_t *all = NULL;
	cleanup_json json_t *written_all = NULL;
	bool is_json;
	json_t *login = load(stored, &all, &is_json);
	const json_t *from = load(written, &written_all, &is_json);

	if (!login || !from)
		return -EBADMSG;
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		json_t *value = json_object_get(from, taken[i]);

		if (value && !json_is_null(value) && json_object_set(login, taken[i], value) < 0)
			return -ENOMEM;
	}
	return dump(all, ret);
}

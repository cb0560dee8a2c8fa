/* SPDX-License-Identifier: MIT */
/* What of the host's login goes in, and what may come back. */
#include "tests/unit/cmocka_setup.h"

#include <string.h>

#include "launcher/login.h"

#define NOW_NS 1000000000000000ull /* 1,000,000,000 ms */

static struct secret *secret_of(const char *text)
{
	struct secret *secret = NULL;

	assert_int_equal(secret_copy(text, strlen(text), &secret), 0);
	return secret;
}

static enum login_state cut(const char *text, bool has_refresh, char *ret, size_t size)
{
	cleanup_secret struct secret *stored = secret_of(text);
	cleanup_secret struct secret *kept = NULL;
	enum login_state state = login_cut(stored, NOW_NS, has_refresh, &kept);

	ret[0] = '\0';
	if (kept) {
		assert_true(kept->len < size);
		memcpy(ret, kept->data, kept->len + 1);
	}
	return state;
}

static void the_refresh_token_and_other_tokens_stay(void **state)
{
	static const char stored[] = "{\"claudeAiOauth\":{\"accessToken\":\"a\",\"refreshToken\":"
				     "\"r\",\"expiresAt\":2000000000,\"scopes\":["
				     "\"user:inference\"]},"
				     "\"mcpOAuth\":{\"x\":{\"accessToken\":\"m\"}}}";
	char kept[512];

	(void)state;
	assert_int_equal(cut(stored, false, kept, sizeof(kept)), LOGIN_FOUND);
	assert_string_equal(kept, "{\"claudeAiOauth\":{\"accessToken\":\"a\","
				  "\"expiresAt\":2000000000,\"scopes\":[\"user:inference\"]}}");
	assert_int_equal(cut(stored, true, kept, sizeof(kept)), LOGIN_FOUND);
	assert_string_equal(kept, "{\"claudeAiOauth\":{\"accessToken\":\"a\",\"refreshToken\":"
				  "\"r\",\"expiresAt\":2000000000,\"scopes\":["
				  "\"user:inference\"]}}");
}

static void a_token_within_the_margin_has_expired(void **state)
{
	char kept[256];

	(void)state;
	assert_int_equal(cut("{\"claudeAiOauth\":{\"accessToken\":\"a\",\"expiresAt\":1}}", false,
			     kept, sizeof(kept)),
			 LOGIN_EXPIRED);
	assert_int_equal(cut("{\"claudeAiOauth\":{\"accessToken\":\"a\",\"expiresAt\":1000300000}}",
			     false, kept, sizeof(kept)),
			 LOGIN_EXPIRED);
	assert_int_equal(cut("{\"claudeAiOauth\":{\"accessToken\":\"a\",\"expiresAt\":1000300001}}",
			     false, kept, sizeof(kept)),
			 LOGIN_FOUND);
	assert_int_equal(cut("{\"claudeAiOauth\":{\"accessToken\":\"a\",\"expiresAt\":null}}",
			     false, kept, sizeof(kept)),
			 LOGIN_FOUND);
}

static void what_cannot_be_read_gives_nothing(void **state)
{
	static const struct {
		const char *text;
		enum login_state state;
	} cases[] = {
		{ "{", LOGIN_UNUSABLE },
		{ "", LOGIN_UNUSABLE },
		{ "{\"claudeAiOauth\":{},\"claudeAiOauth\":{}}", LOGIN_UNUSABLE },
		{ "{\"claudeAiOauth\":{\"accessToken\":7}}", LOGIN_UNUSABLE },
		{ "{\"claudeAiOauth\":{}}", LOGIN_UNUSABLE },
		{ "{\"other\":1}", LOGIN_ABSENT },
		{ "[]", LOGIN_ABSENT },
	};
	char kept[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(cut(cases[i].text, true, kept, sizeof(kept)), cases[i].state);
		assert_string_equal(kept, "");
	}
}

#define HANDED                                                                            \
	"{\"claudeAiOauth\":{\"accessToken\":\"sk-ant-oat01-oldold\",\"refreshToken\":"   \
	"\"sk-ant-ort01-oldold\",\"expiresAt\":900000000,\"scopes\":[\"user:inference\"," \
	"\"user:profile\"],\"subscriptionType\":\"max\"}}"
#define GOOD_TOKENS \
	"\"accessToken\":\"sk-ant-oat01-newnew\",\"refreshToken\":\"sk-ant-ort01-newnew\""
#define GOOD_END        "\"expiresAt\":1028800000"
#define WRITTEN(fields) "{\"claudeAiOauth\":{" fields "}}"

static const char *why(const char *written_text)
{
	cleanup_secret struct secret *handed = secret_of(HANDED);
	cleanup_secret struct secret *written = secret_of(written_text);
	const char *reason = login_why_refused(handed, written, NOW_NS);

	return reason ? reason : "";
}

static void a_renewed_login_may_come_back(void **state)
{
	(void)state;
	assert_string_equal(why(WRITTEN(GOOD_TOKENS "," GOOD_END)), "");
	assert_string_equal(why(WRITTEN(GOOD_TOKENS "," GOOD_END ",\"scopes\":[\"user:inference\"],"
						    "\"subscriptionType\":\"max\"")),
			    "");
	assert_string_equal(
		why(WRITTEN(GOOD_TOKENS "," GOOD_END ",\"subscriptionType\":null,\"other\":1")),
		"");
}

static void what_a_session_forges_may_not(void **state)
{
	static const struct {
		const char *written;
		const char *reason;
	} cases[] = {
		{ "", "not JSON" },
		{ "{\"claudeAiOauth\":", "not JSON" },
		{ "{\"claudeAiOauth\":{" GOOD_TOKENS "," GOOD_END "}} {}", "not JSON" },
		{ "{}", "no login" },
		{ "{\"claudeAiOauth\":[]}", "no login" },
		{ WRITTEN(GOOD_END), "missing or malformed" },
		{ WRITTEN("\"accessToken\":\"sk-ant-oat01-newnew\"," GOOD_END),
		  "missing or malformed" },
		{ WRITTEN("\"accessToken\":\"sk-ant-oat01-new\\nX-Evil: 1\",\"refreshToken\":"
			  "\"sk-ant-ort01-newnew\"," GOOD_END),
		  "missing or malformed" },
		{ WRITTEN("\"accessToken\":\"short\",\"refreshToken\":\"sk-ant-ort01-"
			  "newnew\"," GOOD_END),
		  "missing or malformed" },
		{ WRITTEN("\"accessToken\":[\"sk-ant-oat01-newnew\"],\"refreshToken\":"
			  "\"sk-ant-ort01-newnew\"," GOOD_END),
		  "missing or malformed" },
		{ WRITTEN("\"accessToken\":\"sk-ant-api03-newnew\",\"refreshToken\":"
			  "\"sk-ant-ort01-newnew\"," GOOD_END),
		  "another kind" },
		{ WRITTEN("\"accessToken\":\"sk-ant-ort01-newnew\",\"refreshToken\":"
			  "\"sk-ant-oat01-newnew\"," GOOD_END),
		  "another kind" },
		{ WRITTEN("\"accessToken\":\"somebody-elses-token\",\"refreshToken\":"
			  "\"sk-ant-ort01-newnew\"," GOOD_END),
		  "another kind" },
		{ WRITTEN(GOOD_TOKENS "," GOOD_END ",\"subscriptionType\":\"enterprise\""),
		  "another account" },
		{ WRITTEN(GOOD_TOKENS "," GOOD_END ",\"organizationUuid\":\"x\""),
		  "another account" },
		{ WRITTEN(GOOD_TOKENS "," GOOD_END
				      ",\"scopes\":[\"user:inference\",\"org:admin\"]"),
		  "wider" },
		{ WRITTEN(GOOD_TOKENS "," GOOD_END ",\"scopes\":\"org:admin\""), "wider" },
		{ WRITTEN(GOOD_TOKENS "," GOOD_END ",\"scopes\":[7]"), "wider" },
		{ WRITTEN(GOOD_TOKENS), "its end" },
		{ WRITTEN(GOOD_TOKENS ",\"expiresAt\":999999999"), "its end" },
		{ WRITTEN(GOOD_TOKENS ",\"expiresAt\":\"never\""), "its end" },
		{ WRITTEN(GOOD_TOKENS ",\"expiresAt\":-1"), "its end" },
		{ WRITTEN(GOOD_TOKENS ",\"expiresAt\":9223372036854775807"), "its end" },
		{ WRITTEN(GOOD_TOKENS ",\"expiresAt\":99999999999999"), "its end" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *reason = why(cases[i].written);

		if (!strstr(reason, cases[i].reason))
			fail_msg("%s: \"%s\", not \"%s\"", cases[i].written, reason,
				 cases[i].reason);
	}
}

static void nothing_comes_back_that_was_not_handed_in(void **state)
{
	cleanup_secret struct secret *handed =
		secret_of("{\"claudeAiOauth\":{\"accessToken\":\"sk-ant-oat01-oldold\"}}");
	cleanup_secret struct secret *written = secret_of(WRITTEN(GOOD_TOKENS "," GOOD_END));

	(void)state;
	assert_string_equal(login_why_refused(handed, written, NOW_NS),
			    "no refresh token was handed to the session");
	assert_non_null(login_why_refused(NULL, written, NOW_NS));
}

static void a_store_that_changed_is_seen(void **state)
{
	cleanup_secret struct secret *handed = secret_of(HANDED);
	cleanup_secret struct secret *with_more = secret_of(
		"{\"mcpOAuth\":{},\"claudeAiOauth\":{\"accessToken\":\"sk-ant-oat01-oldold\","
		"\"refreshToken\":\"sk-ant-ort01-oldold\",\"subscriptionType\":\"max\"}}");
	cleanup_secret struct secret *other = secret_of(WRITTEN(GOOD_TOKENS "," GOOD_END));
	cleanup_secret struct secret *empty = secret_of("{}");

	(void)state;
	assert_true(login_is_same(with_more, handed));
	assert_false(login_is_same(other, handed));
	assert_false(login_is_same(empty, handed));
	assert_false(login_is_same(NULL, handed));
}

static void the_rest_of_the_store_stays(void **state)
{
	cleanup_secret struct secret *stored = secret_of(
		"{\"mcpOAuth\":{\"x\":1},\"claudeAiOauth\":{\"accessToken\":\"a\",\"refreshToken\":"
		"\"r\",\"expiresAt\":1,\"scopes\":[\"s\"],\"subscriptionType\":\"max\"}}");
	cleanup_secret struct secret *written = secret_of(
		WRITTEN(GOOD_TOKENS "," GOOD_END ",\"subscriptionType\":null,\"evil\":true"));
	cleanup_secret struct secret *merged = NULL;

	(void)state;
	assert_int_equal(login_merge(stored, written, &merged), 0);
	assert_string_equal(merged->data,
			    "{\"mcpOAuth\":{\"x\":1},\"claudeAiOauth\":{" GOOD_TOKENS "," GOOD_END
			    ",\"scopes\":[\"s\"],\"subscriptionType\":\"max\"}}");
	assert_int_equal(login_end_ns(merged), 1028800000ull * 1000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_refresh_token_and_other_tokens_stay),
		cmocka_unit_test(a_token_within_the_margin_has_expired),
		cmocka_unit_test(what_cannot_be_read_gives_nothing),
		cmocka_unit_test(a_renewed_login_may_come_back),
		cmocka_unit_test(what_a_session_forges_may_not),
		cmocka_unit_test(nothing_comes_back_that_was_not_handed_in),
		cmocka_unit_test(a_store_that_changed_is_seen),
		cmocka_unit_test(the_rest_of_the_store_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

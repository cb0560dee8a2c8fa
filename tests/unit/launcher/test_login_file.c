/* SPDX-License-Identifier: MIT */
/* Of the host's login, only the access token goes in. */
#include "tests/unit/cmocka_setup.h"
#include "tests/unit/temp_dir.h"

#include <string.h>

#include "launcher/login_file.h"

#define NOW_NS 1000000000000000ull /* 1,000,000,000 ms */

static enum login_state cut(const char *text, char **ret)
{
	*ret = NULL;
	return login_cut(text, strlen(text), NOW_NS, ret);
}

static void the_refresh_token_and_other_tokens_stay(void **state)
{
	char *kept = NULL;

	(void)state;
	assert_int_equal(cut("{\"claudeAiOauth\":{\"accessToken\":\"a\",\"refreshToken\":\"r\","
			     "\"expiresAt\":2000000000,\"scopes\":[\"user:inference\"]},"
			     "\"mcpOAuth\":{\"x\":{\"accessToken\":\"m\"}}}",
			     &kept),
			 LOGIN_FOUND);
	assert_string_equal(kept, "{\"claudeAiOauth\":{\"accessToken\":\"a\","
				  "\"expiresAt\":2000000000,\"scopes\":[\"user:inference\"]}}");
	login_forget(kept);
}

static void a_token_within_the_margin_has_expired(void **state)
{
	char *kept = NULL;

	(void)state;
	assert_int_equal(cut("{\"claudeAiOauth\":{\"accessToken\":\"a\",\"expiresAt\":1}}", &kept),
			 LOGIN_EXPIRED);
	assert_int_equal(
		cut("{\"claudeAiOauth\":{\"accessToken\":\"a\",\"expiresAt\":1000300000}}", &kept),
		LOGIN_EXPIRED);
	assert_null(kept);
	assert_int_equal(
		cut("{\"claudeAiOauth\":{\"accessToken\":\"a\",\"expiresAt\":1000300001}}", &kept),
		LOGIN_FOUND);
	login_forget(kept);
	assert_int_equal(
		cut("{\"claudeAiOauth\":{\"accessToken\":\"a\",\"expiresAt\":null}}", &kept),
		LOGIN_FOUND);
	login_forget(kept);
}

static void what_cannot_be_read_gives_nothing(void **state)
{
	char *kept = NULL;

	(void)state;
	assert_int_equal(cut("{", &kept), LOGIN_UNUSABLE);
	assert_int_equal(cut("{\"claudeAiOauth\":{},\"claudeAiOauth\":{}}", &kept), LOGIN_UNUSABLE);
	assert_int_equal(cut("{\"claudeAiOauth\":{\"accessToken\":7}}", &kept), LOGIN_UNUSABLE);
	assert_int_equal(cut("{\"claudeAiOauth\":{}}", &kept), LOGIN_UNUSABLE);
	assert_int_equal(cut("{\"other\":1}", &kept), LOGIN_ABSENT);
	assert_int_equal(cut("[]", &kept), LOGIN_ABSENT);
	assert_null(kept);
}

static void the_file_is_read_from_the_directory_and_no_link(void **state)
{
	struct temp_dir dir;
	char content[128] = "";
	int fd = -1;

	(void)state;
	assert_int_equal(temp_dir_make(&dir), 0);
	assert_int_equal(login_open(dir.path, NOW_NS, &fd), LOGIN_ABSENT);
	assert_int_equal(temp_dir_write(&dir, ".credentials.json",
					"{\"claudeAiOauth\":{\"accessToken\":\"a\"}}"),
			 0);
	assert_int_equal(login_open(dir.path, NOW_NS, &fd), LOGIN_FOUND);
	assert_true(read(fd, content, sizeof(content) - 1) > 0);
	assert_string_equal(content, "{\"claudeAiOauth\":{\"accessToken\":\"a\"}}");
	(void)close(fd);
	assert_int_equal(renameat(dir.fd, ".credentials.json", dir.fd, "elsewhere"), 0);
	assert_int_equal(symlinkat("elsewhere", dir.fd, ".credentials.json"), 0);
	assert_int_equal(login_open(dir.path, NOW_NS, &fd), LOGIN_UNUSABLE);
	assert_int_equal(login_open("/nonexistent", NOW_NS, &fd), LOGIN_ABSENT);
	temp_dir_remove(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_refresh_token_and_other_tokens_stay),
		cmocka_unit_test(a_token_within_the_margin_has_expired),
		cmocka_unit_test(what_cannot_be_read_gives_nothing),
		cmocka_unit_test(the_file_is_read_from_the_directory_and_no_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The manifest: what is written comes back, and what is not exactly a manifest is refused. */
#include "tests/unit/cmocka_setup.h"
#include "tests/unit/temp_dir.h"

#include <errno.h>

#include "fs/base/cleanup.h"
#include "fs/session/manifest.h"

#define ID "20260102T030405.678Z-0a1b2c3d"

static struct temp_dir dir;

static int setup(void **state)
{
	(void)state;
	return temp_dir_make(&dir);
}

static int teardown(void **state)
{
	(void)state;
	temp_dir_remove(&dir);
	return 0;
}

static struct manifest sample(void)
{
	return (struct manifest){
		.version = MANIFEST_VERSION,
		.id = strdup(ID),
		.project = strdup("/home/u/caf\xc3\xa9"),
		.host_root = strdup("/home/u/latin-\xe9/.claude"),
		.host_config = strdup("/home/u/.claude.json"),
		.host_dev = UINT64_MAX,
		.host_ino = 42,
		.rules_hash = hash_bytes("rules", 5),
		.uid = 1000,
		.start_ns = 1767322800000000001ull,
	};
}

static void all_fields_come_back(void **state)
{
	cleanup_manifest struct manifest in = sample();
	cleanup_manifest struct manifest out = { 0 };

	(void)state;
	in.end_ns = 7;
	in.ended = strdup("signal 9");
	in.command = strdup("claude -p \xff");
	in.is_discarded = true;
	in.never = strdup("plans/**\nprojects/<project>/memory/\xff*\n");
	in.egress = strdup("");
	assert_int_equal(manifest_write(dir.fd, &in), 0);
	assert_int_equal(manifest_read(dir.fd, ID, &out), 0);
	assert_int_equal(out.version, MANIFEST_VERSION);
	assert_string_equal(out.id, in.id);
	assert_string_equal(out.project, in.project);
	assert_string_equal(out.host_root, in.host_root);
	assert_string_equal(out.host_config, in.host_config);
	assert_true(out.host_dev == in.host_dev && out.host_ino == in.host_ino);
	assert_true(hash_is_equal(&out.rules_hash, &in.rules_hash));
	assert_int_equal(out.uid, in.uid);
	assert_true(out.start_ns == in.start_ns && out.end_ns == 7);
	assert_string_equal(out.ended, "signal 9");
	assert_string_equal(out.command, "claude -p \xef\xbf\xbd");
	assert_true(out.is_discarded);
	assert_string_equal(out.never, in.never);
	assert_string_equal(out.egress, "");
}

static void what_is_optional_may_be_absent(void **state)
{
	cleanup_manifest struct manifest in = sample();
	cleanup_manifest struct manifest out = { 0 };

	(void)state;
	assert_int_equal(manifest_write(dir.fd, &in), 0);
	assert_int_equal(manifest_read(dir.fd, NULL, &out), 0);
	assert_null(out.ended);
	assert_null(out.command);
	assert_null(out.never);
	assert_null(out.egress);
	assert_int_equal(out.end_ns, 0);
	assert_false(out.is_discarded);
}

/* What a project forbids is never cut: it would be another list. */
static void long_lists_are_refused_not_cut(void **state)
{
	cleanup_manifest struct manifest in = sample();
	char lines[MANIFEST_LINES_MAX + 2];

	(void)state;
	memset(lines, 'a', sizeof(lines) - 1);
	lines[sizeof(lines) - 1] = '\0';
	in.never = strdup(lines);
	assert_int_equal(manifest_write(dir.fd, &in), -EINVAL);
	in.never[MANIFEST_LINES_MAX] = '\0';
	assert_int_equal(manifest_write(dir.fd, &in), 0);
}

static void the_file_is_private_and_replaced_whole(void **state)
{
	cleanup_manifest struct manifest in = sample();
	struct stat st;

	(void)state;
	assert_int_equal(manifest_write(dir.fd, &in), 0);
	in.end_ns = 1;
	assert_int_equal(manifest_write(dir.fd, &in), 0);
	assert_int_equal(fstatat(dir.fd, "manifest.json", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
}

static void what_cannot_be_read_back_is_not_written(void **state)
{
	cleanup_manifest struct manifest in = sample();
	char path[MANIFEST_PATH_MAX + 2];

	(void)state;
	memset(path, '/', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	free(in.project);
	in.project = strdup(path);
	assert_int_equal(manifest_write(dir.fd, &in), -EINVAL);
	free(in.project);
	in.project = strdup("relative");
	assert_int_equal(manifest_write(dir.fd, &in), -EINVAL);
	free(in.project);
	in.project = NULL;
	assert_int_equal(manifest_write(dir.fd, &in), -EINVAL);
	assert_int_equal(faccessat(dir.fd, "manifest.json", F_OK, 0), -1);
}

static void a_long_command_is_cut(void **state)
{
	cleanup_manifest struct manifest in = sample();
	cleanup_manifest struct manifest out = { 0 };
	char command[MANIFEST_COMMAND_MAX + 100];

	(void)state;
	/* Two bytes each, from an odd offset: the cut must not fall into one. */
	for (size_t i = 0; i < sizeof(command); i++)
		command[i] = i % 2 ? '\xc3' : '\xa9';
	command[0] = 'x';
	command[sizeof(command) - 1] = '\0';
	in.command = strdup(command);
	assert_int_equal(manifest_write(dir.fd, &in), 0);
	assert_int_equal(manifest_read(dir.fd, ID, &out), 0);
	assert_int_equal(strlen(out.command), MANIFEST_COMMAND_MAX - 1);
	assert_memory_equal(out.command, command, MANIFEST_COMMAND_MAX - 1);
}

static void another_sessions_manifest_is_refused(void **state)
{
	cleanup_manifest struct manifest in = sample();
	cleanup_manifest struct manifest out = { 0 };

	(void)state;
	assert_int_equal(manifest_write(dir.fd, &in), 0);
	assert_int_equal(manifest_read(dir.fd, "20260102T030405.678Z-ffffffff", &out), -EBADMSG);
	assert_null(out.id);
}

/* A good manifest as text, with one value replaced. */
static int read_with(const char *key, const char *value)
{
	static const char *const good[][2] = {
		{ "version", "1" },
		{ "id", "\"" ID "\"" },
		{ "project", "\"/p\"" },
		{ "host_root", "\"/h/.claude\"" },
		{ "host_config", "\"/h/.claude.json\"" },
		{ "host_dev", "\"1\"" },
		{ "host_ino", "\"2\"" },
		{ "rules_hash", "\"000102030405060708090a0b0c0d0e0f\"" },
		{ "uid", "0" },
		{ "start_ns", "1" },
	};
	cleanup_manifest struct manifest out = { 0 };
	char text[2048] = "{";
	bool is_new = true;
	size_t len = 1;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		bool is_it = strcmp(good[i][0], key) == 0;

		is_new = is_new && !is_it;
		if (is_it && !value)
			continue;
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\"%s\":%s",
					len > 1 ? "," : "", good[i][0], is_it ? value : good[i][1]);
	}
	if (is_new && value)
		len += (size_t)snprintf(text + len, sizeof(text) - len, ",\"%s\":%s", key, value);
	(void)snprintf(text + len, sizeof(text) - len, "}");
	assert_int_equal(temp_dir_write(&dir, "manifest.json", text), 0);
	return manifest_read(dir.fd, ID, &out);
}

static void each_value_must_be_of_its_kind(void **state)
{
	static const struct {
		const char *key;
		const char *value; /* NULL: left out */
		int result;
	} cases[] = {
		{ "none", NULL, 0 },
		{ "ended", "\"exit 0\"", 0 },
		{ "is_discarded", "true", 0 },
		{ "is_discarded", "1", -EBADMSG },
		{ "project", "{\"hex\":\"2f61ff\"}", 0 },
		{ "project", "{\"hex\":\"2f6100\"}", -EBADMSG },
		{ "project", "{\"hex\":\"2f6\"}", -EBADMSG },
		{ "project", "{\"hex\":\"2fxx\"}", -EBADMSG },
		{ "project", "{\"hex\":\"6161\"}", -EBADMSG },
		{ "project", "{\"hex\":\"2f61\",\"x\":1}", -EBADMSG },
		{ "project", "\"p\"", -EBADMSG },
		{ "project", "\"/\\u0000\"", -EBADMSG },
		{ "project", "\"\"", -EBADMSG },
		{ "project", "1", -EBADMSG },
		{ "project", NULL, -EBADMSG },
		{ "id", "\"20260102T030405.678Z-0a1b2c3e\"", -EBADMSG },
		{ "id", "\"..\"", -EBADMSG },
		{ "id", "{\"hex\":\"2e2e\"}", -EBADMSG },
		{ "host_dev", "1", -EBADMSG },
		{ "host_dev", "\"\"", -EBADMSG },
		{ "host_dev", "\"-1\"", -EBADMSG },
		{ "host_dev", "\" 1\"", -EBADMSG },
		{ "host_dev", "\"18446744073709551616\"", -EBADMSG },
		{ "host_dev", "\"18446744073709551615\"", 0 },
		{ "rules_hash", "\"00\"", -EBADMSG },
		{ "rules_hash", "\"000102030405060708090A0B0C0D0E0F\"", -EBADMSG },
		{ "uid", "4294967296", -EBADMSG },
		{ "uid", "-1", -EBADMSG },
		{ "uid", "1.0", -EBADMSG },
		{ "start_ns", "\"1\"", -EBADMSG },
		{ "start_ns", NULL, -EBADMSG },
		{ "version", NULL, -EBADMSG },
		{ "version", "0", -EBADMSG },
		{ "version", "\"1\"", -EBADMSG },
		{ "version", "2", -EPROTONOSUPPORT },
		{ "surprise", "1", -EBADMSG },
		{ "command", "null", -EBADMSG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int r = read_with(cases[i].key, cases[i].value);

		if (r != cases[i].result)
			print_error("%s: %s\n", cases[i].key, cases[i].value);
		assert_int_equal(r, cases[i].result);
	}
}

static void what_is_no_manifest_is_refused(void **state)
{
	cleanup_manifest struct manifest out = { 0 };
	char *big = calloc(1, MANIFEST_MAX + 2);

	(void)state;
	assert_int_equal(manifest_read(dir.fd, ID, &out), -ENOENT);
	assert_int_equal(temp_dir_write(&dir, "manifest.json", "[]"), 0);
	assert_int_equal(manifest_read(dir.fd, ID, &out), -EBADMSG);
	assert_int_equal(temp_dir_write(&dir, "manifest.json", "{"), 0);
	assert_int_equal(manifest_read(dir.fd, ID, &out), -EBADMSG);
	assert_non_null(big);
	memset(big, ' ', MANIFEST_MAX + 1);
	assert_int_equal(temp_dir_write(&dir, "manifest.json", big), 0);
	free(big);
	assert_int_equal(manifest_read(dir.fd, ID, &out), -EBADMSG);
	assert_int_equal(unlinkat(dir.fd, "manifest.json", 0), 0);
	assert_int_equal(symlinkat("elsewhere", dir.fd, "manifest.json"), 0);
	assert_int_equal(manifest_read(dir.fd, ID, &out), -EBADMSG);
	assert_int_equal(unlinkat(dir.fd, "manifest.json", 0), 0);
	assert_int_equal(mkfifoat(dir.fd, "manifest.json", 0600), 0);
	assert_int_equal(manifest_read(dir.fd, ID, &out), -EBADMSG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_fields_come_back),
		TEST(what_is_optional_may_be_absent),
		TEST(long_lists_are_refused_not_cut),
		TEST(the_file_is_private_and_replaced_whole),
		TEST(what_cannot_be_read_back_is_not_written),
		TEST(a_long_command_is_cut),
		TEST(another_sessions_manifest_is_refused),
		TEST(each_value_must_be_of_its_kind),
		TEST(what_is_no_manifest_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

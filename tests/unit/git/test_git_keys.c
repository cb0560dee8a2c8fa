/* SPDX-License-Identifier: MIT */
/* Which keys of a git configuration are dangerous. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/git/git_keys.h"

static void keys_that_run_something_have_a_reason(void **state)
{
	/* Where git's documentation says "command", "program" or "path of the hooks", and where a
	 * push goes. */
	static const char *const dangerous[] = {
		"core.fsmonitor",
		"core.sshcommand",
		"core.pager",
		"core.editor",
		"core.hookspath",
		"core.gitproxy",
		"core.askpass",
		"core.worktree",
		"core.attributesfile",
		"core.alternaterefscommand",
		"credential.helper",
		"credential.https://example.com.helper",
		"include.path",
		"includeif.gitdir:/a.b/.path",
		"filter.lfs.clean",
		"filter.x.y.process",
		"alias.st",
		"diff.external",
		"diff.png.textconv",
		"diff.png.command",
		"difftool.x.cmd",
		"merge.x.driver",
		"mergetool.x.cmd",
		"interactive.difffilter",
		"sequence.editor",
		"gpg.program",
		"gpg.ssh.program",
		"gpg.ssh.defaultkeycommand",
		"pager.log",
		"man.x.cmd",
		"browser.x.cmd",
		"web.browser",
		"instaweb.httpd",
		"sendemail.smtpserver",
		"sendemail.x.tocmd",
		"trailer.x.cmd",
		"submodule.x.update",
		"submodule.a/b.url",
		"init.templatedir",
		"url.https://evil/.insteadof",
		"url.x.pushinsteadof",
		"http.proxy",
		"http.https://e/.extraheader",
		"http.sslverify",
		"remote.origin.url",
		"remote.origin.pushurl",
		"remote.origin.uploadpack",
		"remote.origin.receivepack",
		"remote.origin.proxy",
		"remote.pushdefault",
		"branch.main.pushremote",
		"protocol.ext.allow",
		"protocol.allow",
		"uploadpack.packobjectshook",
		"safe.directory",
		"extensions.worktreeconfig",
		"tar.x.command",
		"guitool.x.cmd",
		"maintenance.auto",
		"lfs.url",
		"lfs.customtransfer.x.path",
		"receive.procreceiverefs",
	};
	static const char *const harmless[] = {
		"user.name",           "core.autocrlf",       "core.filemode",   "core.filemodes",
		"branch.main.merge",   "remote.origin.fetch", "push.default",    "color.ui",
		"merge.conflictstyle", "diff.algorithm",      "filterx.a.clean", "xalias.a",
	};
	struct git_keys *keys = NULL;

	(void)state;
	assert_int_equal(git_keys_new_builtin(&keys), 0);
	for (size_t i = 0; i < sizeof(dangerous) / sizeof(dangerous[0]); i++) {
		if (!git_keys_why(keys, dangerous[i], NULL))
			fail_msg("%s is not told", dangerous[i]);
	}
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
		if (git_keys_why(keys, harmless[i], NULL))
			fail_msg("%s: %s", harmless[i], git_keys_why(keys, harmless[i], NULL));
	}
	git_keys_free(keys);
}

static void what_is_no_name_of_a_key_is_dangerous(void **state)
{
	struct git_keys *keys = NULL;
	char *name = malloc(8000);

	(void)state;
	assert_non_null(name);
	memset(name, 'a', 7999);
	name[7999] = '\0';
	name[10] = '.';
	assert_int_equal(git_keys_new_builtin(&keys), 0);
	assert_non_null(git_keys_why(keys, name, NULL));
	assert_non_null(git_keys_why(keys, "nodot", NULL));
	assert_non_null(git_keys_why(keys, "", NULL));
	git_keys_free(keys);
	free(name);
}

static void a_broken_list_is_refused(void **state)
{
	static const char *const bad[] = {
		"{}",
		"{\"version\":2,\"keys\":[]}",
		"{\"version\":1,\"keys\":{}}",
		"{\"version\":1,\"keys\":[{\"key\":\"a.b\"}]}",
		"{\"version\":1,\"keys\":[{\"key\":\"ab\",\"why\":\"x\"}]}",
		"{\"version\":1,\"keys\":[{\"key\":\".b\",\"why\":\"x\"}]}",
		"{\"version\":1,\"keys\":[{\"key\":\"a.\",\"why\":\"x\"}]}",
		"{\"version\":1,\"keys\":[{\"key\":\"a.b\",\"why\":\"x\",\"z\":1}]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct git_keys *keys = NULL;

		assert_int_equal(git_keys_parse(bad[i], strlen(bad[i]), &keys), -EBADMSG);
		assert_null(keys);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_that_run_something_have_a_reason),
		cmocka_unit_test(what_is_no_name_of_a_key_is_dangerous),
		cmocka_unit_test(a_broken_list_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Of a person's git configuration, however it looks, only what a list has reaches the sandbox. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/text.h"
#include "fs/git/git_config.h"
#include "fs/git/git_keys.h"
#include "fs/git/sandbox_config.h"
#include "tests/unit/temp_dir.h"

static struct temp_dir home;
static char project[128];
static struct sandbox_config config;
static struct git_config_keys keys;

static int set_up(void **state)
{
	(void)state;
	if (temp_dir_make(&home) < 0)
		return -1;
	(void)snprintf(project, sizeof(project), "%s/jobs/p", home.path);
	return mkdirat(home.fd, ".config", 0700) < 0 || mkdirat(home.fd, ".config/git", 0700) < 0;
}

static int tear_down(void **state)
{
	(void)state;
	sandbox_config_done(&config);
	git_config_keys_done(&keys);
	temp_dir_remove(&home);
	return 0;
}

static void put(const char *name, const char *content)
{
	assert_int_equal(temp_dir_write(&home, name, content), 0);
}

static void make_with(const char *xdg, const char *global)
{
	const struct sandbox_config_places places = { home.path, xdg, global, project };

	assert_int_equal(sandbox_config_make(&places, &config), 0);
	/* What comes out is a configuration, whatever went in. */
	assert_int_equal(git_config_keys_read(config.text, strlen(config.text), &keys), 0);
}

static void make(void)
{
	make_with(NULL, NULL);
}

/* The last value, as git has it; NULL: there is none. */
static const struct git_config_key *find(const char *name)
{
	const struct git_config_key *found = NULL;

	for (size_t i = 0; i < keys.count; i++) {
		if (strcmp(keys.keys[i].name, name) == 0)
			found = &keys.keys[i];
	}
	return found;
}

static void assert_value(const char *name, const char *value)
{
	if (!find(name))
		fail_msg("%s is not there", name);
	assert_string_equal(find(name)->value, value);
}

static void assert_none(const char *name)
{
	if (find(name))
		fail_msg("%s is there: %s", name, find(name)->value);
}

static void nobody_has_a_configuration_yet(void **state)
{
	(void)state;
	make();
	assert_value("core.hookspath", "/dev/null");
	assert_value("credential.helper", "");
	assert_value("safe.directory", strcat(strcpy((char[256]){ 0 }, project), "/*"));
	assert_int_equal(keys.count, 4);
	assert_null(config.ignore);
	assert_null(config.unread);
}

static void a_nasty_configuration_loses_what_runs_leads_or_is_secret(void **state)
{
	static const char *const passed[] = {
		"user.name",      "user.email",        "pull.rebase",     "init.defaultbranch",
		"core.autocrlf",  "color.ui",          "push.default",    "core.hookspath",
		"safe.directory", "credential.helper", "color.diff.meta",
	};

	(void)state;
	put(".gitconfig",
	    "[User]\n\tName = \"A \\\"B\\\" \\\\ # ; é\"\n\temail = a@example.org\n"
	    "\tpassword = CANARY\n\ttoken = CANARY\n\tsigningKey = CANARY\n"
	    "[github]\n\ttoken = CANARY\n\tuser = CANARY\n[gitlab \"x\"]\n\ttoken = CANARY\n"
	    "[credential]\n\thelper = !CANARY\n[credential \"https://h\"]\n\tusername = CANARY\n"
	    "[CORE]\n\tpager = CANARY\n\tEDITOR = CANARY\n\tfsmonitor = CANARY\n"
	    "\tsshCommand = CANARY\n\thooksPath = CANARY\n\taskPass = CANARY\n\tgitProxy = CANARY\n"
	    "\tattributesFile = CANARY\n\tautocrlf = input\n\tunknownKey = CANARY\n"
	    "[alias]\n\tst = !CANARY\n[filter \"a\"]\n\tclean = CANARY\n\tsmudge = CANARY\n"
	    "[diff \"x.y\"]\n\ttextconv = CANARY\n\tcommand = CANARY\n[diff]\n\texternal = CANARY\n"
	    "[merge \"x\"]\n\tdriver = CANARY\n[url \"https://CANARY@h/\"]\n\tinsteadOf = h:\n"
	    "[http]\n\tproxy = CANARY\n\tcookieFile = CANARY\n"
	    "[http \"https://h\"]\n\textraHeader = CANARY\n[remote \"o\"]\n\turl = CANARY\n"
	    "[commit]\n\tgpgSign = true\n\ttemplate = CANARY\n[tag]\n\tgpgSign = true\n"
	    "[gpg]\n\tprogram = CANARY\n[gpg \"ssh\"]\n\tdefaultKeyCommand = CANARY\n"
	    "[include]\n\tpath = /CANARY\n[includeIf \"hasconfig:remote.*.url:x\"]\n\tpath = "
	    "CANARY\n"
	    "[sendemail]\n\tsmtpPass = CANARY\n[init]\n\ttemplateDir = CANARY\n"
	    "\tdefaultBranch = main\n[safe]\n\tdirectory = *\n[blame]\n\tignoreRevsFile = CANARY\n"
	    "[maintenance]\n\trepo = CANARY\n[hook \"x\"]\n\tcommand = CANARY\n"
	    "[pull]\n\trebase\n[push]\n\tdefault = \"a\\tCANARY\"\n\tdefault = simple\n"
	    "[color]\n\tui = auto\n[color \"diff\"]\n\tmeta = bold\n[a.B]\n\tc = CANARY\n");
	make();
	assert_null(strstr(config.text, "CANARY"));
	assert_value("user.name", "A \"B\" \\ # ; é");
	assert_value("user.email", "a@example.org");
	assert_value("push.default", "simple");
	assert_value("color.diff.meta", "bold");
	assert_value("core.hookspath", "/dev/null");
	assert_true(find("pull.rebase")->is_bare);
	for (size_t i = 0; i < keys.count; i++) {
		bool is_known = false;

		for (size_t j = 0; j < sizeof(passed) / sizeof(passed[0]); j++)
			is_known = is_known || strcmp(keys.keys[i].name, passed[j]) == 0;
		if (!is_known)
			fail_msg("%s passed", keys.keys[i].name);
	}
}

/* Every dangerous key of the list is kept out, even if the other list were to have it. */
static void no_key_passes_that_is_dangerous(void **state)
{
	cleanup_git_keys struct git_keys *rules = NULL;
	static const char text[] = "{\"version\":1,\"keys\":[{\"key\":\"a.b\",\"why\":\"x\"}],"
				   "\"pass\":[{\"keys\":[\"a.*\",\"c.*.d\"],\"why\":\"x\"}]}";

	(void)state;
	assert_int_equal(git_keys_parse(text, strlen(text), &rules), 0);
	assert_false(git_keys_may_pass(rules, "a.b"));
	assert_true(git_keys_may_pass(rules, "a.c"));
	assert_false(git_keys_may_pass(rules, "a.x.c"));
	assert_true(git_keys_may_pass(rules, "c.x.y.d"));
	assert_false(git_keys_may_pass(rules, "c.d"));
	assert_false(git_keys_may_pass(rules, "nodot"));
}

static void the_later_file_wins_and_other_places_are_honoured(void **state)
{
	char path[256];

	(void)state;
	put(".config/git/config", "[user]\n\tname = xdg\n\temail = xdg@example.org\n");
	put(".gitconfig", "[user]\n\tname = home\n");
	make();
	assert_value("user.name", "home");
	assert_value("user.email", "xdg@example.org");
	sandbox_config_done(&config);
	git_config_keys_done(&keys);
	assert_int_equal(mkdirat(home.fd, "git", 0700), 0);
	put("git/config", "[user]\n\temail = other@example.org\n");
	make_with(home.path, NULL);
	assert_value("user.email", "other@example.org");
	sandbox_config_done(&config);
	git_config_keys_done(&keys);
	put("global", "[user]\n\tname = global\n");
	(void)snprintf(path, sizeof(path), "%s/global", home.path);
	make_with(NULL, path);
	assert_value("user.name", "global");
	assert_none("user.email");
}

static void includes_are_resolved_where_they_are_named(void **state)
{
	(void)state;
	put(".gitconfig",
	    "[user]\n\tname = first\n[include]\n\tpath = ~/more\n[user]\n\temail = last\n"
	    "[includeIf \"gitdir:~/jobs/\"]\n\tpath = jobs.inc\n"
	    "[includeIf \"gitdir:~/play/\"]\n\tpath = play.inc\n"
	    "[includeIf \"gitdir/i:**/JOBS/*/.git\"]\n\tpath = case.inc\n"
	    "[includeIf \"onbranch:main\"]\n\tpath = play.inc\n"
	    "[include]\n\tpath = nowhere\n\tpath = ~other/x\n\tpath =\n");
	put("more", "[user]\n\tname = more\n\temail = more\n[alias]\n\tx = CANARY\n"
		    "[include]\n\tpath = deeper\n");
	put("deeper", "[push]\n\tdefault = deeper\n");
	put("jobs.inc", "[user]\n\tname = jobs\n");
	put("play.inc", "[user]\n\tname = play\n");
	put("case.inc", "[merge]\n\tff = case\n");
	make();
	assert_value("user.name", "jobs");
	assert_value("user.email", "last");
	assert_value("push.default", "deeper");
	assert_value("merge.ff", "case");
	assert_null(strstr(config.text, "CANARY"));
	assert_null(strstr(config.text, "include"));
	assert_null(config.unread);
}

static void a_file_that_includes_itself_ends(void **state)
{
	(void)state;
	put(".gitconfig",
	    "[include]\n\tpath = .gitconfig\n\tpath = .gitconfig\n[user]\n\tname = A\n");
	make();
	assert_value("user.name", "A");
}

static void includes_go_so_deep_and_no_deeper(void **state)
{
	char name[16], text[128];

	(void)state;
	put(".gitconfig", "[include]\n\tpath = d1\n");
	for (unsigned int i = 1; i <= SANDBOX_CONFIG_DEPTH_MAX + 1; i++) {
		(void)snprintf(name, sizeof(name), "d%u", i);
		(void)snprintf(text, sizeof(text), "[pull]\n\td%u = x\n[include]\n\tpath = d%u\n",
			       i, i + 1);
		put(name, text);
	}
	make();
	(void)snprintf(name, sizeof(name), "pull.d%u", SANDBOX_CONFIG_DEPTH_MAX);
	assert_value(name, "x");
	(void)snprintf(name, sizeof(name), "pull.d%u", SANDBOX_CONFIG_DEPTH_MAX + 1);
	assert_none(name);
}

static void what_is_no_configuration_is_left_out_whole_and_named(void **state)
{
	char text[256];

	(void)state;
	assert_int_equal(mkfifoat(home.fd, "fifo", 0600), 0);
	put("broken", "[user]\n\tname = half\n[oops\n");
	(void)snprintf(text, sizeof(text),
		       "[include]\n\tpath = fifo\n\tpath = broken\n\tpath = .config\n"
		       "\tpath = /dev/zero\n[user]\n\temail = e\n");
	put(".gitconfig", text);
	(void)alarm(20);
	make();
	(void)alarm(0);
	assert_none("user.name");
	assert_value("user.email", "e");
	assert_non_null(config.unread);
	assert_non_null(strstr(config.unread, "/fifo"));
}

static void lengths_are_bounded(void **state)
{
	cleanup_text struct text text = { 0 };

	(void)state;
	text_append(&text, "[user]\n\tname = short\n\temail = ");
	for (unsigned int i = 0; i <= SANDBOX_CONFIG_VALUE_MAX; i++)
		text_append(&text, "x");
	text_append(&text, "\n");
	for (unsigned int i = 0; i < 2000; i++)
		text_appendf(&text, "[pull]\n\tk%u = %0100u\n", i, i);
	put(".gitconfig", text.data);
	make();
	assert_value("user.name", "short");
	assert_none("user.email");
	assert_true(strlen(config.text) < SANDBOX_CONFIG_BYTES_MAX + 4096);
}

static void ignored_names_come_along(void **state)
{
	(void)state;
	put(".config/git/ignore", ".DS_Store\n");
	make();
	assert_string_equal(config.ignore, ".DS_Store\n");
	assert_value("core.excludesfile", SANDBOX_CONFIG_IGNORE);
	sandbox_config_done(&config);
	git_config_keys_done(&keys);
	put("mine", "*.swp\n");
	put(".gitconfig", "[core]\n\texcludesFile = ~/mine\n");
	make();
	assert_string_equal(config.ignore, "*.swp\n");
	sandbox_config_done(&config);
	git_config_keys_done(&keys);
	put(".gitconfig", "[core]\n\texcludesFile = /dev/zero\n");
	make();
	assert_null(config.ignore);
	assert_none("core.excludesfile");
}

static void again(void)
{
	sandbox_config_done(&config);
	git_config_keys_done(&keys);
	make();
}

static void make_link(const char *target, const char *name)
{
	assert_int_equal(symlinkat(target, home.fd, name), 0);
}

static void links_of_the_persons_own_are_followed(void **state)
{
	(void)state;
	assert_int_equal(mkdirat(home.fd, "dotfiles", 0700), 0);
	put("dotfiles/config", "[user]\n\tname = linked\n[core]\n\texcludesFile = ~/dots/mine\n");
	put("dotfiles/mine", "*.swp\n");
	make_link("dotfiles", "dots");
	make_link("./dots/../dots//config", ".gitconfig");
	make();
	assert_null(config.unread);
	assert_value("user.name", "linked");
	assert_string_equal(config.ignore, "*.swp\n");
	make_link("loop", "loop");
	put("dotfiles/config", "[core]\n\texcludesFile = ~/loop\n");
	again();
	assert_null(config.ignore);
	assert_non_null(config.unread);
}

/* What an earlier session made there would show the next one what it leads to. */
static void links_in_the_project_are_not(void **state)
{
	(void)state;
	assert_int_equal(mkdirat(home.fd, "jobs", 0700), 0);
	assert_int_equal(mkdirat(home.fd, "jobs/p", 0700), 0);
	assert_int_equal(mkdirat(home.fd, "private", 0700), 0);
	put("private/key", "canary\n");
	put("jobs/p/plain", "*.o\n");
	put(".gitconfig", "[core]\n\texcludesFile = ~/jobs/p/plain\n");
	make();
	assert_string_equal(config.ignore, "*.o\n");
	make_link("../../private/key", "jobs/p/link");
	make_link("../../private", "jobs/p/directory");
	make_link("jobs/p/link", "outside");
	for (size_t i = 0; i < 3; i++) {
		static const char *const names[] = { "jobs/p/link", "jobs/p/directory/key",
						     "outside" };
		char text[128];

		(void)snprintf(text, sizeof(text), "[core]\n\texcludesFile = ~/%s\n", names[i]);
		put(".gitconfig", text);
		again();
		assert_null(config.ignore);
		assert_none("core.excludesfile");
		assert_non_null(config.unread);
		assert_non_null(strstr(config.unread, names[i]));
	}
	put("private/key", "[user]\n\tname = canary\n");
	put(".gitconfig", "[include]\n\tpath = ~/jobs/p/link\n[user]\n\temail = e@example.org\n");
	again();
	assert_none("user.name");
	assert_value("user.email", "e@example.org");
	assert_non_null(config.unread);
}

/* Nothing that a project is called makes a line of its own. */
static void a_strange_project_is_one_directory(void **state)
{
	(void)state;
	(void)snprintf(project, sizeof(project), "/p \"q\" \\ #;\n[alias]\n\tx = !y");
	make();
	assert_int_equal(keys.count, 4);
	assert_string_equal(keys.keys[2].value, project);
	assert_none("alias.x");
}

int main(void)
{
#define WITH_HOME(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		WITH_HOME(nobody_has_a_configuration_yet),
		WITH_HOME(a_nasty_configuration_loses_what_runs_leads_or_is_secret),
		WITH_HOME(no_key_passes_that_is_dangerous),
		WITH_HOME(the_later_file_wins_and_other_places_are_honoured),
		WITH_HOME(includes_are_resolved_where_they_are_named),
		WITH_HOME(a_file_that_includes_itself_ends),
		WITH_HOME(includes_go_so_deep_and_no_deeper),
		WITH_HOME(what_is_no_configuration_is_left_out_whole_and_named),
		WITH_HOME(lengths_are_bounded),
		WITH_HOME(ignored_names_come_along),
		WITH_HOME(links_of_the_persons_own_are_followed),
		WITH_HOME(links_in_the_project_are_not),
		WITH_HOME(a_strange_project_is_one_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

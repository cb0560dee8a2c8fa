/* SPDX-License-Identifier: MIT */
/* What git-guard decides: a table of command lines and environments, and what must hold of all. */
#include "tests/unit/cmocka_setup.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fs/git/git_keys.h"
#include "preload/git_guard.h"
#include "preload/git_guard_match.h"
#include "preload/git_guard_table.h"

#define WORDS_MAX 32u

/* A line as a person writes it: variables, then words; blanks between, '~' for a blank in a word.
 */
struct line {
	char copy[512];
	const char *environment[WORDS_MAX];
	const char *argv[WORDS_MAX];
};

static void parse(const char *text, struct line *ret)
{
	size_t variables = 0;
	size_t words = 0;
	char *save = NULL;

	assert_true(strlen(text) < sizeof(ret->copy));
	memset(ret, 0, sizeof(*ret));
	memcpy(ret->copy, text, strlen(text) + 1);
	for (char *word = strtok_r(ret->copy, " ", &save); word;
	     word = strtok_r(NULL, " ", &save)) {
		bool is_variable = words == 0 && strchr(word, '=') != NULL;

		for (char *c = word; *c; c++)
			*c = *c == '~' ? ' ' : *c;
		if (is_variable)
			ret->environment[variables++] = word;
		else
			ret->argv[words++] = word;
	}
}

static struct git_guard_verdict decide(const char *text, struct line *line)
{
	parse(text, line);
	return git_guard_decide(line->argv, line->environment);
}

/* '~' is a blank inside a word. */
static void what_leaves_or_runs_by_configuration_is_refused(void **state)
{
	static const char *const lines[] = {
		/* Pushes, by every name. */
		"git push",
		"git push origin HEAD",
		"git --no-pager push",
		"git -C /x --bare push",
		"git --git-dir=.git --work-tree . push",
		"git -c user.name=x push",
		"git --future-option x push",
		"git --future-option push x",
		"git-push origin",
		"/usr/lib/git-core/git-push origin",
		"git send-pack /x main",
		"git http-push https://h/ main",
		"git subtree push --prefix=d /x main",
		"git subtree -P d push /x main",
		"git lfs push origin main",
		"git svn dcommit",
		"git p4 submit",
		"git send-email 0001.patch",
		"git imap-send",
		"CLAUDEFS_GIT_PUSH=1 git push --receive-pack=evil origin",
		"CLAUDEFS_GIT_PUSH=1 git push --exec evil origin",
		"CLAUDEFS_GIT_PUSH=1 git push --rec evil origin",
		"CLAUDEFS_GIT_PUSH=1 git send-pack /x main",
		"CLAUDEFS_GIT_PUSH=1 git -c url./x.insteadOf=y push",
		"CLAUDEFS_GIT_PUSH=10 git push",
		/* Remotes and submodules. */
		"git remote add evil https://h/",
		"git remote -v add evil https://h/",
		"git remote --verbose set-url origin https://h/",
		"git remote rename origin x",
		"git submodule add https://h/",
		"git submodule --quiet add https://h/",
		"git submodule set-url x https://h/",
		/* Passwords. */
		"git credential fill",
		"git credential-store get",
		"git credential-cache get",
		"git remote-https origin https://h/",
		/* Options that name a program. */
		"git clone -c core.autocrlf=false https://h/",
		"git clone --config core.x=y https://h/",
		"git clone --config=core.x=y https://h/",
		"git clone --conf=core.x=y https://h/",
		"git clone --co core.x=y https://h/",
		"git clone -qc core.x=y https://h/",
		"git clone -qccore.x=y https://h/",
		"git clone -n -b main -c core.x=y https://h/",
		"git clone -u evil https://h/",
		"git clone --upload-pa evil https://h/",
		"git clone --template=/x https://h/",
		"git init --template /x",
		"git clone ext::sh~-c~evil",
		"git clone -- ext::sh~-c~evil",
		"git clone EXT::sh~-c~evil",
		"git fetch ext::sh~-c~evil",
		"git ls-remote fd::17",
		"git fetch ssh://-oProxyCommand=evil/x",
		"git fetch --upload-pack=evil",
		"git ls-remote --exec=evil .",
		"git ls-remote --upload-pack evil .",
		"git pull --upload evil",
		"git archive --remote=https://h/ HEAD",
		"git grep -O x",
		"git grep -Oevil x",
		"git grep -nOevil x",
		"git grep --open-files-in-pager=evil x",
		"git grep --open=evil x",
		"git difftool -x evil",
		"git difftool --extcmd=evil",
		"git maintenance start",
		"git maintenance register",
		"git daemon",
		"git instaweb",
		"git --exec-path=/x status",
		"git --git-dir=/x/evil status",
		"git --git-dir /x/evil status",
		/* Keys: on the command line, ... */
		"git -c core.fsmonitor=evil status",
		"git -c CORE.FsMonitor=evil status",
		"git -c core.sshCommand=evil fetch",
		"git -c core.pager=evil log",
		"git -c core.pager=less;evil log",
		"git -ccore.pager=evil log",
		"git -c core.editor=evil commit",
		"git -c core.hooksPath=/x commit",
		"git -c core.gitProxy=evil fetch",
		"git -c core.askPass=evil fetch",
		"git -c credential.helper=!evil fetch",
		"git -c credential.https://h.helper=!evil fetch",
		"git -c include.path=/x status",
		"git -c includeIf.gitdir:/.path=/x status",
		"git -c filter.x.clean=evil add .",
		"git -c alias.p=push p",
		"git -c alias.p p",
		"git -c diff.x.command=evil diff",
		"git -c diff.x.textconv=evil diff",
		"git -c diff.x.y.textconv=evil diff",
		"git -c merge.x.driver=evil merge x",
		"git -c url.https://h/.insteadOf=x fetch",
		"git -c http.proxy=http://h/ fetch",
		"git -c http.https://h/.extraHeader=x fetch",
		"git -c remote.origin.url=https://h/ fetch",
		"git -c remote.origin.pushurl=https://h/ fetch",
		"git -c protocol.ext.allow=always fetch",
		"git -c user.name=x -c core.pager=evil log",
		"EVIL=evil git --config-env=core.pager=EVIL log",
		"EVIL=evil git --config-env core.pager=EVIL log",
		"git --config-env=core.pager=NOWHERE log",
		/* ... written, ... */
		"git config core.pager evil",
		"git config --global core.pager evil",
		"git config --add core.pager evil",
		"git config --ad core.pager evil",
		"git config --replace-all core.pager evil",
		"git config -f .gitmodules submodule.x.url https://h/",
		"git config --file=x core.pager evil",
		"git config -fx core.pager evil",
		"git config --type bool core.fsmonitor evil",
		"git config -- core.pager evil",
		"git config set core.pager evil",
		"git config set --global core.pager evil",
		"git config --rename-section foo.ex filter.ex",
		"git config --rename foo alias",
		"git config rename-section foo.ex filter.ex",
		"git config --edit",
		"git config -e",
		"git config --ed --global",
		"git config -ze",
		"git config --global edit",
		"git config alias.st !evil",
		"git config remote.origin.url https://h/",
		"git config branch.main.remote https://h/x",
		"git config branch.main.remote ../x",
		/* ... and in the environment. */
		"GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.pager GIT_CONFIG_VALUE_0=evil git log",
		"GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=alias.x git x",
		"GIT_CONFIG_PARAMETERS='alias.x'='push' git x",
		"GIT_CONFIG_GLOBAL=/x git log",
		"GIT_CONFIG_SYSTEM=/x git log",
		"GIT_CONFIG=/x git config user.name",
		"GIT_SSH=evil git fetch",
		"GIT_SSH_COMMAND=ssh~-o~ProxyCommand=evil git fetch",
		"GIT_ASKPASS=evil git fetch",
		"SSH_ASKPASS=evil git fetch",
		"GIT_PROXY_COMMAND=evil git fetch",
		"GIT_EXTERNAL_DIFF=evil git diff",
		"GIT_PAGER=evil git log",
		"GIT_PAGER=cat|evil git log",
		"GIT_EDITOR=evil git commit",
		"GIT_SEQUENCE_EDITOR=sed~-i~x;evil git rebase",
		"GIT_EXEC_PATH=/x git status",
		"GIT_TEMPLATE_DIR=/x git init",
		"GIT_DIR=/x/evil git status",
		"GIT_COMMON_DIR=/x git status",
		"GIT_OBJECT_DIRECTORY=/x git status",
		"GIT_ALTERNATE_OBJECT_DIRECTORIES=/x git status",
		"GIT_ALLOW_PROTOCOL=ext:https git fetch",
		"GIT_SSL_NO_VERIFY=1 git fetch",
	};
	struct line line;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (!decide(lines[i], &line).is_refused)
			fail_msg("let through: %s", lines[i]);
	}
}

/* With what Claude Code itself, npm and Go run git with. */
static void everyday_work_is_let_through(void **state)
{
	static const char *const lines[] = {
		"git",
		"git --version",
		"git --help",
		"git -h",
		"git help push",
		"git --help push",
		"git status --porcelain",
		"git --no-optional-locks status",
		"git add -A",
		"git add -- push",
		"git commit -m push",
		"git commit -am git~push~fixed",
		"git log --oneline -5 --author=push",
		"git log -S push",
		"git diff --stat HEAD~1",
		"git branch push",
		"git checkout -b push",
		"git switch -c core.pager",
		"git merge --no-ff x",
		"git rebase -i main",
		"git rebase --exec make~test main",
		"git stash push -m x",
		"git fetch",
		"git fetch --all --prune",
		"git fetch -u origin",
		"git pull --rebase",
		"git clone https://h/x.git",
		"git clone --depth 1 -b main https://h/x.git d",
		"git clone --branch -c https://h/x.git",
		"git clone --template= https://h/x.git",
		"git init -b main --template=",
		"git remote",
		"git remote -v",
		"git remote show add",
		"git remote get-url origin",
		"git remote prune origin",
		"git submodule update --init --recursive",
		"git submodule foreach git~add~.",
		"git worktree add ../x",
		"git config user.name x",
		"git config --global user.email a.b@c.d",
		"git config --get core.pager",
		"git config --get-regexp ^alias",
		"git config core.pager",
		"git config get core.pager",
		"git config --list --show-origin",
		"git config -l",
		"git config -f .gitmodules --get submodule.x.url",
		"git config --unset core.pager",
		"git config --remove-section alias",
		"git config --rename-section branch.a branch.b",
		"git config --global --add safe.directory /x",
		"git config set user.name x",
		"git config branch.main.remote origin",
		"git config core.hooksPath /dev/null",
		"git config core.autocrlf input",
		"git -c core.pager=cat log",
		"git -c core.editor=true rebase --continue",
		"git -c user.name=a=b commit",
		"git -c protocol.version=2 fetch",
		"git -c core.quotePath=false -c core.fsmonitor= -c core.hooksPath=/dev/null -c "
		"core.pager= log",
		"git -c core.sshCommand=ssh~-o~BatchMode=yes~-o~StrictHostKeyChecking=yes clone "
		"--depth 1 x",
		"git -C /x --git-dir=/x/.git status",
		"git --git-dir ../x.git log",
		"git --git-dir=.git/worktrees/x log",
		"git --exec-path",
		"git --namespace push status",
		"git --work-tree push status",
		"git grep -n push",
		"git grep -e -O",
		"git archive -o x.tar HEAD",
		"git maintenance run",
		"git credential approve",
		"git bisect run push",
		"git blame push",
		"git show HEAD:push",
		"git tag push",
		"git unknown-command push",
		"git-status",
		"git-upload-pack /x",
		"CLAUDEFS_GIT_PUSH=1 git push origin main",
		"CLAUDEFS_GIT_PUSH=1 git push --set-upstream origin HEAD",
		"GIT_EDITOR=true git commit",
		"GIT_PAGER=cat git log",
		"GIT_PAGER=less~-FRX git log",
		"GIT_SEQUENCE_EDITOR=sed~-i~1s/pick/edit/ git rebase -i main",
		"GIT_SEQUENCE_EDITOR=: git rebase -i main",
		"GIT_TERMINAL_PROMPT=0 GIT_ASKPASS= git fetch",
		"GIT_ASKPASS=echo GIT_SSH_COMMAND=ssh~-oStrictHostKeyChecking=accept-new git "
		"ls-remote",
		"GIT_SSH_COMMAND=ssh~-o~ControlMaster=no~-o~BatchMode=yes git fetch",
		"GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=credential.interactive "
		"GIT_CONFIG_VALUE_0=false git fetch",
		"GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=user.name GIT_CONFIG_VALUE_0=x git commit",
		"GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 git status",
		"GIT_CONFIG_SYSTEM=/etc/gitconfig git status",
		"GIT_AUTHOR_NAME=push GIT_AUTHOR_DATE=2026-01-02 git commit",
		"GIT_DIR=.git GIT_INDEX_FILE=/x/i GIT_WORK_TREE=. git add .",
		"GIT_DIR=/x/.git/worktrees/y git status",
		"GIT_EXEC_PATH=/usr/lib/git-core git status",
		"GIT_TRACE=1 GIT_ALLOW_PROTOCOL=file:https git fetch",
		"PAGER=evil EDITOR=evil GIT_SSL_CAINFO=/x git fetch",
	};
	struct line line;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct git_guard_verdict verdict = decide(lines[i], &line);

		if (verdict.is_refused)
			fail_msg("refused: %s: %s", lines[i], verdict.why);
	}
}

static void no_words_at_all_are_let_through(void **state)
{
	static const char *const nothing[] = { NULL };
	static const char *const empty[] = { "", NULL };

	(void)state;
	assert_false(git_guard_decide(nothing, nothing).is_refused);
	assert_false(git_guard_decide(empty, nothing).is_refused);
}

static void a_refusal_is_one_line_that_names_the_way(void **state)
{
	char message[GIT_GUARD_MESSAGE_SIZE];
	struct git_guard_verdict verdict;
	struct line line;

	(void)state;
	verdict = decide("git push origin", &line);
	git_guard_message(&verdict, message);
	assert_non_null(strstr(message, "git: not in this sandbox: push: "));
	assert_non_null(strstr(message, "--allow-git-push"));
	verdict = decide("git remote add x y", &line);
	git_guard_message(&verdict, message);
	assert_non_null(strstr(message, "remote add: "));
	/* Where a message is cut it still ends with its line. */
	verdict = decide("git -c alias.\033[31m\n\302\233x=y x", &line);
	git_guard_message(&verdict, message);
	assert_ptr_equal(strchr(message, '\n'), message + strlen(message) - 1);
	for (const char *c = message; *c != '\n'; c++)
		assert_true(*c >= 0x20 && *c < 0x7f);
}

static void every_message_fits(void **state)
{
	char message[GIT_GUARD_MESSAGE_SIZE];
	char longest[4096];
	char option[4200];
	const char *argv[] = { "git", "-c", option, NULL };
	const char *nothing[] = { NULL };
	struct git_guard_verdict verdict;

	(void)state;
	for (size_t i = 0; i < git_guard_commands_count; i++) {
		assert_true(strlen(git_guard_commands[i].why) <= 120);
		assert_true(strlen(git_guard_commands[i].instead) <= 240);
	}
	for (size_t i = 0; i < git_guard_keys_count; i++)
		assert_true(strlen(git_guard_keys[i].why) <= 120);
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	(void)snprintf(option, sizeof(option), "alias.%s=x", longest);
	verdict = git_guard_decide(argv, nothing);
	assert_true(verdict.is_refused);
	git_guard_message(&verdict, message);
	assert_true(strlen(message) < 400 && message[strlen(message) - 1] == '\n');
}

/* A small generator of its own, so that a failure can be run again. */
static uint64_t seed = 20261125;

static size_t below(size_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (size_t)(seed >> 33) % n;
}

/* A name that the pattern matches: a word for each star, letters in any case. */
static void example_of(const char *section, const char *subsection, const char *name, char *out)
{
	static const char *const stars[] = { "x", "a.b", "https://h:1/y", "" };
	const char *parts[] = { section, subsection, name };

	for (size_t i = 0; i < 3; i++) {
		if (!parts[i])
			continue;
		for (const char *c = parts[i]; *c; c++) {
			if (*c == '*')
				out = stpcpy(out, i == 1 ? stars[below(4)] : "x");
			else
				*out++ = (char)(below(2) && *c >= 'a' && *c <= 'z' ? *c - 32 : *c);
		}
		if (i < 2)
			*out++ = '.';
	}
	*out = '\0';
}

/* By every way of giving a key: what is refused by one is by all. */
static void a_key_is_refused_by_whichever_way_it_is_given(void **state)
{
	(void)state;
	for (size_t i = 0; i < git_guard_keys_count * 20; i++) {
		const struct git_guard_key *rule = &git_guard_keys[i % git_guard_keys_count];
		char key[256], given[512], variable[512], from[512];
		const char *none[] = { NULL };
		const char *with_key[] = { variable, "GIT_CONFIG_VALUE_7=!e:/v/i/l", NULL };
		const char *with_value[] = { "EVIL=!e:/v/i/l", NULL };
		const char *const by_option[] = { "git", "-c", given, "status", NULL };
		const char *const by_variable[] = { "git", "status", NULL };
		const char *const by_name[] = { "git", "--config-env", from, "status", NULL };
		const char *const by_writing[] = { "git", "config",    "--global",
						   key,   "!e:/v/i/l", NULL };
		const char *const by_adding[] = {
			"git", "config", "--add", key, "!e:/v/i/l", NULL
		};

		example_of(rule->section, rule->subsection, rule->name, key);
		(void)snprintf(given, sizeof(given), "%s=!e:/v/i/l", key);
		(void)snprintf(variable, sizeof(variable), "GIT_CONFIG_KEY_7=%s", key);
		(void)snprintf(from, sizeof(from), "%s=EVIL", key);
		if (!git_guard_decide(by_option, none).is_refused ||
		    !git_guard_decide(by_variable, with_key).is_refused ||
		    !git_guard_decide(by_name, with_value).is_refused ||
		    !git_guard_decide(by_writing, none).is_refused ||
		    !git_guard_decide(by_adding, none).is_refused)
			fail_msg("let through by one of its ways: %s", key);
	}
}

/* No option in front changes what is refused behind it. */
static void options_in_front_do_not_hide_a_command(void **state)
{
	static const char *const fronts[] = {
		"--no-pager",
		"-p",
		"-P",
		"--bare",
		"-C",
		"--git-dir",
		"--work-tree",
		"--namespace",
		"-c",
		"--no-advice",
		"--strange",
		"--strange=x",
		"--attr-source",
		"--icase-pathspecs",
	};
	static const char *const values[] = {
		NULL, NULL, NULL, NULL,   ".", ".git", ".", "push", "user.name=push",
		NULL, NULL, NULL, "HEAD", NULL
	};
	const char *none[] = { NULL };

	(void)state;
	for (size_t round = 0; round < 5000; round++) {
		const char *argv[WORDS_MAX] = { "git" };
		size_t count = 1;

		for (size_t i = below(6); i > 0; i--) {
			size_t which = below(sizeof(fronts) / sizeof(fronts[0]));

			argv[count++] = fronts[which];
			if (values[which])
				argv[count++] = values[which];
		}
		argv[count++] = "push";
		argv[count] = NULL;
		if (!git_guard_decide(argv, none).is_refused)
			fail_msg("let through in round %zu: ... %s push", round, argv[count - 2]);
	}
}

/* The guard and the audit read one file, each in its own way: they agree on every key. */
static void the_guard_and_the_audit_know_the_same_keys(void **state)
{
	static const char *const ordinary[] = {
		"user.name", "core.autocrlf",    "a.b",
		"a.b.c",     "core.x.fsmonitor", "remote.origin.fetch"
	};
	cleanup_git_keys struct git_keys *keys = NULL;

	(void)state;
	assert_int_equal(git_keys_new_builtin(&keys), 0);
	for (size_t i = 0; i < git_guard_keys_count * 20; i++) {
		const struct git_guard_key *rule = &git_guard_keys[i % git_guard_keys_count];
		const char *why;
		char key[256];

		example_of(rule->section, rule->subsection, rule->name, key);
		why = git_keys_why(keys, key, NULL);
		if (!why || strcmp(why, git_guard_match_key(key, strlen(key), NULL)->why) != 0)
			fail_msg("%s: the audit says %s", key, why ? why : "nothing");
	}
	for (size_t i = 0; i < sizeof(ordinary) / sizeof(ordinary[0]); i++) {
		assert_null(git_keys_why(keys, ordinary[i], NULL));
		assert_null(git_guard_match_key(ordinary[i], strlen(ordinary[i]), NULL));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_leaves_or_runs_by_configuration_is_refused),
		cmocka_unit_test(everyday_work_is_let_through),
		cmocka_unit_test(no_words_at_all_are_let_through),
		cmocka_unit_test(a_refusal_is_one_line_that_names_the_way),
		cmocka_unit_test(every_message_fits),
		cmocka_unit_test(a_key_is_refused_by_whichever_way_it_is_given),
		cmocka_unit_test(options_in_front_do_not_hide_a_command),
		cmocka_unit_test(the_guard_and_the_audit_know_the_same_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

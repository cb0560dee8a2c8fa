/* SPDX-License-Identifier: MIT */
/* git-guard: stands as `git` on the agent's PATH, refuses what git_guard_decide() refuses, and else
 * becomes the real git with the words and the environment that it was given. Everything it reads is
 * the agent's. Static, so that any image can carry it. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload/git_guard.h"

#define EXIT_REFUSED 128 /* as git's own fatal errors */
#define EXIT_NO_GIT  127
#define EXIT_NOT_RUN 126

extern char **environ;

/* Where the sandbox has put the real one; else where systems have theirs. */
static const char *const places[] = {
	"/opt/claudefs/git", "/usr/local/bin/git",        "/usr/bin/git",
	"/bin/git",          "/usr/libexec/git-core/git", "/usr/lib/git-core/git",
};

static void say(const char *text)
{
	ssize_t written = write(STDERR_FILENO, text, strlen(text));

	(void)written; /* nobody is left to be told */
}

/* The same program stands in more than one of them. */
static bool is_self(const struct stat *info)
{
	struct stat self;

	/* Without /proc: better no git than this program over and over. */
	return stat("/proc/self/exe", &self) < 0 ||
	       (self.st_dev == info->st_dev && self.st_ino == info->st_ino);
}

static void become_git(char **argv)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct stat info;

		if (stat(places[i], &info) == 0 && S_ISREG(info.st_mode) && !is_self(&info))
			(void)execv(places[i], argv);
	}
}

int main(int argc, char **argv)
{
	struct git_guard_verdict verdict;
	char message[GIT_GUARD_MESSAGE_SIZE];

	(void)argc;
	errno = 0;
	verdict = git_guard_decide((const char *const *)argv, (const char *const *)environ);
	if (verdict.is_refused) {
		git_guard_message(&verdict, message);
		say(message);
		return EXIT_REFUSED;
	}
	become_git(argv);
	if (errno == 0 || errno == ENOENT) {
		say("git: there is none in this sandbox: install git on the host, or in the "
		    "image\n");
		return EXIT_NO_GIT;
	}
	say("git: cannot be run: ");
	say(strerror(errno));
	say("\n");
	return EXIT_NOT_RUN;
}

/* SPDX-License-Identifier: MIT */
#include "fs/cli/doctor_checks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/cli/host_location.h"
#include "fs/host/host_tree.h"
#include "fs/policy/rules_load.h"
#include "fs/session/session_dir.h"

bool doctor_find_program(const char *name, char **ret_path)
{
	const char *path = getenv("PATH");

	while (path && *path) {
		size_t len = strcspn(path, ":");
		cleanup_text struct text candidate = { 0 };
		struct stat st;

		text_append_bytes(&candidate, path, len);
		text_appendf(&candidate, "/%s", name);
		if (len > 0 && !candidate.is_failed && stat(candidate.data, &st) == 0 &&
		    S_ISREG(st.st_mode) && (st.st_mode & 0111)) {
			if (ret_path)
				*ret_path = text_steal(&candidate);
			return true;
		}
		path += len + (path[len] == ':');
	}
	return false;
}

/* A file without a name tells whether one could be made; where that does not exist, the mode has to
 * tell. */
static int try_writing(int dir_fd)
{
#ifdef O_TMPFILE
	cleanup_fd int fd = openat(dir_fd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

	if (fd >= 0 || errno != EOPNOTSUPP)
		return fd >= 0 ? 0 : -errno;
#endif
	return faccessat(dir_fd, ".", W_OK, AT_EACCESS) == 0 ? 0 : -errno;
}

/* The first of the directories above it that exists would take a new one. */
static bool may_be_made(const char *path)
{
	cleanup_free char *above = strdup(path);
	char *slash;

	while (above && (slash = strrchr(above, '/')) && slash != above) {
		*slash = '\0';
		if (faccessat(AT_FDCWD, above, W_OK | X_OK, AT_EACCESS) == 0)
			return true;
		if (errno != ENOENT)
			return false;
	}
	return false;
}

static void look_at_state(const struct cli *cli, struct finding *finding)
{
	cleanup_free char *path = session_state_path();
	cleanup_fd int fd = -1;
	int r;

	(void)cli;
	finding->code = EXIT_FAULT;
	if (!path) {
		finding->level = FINDING_FAIL;
		text_append(&finding->found, "no place for it");
		text_append(&finding->mend, "set HOME (or XDG_STATE_HOME) to an absolute path");
		return;
	}
	fd = session_state_open(false);
	if (fd == -ENOENT && may_be_made(path)) {
		text_appendf(&finding->found, "%s, made by the first session", path);
		return;
	}
	r = fd == -ENOENT ? -EACCES : fd < 0 ? fd : try_writing(fd);
	text_append(&finding->found, path);
	if (r == 0)
		return;
	finding->level = FINDING_FAIL;
	if (r == -EPERM)
		text_appendf(&finding->mend,
			     "not yours alone; 'chown' it to yourself and 'chmod 700' it");
	else
		text_appendf(&finding->mend, "%s; make it a directory that you can write",
			     strerror(-r));
}

static void look_at_rules(const struct cli *cli, struct finding *finding)
{
	cleanup_free char *directory = rules_user_dir();
	cleanup_rules struct rules *rules = NULL;
	struct rules_problem problem = { 0 };
	int r = rules_new_builtin(&rules);
	size_t builtin = r < 0 ? 0 : rules_count(rules);

	if (r >= 0 && directory && !cli->has_no_user_rules)
		r = rules_load_dir(rules, directory, &problem);
	finding->code = EXIT_RULES;
	if (r >= 0) {
		text_appendf(&finding->found, "%zu built in, %zu of your own", builtin,
			     rules_count(rules) - builtin);
		return;
	}
	finding->level = FINDING_FAIL;
	if (problem.line > 0)
		text_appendf(&finding->found, "%s:%u", problem.file, problem.line);
	else
		text_append(&finding->found, problem.file[0] ? problem.file
					     : directory     ? directory
							     : "rules");
	text_appendf(&finding->mend, "%s; mend it or move it away",
		     problem.reason[0] ? problem.reason : strerror(-r));
}

static void look_at_host_state(const struct cli *cli, struct finding *finding)
{
	cleanup_host_location struct host_location location = { 0 };
	cleanup_host_tree struct host_tree *host = NULL;
	struct stat st;
	int r = host_location_find(&location);

	(void)cli;
	finding->code = EXIT_HOST_STATE;
	if (r < 0) {
		finding->level = FINDING_FAIL;
		text_append(&finding->found, "no home");
		text_append(&finding->mend, "set HOME to an absolute path");
		return;
	}
	text_append(&finding->found, location.root);
	r = host_tree_open(location.root, location.config, &host);
	if (r < 0) {
		finding->level = FINDING_FAIL;
		text_appendf(&finding->mend, "%s; make it a directory that you can read",
			     strerror(-r));
	} else if (!host_tree_exists(host)) {
		text_append(&finding->found, ", made by the first commit");
	} else if (host_tree_stat(host, "", &st) == 0 &&
		   (st.st_uid != geteuid() || (st.st_mode & 022))) {
		finding->level = FINDING_WARN;
		text_append(&finding->mend,
			    "not yours alone; 'chown' it to yourself and 'chmod go-w' it");
	}
}

/* Where `bootstrap run` puts it, and claudefs-run finds it (ret_). NULL: not there. */
static char *own_claude(void)
{
	const char *data = getenv("XDG_DATA_HOME");
	const char *home = getenv("HOME");
	cleanup_free char *path = NULL;
	struct stat st;
	int n = data && data[0] == '/' ? asprintf(&path, "%s/claudefs/claude/bin/claude", data)
		: home ? asprintf(&path, "%s/.local/share/claudefs/claude/bin/claude", home)
		       : -1;

	if (n < 0) {
		path = NULL;
		return NULL;
	}
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111) ? steal_ptr(&path)
										  : NULL;
}

static void look_at_claude(const struct cli *cli, struct finding *finding)
{
	cleanup_free char *path = NULL;

	(void)cli;
	if (doctor_find_program("claude", &path)) {
		text_append(&finding->found, path ? path : "on PATH");
		return;
	}
	path = own_claude();
	if (path) {
		text_append(&finding->found, path);
		return;
	}
	finding->level = FINDING_WARN;
	text_append(&finding->found, "not on PATH");
	text_append(&finding->mend, "'npm install -g @anthropic-ai/claude-code'");
}

static void look_at_launcher(const struct cli *cli, struct finding *finding)
{
	cleanup_free char *path = NULL;

	(void)cli;
	if (doctor_find_program("claudefs-run", &path)) {
		text_append(&finding->found, path ? path : "on PATH");
		return;
	}
	finding->level = FINDING_WARN;
	text_append(&finding->found, "not on PATH");
	text_append(&finding->mend, "sessions start with it; install it, or call it by its path");
}

const struct doctor_check doctor_checks[] = {
#ifdef __linux__
	{ "kernel", doctor_look_at_kernel },
	{ "/dev/fuse", doctor_look_at_fuse },
	{ "user namespaces", doctor_look_at_namespaces },
	{ "fusermount3", doctor_look_at_fusermount },
#endif
	{ "state directory", look_at_state },
	{ "rules", look_at_rules },
	{ "host state", look_at_host_state },
	{ "claude", look_at_claude },
	{ "claudefs-run", look_at_launcher },
	{ "runtime docker", doctor_look_at_docker },
	{ "runtime podman", doctor_look_at_podman },
	{ "login: keychain", doctor_look_at_keychain },
	{ "login: secret service", doctor_look_at_secret_service },
	{ "login: file", doctor_look_at_login_file },
	{ "login", doctor_look_at_login },
	{ .name = NULL },
};

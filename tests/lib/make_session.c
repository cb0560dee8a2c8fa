/* SPDX-License-Identifier: MIT */
/* make_session --project DIR [--host-root DIR] [--host-config FILE] [--command TEXT] <SCRIPT: makes
 * a session in HOME's state directory without FUSE and prints its id. Works only in a HOME below
 * /tmp: it never touches a real one. With `--bare yes` it reads no script and makes only what a
 * launcher makes: the session is then for claudefs-mount to serve. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/session/session_dir.h"
#include "tests/lib/session_script.h"

static const char *option(int argc, char **argv, const char *name, const char *fallback)
{
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], name) == 0)
			fallback = argv[i + 1];
	}
	return fallback;
}

static int fail(const char *what, int error)
{
	(void)fprintf(stderr, "make_session: %s: %s\n", what, strerror(-error));
	return 1;
}

static int begin(struct session_script *script, int argc, char **argv)
{
	cleanup_free char *root = NULL;
	cleanup_free char *config = NULL;
	cleanup_fd int state_fd = session_state_open(true);
	struct manifest *manifest = &script->manifest;
	int r;

	if (state_fd < 0)
		return state_fd;
	if (asprintf(&root, "%s/.claude", getenv("HOME")) < 0 ||
	    asprintf(&config, "%s/.claude.json", getenv("HOME")) < 0)
		return -ENOMEM;
	manifest->project = strdup(option(argc, argv, "--project", "/tmp"));
	manifest->host_root = strdup(option(argc, argv, "--host-root", root));
	manifest->host_config = strdup(option(argc, argv, "--host-config", config));
	manifest->command = strdup(option(argc, argv, "--command", "claude"));
	r = host_tree_open(manifest->host_root, manifest->host_config, &script->host);
	if (r < 0)
		return r;
	if (host_tree_exists(script->host))
		host_tree_identity(script->host, &manifest->host_dev, &manifest->host_ino);
	script->session_fd = session_create(state_fd, manifest);
	if (script->session_fd < 0)
		return script->session_fd;
	if (strcmp(option(argc, argv, "--bare", "no"), "yes") == 0)
		return 0;
	r = content_store_open(script->session_fd, 1, &script->store);
	return r < 0 ? r
		     : journal_writer_create(script->session_fd, manifest->id, &script->journal);
}

int main(int argc, char **argv)
{
	static struct session_script script = { .session_fd = -1 };
	const char *home = getenv("HOME");
	cleanup_free char *line = NULL;
	size_t size = 0;
	int r;

	if (!home || strncmp(home, "/tmp/", 5) != 0) {
		(void)fputs("make_session: HOME is no test's own\n", stderr);
		return 99;
	}
	r = begin(&script, argc, argv);
	if (r < 0)
		return fail("begin", r);
	printf("%s\n", script.manifest.id);
	if (!script.journal)
		return 0;
	while (r == 0 && !script.is_closed && getline(&line, &size, stdin) >= 0) {
		cleanup_free char *copy = strdup(line);

		r = session_script_run(&script, line);
		if (r < 0)
			return fail(copy ? copy : "line", r);
	}
	r = session_script_end(&script);
	return r < 0 ? fail("end", r) : 0;
}

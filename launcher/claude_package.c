/* SPDX-License-Identifier: MIT */
#include "launcher/claude_package.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/json.h"
#include "fs/base/message.h"
#include "fs/base/program_path.h"
#include "fs/base/subprocess.h"
#include "launcher/string_list.h"

/* The containers' processor is the host's, their system Linux with glibc, whatever runs here. */
#if defined(__aarch64__)
#define MACHINE "arm64"
#else
#define MACHINE "x64"
#endif
#define PACKAGE     "@anthropic-ai/claude-code-linux-" MACHINE
#define PACKAGE_MAX (64u << 10) /* bytes of package.json */

static int run_npm(const char *npm, const char *version, const char *prefix)
{
	cleanup_string_list struct string_list argv = { 0 };
	struct subprocess what = { .stdin_fd = SUBPROCESS_NULL,
				   .stdout_fd = SUBPROCESS_NULL,
				   .stderr_fd = STDERR_FILENO };
	int code = 0;
	int r;

	string_list_add(&argv, npm);
	string_list_add(&argv, "install");
	string_list_add(&argv, "--prefix");
	string_list_add(&argv, prefix);
	/* No script of the package runs on the host. */
	string_list_add(&argv, "--ignore-scripts");
	string_list_add(&argv, "--no-audit");
	string_list_add(&argv, "--no-fund");
	string_list_add(&argv, "--no-save");
	/* The host may be another system than the containers'. */
	string_list_add(&argv, "--force");
	string_list_add(&argv, "--loglevel=error");
	string_list_addf(&argv, PACKAGE "@%s", version);
	if (argv.is_failed)
		return EXIT_RUN_FAILED;
	what.argv = (const char *const *)argv.items;
	r = subprocess_run(&what, &code);
	if (r == 0 && code == 0)
		return 0;
	message_error("--claude-version %s: npm could not fetch " PACKAGE, version);
	return EXIT_RUN_FAILED;
}

/* The version that npm took for a word like "latest" (ret_), or NULL. */
static char *read_version(int package)
{
	cleanup_free char *text = NULL;
	cleanup_json json_t *json = NULL;
	size_t len = 0;

	if (fd_read_file_at(package, "package.json", PACKAGE_MAX, &text, &len) < 0 ||
	    json_load_strict(text, len, &json, NULL) < 0)
		return NULL;
	return strdup(json_get_string(json, "version", "unknown"));
}

int claude_package_fetch(const char *version, const char *context, char **ret_stamp)
{
	cleanup_free char *npm = program_on_path("npm");
	cleanup_free char *prefix = NULL;
	cleanup_free char *place = NULL;
	cleanup_free char *target = NULL;
	cleanup_free char *stamp = NULL;
	cleanup_fd int package = -1;
	int r;

	if (!npm) {
		message_error("--claude-version %s: npm is not on PATH; install it, or leave this "
			      "out to use the host's claude",
			      version);
		return EXIT_RUN_NOT_FOUND;
	}
	if (asprintf(&prefix, "%s/npm", context) < 0 ||
	    asprintf(&place, "%s/node_modules/" PACKAGE, prefix) < 0 ||
	    asprintf(&target, "%s/claude/claude", context) < 0)
		return EXIT_RUN_FAILED;
	if (mkdir(prefix, 0700) < 0)
		return EXIT_RUN_FAILED;
	r = run_npm(npm, version, prefix);
	if (r != 0)
		return r;
	package = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	stamp = package < 0 ? NULL : read_version(package);
	/* Beside the recipe: one file, moved and not copied. */
	if (!stamp || renameat(package, "claude", AT_FDCWD, target) < 0 ||
	    fchmodat(AT_FDCWD, target, 0755, 0) < 0) {
		message_error("--claude-version %s: npm's package has no program for Linux: %s",
			      version, strerror(errno));
		return EXIT_RUN_FAILED;
	}
	*ret_stamp = steal_ptr(&stamp);
	return 0;
}

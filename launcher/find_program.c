/* SPDX-License-Identifier: MIT */
#include "launcher/find_program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/message.h"
#include "fs/base/program_path.h"

#if defined(__x86_64__)
#define NPM_MACHINE "x64"
#elif defined(__aarch64__)
#define NPM_MACHINE "arm64"
#else
#define NPM_MACHINE "unknown"
#endif
#define NATIVE_PACKAGE "claude-code-linux-" NPM_MACHINE "/claude"

/* Relative to the directory of claudefs-run: installed first, then the build tree. */
static const char *const sibling_places[] = {
	"",           "/../libexec/claudefs", "/../init",    "/../init/gateway",
	"/../fs/cli", "/../fs/mount",         "/../preload", "/push",
};

/* Relative to the directory of npm's wrapper (bin/claude.exe or cli-wrapper.cjs, both reached
 * through a symlink): as npm hoists the package, and as it nests it. */
static const char *const native_places[] = {
	"/../" NATIVE_PACKAGE,
	"/../../" NATIVE_PACKAGE,
	"/node_modules/@anthropic-ai/" NATIVE_PACKAGE,
	"/../node_modules/@anthropic-ai/" NATIVE_PACKAGE,
};

/* Relative to data_dir/claude: `npm install --prefix`, and with --global. */
static const char *const own_places[] = {
	"/claude/node_modules/@anthropic-ai/" NATIVE_PACKAGE,
	"/claude/lib/node_modules/@anthropic-ai/" NATIVE_PACKAGE,
	"/claude/lib/node_modules/@anthropic-ai/claude-code/node_modules/"
	"@anthropic-ai/" NATIVE_PACKAGE,
	"/claude/bin/claude",
};

/* The first of base + places[i] that is a program (ret_), or NULL. */
static char *first_program(const char *base, const char *const *places, size_t count,
			   const char *name)
{
	for (size_t i = 0; i < count; i++) {
		cleanup_free char *path = NULL;
		char *found;

		if (asprintf(&path, "%s%s%s", base, places[i], name) < 0)
			return NULL;
		found = program_canonical(path);
		if (found)
			return found;
	}
	return NULL;
}

char *find_own(const char *name)
{
	cleanup_free char *self = program_canonical("/proc/self/exe");
	cleanup_free char *suffix = NULL;

	if (!self || asprintf(&suffix, "/%s", name) < 0)
		return NULL;
	*strrchr(self, '/') = '\0';
	return first_program(self, sibling_places, sizeof(sibling_places) / sizeof(char *), suffix);
}

char *find_sibling(const char *name)
{
	char *found = find_own(name);

	if (!found)
		message_error("%s: not found beside claudefs-run; install all programs", name);
	return found;
}

char *find_data(const char *installed, const char *in_build)
{
	cleanup_free char *self = program_canonical("/proc/self/exe");
	const char *const places[] = { installed, in_build };

	if (!self)
		return NULL;
	*strrchr(self, '/') = '\0';
	for (size_t i = 0; i < 2; i++) {
		cleanup_free char *path = NULL;
		cleanup_fd int fd = -1;

		if (asprintf(&path, "%s/../%s", self, places[i]) < 0)
			return NULL;
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			return steal_ptr(&path);
	}
	return NULL;
}

static bool is_native(const char *path)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char magic[4] = "";

	return fd >= 0 && fd_pread_all(fd, magic, sizeof(magic), 0) == sizeof(magic) &&
	       memcmp(magic, "\177ELF", sizeof(magic)) == 0;
}

static char *native_beside(const char *wrapper)
{
	cleanup_free char *dir = strdup(wrapper);

	if (!dir)
		return NULL;
	*strrchr(dir, '/') = '\0';
	return first_program(dir, native_places, sizeof(native_places) / sizeof(char *), "");
}

char *find_claude(const char *given, const struct host_places *places, bool is_quiet)
{
	cleanup_free char *found = NULL;
	char *native;

	if (given) {
		found = program_canonical(given);
		if (!found)
			message_error("--claude %s: %s", given, strerror(errno));
		return steal_ptr(&found);
	}
	found = program_on_path("claude");
	if (found && is_native(found))
		return steal_ptr(&found);
	native = found ? native_beside(found) : NULL;
	if (!native)
		native = first_program(places->data_dir, own_places,
				       sizeof(own_places) / sizeof(char *), "");
	if (native || is_quiet)
		return native;
	if (found)
		message_error("%s: is not the native program and none lies beside it; install "
			      "@anthropic-ai/claude-code with its optional dependencies, or name "
			      "one with --claude",
			      found);
	else
		message_error("claude: not found on PATH; install Claude Code (npm install -g "
			      "@anthropic-ai/claude-code), or name it with --claude");
	return NULL;
}

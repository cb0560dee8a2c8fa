/* SPDX-License-Identifier: MIT */
#include "launcher/image_build.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/message.h"
#include "fs/base/program_path.h"
#include "fs/base/subprocess.h"
#include "fs/base/text.h"
#include "launcher/claude_package.h"
#include "launcher/find_program.h"

#define RECIPE_INSTALLED "share/claudefs/image/"
#define RECIPE_IN_BUILD  "launcher/"

#define LINE_MAX_BYTES 72u /* of the engine's words that are shown as progress */

/* In the order of struct image_source. */
static const struct {
	const char *name;
	bool is_program;
} sources[IMAGE_SOURCE_COUNT] = {
	{ "Dockerfile", false },
	{ "Dockerfile.debian", false },
	{ "managed-settings.json", false },
	{ "claudefs-init", true },
	{ "claudefs-mount", true },
};

void image_source_done(struct image_source *source)
{
	for (size_t i = 0; i < IMAGE_SOURCE_COUNT; i++)
		free(source->paths[i]);
	*source = (struct image_source){ 0 };
}

static char *find_recipe(const char *name)
{
	cleanup_free char *installed = NULL;
	cleanup_free char *in_build = NULL;
	char *path = NULL;

	if (asprintf(&installed, RECIPE_INSTALLED "%s", name) >= 0 &&
	    asprintf(&in_build, RECIPE_IN_BUILD "%s", name) >= 0)
		path = find_data(installed, in_build);
	if (!path)
		message_error("%s: the image's recipe is not beside claudefs-run; install it whole",
			      name);
	return path;
}

int image_source_find(struct image_source *ret)
{
	for (size_t i = 0; i < IMAGE_SOURCE_COUNT; i++) {
		ret->paths[i] = sources[i].is_program ? find_sibling(sources[i].name)
						      : find_recipe(sources[i].name);
		if (!ret->paths[i])
			return -ENOENT;
	}
	return 0;
}

static int copy_in(const char *path, int dir, const char *name, mode_t mode)
{
	cleanup_fd int from = open(path, O_RDONLY | O_CLOEXEC);
	cleanup_fd int to = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	off_t n;

	if (from < 0 || to < 0)
		return -errno;
	n = fd_copy(from, 0, to, 0, -1);
	/* Whatever the umask: the agent's user reads it in the image. */
	return n < 0 ? (int)n : fchmod(to, mode) < 0 ? -errno : 0;
}

/* The directory that the engine gets. Returns 0 or -errno. */
static int fill_context(int dir)
{
	struct image_source source = { 0 };
	int r = image_source_find(&source);

	for (size_t i = 0; r == 0 && i < IMAGE_SOURCE_COUNT; i++)
		r = copy_in(source.paths[i], dir, sources[i].name,
			    sources[i].is_program ? 0755 : 0644);
	image_source_done(&source);
	if (r == 0 && mkdirat(dir, "claude", 0755) < 0)
		r = -errno;
	return r;
}

/* Shows the last line of what the engine says, in one line that is written over. */
static void show_progress(const char *what, const char *line, size_t len)
{
	cleanup_text struct text safe = { 0 };

	text_append_safe(&safe, line, len < LINE_MAX_BYTES ? len : LINE_MAX_BYTES, false);
	if (safe.data)
		(void)fprintf(stderr, "\r\033[K%s: %s", what, safe.data);
}

/* Reads until the end; on a terminal every line is shown for a moment. All is kept in words. */
static void follow(int fd, const char *what, struct text *words)
{
	bool is_shown = isatty(STDERR_FILENO);
	char buf[4096];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0 || (n < 0 && errno == EINTR)) {
		const char *end = n > 0 ? memrchr(buf, '\n', (size_t)n) : NULL;
		const char *start = end && end > buf ? memrchr(buf, '\n', (size_t)(end - buf))
						     : NULL;

		if (n > 0 && words->len < ENGINE_ANSWER_MAX)
			text_append_bytes(words, buf, (size_t)n);
		start = start ? start + 1 : buf;
		if (is_shown && end)
			show_progress(what, start, (size_t)(end - start));
	}
	if (is_shown)
		(void)fputs("\r\033[K", stderr);
}

/* The last lines of a failed build, each a message of its own. */
static void show_end(const struct text *words)
{
	size_t start = words->len, lines = 0;

	while (start > 0 && lines < 8) {
		start--;
		if (words->data[start] == '\n' && start + 1 < words->len)
			lines++;
	}
	for (size_t at = start; at < words->len;) {
		size_t len = strcspn(words->data + at, "\n");

		if (len > 0)
			message_info("  %.*s", (int)(len < 512 ? len : 512), words->data + at);
		at += len + 1;
	}
}

static int run_build(const struct engine *engine, const struct string_list *words, const char *what)
{
	cleanup_text struct text said = { 0 };
	cleanup_fd int out = -1;
	int ends[2], code = 0, r;
	pid_t pid;

	if (words->is_failed)
		return EXIT_RUN_FAILED;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return EXIT_RUN_FAILED;
	out = ends[0];
	r = engine_start(engine, words, SUBPROCESS_NULL, ends[1], ends[1], &pid);
	(void)close(ends[1]);
	if (r < 0) {
		message_error("%s: %s", engine->program, strerror(-r));
		return EXIT_RUN_FAILED;
	}
	follow(out, what, &said);
	(void)subprocess_wait(pid, &code);
	if (code == 0)
		return 0;
	message_error("%s: the engine could not build it (exit %d); --image NAME takes one that "
		      "is there, --image-root NAME builds on one, --runtime native needs none:",
		      what, code);
	show_end(&said);
	return EXIT_RUN_FAILED;
}

static int build_debian(const struct engine *engine, const char *context)
{
	cleanup_string_list struct string_list words = { 0 };

	string_list_add(&words, "build");
	string_list_add(&words, "--tag");
	string_list_add(&words, IMAGE_DEBIAN_NAME);
	string_list_add(&words, "--file");
	string_list_addf(&words, "%s/Dockerfile.debian", context);
	string_list_add(&words, context);
	return run_build(engine, &words, "image " IMAGE_DEBIAN_NAME);
}

static int build_sandbox(const struct engine *engine, const struct options *options,
			 const struct image *image, const char *claude, const char *context)
{
	cleanup_string_list struct string_list words = { 0 };
	cleanup_free char *what = NULL;

	string_list_add(&words, "build");
	string_list_add(&words, "--network");
	string_list_add(&words, "none");
	string_list_add(&words, "--tag");
	string_list_add(&words, image->name);
	string_list_add(&words, "--build-arg");
	string_list_addf(&words, "ROOT=%s",
			 options->image_root ? options->image_root : IMAGE_DEBIAN_NAME);
	string_list_add(&words, "--build-arg");
	string_list_add(&words, "VERSION=" CLAUDEFS_VERSION);
	string_list_add(&words, "--build-arg");
	string_list_addf(&words, "STAMP=%s", image->stamp);
	string_list_add(&words, "--build-arg");
	string_list_addf(&words, "CLAUDE_STAMP=%s", claude ? claude : "none");
	string_list_add(&words, "--file");
	string_list_addf(&words, "%s/Dockerfile", context);
	string_list_add(&words, context);
	if (asprintf(&what, "image %s", image->name) < 0)
		return EXIT_RUN_FAILED;
	return run_build(engine, &words, what);
}

/* hadolint where the person has it: the recipe is linted by our own suite too. */
static int lint(const char *context)
{
	cleanup_free char *program = program_on_path("hadolint");
	cleanup_free char *file = NULL;
	const char *argv[] = { program, "--ignore", "DL3008", NULL, NULL };
	const struct subprocess what = { .argv = argv,
					 .stdin_fd = SUBPROCESS_NULL,
					 .stdout_fd = STDERR_FILENO,
					 .stderr_fd = STDERR_FILENO };
	int code = 0;

	if (!program) {
		message_info("hadolint is not installed: the image's recipe is not linted");
		return 0;
	}
	if (asprintf(&file, "%s/Dockerfile", context) < 0)
		return EXIT_RUN_FAILED;
	argv[3] = file;
	if (subprocess_run(&what, &code) == 0 && code == 0)
		return 0;
	message_error("%s: hadolint finds fault with it; nothing is built", file);
	return EXIT_RUN_FAILED;
}

static int build_in(const struct engine *engine, const struct options *options,
		    const struct image *image, int dir, const char *context)
{
	cleanup_free char *claude = NULL;
	int r = fill_context(dir);

	if (r < 0) {
		message_error("%s: %s", context, strerror(-r));
		return EXIT_RUN_FAILED;
	}
	r = options->is_rebuild ? lint(context) : 0;
	if (r == 0 && options->claude_version)
		r = claude_package_fetch(options->claude_version, context, &claude);
	if (r == 0 && !options->image_root)
		r = build_debian(engine, context);
	if (r == 0)
		r = build_sandbox(engine, options, image, claude, context);
	return r;
}

static void remove_context(const char *context)
{
	const char *const argv[] = { "/bin/rm", "-rf", "--one-file-system", "--", context, NULL };
	const struct subprocess what = { .argv = argv,
					 .stdin_fd = SUBPROCESS_NULL,
					 .stdout_fd = SUBPROCESS_NULL,
					 .stderr_fd = STDERR_FILENO };
	int code;

	(void)subprocess_run(&what, &code);
}

int image_build(const struct engine *engine, const struct options *options,
		const struct image *image)
{
	char context[] = "/tmp/claudefs-image-XXXXXX";
	cleanup_fd int dir = -1;
	int r;

	if (!mkdtemp(context)) {
		message_error("%s: %s", context, strerror(errno));
		return EXIT_RUN_FAILED;
	}
	dir = open(context, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	message_info("image %s: building it; this is done once", image->name);
	r = dir < 0 ? EXIT_RUN_FAILED : build_in(engine, options, image, dir, context);
	remove_context(context);
	return r;
}

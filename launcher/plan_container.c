/* SPDX-License-Identifier: MIT */
/* The parts of the plan that are particular to containers: what is mounted over the image for the
 * agent, and what of the host its keeper gets. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/base/path_name.h"
#include "launcher/container_argv.h"
#include "launcher/find_program.h"
#include "launcher/image.h"
#include "launcher/plan.h"

#define MIB       (UINT64_C(1) << 20)
#define LINKS_MAX 64u /* symlinks of the person's in ~/.claude that are followed */

#define SECCOMP_INSTALLED "libexec/claudefs/seccomp-docker.json"
#define SECCOMP_IN_BUILD  "rules/seccomp-docker.json"

/* In the order of making. Nothing of them may be executed; ~/.npm may (npx runs what it fetched),
 * as a part of the home. */
static const struct {
	const char *target;
	mode_t mode;
	uint64_t size;
} scratch[] = {
	{ "/tmp", 01777, 2048 * MIB },
	{ "/var/tmp", 01777, 512 * MIB },
};

/* dir + "/" + text without "." and ".." (ret_): where a link's text leads to, by its words. NULL:
 * above the root, or no memory. */
static char *join(const char *dir, const char *text)
{
	char *path = NULL;
	char *out;

	if (text[0] == '/' ? asprintf(&path, "%s/", text) < 0
			   : asprintf(&path, "%s/%s/", dir, text) < 0)
		return NULL;
	out = path;
	for (char *part = path; *part;) {
		size_t len = strcspn(part, "/");

		if (len == 2 && memcmp(part, "..", 2) == 0) {
			while (out > path && *--out != '/')
				;
		} else if (len > 0 && !(len == 1 && *part == '.')) {
			*out++ = '/';
			memmove(out, part, len);
			out += len;
		}
		part += len + (part[len] == '/');
	}
	*out = '\0';
	if (out > path)
		return path;
	free(path);
	return NULL;
}

/* Places of the image: nothing of the host is laid over them. */
static bool is_of_image(const char *path)
{
	static const char *const places[] = { "bin",  "dev", "etc",  "lib", "lib64", "opt",
					      "proc", "run", "sbin", "sys", "usr" };

	for (size_t i = 0; i < sizeof(places) / sizeof(char *); i++) {
		if (path_is_beneath(path + 1, places[i]))
			return true;
	}
	return false;
}

/* A link's target lies outside the mounted directory, under the name by which the daemon follows
 * the link: it is mounted there, whatever it is a link to in turn. */
static void add_link_target(struct plan *plan, const char *dir, int dir_fd, const char *name)
{
	char text[PATH_MAX] = "";
	cleanup_free char *target = NULL;
	size_t len = strlen(dir);

	if (readlinkat(dir_fd, name, text, sizeof(text) - 1) <= 0)
		return;
	target = join(dir, text);
	if (!target || is_of_image(target) ||
	    (strncmp(target, dir, len) == 0 && (target[len] == '/' || !target[len])))
		return;
	/* A directory above would bring itself, and with it everything, into the keeper. */
	if (strncmp(dir, target, strlen(target)) == 0)
		return;
	(void)plan_add(plan, PLAN_BIND, target, target, PLAN_KEEPER | PLAN_OPTIONAL);
}

static void add_links(struct plan *plan, const char *dir)
{
	cleanup_dir DIR *stream = opendir(dir);
	unsigned int count = 0;
	struct dirent *entry;

	while (stream && count < LINKS_MAX && (entry = readdir(stream))) {
		if (entry->d_type != DT_LNK)
			continue;
		add_link_target(plan, dir, dirfd(stream), entry->d_name);
		count++;
	}
}

static void add_keeper(struct plan *plan, const struct options *options,
		       const struct host_places *places)
{
	cleanup_free char *rules = NULL;

	(void)plan_add(plan, PLAN_BIND, places->claude_dir, places->claude_dir,
		       PLAN_KEEPER | PLAN_OPTIONAL);
	add_links(plan, places->claude_dir);
	/* With CLAUDE_CONFIG_DIR it lies inside. */
	if (strncmp(places->claude_config, places->claude_dir, strlen(places->claude_dir)) != 0 ||
	    places->claude_config[strlen(places->claude_dir)] != '/')
		(void)plan_add(plan, PLAN_BIND, places->claude_config, places->claude_config,
			       PLAN_KEEPER | PLAN_OPTIONAL);
	if (asprintf(&rules, "%s/rules.d", places->config_dir) < 0)
		plan->is_failed = true;
	else
		(void)plan_add(plan, PLAN_BIND, rules, CONTAINER_RULES_DIR,
			       PLAN_KEEPER | PLAN_OPTIONAL);
	if (options->rules) {
		cleanup_free char *cwd = options->rules[0] == '/' ? NULL : getcwd(NULL, 0);
		cleanup_free char *path = join(cwd ? cwd : "/", options->rules);

		if (!path)
			plan->is_failed = true;
		else
			(void)plan_add(plan, PLAN_BIND, path, CONTAINER_RULES_FILE, PLAN_KEEPER);
	}
}

int plan_add_container(struct plan *plan, const struct options *options,
		       const struct host_places *places)
{
	plan->image = strdup(options->image ? options->image : IMAGE_NAME);
	plan->seccomp = find_data(SECCOMP_INSTALLED, SECCOMP_IN_BUILD);
	if (!plan->seccomp) {
		message_error(SECCOMP_INSTALLED ": not beside claudefs-run: install it whole");
		return EXIT_RUN_FAILED;
	}
	for (size_t i = 0; i < sizeof(scratch) / sizeof(scratch[0]); i++) {
		struct plan_entry *entry =
			plan_add(plan, PLAN_TMPFS, NULL, scratch[i].target, PLAN_WRITABLE);

		entry->mode = scratch[i].mode;
		entry->size = scratch[i].size;
	}
	/* Before what the image brings. */
	plan_add_managed(plan);
	plan_add_resolver(plan);
	add_keeper(plan, options, places);
	return plan->image ? 0 : EXIT_RUN_FAILED;
}

/* SPDX-License-Identifier: MIT */
#include "launcher/project.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/base/path_name.h"
#include "fs/base/program_path.h"

/* Alphabetical. Neither they nor what lies in them may be a project: the sandbox has its own. */
static const char *const system_directories[] = {
	"/bin",    "/boot",         "/dev",  "/etc",  "/lib", "/lib32", "/lib64",
	"/libx32", "/opt/claudefs", "/proc", "/sbin", "/sys", "/usr",   "/workspace",
};

/* Of these only they themselves: projects in them are fine. */
static const char *const shared_directories[] = {
	"/",    "/home", "/mnt", "/media",   "/opt",     "/run",
	"/srv", "/tmp",  "/var", "/var/lib", "/var/tmp",
};

/* Alphabetical; below the home. Keys and programs of the person. */
static const char *const private_directories[] = {
	"/.aws", "/.config/git", "/.config/systemd", "/.docker", "/.gnupg", "/.kube", "/.ssh",
};

void project_done(struct project *project)
{
	free(project->path);
	*project = (struct project){ 0 };
}

static bool is_beneath(const char *path, const char *ancestor)
{
	/* State paths have no leading slash; absolute ones do. */
	return path_is_beneath(path + 1, ancestor + 1);
}

static bool overlaps(const char *path, const char *other)
{
	return is_beneath(path, other) || is_beneath(other, path);
}

const char *project_refusal(const char *path, const struct host_places *places)
{
	for (size_t i = 0; i < sizeof(shared_directories) / sizeof(char *); i++) {
		if (strcmp(path, shared_directories[i]) == 0)
			return "a directory of the whole system";
	}
	for (size_t i = 0; i < sizeof(system_directories) / sizeof(char *); i++) {
		if (is_beneath(path, system_directories[i]))
			return "a directory of the system";
	}
	if (is_beneath(places->home, path))
		return "your home directory, or holds it";
	if (overlaps(path, places->claude_dir))
		return "overlaps the host's Claude state";
	if (overlaps(path, places->state_dir))
		return "overlaps the sessions of claudefs";
	if (overlaps(path, places->config_dir))
		return "overlaps the rules of claudefs";
	if (overlaps(path, places->data_dir))
		return "overlaps the data of claudefs";
	for (size_t i = 0; i < sizeof(private_directories) / sizeof(char *); i++) {
		cleanup_free char *private = NULL;

		if (asprintf(&private, "%s%s", places->home, private_directories[i]) < 0)
			return strerror(ENOMEM);
		if (overlaps(path, private))
			return "holds your keys or settings";
	}
	return NULL;
}

/* Replaces *path by its canonical form, as far as it exists: a missing tail is kept as it is. */
static int canonicalise_place(char **path)
{
	cleanup_free char *head = strdup(*path);
	cleanup_free char *canonical = NULL;
	char *whole = NULL;
	char *slash;

	if (!head)
		return -ENOMEM;
	while (!(canonical = directory_canonical(head))) {
		slash = strrchr(head, '/');
		if (!slash || slash == head)
			return 0;
		*slash = '\0';
	}
	if (asprintf(&whole, "%s%s", strcmp(canonical, "/") == 0 ? "" : canonical,
		     *path + strlen(head)) < 0)
		return -ENOMEM;
	free(*path);
	*path = whole;
	return 0;
}

ANALYZER_LOSES_OWNERS
/* A copy with every directory canonical, so that no symlink on either side hides an overlap. */
static int copy_canonical(const struct host_places *places, struct host_places *ret)
{
	char **const targets[] = { &ret->home, &ret->claude_dir, &ret->state_dir, &ret->config_dir,
				   &ret->data_dir };
	char *const sources[] = { places->home, places->claude_dir, places->state_dir,
				  places->config_dir, places->data_dir };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(targets) / sizeof(targets[0]); i++) {
		*targets[i] = strdup(sources[i]);
		r = *targets[i] ? canonicalise_place(targets[i]) : -ENOMEM;
	}
	return r;
}
ANALYZER_KNOWS_OWNERS

/* A bind mount of a protected directory under another name is the same directory. */
static bool is_same_directory(const struct project *project, const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 && info.st_dev == project->dev && info.st_ino == project->ino;
}

/* Name and identity are of one and the same directory, whatever is renamed meanwhile. */
static int open_project(const char *path, struct project *project)
{
	cleanup_fd int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat info;

	if (fd < 0 || fstat(fd, &info) < 0)
		return -errno;
	project->path = fd_kernel_path(fd);
	project->dev = info.st_dev;
	project->ino = info.st_ino;
	return project->path ? 0 : -errno;
}

int project_find(const char *given, const struct host_places *places, struct project *ret)
{
	cleanup_host_places struct host_places canonical = { 0 };
	const char *shown = given ? given : "current directory";
	const char *reason;
	int r;

	r = open_project(given ? given : ".", ret);
	if (r < 0) {
		message_error("%s: %s", shown, strerror(-r));
		return EXIT_RUN_FAILED;
	}
	r = copy_canonical(places, &canonical);
	if (r < 0) {
		message_error("%s: %s", shown, strerror(-r));
		return EXIT_RUN_FAILED;
	}
	reason = project_refusal(ret->path, &canonical);
	if (!reason &&
	    (is_same_directory(ret, places->home) || is_same_directory(ret, places->claude_dir) ||
	     is_same_directory(ret, places->state_dir)))
		reason = "the same directory as your home, its Claude state or the sessions";
	if (reason) {
		message_error("%s: cannot be a project: %s; choose a directory of its own",
			      ret->path, reason);
		return EXIT_RUN_FAILED;
	}
	return 0;
}

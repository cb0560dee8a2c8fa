/* SPDX-License-Identifier: MIT */
#include "fs/policy/rules_load.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/text.h"
#include "fs/policy/rules_parse.h"

#define RULE_FILES_MAX 256u

/* Whoever can write a rule file can open the sandbox: only the user and root may. */
static int check_owner(const struct stat *st, const char *name, struct rules_problem *problem)
{
	if (st->st_uid != geteuid() && st->st_uid != 0)
		return rules_problem_set(problem, name, 0, "belongs to another user");
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return rules_problem_set(problem, name, 0,
					 "can be written by other users (chmod go-w it)");
	return 0;
}

static int add_fd(struct rules *rules, int fd, const char *name, struct rules_problem *problem)
{
	cleanup_free char *text = NULL;
	struct stat st;
	size_t len = 0;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return rules_problem_set(problem, name, 0, "is not a regular file");
	r = check_owner(&st, name, problem);
	if (r < 0)
		return r;
	r = fd_read_file(fd, RULES_FILE_MAX, &text, &len);
	if (r == -EFBIG)
		return rules_problem_set(problem, name, 0, "larger than %u bytes", RULES_FILE_MAX);
	if (r < 0)
		return r;
	r = rules_add_text(rules, name, text, len, problem);
	/* Too many rules is as much the file's fault as a bad one. */
	return r == -E2BIG ? -EBADMSG : r;
}

int rules_load_file(struct rules *rules, const char *path, struct rules_problem *problem)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -errno;
	return add_fd(rules, fd, path, problem);
}

static int load_one(struct rules *rules, int dir_fd, const char *dir_path, const char *name,
		    struct rules_problem *problem)
{
	cleanup_text struct text path = { 0 };
	cleanup_fd int fd = -1;

	text_appendf(&path, "%s/%s", dir_path, name);
	if (path.is_failed)
		return -ENOMEM;
	fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno == ELOOP)
		return rules_problem_set(problem, path.data, 0, "is a symlink");
	if (fd < 0)
		return rules_problem_set(problem, path.data, 0, "cannot be opened: %s",
					 strerror(errno));
	return add_fd(rules, fd, path.data, problem);
}

struct name_list {
	char *names[RULE_FILES_MAX];
	size_t count;
};

static void name_list_done(struct name_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->names[i]);
}

static bool is_rule_file(const char *name)
{
	size_t len = strlen(name);

	return len > 5 && strcmp(name + len - 5, ".json") == 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of the rule files in byte order. */
static int list_rule_files(int dir_fd, const char *dir_path, struct name_list *list,
			   struct rules_problem *problem)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!dir) {
		int error = errno;

		if (fd >= 0)
			(void)close(fd);
		return -error;
	}
	while ((errno = 0, entry = readdir(dir)) != NULL) {
		if (!is_rule_file(entry->d_name))
			continue;
		if (list->count == RULE_FILES_MAX)
			return rules_problem_set(problem, dir_path, 0,
						 "holds more than %u rule files", RULE_FILES_MAX);
		list->names[list->count] = strdup(entry->d_name);
		if (!list->names[list->count])
			return -ENOMEM;
		list->count++;
	}
	if (errno != 0)
		return -errno;
	qsort(list->names, list->count, sizeof(list->names[0]), compare_names);
	return 0;
}

int rules_load_dir(struct rules *rules, const char *dir_path, struct rules_problem *problem)
{
	__attribute__((cleanup(name_list_done))) struct name_list list = { 0 };
	cleanup_fd int dir_fd = open(dir_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	int r;

	if (dir_fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(dir_fd, &st) < 0)
		return -errno;
	r = check_owner(&st, dir_path, problem);
	if (r < 0)
		return r;
	r = list_rule_files(dir_fd, dir_path, &list, problem);
	for (size_t i = 0; r == 0 && i < list.count; i++)
		r = load_one(rules, dir_fd, dir_path, list.names[i], problem);
	return r;
}

char *rules_user_dir(void)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	cleanup_text struct text path = { 0 };

	if (config && config[0] == '/')
		text_appendf(&path, "%s/claudefs/rules.d", config);
	else if (home && home[0] == '/')
		text_appendf(&path, "%s/.config/claudefs/rules.d", home);
	else
		return NULL;
	return text_steal(&path);
}

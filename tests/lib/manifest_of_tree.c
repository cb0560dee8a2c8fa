/* SPDX-License-Identifier: MIT */
/* The oracle of "nothing changed": prints one line for everything beneath the given directories, in
 * byte order of the names, so that two runs can be compared with diff.
 *
 *	manifest_of_tree [--content] DIR...
 *
 * Columns, separated by tabs: path (terminal-safe), type, mode, owner, links, inode, size, mtime in
 * ns, XXH3-128 of the content (or of a link's target), extended attributes (name=digest, sorted).
 * With --content only path, type, mode and digest. A directory's own link count, size and mtime
 * change with its entries; they are printed too: a protected directory must keep them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/xattr.h>
#endif

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/hash.h"
#include "fs/base/text.h"

static bool is_content_only;

static char type_letter(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG: return 'f';
	case S_IFDIR: return 'd';
	case S_IFLNK: return 'l';
	case S_IFIFO: return 'p';
	case S_IFSOCK: return 's';
	case S_IFCHR: return 'c';
	case S_IFBLK: return 'b';
	default: return '?';
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static struct hash digest_of(int dir_fd, const char *name, const struct stat *st)
{
	cleanup_fd int fd = -1;
	struct hash hash = { 0 };
	char target[4096];

	if (S_ISLNK(st->st_mode)) {
		ssize_t n = readlinkat(dir_fd, name, target, sizeof(target));

		return n < 0 ? hash : hash_bytes(target, (size_t)n);
	}
	if (!S_ISREG(st->st_mode))
		return hash;
	fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || hash_file(fd, &hash) < 0) {
		(void)fprintf(stderr, "manifest_of_tree: %s: %s\n", name, strerror(errno));
		exit(1);
	}
	return hash;
}

#ifdef __linux__
static int by_attribute_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void append_attributes(struct text *line, const char *proc_path)
{
	char names[4096];
	char value[65536];
	const char *sorted[64];
	size_t count = 0;
	ssize_t len = llistxattr(proc_path, names, sizeof(names));

	for (ssize_t i = 0; i < len && count < 64; i += (ssize_t)strlen(names + i) + 1)
		sorted[count++] = names + i;
	qsort(sorted, count, sizeof(sorted[0]), by_attribute_name);
	for (size_t i = 0; i < count; i++) {
		ssize_t n = lgetxattr(proc_path, sorted[i], value, sizeof(value));
		struct hash hash = hash_bytes(value, n < 0 ? 0 : (size_t)n);
		char hex[HASH_HEX_SIZE];

		hash_to_hex(&hash, hex);
		text_appendf(line, " %s=%.16s", sorted[i], hex);
	}
}
#endif

static void print_entry(int dir_fd, const char *name, const char *path, const struct stat *st)
{
	cleanup_text struct text line = { 0 };
	struct hash hash = digest_of(dir_fd, name, st);
	char hex[HASH_HEX_SIZE];

	hash_to_hex(&hash, hex);
	text_append_safe(&line, path, strlen(path), false);
	text_appendf(&line, "\t%c\t%04o", type_letter(st->st_mode), st->st_mode & 07777u);
	if (!is_content_only) {
#ifdef __APPLE__
		struct timespec mtime = st->st_mtimespec;
#else
		struct timespec mtime = st->st_mtim;
#endif
		text_appendf(&line, "\t%u:%u\t%llu\t%llu\t%lld\t%llu", st->st_uid, st->st_gid,
			     (unsigned long long)st->st_nlink, (unsigned long long)st->st_ino,
			     (long long)st->st_size,
			     (unsigned long long)clock_from_timespec(mtime));
	}
	text_appendf(&line, "\t%s", hash_is_zero(&hash) ? "-" : hex);
#ifdef __linux__
	if (!is_content_only) {
		char proc_path[64 + 256];

		(void)snprintf(proc_path, sizeof(proc_path), "/proc/self/fd/%d/%s", dir_fd, name);
		append_attributes(&line, proc_path);
	}
#endif
	(void)printf("%s\n", line.data ? line.data : "");
}

static void walk(int dir_fd, const char *path);

static void visit(int dir_fd, const char *name, const char *parent)
{
	cleanup_text struct text path = { 0 };
	struct stat st;

	text_appendf(&path, "%s%s%s", parent, *parent ? "/" : "", name);
	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		(void)fprintf(stderr, "manifest_of_tree: %s: %s\n", name, strerror(errno));
		exit(1);
	}
	print_entry(dir_fd, name, path.data, &st);
	if (S_ISDIR(st.st_mode)) {
		int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0) {
			(void)fprintf(stderr, "manifest_of_tree: %s: %s\n", name, strerror(errno));
			exit(1);
		}
		walk(fd, path.data);
	}
}

/* Takes dir_fd. */
static void walk(int dir_fd, const char *path)
{
	cleanup_dir DIR *dir = fdopendir(dir_fd);
	char **names = NULL;
	size_t count = 0;

	if (!dir)
		exit(1);
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		names = realloc(names, (count + 1) * sizeof(*names));
		if (!names || !(names[count++] = strdup(entry->d_name)))
			exit(1);
	}
	if (count > 0)
		qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 0; i < count; i++) {
		visit(dir_fd, names[i], path);
		free(names[i]);
	}
	free(names);
}

int main(int argc, char **argv)
{
	int first = 1;

	if (argc > 1 && strcmp(argv[1], "--content") == 0) {
		is_content_only = true;
		first = 2;
	}
	if (first >= argc) {
		(void)fprintf(stderr, "usage: manifest_of_tree [--content] DIR...\n");
		return 2;
	}
	for (int i = first; i < argc; i++) {
		int fd = open(argv[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		struct stat st;

		if (fd < 0 || fstat(fd, &st) < 0) {
			(void)fprintf(stderr, "manifest_of_tree: %s: %s\n", argv[i],
				      strerror(errno));
			return 1;
		}
		print_entry(fd, ".", ".", &st);
		walk(fd, "");
	}
	return 0;
}

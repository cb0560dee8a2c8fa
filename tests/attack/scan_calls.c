/* SPDX-License-Identifier: MIT */
/* Reads everything that can be read beneath a directory, as a thief would. */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tests/attack/attack_call.h"

#define FILE_MAX  (4L << 20)
#define DEPTH_MAX 64

static void print_attributes(int fd)
{
	char names[4096];
	char value[4096];
	ssize_t len = flistxattr(fd, names, sizeof(names));

	for (ssize_t i = 0; i < len; i += (ssize_t)strlen(names + i) + 1) {
		ssize_t n = fgetxattr(fd, names + i, value, sizeof(value));

		(void)printf("xattr %s=%.*s\n", names + i, n < 0 ? 0 : (int)n, value);
	}
}

static void print_content(int fd)
{
	char buf[65536];
	ssize_t n;

	for (long total = 0; total < FILE_MAX && (n = read(fd, buf, sizeof(buf))) > 0; total += n)
		(void)fwrite(buf, 1, (size_t)n, stdout);
	(void)putchar('\n');
}

static void visit(int dir_fd, const char *name, int depth)
{
	char target[4096];
	struct stat st;
	ssize_t n = readlinkat(dir_fd, name, target, sizeof(target));
	int fd;

	if (n >= 0)
		(void)printf("link %.*s\n", (int)n, target);
	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		tell(name, -1);
		return;
	}
	(void)printf("%s mode %o links %ju size %jd blocks %jd\n", name, st.st_mode,
		     (uintmax_t)st.st_nlink, (intmax_t)st.st_size, (intmax_t)st.st_blocks);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return;
	fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		tell(name, -1);
		return;
	}
	print_attributes(fd);
	if (S_ISREG(st.st_mode)) {
		print_content(fd);
	} else if (depth < DEPTH_MAX) {
		DIR *dir = fdopendir(fd);

		for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;) {
			if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
				visit(fd, entry->d_name, depth + 1);
		}
		if (dir)
			(void)closedir(dir);
		return;
	}
	(void)close(fd);
}

static int scan(int argc, char **argv)
{
	struct statvfs vfs;

	for (int i = 0; i < argc; i++) {
		visit(AT_FDCWD, argv[i], 0);
		if (statvfs(argv[i], &vfs) == 0)
			(void)printf("blocks %ju free %ju files %ju\n", (uintmax_t)vfs.f_blocks,
				     (uintmax_t)vfs.f_bfree, (uintmax_t)vfs.f_files);
	}
	return 0;
}

const struct attack_call scan_calls[] = {
	{ "scan", 1, scan },
	{ NULL, 0, NULL },
};

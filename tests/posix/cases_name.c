/* SPDX-License-Identifier: MIT */
/* Names: how long, how deep, what kind, who lists them, and what may replace what. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "tests/posix/transcript.h"

static void note_stat(const char *name)
{
	struct stat st;

	if (note_result(name, lstat(name, &st)) < 0)
		return;
	(void)note_value("  its type and mode", (long)st.st_mode);
	(void)note_value("  its links", (long)st.st_nlink);
	if (S_ISREG(st.st_mode))
		(void)note_value("  its size", (long)st.st_size);
}

static void fill(char *name, size_t len)
{
	memset(name, 'n', len);
	name[len] = '\0';
}

static void name_lengths(void)
{
	char longest[256];
	char too_long[257];

	fill(longest, 255);
	fill(too_long, 256);
	TRY(close(open(longest, O_CREAT | O_EXCL | O_RDWR, 0600)));
	TRY(access(longest, F_OK));
	TRY(unlink(longest));
	TRY(mkdir(longest, 0700));
	TRY(rename(longest, "h"));
	TRY(rename("h", longest));
	TRY(rmdir(longest));
	TRY(rename("f", longest));
	TRY(unlink(longest));
	TRY(open(too_long, O_CREAT | O_RDWR, 0600));
	TRY(open(too_long, O_RDONLY));
	TRY(mkdir(too_long, 0700));
	TRY(access(too_long, F_OK));
	TRY(unlink(too_long));
	TRY(rmdir(too_long));
	TRY(rename("g", too_long));
	TRY(rename(too_long, "h"));
	TRY(chmod(too_long, 0600));
	TRY(truncate(too_long, 0));
	TRY(symlink("t", too_long));
	TRY(link("g", too_long));
}

/* Down by directory descriptors, so that no single path is long. */
static int descend(int levels, const char *name)
{
	int fd = open(".", O_RDONLY | O_DIRECTORY);

	for (int i = 0; i < levels && fd >= 0; i++) {
		int next = -1;

		if (mkdirat(fd, name, 0700) == 0)
			next = openat(fd, name, O_RDONLY | O_DIRECTORY);
		(void)close(fd);
		fd = next;
	}
	return fd;
}

static void deep_directories(void)
{
	char name[201];
	char path[PATH_MAX + 2];
	int fd;

	fill(name, 200);
	fd = descend(15, name);
	TRY(fd);
	TRY(close(openat(fd, "f", O_CREAT | O_EXCL | O_WRONLY, 0600)));
	TRY(renameat(fd, "f", AT_FDCWD, "h"));
	TRY(renameat(AT_FDCWD, "h", fd, "h"));
	TRY(unlinkat(fd, "h", 0));
	TRY(close(fd));
	memset(path, '/', sizeof(path));
	memcpy(path, "d", 1);
	path[PATH_MAX - 1] = '\0';
	TRY(access(path, F_OK));
	path[PATH_MAX - 1] = '/';
	path[PATH_MAX] = '\0';
	TRY(access(path, F_OK));
}

static void deeper_than_path_max(void)
{
	char name[251];

	fill(name, 250);
	TRY(descend(20, name));
}

static void wrong_kinds(void)
{
	TRY(open("f/x", O_RDONLY));
	TRY(open("f/", O_RDONLY));
	TRY(open("f", O_RDONLY | O_DIRECTORY));
	TRY(open("d", O_WRONLY));
	TRY(open("d", O_RDWR | O_CREAT, 0600));
	TRY(open("d", O_RDONLY | O_TRUNC));
	TRY(open("d", O_RDONLY | O_CREAT | O_EXCL, 0600));
	TRY(open("h/", O_CREAT | O_RDWR, 0600));
	TRY(open("", O_RDONLY));
	TRY(open("h", O_RDONLY));
	TRY(open("h/x", O_CREAT | O_RDWR, 0600));
	TRY(unlink("d"));
	TRY(unlink("h"));
	TRY(unlink("f/"));
	TRY(rmdir("f"));
	TRY(rmdir("d"));
	TRY(rmdir("h"));
	TRY(rmdir("."));
	TRY(rmdir("e/."));
	TRY(rmdir("d/.."));
	TRY(mkdir("d", 0700));
	TRY(mkdir("f", 0700));
	TRY(mkdir(".", 0700));
	TRY(mkdir("f/x", 0700));
	TRY(mkdir("h/x", 0700));
	TRY(mkdir("h/", 0700));
	TRY(rmdir("h/"));
	TRY(chdir("f"));
	TRY(truncate("d", 0));
	TRY(truncate("h", 0));
	TRY(readlink("f", (char[8]){ 0 }, 8));
	TRY(opendir("f") ? 0 : -1);
	TRY(mknod("f", S_IFREG | 0600, 0));
	TRY(mknod("h", S_IFREG | 0640, 0));
	note_stat("h");
}

/* Every kind onto every kind. What is there afterwards is noted for both names. */
static void rename_of_all_kinds(void)
{
	static const char *const from[] = { "f", "d", "e", "missing" };
	static const char *const to[] = { "g", "d2",      "e2",      "absent",  "f",           "d",
					  "e", "d/below", "e/below", "g/below", "absent/below" };
	char what[128];

	for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		for (size_t j = 0; j < sizeof(to) / sizeof(to[0]); j++) {
			(void)snprintf(what, sizeof(what), "%zu-%zu", i, j);
			TRY(mkdir(what, 0755));
			TRY(chdir(what));
			TRY(make_start());
			TRY(mkdir("d2", 0755));
			TRY(mkdir("d2/x", 0755));
			TRY(mkdir("e2", 0755));
			(void)snprintf(what, sizeof(what), "rename(%s, %s)", from[i], to[j]);
			(void)note_result(what, rename(from[i], to[j]));
			note_stat(from[i]);
			note_stat(to[j]);
			note_stat("d2");
			note_stat(".");
			TRY(chdir(".."));
		}
	}
}

static void rename_onto_what_the_case_starts_with(void)
{
	TRY(rename("f", "d"));
	TRY(rename("d", "f"));
	TRY(rename("e", "d"));
	TRY(rename("d", "d/x"));
	TRY(rename("d/f", "d"));
	TRY(rename("f", "f"));
	TRY(rename("f", "g"));
	note_stat("g");
	TRY(rename("d", "e"));
	note_stat("e");
	note_stat("e/f");
	note_stat("d");
	note_stat(".");
}

static void rename_of_odd_names(void)
{
	TRY(rename(".", "h"));
	TRY(rename("..", "h"));
	TRY(rename("d/.", "h"));
	TRY(rename("f", "."));
	TRY(rename("d", ".."));
	TRY(rename("f", "h/"));
	TRY(rename("f/", "h"));
	TRY(rename("d", "h/"));
	TRY(rename("h/", "d"));
	TRY(rename("", "h"));
	TRY(rename("f", ""));
	TRY(rename("f/x", "h"));
}

static void rename_with_flags(void)
{
	TRY(renameat2(AT_FDCWD, "f", AT_FDCWD, "g", RENAME_NOREPLACE));
	TRY(renameat2(AT_FDCWD, "f", AT_FDCWD, "f", RENAME_NOREPLACE));
	TRY(renameat2(AT_FDCWD, "f", AT_FDCWD, "h", RENAME_NOREPLACE));
	TRY(renameat2(AT_FDCWD, "d", AT_FDCWD, "e", RENAME_NOREPLACE));
	TRY(renameat2(AT_FDCWD, "h", AT_FDCWD, "f", 64));
	TRY(renameat2(AT_FDCWD, "h", AT_FDCWD, "f", RENAME_NOREPLACE | RENAME_EXCHANGE));
	TRY(renameat2(AT_FDCWD, "x", AT_FDCWD, "y", RENAME_EXCHANGE));
}

static void exchange_is_refused(void)
{
	TRY(renameat2(AT_FDCWD, "f", AT_FDCWD, "g", RENAME_EXCHANGE));
}

static void links_are_refused(void)
{
	struct stat st;

	TRY(symlink("d", "h"));
	TRY(symlink("d", "f"));
	TRY(symlink("d", "missing/h"));
	TRY(lstat("h", &st));
	TRY(link("f", "hard"));
	TRY(link("f", "g"));
	TRY(link("d", "hard2"));
	TRY(link("missing", "hard2"));
	TRY(lstat("hard", &st));
}

static int bind_socket(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	cleanup_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", name);
	return bind(fd, (const struct sockaddr *)&address, sizeof(address));
}

static void special_files_are_refused(void)
{
	TRY(mkfifo("h", 0600));
	TRY(mkfifo("f", 0600));
	TRY(bind_socket("sock"));
	TRY(bind_socket("f"));
	TRY(unlink("h"));
	TRY(unlink("sock"));
}

static void links_of_directories(void)
{
	int fd;

	note_stat(".");
	TRY(mkdir("d/1", 0755));
	TRY(mkdir("d/2", 0755));
	note_stat("d");
	TRY(rename("d/1", "e/1"));
	note_stat("d");
	note_stat("e");
	TRY(rename("e/1", "d/2"));
	note_stat("d");
	note_stat("e");
	fd = open("d/2", O_RDONLY | O_DIRECTORY);
	TRY(rmdir("d/2"));
	note_stat("d");
	struct stat st;
	TRY(fstat(fd, &st));
	VALUE(st.st_nlink);
	TRY(openat(fd, "x", O_CREAT | O_WRONLY, 0600));
	TRY(mkdirat(fd, "x", 0700));
	TRY(openat(fd, "x", O_RDONLY));
	TRY(fchdir(fd));
	TRY(open("x", O_CREAT | O_WRONLY, 0600));
	TRY(close(fd));
}

static void unlinked_file(void)
{
	struct stat st;
	char buf[32];
	int fd = open("f", O_RDWR);

	TRY(unlink("f"));
	TRY(fstat(fd, &st));
	VALUE(st.st_nlink);
	VALUE(pwrite(fd, "more", 4, 20));
	VALUE(pread(fd, buf, sizeof(buf), 0));
	TRY(fchmod(fd, 0640));
	TRY(ftruncate(fd, 5));
	TRY(fstat(fd, &st));
	VALUE(st.st_size);
	VALUE(st.st_mode);
	TRY(close(open("f", O_CREAT | O_EXCL | O_WRONLY, 0600)));
	TRY(fstat(fd, &st));
	VALUE(st.st_size);
	note_stat("f");
	TRY(rename("g", "f"));
	TRY(close(fd));
}

static void replaced_file(void)
{
	struct stat st;
	int fd = open("g", O_RDWR);

	TRY(rename("f", "g"));
	TRY(fstat(fd, &st));
	VALUE(st.st_nlink);
	VALUE(st.st_size);
	VALUE(write(fd, "x", 1));
	note_stat("g");
	TRY(close(fd));
}

#define MANY 500

/* Reads on to the end; returns how often each of the files was there. */
static void count_names(DIR *dir, unsigned char *counts, int at_most)
{
	const struct dirent *entry;

	while (at_most-- > 0 && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, "many-", 5) == 0)
			counts[atoi(entry->d_name + 5)]++;
	}
}

static void many(const char *prefix, int from, int step, bool is_made)
{
	char name[32];

	for (int i = from; i < MANY; i += step) {
		(void)snprintf(name, sizeof(name), "e/%s%d", prefix, i);
		if (is_made)
			(void)close(open(name, O_CREAT | O_WRONLY, 0600));
		else
			(void)unlink(name);
	}
}

static void listing_while_it_changes(void)
{
	unsigned char counts[MANY] = { 0 };
	unsigned int wrong = 0;
	long place;
	DIR *dir;

	many("many-", 0, 1, true);
	dir = opendir("e");
	count_names(dir, counts, 120);
	place = telldir(dir);
	count_names(dir, (unsigned char[MANY]){ 0 }, 100);
	many("many-", 1, 2, false); /* every second one goes */
	many("new-", 0, 3, true);
	seekdir(dir, place);
	count_names(dir, counts, INT_MAX);
	for (int i = 0; i < MANY; i += 2)
		wrong += counts[i] != 1; /* those that stayed: exactly once */
	VALUE(wrong);
	rewinddir(dir);
	memset(counts, 0, sizeof(counts));
	count_names(dir, counts, INT_MAX);
	wrong = 0;
	for (int i = 0; i < MANY; i++)
		wrong += counts[i] != (i % 2 == 0);
	VALUE(wrong);
	seekdir(dir, 0);
	TRY(strcmp(readdir(dir)->d_name, "") == 0 ? -1 : 0);
	TRY(closedir(dir));
	TRY(rmdir("e"));
}

static void removing_what_is_listed(void)
{
	const struct dirent *entry;
	unsigned int removed = 0;
	DIR *dir;

	many("many-", 0, 1, true);
	dir = opendir("e");
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] != '.')
			removed += unlinkat(dirfd(dir), entry->d_name, 0) == 0;
	}
	VALUE(removed);
	TRY(closedir(dir));
	TRY(rmdir("e"));
}

const struct posix_case name_cases[] = {
	{ "deep_directories", deep_directories, false },
	{ "deeper_than_path_max", deeper_than_path_max, false },
	{ "exchange_is_refused", exchange_is_refused, false },
	{ "links_are_refused", links_are_refused, false },
	{ "links_of_directories", links_of_directories, false },
	{ "listing_while_it_changes", listing_while_it_changes, false },
	{ "name_lengths", name_lengths, false },
	{ "removing_what_is_listed", removing_what_is_listed, false },
	{ "rename_of_all_kinds", rename_of_all_kinds, false },
	{ "rename_of_odd_names", rename_of_odd_names, false },
	{ "rename_onto_what_the_case_starts_with", rename_onto_what_the_case_starts_with, false },
	{ "rename_with_flags", rename_with_flags, false },
	{ "replaced_file", replaced_file, false },
	{ "special_files_are_refused", special_files_are_refused, false },
	{ "unlinked_file", unlinked_file, false },
	{ "wrong_kinds", wrong_kinds, false },
	{ NULL, NULL, false },
};

/* SPDX-License-Identifier: MIT */
/* How programs save: in place, by temp and rename, by append, under mkdir locks. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/fd.h"
#include "tests/mount/fixture.h"

static void atomic_save_replaces_a_host_file(void **state)
{
	const char *temp = in_view("settings.json.tmp.123.abc");
	const char *target = in_view("settings.json");
	struct stat before;
	struct stat after;
	int fd;

	(void)state;
	assert_ok(stat(target, &before));
	fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, "{\"model\":\"new\"}\n", 16), 0);
	assert_ok(fchmod(fd, 0600));
	assert_ok(fsync(fd));
	assert_ok(close(fd));
	assert_ok(rename(temp, target));
	assert_string_equal(get_file(target), "{\"model\":\"new\"}\n");
	assert_errno(stat(temp, &after), ENOENT);
	assert_ok(stat(target, &after));
	assert_true(after.st_ino != before.st_ino);
	assert_int_equal(after.st_mode, S_IFREG | 0600);
	assert_int_equal(after.st_nlink, 1);
}

static void save_in_place_without_truncation_shortens_afterwards(void **state)
{
	const char *path = in_view("plugins/config.json");
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "{}\n", 3), 3);
	assert_ok(ftruncate(fd, 3));
	assert_ok(close(fd));
	assert_string_equal(get_file(path), "{}\n");
}

static void open_with_truncation_empties_a_host_file(void **state)
{
	const char *path = in_view("agents/reviewer.md");
	struct stat st;
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	assert_ok(fstat(fd, &st));
	assert_int_equal(st.st_size, 0);
	assert_ok(close(fd));
	assert_string_equal(get_file(path), "");
}

static void first_save_through_link_falls_back_to_rename(void **state)
{
	(void)state;
	put_file(in_view(".claude.json.tmp.1"), "{}");
	assert_errno(link(in_view(".claude.json.tmp.1"), in_view("fresh.json")), EPERM);
	assert_ok(rename(in_view(".claude.json.tmp.1"), in_view("fresh.json")));
	assert_string_equal(get_file(in_view("fresh.json")), "{}");
}

static void mkdir_lock_excludes_and_can_be_touched(void **state)
{
	const char *lock = in_view(".claude.json.lock");
	struct timespec times[2] = { { .tv_sec = 1700000000, .tv_nsec = 5 },
				     { .tv_sec = 1700000001, .tv_nsec = 123456789 } };
	struct stat st;

	(void)state;
	assert_ok(mkdir(lock, 0777));
	assert_errno(mkdir(lock, 0777), EEXIST);
	assert_ok(utimensat(AT_FDCWD, lock, times, 0));
	assert_ok(stat(lock, &st));
	assert_int_equal(st.st_mtim.tv_sec, 1700000001);
	assert_int_equal(st.st_mtim.tv_nsec, 123456789);
	assert_int_equal(st.st_mode, S_IFDIR | 0755);
	times[1].tv_nsec = UTIME_NOW;
	times[0].tv_nsec = UTIME_OMIT;
	assert_ok(utimensat(AT_FDCWD, lock, times, 0));
	assert_ok(stat(lock, &st));
	assert_true(st.st_mtim.tv_sec > 1700000001);
	assert_ok(rmdir(lock));
	assert_errno(rmdir(lock), ENOENT);
	assert_ok(mkdir(lock, 0700));
	assert_ok(rmdir(lock));
}

#define APPENDERS 4
#define LINES     100

static int append_lines(void *arg)
{
	const char *path = arg;
	char line[64];

	for (int i = 0; i < LINES; i++) {
		int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
		int n = snprintf(line, sizeof(line), "{\"pid\":%d,\"n\":%d}\n", getpid(), i);

		if (fd < 0 || write(fd, line, (size_t)n) != n || close(fd) < 0)
			return 1;
	}
	return 0;
}

/* Each line whole, none lost, and each writer's lines in their order. */
static void check_appended(const char *text, unsigned int lines)
{
	unsigned int count = 0;

	while (*text) {
		int pid = 0;
		int number = -1;
		int used = 0;

		assert_int_equal(sscanf(text, "{\"pid\":%d,\"n\":%d}%n", &pid, &number, &used), 2);
		assert_true(used > 0 && text[used] == '\n');
		text += used + 1;
		count++;
	}
	assert_int_equal(count, lines);
}

static void appends_of_several_processes_keep_every_line(void **state)
{
	const char *path = in_view("%s/appended.jsonl", fixture.own);
	pid_t pids[APPENDERS];
	int status;

	(void)state;
	for (int i = 0; i < APPENDERS; i++) {
		union {
			const char *in;
			void *out;
		} arg = { .in = path };

		pids[i] = fork();
		if (pids[i] == 0)
			_exit(append_lines(arg.out));
	}
	for (int i = 0; i < APPENDERS; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	check_appended(get_file(path), APPENDERS * LINES);
}

static void append_to_a_transcript_keeps_what_the_host_has(void **state)
{
	const char *name = FIXTURE_SESSION_UUID ".jsonl";
	char before[4096];
	int fd;

	(void)state;
	(void)snprintf(before, sizeof(before), "%s",
		       get_file(in_home(".claude/%s/%s", fixture.own, name)));
	assert_true(strlen(before) > 10);
	fd = open(in_view("%s/%s", fixture.own, name), O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "{\"new\":1}\n", 10), 10);
	assert_ok(close(fd));
	(void)strcat(before, "{\"new\":1}\n");
	assert_string_equal(get_file(in_view("%s/%s", fixture.own, name)), before);
}

static void append_position_is_the_end_even_after_a_seek(void **state)
{
	const char *path = in_view("append-seek");
	int fd;

	(void)state;
	put_file(path, "0123456789");
	fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(lseek(fd, 2, SEEK_SET), 2);
	assert_int_equal(write(fd, "AB", 2), 2);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 12);
	assert_ok(ftruncate(fd, 4));
	assert_int_equal(write(fd, "CD", 2), 2);
	assert_ok(close(fd));
	assert_string_equal(get_file(path), "0123CD");
}

static void exclusive_create_fails_on_what_exists(void **state)
{
	(void)state;
	assert_errno(open(in_view("CLAUDE.md"), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600),
		     EEXIST);
	assert_errno(open(in_view("plans"), O_WRONLY | O_CLOEXEC), EISDIR);
	assert_errno(open(in_view("plans/plan.md/x"), O_RDONLY | O_CLOEXEC), ENOTDIR);
	assert_errno(open(in_view("absent"), O_RDONLY | O_CLOEXEC), ENOENT);
	assert_errno(open(in_view("absent/x"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), ENOENT);
}

static void save_through_a_directory_descriptor_works(void **state)
{
	char path[64];
	int dir_fd = open(in_view("plans"), O_PATH | O_DIRECTORY | O_CLOEXEC);
	char target[64];
	int fd;

	(void)state;
	assert_true(dir_fd >= 0);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/plan.md.tmp", dir_fd);
	(void)snprintf(target, sizeof(target), "/proc/self/fd/%d/plan.md", dir_fd);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "new\n", 4), 4);
	assert_ok(fsync(fd));
	assert_ok(close(fd));
	assert_ok(rename(path, target));
	assert_ok(close(dir_fd));
	assert_string_equal(get_file(in_view("plans/plan.md")), "new\n");
}

static void directories_can_be_synced(void **state)
{
	int fd = open(in_view("plans"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	assert_ok(fsync(fd));
	assert_ok(close(fd));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest saves[] = {
		cmocka_unit_test(append_position_is_the_end_even_after_a_seek),
		cmocka_unit_test(append_to_a_transcript_keeps_what_the_host_has),
		cmocka_unit_test(appends_of_several_processes_keep_every_line),
		cmocka_unit_test(atomic_save_replaces_a_host_file),
		cmocka_unit_test(directories_can_be_synced),
		cmocka_unit_test(exclusive_create_fails_on_what_exists),
		cmocka_unit_test(first_save_through_link_falls_back_to_rename),
		cmocka_unit_test(mkdir_lock_excludes_and_can_be_touched),
		cmocka_unit_test(open_with_truncation_empties_a_host_file),
		cmocka_unit_test(save_in_place_without_truncation_shortens_afterwards),
		cmocka_unit_test(save_through_a_directory_descriptor_works),
	};

	return fixture_run(argc, argv, NULL, saves);
}

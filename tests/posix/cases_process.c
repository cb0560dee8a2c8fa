/* SPDX-License-Identifier: MIT */
/* Several processes and one file: appending, mapping, locking, running, and limits. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/posix/transcript.h"

#define WRITERS 4
#define LINES   100

static void append_lines(int writer, int flags)
{
	int fd = open("h", O_WRONLY | flags);
	char line[64];

	for (int i = 0; i < LINES; i++) {
		int len = snprintf(line, sizeof(line), "%d %03d and the rest of it\n", writer, i);

		if (write(fd, line, (size_t)len) != len)
			_exit(1);
	}
	_exit(close(fd) < 0);
}

/* Whole lines, each once, and each writer's in order. */
static long count_good_lines(void)
{
	FILE *file = fopen("h", "re");
	int next[WRITERS] = { 0 };
	char line[64];
	long good = 0;

	while (file && fgets(line, sizeof(line), file)) {
		int writer = -1;
		int i = -1;

		if (sscanf(line, "%d %d and the rest of it", &writer, &i) == 2 && writer >= 0 &&
		    writer < WRITERS && next[writer] == i) {
			next[writer]++;
			good++;
		}
	}
	if (file)
		(void)fclose(file);
	return good;
}

static void appending_together(void)
{
	struct stat st;
	int status = 0;

	TRY(close(open("h", O_CREAT | O_WRONLY, 0600)));
	for (int i = 0; i < WRITERS; i++) {
		if (fork() == 0)
			append_lines(i, O_APPEND);
	}
	while (wait(&status) > 0)
		VALUE(status);
	VALUE(count_good_lines());
	TRY(stat("h", &st));
	VALUE(st.st_size);
}

static void one_creates(void)
{
	int pipe_fds[2];
	int status;
	int winners = 0;

	TRY(pipe(pipe_fds));
	for (int i = 0; i < WRITERS; i++) {
		if (fork() == 0) {
			char byte;

			(void)close(pipe_fds[1]);
			(void)!read(pipe_fds[0], &byte, 1); /* all start at once */
			_exit(open("h", O_CREAT | O_EXCL | O_WRONLY, 0600) >= 0);
		}
	}
	TRY(close(pipe_fds[1]));
	while (wait(&status) > 0)
		winners += WEXITSTATUS(status);
	VALUE(winners);
}

static char *map_file(const char *name, int protection, int flags)
{
	int fd = open(name, protection & PROT_WRITE && flags == MAP_SHARED ? O_RDWR : O_RDONLY);
	char *map = mmap(NULL, 8192, protection, flags, fd, 0);

	(void)close(fd);
	return map == MAP_FAILED ? NULL : map;
}

static void write_through_a_mapping(void)
{
	char *map = map_file("f", PROT_READ | PROT_WRITE, MAP_SHARED);

	TRY(map ? 0 : -1);
	VALUE(map[0]);
	map[1] = 'M';
	_exit(0); /* no msync, no munmap */
}

static void mappings(void)
{
	char buf[16] = { 0 };
	char *map = map_file("f", PROT_READ | PROT_WRITE, MAP_SHARED);
	char *private_map = map_file("f", PROT_READ | PROT_WRITE, MAP_PRIVATE);
	int fd = open("f", O_RDWR);

	TRY(map && private_map ? 0 : -1);
	map[0] = 'S';
	VALUE(pread(fd, buf, 4, 0));
	VALUE(buf[0]);
	VALUE(pwrite(fd, "W", 1, 2));
	VALUE(map[2]);
	in_process(write_through_a_mapping);
	VALUE(map[1]);
	VALUE(pread(fd, buf, 4, 0));
	VALUE(buf[1]);
	private_map[3] = 'P';
	VALUE(map[3]);
	VALUE(map[12]);
	map[13] = 'Z'; /* behind the end: never in the file */
	TRY(ftruncate(fd, 20));
	VALUE(pread(fd, buf, 16, 12));
	VALUE(buf[0]);
	TRY(ftruncate(fd, 1));
	TRY(ftruncate(fd, 5));
	VALUE(map[2]);
	TRY(msync(map, 8192, MS_SYNC));
	TRY(unlink("f"));
	map[0] = 'U';
	VALUE(pread(fd, buf, 4, 0));
	VALUE(buf[0]);
	TRY(munmap(map, 8192));
	TRY(close(fd));
}

static void touch_behind_the_end(void)
{
	volatile char *map = map_file("f", PROT_READ, MAP_SHARED);

	VALUE(map[4096]);
}

static void mapping_behind_the_end_is_a_bus_error(void)
{
	int fd = open("f", O_RDONLY);

	in_process(touch_behind_the_end);
	TRY(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED ? -1 : 0);
	TRY(close(fd));
	fd = open("d", O_RDONLY);
	TRY(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED ? -1 : 0);
	TRY(close(fd));
}

static int lock_fd;

static int posix_lock(int fd, short type, off_t start, off_t len)
{
	struct flock lock = {
		.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len
	};

	return fcntl(fd, F_SETLK, &lock);
}

static long posix_lock_type(int fd, off_t start)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = 1
	};

	return fcntl(fd, F_GETLK, &lock) < 0 ? -1 : lock.l_type;
}

static void try_locks_in_a_child(void)
{
	int fd = open("f", O_RDWR);

	TRY(flock(fd, LOCK_EX | LOCK_NB));
	TRY(flock(fd, LOCK_SH | LOCK_NB));
	TRY(flock(lock_fd, LOCK_EX | LOCK_NB)); /* the parent's own: inherited */
	TRY(posix_lock(fd, F_WRLCK, 0, 10));
	TRY(posix_lock(fd, F_RDLCK, 5, 1));
	TRY(posix_lock(fd, F_WRLCK, 10, 10));
	TRY(posix_lock(lock_fd, F_WRLCK, 0, 10)); /* not inherited */
	VALUE(posix_lock_type(fd, 3));
	VALUE(posix_lock_type(fd, 30));
	TRY(close(fd));
}

static void locks_across_fork(void)
{
	int second;

	lock_fd = open("f", O_RDWR);
	TRY(flock(lock_fd, LOCK_EX | LOCK_NB));
	TRY(posix_lock(lock_fd, F_WRLCK, 0, 10));
	in_process(try_locks_in_a_child);
	TRY(flock(lock_fd, LOCK_SH | LOCK_NB));
	in_process(try_locks_in_a_child);
	second = open("f", O_RDONLY);
	TRY(posix_lock(second, F_WRLCK, 100, 1));
	TRY(posix_lock(second, F_RDLCK, 100, 1));
	TRY(close(second)); /* and with it every POSIX lock of this process */
	TRY(unlink("f"));
	TRY(flock(lock_fd, LOCK_UN));
	TRY(rename("g", "f"));
	in_process(try_locks_in_a_child);
	TRY(close(lock_fd));
}

static void copy_program(const char *to)
{
	static char buf[1u << 20];
	int in = open("/bin/sleep", O_RDONLY);
	int out = open(to, O_CREAT | O_WRONLY, 0755);
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		TRY(write(out, buf, (size_t)n) == n ? 0 : -1);
	TRY(close(in));
	TRY(close(out));
}

static void run_program(void)
{
	(void)execl("./h", "h", "0", (char *)NULL);
	(void)note_result("execl()", -1);
	_exit(1);
}

static void running_file_is_busy(void)
{
	int status = 0;
	pid_t pid;
	int fd;

	copy_program("h");
	in_process(run_program);
	fd = open("h", O_WRONLY);
	in_process(run_program); /* ETXTBSY */
	TRY(close(fd));
	pid = fork();
	if (pid == 0) {
		(void)execl("./h", "h", "5", (char *)NULL);
		_exit(1);
	}
	(void)usleep(100 * 1000);
	TRY(open("h", O_WRONLY));
	TRY(open("h", O_RDWR | O_TRUNC));
	TRY(truncate("h", 0));
	TRY(close(open("h", O_RDONLY)));
	TRY(rename("g", "h"));
	TRY(kill(pid, SIGKILL));
	TRY(waitpid(pid, &status, 0) == pid ? 0 : -1);
	TRY(chmod("f", 0644));
	TRY(execl("./f", "f", (char *)NULL));
	TRY(execl("./d", "d", (char *)NULL));
}

static void under_a_limit(void)
{
	struct rlimit limit = { .rlim_cur = 1000, .rlim_max = 1000 };
	static char block[4096];
	struct stat st;
	int fd;

	(void)signal(SIGXFSZ, SIG_IGN);
	TRY(setrlimit(RLIMIT_FSIZE, &limit));
	fd = open("h", O_CREAT | O_RDWR, 0600);
	VALUE(write(fd, block, 600));
	VALUE(write(fd, block, 600)); /* what fits */
	VALUE(write(fd, block, 1));
	VALUE(pwrite(fd, block, 10, 990));
	VALUE(pwrite(fd, block, 10, 5000));
	TRY(ftruncate(fd, 1000));
	TRY(ftruncate(fd, 1001));
	TRY(truncate("f", 2000));
	TRY(fallocate(fd, 0, 0, 2000));
	TRY(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 500));
	TRY(fstat(fd, &st));
	VALUE(st.st_size);
	TRY(close(fd));
}

static void signal_at_the_limit(void)
{
	struct rlimit limit = { .rlim_cur = 5, .rlim_max = 5 };
	int fd = open("f", O_WRONLY | O_APPEND);

	TRY(setrlimit(RLIMIT_FSIZE, &limit));
	VALUE(write(fd, "more", 4));
}

static void limit_of_file_sizes(void)
{
	struct stat st;

	in_process(under_a_limit);
	in_process(signal_at_the_limit);
	TRY(stat("f", &st));
	VALUE(st.st_size);
}

const struct posix_case process_cases[] = {
	{ "appending_together", appending_together, false },
	{ "limit_of_file_sizes", limit_of_file_sizes, false },
	{ "locks_across_fork", locks_across_fork, false },
	{ "mapping_behind_the_end_is_a_bus_error", mapping_behind_the_end_is_a_bus_error, false },
	{ "mappings", mappings, false },
	{ "one_creates", one_creates, false },
	{ "running_file_is_busy", running_file_is_busy, false },
	{ NULL, NULL, false },
};

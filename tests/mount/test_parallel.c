/* SPDX-License-Identifier: MIT */
/* Several processes at random work on the same few names. Afterwards the journal, replayed, must
 * tell of exactly what the view shows: every name, its kind, its mode and its bytes.
 *
 * CLAUDEFS_TEST_SEED repeats a run (as far as scheduling allows), CLAUDEFS_TEST_OPERATIONS
 * lengthens it. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/journal/content_store.h"
#include "fs/review/replay.h"
#include "tests/mount/fixture.h"

#define WORKERS    4
#define OPERATIONS 2500u
#define NAMES      6u

static unsigned int base_seed;

static const char *const dirs[] = { ".", "plans", "plugins", "agents", "skills" };
#define DIR_COUNT (sizeof(dirs) / sizeof(dirs[0]))

static const char *const host_names[] = { "settings.json", "CLAUDE.md", "plans/plan.md",
					  "agents/reviewer.md", "plugins/config.json" };
#define HOST_COUNT (sizeof(host_names) / sizeof(host_names[0]))

struct worker {
	unsigned int seed;
	char name[64];  /* the operation's object */
	char other[64]; /* where it moves to */
	char data[9000];
};

static unsigned int draw(struct worker *worker, unsigned int below)
{
	return (unsigned int)rand_r(&worker->seed) % below;
}

/* One of the shared names, now and then one that the host has. */
static void draw_name(struct worker *worker, char name[64])
{
	if (draw(worker, 8) == 0)
		(void)snprintf(name, 64, "%s", host_names[draw(worker, HOST_COUNT)]);
	else
		(void)snprintf(name, 64, "%s/n%u", dirs[draw(worker, DIR_COUNT)],
			       draw(worker, NAMES));
}

/* Operations may fail in every ordinary way: the others are at the same names. */
static void do_write(struct worker *worker)
{
	cleanup_fd int fd = open(worker->name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd >= 0 && pwrite(fd, worker->data, draw(worker, 9000), draw(worker, 20000)) < 0)
		return;
}

static void do_append(struct worker *worker)
{
	cleanup_fd int fd = open(worker->name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd >= 0 && write(fd, worker->data, draw(worker, 200)) < 0)
		return;
}

static void do_rename(struct worker *worker)
{
	(void)rename(worker->name, worker->other);
}

static void do_unlink(struct worker *worker)
{
	(void)unlink(worker->name);
}

static void do_mkdir(struct worker *worker)
{
	(void)mkdir(worker->name, 0700);
}

static void do_rmdir(struct worker *worker)
{
	(void)rmdir(worker->name);
}

static void do_truncate(struct worker *worker)
{
	if (truncate(worker->name, draw(worker, 10000)) < 0)
		return;
}

static void do_list(struct worker *worker)
{
	cleanup_dir DIR *dir = opendir(dirs[draw(worker, DIR_COUNT)]);

	while (dir && readdir(dir))
		;
}

static void do_read(struct worker *worker)
{
	char buf[4096];
	cleanup_fd int fd = open(worker->name, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, buf, sizeof(buf)) < 0)
		return;
}

static void do_sync(struct worker *worker)
{
	cleanup_fd int fd = open(worker->name, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		(void)fsync(fd);
}

static void do_nameless(struct worker *worker)
{
	cleanup_fd int fd = open("plans", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	char proc[64];

	if (fd < 0 || write(fd, worker->data, 10) != 10)
		return;
	(void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, proc, AT_FDCWD, worker->name, AT_SYMLINK_FOLLOW) < 0)
		return;
}

static void do_map(struct worker *worker)
{
	cleanup_fd int fd = open(worker->name, O_RDWR | O_CLOEXEC);
	char *data;

	if (fd < 0)
		return;
	data = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (data == MAP_FAILED)
		return;
	/* Written back by the kernel, also of files that another worker cuts meanwhile; reading an
	 * absent page is a SIGBUS, so only the descriptor looks at the file. */
	(void)msync(data, 4096, MS_SYNC);
	(void)munmap(data, 4096);
}

static void do_chmod(struct worker *worker)
{
	(void)chmod(worker->name, 0600 | draw(worker, 0100));
}

static void do_times(struct worker *worker)
{
	struct timespec times[2] = { { .tv_sec = draw(worker, 1u << 30) },
				     { .tv_sec = draw(worker, 1u << 30) } };

	(void)utimensat(AT_FDCWD, worker->name, times, 0);
}

static void do_hold_unlinked(struct worker *worker)
{
	cleanup_fd int fd = open(worker->name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	(void)unlink(worker->name);
	if (fd >= 0 && write(fd, worker->data, 100) < 0)
		return;
}

static void (*const operations[])(struct worker *worker) = {
	do_append,   do_chmod,    do_hold_unlinked, do_list,   do_map,   do_mkdir,
	do_nameless, do_read,     do_rename,        do_rename, do_rmdir, do_sync,
	do_times,    do_truncate, do_unlink,        do_write,  do_write,
};
#define OPERATION_COUNT (sizeof(operations) / sizeof(operations[0]))

static unsigned int operation_count(void)
{
	const char *text = getenv("CLAUDEFS_TEST_OPERATIONS");

	return text ? (unsigned int)strtoul(text, NULL, 10) : OPERATIONS;
}

static int run_worker(unsigned int index)
{
	static struct worker worker;
	unsigned int count = operation_count();

	worker.seed = base_seed + index;
	memset(worker.data, 'A' + (int)index, sizeof(worker.data));
	if (chdir(fixture.view) < 0)
		return 1;
	for (unsigned int i = 0; i < count; i++) {
		draw_name(&worker, worker.name);
		draw_name(&worker, worker.other);
		operations[draw(&worker, OPERATION_COUNT)](&worker);
	}
	return 0;
}

/* What is compared with. */
struct session_state {
	struct replay *replay;
	struct content_store *store;
	unsigned int entries;
};

static void expect_same_content(const struct session_state *session,
				const struct replay_entry *entry)
{
	cleanup_fd int view_fd = open(in_view("%s", entry->path), O_RDONLY | O_CLOEXEC);
	cleanup_fd int object_fd =
		content_store_open_object(session->store, entry->object->number, O_RDONLY);
	cleanup_free char *shown = NULL;
	cleanup_free char *stored = NULL;
	size_t shown_len = 0;
	size_t stored_len = 0;

	if (view_fd < 0 || object_fd < 0)
		fail_msg("%s: in the journal, but cannot be opened", entry->path);
	assert_int_equal(entry->object->prefix, 0);
	assert_int_equal(fd_read_file(view_fd, 1u << 20, &shown, &shown_len), 0);
	assert_int_equal(fd_read_file(object_fd, 1u << 20, &stored, &stored_len), 0);
	if (shown_len != stored_len || memcmp(shown, stored, shown_len) != 0)
		fail_msg("%s: the view shows %zu bytes, the journal's object has %zu", entry->path,
			 shown_len, stored_len);
}

/* All that the journal tells of is in the view. */
static int expect_entry(const struct replay_entry *entry, void *arg)
{
	struct session_state *session = arg;
	struct stat st;

	session->entries++;
	if (lstat(in_view("%s", entry->path), &st) < 0)
		fail_msg("%s: in the journal, not in the view: %s", entry->path, strerror(errno));
	if (S_ISDIR(st.st_mode) != (entry->object == NULL))
		fail_msg("%s: another kind in the view than in the journal", entry->path);
	if ((st.st_mode & ALLPERMS) != (entry->mode & ALLPERMS))
		fail_msg("%s: mode %o in the view, %o in the journal", entry->path,
			 st.st_mode & ALLPERMS, entry->mode & ALLPERMS);
	if (entry->object)
		expect_same_content(session, entry);
	return 0;
}

/* All that the view shows is the host's, untouched, or in the journal. path: "" or "a/b/". */
static void expect_told(const struct session_state *session, const char *path)
{
	cleanup_dir DIR *dir = opendir(in_view("%s", path[0] ? path : "."));
	const struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		struct replay_entry found;
		struct stat st;
		char name[1024];

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		(void)snprintf(name, sizeof(name), "%s%s", path, entry->d_name);
		if (!replay_find_entry(session->replay, name, &found) &&
		    lstat(in_home(strcmp(name, ".claude.json") ? ".claude/%s" : "%s", name), &st) <
			    0)
			fail_msg("%s: in the view, but neither the host's nor in the journal",
				 name);
		if (entry->d_type == DT_DIR) {
			(void)strcat(name, "/");
			expect_told(session, name);
		}
	}
}

static void journal_tells_exactly_what_the_view_shows(void **state)
{
	cleanup_replay struct replay *replay = NULL;
	cleanup_content_store struct content_store *store = NULL;
	struct session_state session = { 0 };
	const char *reason = NULL;
	uint64_t offset = 0;
	pid_t pids[WORKERS];
	int status;

	(void)state;
	for (unsigned int i = 0; i < WORKERS; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(run_worker(i));
	}
	for (unsigned int i = 0; i < WORKERS; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(replay_new(fixture.session_fd, fixture.session_id, &replay), 0);
	if (replay_state(replay, &reason, &offset) != JOURNAL_OPEN)
		fail_msg("the journal does not replay at %llu: %s", (unsigned long long)offset,
			 reason ? reason : "-");
	assert_int_equal(content_store_open(fixture.session_fd, false, &store), 0);
	session.replay = replay;
	session.store = store;
	assert_int_equal(replay_each_entry(replay, expect_entry, &session), 0);
	assert_true(session.entries > 0);
	expect_told(&session, "");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest parallel[] = {
		cmocka_unit_test(journal_tells_exactly_what_the_view_shows),
	};
	const char *text = getenv("CLAUDEFS_TEST_SEED");

	base_seed = text ? (unsigned int)strtoul(text, NULL, 10) : (unsigned int)time(NULL);
	(void)printf("CLAUDEFS_TEST_SEED=%u\n", base_seed);
	return fixture_run(argc, argv, NULL, parallel);
}

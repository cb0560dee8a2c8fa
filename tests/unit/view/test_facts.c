/* SPDX-License-Identifier: MIT */
/* What the journal says beyond names: who, in what order, and what is left when a session ends. */
#include "tests/unit/view/view_cases.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "fs/base/cleanup.h"
#include "fs/journal/reader.h"

struct process {
	uint64_t number;
	uint32_t pid;
	char exe[256];
	char command[256];
};

/* The last PROCESS record, and how many there are. */
static unsigned int last_process(struct fixture *f, struct process *ret)
{
	cleanup_journal_reader struct journal_reader *reader = NULL;
	struct journal_record record;
	unsigned int n = 0;

	assert_int_equal(journal_reader_open(f->session_fd, FIXTURE_SESSION, &reader), 0);
	while (journal_reader_next(reader, &record) == 1) {
		if (record.type != JOURNAL_PROCESS)
			continue;
		n++;
		ret->number = record.process;
		ret->pid = record.pid;
		(void)snprintf(ret->exe, sizeof(ret->exe), "%s", record.exe);
		(void)snprintf(ret->command, sizeof(ret->command), "%s", record.command);
	}
	return n;
}

static void changes_name_the_process_that_made_them(void **state)
{
	struct fixture *f = *state;
	struct journal_record record;
	struct process process;
	char exe[256] = "";

	assert_true(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	write_path(f, "plans/new.md", "x");
	assert_int_equal(last_process(f, &process), 1);
	assert_int_equal(process.pid, getpid());
	assert_string_equal(process.exe, exe);
	assert_non_null(strstr(process.command, "test_view_facts"));
	assert_true(journal_last(f, JOURNAL_CREATE, &record));
	assert_int_equal(record.process, process.number);
	assert_true(journal_last(f, JOURNAL_WRITE, &record));
	assert_int_equal(record.process, process.number);
	/* Once, not at each change. */
	assert_int_equal(try_unlink(f, "plans/new.md"), 0);
	assert_int_equal(last_process(f, &process), 1);
}

static void another_process_has_a_record_of_its_own(void **state)
{
	struct fixture *f = *state;
	struct journal_record record;
	struct process process;
	int ends[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)close(ends[0]);
		(void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
		(void)execlp("sleep", "sleep", "100", (char *)NULL);
		_exit(127);
	}
	(void)close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 0); /* it has execed */
	(void)close(ends[0]);
	write_path(f, "a", "x");
	f->caller.pid = pid;
	write_path(f, "b", "x");
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	assert_int_equal(last_process(f, &process), 2);
	assert_int_equal(process.pid, pid);
	assert_string_equal(process.command, "sleep 100");
	assert_true(journal_last(f, JOURNAL_WRITE, &record));
	assert_int_equal(record.process, process.number);
}

static void *write_from_thread(void *arg)
{
	struct fixture *f = arg;

	f->caller.pid = gettid();
	write_path(f, "a", "x");
	return NULL;
}

static void threads_are_told_as_their_process(void **state)
{
	struct fixture *f = *state;
	struct process process;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, write_from_thread, f), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_not_equal(f->caller.pid, getpid());
	assert_int_equal(last_process(f, &process), 1);
	assert_int_equal(process.pid, getpid());
}

static void unknown_process_is_left_out(void **state)
{
	struct fixture *f = *state;
	struct journal_record record;
	struct process process;

	f->caller.pid = 0;
	write_path(f, "a", "x");
	assert_int_equal(last_process(f, &process), 0);
	assert_true(journal_last(f, JOURNAL_CREATE, &record));
	assert_false(record.has & JOURNAL_HAS_PROCESS);
}

static void what_is_open_at_the_end_is_sealed(void **state)
{
	struct fixture *f = *state;
	struct view_file *file = create_path(f, "plans/new.md");

	assert_int_equal(append(f, file, "text"), 4);
	(void)open_path(f, "plans/one.md", O_RDONLY);
	view_free(f->view);
	f->view = NULL;
	assert_string_equal(journal_text(f, 0), "create:plans/new.md write:plans/new.md seal");
}

static void seal_that_failed_is_made_up_for_at_the_end(void **state)
{
	struct fixture *f = *state;
	struct view_file *file = create_path(f, "new");

	assert_int_equal(append(f, file, "text"), 4);
	journal_write_error = ENOSPC;
	view_release(file);
	journal_write_error = 0;
	assert_string_equal(journal_text(f, 0), "create:new write:new");
	view_free(f->view);
	f->view = NULL;
	assert_string_equal(journal_text(f, 0), "create:new write:new seal");
}

static void seal_follows_the_last_writer_not_the_first(void **state)
{
	struct fixture *f = *state;
	struct view_file *a = create_path(f, "new");
	struct view_file *b = open_path(f, "new", O_WRONLY);
	struct view_file *reader = open_path(f, "new", O_RDONLY);

	assert_int_equal(append(f, a, "a"), 1);
	view_release(a);
	assert_int_equal(append(f, b, "b"), 1);
	view_release(b);
	view_release(reader);
	assert_string_equal(journal_text(f, 0), "create:new write:new write:new seal");
}

static void a_claude_save_is_these_records(void **state)
{
	struct fixture *f = *state;
	struct stat want = { .st_mode = 0600, .st_mtim = { .tv_sec = 1000 } };
	struct view_file *file;

	assert_int_equal(temp_dir_write(&f->dir, "claude.json", "{\"numStartups\":3}"), 0);
	assert_int_equal(try_mkdir(f, ".claude.json.lock"), 0);
	assert_int_equal(try_setattr(f, ".claude.json.lock", &want, VIEW_SET_MTIME), 0);
	file = create_path(f, ".claude.json.tmp.1.ab");
	assert_int_equal(put(f, file, "{}", 0), 2);
	assert_int_equal(try_setattr(f, ".claude.json.tmp.1.ab", &want, VIEW_SET_MODE), 0);
	assert_int_equal(view_fsync(file, false), 0);
	view_release(file);
	assert_int_equal(try_rename(f, ".claude.json.tmp.1.ab", ".claude.json"), 0);
	assert_int_equal(try_rmdir(f, ".claude.json.lock"), 0);
	assert_string_equal(journal_text(f, 0),
			    "mkdir:.claude.json.lock set_attr:.claude.json.lock "
			    "create:.claude.json.tmp.1.ab write:.claude.json.tmp.1.ab "
			    "set_attr:.claude.json.tmp.1.ab seal base:.claude.json "
			    "rename:.claude.json.tmp.1.ab>.claude.json rmdir:.claude.json.lock");
}

static void broken_journal_stops_every_later_change(void **state)
{
	struct fixture *f = *state;
	struct view_file *file = create_path(f, "new");

	assert_int_equal(append(f, file, "x"), 1);
	journal_write_error = EIO;
	assert_int_equal(try_mkdir(f, "dir"), -EIO);
	journal_write_error = 0;
	/* Sticky: what would follow might not be told of. Reading goes on. */
	assert_int_equal(append(f, file, "y"), -EIO);
	assert_int_equal(try_mkdir(f, "dir"), -EIO);
	assert_int_equal(try_unlink(f, "plans/one.md"), -EIO);
	assert_int_equal(view_fsync(file, false), -EIO);
	assert_int_equal(view_flush(file), -EIO);
	assert_reads(file, 0, 10, "x");
	assert_int_equal(look(f, "dir"), -ENOENT);
	assert_content(f, "plans/one.md", "one\n");
	view_release(file);
	journal_write_error = EIO;
}

static void failed_fsync_is_told_and_stays(void **state)
{
	struct fixture *f = *state;
	struct view_file *file = create_path(f, "new");

	assert_int_equal(append(f, file, "x"), 1);
	journal_sync_error = EIO;
	assert_int_equal(view_fsync(file, false), -EIO);
	journal_sync_error = 0;
	assert_int_equal(view_fsync(file, false), -EIO);
	assert_int_equal(append(f, file, "y"), -EIO);
	assert_int_equal(view_fsync_dir(f->view), -EIO);
	view_release(file);
	journal_sync_error = EIO;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		VIEW_CASE(changes_name_the_process_that_made_them),
		VIEW_CASE(another_process_has_a_record_of_its_own),
		VIEW_CASE(threads_are_told_as_their_process),
		VIEW_CASE(unknown_process_is_left_out),
		VIEW_CASE(what_is_open_at_the_end_is_sealed),
		VIEW_CASE(seal_that_failed_is_made_up_for_at_the_end),
		VIEW_CASE(seal_follows_the_last_writer_not_the_first),
		VIEW_CASE(a_claude_save_is_these_records),
		VIEW_CASE(broken_journal_stops_every_later_change),
		VIEW_CASE(failed_fsync_is_told_and_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Several threads in one view: appends are whole, names stay consistent. Meant to be run under the
 * thread sanitizer too. */
#include "tests/unit/view/view_cases.h"

#include <errno.h>
#include <pthread.h>

#include "fs/base/cleanup.h"

#define LINES   400
#define THREADS 4
#define LINE    "a line that must arrive whole\n"

static struct fixture *shared;

static void *append_lines(void *arg)
{
	struct view_file *file = arg;

	for (int i = 0; i < LINES; i++)
		if (append(shared, file, LINE) != (ssize_t)strlen(LINE))
			return (void *)1;
	return NULL;
}

static void run(void *(*body)(void *), void *args[THREADS])
{
	pthread_t threads[THREADS];
	void *result;

	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, body, args[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_null(result);
	}
}

static void appends_of_several_threads_are_whole_and_none_is_lost(void **state)
{
	struct fixture *f = *state;
	void *files[THREADS];
	size_t size = 4 + THREADS * LINES * strlen(LINE);
	char *buf = malloc(size);
	struct view_file *file;
	int fd;
	off_t at;
	ssize_t n;

	shared = f;
	assert_non_null(buf);
	for (int i = 0; i < THREADS; i++)
		files[i] = open_path(f, "plans/one.md", O_WRONLY | O_APPEND);
	run(append_lines, files);
	for (int i = 0; i < THREADS; i++)
		view_release(files[i]);
	file = open_path(f, "plans/one.md", O_RDONLY);
	n = view_read(file, buf, size, 0, &fd, &at);
	assert_int_equal(n, size);
	if (fd >= 0)
		assert_int_equal(pread(fd, buf, size, at), size);
	for (size_t i = 4; i < size; i += strlen(LINE))
		assert_memory_equal(buf + i, LINE, strlen(LINE));
	view_release(file);
	free(buf);
}

static void *churn(void *arg)
{
	struct fixture *f = shared;
	uint64_t plans = *(uint64_t *)arg;
	struct view_attr attr;
	struct view_file *file;
	bool keep;

	for (int i = 0; i < 150; i++) {
		char buf[8];
		int fd;
		off_t at;

		if (view_create(f->view, &f->caller, plans, "t", 0644, O_RDWR, &attr, &file) == 0) {
			(void)put(f, file, "text", 0);
			(void)view_read(file, buf, sizeof(buf), 0, &fd, &at);
			view_release(file);
			view_forget(f->view, attr.st.st_ino, 1);
		}
		(void)view_rename(f->view, &f->caller, plans, "t", plans, "one.md", 0);
		(void)view_mkdir(f->view, &f->caller, plans, "d", 0755, &attr);
		(void)view_rename(f->view, &f->caller, VIEW_ROOT, "plans", VIEW_ROOT, "p2", 0);
		(void)view_rename(f->view, &f->caller, VIEW_ROOT, "p2", VIEW_ROOT, "plans", 0);
		(void)view_rmdir(f->view, &f->caller, plans, "d");
		(void)view_unlink(f->view, &f->caller, plans, "two.md");
		if (view_lookup(f->view, plans, "one.md", &attr) == 0) {
			if (view_open(f->view, &f->caller, attr.st.st_ino, O_RDWR, &file, &keep) ==
			    0) {
				(void)append(f, file, "+");
				(void)view_fsync(file, true);
				view_release(file);
			}
			view_forget(f->view, attr.st.st_ino, 1);
		}
	}
	return NULL;
}

static void *list(void *arg)
{
	for (int i = 0; i < 300; i++) {
		struct view_dir *dir;
		struct view_attr attr;
		const char *name;
		uint64_t cursor = 0;
		uint64_t ino;
		mode_t type;

		if (view_opendir(shared->view, *(uint64_t *)arg, &dir) < 0)
			return (void *)1;
		while (view_readdir(dir, &cursor, &name, &ino, &type, &attr, true) == 1)
			if (cursor > 2)
				view_forget(shared->view, ino, 1);
		view_closedir(dir);
		(void)view_getattr(shared->view, *(uint64_t *)arg, &attr);
	}
	return NULL;
}

static void *mixed(void *arg)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static int turn;
	int mine;

	(void)pthread_mutex_lock(&lock);
	mine = turn++;
	(void)pthread_mutex_unlock(&lock);
	return mine % 2 == 0 ? churn(arg) : list(arg);
}

static void names_survive_several_threads(void **state)
{
	struct fixture *f = *state;
	uint64_t plans = ino_of(f, "plans");
	void *args[THREADS] = { &plans, &plans, &plans, &plans };
	struct view_usage usage;

	shared = f;
	run(mixed, args);
	view_usage(f->view, &usage);
	assert_int_equal(usage.open_files, 0);
	/* Whatever is there can be read, and the journal verifies (journal_text() looks). */
	assert_true(look(f, "plans") > 0);
	(void)names_in(f, "plans");
	assert_true(journal_count(f) > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		VIEW_CASE(appends_of_several_threads_are_whole_and_none_is_lost),
		VIEW_CASE(names_survive_several_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

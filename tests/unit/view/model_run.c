/* SPDX-License-Identifier: MIT */
#include "tests/unit/view/model_run.h"

#include <dirent.h>
#include <errno.h>
#include <linux/falloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/review/replay.h"
#include "tests/unit/view/view_fixture.h"

#define WALKED 96
#define BIG    ((1u << 20) + 5000u) /* a file that is continued, not copied */

struct handle {
	struct view_file *file;
	int fd;
};

/* One thread's tree: plans/t<number> of the view, and its plain directory. */
struct runner {
	struct fixture *f;
	const struct model_script *script;
	unsigned int thread;
	size_t at; /* in the script */
	int plain;
	char *ours;
	char *theirs;
	uint64_t walked[WALKED];
	size_t walked_count;
	struct handle handles[MODEL_HANDLES];
};

#define CONTENT_MAX (8u << 20)

/* At once, without cleaning up: other threads may be at work. */
static void __attribute__((format(printf, 2, 3), noreturn))
differ(const struct runner *m, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)fprintf(stderr, "operation %zu, thread %u: ", m->at, m->thread);
	(void)vfprintf(stderr, format, args);
	(void)fputc('\n', stderr);
	va_end(args);
	_exit(1);
}

static void agree(const struct runner *m, const struct model_op *op, int ours, int theirs)
{
	if (ours != theirs)
		differ(m, "%s %s: the view says %s, the directory %s", op->path, op->to,
		       strerror(-ours), strerror(-theirs));
}

static int sys(int r)
{
	return r < 0 ? -errno : 0;
}

/* ---- names in the view ---- */

static void forget_later(struct runner *m, uint64_t ino)
{
	if (!m->script->forgets)
		return;
	if (m->walked_count == WALKED)
		differ(m, "the test walks too far");
	m->walked[m->walked_count++] = ino;
}

static int find(struct runner *m, uint64_t parent, const char *name, struct view_attr *ret)
{
	int r = view_lookup(m->f->view, parent, name, ret);

	if (r == 0)
		forget_later(m, ret->st.st_ino);
	return r;
}

static void end_walk(struct runner *m)
{
	while (m->walked_count > 0)
		view_forget(m->f->view, m->walked[--m->walked_count], 1);
}

static int find_root(struct runner *m, struct view_attr *ret)
{
	char name[8];
	int r = find(m, VIEW_ROOT, "plans", ret);

	(void)snprintf(name, sizeof(name), "t%u", m->thread);
	return r < 0 ? r : find(m, ret->st.st_ino, name, ret);
}

/* The parent of path; name becomes its last component. */
static int find_parent(struct runner *m, const char *path, uint64_t *ret, char name[MODEL_PATH_MAX])
{
	struct view_attr attr;
	int r = find_root(m, &attr);

	for (const char *slash = strchr(path, '/'); slash && r == 0; slash = strchr(path, '/')) {
		(void)snprintf(name, MODEL_PATH_MAX, "%.*s", (int)(slash - path), path);
		r = find(m, attr.st.st_ino, name, &attr);
		path = slash + 1;
		if (r == 0 && !S_ISDIR(attr.st.st_mode))
			return -ENOTDIR;
	}
	*ret = attr.st.st_ino;
	(void)snprintf(name, MODEL_PATH_MAX, "%s", path);
	return r;
}

static int find_entry(struct runner *m, const char *path, struct view_attr *ret)
{
	char name[MODEL_PATH_MAX];
	uint64_t parent;
	int r = find_parent(m, path, &parent, name);

	return r < 0 ? r : find(m, parent, name, ret);
}

/* ---- the operations; each does what it says in both places ---- */

static void do_mkdir(struct runner *m, const struct model_op *op)
{
	char name[MODEL_PATH_MAX];
	struct view_attr attr;
	uint64_t parent;
	int theirs = sys(mkdirat(m->plain, op->path, 0755));
	int r = find_parent(m, op->path, &parent, name);

	if (r == 0)
		r = view_mkdir(m->f->view, &m->f->caller, parent, name, 0755, &attr);
	if (r == 0)
		forget_later(m, attr.st.st_ino);
	agree(m, op, r, theirs);
}

static void do_remove(struct runner *m, const struct model_op *op)
{
	bool is_dir = op->kind == MODEL_RMDIR;
	char name[MODEL_PATH_MAX];
	uint64_t parent;
	int theirs = sys(unlinkat(m->plain, op->path, is_dir ? AT_REMOVEDIR : 0));
	int r = find_parent(m, op->path, &parent, name);

	if (r == 0)
		r = is_dir ? view_rmdir(m->f->view, &m->f->caller, parent, name)
			   : view_unlink(m->f->view, &m->f->caller, parent, name);
	agree(m, op, r, theirs);
}

static void do_rename(struct runner *m, const struct model_op *op)
{
	unsigned int flags = op->kind == MODEL_RENAME ? 0 : RENAME_NOREPLACE;
	char name[MODEL_PATH_MAX];
	char new_name[MODEL_PATH_MAX];
	uint64_t parent;
	uint64_t new_parent;
	int theirs = sys(renameat2(m->plain, op->path, m->plain, op->to, flags));
	int r = find_parent(m, op->path, &parent, name);

	if (r == 0)
		r = find_parent(m, op->to, &new_parent, new_name);
	/* The kernel looks at both ends itself before it asks. */
	if (r == 0 && flags) {
		struct view_attr attr;

		r = find(m, parent, name, &attr);
		if (r == 0)
			r = find(m, new_parent, new_name, &attr) == 0 ? -EEXIST : 0;
	}
	if (r == 0)
		r = view_rename(m->f->view, &m->f->caller, parent, name, new_parent, new_name,
				flags);
	agree(m, op, r, theirs);
}

/* to size */
static void do_truncate(struct runner *m, const struct model_op *op)
{
	struct stat want = { .st_size = op->size };
	cleanup_fd int fd = openat(m->plain, op->path, O_WRONLY | O_CLOEXEC);
	int theirs = fd < 0 ? -errno : sys(ftruncate(fd, want.st_size));
	struct view_attr attr;
	int r = find_entry(m, op->path, &attr);

	if (r == 0)
		r = S_ISDIR(attr.st.st_mode)
			    ? -EISDIR
			    : view_setattr(m->f->view, &m->f->caller, attr.st.st_ino, &want,
					   VIEW_SET_SIZE, NULL, &attr);
	agree(m, op, r, theirs);
}

/* to 0700 or 0755 */
static void do_chmod(struct runner *m, const struct model_op *op)
{
	struct stat want = { .st_mode = op->number % 2 ? 0700 : 0755 };
	int theirs = sys(fchmodat(m->plain, op->path, want.st_mode, 0));
	struct view_attr attr;
	int r = find_entry(m, op->path, &attr);

	if (r == 0)
		r = view_setattr(m->f->view, &m->f->caller, attr.st.st_ino, &want, VIEW_SET_MODE,
				 NULL, &attr);
	agree(m, op, r, theirs);
}

static void close_handle(struct handle *handle)
{
	if (!handle->file)
		return;
	view_release(handle->file);
	(void)close(handle->fd);
	handle->file = NULL;
}

static void do_close(struct runner *m, const struct model_op *op)
{
	close_handle(&m->handles[op->handle]);
}

/* for reading and writing; number: a quarter truncates, one in eight is exclusive */
static void do_open(struct runner *m, const struct model_op *op)
{
	struct handle *handle = &m->handles[op->handle];
	int flags = O_RDWR | (op->number % 4 == 0 ? O_TRUNC : 0) |
		    (op->number % 8 == 1 ? O_EXCL : 0);
	char name[MODEL_PATH_MAX];
	struct view_attr attr;
	uint64_t parent;
	int theirs;
	int r;

	close_handle(handle);
	handle->fd = openat(m->plain, op->path, flags | O_CREAT | O_CLOEXEC, 0644);
	theirs = handle->fd < 0 ? -errno : 0;
	r = find_parent(m, op->path, &parent, name);
	if (r == 0)
		r = view_create(m->f->view, &m->f->caller, parent, name, 0644, flags, &attr,
				&handle->file);
	if (r == 0)
		forget_later(m, attr.st.st_ino);
	agree(m, op, r, theirs);
}

static void put_text(struct runner *m, const struct model_op *op, off_t offset, bool is_append)
{
	const struct handle *handle = &m->handles[op->handle];
	char text[16];
	ssize_t n;

	(void)snprintf(text, sizeof(text), "<%u>", op->number % 1000);
	n = view_write(handle->file, &m->f->caller, text, strlen(text), offset, is_append, false);
	if (n != (ssize_t)strlen(text) || pwrite(handle->fd, text, (size_t)n, offset) != n)
		differ(m, "%zd of %zu bytes written at %lld", n, strlen(text), (long long)offset);
}

static off_t size_of(struct runner *m, const struct handle *handle)
{
	struct stat st;

	if (fstat(handle->fd, &st) < 0)
		differ(m, "fstat: %s", strerror(errno));
	return st.st_size;
}

/* number: the text, and where, as far as ten bytes behind the end */
static void do_write(struct runner *m, const struct model_op *op)
{
	const struct handle *handle = &m->handles[op->handle];

	if (handle->file)
		put_text(m, op, op->number % (size_of(m, handle) + 10), false);
}

static void do_append(struct runner *m, const struct model_op *op)
{
	const struct handle *handle = &m->handles[op->handle];

	if (handle->file)
		put_text(m, op, size_of(m, handle), true);
}

static void do_fsync(struct runner *m, const struct model_op *op)
{
	const struct handle *handle = &m->handles[op->handle];

	if (handle->file && view_fsync(handle->file, op->number % 2) != 0)
		differ(m, "fsync failed");
}

/* number: the mode, and where; size: how much */
static void do_fallocate(struct runner *m, const struct model_op *op)
{
	static const int modes[] = { 0, FALLOC_FL_KEEP_SIZE,
				     FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE };
	const struct handle *handle = &m->handles[op->handle];
	int mode = modes[op->number % 3];
	off_t offset;

	if (!handle->file)
		return;
	offset = (op->number / 3) % (size_of(m, handle) + 10);
	agree(m, op, view_fallocate(handle->file, &m->f->caller, mode, offset, (off_t)op->size + 1),
	      sys(fallocate(handle->fd, mode, offset, (off_t)op->size + 1)));
}

/* A nameless file gets its text, and then its name. */
static void do_link_tmpfile(struct runner *m, const struct model_op *op)
{
	struct handle *handle = &m->handles[op->handle];
	char proc[32];
	char name[MODEL_PATH_MAX];
	struct view_attr attr;
	uint64_t parent;
	int theirs;
	int r;

	close_handle(handle);
	r = find_root(m, &attr);
	handle->fd = openat(m->plain, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
	if (r < 0 || handle->fd < 0 ||
	    view_tmpfile(m->f->view, &m->f->caller, attr.st.st_ino, 0644, O_RDWR, &attr,
			 &handle->file) < 0)
		differ(m, "no nameless file");
	forget_later(m, attr.st.st_ino);
	put_text(m, op, 0, false);
	(void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", handle->fd);
	theirs = sys(linkat(AT_FDCWD, proc, m->plain, op->path, AT_SYMLINK_FOLLOW));
	r = find_parent(m, op->path, &parent, name);
	if (r == 0)
		r = view_link(m->f->view, &m->f->caller, attr.st.st_ino, parent, name, &attr);
	if (r == 0)
		forget_later(m, attr.st.st_ino);
	agree(m, op, r, theirs);
}

/* ---- comparing ---- */

static void compare_bytes(struct runner *m, const char *path, struct view_file *file, int fd)
{
	int from;
	off_t at;
	ssize_t n = view_read(file, m->ours, CONTENT_MAX, 0, &from, &at);

	if (n > 0 && from >= 0)
		n = pread(from, m->ours, (size_t)n, at);
	if (n < 0 || n != pread(fd, m->theirs, CONTENT_MAX, 0))
		differ(m, "%s: %zd bytes are not the length", path, n);
	if (memcmp(m->ours, m->theirs, (size_t)n) == 0)
		return;
	for (ssize_t i = 0; i < n; i++) {
		if (m->ours[i] != m->theirs[i])
			differ(m, "%s: contents differ at %zd of %zd", path, i, n);
	}
}

static void compare_file(struct runner *m, int dir_fd, const char *name, uint64_t ino)
{
	cleanup_fd int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	struct view_file *file;
	bool keep;

	if (fd < 0 || view_open(m->f->view, &m->f->caller, ino, O_RDONLY, &file, &keep) < 0)
		differ(m, "%s cannot be opened", name);
	compare_bytes(m, name, file, fd);
	view_release(file);
}

static unsigned int count_entries(struct runner *m, uint64_t ino)
{
	struct view_dir *dir;
	const char *name;
	uint64_t cursor = 2;
	uint64_t entry_ino;
	mode_t type;
	unsigned int count = 0;

	if (view_opendir(m->f->view, ino, &dir) < 0)
		differ(m, "a directory cannot be listed");
	while (view_readdir(dir, &cursor, &name, &entry_ino, &type, NULL, false) == 1)
		count++;
	view_closedir(dir);
	return count;
}

static void compare_dir(struct runner *m, int plain_fd, uint64_t ino);

static void compare_entry(struct runner *m, int dir_fd, const char *name, uint64_t parent)
{
	struct view_attr attr;
	struct stat st;

	if (view_lookup(m->f->view, parent, name, &attr) < 0)
		differ(m, "%s is missing", name);
	if (fstatat(dir_fd, name, &st, 0) < 0 || attr.st.st_mode != st.st_mode ||
	    attr.st.st_nlink != st.st_nlink)
		differ(m, "%s: mode %o, must be %o; links %u, must be %u", name, attr.st.st_mode,
		       st.st_mode, (unsigned int)attr.st.st_nlink, (unsigned int)st.st_nlink);
	if (S_ISDIR(st.st_mode)) {
		compare_dir(m, openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
			    attr.st.st_ino);
	} else {
		if (attr.st.st_size != st.st_size)
			differ(m, "%s: size %lld, must be %lld", name, (long long)attr.st.st_size,
			       (long long)st.st_size);
		compare_file(m, dir_fd, name, attr.st.st_ino);
	}
	if (m->script->forgets)
		view_forget(m->f->view, attr.st.st_ino, 1);
}

/* takes plain_fd */
static void compare_dir(struct runner *m, int plain_fd, uint64_t ino)
{
	cleanup_dir DIR *dir = fdopendir(plain_fd);
	unsigned int count = 0;

	if (!dir)
		differ(m, "the plain directory cannot be read");
	for (const struct dirent *item = readdir(dir); item; item = readdir(dir)) {
		if (item->d_name[0] == '.')
			continue;
		count++;
		compare_entry(m, dirfd(dir), item->d_name, ino);
	}
	if (count != count_entries(m, ino))
		differ(m, "%u entries listed, must be %u", count_entries(m, ino), count);
}

static void compare(struct runner *m)
{
	struct view_attr attr;

	if (find_root(m, &attr) < 0)
		differ(m, "the root is gone");
	compare_dir(m, openat(m->plain, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), attr.st.st_ino);
	for (unsigned int i = 0; i < MODEL_HANDLES; i++)
		if (m->handles[i].file)
			compare_bytes(m, "an open file", m->handles[i].file, m->handles[i].fd);
}

static void do_compare(struct runner *m, const struct model_op *op)
{
	(void)op;
	compare(m);
}

/* ---- what the journal tells ---- */

struct telling {
	struct runner *runner;
	struct replay *replay;
};

static int compare_told_entry(const struct replay_entry *entry, void *arg)
{
	struct telling *telling = arg;
	struct runner *m = telling->runner;
	struct stat st = stat_of(m->f, entry->path);

	if (S_ISDIR(st.st_mode) != !entry->object)
		differ(m, "%s: replayed as another type", entry->path);
	if ((st.st_mode & 07777) != (entry->mode & 07777))
		differ(m, "%s: mode %o, replayed %o", entry->path, st.st_mode, entry->mode);
	if (entry->object && (uint64_t)st.st_size != entry->object->size)
		differ(m, "%s: size %lld, replayed %llu", entry->path, (long long)st.st_size,
		       (unsigned long long)entry->object->size);
	if (entry->object && entry->object->is_sealed &&
	    entry->object->seal_size != entry->object->size)
		differ(m, "%s: seal of another size", entry->path);
	return 0;
}

static int compare_told_base(const struct replay_base *base, void *arg)
{
	struct telling *telling = arg;
	struct replay_entry entry;
	char copy[256];

	(void)snprintf(copy, sizeof(copy), "%s", base->path);
	if (base->is_displaced && !replay_find_entry(telling->replay, base->path, &entry) &&
	    look(telling->runner->f, copy) > 0)
		differ(telling->runner, "%s: shown, but replayed as removed", base->path);
	return 0;
}

static void compare_with_replay(struct runner *m)
{
	cleanup_replay struct replay *replay = NULL;
	struct telling telling = { .runner = m };
	const char *reason = "";
	uint64_t offset;

	if (replay_new(m->f->session_fd, FIXTURE_SESSION, &replay) < 0 ||
	    replay_state(replay, &reason, &offset) != JOURNAL_OPEN)
		differ(m, "the journal cannot be replayed: %s", reason);
	telling.replay = replay;
	(void)replay_each_entry(replay, compare_told_entry, &telling);
	(void)replay_each_base(replay, compare_told_base, &telling);
}

/* ---- running ---- */

static void (*const operations[MODEL_KINDS])(struct runner *m, const struct model_op *op) = {
	[MODEL_APPEND] = do_append,
	[MODEL_CHMOD] = do_chmod,
	[MODEL_CLOSE] = do_close,
	[MODEL_COMPARE] = do_compare,
	[MODEL_FALLOCATE] = do_fallocate,
	[MODEL_FSYNC] = do_fsync,
	[MODEL_LINK_TMPFILE] = do_link_tmpfile,
	[MODEL_MKDIR] = do_mkdir,
	[MODEL_OPEN] = do_open,
	[MODEL_RENAME] = do_rename,
	[MODEL_RENAME_NOREPLACE] = do_rename,
	[MODEL_RMDIR] = do_remove,
	[MODEL_TRUNCATE] = do_truncate,
	[MODEL_UNLINK] = do_remove,
	[MODEL_WRITE] = do_write,
};

static void step(struct runner *m, size_t at)
{
	const struct model_op *op = &m->script->ops[at];

	m->at = at;
	operations[op->kind](m, op);
	end_walk(m);
}

static void *run_thread(void *arg)
{
	struct runner *m = arg;

	for (size_t i = 0; i < m->script->count; i++) {
		if (m->script->ops[i].thread == m->thread)
			step(m, i);
	}
	return NULL;
}

static void run_parallel(struct runner runners[MODEL_THREADS])
{
	pthread_t threads[MODEL_THREADS];

	for (unsigned int i = 0; i < MODEL_THREADS; i++)
		if (pthread_create(&threads[i], NULL, run_thread, &runners[i]) != 0)
			differ(&runners[i], "no thread");
	for (unsigned int i = 0; i < MODEL_THREADS; i++)
		(void)pthread_join(threads[i], NULL);
}

static void fill(const struct runner *m, int parent_fd, const char *name)
{
	static const char *const texts[] = { "one\n", "two\n", "three\n" };
	cleanup_fd int fd = -1;

	for (int i = -1; i < 4; i++) {
		static const char *const files[] = { "one.md", "a", "deep/three.md", "big" };
		cleanup_fd int file = -1;

		if (i < 0) {
			if (mkdirat(parent_fd, name, 0755) < 0)
				differ(m, "mkdir: %s", strerror(errno));
			fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			if (fd < 0 || mkdirat(fd, "deep", 0755) < 0)
				differ(m, "mkdir: %s", strerror(errno));
			continue;
		}
		file = openat(fd, files[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		memset(m->ours, 'h', BIG);
		if (file < 0 || fd_write_all(file, i < 3 ? texts[i] : m->ours,
					     i < 3 ? strlen(texts[i]) : BIG) < 0)
			differ(m, "%s: %s", files[i], strerror(errno));
	}
}

static void start(struct runner *m, struct fixture *f, const struct model_script *script,
		  unsigned int thread)
{
	cleanup_fd int plans_fd = openat(f->dir.fd, "claude/plans", O_RDONLY | O_CLOEXEC);
	char name[16];

	*m = (struct runner){ .f = f, .script = script, .thread = thread };
	m->ours = malloc(CONTENT_MAX);
	m->theirs = malloc(CONTENT_MAX);
	if (!m->ours || !m->theirs)
		differ(m, "no memory");
	(void)snprintf(name, sizeof(name), "t%u", thread);
	fill(m, plans_fd, name);
	fill(m, f->dir.fd, name);
	m->plain = openat(f->dir.fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void finish(struct runner *m)
{
	m->at = m->script->count;
	compare(m);
	for (unsigned int i = 0; i < MODEL_HANDLES; i++)
		close_handle(&m->handles[i]);
	compare(m);
	end_walk(m);
	(void)close(m->plain);
	free(m->ours);
	free(m->theirs);
}

void model_run(const struct model_script *script)
{
	struct runner runners[MODEL_THREADS];
	struct view_usage usage;
	struct fixture *f;
	void *state;

	(void)umask(022);
	if (fixture_setup(&state) < 0)
		_exit(2);
	f = state;
	for (unsigned int i = 0; i < MODEL_THREADS; i++)
		start(&runners[i], f, script, i);
	if (script->is_parallel)
		run_parallel(runners);
	else
		for (size_t i = 0; i < script->count; i++)
			step(&runners[script->ops[i].thread], i);
	for (unsigned int i = 0; i < MODEL_THREADS; i++)
		finish(&runners[i]);
	view_usage(f->view, &usage);
	if (usage.open_files != 0)
		differ(&runners[0], "%llu files are open at the end",
		       (unsigned long long)usage.open_files);
	compare_with_replay(&runners[0]);
	(void)fixture_teardown(&state);
	_exit(0);
}

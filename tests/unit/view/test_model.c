/* SPDX-License-Identifier: MIT */
/* The same random operations on a view and on a plain directory that began with the same content:
 * results, names, link counts, modes and bytes must agree, whether the kernel forgets nodes at once
 * or never. CLAUDEFS_TEST_SEEDS sets how many runs. */
#include "tests/unit/view/view_cases.h"

#include <dirent.h>
#include <errno.h>

#include "fs/base/cleanup.h"
#include "fs/review/replay.h"

#define STEPS   400
#define HANDLES 4
#define WALKED  64

struct handle {
	struct view_file *file;
	int fd;
};

struct model {
	struct fixture *f;
	int plain; /* the plain directory's fd */
	uint64_t random;
	bool forgets;
	uint64_t walked[WALKED];
	size_t walked_count;
	struct handle handles[HANDLES];
	struct replay *replay;
};

static unsigned int pick(struct model *m, unsigned int n)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return (unsigned int)((m->random >> 11) % n);
}

static void random_path(struct model *m, char out[64])
{
	static const char *const names[] = { "a", "b", "deep", "one.md", "three.md", "big" };
	unsigned int depth = 1 + pick(m, 3);

	out[0] = '\0';
	for (unsigned int i = 0; i < depth; i++) {
		(void)strcat(out, i ? "/" : "");
		(void)strcat(out, names[pick(m, 6)]);
	}
}

static int find(struct model *m, uint64_t parent, const char *name, struct view_attr *ret)
{
	int r = view_lookup(m->f->view, parent, name, ret);

	if (r == 0 && m->forgets) {
		assert_true(m->walked_count < WALKED);
		m->walked[m->walked_count++] = ret->st.st_ino;
	}
	return r;
}

static void end_walk(struct model *m)
{
	while (m->walked_count > 0)
		view_forget(m->f->view, m->walked[--m->walked_count], 1);
}

/* The parent of plans/PATH; *ret_name is the last component. */
static int find_parent(struct model *m, char *path, uint64_t *ret, const char **ret_name)
{
	struct view_attr attr;
	char *at = path;
	int r = find(m, VIEW_ROOT, "plans", &attr);

	for (char *slash = strchr(at, '/'); slash && r == 0; slash = strchr(at, '/')) {
		*slash = '\0';
		r = find(m, attr.st.st_ino, at, &attr);
		*slash = '/';
		at = slash + 1;
		if (r == 0 && !S_ISDIR(attr.st.st_mode))
			return -ENOTDIR;
	}
	*ret = attr.st.st_ino;
	*ret_name = at;
	return r;
}

static void agree(const char *what, const char *path, int ours, int theirs)
{
	if (ours != theirs)
		fail_msg("%s %s: view says %s, directory says %s", what, path, strerror(-ours),
			 strerror(-theirs));
}

static int sys(int r)
{
	return r < 0 ? -errno : 0;
}

static void do_mkdir(struct model *m)
{
	char path[64];
	const char *name;
	struct view_attr attr;
	uint64_t parent;
	int r;

	random_path(m, path);
	r = find_parent(m, path, &parent, &name);
	if (r == 0)
		r = view_mkdir(m->f->view, &m->f->caller, parent, name, 0755, &attr);
	if (r == 0 && m->forgets)
		view_forget(m->f->view, attr.st.st_ino, 1);
	agree("mkdir", path, r, sys(mkdirat(m->plain, path, 0755)));
}

static void do_remove(struct model *m)
{
	char path[64];
	const char *name;
	uint64_t parent;
	bool is_dir = pick(m, 2);
	int r;

	random_path(m, path);
	r = find_parent(m, path, &parent, &name);
	if (r == 0)
		r = is_dir ? view_rmdir(m->f->view, &m->f->caller, parent, name)
			   : view_unlink(m->f->view, &m->f->caller, parent, name);
	agree(is_dir ? "rmdir" : "unlink", path, r,
	      sys(unlinkat(m->plain, path, is_dir ? AT_REMOVEDIR : 0)));
}

static void do_rename(struct model *m)
{
	char path[64];
	char to[64];
	char both[136];
	const char *name;
	const char *new_name;
	uint64_t parent;
	uint64_t new_parent;
	int r;
	int theirs;

	random_path(m, path);
	random_path(m, to);
	theirs = sys(renameat(m->plain, path, m->plain, to));
	r = find_parent(m, path, &parent, &name);
	if (r == 0)
		r = find_parent(m, to, &new_parent, &new_name);
	if (r == 0)
		r = view_rename(m->f->view, &m->f->caller, parent, name, new_parent, new_name, 0);
	(void)snprintf(both, sizeof(both), "%s to %s", path, to);
	agree("rename", both, r, theirs);
}

static void do_truncate(struct model *m)
{
	char path[64];
	const char *name;
	struct view_attr attr;
	struct stat want = { .st_size = pick(m, 2) ? pick(m, 20) : pick(m, 3u << 20) };
	cleanup_fd int fd = -1;
	uint64_t parent;
	int theirs;
	int r;

	random_path(m, path);
	fd = openat(m->plain, path, O_WRONLY);
	theirs = fd < 0 ? -errno : sys(ftruncate(fd, want.st_size));
	r = find_parent(m, path, &parent, &name);
	if (r == 0)
		r = find(m, parent, name, &attr);
	if (r == 0)
		r = S_ISDIR(attr.st.st_mode)
			    ? -EISDIR
			    : view_setattr(m->f->view, &m->f->caller, attr.st.st_ino, &want,
					   VIEW_SET_SIZE, NULL, &attr);
	agree("truncate", path, r, theirs);
}

static void do_chmod(struct model *m)
{
	char path[64];
	const char *name;
	struct view_attr attr;
	struct stat want = { .st_mode = pick(m, 2) ? 0700 : 0755 };
	uint64_t parent;
	int r;

	random_path(m, path);
	r = find_parent(m, path, &parent, &name);
	if (r == 0)
		r = find(m, parent, name, &attr);
	if (r == 0)
		r = view_setattr(m->f->view, &m->f->caller, attr.st.st_ino, &want, VIEW_SET_MODE,
				 NULL, &attr);
	agree("chmod", path, r, sys(fchmodat(m->plain, path, want.st_mode, 0)));
}

static void close_handle(struct handle *handle)
{
	if (!handle->file)
		return;
	view_release(handle->file);
	(void)close(handle->fd);
	handle->file = NULL;
}

/* open(O_RDWR|O_CREAT), maybe with O_TRUNC, into one of the handles. */
static void do_open(struct model *m)
{
	struct handle *handle = &m->handles[pick(m, HANDLES)];
	int flags = O_RDWR | (pick(m, 4) == 0 ? O_TRUNC : 0);
	char path[64];
	const char *name;
	struct view_attr attr;
	uint64_t parent;
	int r;

	close_handle(handle);
	random_path(m, path);
	handle->fd = openat(m->plain, path, flags | O_CREAT, 0644);
	r = handle->fd < 0 ? -errno : 0;
	int ours = find_parent(m, path, &parent, &name);

	if (ours == 0)
		ours = view_create(m->f->view, &m->f->caller, parent, name, 0644, flags, &attr,
				   &handle->file);
	if (ours == 0 && m->forgets)
		view_forget(m->f->view, attr.st.st_ino, 1);
	agree("open", path, ours, r);
}

static void do_write(struct model *m)
{
	struct handle *handle = &m->handles[pick(m, HANDLES)];
	char text[16];
	off_t offset;
	struct stat st;

	if (!handle->file)
		return;
	(void)snprintf(text, sizeof(text), "<%u>", pick(m, 1000));
	assert_int_equal(fstat(handle->fd, &st), 0);
	offset = pick(m, 2) ? st.st_size : (off_t)pick(m, (unsigned int)st.st_size + 10);
	assert_int_equal(pwrite(handle->fd, text, strlen(text), offset), strlen(text));
	assert_int_equal(put(m->f, handle->file, text, offset), strlen(text));
	if (pick(m, 64) == 0)
		assert_int_equal(view_fsync(handle->file, false), 0);
}

static void compare_bytes(const char *path, struct view_file *file, int fd)
{
	static char ours[4u << 20];
	static char theirs[4u << 20];
	int from;
	off_t at;
	ssize_t n = view_read(file, ours, sizeof(ours), 0, &from, &at);

	if (n > 0 && from >= 0)
		n = pread(from, ours, (size_t)n, at);
	if (n != pread(fd, theirs, sizeof(theirs), 0) || memcmp(ours, theirs, (size_t)n) != 0)
		fail_msg("%s: contents differ", path);
}

static void compare_file(struct model *m, int dir_fd, const char *name, uint64_t ino)
{
	cleanup_fd int fd = openat(dir_fd, name, O_RDONLY);
	struct view_file *file;
	bool keep;

	assert_true(fd >= 0);
	assert_int_equal(view_open(m->f->view, &m->f->caller, ino, O_RDONLY, &file, &keep), 0);
	compare_bytes(name, file, fd);
	view_release(file);
}

static void compare_dir(struct model *m, int plain_fd, uint64_t ino)
{
	cleanup_dir DIR *dir = fdopendir(plain_fd);
	struct view_dir *ours;
	const char *name;
	uint64_t cursor = 2;
	uint64_t entry_ino;
	mode_t type;
	unsigned int balance = 0;

	assert_non_null(dir);
	assert_int_equal(view_opendir(m->f->view, ino, &ours), 0);
	while (view_readdir(ours, &cursor, &name, &entry_ino, &type, NULL, false) == 1)
		balance++;
	view_closedir(ours);
	for (struct dirent *item = readdir(dir); item; item = readdir(dir)) {
		struct view_attr attr;
		struct stat st;

		if (item->d_name[0] == '.')
			continue;
		balance--;
		if (view_lookup(m->f->view, ino, item->d_name, &attr) < 0)
			fail_msg("%s is missing", item->d_name);
		assert_int_equal(fstatat(dirfd(dir), item->d_name, &st, 0), 0);
		if (attr.st.st_mode != st.st_mode || attr.st.st_nlink != st.st_nlink)
			fail_msg("%s: mode %o, %o; links %u, %u", item->d_name, attr.st.st_mode,
				 st.st_mode, (unsigned int)attr.st.st_nlink,
				 (unsigned int)st.st_nlink);
		if (S_ISDIR(st.st_mode)) {
			compare_dir(m, openat(dirfd(dir), item->d_name, O_RDONLY | O_DIRECTORY),
				    attr.st.st_ino);
		} else {
			assert_int_equal(attr.st.st_size, st.st_size);
			compare_file(m, dirfd(dir), item->d_name, attr.st.st_ino);
		}
		if (m->forgets)
			view_forget(m->f->view, attr.st.st_ino, 1);
	}
	assert_int_equal(balance, 0);
}

static void compare(struct model *m)
{
	struct view_attr attr;

	assert_int_equal(find(m, VIEW_ROOT, "plans", &attr), 0);
	compare_dir(m, openat(m->plain, ".", O_RDONLY | O_DIRECTORY), attr.st.st_ino);
	for (int i = 0; i < HANDLES; i++)
		if (m->handles[i].file)
			compare_bytes("an open file", m->handles[i].file, m->handles[i].fd);
	end_walk(m);
}

/* What the journal tells is what the view shows. */
static int compare_entry(const struct replay_entry *entry, void *arg)
{
	struct model *m = arg;
	struct stat st = stat_of(m->f, entry->path);

	if (S_ISDIR(st.st_mode) != !entry->object)
		fail_msg("%s: replayed as another type", entry->path);
	if ((st.st_mode & 07777) != (entry->mode & 07777))
		fail_msg("%s: mode %o, replayed %o", entry->path, st.st_mode, entry->mode);
	if (entry->object && (uint64_t)st.st_size != entry->object->size)
		fail_msg("%s: size %lld, replayed %llu", entry->path, (long long)st.st_size,
			 (unsigned long long)entry->object->size);
	if (entry->object && entry->object->is_sealed &&
	    entry->object->seal_size != entry->object->size)
		fail_msg("%s: seal of another size", entry->path);
	return 0;
}

static int compare_base(const struct replay_base *base, void *arg)
{
	struct model *m = arg;
	struct replay_entry entry;
	char copy[256];

	(void)snprintf(copy, sizeof(copy), "%s", base->path);
	if (!base->is_displaced || replay_find_entry(m->replay, base->path, &entry))
		return 0;
	if (look(m->f, copy) > 0)
		fail_msg("%s: shown, but replayed as removed", base->path);
	return 0;
}

static void compare_with_replay(struct model *m)
{
	cleanup_replay struct replay *replay = NULL;
	const char *reason = "";
	uint64_t offset;

	assert_int_equal(replay_new(m->f->session_fd, FIXTURE_SESSION, &replay), 0);
	if (replay_state(replay, &reason, &offset) != JOURNAL_OPEN)
		fail_msg("replay stops at %llu: %s", (unsigned long long)offset, reason);
	m->replay = replay;
	assert_int_equal(replay_each_entry(replay, compare_entry, m), 0);
	assert_int_equal(replay_each_base(replay, compare_base, m), 0);
}

static void step(struct model *m)
{
	static void (*const steps[])(struct model *) = {
		do_mkdir, do_remove, do_remove, do_rename, do_rename, do_truncate,
		do_chmod, do_open,   do_open,   do_write,  do_write,  do_write,
	};

	steps[pick(m, sizeof(steps) / sizeof(steps[0]))](m);
	end_walk(m);
}

static void make_plain(struct model *m)
{
	char command[256];
	static unsigned int count;
	char name[32];

	(void)snprintf(name, sizeof(name), "plain-%u", count++);
	(void)snprintf(command, sizeof(command), "cp -a %s/claude/plans %s/%s", m->f->dir.path,
		       m->f->dir.path, name);
	assert_int_equal(system(command), 0);
	m->plain = openat(m->f->dir.fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(m->plain >= 0);
}

static void run(struct fixture *f, uint64_t seed)
{
	struct model m = { .f = f, .random = seed * 0x9e3779b97f4a7c15ull, .forgets = seed % 2 };
	struct view_usage usage;

	fixture_remake(f, NULL);
	make_plain(&m);
	for (int i = 0; i < STEPS; i++) {
		step(&m);
		if (i % 20 == 19)
			compare(&m);
	}
	for (int i = 0; i < HANDLES; i++)
		close_handle(&m.handles[i]);
	compare(&m);
	view_usage(f->view, &usage);
	assert_int_equal(usage.open_files, 0);
	compare_with_replay(&m);
	(void)close(m.plain);
}

static void view_does_what_a_plain_directory_does(void **state)
{
	struct fixture *f = *state;
	const char *seeds = getenv("CLAUDEFS_TEST_SEEDS");
	unsigned long count = seeds ? strtoul(seeds, NULL, 10) : 20;

	host_fill(f, "plans/big", 'h', 2u << 20);
	for (unsigned long seed = 1; seed <= count; seed++) {
		print_message("seed %lu\n", seed);
		run(f, seed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		VIEW_CASE(view_does_what_a_plain_directory_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

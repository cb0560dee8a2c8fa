/* SPDX-License-Identifier: MIT */
#include "tests/unit/view/view_fixture.h"

#include <dirent.h>
#include <errno.h>

#include "fs/base/cleanup.h"
#include "fs/base/path_name.h"
#include "fs/base/text.h"
#include "fs/journal/reader.h"
#include "fs/journal/writer_io.h"

int journal_write_error;
int journal_sync_error;

static ssize_t write_or_fail(int fd, const void *buf, size_t len)
{
	errno = journal_write_error;
	return errno ? -1 : write(fd, buf, len);
}

static int sync_or_fail(int fd)
{
	errno = journal_sync_error;
	return errno ? -1 : fdatasync(fd);
}

static const struct journal_io journal_io = {
	.write = write_or_fail,
	.truncate = ftruncate,
	.sync = sync_or_fail,
};

static const struct {
	const char *path;
	const char *content; /* NULL: a directory */
} host_entries[] = {
	{ "projects", NULL },
	{ FIXTURE_ENCODED, NULL },
	{ FIXTURE_ENCODED "/" FIXTURE_UUID ".jsonl", "{\"line\":1}\n" },
	{ FIXTURE_ENCODED "/memory", NULL },
	{ FIXTURE_ENCODED "/memory/MEMORY.md", "remember\n" },
	{ FIXTURE_OTHER, NULL },
	{ FIXTURE_OTHER "/secret.jsonl", "{}\n" },
	{ "settings.json", "{\"a\":1}\n" },
	{ "CLAUDE.md", "# host\n" },
	{ "plans", NULL },
	{ "plans/one.md", "one\n" },
	{ "plans/two.md", "two\n" },
	{ "plans/deep", NULL },
	{ "plans/deep/three.md", "three\n" },
	{ "backups", NULL },
	{ "backups/old.json", "{}\n" },
	{ "history.jsonl", "{\"display\":\"mine\",\"project\":\"" FIXTURE_PROJECT "\"}\n"
			   "{\"display\":\"theirs\",\"project\":\"/home/user/other\"}\n" },
};

static void make_host(struct fixture *fixture)
{
	assert_int_equal(mkdirat(fixture->dir.fd, "claude", 0700), 0);
	for (size_t i = 0; i < sizeof(host_entries) / sizeof(host_entries[0]); i++) {
		if (host_entries[i].content)
			host_write(fixture, host_entries[i].path, host_entries[i].content);
		else
			host_mkdir(fixture, host_entries[i].path);
	}
}

static void make_view(struct fixture *fixture, const char *user_rules)
{
	struct rules_problem problem;
	char root[128];
	char config[128];

	(void)snprintf(root, sizeof(root), "%s/claude", fixture->dir.path);
	(void)snprintf(config, sizeof(config), "%s/claude.json", fixture->dir.path);
	assert_int_equal(mkdirat(fixture->dir.fd, "session", 0700), 0);
	fixture->session_fd =
		openat(fixture->dir.fd, "session", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fixture->session_fd >= 0);
	assert_int_equal(host_tree_open(root, config, &fixture->host), 0);
	assert_int_equal(content_store_open(fixture->session_fd, 1, &fixture->store), 0);
	assert_int_equal(journal_writer_create_with(fixture->session_fd, FIXTURE_SESSION,
						    &journal_io, &fixture->journal),
			 0);
	assert_int_equal(rules_new_builtin(&fixture->rules), 0);
	if (user_rules)
		assert_int_equal(rules_add_text(fixture->rules, "test", user_rules,
						strlen(user_rules), &problem),
				 0);
	assert_int_equal(project_scope_new(FIXTURE_PROJECT, &fixture->scope), 0);
	fixture->options.host = fixture->host;
	fixture->options.store = fixture->store;
	fixture->options.journal = fixture->journal;
	fixture->options.rules = fixture->rules;
	fixture->options.scope = fixture->scope;
	assert_int_equal(view_new(&fixture->options, &fixture->view), 0);
}

static void unmake_view(struct fixture *fixture)
{
	view_free(fixture->view);
	/* A test that made it fail cannot close it either. */
	assert_true(journal_writer_close(fixture->journal) == 0 || journal_write_error ||
		    journal_sync_error);
	content_store_close(fixture->store);
	host_tree_close(fixture->host);
	rules_free(fixture->rules);
	project_scope_free(fixture->scope);
	(void)close(fixture->session_fd);
}

int fixture_setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture || temp_dir_make(&fixture->dir) < 0)
		return -1;
	journal_write_error = 0;
	journal_sync_error = 0;
	make_host(fixture);
	fixture->caller.uid = getuid();
	fixture->caller.gid = getgid();
	fixture->caller.pid = getpid();
	fixture->options.uid = 1234;
	fixture->options.gid = 2345;
	make_view(fixture, NULL);
	*state = fixture;
	return 0;
}

int fixture_teardown(void **state)
{
	struct fixture *fixture = *state;

	unmake_view(fixture);
	temp_dir_remove(&fixture->dir);
	free(fixture);
	return 0;
}

void fixture_remake(struct fixture *fixture, const char *user_rules)
{
	static unsigned int count;
	char path[128];

	unmake_view(fixture);
	(void)snprintf(path, sizeof(path), "session-%u", count++);
	assert_int_equal(renameat(fixture->dir.fd, "session", fixture->dir.fd, path), 0);
	make_view(fixture, user_rules);
}

static int open_host(struct fixture *fixture, const char *path, int flags)
{
	char full[512];
	int fd;

	(void)snprintf(full, sizeof(full), "claude/%s", path);
	fd = openat(fixture->dir.fd, full, flags | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	return fd;
}

void host_write(struct fixture *fixture, const char *path, const char *content)
{
	cleanup_fd int fd = open_host(fixture, path, O_WRONLY | O_CREAT | O_TRUNC);

	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
}

void host_append(struct fixture *fixture, const char *path, const char *content)
{
	cleanup_fd int fd = open_host(fixture, path, O_WRONLY | O_APPEND);

	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
}

void host_fill(struct fixture *fixture, const char *path, char byte, size_t size)
{
	cleanup_fd int fd = open_host(fixture, path, O_WRONLY | O_CREAT | O_TRUNC);
	cleanup_free char *bytes = malloc(size);

	assert_non_null(bytes);
	memset(bytes, byte, size);
	assert_int_equal(write(fd, bytes, size), size);
}

void host_set_mtime(struct fixture *fixture, const char *path, time_t seconds)
{
	struct timespec times[2] = { { .tv_sec = seconds }, { .tv_sec = seconds } };
	char full[512];

	(void)snprintf(full, sizeof(full), "claude/%s", path);
	assert_int_equal(utimensat(fixture->dir.fd, full, times, 0), 0);
}

void host_mkdir(struct fixture *fixture, const char *path)
{
	char full[512];

	(void)snprintf(full, sizeof(full), "claude/%s", path);
	assert_int_equal(mkdirat(fixture->dir.fd, full, 0755), 0);
}

static int walk(struct fixture *fixture, const char *path, size_t len, struct view_attr *ret)
{
	char buf[PATH_BYTES_MAX + 1];
	const char *cursor = buf;
	const char *name;
	size_t part;
	uint64_t ino = VIEW_ROOT;

	memcpy(buf, path, len);
	buf[len] = '\0';
	if (len == 0)
		return view_getattr(fixture->view, VIEW_ROOT, ret);
	while ((name = path_next(&cursor, &part)) != NULL) {
		char component[512];
		int r;

		memcpy(component, name, part);
		component[part] = '\0';
		r = view_lookup(fixture->view, ino, component, ret);
		if (r < 0)
			return r;
		ino = ret->st.st_ino;
	}
	return 0;
}

int64_t look(struct fixture *fixture, const char *path)
{
	struct view_attr attr;
	int r = walk(fixture, path, strlen(path), &attr);

	return r < 0 ? r : (int64_t)attr.st.st_ino;
}

uint64_t ino_of(struct fixture *fixture, const char *path)
{
	int64_t ino = look(fixture, path);

	if (ino < 0)
		fail_msg("%s: %s", path, strerror((int)-ino));
	return (uint64_t)ino;
}

struct stat stat_of(struct fixture *fixture, const char *path)
{
	struct view_attr attr;

	assert_int_equal(walk(fixture, path, strlen(path), &attr), 0);
	return attr.st;
}

uint64_t parent_of(struct fixture *fixture, const char *path, const char **ret_name)
{
	struct view_attr attr;
	const char *slash = strrchr(path, '/');
	int r;

	*ret_name = slash ? slash + 1 : path;
	if (!slash)
		return VIEW_ROOT;
	r = walk(fixture, path, (size_t)(slash - path), &attr);
	if (r < 0)
		fail_msg("parent of %s: %s", path, strerror(-r));
	return attr.st.st_ino;
}

static int try_create(struct fixture *fixture, const char *path, int flags, struct view_file **ret)
{
	const char *name;
	uint64_t parent = parent_of(fixture, path, &name);
	struct view_attr attr;

	return view_create(fixture->view, &fixture->caller, parent, name, 0644, flags, &attr, ret);
}

int try_make(struct fixture *fixture, const char *path)
{
	struct view_file *file;
	int r = try_create(fixture, path, O_RDWR | O_EXCL, &file);

	if (r == 0)
		view_release(file);
	return r;
}

int try_mkdir(struct fixture *fixture, const char *path)
{
	const char *name;
	uint64_t parent = parent_of(fixture, path, &name);
	struct view_attr attr;

	return view_mkdir(fixture->view, &fixture->caller, parent, name, 0755, &attr);
}

int try_unlink(struct fixture *fixture, const char *path)
{
	const char *name;
	uint64_t parent = parent_of(fixture, path, &name);

	return view_unlink(fixture->view, &fixture->caller, parent, name);
}

int try_rmdir(struct fixture *fixture, const char *path)
{
	const char *name;
	uint64_t parent = parent_of(fixture, path, &name);

	return view_rmdir(fixture->view, &fixture->caller, parent, name);
}

int try_rename(struct fixture *fixture, const char *from, const char *to)
{
	const char *name;
	const char *new_name;
	uint64_t parent = parent_of(fixture, from, &name);
	uint64_t new_parent = parent_of(fixture, to, &new_name);

	return view_rename(fixture->view, &fixture->caller, parent, name, new_parent, new_name, 0);
}

int try_setattr(struct fixture *fixture, const char *path, const struct stat *want,
		unsigned int valid)
{
	struct view_attr attr;

	return view_setattr(fixture->view, &fixture->caller, ino_of(fixture, path), want, valid,
			    NULL, &attr);
}

int try_truncate(struct fixture *fixture, const char *path, off_t size)
{
	struct stat want = { .st_size = size };

	return try_setattr(fixture, path, &want, VIEW_SET_SIZE);
}

int try_open_path(struct fixture *fixture, const char *path, int flags, struct view_file **ret,
		  bool *ret_keep)
{
	return view_open(fixture->view, &fixture->caller, ino_of(fixture, path), flags, ret,
			 ret_keep);
}

struct view_file *open_path(struct fixture *fixture, const char *path, int flags)
{
	struct view_file *file = NULL;
	bool keep;

	assert_int_equal(try_open_path(fixture, path, flags, &file, &keep), 0);
	return file;
}

struct view_file *create_path(struct fixture *fixture, const char *path)
{
	struct view_file *file = NULL;

	assert_int_equal(try_create(fixture, path, O_RDWR, &file), 0);
	return file;
}

ssize_t put(struct fixture *fixture, struct view_file *file, const char *text, off_t offset)
{
	return view_write(file, &fixture->caller, text, strlen(text), offset, false, false);
}

ssize_t append(struct fixture *fixture, struct view_file *file, const char *text)
{
	return view_write(file, &fixture->caller, text, strlen(text), 0, true, false);
}

void assert_reads(struct view_file *file, off_t offset, size_t size, const char *expected)
{
	cleanup_free char *buf = calloc(1, size + 1);
	int fd;
	off_t fd_offset;
	ssize_t n = view_read(file, buf, size, offset, &fd, &fd_offset);

	assert_non_null(buf);
	if (n > 0 && fd >= 0)
		n = pread(fd, buf, (size_t)n, fd_offset);
	assert_int_equal(n, strlen(expected));
	assert_string_equal(buf, expected);
}

void assert_content(struct fixture *fixture, const char *path, const char *expected)
{
	struct view_file *file = open_path(fixture, path, O_RDONLY);

	assert_reads(file, 0, strlen(expected) + 100, expected);
	view_release(file);
	assert_int_equal(stat_of(fixture, path).st_size, strlen(expected));
}

void write_path(struct fixture *fixture, const char *path, const char *text)
{
	struct view_file *file;

	assert_int_equal(try_create(fixture, path, O_WRONLY | O_TRUNC, &file), 0);
	assert_int_equal(put(fixture, file, text, 0), strlen(text));
	view_release(file);
}

void append_path(struct fixture *fixture, const char *path, const char *text)
{
	struct view_file *file = open_path(fixture, path, O_WRONLY | O_APPEND);

	assert_int_equal(append(fixture, file, text), strlen(text));
	view_release(file);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

const char *names_in(struct fixture *fixture, const char *path)
{
	static char joined[65536];
	char *names[1024];
	size_t count = 0;
	struct view_dir *dir;
	const char *name;
	uint64_t cursor = 0;
	uint64_t ino;
	mode_t type;
	int r;

	assert_int_equal(view_opendir(fixture->view, ino_of(fixture, path), &dir), 0);
	while ((r = view_readdir(dir, &cursor, &name, &ino, &type, NULL, false)) == 1)
		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
			names[count++] = strdup(name);
	assert_int_equal(r, 0);
	view_closedir(dir);
	qsort(names, count, sizeof(names[0]), by_name);
	joined[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		(void)strcat(joined, i ? " " : "");
		(void)strcat(joined, names[i]);
		free(names[i]);
	}
	return joined;
}

static void append_record(struct text *text, const struct journal_record *record)
{
	text_appendf(text, "%s%s", text->len ? " " : "", journal_type_name(record->type));
	if (record->has & JOURNAL_HAS_PATH)
		text_appendf(text, ":%s", record->path);
	if (record->has & JOURNAL_HAS_TO)
		text_appendf(text, ">%s", record->to);
}

static bool is_shown(const struct journal_record *record)
{
	return record->type != JOURNAL_SESSION && record->type != JOURNAL_PROCESS;
}

const char *journal_text(struct fixture *fixture, unsigned int skip)
{
	static char joined[1 << 20];
	cleanup_text struct text text = { 0 };
	cleanup_journal_reader struct journal_reader *reader = NULL;
	struct journal_record record;
	cleanup_free char *all = NULL;
	unsigned int n = 0;

	assert_int_equal(journal_reader_open(fixture->session_fd, FIXTURE_SESSION, &reader), 0);
	while (journal_reader_next(reader, &record) == 1)
		if (is_shown(&record) && n++ >= skip)
			append_record(&text, &record);
	assert_int_equal(journal_reader_state(reader, NULL), JOURNAL_OPEN);
	all = text_steal(&text);
	assert_true(strlen(all) < sizeof(joined));
	(void)strcpy(joined, all);
	return joined;
}

unsigned int journal_count(struct fixture *fixture)
{
	cleanup_journal_reader struct journal_reader *reader = NULL;
	struct journal_record record;
	unsigned int n = 0;

	assert_int_equal(journal_reader_open(fixture->session_fd, FIXTURE_SESSION, &reader), 0);
	while (journal_reader_next(reader, &record) == 1)
		if (is_shown(&record))
			n++;
	return n;
}

bool journal_last(struct fixture *fixture, enum journal_type type, struct journal_record *ret)
{
	cleanup_journal_reader struct journal_reader *reader = NULL;
	struct journal_record record;
	bool is_found = false;

	assert_int_equal(journal_reader_open(fixture->session_fd, FIXTURE_SESSION, &reader), 0);
	while (journal_reader_next(reader, &record) == 1)
		if (record.type == type) {
			*ret = record;
			is_found = true;
		}
	return is_found;
}

unsigned int object_files(struct fixture *fixture)
{
	cleanup_dir DIR *dir = NULL;
	int fd = openat(fixture->session_fd, "objects", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unsigned int n = 0;

	assert_true(fd >= 0);
	dir = fdopendir(fd);
	assert_non_null(dir);
	for (struct dirent *item = readdir(dir); item; item = readdir(dir))
		n += item->d_name[0] != '.';
	return n;
}

/* SPDX-License-Identifier: MIT */
#include "tests/crash/state_text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/fd.h"
#include "fs/base/text.h"
#include "fs/review/receipt.h"
#include "tests/crash/state_json.h"

#define CONTENT_MAX (16u << 20) /* bytes */
/* A file that changed less than this ago may change again without its times telling. */
#define RACY_NS     100000000u
#define RECEIPTS    "/SESSION/receipts/"
/* A commit of one part has one receipt; a second and third show that something went wrong. */
#define NUMBERS_MAX 4u

struct state_reader {
	struct scene *scene;
	struct state_files start;
	struct state_files now;
	struct state_json *json;
	struct text text;
	uint64_t started_ns; /* this reading */
};

static void __attribute__((noreturn)) die(const char *what, int error)
{
	(void)fprintf(stderr, "state: %s: %s\n", what, strerror(error));
	abort();
}

static void files_done(struct state_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->files[i].path);
	free(files->files);
	*files = (struct state_files){ 0 };
}

static struct state_file *files_add(struct state_files *files)
{
	if (files->count == files->size) {
		files->size = files->size ? files->size * 2 : 256;
		files->files = realloc(files->files, files->size * sizeof(*files->files));
		if (!files->files)
			die("files", ENOMEM);
	}
	files->files[files->count] = (struct state_file){ 0 };
	return &files->files[files->count++];
}

/* directory + "/" + the name without what is random in it (ret_). */
static char *plain_path(const struct state_reader *reader, const char *directory, const char *name)
{
	const char *plain = name;
	unsigned long long dev;
	unsigned long long ino;
	char *path = NULL;
	int len = 0;

	if (strcmp(name, reader->scene->fixture.manifest.id) == 0)
		plain = "SESSION";
	else if (strncmp(name, ".claudefs-", 10) == 0)
		plain = state_json_purpose(reader->json, name);
	else if (sscanf(name, "%llu-%llu.lock%n", &dev, &ino, &len) == 2 && name[len] == '\0')
		plain = "HOST.lock";
	if (asprintf(&path, "%s/%s", directory, plain) < 0)
		die(name, ENOMEM);
	return path;
}

/* last: of the reading before, whose digest is taken where the file is the same since. */
static void hash_content(const struct state_reader *reader, const struct state_files *last,
			 int dir_fd, const char *name, struct state_file *file)
{
	const struct state_file *known = state_files_by_ino(last, file->ino);
	cleanup_fd int fd = -1;
	off_t n;

	if (known && known->size == file->size && known->mtime_ns == file->mtime_ns &&
	    known->ctime_ns == file->ctime_ns && reader->started_ns > file->ctime_ns + RACY_NS) {
		file->hash = known->hash;
		return;
	}
	fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	n = fd < 0 ? -errno : hash_file(fd, &file->hash);
	if (n < 0)
		die(name, (int)-n);
}

static void read_directory(const struct state_reader *reader, const struct state_files *last,
			   struct state_files *files, int dir_fd, const char *path)
{
	cleanup_dir DIR *dir = fdopendir(dir_fd);

	if (!dir)
		die(path, errno);
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		struct state_file *file;
		char *plain;
		struct stat st;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (fstatat(dir_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			die(entry->d_name, errno);
		plain = plain_path(reader, path, entry->d_name);
		file = files_add(files);
		*file = (struct state_file){
			.path = plain,
			.ino = st.st_ino,
			.size = (uint64_t)st.st_size,
			.mtime_ns = clock_from_timespec(st.st_mtim),
			.ctime_ns = clock_from_timespec(st.st_ctim),
			.mode = st.st_mode,
			.nlink = st.st_nlink,
		};
		if (S_ISREG(st.st_mode))
			hash_content(reader, last, dir_fd, entry->d_name, file);
		if (S_ISDIR(st.st_mode)) {
			int fd = openat(dir_fd, entry->d_name,
					O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

			if (fd < 0)
				die(entry->d_name, errno);
			read_directory(reader, last, files, fd, plain);
		}
	}
}

static void read_files(struct state_reader *reader, struct state_files *ret)
{
	struct state_files last = *ret;
	int fd = open(reader->scene->fixture.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		die(reader->scene->fixture.root, errno);
	*ret = (struct state_files){ 0 };
	reader->started_ns = clock_now_ns();
	read_directory(reader, last.count > 0 ? &last : &reader->start, ret, fd, "");
	files_done(&last);
}

void state_reader_free(struct state_reader *reader)
{
	if (!reader)
		return;
	files_done(&reader->start);
	files_done(&reader->now);
	state_json_free(reader->json);
	text_done(&reader->text);
	free(reader);
}

/* A file of a receipt (ret_), or NULL. */
static char *read_receipt_file(const struct state_reader *reader, uint64_t number, const char *name,
			       size_t *ret_len)
{
	cleanup_fd int fd = receipt_dir_open(reader->scene->fixture.session_fd, number);
	char *data = NULL;
	int r;

	if (fd < 0)
		return NULL;
	r = fd_read_file_at(fd, name, CONTENT_MAX, &data, ret_len);
	if (r < 0 && r != -ENOENT)
		die(name, -r);
	return r < 0 ? NULL : data;
}

/* Those of the last intent: an older receipt is finished. */
static void learn_temporary_names(struct state_reader *reader)
{
	uint64_t number = NUMBERS_MAX;
	cleanup_free char *intent = NULL;
	size_t len = 0;

	while (!intent && number > 0)
		intent = read_receipt_file(reader, number--, "intent.json", &len);
	state_json_learn(reader->json, intent ? number + 1 : 0, intent ? intent : "", len);
}

static int compare_paths(const void *a, const void *b)
{
	const struct state_file *x = a;
	const struct state_file *y = b;

	return strcmp(x->path, y->path);
}

static void sort_by_path(struct state_files *files)
{
	qsort(files->files, files->count, sizeof(files->files[0]), compare_paths);
}

static const struct state_file *find_start(const struct state_reader *reader,
					   const struct state_file *file)
{
	return bsearch(file, reader->start.files, reader->start.count, sizeof(*file),
		       compare_paths);
}

/* Is the tag that of the .json beside it? */
static const char *judge_tag(const struct state_reader *reader, uint64_t number, const char *name)
{
	const struct fixture *f = &reader->scene->fixture;
	struct receipt_seal seal = {
		.key = &f->key,
		.session_id = f->manifest.id,
		.number = number,
	};
	char tag_name[32];
	char json_name[32];
	char hex[DIGEST_HEX_SIZE];
	cleanup_free char *tag = NULL;
	cleanup_free char *json = NULL;
	struct digest digest;
	size_t tag_len = 0;
	size_t len = 0;

	(void)snprintf(tag_name, sizeof(tag_name), "%s.tag", name);
	(void)snprintf(json_name, sizeof(json_name), "%s.json", name);
	tag = read_receipt_file(reader, number, tag_name, &tag_len);
	json = read_receipt_file(reader, number, json_name, &len);
	if (!tag || !json)
		return "tag without json";
	if (receipt_tag(&seal, name, json, len, &digest) < 0)
		die(tag_name, ENOMEM);
	digest_to_hex(&digest, hex);
	return tag_len == strlen(hex) && memcmp(tag, hex, tag_len) == 0 ? "right tag" : "wrong tag";
}

static bool ends_with(const char *s, const char *end)
{
	size_t len = strlen(s);
	size_t end_len = strlen(end);

	return len >= end_len && strcmp(s + len - end_len, end) == 0;
}

/* What a file of a receipt holds, if that differs from run to run; NULL: it does not. */
static const char *receipt_content(struct state_reader *reader, const struct state_file *file)
{
	struct state_facts facts = { .start = &reader->start, .now = &reader->now };
	const char *name = strrchr(file->path, '/') + 1;
	const char *receipts = strstr(file->path, RECEIPTS);
	cleanup_free char *data = NULL;
	uint64_t number;
	size_t len = 0;

	if (!receipts)
		return NULL;
	number = strtoull(receipts + strlen(RECEIPTS), NULL, 10);
	if (strcmp(name, "intent.tag") == 0)
		return judge_tag(reader, number, "intent");
	if (strcmp(name, "receipt.tag") == 0)
		return judge_tag(reader, number, "receipt");
	/* Nothing reads those that are not in place yet. */
	if (strcmp(name, "temporary") == 0)
		return "not in place";
	if (!ends_with(name, ".json") && strcmp(name, "done") != 0)
		return NULL;
	data = read_receipt_file(reader, number, name, &len);
	if (!data)
		die(file->path, ENOENT);
	return state_json_text(reader->json, file->path, data, len, strcmp(name, "done") == 0,
			       &facts);
}

static void say_file(struct state_reader *reader, const struct state_file *file, struct text *text)
{
	const struct state_file *start = find_start(reader, file);
	const char *content = receipt_content(reader, file);
	char hex[HASH_HEX_SIZE];

	text_appendf(text, "%s %o", file->path, (unsigned int)file->mode);
	if (!S_ISREG(file->mode)) {
		text_append(text, "\n");
		return;
	}
	if (file->nlink != 1)
		text_appendf(text, " links %u", (unsigned int)file->nlink);
	hash_to_hex(&file->hash, hex);
	if (content)
		text_appendf(text, " %s\n", content);
	else if (start && hash_is_equal(&start->hash, &file->hash))
		text_append(text, " as at the start\n");
	else
		text_appendf(text, " %llu %s\n", (unsigned long long)file->size, hex);
}

struct state_reader *state_reader_new(struct scene *scene)
{
	struct state_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		die("reader", ENOMEM);
	reader->scene = scene;
	reader->json = state_json_new();
	read_files(reader, &reader->start);
	sort_by_path(&reader->start);
	return reader;
}

const char *state_read(struct state_reader *reader)
{
	size_t last = 0;

	learn_temporary_names(reader);
	read_files(reader, &reader->now);
	sort_by_path(&reader->now);
	text_done(&reader->text);
	for (size_t i = 0; i < reader->now.count; i++) {
		size_t begin = reader->text.len;

		say_file(reader, &reader->now.files[i], &reader->text);
		/* Several files that nobody will read are as good as one. */
		if (reader->text.len - begin == begin - last &&
		    memcmp(reader->text.data + begin, reader->text.data + last, begin - last) == 0)
			reader->text.len = begin;
		else
			last = begin;
	}
	if (reader->text.is_failed)
		die("text", ENOMEM);
	reader->text.data[reader->text.len] = '\0';
	return reader->text.data;
}

static void copy_line(const char *text, size_t at, char *out, size_t size)
{
	size_t len = strcspn(text + at, "\n");

	(void)snprintf(out, size, "%.*s", (int)(len < size ? len : size - 1), text + at);
}

void state_difference(const char *a, const char *b, const char **ret_a, const char **ret_b)
{
	static char line_a[4096];
	static char line_b[4096];
	size_t line = 0;
	size_t i = 0;

	for (; a[i] != '\0' && a[i] == b[i]; i++)
		line = a[i] == '\n' ? i + 1 : line;
	/* Long lines from where they differ. */
	line = i - line > 200 ? i - 200 : line;
	copy_line(a, line, line_a, sizeof(line_a));
	copy_line(b, line, line_b, sizeof(line_b));
	*ret_a = line_a;
	*ret_b = line_b;
}

/* SPDX-License-Identifier: MIT */
#include "tests/lib/session_script.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/fd.h"
#include "fs/journal/sample.h"

#define WORDS_MAX 5

static struct script_file *find_file(struct session_script *script, const char *path)
{
	for (size_t i = 0; i < script->file_count; i++) {
		if (script->files[i].path && strcmp(script->files[i].path, path) == 0)
			return &script->files[i];
	}
	return NULL;
}

static struct script_file *add_file(struct session_script *script, const char *path,
				    uint64_t object)
{
	struct script_file *file = &script->files[script->file_count];

	if (script->file_count == SCRIPT_FILES_MAX)
		return NULL;
	*file = (struct script_file){ .path = strdup(path),
				      .object = object,
				      .low_water = UINT64_MAX };
	script->file_count++;
	return file;
}

static void forget_file(struct script_file *file)
{
	free(file->path);
	file->path = NULL;
}

static int append(struct session_script *script, struct journal_record *record)
{
	if (script->process > 0) {
		record->process = script->process;
		record->has |= JOURNAL_HAS_PROCESS;
	}
	return journal_append(script->journal, record);
}

static int simple(struct session_script *script, enum journal_type type, const char *path,
		  const char *to)
{
	struct journal_record record = {
		.type = type, .has = JOURNAL_HAS_PATH, .path = path, .to = to
	};

	if (to)
		record.has |= JOURNAL_HAS_TO;
	return append(script, &record);
}

static bool is_based(const struct session_script *script, const char *path)
{
	for (size_t i = 0; i < script->based_count; i++) {
		if (strcmp(script->based[i], path) == 0)
			return true;
	}
	return false;
}

/* Merges need the content as it was shown. */
static bool keeps_base_content(const char *path)
{
	return strcmp(path, "history.jsonl") == 0 || strcmp(path, ".claude.json") == 0;
}

static int store_copy(struct session_script *script, int fd, uint64_t *ret_object)
{
	cleanup_fd int object_fd = -1;
	int r = content_store_create(script->store, ret_object, &object_fd);
	off_t n;

	if (r < 0)
		return r;
	n = fd_copy(fd, 0, object_fd, 0, -1);
	return n < 0 ? (int)n : 0;
}

/* BASE of a host entry, unless the session displaced it before. -ENOENT: the host has none. */
static int record_base(struct session_script *script, const char *path, struct stat *ret_st)
{
	struct journal_record record = { .type = JOURNAL_BASE,
					 .has = JOURNAL_HAS_PATH | JOURNAL_HAS_IDENTITY |
						JOURNAL_HAS_SIZE | JOURNAL_HAS_HASH,
					 .path = path };
	bool is_sampled = false;
	cleanup_fd int fd = -1;
	int r = host_tree_stat(script->host, path, ret_st);

	if (r < 0 || is_based(script, path))
		return r;
	if (S_ISREG(ret_st->st_mode)) {
		fd = host_tree_open_file(script->host, path, ret_st);
		if (fd < 0)
			return fd;
		r = journal_hash_content(fd, (uint64_t)ret_st->st_size, &record.hash, &is_sampled);
		record.size = (uint64_t)ret_st->st_size;
		if (r == 0 && keeps_base_content(path)) {
			r = store_copy(script, fd, &record.object);
			record.has |= JOURNAL_HAS_OBJECT;
		}
	}
	record.identity = journal_identity_of(ret_st);
	if (is_sampled)
		record.has |= JOURNAL_HAS_SAMPLED;
	if (r < 0 || script->based_count == SCRIPT_FILES_MAX)
		return r < 0 ? r : -ENOSPC;
	script->based[script->based_count++] = strdup(path);
	return append(script, &record);
}

static int make_directory(struct session_script *script, const char *path, uint32_t mode)
{
	struct journal_record record = { .type = JOURNAL_MKDIR,
					 .has = JOURNAL_HAS_PATH | JOURNAL_HAS_MODE,
					 .path = path,
					 .mode = S_IFDIR | mode };

	if (!add_file(script, path, 0))
		return -ENOSPC;
	return append(script, &record);
}

/* Directories on the way that neither the host nor the session has. */
static int make_parents(struct session_script *script, const char *path)
{
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		cleanup_free char *parent = strndup(path, (size_t)(slash - path));
		struct stat st;
		int r = 0;

		if (!parent)
			return -ENOMEM;
		if (!find_file(script, parent) &&
		    (is_based(script, parent) || host_tree_stat(script->host, parent, &st) < 0))
			r = make_directory(script, parent, 0755);
		if (r < 0)
			return r;
	}
	return 0;
}

static int seal(struct session_script *script, const struct script_file *file)
{
	struct journal_record record = { .type = JOURNAL_SEAL,
					 .has = JOURNAL_HAS_OBJECT | JOURNAL_HAS_SIZE |
						JOURNAL_HAS_HASH | JOURNAL_HAS_LOW_WATER,
					 .object = file->object,
					 .size = file->size,
					 .low_water = file->low_water };
	cleanup_fd int fd = content_store_open_object(script->store, file->object, O_RDONLY);
	bool is_sampled = false;
	int r;

	if (fd < 0)
		return fd;
	r = journal_hash_content(fd, file->size - file->prefix, &record.hash, &is_sampled);
	if (is_sampled)
		record.has |= JOURNAL_HAS_SAMPLED;
	return r < 0 ? r : append(script, &record);
}

static int create_file(struct session_script *script, const char *path, uint32_t mode,
		       struct script_file **ret)
{
	struct journal_record record = { .type = JOURNAL_CREATE,
					 .has = JOURNAL_HAS_PATH | JOURNAL_HAS_OBJECT |
						JOURNAL_HAS_MODE,
					 .path = path,
					 .mode = S_IFREG | mode };
	cleanup_fd int fd = -1;
	int r = make_parents(script, path);

	if (r == 0)
		r = content_store_create(script->store, &record.object, &fd);
	if (r < 0)
		return r;
	*ret = add_file(script, path, record.object);
	return *ret ? append(script, &record) : -ENOSPC;
}

/* A host file becomes the session's own: all of it copied, or only its tail to come. */
static int copy_up(struct session_script *script, const char *path, bool has_prefix,
		   struct script_file **ret)
{
	struct journal_record record = { .type = JOURNAL_COPY_UP,
					 .has = JOURNAL_HAS_PATH | JOURNAL_HAS_OBJECT |
						JOURNAL_HAS_MODE | JOURNAL_HAS_PREFIX |
						JOURNAL_HAS_SIZE,
					 .path = path };
	cleanup_fd int host_fd = -1;
	cleanup_fd int fd = -1;
	struct stat st;
	int r = record_base(script, path, &st);

	if (r < 0)
		return r;
	if (!S_ISREG(st.st_mode))
		return -EISDIR;
	host_fd = host_tree_open_file(script->host, path, NULL);
	if (host_fd < 0)
		return host_fd;
	r = content_store_create(script->store, &record.object, &fd);
	if (r == 0 && !has_prefix && fd_copy(host_fd, 0, fd, 0, -1) < 0)
		r = -EIO;
	*ret = r < 0 ? NULL : add_file(script, path, record.object);
	if (!*ret)
		return r < 0 ? r : -ENOSPC;
	record.mode = st.st_mode;
	record.size = (uint64_t)st.st_size;
	record.prefix = has_prefix ? record.size : 0;
	(*ret)->prefix = record.prefix;
	(*ret)->size = record.size;
	return append(script, &record);
}

/* The session's own file at path, made so if need be. */
static int own_file(struct session_script *script, const char *path, bool has_prefix, uint32_t mode,
		    struct script_file **ret)
{
	int r;

	*ret = find_file(script, path);
	if (*ret)
		return 0;
	r = is_based(script, path) ? -ENOENT : copy_up(script, path, has_prefix, ret);
	return r == -ENOENT ? create_file(script, path, mode, ret) : r;
}

static int truncate_file(struct session_script *script, struct script_file *file)
{
	struct journal_record record = { .type = JOURNAL_TRUNCATE,
					 .has = JOURNAL_HAS_PATH | JOURNAL_HAS_OBJECT |
						JOURNAL_HAS_SIZE,
					 .path = file->path,
					 .object = file->object };
	cleanup_fd int fd = content_store_open_object(script->store, file->object, O_RDWR);

	if (fd < 0)
		return fd;
	if (ftruncate(fd, 0) < 0)
		return -errno;
	file->size = 0;
	file->low_water = 0;
	return append(script, &record);
}

static int write_at_end(struct session_script *script, struct script_file *file, const char *data)
{
	struct journal_record record = { .type = JOURNAL_WRITE,
					 .has = JOURNAL_HAS_PATH | JOURNAL_HAS_OBJECT |
						JOURNAL_HAS_OFFSET | JOURNAL_HAS_SIZE,
					 .path = file->path,
					 .object = file->object,
					 .offset = file->size,
					 .size = strlen(data) };
	cleanup_fd int fd = content_store_open_object(script->store, file->object, O_RDWR);
	int r;

	if (fd < 0)
		return fd;
	r = append(script, &record);
	if (r == 0)
		r = fd_pwrite_all(fd, data, record.size, (off_t)(file->size - file->prefix));
	if (file->size < file->low_water)
		file->low_water = file->size;
	file->size += record.size;
	return r;
}

static int run_write(struct session_script *script, char **words, bool is_sealed)
{
	uint32_t mode = words[3] ? (uint32_t)strtoul(words[3], NULL, 8) : 0644;
	struct script_file *file;
	int r = own_file(script, words[1], false, mode, &file);

	if (r == 0 && file->size > 0)
		r = truncate_file(script, file);
	if (r == 0)
		r = write_at_end(script, file, words[2]);
	return r == 0 && is_sealed ? seal(script, file) : r;
}

static int run_append(struct session_script *script, char **words)
{
	bool has_prefix = words[3] && strcmp(words[3], "prefix") == 0;
	struct script_file *file;
	int r = own_file(script, words[1], has_prefix, 0644, &file);

	if (r == 0)
		r = write_at_end(script, file, words[2]);
	return r == 0 ? seal(script, file) : r;
}

static int run_remove(struct session_script *script, char **words, enum journal_type type)
{
	struct script_file *file = find_file(script, words[1]);
	struct stat st;
	int r = file ? 0 : record_base(script, words[1], &st);

	if (r < 0)
		return r;
	if (file)
		forget_file(file);
	return simple(script, type, words[1], NULL);
}

static int run_move(struct session_script *script, char **words)
{
	struct script_file *target = find_file(script, words[2]);
	struct script_file *file;
	struct stat st;
	int r = own_file(script, words[1], false, 0644, &file);

	if (r == 0)
		r = make_parents(script, words[2]);
	if (r == 0 && !target)
		r = record_base(script, words[2], &st);
	if (r < 0 && r != -ENOENT)
		return r;
	if (target)
		forget_file(target);
	r = simple(script, JOURNAL_RENAME, words[1], words[2]);
	free(file->path);
	file->path = strdup(words[2]);
	return r;
}

/* As Claude saves: a temporary file, renamed. */
static int run_save(struct session_script *script, char **words)
{
	cleanup_free char *temp = NULL;
	char *write_words[WORDS_MAX + 1] = { NULL };
	char *move_words[WORDS_MAX + 1] = { NULL };
	int r;

	if (asprintf(&temp, "%s.tmp.77.abcdef", words[1]) < 0)
		return -ENOMEM;
	write_words[1] = temp;
	write_words[2] = words[2];
	write_words[3] = words[3];
	move_words[1] = temp;
	move_words[2] = words[1];
	r = run_write(script, write_words, true);
	return r < 0 ? r : run_move(script, move_words);
}

static int run_process(struct session_script *script, char **words)
{
	struct journal_record record = { .type = JOURNAL_PROCESS,
					 .has = JOURNAL_HAS_PROCESS | JOURNAL_HAS_PID |
						JOURNAL_HAS_UID | JOURNAL_HAS_EXE |
						JOURNAL_HAS_COMMAND,
					 .process = script->process + 1,
					 .pid = (uint32_t)strtoul(words[2], NULL, 10),
					 .uid = (uint32_t)getuid(),
					 .exe = words[1],
					 .command = words[3] ? words[3] : words[1] };

	script->process++;
	return journal_append(script->journal, &record);
}

static int run_mode(struct session_script *script, char **words)
{
	struct script_file *file;
	struct journal_record record = { .type = JOURNAL_SET_ATTR,
					 .has = JOURNAL_HAS_PATH | JOURNAL_HAS_MODE,
					 .path = words[1],
					 .mode = S_IFREG | (uint32_t)strtoul(words[2], NULL, 8) };
	int r = own_file(script, words[1], false, 0644, &file);

	return r < 0 ? r : append(script, &record);
}

static int run_refuse(struct session_script *script, char **words)
{
	struct journal_record record = { .type = JOURNAL_REFUSE,
					 .has = JOURNAL_HAS_OPERATION | JOURNAL_HAS_ERROR |
						JOURNAL_HAS_PATH,
					 .operation = words[1],
					 .path = words[2],
					 .error = (uint32_t)strtoul(words[3], NULL, 10),
					 .to = words[4] };

	if (words[4])
		record.has |= JOURNAL_HAS_TO;
	return append(script, &record);
}

/* The session stays "running" until the file is there. */
static int run_hold(char **words)
{
	struct timespec interval = { .tv_nsec = 50000000 };
	struct stat st;

	(void)fflush(stdout);
	while (stat(words[1], &st) < 0)
		(void)nanosleep(&interval, NULL);
	return 0;
}

int session_script_end(struct session_script *script)
{
	int r;

	if (script->is_closed)
		return 0;
	script->is_closed = true;
	r = journal_writer_close(script->journal);
	script->manifest.end_ns = clock_now_ns();
	script->manifest.ended = strdup("exit 0");
	return r < 0 ? r : manifest_write(script->session_fd, &script->manifest);
}

static int run_crash(struct session_script *script)
{
	script->is_closed = true;
	journal_writer_abandon(script->journal);
	return 0;
}

/* "\n \t \\ \s (a space) \xHH" in place. */
static void unescape(char *word)
{
	char *to = word;

	for (const char *from = word; *from; to++) {
		char hex[3] = { 0 };

		if (*from != '\\' || !from[1]) {
			*to = *from++;
			continue;
		}
		switch (from[1]) {
		case 'n': *to = '\n'; break;
		case 't': *to = '\t'; break;
		case 's': *to = ' '; break;
		case 'x':
			memcpy(hex, from + 2, from[2] && from[3] ? 2 : 0);
			*to = (char)strtoul(hex, NULL, 16);
			from += strlen(hex);
			break;
		default: *to = from[1]; break;
		}
		from += 2;
	}
	*to = '\0';
}

/* The language: one operation per line, words between spaces. */
static int run_words(struct session_script *script, char **words, size_t count)
{
	const char *verb = words[0];

	if (strcmp(verb, "process") == 0 && count >= 3) /* EXE PID [COMMAND] */
		return run_process(script, words);
	if (strcmp(verb, "mkdir") == 0 && count >= 2) /* PATH [MODE] */
		return make_directory(script, words[1],
				      words[2] ? (uint32_t)strtoul(words[2], NULL, 8) : 0755);
	if (strcmp(verb, "write") == 0 &&
	    count >= 3) /* PATH TEXT [MODE]: the whole content, in place */
		return run_write(script, words, true);
	if (strcmp(verb, "unsealed") == 0 && count >= 3) /* as write, but nobody closed the file */
		return run_write(script, words, false);
	if (strcmp(verb, "append") == 0 &&
	    count >= 3) /* PATH TEXT [prefix]: the host's bytes stay there */
		return run_append(script, words);
	if (strcmp(verb, "save") == 0 &&
	    count >= 3) /* PATH TEXT [MODE]: temporary file and rename */
		return run_save(script, words);
	if (strcmp(verb, "rm") == 0 && count == 2)
		return run_remove(script, words, JOURNAL_UNLINK);
	if (strcmp(verb, "rmdir") == 0 && count == 2)
		return run_remove(script, words, JOURNAL_RMDIR);
	if (strcmp(verb, "mv") == 0 && count == 3) /* a file */
		return run_move(script, words);
	if (strcmp(verb, "chmod") == 0 && count == 3) /* PATH MODE */
		return run_mode(script, words);
	if (strcmp(verb, "refuse") == 0 && count >= 4) /* OPERATION PATH ERRNO [TO] */
		return run_refuse(script, words);
	if (strcmp(verb, "hold") == 0 && count == 2) /* FILE: waits until it exists */
		return run_hold(words);
	if (strcmp(verb, "crash") == 0)
		return run_crash(script);
	if (strcmp(verb, "end") == 0)
		return session_script_end(script);
	return -EINVAL;
}

int session_script_run(struct session_script *script, char *line)
{
	char *words[WORDS_MAX + 1] = { NULL };
	size_t count = 0;

	line[strcspn(line, "\n")] = '\0';
	for (char *word = line; *word && count < WORDS_MAX;) {
		size_t len = strcspn(word, " ");

		if (len > 0)
			words[count++] = word;
		word += len;
		while (*word == ' ')
			*word++ = '\0';
	}
	if (count == 0 || words[0][0] == '#')
		return 0;
	for (size_t i = 0; i < count; i++)
		unescape(words[i]);
	return run_words(script, words, count);
}

/* SPDX-License-Identifier: MIT */
#include "fs/git/push_quarantine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <git2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/digest.h"
#include "fs/git/library.h"
#include "fs/git/push_objects.h"

#define CHUNK     (64u << 10) /* bytes read at a time */
#define DEPTH_MAX 16u         /* of the folders that libgit2 makes: objects/info/... */

static int remove_below(int dir_fd, const char *name, unsigned int depth);

int push_quarantine_make(const char *path)
{
	git_repository_init_options options = GIT_REPOSITORY_INIT_OPTIONS_INIT;
	git_repository *repository = NULL;

	if (!git_library_is_ready())
		return -EIO;
	/* libgit2 reads templates only if it is asked to. */
	options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_NO_REINIT |
			GIT_REPOSITORY_INIT_MKDIR;
	options.mode = 0700;
	options.initial_head = "refs/heads/none";
	if (git_repository_init_ext(&repository, path, &options) != 0)
		return -EIO;
	git_repository_free(repository);
	return 0;
}

/* What only this library wrote: no deeper than libgit2's own folders. */
static int remove_entries(int dir_fd, unsigned int depth)
{
	cleanup_dir DIR *dir = fdopendir(dir_fd);
	const struct dirent *entry;
	int r = 0;

	if (!dir) {
		r = -errno;
		(void)close(dir_fd);
		return r;
	}
	while (r == 0 && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    unlinkat(dirfd(dir), entry->d_name, 0) == 0)
			continue;
		if (errno != EISDIR && errno != EPERM)
			return -errno;
		r = remove_below(dirfd(dir), entry->d_name, depth + 1);
	}
	return r;
}

static int remove_below(int dir_fd, const char *name, unsigned int depth)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	if (depth > DEPTH_MAX) {
		(void)close(fd);
		return -ELOOP;
	}
	r = remove_entries(fd, depth);
	if (r == 0 && unlinkat(dir_fd, name, AT_REMOVEDIR) < 0)
		r = -errno;
	return r;
}

int push_quarantine_remove(int dir_fd, const char *name)
{
	return remove_below(dir_fd, name, 0);
}

struct indexing {
	const struct push_limits *limits;
	struct timespec deadline;
	git_indexer *indexer;
	git_indexer_progress progress;
	struct push_problem *problem;
	struct digest_sha1 *sum; /* of all but tail */
	uint8_t tail[DIGEST_SHA1_SIZE];
	size_t tail_len;
	uint64_t bytes;
};

static bool is_over(const struct timespec *deadline)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > deadline->tv_sec ||
	       (now.tv_sec == deadline->tv_sec && now.tv_nsec > deadline->tv_nsec);
}

static int refuse_time(const struct indexing *indexing)
{
	return push_problem_set(indexing->problem, -EPERM,
				"the pack took longer than %llu seconds; limits.seconds in "
				"~/.config/claudefs/push.json is how long it may",
				(unsigned long long)indexing->limits->seconds);
}

static int on_progress(const git_indexer_progress *progress, void *arg)
{
	struct indexing *indexing = arg;

	if (progress->total_objects > indexing->limits->objects)
		return push_problem_set(indexing->problem, -EPERM,
					"the pack has %u objects; %llu are allowed (limits.objects "
					"in ~/.config/claudefs/push.json)",
					progress->total_objects,
					(unsigned long long)indexing->limits->objects);
	return is_over(&indexing->deadline) ? refuse_time(indexing) : 0;
}

/* The last 20 bytes are kept back from the sum: they may be the pack's own. */
static void sum_up(struct indexing *indexing, const uint8_t *data, size_t len)
{
	size_t total = indexing->tail_len + len;
	size_t out = total > DIGEST_SHA1_SIZE ? total - DIGEST_SHA1_SIZE : 0;
	size_t from_tail = out < indexing->tail_len ? out : indexing->tail_len;

	digest_sha1_update(indexing->sum, indexing->tail, from_tail);
	digest_sha1_update(indexing->sum, data, out - from_tail);
	memmove(indexing->tail, indexing->tail + from_tail, indexing->tail_len - from_tail);
	indexing->tail_len -= from_tail;
	memcpy(indexing->tail + indexing->tail_len, data + (out - from_tail),
	       len - (out - from_tail));
	indexing->tail_len += len - (out - from_tail);
}

static bool is_whole(const struct indexing *indexing)
{
	return indexing->progress.total_objects > 0 &&
	       indexing->progress.received_objects >= indexing->progress.total_objects &&
	       indexing->tail_len == DIGEST_SHA1_SIZE &&
	       digest_sha1_is(indexing->sum, indexing->tail);
}

/* What libgit2 says of a pack that it cannot take, unless a limit was the reason. */
static int refuse_pack(const struct indexing *indexing, const char *what)
{
	const git_error *error = git_error_last();

	if (indexing->problem->text[0])
		return -EPERM;
	/* Its own words for its limits, which it meets before anything is allocated for them. */
	if (error && error->message && strstr(error->message, "too many objects"))
		return push_problem_set(indexing->problem, -EPERM,
					"the pack has too many objects; %llu are allowed "
					"(limits.objects in ~/.config/claudefs/push.json)",
					(unsigned long long)indexing->limits->objects);
	return push_problem_set(indexing->problem, -EBADMSG, "%s: %s; push again", what,
				error && error->message ? error->message : "damaged");
}

static int feed(struct indexing *indexing, const uint8_t *data, size_t len)
{
	indexing->bytes += len;
	if (indexing->bytes > indexing->limits->pack_bytes)
		return push_problem_set(indexing->problem, -EPERM,
					"the pack is larger than %llu bytes (limits.pack_bytes in "
					"~/.config/claudefs/push.json)",
					(unsigned long long)indexing->limits->pack_bytes);
	if (is_over(&indexing->deadline))
		return refuse_time(indexing);
	sum_up(indexing, data, len);
	if (git_indexer_append(indexing->indexer, data, len, &indexing->progress) != 0)
		return refuse_pack(indexing, "the pack is malformed");
	return 0;
}

static int feed_all(struct indexing *indexing, push_read_fn *read, void *arg)
{
	cleanup_free uint8_t *buf = malloc(CHUNK);
	int r = buf ? 0 : -ENOMEM;

	while (r == 0 && !is_whole(indexing)) {
		ssize_t n = read(buf, CHUNK, arg);

		if (n < 0)
			return (int)n;
		if (n == 0)
			return push_problem_set(indexing->problem, -EBADMSG,
						"the pack ended before it was whole; push again");
		r = feed(indexing, buf, (size_t)n);
	}
	if (r == 0 && git_indexer_commit(indexing->indexer, &indexing->progress) != 0)
		r = refuse_pack(indexing, "the pack is malformed or not complete");
	return r;
}

/* A thin pack is completed from what the quarantine has: for the agent's that is nothing, for what
 * the remote has beside it, the agent's. */
int push_quarantine_index(const char *path, const struct push_limits *limits, push_read_fn *read,
			  void *arg, struct push_problem *problem)
{
	struct indexing indexing = { .limits = limits, .problem = problem };
	git_indexer_options options = GIT_INDEXER_OPTIONS_INIT;
	cleanup_free char *directory = NULL;
	git_odb *odb = NULL;
	int r;

	problem->text[0] = '\0';
	if (!git_library_is_ready() ||
	    git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECTS, (size_t)limits->objects) != 0 ||
	    git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECT_SIZE, (size_t)limits->object_bytes) != 0)
		return -EIO;
	(void)clock_gettime(CLOCK_MONOTONIC, &indexing.deadline);
	indexing.deadline.tv_sec += (time_t)limits->seconds;
	options.progress_cb = on_progress;
	options.progress_cb_payload = &indexing;
	/* All that an object refers to must be there. */
	options.verify = 1;
	if (asprintf(&directory, "%s/objects/pack", path) < 0) {
		directory = NULL;
		return -ENOMEM;
	}
	indexing.sum = digest_sha1_new();
	r = indexing.sum ? 0 : -ENOMEM;
	if (r == 0)
		r = push_objects_open(path, &odb);
	if (r == 0 && git_indexer_new(&indexing.indexer, directory, 0600, odb, &options) != 0)
		r = -EIO;
	if (r == 0)
		r = feed_all(&indexing, read, arg);
	git_indexer_free(indexing.indexer);
	git_odb_free(odb);
	digest_sha1_free(indexing.sum);
	return r;
}

/* SPDX-License-Identifier: MIT */
#include "fs/view/facts.h"

#include <errno.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"

int facts_append(struct view *view, struct journal_record *record)
{
	int r = atomic_load(&view->sticky_error);

	if (r < 0)
		return r;
	if (record->process != 0)
		record->has |= JOURNAL_HAS_PROCESS;
	r = journal_append(view->options.journal, record);
	if (r < 0 && r != -ENOSPC && r != -EDQUOT && r != -EFBIG && r != -EINVAL)
		atomic_store(&view->sticky_error, r);
	return r == -EDQUOT || r == -EFBIG ? -ENOSPC : r;
}

int facts_base(struct view *view, uint64_t process, const char *path, const struct base_fact *base)
{
	struct journal_record record = {
		.type = JOURNAL_BASE,
		.has = JOURNAL_HAS_PATH | JOURNAL_HAS_IDENTITY | JOURNAL_HAS_SIZE |
		       JOURNAL_HAS_HASH,
		.process = process,
		.path = path,
		.identity = base->identity,
		.size = base->size,
		.hash = base->hash,
		.object = base->object,
	};

	if (base->object != 0)
		record.has |= JOURNAL_HAS_OBJECT;
	if (base->is_sampled)
		record.has |= JOURNAL_HAS_SAMPLED;
	return facts_append(view, &record);
}

int facts_mkdir(struct view *view, uint64_t process, const char *path, mode_t mode)
{
	struct journal_record record = {
		.type = JOURNAL_MKDIR,
		.has = JOURNAL_HAS_PATH | JOURNAL_HAS_MODE,
		.process = process,
		.path = path,
		.mode = mode,
	};

	return facts_append(view, &record);
}

int facts_create(struct view *view, uint64_t process, const char *path, uint64_t object,
		 mode_t mode)
{
	struct journal_record record = {
		.type = JOURNAL_CREATE,
		.has = JOURNAL_HAS_OBJECT | JOURNAL_HAS_MODE | (path ? JOURNAL_HAS_PATH : 0u),
		.process = process,
		.path = path,
		.object = object,
		.mode = mode,
	};

	return facts_append(view, &record);
}

int facts_copy_up_dir(struct view *view, uint64_t process, const char *path, mode_t mode)
{
	struct journal_record record = {
		.type = JOURNAL_COPY_UP,
		.has = JOURNAL_HAS_PATH | JOURNAL_HAS_MODE,
		.process = process,
		.path = path,
		.mode = mode,
	};

	return facts_append(view, &record);
}

int facts_copy_up_file(struct view *view, uint64_t process, const char *path, mode_t mode,
		       uint64_t object, uint64_t prefix, uint64_t size)
{
	struct journal_record record = {
		.type = JOURNAL_COPY_UP,
		.has = JOURNAL_HAS_PATH | JOURNAL_HAS_MODE | JOURNAL_HAS_OBJECT |
		       JOURNAL_HAS_PREFIX | JOURNAL_HAS_SIZE,
		.process = process,
		.path = path,
		.mode = mode,
		.object = object,
		.prefix = prefix,
		.size = size,
	};

	return facts_append(view, &record);
}

int facts_materialise(struct view *view, uint64_t process, uint64_t before, uint64_t object,
		      uint64_t size)
{
	struct journal_record record = {
		.type = JOURNAL_MATERIALISE,
		.has = JOURNAL_HAS_OBJECT_BEFORE | JOURNAL_HAS_OBJECT | JOURNAL_HAS_SIZE,
		.process = process,
		.object_before = before,
		.object = object,
		.size = size,
	};

	return facts_append(view, &record);
}

/* A record about an object, with the name that its file has at this moment. The namespace stays
 * locked for the append, so that no rename comes between the name and the record. */
static int append_named(struct view *view, struct node *node, struct journal_record *record)
{
	cleanup_free char *path = NULL;
	int r;

	view_lock(view);
	r = node_path(view, node, &path);
	if (r == 0) {
		record->path = path;
		record->has |= JOURNAL_HAS_PATH;
	}
	if (r == 0 || r == -ENOENT)
		r = facts_append(view, record);
	view_unlock(view);
	return r;
}

int facts_write(struct view *view, uint64_t process, struct node *node, uint64_t offset,
		uint64_t size)
{
	struct journal_record record = {
		.type = JOURNAL_WRITE,
		.has = JOURNAL_HAS_OBJECT | JOURNAL_HAS_OFFSET | JOURNAL_HAS_SIZE,
		.process = process,
		.object = node->content.object,
		.offset = offset,
		.size = size,
	};

	if (node->content.secret)
		return 0;
	return append_named(view, node, &record);
}

int facts_truncate(struct view *view, uint64_t process, struct node *node, uint64_t size)
{
	struct journal_record record = {
		.type = JOURNAL_TRUNCATE,
		.has = JOURNAL_HAS_OBJECT | JOURNAL_HAS_SIZE,
		.process = process,
		.object = node->content.object,
		.size = size,
	};

	if (node->content.secret)
		return 0;
	return append_named(view, node, &record);
}

int facts_seal(struct view *view, const struct content *content, const struct hash *hash,
	       bool is_sampled)
{
	struct journal_record record = {
		.type = JOURNAL_SEAL,
		.has = JOURNAL_HAS_OBJECT | JOURNAL_HAS_SIZE | JOURNAL_HAS_HASH |
		       JOURNAL_HAS_LOW_WATER | (is_sampled ? JOURNAL_HAS_SAMPLED : 0u),
		.object = content->object,
		.size = content->size,
		.hash = *hash,
		.low_water = content->low_water,
	};

	return facts_append(view, &record);
}

int facts_set_attr(struct view *view, uint64_t process, struct node *node, const mode_t *mode,
		   const struct timespec *mtime)
{
	cleanup_free char *path = NULL;
	struct journal_record record = {
		.type = JOURNAL_SET_ATTR,
		.process = process,
	};
	int r = node_path(view, node, &path);

	if (r < 0 && r != -ENOENT)
		return r;
	if (node->kind == NODE_FILE && node->content.secret)
		return 0;
	if (path) {
		record.path = path;
		record.has |= JOURNAL_HAS_PATH;
	}
	if (node->kind == NODE_FILE) {
		record.object = node->content.object;
		record.has |= JOURNAL_HAS_OBJECT;
	}
	if (!(record.has & (JOURNAL_HAS_PATH | JOURNAL_HAS_OBJECT)))
		return 0; /* a removed directory: nothing of it comes home */
	if (mode) {
		record.mode = *mode;
		record.has |= JOURNAL_HAS_MODE;
	}
	if (mtime) {
		record.mtime_ns = clock_from_timespec(*mtime);
		record.has |= JOURNAL_HAS_MTIME;
	}
	return facts_append(view, &record);
}

int facts_remove(struct view *view, uint64_t process, enum journal_type type, const char *path)
{
	struct journal_record record = {
		.type = type,
		.has = JOURNAL_HAS_PATH,
		.process = process,
		.path = path,
	};

	return facts_append(view, &record);
}

int facts_rename(struct view *view, uint64_t process, const char *path, const char *to)
{
	struct journal_record record = {
		.type = JOURNAL_RENAME,
		.has = JOURNAL_HAS_PATH | JOURNAL_HAS_TO,
		.process = process,
		.path = path,
		.to = to,
	};

	return facts_append(view, &record);
}

int facts_link(struct view *view, uint64_t process, const char *path, uint64_t object)
{
	struct journal_record record = {
		.type = JOURNAL_LINK,
		.has = JOURNAL_HAS_PATH | JOURNAL_HAS_OBJECT,
		.process = process,
		.path = path,
		.object = object,
	};

	return facts_append(view, &record);
}

int facts_refuse(struct view *view, uint64_t process, const char *operation, const char *path,
		 const char *to, int error)
{
	struct journal_record record = {
		.type = JOURNAL_REFUSE,
		.has = JOURNAL_HAS_OPERATION | JOURNAL_HAS_ERROR | (path ? JOURNAL_HAS_PATH : 0u) |
		       (to ? JOURNAL_HAS_TO : 0u),
		.process = process,
		.operation = operation,
		.path = path,
		.to = to,
		.error = (uint32_t)error,
	};

	/* A loop of refused calls must not fill the disk. A refusal that cannot be recorded is a
	 * refusal all the same. */
	if (atomic_fetch_add(&view->refusals, 1) < FACTS_REFUSALS_MAX)
		(void)facts_append(view, &record);
	return -error;
}

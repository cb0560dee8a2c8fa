/* SPDX-License-Identifier: MIT */
/* What each record does to the state, and what it must find there to be believed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/review/replay_state.h"

/* What a record's function may need besides the record. */
struct step {
	struct replay *replay;
	const struct journal_record *record;
	const char *reason; /* set together with -EBADMSG */
};

static int reject(struct step *step, const char *reason)
{
	step->reason = reason;
	return -EBADMSG;
}

static bool has(const struct step *step, enum journal_field field)
{
	return (step->record->has & (uint32_t)field) != 0;
}

static void touch_node(const struct step *step, struct entry_node *node)
{
	node->seq = step->record->seq;
	node->time_ns = step->record->time_ns;
	node->process = step->record->process;
}

static void touch_object(const struct step *step, struct replay_object *object)
{
	object->seq = step->record->seq;
	object->time_ns = step->record->time_ns;
	if (step->record->process != 0)
		object->process = step->record->process;
}

/* The base of path if the host's entry still shows there. */
static struct replay_base_item *showing_base(const struct replay *replay, const char *path,
					     size_t len)
{
	struct replay_base_item *item = replay_base_item(replay, path, len);

	return item && !item->base.is_displaced ? item : NULL;
}

static bool is_directory_base(const struct replay_base_item *item)
{
	return S_ISDIR(item->base.identity.mode);
}

/* One step down the path: the node, or a new one for a directory that the host may have. */
static int enter_directory(struct step *step, const char *path, size_t path_len,
			   struct entry_node *parent, const char *name, size_t len,
			   struct entry_node **ret)
{
	struct entry_tree *tree = &step->replay->tree;
	struct entry_node *node = entry_tree_find(tree, parent, name, len);
	struct replay_base_item *base;

	if (node) {
		*ret = node;
		return node->object ? reject(step, "a file is used as a directory") : 0;
	}
	base = replay_base_item(step->replay, path, path_len);
	if (!parent->is_host_backed ||
	    (base && (base->base.is_displaced || !is_directory_base(base))))
		return reject(step, "a directory on the way does not exist");
	if (tree->count >= REPLAY_ENTRIES_MAX)
		return reject(step, "too many names");
	node = entry_tree_add(tree, parent, name, len);
	if (!node)
		return -ENOMEM;
	node->is_host_backed = true;
	*ret = node;
	return 0;
}

/* The directory that holds path. *ret_base: the last component of path. */
static int find_parent(struct step *step, const char *path, struct entry_node **ret,
		       const char **ret_base)
{
	struct entry_node *node = step->replay->tree.root;
	const char *cursor = path;
	const char *name;
	size_t len = 0;

	if (*path == '\0')
		return reject(step, "the root cannot be changed");
	while ((name = path_next(&cursor, &len)) != NULL && *cursor != '\0') {
		int r = enter_directory(step, path, (size_t)(name + len - path), node, name, len,
					&node);

		if (r < 0)
			return r;
	}
	if (!name)
		return reject(step, "a name that is none");
	*ret = node;
	*ret_base = name;
	return 0;
}

/* A new own entry at a name where nothing shows. */
static int add_entry(struct step *step, const char *path, struct entry_node **ret)
{
	struct entry_node *parent = NULL;
	struct entry_node *node;
	const char *base = NULL;
	int r;

	r = find_parent(step, path, &parent, &base);
	if (r < 0)
		return r;
	if (entry_tree_find(&step->replay->tree, parent, base, strlen(base)) ||
	    showing_base(step->replay, path, strlen(path)))
		return reject(step, "a new entry has the name of another");
	if (step->replay->tree.count >= REPLAY_ENTRIES_MAX)
		return reject(step, "too many names");
	node = entry_tree_add(&step->replay->tree, parent, base, strlen(base));
	if (!node)
		return -ENOMEM;
	node->is_own = true;
	touch_node(step, node);
	*ret = node;
	return 0;
}

static int add_object(struct step *step, uint64_t number, struct replay_object_item **ret)
{
	struct replay_object_item *item;
	int r;

	if (number == 0 || replay_object_item(step->replay, number))
		return reject(step, "an object is used twice");
	item = calloc(1, sizeof(*item));
	if (!item)
		return -ENOMEM;
	item->object.number = number;
	item->object.low_water = UINT64_MAX;
	r = hash_index_add(&step->replay->objects, &item->link, hash_index_key_number(number));
	if (r < 0) {
		free(item);
		return r;
	}
	touch_object(step, &item->object);
	*ret = item;
	return 0;
}

static int find_object(struct step *step, uint64_t number, struct replay_object_item **ret)
{
	struct replay_object_item *item = replay_object_item(step->replay, number);

	if (!item || item->is_retired)
		return reject(step, "an object that does not exist");
	*ret = item;
	return 0;
}

static void bind(struct entry_node *node, struct replay_object_item *item)
{
	node->object = &item->object;
	node->mode = item->object.mode;
	item->node = node;
	item->object.was_named = true;
}

static void drop_node(struct step *step, struct entry_node *node)
{
	if (node->object) {
		struct replay_object_item *item =
			replay_object_item(step->replay, node->object->number);

		if (item)
			item->node = NULL;
	}
	entry_tree_remove(&step->replay->tree, node);
}

static int apply_session(struct step *step)
{
	if (step->replay->record_count != 0)
		return reject(step, "a second session begins");
	return 0;
}

static int apply_process(struct step *step)
{
	const struct journal_record *record = step->record;
	struct replay_process_item *item;
	int r;

	if (replay_process(step->replay, record->process))
		return reject(step, "a process is introduced twice");
	item = calloc(1, sizeof(*item));
	if (!item)
		return -ENOMEM;
	item->process = (struct replay_process){
		.number = record->process,
		.pid = record->pid,
		.uid = record->uid,
		.exe = strdup(record->exe),
		.command = strdup(record->command),
	};
	r = item->process.exe && item->process.command ? 0 : -ENOMEM;
	if (r == 0)
		r = hash_index_add(&step->replay->processes, &item->link,
				   hash_index_key_number(record->process));
	if (r < 0) {
		free(item->process.exe);
		free(item->process.command);
		free(item);
	}
	return r;
}

static int apply_base(struct step *step)
{
	const struct journal_record *record = step->record;
	struct replay_base_item *item;
	size_t len = strlen(record->path);
	int r;

	if (len == 0 || replay_base_item(step->replay, record->path, len))
		return reject(step, "a name has two bases");
	item = calloc(1, sizeof(*item));
	if (!item)
		return -ENOMEM;
	item->base = (struct replay_base){
		.path = strdup(record->path),
		.identity = record->identity,
		.size = record->size,
		.hash = record->hash,
		.object = has(step, JOURNAL_HAS_OBJECT) ? record->object : 0,
		.seq = record->seq,
		.time_ns = record->time_ns,
		.process = record->process,
		.is_sampled = has(step, JOURNAL_HAS_SAMPLED),
	};
	r = item->base.path ? hash_index_add(&step->replay->bases, &item->link,
					     hash_index_key(record->path, len))
			    : -ENOMEM;
	if (r < 0) {
		free(item->base.path);
		free(item);
	}
	return r;
}

static int apply_mkdir(struct step *step)
{
	struct entry_node *node = NULL;
	int r = add_entry(step, step->record->path, &node);

	if (r == 0)
		node->mode = S_IFDIR | (step->record->mode & 07777u);
	return r;
}

static int apply_create(struct step *step)
{
	struct replay_object_item *item = NULL;
	struct entry_node *node = NULL;
	int r;

	r = add_object(step, step->record->object, &item);
	if (r < 0)
		return r;
	item->object.mode = S_IFREG | (step->record->mode & 07777u);
	item->object.low_water = 0;
	if (!has(step, JOURNAL_HAS_PATH))
		return 0;
	r = add_entry(step, step->record->path, &node);
	if (r == 0)
		bind(node, item);
	return r;
}

static int copy_up_directory(struct step *step, struct replay_base_item *base)
{
	const char *path = step->record->path;
	struct entry_node *parent = NULL;
	struct entry_node *node;
	const char *name = NULL;
	int r;

	if (!is_directory_base(base))
		return reject(step, "a file was copied up as a directory");
	r = find_parent(step, path, &parent, &name);
	if (r < 0)
		return r;
	r = enter_directory(step, path, strlen(path), parent, name, strlen(name), &node);
	if (r < 0)
		return r;
	node->is_own = true;
	node->mode = S_IFDIR | (step->record->mode & 07777u);
	touch_node(step, node);
	base->base.is_displaced = true;
	return 0;
}

static int apply_copy_up(struct step *step)
{
	const struct journal_record *record = step->record;
	struct replay_base_item *base =
		showing_base(step->replay, record->path, strlen(record->path));
	struct replay_object_item *item = NULL;
	struct entry_node *node = NULL;
	int r;

	if (!base)
		return reject(step, "a name without a base was copied up");
	if (!has(step, JOURNAL_HAS_OBJECT))
		return copy_up_directory(step, base);
	if (is_directory_base(base))
		return reject(step, "a directory was copied up as a file");
	if (record->prefix > record->size || record->prefix > base->base.identity.size)
		return reject(step, "a prefix is longer than its file");
	r = add_object(step, record->object, &item);
	if (r < 0)
		return r;
	item->object.mode = S_IFREG | (record->mode & 07777u);
	item->object.size = record->size;
	item->object.prefix = record->prefix;
	if (record->prefix > 0) {
		item->object.prefix_path = strdup(record->path);
		if (!item->object.prefix_path)
			return -ENOMEM;
	}
	base->base.is_displaced = true;
	r = add_entry(step, record->path, &node);
	if (r == 0)
		bind(node, item);
	return r;
}

static int apply_materialise(struct step *step)
{
	struct replay_object_item *before = NULL;
	struct replay_object_item *item = NULL;
	struct entry_node *node;
	int r;

	r = find_object(step, step->record->object_before, &before);
	if (r < 0)
		return r;
	r = add_object(step, step->record->object, &item);
	if (r < 0)
		return r;
	node = before->node;
	item->object.mode = before->object.mode;
	item->object.low_water = before->object.low_water;
	item->object.process = before->object.process;
	item->object.was_named = before->object.was_named;
	item->object.size = step->record->size;
	before->node = NULL;
	before->is_retired = true;
	if (node)
		bind(node, item);
	return 0;
}

static int apply_write(struct step *step)
{
	const struct journal_record *record = step->record;
	struct replay_object_item *item = NULL;
	int r;

	r = find_object(step, record->object, &item);
	if (r < 0)
		return r;
	if (record->offset > INT64_MAX || record->size > INT64_MAX - record->offset)
		return reject(step, "a write beyond any file");
	if (record->offset < item->object.low_water)
		item->object.low_water = record->offset;
	if (record->offset + record->size > item->object.size)
		item->object.size = record->offset + record->size;
	item->object.is_sealed = false;
	touch_object(step, &item->object);
	return 0;
}

static int apply_truncate(struct step *step)
{
	struct replay_object_item *item = NULL;
	int r;

	r = find_object(step, step->record->object, &item);
	if (r < 0)
		return r;
	if (step->record->size > INT64_MAX)
		return reject(step, "a length beyond any file");
	if (step->record->size < item->object.prefix)
		return reject(step, "a prefix was cut");
	if (step->record->size < item->object.low_water)
		item->object.low_water = step->record->size;
	item->object.size = step->record->size;
	item->object.is_sealed = false;
	touch_object(step, &item->object);
	return 0;
}

static int apply_seal(struct step *step)
{
	const struct journal_record *record = step->record;
	struct replay_object_item *item = NULL;
	int r;

	r = find_object(step, record->object, &item);
	if (r < 0)
		return r;
	if (record->size < item->object.prefix || record->size > INT64_MAX)
		return reject(step, "a seal does not fit its file");
	item->object.size = record->size;
	item->object.seal_size = record->size;
	item->object.seal_hash = record->hash;
	item->object.is_sampled = has(step, JOURNAL_HAS_SAMPLED);
	item->object.is_sealed = true;
	if (record->low_water < item->object.low_water)
		item->object.low_water = record->low_water;
	return 0;
}

static int apply_set_attr(struct step *step)
{
	const struct journal_record *record = step->record;
	struct entry_node *node = NULL;

	if (has(step, JOURNAL_HAS_OBJECT)) {
		struct replay_object_item *item = NULL;
		int r = find_object(step, record->object, &item);

		if (r < 0)
			return r;
		if (has(step, JOURNAL_HAS_MODE))
			item->object.mode = S_IFREG | (record->mode & 07777u);
		node = item->node;
	} else {
		node = entry_tree_find_path(&step->replay->tree, record->path);
	}
	/* Attributes of what is not the session's own are shown, never applied. */
	if (node && has(step, JOURNAL_HAS_MODE))
		node->mode = (node->mode & S_IFMT) | (record->mode & 07777u);
	return 0;
}

/* Takes away what shows at path: an own entry, or the host's. */
static int remove_name(struct step *step, const char *path, bool is_directory)
{
	struct entry_node *node = entry_tree_find_path(&step->replay->tree, path);
	struct replay_base_item *base = showing_base(step->replay, path, strlen(path));

	if (node && (node->is_own || base)) {
		if (!node->object != is_directory)
			return reject(step, "an entry of another type was removed");
		if (node->first_child)
			return reject(step, "a directory that is not empty was removed");
		drop_node(step, node);
	} else if (!base) {
		return reject(step, "a name that is not there was removed");
	} else if (is_directory_base(base) != is_directory) {
		return reject(step, "an entry of another type was removed");
	}
	if (base)
		base->base.is_displaced = true;
	base = replay_base_item(step->replay, path, strlen(path));
	if (base) {
		base->base.seq = step->record->seq;
		base->base.time_ns = step->record->time_ns;
		base->base.process = step->record->process;
	}
	return 0;
}

static int apply_unlink(struct step *step)
{
	return remove_name(step, step->record->path, false);
}

static int apply_rmdir(struct step *step)
{
	if (*step->record->path == '\0')
		return reject(step, "the root cannot be changed");
	return remove_name(step, step->record->path, true);
}

/* From now on no name beneath node is the host's: a moved directory was copied up wholly before. */
static int cut_from_host(struct step *step, struct entry_node *top)
{
	if (top->object || !top->is_host_backed)
		return 0;
	for (struct entry_node *node = top; node;) {
		if (!node->is_own)
			return reject(step, "a directory was moved before it was copied up");
		node->is_host_backed = false;
		node = entry_tree_next(node, top, NULL);
	}
	return 0;
}

static int apply_rename(struct step *step)
{
	const char *to = step->record->to;
	struct entry_node *node = entry_tree_find_path(&step->replay->tree, step->record->path);
	struct entry_node *parent = NULL;
	struct entry_node *target;
	const char *base = NULL;
	int r;

	if (!node || !node->is_own)
		return reject(step, "a name that is not there was renamed");
	r = find_parent(step, to, &parent, &base);
	if (r < 0)
		return r;
	if (entry_tree_is_beneath(parent, node))
		return reject(step, "a directory was moved into itself");
	target = entry_tree_find(&step->replay->tree, parent, base, strlen(base));
	if (target == node)
		return 0;
	if (target || showing_base(step->replay, to, strlen(to))) {
		r = remove_name(step, to, !node->object);
		if (r < 0)
			return r;
	}
	r = cut_from_host(step, node);
	if (r < 0)
		return r;
	r = entry_tree_move(&step->replay->tree, node, parent, base);
	if (r == 0)
		touch_node(step, node);
	return r;
}

static int apply_link(struct step *step)
{
	struct replay_object_item *item = NULL;
	struct entry_node *node = NULL;
	int r;

	r = find_object(step, step->record->object, &item);
	if (r < 0)
		return r;
	if (item->object.was_named)
		return reject(step, "an object got a second name");
	r = add_entry(step, step->record->path, &node);
	if (r == 0)
		bind(node, item);
	return r;
}

ANALYZER_LOSES_OWNERS
/* (ret_) NULL stays NULL. */
static int copy_string(const char *s, char **ret)
{
	*ret = s ? strdup(s) : NULL;
	return s && !*ret ? -ENOMEM : 0;
}
ANALYZER_KNOWS_OWNERS

static int apply_refuse(struct step *step)
{
	struct replay *replay = step->replay;
	const struct journal_record *record = step->record;
	struct replay_refusal *refusal;

	replay->refusal_total++;
	if (replay->refusal_count == REPLAY_REFUSALS_MAX)
		return 0;
	if (replay->refusal_count == replay->refusal_size) {
		size_t size = replay->refusal_size ? replay->refusal_size * 2 : 16;
		struct replay_refusal *grown =
			realloc(replay->refusals, size * sizeof(*replay->refusals));

		if (!grown)
			return -ENOMEM;
		replay->refusals = grown;
		replay->refusal_size = size;
	}
	refusal = &replay->refusals[replay->refusal_count++];
	*refusal = (struct replay_refusal){
		.seq = record->seq,
		.time_ns = record->time_ns,
		.process = record->process,
		.error = record->error,
	};
	if (copy_string(record->operation, &refusal->operation) < 0 ||
	    copy_string(has(step, JOURNAL_HAS_PATH) ? record->path : NULL, &refusal->path) < 0 ||
	    copy_string(has(step, JOURNAL_HAS_TO) ? record->to : NULL, &refusal->to) < 0)
		return -ENOMEM;
	return 0;
}

static int apply_end(struct step *step)
{
	step->replay->has_ended = true;
	return 0;
}

/* By type; a type that is not here is refused. */
static int (*const functions[JOURNAL_TYPE_LAST + 1])(struct step *step) = {
	[JOURNAL_SESSION] = apply_session,
	[JOURNAL_PROCESS] = apply_process,
	[JOURNAL_BASE] = apply_base,
	[JOURNAL_MKDIR] = apply_mkdir,
	[JOURNAL_CREATE] = apply_create,
	[JOURNAL_COPY_UP] = apply_copy_up,
	[JOURNAL_MATERIALISE] = apply_materialise,
	[JOURNAL_WRITE] = apply_write,
	[JOURNAL_TRUNCATE] = apply_truncate,
	[JOURNAL_SEAL] = apply_seal,
	[JOURNAL_SET_ATTR] = apply_set_attr,
	[JOURNAL_UNLINK] = apply_unlink,
	[JOURNAL_RMDIR] = apply_rmdir,
	[JOURNAL_RENAME] = apply_rename,
	[JOURNAL_LINK] = apply_link,
	[JOURNAL_REFUSE] = apply_refuse,
	[JOURNAL_END] = apply_end,
};

int replay_apply(struct replay *replay, const struct journal_record *record,
		 const char **ret_reason)
{
	struct step step = { .replay = replay, .record = record };
	int r;

	if ((unsigned int)record->type > JOURNAL_TYPE_LAST || !functions[record->type])
		r = reject(&step, "a record of an unknown type");
	else if (replay->has_ended)
		r = reject(&step, "a record after the end");
	else if (replay->record_count == 0 && record->type != JOURNAL_SESSION)
		r = reject(&step, "a journal that does not begin with its session");
	else
		r = functions[record->type](&step);
	if (r == -EBADMSG)
		*ret_reason = step.reason;
	return r;
}

/* SPDX-License-Identifier: MIT */
#include "fs/commit/prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/beneath.h"
#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/path_name.h"
#include "fs/base/text.h"
#include "fs/commit/judge_part.h"
#include "fs/commit/receipt_dir.h"
#include "fs/commit/record_choice.h"
#include "fs/journal/sample.h"
#include "fs/merge/append_lines.h"
#include "fs/review/change_digest.h"
#include "fs/review/content.h"
#include "fs/review/host_union.h"
#include "fs/review/hunks.h"
#include "fs/review/key_changes.h"
#include "fs/review/line_check.h"

#define MERGE_MAX (64u << 20) /* bytes of a file whose earlier lines changed */

struct preparation {
	const struct commit_plan *plan;
	const struct prepare_hooks *hooks;
	const struct review *review;
	bool is_running; /* the session may write to its objects; what the review has does not move
			  */
	int root_fd;
	int receipt_fd;
	struct intent *intent;
	json_t *made;                     /* the set of directories that the intent makes */
	const struct plan_entry *planned; /* the one under way */
};

/* What was approved is what is about to be written, byte for byte: -EBADMSG if not. */
static int check_bound(const struct preparation *preparation, const struct digest *content)
{
	const struct plan_entry *planned = preparation->planned;
	struct digest digest;
	int r;

	if (!planned->is_bound)
		return 0;
	r = change_digest_with(planned->change, content, &digest);
	if (r < 0)
		return r;
	return digest_is_equal(&digest, &planned->digest) ? 0 : -EBADMSG;
}

/* The same for bytes that were copied to a new-<k> file as they are. */
static int check_bound_file(const struct preparation *preparation, int fd)
{
	struct digest content;
	int r;

	if (!preparation->planned->is_bound)
		return 0;
	r = digest_file(fd, &content);
	return r < 0 ? r : check_bound(preparation, &content);
}

static int check_bound_bytes(const struct preparation *preparation, const char *data, size_t len)
{
	cleanup_digest_stream struct digest_stream *stream = NULL;
	struct digest content;
	int r;

	if (!preparation->planned->is_bound)
		return 0;
	stream = digest_stream_new();
	if (!stream)
		return -ENOMEM;
	digest_stream_update(stream, data, len);
	r = digest_stream_finish(stream, &content);
	return r < 0 ? r : check_bound(preparation, &content);
}

/* Every directory on the way that the host lacks becomes an entry of its own. */
static int add_directories(struct preparation *preparation, const char *path)
{
	cleanup_free char *prefix = strdup(path);

	if (!prefix)
		return -ENOMEM;
	for (char *slash = strchr(prefix, '/'); slash; slash = strchr(slash + 1, '/')) {
		struct stat st;
		int r;

		*slash = '\0';
		r = beneath_stat(preparation->root_fd, prefix, &st);
		if (r == -ENOENT && !json_object_get(preparation->made, prefix)) {
			if (!intent_add(preparation->intent, prefix, PLAN_MKDIR) ||
			    json_object_set_new(preparation->made, prefix, json_true()) < 0)
				return -ENOMEM;
		}
		*slash = '/';
	}
	return 0;
}

static int new_file(const struct preparation *preparation)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "new-%zu", preparation->intent->count - 1);
	return receipt_dir_create_file(preparation->receipt_fd, name);
}

/* The bytes to write are in fd, a new-<k> file. */
static int seal_new(struct intent_entry *entry, int fd)
{
	off_t n = hash_file(fd, &entry->content_hash);
	struct stat st;

	if (n < 0)
		return (int)n;
	if (fstat(fd, &st) < 0)
		return -errno;
	/* Cut short while it was read. */
	if (n != st.st_size)
		return -EBADMSG;
	entry->is_new = true;
	entry->content_size = (uint64_t)n;
	return fsync(fd) < 0 ? -errno : 0;
}

/* Writes them. What is applied is measured by them, and not by what the file holds when it is read
 * again: the daemon beside the sandbox can write there. */
static int write_new(struct intent_entry *entry, int fd, const char *data, size_t len)
{
	int r = fd_write_all(fd, data, len);

	if (r < 0)
		return r;
	entry->is_new = true;
	entry->content_size = len;
	entry->content_hash = hash_bytes(data, len);
	return fsync(fd) < 0 ? -errno : 0;
}

/* Digest of the object's part, which tells later reviews what was committed. */
static int digest_object(const struct content *content, struct hash *ret)
{
	cleanup_hash_stream struct hash_stream *stream = hash_stream_new();
	uint64_t len = content->size - content->prefix;
	off_t n;

	if (!stream)
		return -ENOMEM;
	n = hash_stream_update_fd(stream, content->tail_fd, (off_t)content->tail_offset,
				  (off_t)len);
	if (n < 0)
		return (int)n;
	*ret = hash_stream_digest(stream);
	return (uint64_t)n == len ? 0 : -EBADMSG;
}

/* Lines of another project stay in the session. */
static int drop_foreign(const struct preparation *preparation, char **block, size_t *len)
{
	const struct project_scope *scope = review_options(preparation->review)->scope;
	cleanup_text struct text kept = { 0 };
	const char *end = *block + *len;
	const char *cursor = *block;
	const char *line;
	size_t line_len = 0;
	bool has_newline = false;

	while ((line = append_lines_next(&cursor, end, &line_len, &has_newline)) != NULL) {
		const char *field = NULL;
		int r = line_check(LINE_HISTORY, scope, line, line_len, &field);

		if (r < 0)
			return r;
		if (r == 0)
			continue;
		text_append_bytes(&kept, line, line_len);
		if (has_newline)
			text_append(&kept, "\n");
	}
	if (kept.is_failed)
		return -ENOMEM;
	free(*block);
	*len = kept.len;
	*block = text_steal(&kept);
	return *block ? 0 : -ENOMEM;
}

/* (ret_) What to append, in memory: for files whose lines must be looked at one by one. */
static int make_block(const struct preparation *preparation, const struct change *change,
		      const struct content *content, char **ret, size_t *ret_len)
{
	cleanup_content struct content base_content = CONTENT_NONE;
	cleanup_free char *base = NULL;
	cleanup_free char *theirs = NULL;
	struct append_lines merged = { 0 };
	size_t base_len = 0;
	size_t theirs_len = 0;
	uint64_t offset = change->is_append_only ? change->base.size : 0;
	int r;

	r = content_load(content, offset, MERGE_MAX, &theirs, &theirs_len);
	if (r == 0)
		r = check_bound_bytes(preparation, theirs, theirs_len);
	if (r < 0)
		return r;
	if (change->kind == CHANGE_MODIFY && !change->is_append_only) {
		r = content_open_base(preparation->review, change, &base_content);
		if (r == 0)
			r = content_load(&base_content, 0, MERGE_MAX, &base, &base_len);
		if (r == 0)
			r = append_lines_merge(base, base_len, theirs, theirs_len, &merged);
		if (r < 0)
			return r;
		free(theirs);
		theirs = merged.block ? merged.block : strdup("");
		theirs_len = merged.len;
		if (!theirs)
			return -ENOMEM;
	}
	if (line_form_of(change) == LINE_HISTORY) {
		r = drop_foreign(preparation, &theirs, &theirs_len);
		if (r < 0)
			return r;
	}
	*ret = steal_ptr(&theirs);
	*ret_len = theirs_len;
	return 0;
}

static int emit_line(const char *line, size_t len, void *arg)
{
	int r = fd_write_all(*(const int *)arg, line, len);

	return r < 0 ? r : fd_write_all(*(const int *)arg, "\n", 1);
}

/* new-<k> holds all that the session added: leaves what the host does not have already. */
static int drop_known(const struct preparation *preparation, const struct change *change, int *fd)
{
	cleanup_fd int united = -1;
	struct union_report report;
	bool is_needed = false;
	char name[32];
	int r;

	united = receipt_dir_create_file(preparation->receipt_fd, "united");
	if (united < 0)
		return united;
	r = host_union_file(preparation->review, change, *fd, emit_line, &united, &report,
			    &is_needed);
	if (r == 0 && report.conflicts > 0 && !preparation->planned->drops_conflicts)
		r = -EEXIST;
	(void)snprintf(name, sizeof(name), "new-%zu", preparation->intent->count - 1);
	if (r == 0 && is_needed &&
	    renameat(preparation->receipt_fd, "united", preparation->receipt_fd, name) < 0)
		r = -errno;
	if (r < 0 || !is_needed) {
		(void)unlinkat(preparation->receipt_fd, "united", 0);
		return r;
	}
	cleanup_close_fd(fd);
	*fd = steal_fd(&united);
	return 0;
}

/* By record: leaves what is chosen in new-<k>. */
static int choose_records(const struct preparation *preparation, struct intent_entry *entry,
			  int *fd)
{
	const struct plan_entry *planned = preparation->planned;

	if (!planned->by_parts)
		return 0;
	return records_choose(preparation->plan, planned, preparation->receipt_fd,
			      preparation->intent->count - 1, fd, &entry->keeps_base);
}

static int prepare_append(struct preparation *preparation, const struct change *change,
			  const struct content *content, struct intent_entry *entry)
{
	cleanup_fd int fd = new_file(preparation);
	cleanup_free char *block = NULL;
	size_t len = 0;
	int r;

	if (fd < 0)
		return fd;
	entry->any_base = change->merge == RULE_MERGE_APPEND_LINES || change->kind == CHANGE_CREATE;
	if (change->merge == RULE_MERGE_UNION_RECORDS) {
		r = content_copy(content, change->is_append_only ? change->base.size : 0, fd);
		if (r == 0)
			r = check_bound_file(preparation, fd);
		if (r == 0)
			r = drop_known(preparation, change, &fd);
		if (r == 0)
			r = choose_records(preparation, entry, &fd);
	} else {
		r = make_block(preparation, change, content, &block, &len);
		return r < 0 ? r : write_new(entry, fd, block, len);
	}
	return r < 0 ? r : seal_new(entry, fd);
}

static int write_block(const struct preparation *preparation, const struct change *change,
		       const struct content *content, int fd)
{
	cleanup_free char *block = NULL;
	size_t len = 0;
	int r = make_block(preparation, change, content, &block, &len);

	return r < 0 ? r : fd_write_all(fd, block, len);
}

/* A new history may hold another project's lines too; a renamed transcript begins with bytes that
 * only the host has; what was approved, or judged while its session runs, must not change any more,
 * when the objects are read again to apply it: all are copied now. */
static int prepare_whole(struct preparation *preparation, const struct change *change,
			 const struct content *content, struct intent_entry *entry)
{
	bool is_history = line_form_of(change) == LINE_HISTORY;
	cleanup_fd int fd = -1;
	int r;

	if (content->prefix == 0 && !is_history && !preparation->planned->is_bound &&
	    !preparation->planned->by_parts && !preparation->is_running) {
		entry->content_size = content->size;
		entry->content_hash = entry->object_hash;
		return 0;
	}
	fd = new_file(preparation);
	if (fd < 0)
		return fd;
	r = is_history ? write_block(preparation, change, content, fd)
		       : content_copy(content, 0, fd);
	if (r == 0 && !is_history)
		r = check_bound_file(preparation, fd);
	if (r == 0)
		r = choose_records(preparation, entry, &fd);
	return r < 0 ? r : seal_new(entry, fd);
}

/* The host's file with some of the session's edits. */
static int prepare_part(struct preparation *preparation, const struct change *change,
			struct intent_entry *entry)
{
	const struct plan_entry *planned = preparation->planned;
	cleanup_hunks struct hunks *hunks = NULL;
	cleanup_text struct text text = { 0 };
	cleanup_fd int fd = -1;
	const char *theirs;
	size_t len = 0;
	int r;

	r = hunks_of_change(preparation->review, change, &hunks);
	if (r < 0)
		return r == -ENOTSUP ? -EBADMSG : r;
	theirs = hunks_new_data(hunks, &len);
	r = check_bound_bytes(preparation, theirs, len);
	if (r == 0 && hunks_count(hunks) != planned->chosen_count)
		r = -EBADMSG;
	if (r < 0)
		return r;
	hunks_apply(hunks, planned->chosen, &text);
	if (text.is_failed)
		return -ENOMEM;
	fd = new_file(preparation);
	if (fd < 0)
		return fd;
	entry->is_partial = true;
	r = write_new(entry, fd, text.data ? text.data : "", text.len);
	return r < 0 ? r
		     : judge_part(preparation->review, planned, preparation->hooks, fd, text.len);
}

/* For the merge: the plan's choice. */
struct key_question {
	const struct commit_plan *plan;
	const struct plan_entry *planned;
	const struct key_changes *keys;
	struct text conflicts; /* names of those that are left out */
};

static enum json_key_choice choose_key(const struct json_key_change *change, void *arg)
{
	struct key_question *question = arg;
	const struct key_change *key = key_changes_find(question->keys, change);
	enum json_key_choice choice =
		commit_plan_choose_key(question->plan, question->planned, key);

	if (change->state == JSON_KEY_CONFLICT && choice == JSON_KEY_TAKE &&
	    question->conflicts.len < 100) {
		text_append(&question->conflicts, question->conflicts.len > 0 ? ", " : "");
		key_change_append_name(&question->conflicts, change);
	}
	return choice;
}

/* base-<k>: what the session is measured by from now on. */
static int write_next_base(const struct preparation *preparation, struct intent_entry *entry,
			   const struct json_keys_result *result)
{
	cleanup_fd int fd = -1;
	char name[32];
	int r;

	(void)snprintf(name, sizeof(name), "base-%zu", preparation->intent->count - 1);
	fd = receipt_dir_create_file(preparation->receipt_fd, name);
	if (fd < 0)
		return fd;
	r = fd_write_all(fd, result->next_base, result->next_base_len);
	if (r == 0)
		r = fd_sync(fd);
	if (r < 0)
		return r;
	entry->has_base = true;
	entry->base_size = result->next_base_len;
	r = journal_hash_content(fd, entry->base_size, &entry->base_hash, &(bool){ false });
	return r == -ENODATA ? -EBADMSG : r;
}

static void tell_key_conflicts(const struct preparation *preparation,
			       const struct plan_entry *planned, size_t count,
			       const struct text *names)
{
	char reason[200];

	if (count == 0)
		return;
	text_format_safe(reason, sizeof(reason), "%zu %s changed on both sides: %s", count,
			 count == 1 ? "key" : "keys", names->data ? names->data : "");
	preparation->hooks->reject(planned, COMMIT_CONFLICT, reason, preparation->hooks->arg);
}

/* Returns -ENODATA if nothing of it is to be written. */
static int prepare_keys(struct preparation *preparation, const struct plan_entry *planned,
			struct intent_entry *entry)
{
	cleanup_key_changes struct key_changes *keys = NULL;
	cleanup_json_keys_result struct json_keys_result result = { 0 };
	struct key_question question = { .plan = preparation->plan, .planned = planned };
	cleanup_fd int fd = -1;
	struct json_text text;
	char reason[200] = "";
	int r;

	r = key_changes_load(preparation->review, planned->change, &keys, reason, sizeof(reason));
	if (r < 0)
		return r;
	question.keys = keys;
	text = key_changes_session(keys);
	r = check_bound_bytes(preparation, text.data, text.len);
	if (r == 0)
		r = key_changes_merge(keys, choose_key, &question, &result);
	if (r == 0)
		tell_key_conflicts(preparation, planned, result.conflicts, &question.conflicts);
	text_done(&question.conflicts);
	if (r < 0 || result.applied == 0)
		return r < 0 ? r : -ENODATA;
	/* The host's file must still be what was merged with. */
	key_changes_host(keys, &entry->base);
	entry->action = entry->base.exists ? PLAN_REPLACE : PLAN_CREATE;
	fd = new_file(preparation);
	r = fd < 0 ? fd : write_new(entry, fd, result.text, result.len);
	return r < 0 ? r : write_next_base(preparation, entry, &result);
}

static int prepare_content(struct preparation *preparation, const struct plan_entry *planned,
			   struct intent_entry *entry)
{
	const struct change *change = planned->change;
	cleanup_content struct content content = CONTENT_NONE;
	int r;

	r = content_open(preparation->review, change, &content);
	if (r < 0)
		return r;
	entry->object = change->object;
	entry->prefix = change->prefix;
	entry->size = change->size;
	entry->mtime_ns = change->mtime_ns;
	r = digest_object(&content, &entry->object_hash);
	if (r < 0)
		return r;
	if (planned->is_by_key)
		return prepare_keys(preparation, planned, entry);
	return entry->action == PLAN_APPEND ? prepare_append(preparation, change, &content, entry)
					    : prepare_whole(preparation, change, &content, entry);
}

/* Nothing is written; what is settled is remembered, so that it is asked about again if it changes.
 */
static int prepare_kept(struct preparation *preparation, const struct change *change,
			struct intent_entry *entry)
{
	cleanup_content struct content content = CONTENT_NONE;
	int r;

	entry->is_kept = true;
	if (change->object == 0)
		return 0;
	r = content_open(preparation->review, change, &content);
	if (r < 0)
		return r;
	entry->object = change->object;
	entry->prefix = change->prefix;
	entry->size = change->size;
	return digest_object(&content, &entry->object_hash);
}

static int prepare_entry(struct preparation *preparation, const struct plan_entry *planned)
{
	const struct change *change = planned->change;
	struct intent_entry *entry;
	int r = 0;

	preparation->planned = planned;
	if (planned->action == PLAN_MKDIR || planned->action == PLAN_CREATE)
		r = add_directories(preparation, change->path);
	if (r < 0)
		return r;
	if (planned->action == PLAN_MKDIR && json_object_get(preparation->made, change->path))
		return 0;
	if (planned->is_by_key)
		r = preparation->hooks->lock(planned, preparation->hooks->arg);
	if (r < 0)
		return r;
	entry = intent_add(preparation->intent, change->path, planned->action);
	if (!entry)
		return -ENOMEM;
	entry->base = planned->has_base ? planned->base : change->base;
	switch (planned->action) {
	case PLAN_MKDIR:
		return json_object_set_new(preparation->made, change->path, json_true()) < 0
			       ? -ENOMEM
			       : 0;
	case PLAN_CREATE:
	case PLAN_REPLACE:
	case PLAN_APPEND:
		return planned->chosen && !planned->is_by_key
			       ? prepare_part(preparation, change, entry)
			       : prepare_content(preparation, planned, entry);
	case PLAN_DELETE:
	case PLAN_RMDIR: return check_bound(preparation, &(struct digest){ { 0 } });
	case PLAN_CUT: return -EINVAL; /* of no commit */
	case PLAN_KEEP: return prepare_kept(preparation, change, entry);
	}
	return -EINVAL;
}

/* Takes back the entry that could not be prepared, and says why. Other errors are returned. */
static int reject_entry(struct preparation *preparation, const struct plan_entry *planned,
			int error, size_t count_before)
{
	const struct prepare_hooks *hooks = preparation->hooks;
	struct intent *intent = preparation->intent;
	char name[32];

	switch (error) {
	/* The review found it whole. */
	case -EBADMSG:
		hooks->reject(planned, COMMIT_LAPSED,
			      "the session wrote to it again since it was reviewed", hooks->arg);
		break;
	case -ESTALE:
		hooks->reject(planned, COMMIT_CONFLICT,
			      "what the session continued is gone on the host", hooks->arg);
		break;
	case -EEXIST:
		hooks->reject(planned, COMMIT_CONFLICT,
			      "the host has got another record under the uuid of one of these",
			      hooks->arg);
		break;
	case -EFBIG:
		hooks->reject(planned, COMMIT_SKIPPED, "too large to be merged line by line",
			      hooks->arg);
		break;
	case -ENOTUNIQ:
		hooks->reject(planned, COMMIT_FAILED,
			      "somebody else wrote to the receipt that is being made", hooks->arg);
		break;
	/* The host has it all, or nothing of it may go. */
	case -ENODATA: break;
	case -EBUSY:
		hooks->reject(planned, COMMIT_SKIPPED,
			      "a Claude on the host holds its lock: try again", hooks->arg);
		break;
	case -ENOENT:
	case -EACCES:
	case -EPERM: hooks->reject(planned, COMMIT_FAILED, strerror(-error), hooks->arg); break;
	default: return error;
	}
	/* With the directories that only it would have needed. */
	while (intent->count > count_before) {
		struct intent_entry *entry = &intent->entries[--intent->count];

		(void)snprintf(name, sizeof(name), "new-%zu", intent->count);
		(void)unlinkat(preparation->receipt_fd, name, 0);
		(void)snprintf(name, sizeof(name), "base-%zu", intent->count);
		(void)unlinkat(preparation->receipt_fd, name, 0);
		(void)json_object_del(preparation->made, entry->path);
		free(entry->path);
	}
	return 0;
}

static bool is_full(const struct intent *intent, size_t *seen, size_t *bytes)
{
	for (; *seen < intent->count; (*seen)++)
		*bytes += strlen(intent->entries[*seen].path);
	return intent->count >= PREPARE_ENTRIES_MAX || *bytes >= PREPARE_BYTES_MAX;
}

int prepare_intent(const struct commit_plan *plan, size_t *cursor, int root_fd, int receipt_fd,
		   const struct prepare_hooks *hooks, struct intent *intent)
{
	cleanup_json json_t *made = json_object();
	struct preparation preparation = {
		.plan = plan,
		.hooks = hooks,
		.review = commit_plan_review(plan),
		.is_running = review_may_be_written(commit_plan_review(plan)),
		.root_fd = root_fd,
		.receipt_fd = receipt_fd,
		.intent = intent,
		.made = made,
	};
	size_t seen = 0;
	size_t bytes = 0;

	if (!made)
		return -ENOMEM;
	while (*cursor < commit_plan_count(plan) && !is_full(intent, &seen, &bytes)) {
		const struct plan_entry *planned = commit_plan_get(plan, *cursor);
		size_t count_before = intent->count;
		int r = prepare_entry(&preparation, planned);

		if (r < 0)
			r = reject_entry(&preparation, planned, r, count_before);
		if (r < 0)
			return r;
		(*cursor)++;
	}
	return 0;
}

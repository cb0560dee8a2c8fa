/* SPDX-License-Identifier: MIT */
#include "fs/review/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/text.h"
#include "fs/journal/content_store.h"
#include "fs/review/decision.h"
#include "fs/review/host_look.h"
#include "fs/review/receipt.h"

struct walk {
	int session_fd;
	const struct replay *replay;
	struct content_store *store;
	struct verify_report report;
	void (*problem)(const char *text, void *arg);
	void *arg;
};

static void __attribute__((format(printf, 2, 3))) tell(struct walk *walk, const char *format, ...)
{
	cleanup_text struct text raw = { 0 };
	cleanup_text struct text safe = { 0 };
	va_list args;

	walk->report.problems++;
	if (!walk->problem)
		return;
	va_start(args, format);
	text_vappendf(&raw, format, args);
	va_end(args);
	if (raw.data)
		text_append_safe(&safe, raw.data, raw.len, false);
	walk->problem(safe.data ? safe.data : "out of memory", walk->arg);
}

static int check_object(const struct replay_object *object, void *arg)
{
	struct walk *walk = arg;
	cleanup_fd int fd = -1;
	struct stat st;
	int r;

	walk->report.objects++;
	fd = walk->store ? content_store_open_object(walk->store, object->number, O_RDONLY)
			 : -ENOENT;
	if (fd < 0) {
		tell(walk, "object %llu: %s", (unsigned long long)object->number, strerror(-fd));
		return 0;
	}
	if (!object->is_sealed)
		return 0;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (object->prefix + (uint64_t)st.st_size > object->seal_size &&
	    walk->report.journal != JOURNAL_COMPLETE)
		return 0;
	r = host_has_content(fd, object->seal_size - object->prefix, &object->seal_hash,
			     object->is_sampled);
	if (r < 0)
		return r;
	if (r == 0 || object->prefix + (uint64_t)st.st_size != object->seal_size)
		tell(walk, "object %llu: not what the journal says it holds",
		     (unsigned long long)object->number);
	return 0;
}

/* The pre-image of one entry, as its receipt tells of it. */
static int check_pre_image(struct walk *walk, int dir_fd, uint64_t number, const json_t *entry)
{
	const json_t *before = json_object_get(entry, "before");
	const char *name = json_get_string(before, "file", NULL);
	const char *path = json_get_string(entry, "path", "?");
	cleanup_fd int fd = -1;
	struct hash hash;
	struct hash found;
	uint64_t size = 0;
	off_t n;

	if (!name)
		return 0;
	if (strncmp(name, "pre-", 4) != 0 || strchr(name, '/') ||
	    receipt_get_hash(before, "hash", &hash) < 0 ||
	    receipt_get_number(before, "size", &size) < 0) {
		tell(walk, "receipt %llu: %s: no pre-image that makes sense",
		     (unsigned long long)number, path);
		return 0;
	}
	fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		tell(walk, "receipt %llu: %s: %s", (unsigned long long)number, name,
		     strerror(errno));
		return 0;
	}
	n = hash_file(fd, &found);
	if (n < 0)
		return (int)n;
	if ((uint64_t)n != size || !hash_is_equal(&hash, &found))
		tell(walk, "receipt %llu: %s: not what was kept of %s", (unsigned long long)number,
		     name, path);
	return 0;
}

static int check_receipt(struct walk *walk, uint64_t number)
{
	cleanup_fd int dir_fd = receipt_dir_open(walk->session_fd, number);
	cleanup_json json_t *json = NULL;
	const json_t *entry;
	size_t i;
	int r;

	if (dir_fd < 0) {
		tell(walk, "receipt %llu: %s", (unsigned long long)number, strerror(-dir_fd));
		return 0;
	}
	r = receipt_load(dir_fd, "receipt", NULL, &json);
	if (r == -ENOENT) {
		walk->report.unfinished++;
		return 0;
	}
	if (r == -ENOMEM || r == -EIO)
		return r;
	if (r < 0) {
		tell(walk, "receipt %llu: receipt.json cannot be read", (unsigned long long)number);
		return 0;
	}
	walk->report.receipts++;
	json_array_foreach (json_object_get(json, "entries"), i, entry) {
		r = check_pre_image(walk, dir_fd, number, entry);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_receipts(struct walk *walk)
{
	cleanup_receipts struct receipts *receipts = NULL;
	const uint64_t *numbers;
	uint64_t bad = 0;
	size_t count = 0;
	int r = receipts_read(walk->session_fd, &receipts, &bad);

	if (r == -EBADMSG) {
		tell(walk, "receipt %llu: receipt.json cannot be read", (unsigned long long)bad);
		return 0;
	}
	if (r < 0)
		return r;
	numbers = receipts_numbers(receipts, &count);
	for (size_t i = 0; i < count; i++) {
		r = check_receipt(walk, numbers[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Only that it can be read: which of them count is the review's to say, by the key. */
static int check_decisions(struct walk *walk, const char *session_id)
{
	static const struct state_key none;
	cleanup_decisions struct decisions *decisions = NULL;
	int r = decisions_read(walk->session_fd, session_id, &none, &decisions, NULL);

	if (r == -EBADMSG)
		tell(walk, "decisions.json cannot be read; remove it, and decide again");
	return r == -EBADMSG ? 0 : r;
}

int verify_session(int session_fd, const char *session_id,
		   void (*problem)(const char *text, void *arg), void *arg,
		   struct verify_report *ret)
{
	cleanup_replay struct replay *replay = NULL;
	cleanup_content_store struct content_store *store = NULL;
	struct walk walk = { .session_fd = session_fd, .problem = problem, .arg = arg };
	const char *reason = NULL;
	int r;

	r = replay_new(session_fd, session_id, &replay);
	if (r < 0)
		return r;
	walk.replay = replay;
	walk.report.journal = replay_state(replay, &reason, &walk.report.offset);
	walk.report.records = replay_record_count(replay);
	if (walk.report.journal == JOURNAL_DAMAGED)
		tell(&walk, "journal: damaged at byte %llu: %s",
		     (unsigned long long)walk.report.offset, reason ? reason : "does not verify");
	r = content_store_open(session_fd, 0, &store);
	if (r < 0 && r != -ENOENT)
		return r;
	walk.store = store;
	r = replay_each_object(replay, check_object, &walk);
	if (r == 0)
		r = check_receipts(&walk);
	if (r == 0)
		r = check_decisions(&walk, session_id);
	if (r < 0)
		return r;
	*ret = walk.report;
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "fs/commit/commit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/message.h"
#include "fs/base/path_name.h"
#include "fs/commit/apply.h"
#include "fs/commit/claude_lock.h"
#include "fs/commit/commit_state.h"
#include "fs/commit/done_log.h"
#include "fs/commit/prepare.h"
#include "fs/commit/receipt_dir.h"
#include "fs/host/host_parent.h"
#include "fs/review/receipt.h"
#include "fs/session/lock.h"

#define CONFIG_PATH      ".claude.json"
#define LOCK_PATIENCE_MS 2000u /* beyond the time after which a dead holder's lock is stale */

const char *commit_status_name(enum commit_status status)
{
	switch (status) {
	case COMMIT_APPLIED: return "applied";
	case COMMIT_CONFLICT: return "conflict";
	case COMMIT_LAPSED: return "lapsed";
	case COMMIT_SKIPPED: return "skipped";
	case COMMIT_DAMAGED: return "damaged";
	case COMMIT_FAILED: return "failed";
	}
	return "unknown";
}

int commit_exit_code(const struct commit_result *result)
{
	if (result->damaged > 0)
		return EXIT_DAMAGED;
	if (result->failed > 0)
		return EXIT_FAULT;
	return result->conflicts > 0 ? EXIT_CONFLICT : EXIT_OK;
}

static void count_status(struct commit_result *result, enum commit_status status)
{
	switch (status) {
	case COMMIT_APPLIED: result->applied++; break;
	case COMMIT_CONFLICT: result->conflicts++; break;
	case COMMIT_LAPSED:
	case COMMIT_SKIPPED: result->skipped++; break;
	case COMMIT_DAMAGED: result->damaged++; break;
	case COMMIT_FAILED: result->failed++; break;
	}
}

static void tell_entry(const struct sink *sink, const struct intent_entry *entry, size_t index)
{
	struct commit_event event = {
		.index = index,
		.count = sink->count,
		.path = entry->path,
		.action = entry->action,
		.status = entry->status,
		.reason = *entry->reason ? entry->reason : NULL,
		.error = entry->error,
		.is_recovered = sink->is_recovered,
	};

	count_status(sink->result, entry->status);
	if (sink->event)
		sink->event(&event, sink->arg);
}

void sink_reject(struct sink *sink, const char *path, enum plan_action action,
		 enum commit_status status, const char *reason)
{
	struct commit_event event = {
		.count = sink->count,
		.path = path,
		.action = action,
		.status = status,
		.reason = reason,
	};

	count_status(sink->result, status);
	if (sink->event)
		sink->event(&event, sink->arg);
}

static void tell_reject(const struct plan_entry *planned, enum commit_status status,
			const char *reason, void *arg)
{
	sink_reject(arg, planned->change->path, planned->action, status, reason);
}

struct receipt_seal commit_seal(const struct commit *commit, uint64_t number)
{
	return (struct receipt_seal){
		.key = &commit->key,
		.session_id = commit->manifest->id,
		.number = number,
	};
}

/* Opens the host root; it must be the one that the session started with, or that its first commit
 * made. */
static int pin_root(struct commit *commit)
{
	cleanup_receipts struct receipts *receipts = NULL;
	uint64_t dev = commit->manifest->host_dev;
	uint64_t ino = commit->manifest->host_ino;
	cleanup_fd int fd = -1;
	struct stat st;
	bool is_known;
	int r;

	r = receipts_read(commit->session_fd, &receipts, NULL);
	if (r < 0)
		return r;
	is_known = dev != 0 || ino != 0;
	if (!is_known)
		is_known = receipts_host_root(receipts, &dev, &ino);
	fd = open(commit->manifest->host_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return is_known ? -ESTALE : 0;
	if (fd < 0)
		return errno == ENOTDIR || errno == ELOOP ? -ESTALE : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (is_known && (st.st_dev != dev || st.st_ino != ino))
		return -ESTALE;
	commit->host_dev = st.st_dev;
	commit->host_ino = st.st_ino;
	commit->root_fd = steal_fd(&fd);
	return 0;
}

/* The directory that holds, or will hold, the root. */
static int open_root_parent(const struct commit *commit, const char **ret_name)
{
	cleanup_free char *parent = strdup(commit->manifest->host_root);
	char *slash = parent ? strrchr(parent, '/') : NULL;
	int fd;

	if (!parent)
		return -ENOMEM;
	if (!slash || slash == parent || slash[1] == '\0')
		return -EINVAL;
	*ret_name = commit->manifest->host_root + (slash - parent) + 1;
	*slash = '\0';
	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int lock_root(struct commit *commit)
{
	commit->lock_fd = lock_take_host(commit->state_fd, commit->host_dev, commit->host_ino);
	return commit->lock_fd < 0 ? commit->lock_fd : 0;
}

static int lock_root_parent(struct commit *commit)
{
	const char *name = NULL;
	cleanup_fd int fd = open_root_parent(commit, &name);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	commit->parent_lock_fd = lock_take_host(commit->state_fd, st.st_dev, st.st_ino);
	return commit->parent_lock_fd < 0 ? commit->parent_lock_fd : 0;
}

/* The first commit on a host without ~/.claude. */
static int make_root(struct commit *commit)
{
	const char *name = NULL;
	cleanup_fd int parent_fd = -1;
	cleanup_fd int fd = -1;
	struct stat st;

	if (commit->root_fd >= 0)
		return 0;
	parent_fd = open_root_parent(commit, &name);
	if (parent_fd < 0)
		return parent_fd;
	/* Somebody else's is not the one that was missing: -EEXIST. */
	if (mkdirat(parent_fd, name, 0700) < 0)
		return errno == EEXIST ? -ESTALE : -errno;
	fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (geteuid() == 0) {
		struct stat parent;

		if (fstat(parent_fd, &parent) < 0 || fchown(fd, parent.st_uid, parent.st_gid) < 0)
			return -errno;
	}
	if (fsync(parent_fd) < 0)
		return -errno;
	commit->host_dev = st.st_dev;
	commit->host_ino = st.st_ino;
	commit->root_fd = steal_fd(&fd);
	return lock_root(commit);
}

/* Keeps Claudes on the host from .claude.json. Once is enough. */
static int lock_config(struct commit *commit)
{
	cleanup_fd int dir_fd = -1;
	const char *name = NULL;

	if (commit->config_lock.dir_fd >= 0)
		return 0;
	dir_fd = host_parent_open(commit->root_fd, commit->manifest->host_config, CONFIG_PATH,
				  &name);
	if (dir_fd < 0)
		return dir_fd;
	return claude_lock_take(dir_fd, name, CLAUDE_LOCK_STALE_MS + LOCK_PATIENCE_MS,
				&commit->config_lock);
}

static int lock_by_key(const struct plan_entry *planned, void *arg)
{
	const struct sink *sink = arg;

	return host_parent_is_config(planned->change->path) ? lock_config(sink->commit) : 0;
}

/* The entry that needs the lock goes first, so that the lock is held for a moment only. */
static int apply_config(struct commit *commit, struct run *run)
{
	struct intent *intent = run->intent;
	int r = 0;

	for (size_t i = 0; r == 0 && i < intent->count; i++) {
		if (intent->entries[i].is_done || !host_parent_is_config(intent->entries[i].path))
			continue;
		r = lock_config(commit);
		if (r == 0)
			r = apply_entry(run, i);
	}
	claude_lock_release(&commit->config_lock);
	return r;
}

/* Carries out what is left of an intent, and writes the receipt. */
static int carry_out(struct commit *commit, struct intent *intent, int receipt_fd, uint64_t number,
		     struct sink *sink)
{
	cleanup_fd int log_fd = done_log_open(receipt_fd, intent);
	struct receipt_seal seal = commit_seal(commit, number);
	struct run run = {
		.root_fd = commit->root_fd,
		.config_path = commit->manifest->host_config,
		.receipt_fd = receipt_fd,
		.log_fd = log_fd,
		.store = commit->store,
		.intent = intent,
	};
	int r;

	if (log_fd < 0)
		return log_fd;
	sink->count = intent->count;
	r = apply_config(commit, &run);
	if (r < 0)
		return r;
	for (size_t i = 0; i < intent->count; i++) {
		if (!intent->entries[i].is_done) {
			r = apply_entry(&run, i);
			if (r < 0)
				return r;
		}
		tell_entry(sink, &intent->entries[i], i);
	}
	r = intent_write_receipt(intent, receipt_fd, &seal);
	if (r < 0)
		return r;
	receipt_dir_tidy(receipt_fd);
	sink->result->receipt = number;
	return 0;
}

static int recover_one(struct commit *commit, uint64_t number, struct sink *sink)
{
	cleanup_fd int receipt_fd = receipt_dir_open(commit->session_fd, number);
	struct receipt_seal seal = commit_seal(commit, number);
	cleanup_intent struct intent intent = { 0 };
	int r;

	if (receipt_fd < 0)
		return receipt_fd;
	r = intent_read(receipt_fd, &seal, &intent);
	if (r == -ENOENT)
		return receipt_dir_discard(commit->session_fd, number);
	if (r < 0)
		return r;
	if (commit->root_fd < 0 || intent.host_dev != commit->host_dev ||
	    intent.host_ino != commit->host_ino)
		return -ESTALE;
	return carry_out(commit, &intent, receipt_fd, number, sink);
}

static int recover(struct commit *commit, struct sink *sink)
{
	cleanup_free uint64_t *numbers = NULL;
	int count = receipt_dir_unfinished(commit->session_fd, &numbers);

	for (int i = 0; i < count; i++) {
		int r = recover_one(commit, numbers[i], sink);

		if (r < 0)
			return r;
	}
	return count < 0 ? count : 0;
}

int commit_open(int session_fd, const struct manifest *manifest, int state_fd,
		commit_event_fn *event, void *arg, struct commit_result *ret_recovered,
		struct commit **ret)
{
	cleanup_commit struct commit *commit = calloc(1, sizeof(*commit));
	struct commit_result recovered = { 0 };
	struct sink sink = {
		.commit = commit,
		.event = event,
		.arg = arg,
		.result = &recovered,
		.is_recovered = true,
	};
	int r;

	if (!commit)
		return -ENOMEM;
	*commit = (struct commit){
		.session_fd = session_fd,
		.manifest = manifest,
		.state_fd = state_fd,
		.root_fd = -1,
		.lock_fd = -1,
		.parent_lock_fd = -1,
		.config_lock = CLAUDE_LOCK_NONE,
	};
	r = state_key_read(state_fd, true, &commit->key);
	if (r == 0)
		r = pin_root(commit);
	if (r == 0)
		r = commit->root_fd >= 0 ? lock_root(commit) : lock_root_parent(commit);
	if (r < 0)
		return r;
	r = content_store_open(session_fd, 0, &commit->store);
	if (r == 0 || r == -ENOENT)
		r = recover(commit, &sink);
	if (r < 0)
		return r;
	if (ret_recovered)
		*ret_recovered = recovered;
	*ret = steal_ptr(&commit);
	return 0;
}

void commit_close(struct commit *commit)
{
	if (!commit)
		return;
	content_store_close(commit->store);
	claude_lock_release(&commit->config_lock);
	cleanup_close_fd(&commit->root_fd);
	cleanup_close_fd(&commit->lock_fd);
	cleanup_close_fd(&commit->parent_lock_fd);
	free(commit);
}

void cleanup_commit_close(struct commit **commit)
{
	commit_close(*commit);
}

int commit_begin(struct commit *commit, struct intent *intent, int receipt_fd, uint64_t number,
		 int r, struct sink *sink)
{
	struct receipt_seal seal = commit_seal(commit, number);

	intent->host_dev = commit->host_dev;
	intent->host_ino = commit->host_ino;
	intent->time_ns = clock_now_ns();
	if (r == 0 && intent->count > 0)
		r = intent_write(intent, receipt_fd, &seal);
	if (r < 0 || intent->count == 0) {
		claude_lock_release(&commit->config_lock);
		(void)receipt_dir_discard(commit->session_fd, number);
		return r;
	}
	return carry_out(commit, intent, receipt_fd, number, sink);
}

/* One intent's worth of the plan, from *cursor on. *first: the commit's first receipt. */
static int apply_part(struct commit *commit, const struct commit_plan *plan, size_t *cursor,
		      uint64_t *first, struct sink *sink)
{
	cleanup_intent struct intent intent = { 0 };
	struct prepare_hooks hooks = { .reject = tell_reject, .lock = lock_by_key, .arg = sink };
	cleanup_fd int receipt_fd = -1;
	uint64_t number = 0;
	int r;

	receipt_fd = receipt_dir_make(commit->session_fd, &number);
	if (receipt_fd < 0)
		return receipt_fd;
	if (*first == 0)
		*first = number;
	intent.part_of = *first;
	sink->count = commit_plan_count(plan);
	r = prepare_intent(plan, cursor, commit->root_fd, receipt_fd, &hooks, &intent);
	return commit_begin(commit, &intent, receipt_fd, number, r, sink);
}

int commit_apply(struct commit *commit, const struct commit_plan *plan, commit_event_fn *event,
		 void *arg, struct commit_result *ret)
{
	struct sink sink = { .commit = commit, .event = event, .arg = arg, .result = ret };
	uint64_t first = 0;
	size_t cursor = 0;
	int r;

	*ret = (struct commit_result){ 0 };
	if (commit_plan_count(plan) == 0)
		return 0;
	r = make_root(commit);
	while (r == 0 && cursor < commit_plan_count(plan))
		r = apply_part(commit, plan, &cursor, &first, &sink);
	return r;
}

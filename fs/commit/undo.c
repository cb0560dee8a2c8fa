/* SPDX-License-Identifier: MIT */
#include "fs/commit/undo.h"

#include <errno.h>
#include <fcntl.h>

#include "fs/base/cleanup.h"
#include "fs/commit/commit_state.h"
#include "fs/commit/receipt_dir.h"
#include "fs/commit/undo_prepare.h"

/* Reads the receipt that is to be undone. */
static int read_done(int session_fd, const struct receipt_seal *seal,
		     const struct receipts *receipts, int *ret_fd, struct intent *ret)
{
	cleanup_fd int fd = -1;
	int r;

	if (!receipts_info(receipts, seal->number))
		return -ENOENT;
	fd = receipt_dir_open(session_fd, seal->number);
	if (fd < 0)
		return fd;
	r = intent_read_receipt(fd, seal, ret);
	if (r < 0)
		return r;
	*ret_fd = steal_fd(&fd);
	return 0;
}

/* Whether anything was there to be undone. */
static int tell_end(const struct commit_result *result, size_t prepared, size_t undone)
{
	size_t refused = result->conflicts + result->skipped + result->damaged + result->failed;

	return prepared == 0 && refused == 0 && undone > 0 ? -EALREADY : 0;
}

static int undo_part(struct commit *commit, struct undoing *undoing, uint64_t *first,
		     struct sink *sink)
{
	cleanup_intent struct intent intent = { .undoes = undoing->number };
	cleanup_fd int receipt_fd = -1;
	uint64_t number = 0;
	size_t undone = 0;
	size_t prepared;
	int r;

	receipt_fd = receipt_dir_make(commit->session_fd, &number);
	if (receipt_fd < 0)
		return receipt_fd;
	if (*first == 0)
		*first = number;
	intent.part_of = *first;
	undoing->receipt_fd = receipt_fd;
	r = undo_prepare(undoing, &intent, &undone);
	prepared = intent.count;
	r = commit_begin(commit, &intent, receipt_fd, number, r, sink);
	return r < 0 ? r : tell_end(sink->result, prepared, undone);
}

int undo_apply(struct commit *commit, uint64_t number, uint64_t *first, commit_event_fn *event,
	       void *arg, struct commit_result *ret)
{
	struct receipt_seal seal = commit_seal(commit, number);
	cleanup_receipts struct receipts *receipts = NULL;
	cleanup_intent struct intent done = { 0 };
	cleanup_fd int done_fd = -1;
	struct sink sink = { .commit = commit, .event = event, .arg = arg, .result = ret };
	struct undoing undoing = { .done = &done, .number = number, .sink = &sink };
	int r;

	*ret = (struct commit_result){ 0 };
	if (commit->root_fd < 0)
		return -ESTALE;
	r = receipts_read(commit->session_fd, &receipts, NULL);
	if (r == 0)
		r = read_done(commit->session_fd, &seal, receipts, &done_fd, &done);
	if (r < 0)
		return r;
	if (done.host_dev != commit->host_dev || done.host_ino != commit->host_ino)
		return -ESTALE;
	undoing.receipts = receipts;
	undoing.done_fd = done_fd;
	undoing.root_fd = commit->root_fd;
	undoing.config_path = commit->manifest->host_config;
	sink.count = done.count;
	return undo_part(commit, &undoing, first, &sink);
}

static void tell_prepared(const struct intent *intent, struct sink *sink)
{
	for (size_t i = 0; i < intent->count; i++)
		sink_reject(sink, intent->entries[i].path, intent->entries[i].action,
			    COMMIT_APPLIED, NULL);
}

int undo_look(int session_fd, const struct manifest *manifest, int state_fd, uint64_t number,
	      commit_event_fn *event, void *arg, struct commit_result *ret)
{
	struct state_key key;
	struct receipt_seal seal = { &key, manifest->id, number };
	cleanup_receipts struct receipts *receipts = NULL;
	cleanup_intent struct intent intent = { 0 };
	cleanup_intent struct intent done = { 0 };
	cleanup_fd int root_fd = -1;
	cleanup_fd int done_fd = -1;
	struct sink sink = { .event = event, .arg = arg, .result = ret };
	struct undoing undoing = { .done = &done, .number = number, .sink = &sink };
	size_t undone = 0;
	int r;

	*ret = (struct commit_result){ 0 };
	r = state_key_read(state_fd, false, &key);
	if (r == -ENOENT)
		return -EBADMSG;
	if (r == 0)
		r = receipts_read(session_fd, &receipts, NULL);
	if (r == 0)
		r = read_done(session_fd, &seal, receipts, &done_fd, &done);
	if (r < 0)
		return r;
	root_fd = open(manifest->host_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root_fd < 0)
		return errno == ENOENT ? -ESTALE : -errno;
	undoing.receipts = receipts;
	undoing.done_fd = done_fd;
	undoing.root_fd = root_fd;
	undoing.config_path = manifest->host_config;
	undoing.receipt_fd = -1;
	r = undo_prepare(&undoing, &intent, &undone);
	if (r < 0)
		return r;
	tell_prepared(&intent, &sink);
	return tell_end(ret, intent.count, undone);
}

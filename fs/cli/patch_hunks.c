/* SPDX-License-Identifier: MIT */
/* `-p` by hunks: libgit2's edits, shown together where they stand close; a decision is bound to the
 * whole change as it was shown and to the edit. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "fs/base/message.h"
#include "fs/cli/deciding.h"
#include "fs/cli/patch_source.h"
#include "fs/review/change_digest.h"
#include "fs/review/hunks.h"
#include "fs/review/print_diff.h"

static size_t run_end(const struct patch_source *source, size_t first)
{
	return hunks_run_end(source->data, first, PRINT_DIFF_CONTEXT);
}

static enum decision_verdict decided(const struct patch_source *source, size_t index)
{
	const struct change *change = source->change;

	return change->hunk_count == source->count ? change->hunks[index] : DECISION_NONE;
}

static int show(const struct patch_source *source, size_t first, size_t end, bool has_heading,
		const struct print_style *style, FILE *stream)
{
	return print_hunk(source->change, source->data, first, end, has_heading, style, stream);
}

/* From the very bytes that are shown. */
static int digest_shown(const struct change *change, const struct hunks *hunks, struct digest *ret)
{
	cleanup_digest_stream struct digest_stream *stream = digest_stream_new();
	struct digest content;
	const char *data;
	size_t len = 0;
	int r;

	if (!stream)
		return -ENOMEM;
	data = hunks_new_data(hunks, &len);
	digest_stream_update(stream, data, len);
	r = digest_stream_finish(stream, &content);
	return r < 0 ? r : change_digest_with(change, &content, ret);
}

/* Returns an exit code, or -errno. */
static int note(const struct patch *patch, const struct change *change, const struct hunks *hunks,
		const struct patch_result *result)
{
	cleanup_deciding struct deciding deciding = { .lock_fd = -1 };
	int r = deciding_open(patch->session, &deciding);

	if (r != EXIT_OK)
		return r;
	decisions_set_aside_all(deciding.decisions, change->path);
	for (size_t i = 0; r == EXIT_OK && i < result->count; i++) {
		struct digest digest;
		char part[24];
		int error;

		if (result->verdicts[i] == DECISION_NONE)
			continue;
		error = hunks_digest(hunks, i, &result->digest, &digest);
		if (error < 0)
			return error;
		(void)snprintf(part, sizeof(part), "%zu", i);
		r = deciding_set_part(&deciding, change->path, DECISION_HUNK, part,
				      result->verdicts[i], &digest);
	}
	return r == EXIT_OK ? deciding_save(&deciding) : r;
}

int patch_hunks(struct patch *patch, const struct change *change, struct patch_result *ret)
{
	struct patch_source source = {
		.noun = "hunk",
		.may_split = true,
		.run_end = run_end,
		.decided = decided,
		.show = show,
		.change = change,
	};
	cleanup_hunks struct hunks *hunks = NULL;
	int r = hunks_of_change(patch->review, change, &hunks);

	if (r == -ESTALE || (r == 0 && hunks_count(hunks) == 0))
		return -ENOTSUP;
	if (r == 0)
		r = digest_shown(change, hunks, &ret->digest);
	if (r < 0)
		return r;
	source.data = hunks;
	source.count = hunks_count(hunks);
	ret->verdicts = calloc(source.count + 1, sizeof(*ret->verdicts));
	if (!ret->verdicts)
		return -ENOMEM;
	ret->count = source.count;
	r = patch_walk(patch, change, &source, ret->verdicts);
	return r != EXIT_OK || patch->cli->is_dry_run ? r : note(patch, change, hunks, ret);
}

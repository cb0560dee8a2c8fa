/* SPDX-License-Identifier: MIT */
/* `-p` by keys of a configuration and by records of a transcript: those that may be decided about,
 * each bound to what is shown of it. */
#include <errno.h>
#include <stdlib.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/cli/deciding.h"
#include "fs/cli/patch_source.h"
#include "fs/review/print_parts.h"

/* The parts that may be decided about: numbers of parts.h. */
struct offered {
	const struct parts *parts;
	size_t *indices;
};

static const struct part *part_of(const struct patch_source *source, size_t index)
{
	const struct offered *offered = source->data;

	return parts_get(offered->parts, offered->indices[index]);
}

static size_t run_end(const struct patch_source *source, size_t first)
{
	(void)source;
	return first + 1;
}

static enum decision_verdict decided(const struct patch_source *source, size_t index)
{
	return part_of(source, index)->verdict;
}

static int show(const struct patch_source *source, size_t first, size_t end, bool has_heading,
		const struct print_style *style, FILE *stream)
{
	const struct offered *offered = source->data;

	(void)end;
	return print_part(source->change, offered->parts, part_of(source, first), has_heading,
			  style, stream);
}

/* What goes by itself is asked about where the person named the file, or all of it is asked about;
 * else only what waits for a word. */
static size_t offer(const struct patch *patch, const struct change *change, struct offered *offered)
{
	bool wants_all = patch->cli->argument_count > 0 || change->group == REVIEW_WILL_COMMIT;
	size_t count = 0;

	for (size_t i = 0; i < parts_count(offered->parts); i++) {
		const struct part *part = parts_get(offered->parts, i);

		if (part->may_be_decided && (wants_all || part->asks))
			offered->indices[count++] = i;
	}
	return count;
}

/* As a list of decisions in memory, about all parts of the change. */
static int answer(const struct change *change, const struct patch_source *source,
		  const enum decision_verdict *verdicts, struct decisions **ret)
{
	cleanup_decisions struct decisions *answers = decisions_new();
	const struct offered *offered = source->data;
	int r = answers ? 0 : -ENOMEM;

	/* Those that are not offered stand as they were. */
	for (size_t i = 0; r == 0 && i < parts_count(offered->parts); i++) {
		const struct part *part = parts_get(offered->parts, i);

		if (part->verdict != DECISION_NONE)
			r = decisions_set(answers, change->path, parts_scope(change), part->name,
					  part->verdict, &part->digest);
	}
	for (size_t i = 0; r == 0 && i < source->count; i++) {
		const struct part *part = part_of(source, i);

		(void)decisions_forget_part(answers, change->path, parts_scope(change), part->name);
		if (verdicts[i] != DECISION_NONE)
			r = decisions_set(answers, change->path, parts_scope(change), part->name,
					  verdicts[i], &part->digest);
	}
	if (r == 0)
		*ret = steal_ptr(&answers);
	return r;
}

/* Returns an exit code. */
static int note(const struct patch *patch, const struct change *change,
		const struct decisions *answers)
{
	cleanup_deciding struct deciding deciding = { .lock_fd = -1 };
	int r = deciding_open(patch->session, &deciding);

	if (r != EXIT_OK)
		return r;
	decisions_set_aside_all(deciding.decisions, change->path);
	for (size_t i = 0; r == EXIT_OK && i < decisions_count(answers); i++) {
		const struct decision *decision = decisions_get(answers, i);

		r = deciding_set_part(&deciding, change->path, decision->scope, decision->part,
				      decision->verdict, &decision->digest);
	}
	return r == EXIT_OK ? deciding_save(&deciding) : r;
}

int patch_parts(struct patch *patch, const struct change *change, struct patch_result *ret)
{
	struct patch_source source = {
		.noun = parts_scope(change) == DECISION_KEY ? "key" : "record",
		.run_end = run_end,
		.decided = decided,
		.show = show,
		.change = change,
	};
	cleanup_parts struct parts *parts = NULL;
	cleanup_free size_t *indices = NULL;
	cleanup_free enum decision_verdict *verdicts = NULL;
	struct offered offered = { 0 };
	int r = parts_of_change(patch->review, change, review_decisions(patch->review), true,
				&parts);

	if (r < 0)
		return r;
	indices = calloc(parts_count(parts) + 1, sizeof(*indices));
	verdicts = calloc(parts_count(parts) + 1, sizeof(*verdicts));
	if (!indices || !verdicts)
		return -ENOMEM;
	offered = (struct offered){ parts, indices };
	source.data = &offered;
	source.count = offer(patch, change, &offered);
	if (source.count == 0)
		return -ENOTSUP;
	r = patch_walk(patch, change, &source, verdicts);
	if (r != EXIT_OK)
		return r;
	r = answer(change, &source, verdicts, &ret->answers);
	return r < 0 || patch->cli->is_dry_run ? r : note(patch, change, ret->answers);
}

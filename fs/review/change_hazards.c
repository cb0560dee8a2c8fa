/* SPDX-License-Identifier: MIT */
#include "fs/review/change_hazards.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/review/content.h"
#include "fs/review/hazards.h"
#include "fs/review/review_state.h"

struct looking {
	struct review *review;
	uint64_t read; /* bytes */
	size_t kept;   /* hazards */
};

/* Up to HAZARD_TEXT_MAX bytes from offset on (ret_). */
static int load(struct looking *looking, const struct content *content, uint64_t offset, char **ret,
		size_t *ret_len, bool *ret_cut)
{
	uint64_t size = content->size > offset ? content->size - offset : 0;
	size_t len = size < HAZARD_TEXT_MAX ? (size_t)size : HAZARD_TEXT_MAX;
	cleanup_free char *data = malloc(len + 1);
	ssize_t n;

	if (!data)
		return -ENOMEM;
	n = content_read(content, data, len, offset);
	if (n < 0)
		return (int)n;
	data[n] = '\0';
	*ret = steal_ptr(&data);
	*ret_len = (size_t)n;
	*ret_cut = size > (uint64_t)n;
	looking->read += (uint64_t)n;
	return 0;
}

struct sides {
	char *base;
	char *content;
};

static void sides_done(struct sides *sides)
{
	free(sides->base);
	free(sides->content);
}
#define cleanup_sides __attribute__((cleanup(sides_done)))

static int load_base(struct looking *looking, const struct change *change, struct sides *sides,
		     struct hazard_input *input)
{
	cleanup_content struct content base = CONTENT_NONE;
	bool is_cut = false;
	int r = content_open_base(looking->review, change, &base);

	/* Without its base, all that a content has is new. */
	if (r == -ENOMEM || r < 0)
		return r == -ENOMEM ? r : 0;
	r = load(looking, &base, 0, &sides->base, &input->base_len, &is_cut);
	if (r == 0)
		input->base = sides->base;
	return r == -ENOMEM ? r : 0;
}

/* What was appended to a long file is looked at without what it continues. */
static int load_sides(struct looking *looking, const struct change *change, struct sides *sides,
		      struct hazard_input *input)
{
	cleanup_content struct content content = CONTENT_NONE;
	int r = content_open(looking->review, change, &content);
	bool is_tail = change->is_append_only && content.size > HAZARD_TEXT_MAX;

	if (r == -ENODATA || r == -EISDIR)
		return load_base(looking, change, sides, input);
	if (r == 0)
		r = load(looking, &content, is_tail ? change->base.size : 0, &sides->content,
			 &input->len, &input->is_cut);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		input->is_unknown = true;
		return 0;
	}
	input->content = sides->content;
	return is_tail ? 0 : load_base(looking, change, sides, input);
}

static bool has_file(const struct change *change)
{
	switch (change->kind) {
	case CHANGE_CREATE:
	case CHANGE_MODIFY:
	case CHANGE_DELETE: return true;
	case CHANGE_TYPE_CHANGE: return change->object != 0;
	case CHANGE_MKDIR:
	case CHANGE_RMDIR: return false;
	}
	return false;
}

static int look_at(struct looking *looking, struct change *change)
{
	cleanup_sides struct sides sides = { 0 };
	struct hazard_input input = { .path = change->path };
	int r = 0;

	input.is_directory = change->kind == CHANGE_MKDIR;
	if (input.is_directory)
		input.content = "";
	else if (!has_file(change))
		return 0;
	else if (looking->read > HAZARD_READ_MAX)
		input.is_unknown = true;
	else
		r = load_sides(looking, change, &sides, &input);
	input.has_base_mode = change->base.exists;
	input.base_mode = change->base.identity.mode;
	input.mode = change->kind == CHANGE_DELETE ? 0 : change->mode;
	if (r == 0)
		r = hazards_find(&input, &change->hazards);
	return r;
}

int review_find_hazards(struct review *review)
{
	struct looking looking = { .review = review };

	for (size_t i = 0; i < review->count; i++) {
		struct hazard_list *list = &review->changes[i].hazards;
		int r;

		hazard_list_done(list);
		r = look_at(&looking, &review->changes[i]);
		if (r < 0)
			return r;
		/* However many a session plants, our memory is bounded. */
		while (looking.kept > HAZARDS_KEPT && list->count > 1) {
			free(list->items[--list->count].what);
			list->omitted++;
		}
		looking.kept += list->count;
	}
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "tests/unit/view/model_op.h"

#include <string.h>

static const char *const kind_names[MODEL_KINDS] = {
	[MODEL_APPEND] = "append",
	[MODEL_CHMOD] = "chmod",
	[MODEL_CLOSE] = "close",
	[MODEL_COMPARE] = "compare",
	[MODEL_FALLOCATE] = "fallocate",
	[MODEL_FSYNC] = "fsync",
	[MODEL_LINK_TMPFILE] = "link_tmpfile",
	[MODEL_MKDIR] = "mkdir",
	[MODEL_OPEN] = "open",
	[MODEL_RENAME] = "rename",
	[MODEL_RENAME_NOREPLACE] = "rename_noreplace",
	[MODEL_RMDIR] = "rmdir",
	[MODEL_TRUNCATE] = "truncate",
	[MODEL_UNLINK] = "unlink",
	[MODEL_WRITE] = "write",
};

/* How often each is drawn; together 64. */
static const unsigned char weights[MODEL_KINDS] = {
	[MODEL_APPEND] = 8,       [MODEL_CHMOD] = 3,     [MODEL_CLOSE] = 3,
	[MODEL_COMPARE] = 1,      [MODEL_FALLOCATE] = 3, [MODEL_FSYNC] = 1,
	[MODEL_LINK_TMPFILE] = 2, [MODEL_MKDIR] = 5,     [MODEL_OPEN] = 9,
	[MODEL_RENAME] = 8,       [MODEL_RMDIR] = 3,     [MODEL_RENAME_NOREPLACE] = 2,
	[MODEL_TRUNCATE] = 4,     [MODEL_UNLINK] = 5,    [MODEL_WRITE] = 7,
};

static uint32_t draw(uint64_t *state, uint32_t n)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)((*state >> 11) % n);
}

static void draw_path(uint64_t *state, char out[MODEL_PATH_MAX])
{
	static const char *const names[] = { "a", "b", "deep", "one.md", "three.md", "big" };
	uint32_t depth = 1 + draw(state, 3);

	out[0] = '\0';
	for (uint32_t i = 0; i < depth; i++) {
		(void)strcat(out, i ? "/" : "");
		(void)strcat(out, names[draw(state, 6)]);
	}
}

static enum model_kind draw_kind(uint64_t *state)
{
	unsigned int at = draw(state, 64);

	for (unsigned int kind = 0; kind < MODEL_KINDS; kind++) {
		if (at < weights[kind])
			return (enum model_kind)kind;
		at -= weights[kind];
	}
	return MODEL_COMPARE;
}

void model_draw(struct model_script *script, uint64_t seed, size_t count)
{
	uint64_t state = (seed + 1) * 0x9e3779b97f4a7c15u;

	(void)draw(&state, 2);
	script->seed = seed;
	script->forgets = draw(&state, 2);
	script->is_parallel = draw(&state, 4) != 0;
	script->count = count;
	for (size_t i = 0; i < count; i++) {
		struct model_op *op = &script->ops[i];

		op->kind = draw_kind(&state);
		op->thread = draw(&state, MODEL_THREADS);
		op->handle = draw(&state, MODEL_HANDLES);
		op->number = draw(&state, 1u << 22);
		op->size = draw(&state, 2) ? draw(&state, 20) : draw(&state, 1500000);
		draw_path(&state, op->path);
		draw_path(&state, op->to);
	}
}

void model_print(const struct model_script *script, FILE *out)
{
	(void)fprintf(out, "# seed %llu\nforgets %d\nparallel %d\n",
		      (unsigned long long)script->seed, script->forgets, script->is_parallel);
	for (size_t i = 0; i < script->count; i++) {
		const struct model_op *op = &script->ops[i];

		(void)fprintf(out, "%u %s %u %u %u %s %s\n", op->thread, kind_names[op->kind],
			      op->handle, op->number, op->size, op->path, op->to);
	}
}

static bool read_op(const char *line, struct model_op *op)
{
	char kind[20];

	if (sscanf(line, "%u %19s %u %u %u %39s %39s", &op->thread, kind, &op->handle, &op->number,
		   &op->size, op->path, op->to) != 7)
		return false;
	for (unsigned int i = 0; i < MODEL_KINDS; i++) {
		op->kind = (enum model_kind)i;
		if (strcmp(kind, kind_names[i]) == 0)
			return op->thread < MODEL_THREADS && op->handle < MODEL_HANDLES;
	}
	return false;
}

unsigned int model_read(struct model_script *script, FILE *in)
{
	unsigned int number = 0;
	char line[256];
	int value;

	*script = (struct model_script){ 0 };
	while (fgets(line, sizeof(line), in)) {
		number++;
		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (sscanf(line, "forgets %d", &value) == 1)
			script->forgets = value;
		else if (sscanf(line, "parallel %d", &value) == 1)
			script->is_parallel = value;
		else if (script->count == MODEL_OPS_MAX ||
			 !read_op(line, &script->ops[script->count]))
			return number;
		else
			script->count++;
	}
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* Operations on a small tree as data: drawn at random, printed as a script, read back from one. */
#ifndef CLAUDEFS_TESTS_MODEL_OP_H
#define CLAUDEFS_TESTS_MODEL_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define MODEL_THREADS  3u
#define MODEL_HANDLES  4u /* of each thread */
#define MODEL_OPS_MAX  4096u
#define MODEL_PATH_MAX 40u

enum model_kind {
	MODEL_APPEND,
	MODEL_CHMOD,
	MODEL_CLOSE,
	MODEL_COMPARE, /* the whole tree of the thread */
	MODEL_FALLOCATE,
	MODEL_FSYNC,
	MODEL_LINK_TMPFILE,
	MODEL_MKDIR,
	MODEL_OPEN,
	MODEL_RENAME,
	MODEL_RENAME_NOREPLACE,
	MODEL_RMDIR,
	MODEL_TRUNCATE,
	MODEL_UNLINK,
	MODEL_WRITE,
	MODEL_KINDS,
};

/* What the numbers mean is said in model_run.c, for each kind. */
struct model_op {
	enum model_kind kind;
	unsigned int thread;
	unsigned int handle;
	uint32_t number;
	uint32_t size;
	char path[MODEL_PATH_MAX]; /* beneath the thread's directory */
	char to[MODEL_PATH_MAX];
};

struct model_script {
	uint64_t seed;
	bool forgets;     /* the kernel forgets nodes at once */
	bool is_parallel; /* each thread's operations in a thread of their own */
	size_t count;
	struct model_op ops[MODEL_OPS_MAX];
};

/* count operations for the seed. */
void model_draw(struct model_script *script, uint64_t seed, size_t count);

void model_print(const struct model_script *script, FILE *out);
/* What model_print() wrote. Returns 0, or the number of a line that is not understood. */
unsigned int model_read(struct model_script *script, FILE *in);

#endif

/* SPDX-License-Identifier: MIT */
/* Random operations on a view and on a plain directory must have the same results (model_run.h). A
 * sequence that differs is made as short as it can be, and printed as a script.
 *
 *	test_view_model                 200,000 operations; 5,000,000 with CLAUDEFS_TEST_LONG
 *	test_view_model --replay FILE   runs a printed script
 *	test_view_model --control       must differ, and be shortened to CONTROL_MAX operations
 *
 * CLAUDEFS_TEST_SEED sets the first seed (1; with CLAUDEFS_TEST_LONG one of the time),
 * CLAUDEFS_TEST_ROUNDS how many sequences there are. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "tests/lib/form.h"
#include "tests/lib/own_directory.h"
#include "tests/unit/view/model_run.h"

#define SEQUENCE      400u /* operations */
#define SECONDS_MAX   60u  /* for one sequence: more is a hang, and a difference */
#define TRIES         5u   /* of a sequence with threads, which may differ only now and then */
#define CONTROL_MAX   6u
#define CONTROL_SEEDS 50u

static bool is_quiet;

/* Where the runs are: in memory, since nothing here asks whether a disk keeps what it was told. A
 * run that ends at a difference leaves its files, which go with the directory. */
static char parent[40];

static void remove_parent(void)
{
	remove_tree(parent);
}

static int make_parent(void)
{
	bool is_made =
		own_directory_make(parent, sizeof(parent), own_directory_in_memory(), "model");

	return is_made && setenv("CLAUDEFS_TEST_PARENT", parent, 1) == 0 ? 0 : -1;
}

/* In a process of its own. True if it differed. */
static bool differs(const struct model_script *script)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		(void)alarm(SECONDS_MAX);
		if (is_quiet && !freopen("/dev/null", "w", stderr))
			_exit(2);
		model_run(script);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0) {
		perror("fork");
		exit(2);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return false;
	if (WIFSIGNALED(status) && !is_quiet)
		(void)fprintf(stderr, "ended by signal %d\n", WTERMSIG(status));
	remove_parent();
	if (mkdir(parent, 0700) < 0) {
		perror(parent);
		exit(2);
	}
	return true;
}

static bool differs_in_some_try(const struct model_script *script)
{
	for (unsigned int i = 0; i < (script->is_parallel ? TRIES : 1); i++) {
		if (differs(script))
			return true;
	}
	return false;
}

/* Leaves out [at, at + count) if what remains differs still. */
static bool drop(struct model_script *script, size_t at, size_t count)
{
	struct model_script *shorter = malloc(sizeof(*shorter));
	bool is_enough;

	if (!shorter)
		exit(2);
	*shorter = *script;
	memmove(&shorter->ops[at], &shorter->ops[at + count],
		(script->count - at - count) * sizeof(shorter->ops[0]));
	shorter->count -= count;
	is_enough = differs_in_some_try(shorter);
	if (is_enough)
		*script = *shorter;
	free(shorter);
	return is_enough;
}

/* One smaller value, if that differs still. */
static void lower(struct model_script *script, uint32_t *value, uint32_t to)
{
	uint32_t before = *value;

	if (before <= to)
		return;
	*value = to;
	if (!differs_in_some_try(script))
		*value = before;
}

static void shrink(struct model_script *script)
{
	size_t piece = script->count / 2;

	is_quiet = true;
	if (script->is_parallel) {
		script->is_parallel = false;
		script->is_parallel = !differs(script);
	}
	while (piece > 0) {
		bool is_shorter = false;

		for (size_t at = 0; at < script->count;) {
			size_t count = piece < script->count - at ? piece : script->count - at;

			if (drop(script, at, count))
				is_shorter = true;
			else
				at += count;
		}
		if (!is_shorter)
			piece /= 2;
		else if (piece > script->count)
			piece = script->count;
	}
	for (size_t i = 0; i < script->count; i++) {
		lower(script, &script->ops[i].size, 0);
		lower(script, &script->ops[i].number, 10);
		lower(script, &script->ops[i].number, 0);
	}
	is_quiet = false;
}

static void report(struct model_script *script)
{
	size_t before = script->count;

	shrink(script);
	(void)printf("%zu operations, shortened to %zu; run by: test_view_model --replay FILE\n",
		     before, script->count);
	model_print(script, stdout);
	(void)fflush(stdout);
	(void)differs_in_some_try(script);
}

static int replay(const char *path)
{
	struct model_script *script = malloc(sizeof(*script));
	FILE *in = fopen(path, "re");
	unsigned int line;
	bool is_different;

	if (!script || !in) {
		perror(path);
		return 2;
	}
	line = model_read(script, in);
	(void)fclose(in);
	if (line) {
		(void)fprintf(stderr, "%s:%u: not understood\n", path, line);
		return 2;
	}
	is_different = differs_in_some_try(script);
	(void)printf("%zu operations, %s\n", script->count,
		     is_different ? "different" : "the same");
	free(script);
	return is_different;
}

/* A sequence that comes back from its printed form is the same one. */
static bool survives_printing(const struct model_script *script)
{
	struct model_script *other = malloc(sizeof(*other));
	FILE *file = tmpfile();
	bool is_same;

	if (!other || !file)
		return false;
	model_print(script, file);
	rewind(file);
	is_same = model_read(other, file) == 0 && other->count == script->count;
	for (size_t i = 0; is_same && i < script->count; i++) {
		const struct model_op *a = &script->ops[i];
		const struct model_op *b = &other->ops[i];

		is_same = a->kind == b->kind && a->thread == b->thread && a->handle == b->handle &&
			  a->number == b->number && a->size == b->size &&
			  strcmp(a->path, b->path) == 0 && strcmp(a->to, b->to) == 0;
	}
	(void)fclose(file);
	free(other);
	return is_same;
}

static int control(struct model_script *script)
{
	is_quiet = true;
	for (uint64_t seed = 1; seed <= CONTROL_SEEDS; seed++) {
		model_draw(script, seed, SEQUENCE);
		if (!survives_printing(script))
			return 1;
		if (!differs(script))
			continue;
		report(script);
		return script->count > CONTROL_MAX;
	}
	(void)printf("the planted fault was not found\n");
	return 1;
}

static uint64_t number_of(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : otherwise;
}

/* A sanitizer sees in fewer operations what it can see, and needs ten times as long for each. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define SLOWER 10u
#else
#define SLOWER 1u
#endif

static int campaign(struct model_script *script)
{
	uint64_t rounds = number_of("CLAUDEFS_TEST_ROUNDS",
				    form_of(20000, 200000, 5000000u / SLOWER) / SEQUENCE);
	uint64_t seed = number_of("CLAUDEFS_TEST_SEED", form_is_long() ? (uint64_t)time(NULL) : 1);

	(void)printf("CLAUDEFS_TEST_SEED=%llu\n", (unsigned long long)seed);
	for (uint64_t i = 0; i < rounds; i++) {
		model_draw(script, seed + i, SEQUENCE);
		if (differs(script)) {
			(void)printf("seed %llu differs\n", (unsigned long long)(seed + i));
			report(script);
			return 1;
		}
	}
	(void)printf("%llu operations in %llu sequences, 0 differences\n",
		     (unsigned long long)(rounds * SEQUENCE), (unsigned long long)rounds);
	return 0;
}

int main(int argc, char **argv)
{
	struct model_script *script = malloc(sizeof(*script));
	int r;

	if (!script || make_parent() < 0)
		return 2;
	if (argc == 3 && strcmp(argv[1], "--replay") == 0)
		r = replay(argv[2]);
	else if (argc == 2 && strcmp(argv[1], "--control") == 0)
		r = control(script);
	else
		r = campaign(script);
	remove_parent();
	free(script);
	return r;
}

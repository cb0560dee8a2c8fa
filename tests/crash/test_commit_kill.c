/* SPDX-License-Identifier: MIT */
/* A commit that is killed at every one of its system calls, what recovers from that killed at every
 * one of its own, and so on until no state is new: what is on the host is old or new, and the next
 * commit brings the rest, each appended line exactly once.
 *
 * What is killed leaves the files as they are. So a commit is watched once, its files being read
 * before each call that may change some: these are all the states that a kill can leave (and at one
 * watching the files are read before every call, to see that the others change nothing). Each state
 * that is new is then made again by a real kill, and the commit that recovers from it is watched in
 * the same way.
 *
 * The suite lets the commit that recovers from each state run to its end, and watches every
 * fiftieth; CLAUDEFS_TEST_LONG watches all. */
#include "tests/unit/cmocka_setup.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/fd.h"
#include "fs/base/hash.h"
#include "tests/crash/scene.h"
#include "tests/crash/state_text.h"
#include "tests/lib/form.h"
#include "tests/lib/stuck.h"
#include "tests/lib/trace_calls.h"

#define STATES_MAX 65536u
#define TRIES_MAX  5u
#define KILLS_MAX  6u /* of commits, one after the other, to come to a state */

/* A state that kills can leave, and how to come to it: the n-th call of the first commit that may
 * change files, of the one that recovers from that, ... */
struct state {
	struct hash hash; /* of its text */
	uint64_t kills[KILLS_MAX];
	size_t depth;
};

static struct state states[STATES_MAX];
static size_t count;
static size_t deepest;
static size_t watched;
static uint64_t instants; /* before calls that may change files, over all watched commits */

/* A commit that is watched. */
struct watch {
	struct scene *scene;
	struct state_reader *reader;
	const struct state *from; /* what it recovers from; NULL: the first */
	bool every_call;          /* also before those that should change nothing */
	bool has_changed;         /* the call before may have changed files */
	struct hash hash;         /* as last read */
	uint64_t changing;        /* calls so far that may change files */
	uint64_t silent;          /* calls that should change nothing, and changed nothing */
};

static struct hash read_hash(struct state_reader *reader)
{
	const char *text = state_read(reader);

	return hash_bytes(text, strlen(text));
}

/* How to come to it, for messages (static buffer). */
static const char *kills_text(const struct state *state)
{
	static char text[128];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < state->depth; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%llu", i ? ", " : "",
					(unsigned long long)state->kills[i]);
	return text;
}

static bool is_known(const struct hash *hash)
{
	for (size_t i = 0; i < count; i++) {
		if (hash_is_equal(&states[i].hash, hash))
			return true;
	}
	return false;
}

/* Keeps the state before the n-th changing call, if it is new. */
static void note_state(const struct watch *watch, uint64_t n)
{
	struct state state = { .hash = watch->hash };
	const char *wrong;

	instants++;
	if (is_known(&watch->hash))
		return;
	if (watch->from)
		state = *watch->from;
	state.hash = watch->hash;
	if (state.depth == KILLS_MAX)
		fail_msg("states come to no end: %s", kills_text(&state));
	state.kills[state.depth++] = n;
	deepest = state.depth > deepest ? state.depth : deepest;
	wrong = find_wrong_file(watch->scene, false);
	if (wrong)
		fail_msg("killed at %s: %s is neither old nor new", kills_text(&state), wrong);
	assert_true(count < STATES_MAX);
	states[count++] = state;
}

static int at_call(const struct traced_call *call, void *arg)
{
	struct watch *watch = arg;
	bool may_change = trace_may_change_files(call);

	if (watch->has_changed) {
		watch->hash = read_hash(watch->reader);
	} else if (watch->every_call) {
		struct hash hash = read_hash(watch->reader);

		if (!hash_is_equal(&hash, &watch->hash))
			fail_msg("the call before %ld changed files", call->number);
		watch->silent++;
	}
	watch->changing += may_change;
	if (may_change)
		note_state(watch, watch->changing);
	watch->has_changed = may_change;
	return TRACE_GO;
}

/* False: there is no ptrace here. */
static bool watch_commit(struct watch *watch)
{
	struct trace trace = {
		.on_entry = at_call,
		.arg = watch,
		.only_changes = !watch->every_call,
	};
	int r;

	watch->has_changed = true;
	r = trace_child(&trace, commit_all, watch->scene);
	if (r == TRACE_IMPOSSIBLE)
		return false;
	assert_int_equal(r, 0);
	if (trace.status != 0)
		fail_msg("killed at %s: the next commit fails (%d)",
			 watch->from ? kills_text(watch->from) : "no call", trace.status);
	watched++;
	return true;
}

static int kill_at_point(const struct traced_call *call, void *arg)
{
	const uint64_t *n = arg;

	return call->n == *n ? TRACE_KILL : TRACE_GO;
}

static void kill_commit(struct scene *scene, uint64_t n)
{
	struct trace trace = { .on_entry = kill_at_point, .arg = &n, .only_changes = true };

	assert_int_equal(trace_child(&trace, commit_all, scene), 0);
	assert_true(WIFSIGNALED(trace.status));
	assert_int_equal(WTERMSIG(trace.status), SIGKILL);
}

/* Makes the state by real kills. Where the clock of a file system is coarse, a file may have
 * changed at the same time as before by chance, which is another state: hence the tries. */
static struct state_reader *come_to(struct scene *scene, const struct state *state)
{
	for (unsigned int tries = 1;; tries++) {
		struct state_reader *reader;
		struct hash hash;

		make_scene(scene);
		reader = state_reader_new(scene);
		for (size_t i = 0; i < state->depth; i++)
			kill_commit(scene, state->kills[i]);
		check_files(scene, false, state->kills[0]);
		hash = read_hash(reader);
		if (hash_is_equal(&hash, &state->hash))
			return reader;
		if (tries == TRIES_MAX)
			fail_msg("killed at %s: another state than the one that was seen",
				 kills_text(state));
		state_reader_free(reader);
		end_scene(scene);
	}
}

/* All is there; and one more commit changes nothing at all. */
static void check_whole(struct scene *scene, struct state_reader *reader, const struct state *state)
{
	cleanup_free char *before = NULL;
	const char *after;
	const char *a;
	const char *b;

	check_end(scene, state->kills[0]);
	before = strdup(state_read(reader));
	assert_non_null(before);
	if (commit_all(scene) != 0)
		fail_msg("killed at %s: a third commit fails", kills_text(state));
	after = state_read(reader);
	state_difference(before, after, &a, &b);
	if (strcmp(before, after) != 0)
		fail_msg("killed at %s: a third commit changes\n%s\n%s", kills_text(state), a, b);
}

static void try_state(const struct state *state, bool is_watched)
{
	struct scene scene;
	struct state_reader *reader = come_to(&scene, state);

	if (is_watched) {
		struct watch watch = { .scene = &scene, .reader = reader, .from = state };

		assert_true(watch_commit(&watch));
	} else if (commit_all(&scene) != 0) {
		fail_msg("killed at %s: the next commit fails", kills_text(state));
	}
	check_whole(&scene, reader, state);
	state_reader_free(reader);
	end_scene(&scene);
}

static void killed_at_every_call_it_is_finished_by_the_next(void **state)
{
	size_t step = form_of(8, 1, 1);
	size_t stride = form_of(80, 50, 1); /* a multiple of step */
	size_t of_commit;
	struct scene scene;
	struct watch watch = { .scene = &scene, .every_call = true };
	bool can_trace;

	(void)state;
	make_scene(&scene);
	watch.reader = state_reader_new(&scene);
	can_trace = watch_commit(&watch);
	state_reader_free(watch.reader);
	if (can_trace)
		check_end(&scene, 0);
	end_scene(&scene);
	if (!can_trace)
		skip();
	of_commit = count;
	print_message("commit: %llu calls may change files, %llu do not; %zu states\n",
		      (unsigned long long)watch.changing, (unsigned long long)watch.silent, count);
	/* (More are added meanwhile.) */
	for (size_t i = 0; i < count; i += step) {
		struct state copy = states[i];

		try_state(&copy, i % stride == 0 || i >= of_commit);
	}
	print_message("%zu states, %zu of them of recoveries (depth %zu); %zu commits watched, at "
		      "%llu instants\n",
		      count, count - of_commit, deepest, watched, (unsigned long long)instants);
}
#define OF_HOST   "of the host\n"
#define HOST_LINE "{\"type\":\"user\",\"n\":\"of the host\"}\n"

/* What the host writes after the kill: a file that the commit makes, replaces, removes, each in the
 * middle of its kind; and a line in what it appends to. */
static const char *const written[] = { "plans/new-7.md", "plans/old-7.md", "plans/sub/gone-7.md" };
#define WRITTEN (sizeof(written) / sizeof(written[0]))

static struct expectation *expectation_of(struct scene *scene, const char *path)
{
	for (size_t i = 0; i < scene->count; i++) {
		if (strcmp(scene->expectations[i].path, path) == 0)
			return &scene->expectations[i];
	}
	fail_msg("no %s", path);
	return NULL;
}

static void set_text(char **text, const char *value)
{
	free(*text);
	*text = strdup(value);
	assert_non_null(*text);
}

/* Returns true if the name was still as before the commit, which is then a conflict for sure. */
static bool write_on_host(struct scene *scene, const char *path)
{
	struct expectation *expectation = expectation_of(scene, path);
	cleanup_free char *found = fixture_host_read(&scene->fixture, path);
	bool is_old = found && expectation->before ? strcmp(found, expectation->before) == 0
						   : !found && !expectation->before;

	fixture_host_write(&scene->fixture, path, OF_HOST);
	set_text(&expectation->after, OF_HOST);
	return is_old;
}

/* The lines that the file shall have in the end, and the host's, each once, in any order. */
static void check_lines(struct scene *scene, const struct expectation *expectation,
			const struct state *state)
{
	cleanup_free char *found = fixture_host_read(&scene->fixture, expectation->path);
	cleanup_free char *wanted = NULL;
	size_t len = 0;

	assert_non_null(found);
	assert_true(asprintf(&wanted, "%s%s", expectation->after, HOST_LINE) > 0);
	for (char *line = wanted, *end; *line; line = end) {
		size_t line_len = strcspn(line, "\n") + 1;
		const char *at;

		end = line + line_len;
		at = memmem(found, strlen(found), line, line_len);
		if (!at || memmem(at + 1, strlen(at + 1), line, line_len))
			fail_msg("killed at %s: %s has a line not once: %s", kills_text(state),
				 expectation->path, found);
		len += line_len;
	}
	assert_int_equal(strlen(found), len);
}

static void check_conflicts(struct scene *scene, const struct state *state, const bool *is_old)
{
	int r = commit_all(scene);
	struct review *review = fixture_review(&scene->fixture);

	/* (2: the recovery found them; 0: they were there when the plan was made.) */
	if (r == 1)
		fail_msg("killed at %s: the commit after the host's write fails",
			 kills_text(state));
	for (size_t i = 0; i < WRITTEN; i++) {
		const struct change *change = review_find(review, written[i]);

		if (is_old[i] && (!change || change->group != REVIEW_CONFLICT))
			fail_msg("killed at %s: %s is no conflict", kills_text(state), written[i]);
	}
}

static void what_the_host_wrote_before_the_recovery_stays(void **state)
{
	size_t stride = form_of(40, 8, 1);
	size_t tries = 0;

	(void)state;
	if (count == 0)
		skip();
	for (size_t i = 0; i < count; i += stride) {
		bool is_old[WRITTEN];
		struct scene scene;
		struct state_reader *reader = come_to(&scene, &states[i]);
		struct expectation *history;
		const char *wrong;

		for (size_t k = 0; k < WRITTEN; k++)
			is_old[k] = write_on_host(&scene, written[k]);
		history = expectation_of(&scene, "history.jsonl");
		fixture_host_append(&scene.fixture, history->path, HOST_LINE);
		tries++;
		check_conflicts(&scene, &states[i], is_old);
		/* And again. */
		check_conflicts(&scene, &states[i], is_old);
		check_lines(&scene, history, &states[i]);
		set_text(&history->after, HOST_LINE);
		fixture_host_write(&scene.fixture, history->path, HOST_LINE);
		wrong = find_wrong_file(&scene, true);
		if (wrong)
			fail_msg("killed at %s: %s is wrong", kills_text(&states[i]), wrong);
		check_no_leftovers(&scene, states[i].kills[0]);
		state_reader_free(reader);
		end_scene(&scene);
	}
	print_message("the host wrote in %zu states\n", tries);
}

/* How long a commit takes here, in ns. */
static uint64_t measure(void)
{
	struct scene scene;
	uint64_t start;
	uint64_t end;

	make_scene(&scene);
	start = clock_now_ns();
	assert_int_equal(commit_all(&scene), 0);
	end = clock_now_ns();
	check_end(&scene, 0);
	end_scene(&scene);
	return end - start + 1;
}

static void killed_at_a_random_instant_it_is_finished_by_the_next(void **state)
{
	uint64_t duration = measure();

	(void)state;
	for (unsigned int i = 0; i < 50; i++) {
		struct timespec pause;
		struct scene scene;
		uint32_t random = 0;
		pid_t pid;

		make_scene(&scene);
		assert_int_equal(fd_random_bytes(&random, sizeof(random)), 0);
		pause = clock_to_timespec(duration * (random % 1000u) / 1000u);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			_exit(commit_all(&scene));
		(void)nanosleep(&pause, NULL);
		(void)kill(pid, SIGKILL);
		assert_int_equal(stuck_wait(pid, 60, NULL), 0);
		check_files(&scene, false, i);
		run_again(&scene, i);
		end_scene(&scene);
	}
}

/* The control. */
static void a_file_neither_old_nor_new_would_be_noticed(void **state)
{
	struct scene scene;

	(void)state;
	for (size_t i = 0; i < EXPECTATIONS; i++) {
		make_scene(&scene);
		assert_null(find_wrong_file(&scene, false));
		assert_non_null(find_wrong_file(&scene, true));
		fixture_host_append(&scene.fixture, scene.expectations[i].path, "x");
		assert_string_equal(find_wrong_file(&scene, false), scene.expectations[i].path);
		end_scene(&scene);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_file_neither_old_nor_new_would_be_noticed),
	cmocka_unit_test(killed_at_every_call_it_is_finished_by_the_next),
	cmocka_unit_test(what_the_host_wrote_before_the_recovery_stays),
	cmocka_unit_test(killed_at_a_random_instant_it_is_finished_by_the_next),
};

int main(void)
{
	char root[64];

	scenes_in_memory();
	/* Digests that are in receipts are the same for the same state then. */
	(void)snprintf(root, sizeof(root), "%s/claudefs-session-%d-kill",
		       fixture_parent ? fixture_parent : "/tmp", (int)getpid());
	fixture_root = root;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

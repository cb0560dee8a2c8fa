/* SPDX-License-Identifier: MIT */
/* A container engine, through its command-line client: docker, or podman, which takes the same
 * words. What an engine cannot do, and how it must be told otherwise, stands in one table. Nothing
 * secret is ever in these words: they are seen by everybody (/proc) and kept by the engine. */
#ifndef CLAUDEFS_LAUNCHER_ENGINE_H
#define CLAUDEFS_LAUNCHER_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "launcher/string_list.h"

#define ENGINE_ANSWER_MAX (1u << 20) /* bytes that are read of what a client says */
#define ENGINE_ANSWER_MS  20000      /* an engine that takes longer counts as dead */

/* Which claudefs-run will remove a container: "PID.START". */
#define ENGINE_LABEL_OWNER "io.claudefs.launcher"

struct engine_kind {
	const char *name;          /* of the client on PATH */
	bool has_apparmor_default; /* without the word it would confine the keeper */
	bool may_select_runtime;   /* --runtime NAME */
	bool has_tmpfs_ids;        /* --tmpfs takes uid= and gid= */
	bool has_dependents;       /* rm refuses a container whose namespaces another one uses */
	const char *owner_format;  /* of ps: a container's id and its ENGINE_LABEL_OWNER */
};

struct engine {
	const struct engine_kind *kind; /* static */
	char *program;                  /* the client */
};

void engine_done(struct engine *engine);
#define cleanup_engine __attribute__((cleanup(engine_done)))

/* name: "docker" or "podman". Returns 0, -ENOENT (no client on PATH) or -errno. Starts nothing. */
int engine_find(const char *name, struct engine *ret);

struct engine_answer {
	int code;  /* the client's exit code */
	char *out; /* what it wrote, the last newline removed, NUL-terminated */
	char *err;
};

void engine_answer_done(struct engine_answer *answer);
#define cleanup_engine_answer __attribute__((cleanup(engine_answer_done)))

/* A question whose answer is not there yet. */
struct engine_call {
	pid_t pid;    /* of the client; 0: none runs */
	int out, err; /* what it says */
};
#define ENGINE_CALL_NONE             \
	{                            \
		.out = -1, .err = -1 \
	}

/* Starts the client with these words (NULL-terminated). Returns 0 or -errno. */
int engine_ask_begin(const struct engine *engine, const char *const *words,
		     struct engine_call *ret);
/* Waits for the answer; the call is over then, whatever this returns: 0 (look at ->code),
 * -ETIMEDOUT, -ECANCELED (none runs) or another -errno. */
int engine_ask_end(struct engine_call *call, struct engine_answer *ret);

/* Both. */
int engine_ask(const struct engine *engine, const char *const *words, struct engine_answer *ret);

/* The first line of what the client complained, for a message (borrowed from answer). */
const char *engine_complaint(struct engine_answer *answer);

/* True if the complaint is that nothing answers, or that this user may not ask. */
bool engine_is_absent(const struct engine_answer *answer);

/* Starts the client and does not wait; its descriptors as given (borrowed, or -1). In a session of
 * its own, so that the terminal's signals come from us alone. Returns 0 or -errno. */
int engine_start(const struct engine *engine, const struct string_list *words, int stdin_fd,
		 int stdout_fd, int stderr_fd, pid_t *ret_pid);

#endif

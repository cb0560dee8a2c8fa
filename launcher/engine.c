/* SPDX-License-Identifier: MIT */
#include "launcher/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/program_path.h"
#include "fs/base/subprocess.h"
#include "fs/base/text.h"

static const struct engine_kind kinds[] = {
	{ "docker", true, true, true, false, "{{.ID}} {{.Label \"" ENGINE_LABEL_OWNER "\"}}" },
	{ "podman", false, true, false, true,
	  "{{.ID}} {{index .Labels \"" ENGINE_LABEL_OWNER "\"}}" },
};

void engine_done(struct engine *engine)
{
	free(engine->program);
	*engine = (struct engine){ 0 };
}

int engine_find(const char *name, struct engine *ret)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, name) != 0)
			continue;
		ret->kind = &kinds[i];
		ret->program = program_on_path(name);
		return ret->program ? 0 : -ENOENT;
	}
	return -EINVAL;
}

void engine_answer_done(struct engine_answer *answer)
{
	free(answer->out);
	free(answer->err);
	*answer = (struct engine_answer){ 0 };
}

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Reads both to their ends, or to the deadline. */
static int read_both(const int fds[2], struct text texts[2])
{
	int64_t deadline = now_ms() + ENGINE_ANSWER_MS;
	bool is_open[2] = { true, true };

	while (is_open[0] || is_open[1]) {
		struct pollfd polls[2];
		int64_t left = deadline - now_ms();

		if (left <= 0)
			return -ETIMEDOUT;
		for (int i = 0; i < 2; i++)
			polls[i] =
				(struct pollfd){ .fd = is_open[i] ? fds[i] : -1, .events = POLLIN };
		if (poll(polls, 2, (int)left) < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < 2; i++) {
			char buf[4096];
			ssize_t n;

			if (!is_open[i] || !polls[i].revents)
				continue;
			n = read(fds[i], buf, sizeof(buf));
			if (n <= 0)
				is_open[i] = n < 0 && errno == EINTR;
			else if (texts[i].len < ENGINE_ANSWER_MAX)
				text_append_bytes(&texts[i], buf, (size_t)n);
		}
	}
	return 0;
}

static char *take_line(struct text *text)
{
	char *all = text_steal(text);
	size_t len = all ? strlen(all) : 0;

	if (len > 0 && all[len - 1] == '\n')
		all[len - 1] = '\0';
	return all;
}

static int make_argv(const struct engine *engine, const char *const *words, struct string_list *ret)
{
	string_list_add(ret, engine->program);
	for (; *words; words++)
		string_list_add(ret, *words);
	return ret->is_failed ? -ENOMEM : 0;
}

int engine_ask_begin(const struct engine *engine, const char *const *words, struct engine_call *ret)
{
	cleanup_string_list struct string_list argv = { 0 };
	struct subprocess what = { .stdin_fd = SUBPROCESS_NULL, .is_own_session = true };
	cleanup_fd int out_read = -1, out_write = -1, err_read = -1, err_write = -1;
	int out[2], err[2], r;

	r = make_argv(engine, words, &argv);
	if (r < 0)
		return r;
	if (pipe2(out, O_CLOEXEC) < 0)
		return -errno;
	out_read = out[0];
	out_write = out[1];
	if (pipe2(err, O_CLOEXEC) < 0)
		return -errno;
	err_read = err[0];
	err_write = err[1];
	what.argv = (const char *const *)argv.items;
	what.stdout_fd = out_write;
	what.stderr_fd = err_write;
	r = subprocess_start(&what, &ret->pid);
	if (r < 0)
		return r;
	ret->out = steal_fd(&out_read);
	ret->err = steal_fd(&err_read);
	return 0;
}

int engine_ask_end(struct engine_call *call, struct engine_answer *ret)
{
	struct text texts[2] = { { 0 }, { 0 } };
	int r;

	if (call->pid <= 0)
		return -ECANCELED;
	r = read_both((const int[]){ call->out, call->err }, texts);
	if (r < 0)
		(void)kill(call->pid, SIGKILL);
	(void)subprocess_wait(call->pid, &ret->code);
	(void)close(call->out);
	(void)close(call->err);
	*call = (struct engine_call)ENGINE_CALL_NONE;
	ret->out = take_line(&texts[0]);
	ret->err = take_line(&texts[1]);
	if (r == 0 && (!ret->out || !ret->err))
		r = -ENOMEM;
	return r;
}

int engine_ask(const struct engine *engine, const char *const *words, struct engine_answer *ret)
{
	struct engine_call call = ENGINE_CALL_NONE;
	int r = engine_ask_begin(engine, words, &call);

	return r < 0 ? r : engine_ask_end(&call, ret);
}

const char *engine_complaint(struct engine_answer *answer)
{
	char *text = answer->err && *answer->err ? answer->err : answer->out;

	if (!text || !*text)
		return "no reason given";
	text[strcspn(text, "\n")] = '\0';
	return text;
}

bool engine_is_absent(const struct engine_answer *answer)
{
	static const char *const complaints[] = {
		"Cannot connect to the Docker daemon",       "Is the docker daemon running",
		"permission denied while trying to connect", "Cannot connect to Podman",
		"failed to connect to the docker API",       "error during connect",
	};

	for (size_t i = 0; i < sizeof(complaints) / sizeof(complaints[0]); i++) {
		if (answer->err && strcasestr(answer->err, complaints[i]))
			return true;
	}
	return false;
}

int engine_start(const struct engine *engine, const struct string_list *words, int stdin_fd,
		 int stdout_fd, int stderr_fd, pid_t *ret_pid)
{
	cleanup_string_list struct string_list argv = { 0 };
	struct subprocess what = { .stdin_fd = stdin_fd,
				   .stdout_fd = stdout_fd,
				   .stderr_fd = stderr_fd,
				   .is_own_session = true };
	int r = make_argv(engine, (const char *const *)words->items, &argv);

	what.argv = (const char *const *)argv.items;
	return r < 0 ? r : subprocess_start(&what, ret_pid);
}

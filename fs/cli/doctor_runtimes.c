/* SPDX-License-Identifier: MIT */
/* The checks of `claudefs doctor` about container engines: for each what is there, what is missing,
 * and the mend. Asks the engine's client and changes nothing. That of the native runtime are those
 * about the kernel, FUSE and namespaces. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/subprocess.h"
#include "fs/cli/doctor_checks.h"

#define ANSWER_MAX 4096u /* bytes of what a client says */
#define ANSWER_MS  5000  /* between two pieces of it; an engine that is slower counts as dead */

#define IMAGE "claudefs:" CLAUDEFS_VERSION

struct answer {
	char text[ANSWER_MAX]; /* both streams; only the first line is kept */
	int code;
};

/* Returns 0, -ETIMEDOUT or another -errno. */
static int read_answer(int fd, struct answer *answer)
{
	size_t len = 0;

	for (;;) {
		struct pollfd polled = { .fd = fd, .events = POLLIN };
		int ready = poll(&polled, 1, ANSWER_MS);
		char rest[512];
		bool is_full = len + 1 >= sizeof(answer->text);
		ssize_t n;

		if (ready == 0)
			return -ETIMEDOUT;
		n = is_full ? read(fd, rest, sizeof(rest))
			    : read(fd, answer->text + len, sizeof(answer->text) - 1 - len);
		if (n == 0)
			break;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0 && !is_full)
			len += (size_t)n;
	}
	answer->text[len] = '\0';
	answer->text[strcspn(answer->text, "\n")] = '\0';
	return 0;
}

static int ask(const char *const *argv, struct answer *ret)
{
	struct subprocess what = { .argv = argv,
				   .stdin_fd = SUBPROCESS_NULL,
				   .is_own_session = true };
	cleanup_fd int fd = -1;
	int ends[2], r;
	pid_t pid;

	if (pipe(ends) < 0)
		return -errno;
	fd = ends[0];
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	what.stdout_fd = what.stderr_fd = ends[1];
	r = subprocess_start(&what, &pid);
	(void)close(ends[1]);
	if (r < 0)
		return r;
	r = read_answer(fd, ret);
	if (r < 0)
		(void)kill(pid, SIGKILL);
	(void)subprocess_wait(pid, &ret->code);
	return r;
}

static void tell_silence(const char *name, const struct answer *answer, int r,
			 struct finding *finding)
{
	finding->level = FINDING_WARN;
	if (r < 0) {
		text_append(&finding->found,
			    r == -ETIMEDOUT ? "its engine does not answer" : strerror(-r));
		text_appendf(&finding->mend, "look after the %s service; sessions run natively",
			     name);
	} else if (strcasestr(answer->text, "permission denied")) {
		text_append(&finding->found, "its engine does not let you in");
		text_appendf(&finding->mend,
			     "become a member of the group %s (which is to be root), or stay with "
			     "native sessions",
			     name);
	} else {
		/* Newer clients print the form with nothing in it, and then fail. */
		bool is_empty = answer->text[0] == '\0' || strncmp(answer->text, "engine ", 7) == 0;

		text_append(&finding->found, is_empty ? "no engine answers" : answer->text);
		text_appendf(&finding->mend,
			     "start the %s service; sessions run natively until then", name);
	}
}

static void look_at_image(const char *program, struct finding *finding)
{
	const char *const argv[] = {
		program, "image", "inspect", "--format", "{{.Id}}", IMAGE, NULL
	};
	struct answer answer = { .code = 0 };

	if (ask(argv, &answer) == 0 && answer.code == 0)
		text_append(&finding->found, ", image " IMAGE);
	else
		text_append(&finding->found, ", no image yet (the first session builds it)");
}

static void look_at_engine(const char *name, const char *format, struct finding *finding)
{
	cleanup_free char *program = NULL;
	const char *argv[] = { NULL, "info", "--format", format, NULL };
	struct answer answer = { .code = 0 };
	int r;

	if (!doctor_find_program(name, &program) || !program) {
		text_append(&finding->found, "not on PATH");
		text_appendf(&finding->mend,
			     "only needed for sessions in containers (--runtime %s)", name);
		return;
	}
	argv[0] = program;
	r = ask(argv, &answer);
	if (r < 0 || answer.code != 0) {
		tell_silence(name, &answer, r, finding);
		return;
	}
	text_append(&finding->found, answer.text);
	if (strstr(answer.text, "rootless")) {
		finding->level = FINDING_WARN;
		text_append(&finding->mend,
			    "a rootless engine cannot attach the view: sessions run "
			    "natively; use an engine that runs as root for more");
		return;
	}
	look_at_image(program, finding);
}

void doctor_look_at_docker(const struct cli *cli, struct finding *finding)
{
	(void)cli;
	look_at_engine("docker", "engine {{.ServerVersion}} {{.SecurityOptions}}", finding);
}

void doctor_look_at_podman(const struct cli *cli, struct finding *finding)
{
	(void)cli;
	look_at_engine("podman",
		       "engine {{.Version.Version}}{{if .Host.Security.Rootless}} rootless{{end}}",
		       finding);
}

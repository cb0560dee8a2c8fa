/* SPDX-License-Identifier: MIT */
/* The checks of `claudefs doctor` for the stores of a login. claudefs-run knows them and is asked
 * (--credentials-sources), which looks whether a login is there and never reads it. */
#include "fs/cli/doctor_checks.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/subprocess.h"

#define ANSWER_MAX 4096u /* bytes */
#define ANSWER_MS  20000 /* more than all stores together may take */

/* Up to ANSWER_MAX bytes, until the end or ANSWER_MS without any. Returns the length or -errno. */
static ssize_t read_answer(int fd, char *answer)
{
	size_t len = 0;

	while (len < ANSWER_MAX) {
		struct pollfd polled = { .fd = fd, .events = POLLIN };
		int r = poll(&polled, 1, ANSWER_MS);
		ssize_t n;

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return r < 0 ? -errno : -ETIMEDOUT;
		n = read(fd, answer + len, ANSWER_MAX - len);
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	answer[len] = '\0';
	return (ssize_t)len;
}

/* Where doctor finds it for its own line, too (ret_), or NULL. */
static char *find_launcher(void)
{
	char *found = NULL;

	return doctor_find_program("claudefs-run", &found) ? found : NULL;
}

/* Its whole answer (answer: ANSWER_MAX + 1 bytes). Returns 0 or -errno. */
static int ask_launcher(char *answer)
{
	cleanup_free char *program = find_launcher();
	const char *argv[] = { program, "--credentials-sources", NULL };
	struct subprocess what = { .argv = argv,
				   .stdin_fd = SUBPROCESS_NULL,
				   .stderr_fd = SUBPROCESS_NULL };
	cleanup_fd int from = -1;
	cleanup_fd int to = -1;
	int ends[2];
	pid_t pid = 0;
	ssize_t n;
	int r;

	if (!program)
		return -ENOENT;
	if (pipe(ends) < 0)
		return -errno;
	from = ends[0];
	to = ends[1];
	(void)fcntl(from, F_SETFD, FD_CLOEXEC);
	(void)fcntl(to, F_SETFD, FD_CLOEXEC);
	what.stdout_fd = to;
	r = subprocess_start(&what, &pid);
	cleanup_close_fd(&to);
	to = -1;
	if (r < 0)
		return r;
	n = read_answer(from, answer);
	if (n < 0)
		(void)kill(pid, SIGKILL);
	r = subprocess_wait(pid, NULL);
	return n < 0 ? (int)n : r;
}

/* The answer is asked for once, and cut into "name<TAB>state<TAB>mend" lines. */
static const char *line_of(const char *name)
{
	static char answer[ANSWER_MAX + 1];
	static bool is_asked;
	size_t len = strlen(name);

	if (!is_asked && ask_launcher(answer) < 0)
		answer[0] = '\0';
	is_asked = true;
	for (const char *line = answer; *line;) {
		const char *end = strchr(line, '\n');

		if (strncmp(line, name, len) == 0 && line[len] == '\t')
			return line + len + 1;
		if (!end)
			break;
		line = end + 1;
	}
	return NULL;
}

static bool is_state(const char *line, const char *state)
{
	size_t len = strlen(state);

	return strncmp(line, state, len) == 0 && line[len] == '\t';
}

/* No store is needed: a token may come from the environment, and another store may have the login.
 */
static void look_at(const char *name, struct finding *finding)
{
	const char *line = line_of(name);
	size_t len;

	if (!line) {
		text_append(&finding->found, "claudefs-run, which knows, is not on PATH");
		finding->level = FINDING_WARN;
		text_append(&finding->mend, "install it, or put it on PATH");
		return;
	}
	len = strcspn(line, "\t\n");
	if (is_state(line, "found"))
		text_append(&finding->found, "has a login");
	else if (is_state(line, "absent"))
		text_append(&finding->found, "has no login");
	else
		text_append_bytes(&finding->found, line, len);
	if (is_state(line, "found") || line[len] != '\t')
		return;
	line += len + 1;
	text_append_bytes(&finding->mend, line, strcspn(line, "\n"));
	if (strncmp(finding->found.data ? finding->found.data : "", "locked", 6) == 0 ||
	    strncmp(finding->found.data ? finding->found.data : "", "unusable", 8) == 0)
		finding->level = FINDING_WARN;
}

void doctor_look_at_keychain(const struct cli *cli, struct finding *finding)
{
	(void)cli;
	look_at("keychain", finding);
}

void doctor_look_at_secret_service(const struct cli *cli, struct finding *finding)
{
	(void)cli;
	look_at("secret-service", finding);
}

void doctor_look_at_login_file(const struct cli *cli, struct finding *finding)
{
	(void)cli;
	look_at("file", finding);
}

void doctor_look_at_login(const struct cli *cli, struct finding *finding)
{
	static const char *const variables[] = { "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN",
						 "CLAUDE_CODE_OAUTH_TOKEN" };
	static const char *const stores[] = { "keychain", "secret-service", "file" };

	(void)cli;
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		const char *value = getenv(variables[i]);

		if (value && *value) {
			text_appendf(&finding->found, "%s, which the agent can read", variables[i]);
			return;
		}
	}
	for (size_t i = 0; i < sizeof(stores) / sizeof(stores[0]); i++) {
		const char *line = line_of(stores[i]);

		if (line && is_state(line, "found")) {
			text_appendf(&finding->found, "that of the %s", stores[i]);
			return;
		}
	}
	finding->level = FINDING_WARN;
	text_append(&finding->found, "none");
	text_append(&finding->mend, "log in with 'claude' on the host, or set ANTHROPIC_API_KEY or "
				    "CLAUDE_CODE_OAUTH_TOKEN");
}

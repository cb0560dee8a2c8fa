/* SPDX-License-Identifier: MIT */
#include "launcher/egress_registry.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/message.h"
#include "fs/base/program_path.h"
#include "fs/base/subprocess.h"
#include "fs/policy/egress_list.h"
#include "launcher/egress.h"

#define OUTPUT_MAX (1u << 20) /* bytes */

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Reads until the end, the time is over, or there is too much. */
static int read_bounded(int fd, struct text *ret)
{
	int64_t end = now_ms() + EGRESS_ASK_MS;

	while (ret->len < OUTPUT_MAX) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		int64_t now = now_ms();
		char buffer[4096];
		ssize_t n;

		if (now >= end)
			return -ETIMEDOUT;
		if (poll(&wait, 1, (int)(end - now)) <= 0)
			continue;
		n = read(fd, buffer, sizeof(buffer));
		if (n == 0)
			return ret->is_failed ? -ENOMEM : 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			text_append_bytes(ret, buffer, (size_t)n);
	}
	return -EFBIG;
}

/* What the program prints. It is the person's own, in a directory where no project is. */
static int ask(const char *const *argv, struct text *ret)
{
	struct subprocess what = { .argv = argv,
				   .stdin_fd = SUBPROCESS_NULL,
				   .stderr_fd = SUBPROCESS_NULL };
	cleanup_fd int reader = -1;
	int ends[2];
	int code = -1;
	pid_t pid = 0;
	int r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	reader = ends[0];
	what.stdout_fd = ends[1];
	r = subprocess_start(&what, &pid);
	(void)close(ends[1]);
	if (r < 0)
		return r;
	r = read_bounded(reader, ret);
	if (r < 0)
		(void)kill(pid, SIGKILL);
	if (subprocess_wait(pid, &code) < 0 || (r == 0 && code != 0))
		return r < 0 ? r : -EIO;
	return r;
}

int egress_hosts_of_output(const char *output, struct text *lines)
{
	const char *at = output;
	int count = 0;

	while ((at = strstr(at, "://"))) {
		char host[EGRESS_HOST_SIZE];
		const char *user;
		size_t len;
		bool is_http = (at - output >= 5 && strncasecmp(at - 5, "https", 5) == 0) ||
			       (at - output >= 4 && strncasecmp(at - 4, "http", 4) == 0);

		at += 3;
		len = strcspn(at, "/?#\"' \t\r\n,)");
		/* A password in the URL stays out of the list. */
		user = memrchr(at, '@', len);
		if (user) {
			len -= (size_t)(user + 1 - at);
			at = user + 1;
		}
		if (memchr(at, ':', len))
			len = (size_t)((const char *)memchr(at, ':', len) - at);
		if (!is_http || egress_host_normalize(at, len, host) < 0)
			continue;
		text_appendf(lines, "%s\n", host);
		count++;
	}
	return lines->is_failed ? -ENOMEM : count;
}

static int ask_hosts(const char *keyword, const char *const *argv, struct text *lines)
{
	cleanup_text struct text output = { 0 };
	int r = ask(argv, &output);

	if (r == 0)
		r = egress_hosts_of_output(output.data ? output.data : "", lines);
	if (r < 0)
		message_warning("%s: %s: %s; it stands for nothing in this list", keyword, argv[0],
				r == -EIO ? "it failed" : strerror(-r));
	return r == -ENOMEM ? r : r > 0;
}

int egress_ask_npm(struct text *lines)
{
	cleanup_free char *npm = program_as_named("npm");
	/* Not where it is started: a project's .npmrc is the agent's to write. */
	const char *const argv[] = { npm, "--prefix", "/", "config", "get", "registry", NULL };

	if (!npm) {
		message_warning("@npm: no npm on this machine; it stands for nothing in this list");
		return 0;
	}
	return ask_hosts("@npm", argv, lines) < 0 ? -ENOMEM : 0;
}

/* pip has its default index in its code, and a second host for the files. */
int egress_ask_pip(struct text *lines)
{
	static const char defaults[] =
		"from pip._internal.models.index import PyPI\n"
		"print(PyPI.url, 'https://' + PyPI.file_storage_domain + '/')\n";
	cleanup_free char *python = program_as_named("python3");
	/* -I: nothing of the current directory, which may be a project, is imported. */
	const char *const configured[] = { python, "-I", "-m", "pip", "config", "list", NULL };
	const char *const builtin[] = { python, "-I", "-c", defaults, NULL };
	int r;

	if (!python) {
		message_warning("@pip: no python3 on this machine; it stands for nothing in this "
				"list");
		return 0;
	}
	r = ask_hosts("@pip", configured, lines);
	if (r == 0)
		r = ask_hosts("@pip", builtin, lines);
	return r < 0 ? -ENOMEM : 0;
}

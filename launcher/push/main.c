/* SPDX-License-Identifier: MIT */
/* claudefs-push: the other end of `git push` in a sandbox. claudefs-run starts it with a socket
 * that listens in the sandbox's network namespace. broker.h tells who does what. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/session/session_dir.h"
#include "launcher/push/broker.h"

struct arguments {
	const char *session;
	const char *project;
	int listen_fd;
	int lifeline_fd;
	int ready_fd;
	bool is_allowed;
	bool refuse_broad;
};

/* Returns -1 for what is no descriptor of ours. */
static int read_fd(const char *word)
{
	char *end = NULL;
	long number = strtol(word, &end, 10);

	return end != word && *end == '\0' && number > 2 && number < 65536 ? (int)number : -1;
}

static int parse_arguments(int argc, char **argv, struct arguments *ret)
{
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;
		bool takes_value = true;

		if (strcmp(argv[i], "--allow") == 0) {
			ret->is_allowed = true;
			takes_value = false;
		} else if (strcmp(argv[i], "--refuse-broad") == 0) {
			ret->refuse_broad = true;
			takes_value = false;
		} else if (!value) {
			return -EINVAL;
		} else if (strcmp(argv[i], "--session") == 0) {
			ret->session = value;
		} else if (strcmp(argv[i], "--project") == 0) {
			ret->project = value;
		} else if (strcmp(argv[i], "--listen-fd") == 0) {
			ret->listen_fd = read_fd(value);
		} else if (strcmp(argv[i], "--lifeline-fd") == 0) {
			ret->lifeline_fd = read_fd(value);
		} else if (strcmp(argv[i], "--ready-fd") == 0) {
			ret->ready_fd = read_fd(value);
		} else {
			return -EINVAL;
		}
		i += takes_value;
	}
	return ret->session && session_id_is_valid(ret->session) && ret->project &&
			       ret->project[0] == '/' && ret->listen_fd > 2
		       ? 0
		       : -EINVAL;
}

static int open_all(const struct arguments *arguments, struct broker *broker)
{
	const char *state = broker->state;
	cleanup_free char *file = NULL;
	struct json_problem problem = { 0 };
	int r = state ? push_store_open(state, arguments->session, false, &broker->store) : -ENOENT;

	if (r == 0)
		r = push_remotes_load(broker->store.fd, &broker->remotes);
	if (r < 0) {
		message_error("the session's pushes: %s", strerror(-r));
		return EXIT_FAULT;
	}
	r = push_rules_new(&broker->rules, &file, &problem);
	if (r < 0) {
		message_error("%s: %s", file ? file : "rules",
			      problem.reason[0] ? problem.reason : strerror(-r));
		return EXIT_RULES;
	}
	return EXIT_OK;
}

static void close_all(struct broker *broker)
{
	push_rules_free(broker->rules);
	push_remotes_done(&broker->remotes);
	push_store_done(&broker->store);
}

/* No core, and nobody traces it: its messengers hold a credential. */
static int harden(void)
{
	static const struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		return -errno;
	return 0;
}

int main(int argc, char **argv)
{
	struct arguments arguments = { .listen_fd = -1, .lifeline_fd = -1, .ready_fd = -1 };
	cleanup_free char *state = session_state_path();
	struct broker broker = { .store = PUSH_STORE_NONE, .state = state };
	int code;
	int r;

	message_set_program("claudefs-push");
	if (parse_arguments(argc, argv, &arguments) < 0) {
		message_error("usage: claudefs-push --session ID --project DIR --listen-fd N "
			      "[--lifeline-fd N] [--ready-fd N] [--allow] [--refuse-broad]; "
			      "claudefs-run starts it");
		return EXIT_USAGE;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	(void)umask(077);
	code = open_all(&arguments, &broker);
	if (code != EXIT_OK) {
		close_all(&broker);
		return code;
	}
	broker.project = arguments.project;
	broker.is_allowed = arguments.is_allowed;
	broker.refuse_broad = arguments.refuse_broad;
	broker.listen_fd = arguments.listen_fd;
	broker.lifeline_fd = arguments.lifeline_fd;
	r = harden();
	if (r == 0 && arguments.ready_fd >= 0 && write(arguments.ready_fd, "ready\n", 6) != 6)
		r = -EPIPE;
	if (r == 0)
		r = broker_serve(&broker);
	close_all(&broker);
	if (r < 0) {
		message_error("%s", strerror(-r));
		return EXIT_FAULT;
	}
	return EXIT_OK;
}

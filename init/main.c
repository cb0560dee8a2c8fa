/* SPDX-License-Identifier: MIT */
/* claudefs-init: the first process of a sandbox. Runs its role's table of steps, then its command:
 * the agent, or (as the keeper of a container) the daemon that serves the agent's view. It is
 * started by claudefs-run in prepared namespaces and containers, and is of no use elsewhere. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "fs/base/message.h"
#include "fs/base/text.h"
#include "init/reap.h"
#include "init/steps.h"

#ifdef __SANITIZE_ADDRESS__
/* The leak checker of a sanitized test build stops the program by ptrace, which the sandbox
 * refuses: its failure would become the agent's exit code. And the sandbox's preloaded library
 * comes before the sanitizer's own. The other checks stay. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0:verify_asan_link_order=0";
}
#endif

static const char usage[] =
	"usage: claudefs-init --role native --parent-fd N [--terminal] [--view DIR]\n"
	"                     [--executable PATH]... [--writable PATH]... -- COMMAND "
	"[ARGUMENT...]\n"
	"       claudefs-init --role keeper --uid N --gid N [--gateway] [--push] [--login-back]\n"
	"                     --home DIR --view DIR [--wait-ms N] -- DAEMON [ARGUMENT...]\n"
	"       claudefs-init --role agent --home DIR --view DIR [--project DIR]\n"
	"                     [--executable PATH]... [--writable PATH]... [--wait-ms N]\n"
	"                     -- COMMAND [ARGUMENT...]\n"
	"       claudefs-init --role ROLE --list-steps\n";

static const struct {
	unsigned int flag;
	const char *name;
} flag_names[] = {
	{ INIT_AS_ROOT, "as-root" },
	{ INIT_MUST_SUCCEED, "must-succeed" },
	{ INIT_BEFORE_EXEC, "before-exec" },
};

static int list_steps(const struct init_role *role)
{
	for (size_t i = 0; i < role->count; i++) {
		cleanup_text struct text flags = { 0 };

		for (size_t f = 0; f < sizeof(flag_names) / sizeof(flag_names[0]); f++) {
			if (role->steps[i].flags & flag_names[f].flag)
				text_appendf(&flags, "%s%s", flags.len ? "," : "",
					     flag_names[f].name);
		}
		(void)printf("%-18s %-25s %s\n", role->steps[i].name, flags.data ? flags.data : "",
			     role->steps[i].why);
	}
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_FAULT;
}

static int run_step(const struct init_step *step, struct init_context *context)
{
	context->reason[0] = '\0';
	if ((step->flags & INIT_AS_ROOT) && geteuid() != 0)
		return step_refuse(context, "does not run as root");
	return step->run(context);
}

static int run_steps(const struct init_role *role, struct init_context *context)
{
	for (size_t i = 0; i < role->count; i++) {
		const struct init_step *step = &role->steps[i];
		int r = run_step(step, context);
		const char *reason = context->reason[0] ? context->reason : strerror(-r);

		if (r < 0 && (step->flags & INIT_MUST_SUCCEED)) {
			message_error("step %s: %s; nothing was started", step->name, reason);
			return EXIT_RUN_FAILED;
		}
		if (r < 0)
			message_warning("step %s: %s", step->name, reason);
	}
	return 0;
}

/* Returns 0 or -EINVAL. */
static int parse_number(const char *text, long max, long *ret)
{
	char *end = NULL;

	errno = 0;
	*ret = strtol(text, &end, 10);
	return errno != 0 || end == text || *end || *ret < 0 || *ret > max ? -EINVAL : 0;
}

struct arguments {
	struct init_context context;
	const struct init_role *role;
	bool is_listing;
	bool has_ids;
};

static int take_option(int option, struct arguments *arguments)
{
	struct init_context *context = &arguments->context;
	long number = 0;

	switch (option) {
	case 'h': context->home = optarg; return 0;
	case 'P': context->project = optarg; return 0;
	case 'b': context->has_login_back = true; return 0;
	case 'l': arguments->is_listing = true; return 0;
	case 'r': arguments->role = init_role_find(optarg); return 0;
	case 'n': context->has_gateway = true; return 0;
	case 's': context->has_push = true; return 0;
	case 't': context->has_terminal = true; return 0;
	case 'v': context->view = optarg; return 0;
	case 'g':
		if (parse_number(optarg, UINT32_MAX - 1L, &number) < 0)
			return -EINVAL;
		context->gid = (gid_t)number;
		return 0;
	case 'p':
		if (parse_number(optarg, INT32_MAX, &number) < 0)
			return -EINVAL;
		context->parent_fd = (int)number;
		return 0;
	case 'u':
		if (parse_number(optarg, UINT32_MAX - 1L, &number) < 0)
			return -EINVAL;
		context->uid = (uid_t)number;
		arguments->has_ids = true;
		return 0;
	case 'w':
	case 'x':
		if (context->path_count >= INIT_PATHS_MAX)
			return -EINVAL;
		context->paths[context->path_count++] = (struct init_path){ optarg, option == 'w' };
		return 0;
	case 'm':
		if (parse_number(optarg, INIT_VIEW_MS_MAX, &number) < 0)
			return -EINVAL;
		context->view_ms = (int)number;
		return 0;
	default: return -EINVAL;
	}
}

static int parse(int argc, char **argv, struct arguments *ret)
{
	static const struct option options[] = {
		{ "executable", required_argument, NULL, 'x' },
		{ "gateway", no_argument, NULL, 'n' },
		{ "gid", required_argument, NULL, 'g' },
		{ "home", required_argument, NULL, 'h' },
		{ "list-steps", no_argument, NULL, 'l' },
		{ "login-back", no_argument, NULL, 'b' },
		{ "parent-fd", required_argument, NULL, 'p' },
		{ "project", required_argument, NULL, 'P' },
		{ "push", no_argument, NULL, 's' },
		{ "role", required_argument, NULL, 'r' },
		{ "terminal", no_argument, NULL, 't' },
		{ "uid", required_argument, NULL, 'u' },
		{ "view", required_argument, NULL, 'v' },
		{ "wait-ms", required_argument, NULL, 'm' },
		{ "writable", required_argument, NULL, 'w' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (take_option(option, ret) < 0)
			return -EINVAL;
	}
	if (!ret->role)
		return -EINVAL;
	if (ret->is_listing)
		return 0;
	if (optind >= argc)
		return -EINVAL;
	ret->context.argv = argv + optind;
	if (strcmp(ret->role->name, "native") == 0)
		return 0;
	if (!ret->context.view || !ret->context.home ||
	    (strcmp(ret->role->name, "keeper") == 0 && !ret->has_ids))
		return -EINVAL;
	return 0;
}

int main(int argc, char **argv)
{
	struct arguments arguments = { .context = { .parent_fd = -1,
						    .view_ms = INIT_VIEW_MS,
						    .agent_ns = -1,
						    .fuse_fd = -1,
						    .mount_fd = -1,
						    .session = -1,
						    .lifeline = -1,
						    .login_out = -1 } };
	int r;

	message_set_program("claudefs-init");
	if (parse(argc, argv, &arguments) < 0) {
		(void)fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (arguments.is_listing)
		return list_steps(arguments.role);
	/* The agent shares our uid: this keeps /proc/PID (environment, memory, exe) closed to it.
	 */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return EXIT_RUN_FAILED;
	if (!arguments.role->becomes_agent)
		reap_block_signals();
	r = run_steps(arguments.role, &arguments.context);
	if (r != 0)
		return r;
	return arguments.role->becomes_agent ? reap_become(&arguments.context)
					     : reap_run(&arguments.context);
}

/* SPDX-License-Identifier: MIT */
/* claudefs-init: PID 1 of the sandbox. Runs its role's table of steps, then the agent's command.
 * It is started by claudefs-run inside the prepared namespaces and is of no use elsewhere. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "fs/base/message.h"
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
	"       claudefs-init --role native --list-steps\n";

static int list_steps(const struct init_role *role)
{
	for (size_t i = 0; i < role->count; i++)
		(void)printf("%-18s %s\n", role->steps[i].name, role->steps[i].why);
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_FAULT;
}

static int run_steps(const struct init_role *role, struct init_context *context)
{
	for (size_t i = 0; i < role->count; i++) {
		int r;

		context->reason[0] = '\0';
		r = role->steps[i].run(context);
		if (r < 0) {
			message_error("step %s: %s; nothing was started", role->steps[i].name,
				      context->reason[0] ? context->reason : strerror(-r));
			return EXIT_RUN_FAILED;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "executable", required_argument, NULL, 'x' },
		{ "list-steps", no_argument, NULL, 'l' },
		{ "parent-fd", required_argument, NULL, 'p' },
		{ "role", required_argument, NULL, 'r' },
		{ "terminal", no_argument, NULL, 't' },
		{ "view", required_argument, NULL, 'v' },
		{ "writable", required_argument, NULL, 'w' },
		{ NULL, 0, NULL, 0 },
	};
	struct init_context context = { .parent_fd = -1 };
	const struct init_role *role = NULL;
	bool is_listing = false;
	int option, r;

	message_set_program("claudefs-init");
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (option == 'l') {
			is_listing = true;
		} else if (option == 'p') {
			context.parent_fd = (int)strtol(optarg, NULL, 10);
		} else if (option == 'r') {
			role = init_role_find(optarg);
		} else if (option == 't') {
			context.has_terminal = true;
		} else if (option == 'v') {
			context.view = optarg;
		} else if ((option == 'w' || option == 'x') &&
			   context.path_count < INIT_PATHS_MAX) {
			context.paths[context.path_count++] =
				(struct init_path){ optarg, option == 'w' };
		} else {
			(void)fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (role && is_listing)
		return list_steps(role);
	if (!role || optind >= argc) {
		(void)fputs(usage, stderr);
		return EXIT_USAGE;
	}
	context.argv = argv + optind;
	/* The agent shares our uid: this keeps /proc/1 (environment, memory, exe) closed to it. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return EXIT_RUN_FAILED;
	reap_block_signals();
	r = run_steps(role, &context);
	return r != 0 ? r : reap_run(&context);
}

/* SPDX-License-Identifier: MIT */
/* claudefs-run: Claude Code in a sandbox, with the view of ~/.claude in the place of the real one.
 * Reads the host's state nowhere and writes it nowhere: the daemon does the one, `claudefs` the
 * other. */
#include <stdio.h>
#include <sys/stat.h>

#include "fs/base/message.h"
#include "launcher/credentials.h"
#include "launcher/egress.h"
#include "launcher/isolation.h"
#include "launcher/plan_report.h"
#include "launcher/project_file.h"
#include "launcher/run.h"

/* Before the agent's screen, for a person who would otherwise wait for a network time-out. */
static void print_hint(const struct options *options)
{
	if (options->command == COMMAND_CLAUDE && options->network == NETWORK_NONE)
		message_info("no network: the API cannot be reached from this session");
}

/* Before anything is made: a project's file that names hosts beyond the list ends the start. */
static int check_narrowing(const struct options *options, const struct host_places *places)
{
	const struct egress_wish wish = { options->egress, options->narrowed_egress,
					  options->project_file };
	cleanup_text struct text list = { 0 };
	int r;

	if (!options->narrowed_egress || options->network != NETWORK_GATEWAY)
		return 0;
	r = egress_load(places, &wish, EGRESS_QUICK, &list);
	return r == EGRESS_PARTIAL ? 0 : r;
}

/* What is no home of anybody (a service's /nonexistent) is not made one. */
static int check_home(const struct host_places *places)
{
	struct stat info;

	if (stat(places->home, &info) == 0 && S_ISDIR(info.st_mode))
		return 0;
	message_error("HOME: %s: no such directory; set it to your home directory", places->home);
	return EXIT_RUN_FAILED;
}

int main(int argc, char **argv)
{
	cleanup_options struct options options = { 0 };
	cleanup_host_places struct host_places places = { 0 };
	cleanup_project struct project project = { 0 };
	cleanup_plan struct plan plan = { 0 };
	const struct runtime *runtime = NULL;
	int r;

	message_set_program("claudefs-run");
	r = options_parse(argc, argv, &options);
	if (r != 0)
		return r;
	if (options.is_help) {
		options_print_help(stdout);
		return fflush(stdout) == 0 ? EXIT_OK : EXIT_FAULT;
	}
	if (options.is_version)
		return printf("claudefs-run %s\n", CLAUDEFS_VERSION) > 0 ? EXIT_OK : EXIT_FAULT;
	r = host_places_find(&places);
	/* Before the configuration is read: doctor must answer where that is broken. */
	if (r == 0 && options.is_print_sources)
		return credentials_print_sources(&places, stdout) == 0 ? EXIT_OK : EXIT_FAULT;
	if (r == 0)
		r = options_read_user_config(&options, places.config_dir);
	if (r == 0 && options.is_print_egress)
		return egress_print(&places, options.egress);
	if (r == 0 && options.is_reload_firewall)
		return egress_reload(&places, options.egress);
	if (r == 0)
		r = project_find(options.project, &places, &project);
	/* Last, for it may only take away from what all others have said. */
	if (r == 0)
		r = project_file_apply(&project, &options);
	if (r == 0)
		r = check_narrowing(&options, &places);
	if (r == 0 && options.is_isolated)
		r = isolation_enter(project.path, &places);
	if (r == 0)
		r = runtime_choose(&options, &runtime);
	if (r == 0)
		r = plan_make(&options, &places, &project, runtime->name, runtime->is_container,
			      &plan);
	if (r != 0)
		return r;
	if (options.is_print_plan)
		return plan_print(&plan, &options, &places, stdout);
	r = check_home(&places);
	if (r != 0)
		return r;
	print_hint(&options);
	return run_session(&options, &places, &plan, runtime);
}

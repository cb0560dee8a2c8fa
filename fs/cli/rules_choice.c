/* SPDX-License-Identifier: MIT */
#include "fs/cli/rules_choice.h"

#include <errno.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/policy/rules_load.h"

int rules_say_problem(int error, const struct rules_problem *problem)
{
	if (error == -EBADMSG && problem->line > 0)
		message_error("%s:%u: %s", problem->file, problem->line, problem->reason);
	else if (error == -EBADMSG)
		message_error("%s: %s", problem->file, problem->reason);
	else if (error == -E2BIG)
		message_error("rules: more than %u of them; remove some", RULES_MAX);
	else if (problem->file[0])
		message_error("%s: %s", problem->file, strerror(-error));
	else
		message_error("rules: %s", strerror(-error));
	return error == -ENOMEM ? EXIT_FAULT : EXIT_RULES;
}

int rules_choose(const struct cli *cli, struct rules **ret)
{
	cleanup_rules struct rules *rules = NULL;
	struct rules_problem problem = { 0 };
	int r = rules_new_builtin(&rules);

	if (r >= 0 && !cli->has_no_user_rules) {
		cleanup_free char *directory = rules_user_dir();

		if (directory)
			r = rules_load_dir(rules, directory, &problem);
	}
	for (size_t i = 0; r >= 0 && i < cli->rules_files.count; i++) {
		r = rules_load_file(rules, cli->rules_files.items[i], &problem);
		if (r < 0 && r != -EBADMSG)
			(void)snprintf(problem.file, sizeof(problem.file), "%s",
				       cli->rules_files.items[i]);
	}
	if (r < 0)
		return rules_say_problem(r, &problem);
	*ret = steal_ptr(&rules);
	return EXIT_OK;
}

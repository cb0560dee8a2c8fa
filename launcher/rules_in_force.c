/* SPDX-License-Identifier: MIT */
#include "launcher/rules_in_force.h"

#include <errno.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/policy/rules_load.h"

int rules_in_force(const struct options *options, struct rules **ret)
{
	cleanup_rules struct rules *rules = NULL;
	cleanup_free char *directory = rules_user_dir();
	struct rules_problem problem = { 0 };
	int r = rules_new_builtin(&rules);

	if (r == 0 && directory)
		r = rules_load_dir(rules, directory, &problem);
	if (r == 0 && options->rules)
		r = rules_load_file(rules, options->rules, &problem);
	if (r < 0) {
		if (problem.reason[0])
			message_error("%s:%u: %s", problem.file, problem.line, problem.reason);
		else
			message_error("rules: %s: %s",
				      options->rules ? options->rules : "user's directory",
				      strerror(-r));
		return EXIT_RUN_FAILED;
	}
	*ret = steal_ptr(&rules);
	return 0;
}

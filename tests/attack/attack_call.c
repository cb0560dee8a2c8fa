/* SPDX-License-Identifier: MIT */
/* attack_call CALL ARGUMENT...: runs inside the session. The exit code says only whether the call
 * was made; how it went is on stdout. */
#include "tests/attack/attack_call.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct attack_call *const tables[] = { leak_calls, name_calls, object_calls,
						    scan_calls };

long tell(const char *word, long result)
{
	const char *error = result < 0 ? strerrorname_np(errno) : "ok";

	(void)printf("%s %s\n", word, error ? error : "unknown");
	(void)fflush(stdout);
	return result;
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(tables) / sizeof(tables[0]); i++) {
		for (const struct attack_call *call = tables[i]; call->name; call++) {
			if (strcmp(call->name, argv[1]) == 0 && argc - 2 >= call->argc)
				return call->run(argc - 2, argv + 2);
		}
	}
	(void)fprintf(stderr, "attack_call: no such call: %s\n", argc > 1 ? argv[1] : "");
	return 2;
}

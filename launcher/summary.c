/* SPDX-License-Identifier: MIT */
#include "launcher/summary.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/base/subprocess.h"
#include "launcher/find_program.h"
#include "launcher/string_list.h"

/* Runs `claudefs --session ID [--rules FILE] WORD...`. Returns its exit code, or -1 after a line.
 */
static int run_claudefs(const char *program, const char *session_id, const struct options *options,
			const char *const *words)
{
	cleanup_string_list struct string_list argv = { 0 };
	struct subprocess what = { .stdin_fd = STDIN_FILENO,
				   .stdout_fd = STDERR_FILENO,
				   .stderr_fd = STDERR_FILENO };
	int code = -1;
	int r;

	string_list_add(&argv, program);
	string_list_add(&argv, "--no-pager");
	string_list_add(&argv, "--session");
	string_list_add(&argv, session_id);
	if (options->rules) {
		string_list_add(&argv, "--rules");
		string_list_add(&argv, options->rules);
	}
	for (; *words; words++)
		string_list_add(&argv, *words);
	what.argv = (const char *const *)argv.items;
	r = argv.is_failed ? -ENOMEM : subprocess_run(&what, &code);
	if (r < 0) {
		message_error("%s: cannot start it: %s", program, strerror(-r));
		return -1;
	}
	return code;
}

void summary_print(const char *session_id, const struct options *options)
{
	static const char *const status[] = { "status", NULL };
	static const char *const commit[] = { "commit", NULL };
	static const char *const commit_asking[] = { "commit", "--interactive", NULL };
	static const char *const audit[] = { "audit", "--brief", NULL };
	cleanup_free char *program = find_sibling("claudefs");
	int code = 0;

	if (!program)
		return;
	switch (options->commit) {
	case COMMIT_AUTO: code = run_claudefs(program, session_id, options, commit); break;
	case COMMIT_ASK:
		if (isatty(STDIN_FILENO)) {
			code = run_claudefs(program, session_id, options, commit_asking);
		} else {
			message_warning("--commit ask: stdin is no terminal; nothing committed");
		}
		break;
	case COMMIT_NEVER: break;
	}
	/* A conflict is an ordinary answer of commit; it has said so itself. */
	if (code != EXIT_OK && code != EXIT_CONFLICT)
		message_error("the commit did not finish; the session is kept, run it again: "
			      "claudefs --session %s commit",
			      session_id);
	/* Silent where there is nothing; where it cannot tell, it has said so itself. */
	(void)run_claudefs(program, session_id, options, audit);
	/* It names the session and what to do next. */
	if (run_claudefs(program, session_id, options, status) != EXIT_OK)
		message_info("session %s was kept: claudefs --session %s status", session_id,
			     session_id);
}

/* SPDX-License-Identifier: MIT */
#include "launcher/summary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/base/subprocess.h"
#include "fs/session/network_files.h"
#include "launcher/egress.h"
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

/* What the session asked for and did not get, and the lines that would allow it. */
static void print_network(int session_fd, const struct options *options,
			  const struct host_places *places)
{
	cleanup_text struct text denied = { 0 };
	cleanup_text struct text learnt = { 0 };
	const char *list = options->egress;
	cleanup_free char *own = NULL;
	bool is_own;
	int r = egress_collect(session_fd, "deny", &denied);

	if (r == 0)
		r = egress_collect(session_fd, "learn", &learnt);
	if (r < 0)
		message_warning("%s: %s", NETWORK_LOG_FILE, strerror(-r));
	if (!list && asprintf(&own, "%s/egress.allow", places->config_dir) >= 0)
		list = own;
	if (!list)
		list = "egress.allow";
	is_own = options->egress || faccessat(AT_FDCWD, list, F_OK, 0) == 0;
	/* Names that were checked again: letters, digits, dots and dashes. A list of one's own
	 * takes the place of the built-in one: it begins as a copy. */
	if (denied.len > 0)
		(void)fprintf(stderr,
			      "network: refused, not on the list of hosts:\n%snext: %s%s%sadd "
			      "what you trust to %s, then claudefs-run --reload-firewall\n",
			      denied.data, is_own ? "" : "claudefs-run --print-egress >",
			      is_own ? "" : list, is_own ? "" : ", ", is_own ? list : "it");
	if (learnt.len > 0)
		(void)fprintf(stderr,
			      "network: let through to learn; the lines that would allow them:\n%s",
			      learnt.data);
}

void summary_print(const char *session_id, int session_fd, const struct options *options,
		   const struct host_places *places)
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
	print_network(session_fd, options, places);
	/* Silent where there is nothing; where it cannot tell, it has said so itself. */
	(void)run_claudefs(program, session_id, options, audit);
	/* It names the session and what to do next. */
	if (run_claudefs(program, session_id, options, status) != EXIT_OK)
		message_info("session %s was kept: claudefs --session %s status", session_id,
			     session_id);
}

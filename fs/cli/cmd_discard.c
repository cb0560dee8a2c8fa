/* SPDX-License-Identifier: MIT */
/* `claudefs discard`: what was not committed will not be. The session is marked, and stays readable
 * until it is collected. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fs/base/message.h"
#include "fs/base/text.h"
#include "fs/cli/json_output.h"
#include "fs/cli/open_review.h"
#include "fs/cli/pushes.h"
#include "fs/cli/question.h"
#include "fs/session/manifest.h"

static size_t count_pending(const struct cli *cli, const struct chosen_session *session,
			    int *ret_code)
{
	cleanup_open_review struct open_review open = { 0 };

	*ret_code = open_review(cli, session, &open);
	if (*ret_code != EXIT_OK)
		return 0;
	return review_count(open.review) - review_count_group(open.review, REVIEW_NEVER_LEAVES);
}

static bool is_confirmed(const struct chosen_session *session, size_t pending)
{
	cleanup_text struct text text = { 0 };

	text_appendf(&text, "discard %zu pending %s of session %s (%s)? [y/N]", pending,
		     pending == 1 ? "change" : "changes", session->id, session->manifest.project);
	return text.data && question_ask(text.data) == 'y';
}

static int report(const struct cli *cli, const struct chosen_session *session, bool is_discarded,
		  size_t pending)
{
	if (cli->is_json) {
		cleanup_json json_t *json = json_pack("{s:s, s:b, s:I}", "session", session->id,
						      "discarded", is_discarded, "changes",
						      (json_int_t)pending);

		return json_output_print(json);
	}
	if (is_discarded)
		printf("discarded session %s\n", session->id);
	else
		printf("nothing was discarded\n");
	return EXIT_OK;
}

/* Once more where an earlier call came only half as far. */
static int end(const struct cli *cli, const struct chosen_session *session, size_t pending)
{
	int code = pushes_discard(session);

	return code == EXIT_OK ? report(cli, session, true, pending) : code;
}

int cmd_discard(const struct cli *cli)
{
	cleanup_chosen_session struct chosen_session session = CHOSEN_SESSION_NONE;
	size_t pending = 0;
	int code = session_choose(cli, &session);
	int r;

	if (code != EXIT_OK)
		return code;
	if (session.is_running) {
		message_error("session %s: still running; end it before you discard it",
			      session.id);
		return EXIT_BUSY;
	}
	if (session.manifest.is_discarded)
		return end(cli, &session, 0);
	pending = count_pending(cli, &session, &code);
	/* A session that cannot be reviewed can still be discarded, but never without being asked.
	 */
	if (code == EXIT_RULES)
		return code;
	if (!cli->assumes_yes && !is_confirmed(&session, pending))
		return report(cli, &session, false, pending);
	session.manifest.is_discarded = true;
	r = manifest_write(session.fd, &session.manifest);
	if (r < 0) {
		message_error("session %s: manifest.json: %s; nothing was discarded", session.id,
			      strerror(-r));
		return message_exit_code(r);
	}
	return end(cli, &session, pending);
}

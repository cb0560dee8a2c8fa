/* SPDX-License-Identifier: MIT */
#include "fs/cli/approval.h"

#include <stdio.h>
#include <string.h>

#include "fs/base/message.h"
#include "fs/base/text.h"
#include "fs/cli/deciding.h"
#include "fs/cli/question.h"
#include "fs/review/change_digest.h"
#include "fs/review/print_diff.h"
#include "fs/review/print_hazards.h"

void approval_init(struct approval *approval, const struct cli *cli,
		   const struct chosen_session *session, const struct review *review)
{
	*approval = (struct approval){
		.cli = cli,
		.session = session,
		.review = review,
		.total = review ? review_count_open(review) : 0,
	};
}

static void explain(void)
{
	(void)fputs("y - commit this change\n"
		    "n - reject it: it stays, and is not asked about until it changes\n"
		    "Enter - leave it pending\n"
		    "d - show it again in full\n"
		    "q - leave this and all later ones pending; what was approved is committed\n"
		    "? - this help\n",
		    stderr);
}

/* On stderr when stdout carries JSON. */
static void show(const struct approval *approval, const struct change *change, bool is_whole)
{
	struct print_style style = { approval->cli->is_colored, false,
				     is_whole ? 0 : approval->cli->columns };
	FILE *stream = approval->cli->is_json ? stderr : stdout;

	(void)fputc('\n', stream);
	(void)print_diff(approval->review, change, &style, stream);
	(void)print_hazards(change, &style, stream);
	(void)print_change(change, &style, stream);
	(void)fflush(stream);
}

/* What was answered counts beyond this run. A dry run decides nothing. */
static bool note(const struct approval *approval, const struct change *change,
		 enum decision_verdict verdict, const struct digest *digest)
{
	return approval->cli->is_dry_run ||
	       deciding_note(approval->session, change->path, verdict, digest) == EXIT_OK;
}

/* A lapsed decision is the reason why it is asked again. */
static void tell_lapsed(const struct approval *approval, const struct change *change)
{
	if (change->decision == CHANGE_LAPSED)
		(void)fputs("it has changed since you decided about it\n",
			    approval->cli->is_json ? stderr : stdout);
}

static bool ask(struct approval *approval, const struct change *change, const char *question,
		const struct digest *digest)
{
	for (;;) {
		switch (question_ask(question)) {
		case 'y': return note(approval, change, DECISION_APPROVED, digest);
		case 'n': (void)note(approval, change, DECISION_REJECTED, digest); return false;
		case '\n': return false;
		case 'd': show(approval, change, true); break;
		case 'q':
		case '\0': approval->has_quit = true; return false;
		default: explain(); break;
		}
	}
}

bool approval_ask(const struct change *change, struct digest *ret_digest, void *arg)
{
	struct approval *approval = arg;
	cleanup_text struct text question = { 0 };
	int r;

	if (approval->has_quit)
		return false;
	approval->asked++;
	/* Before it is shown: what is written meanwhile is not approved. */
	r = change_digest(approval->review, change, ret_digest);
	if (r < 0) {
		message_error("commit: %s: its content cannot be read: %s", change->path,
			      strerror(-r));
		return false;
	}
	text_appendf(&question, "(%zu/%zu) commit this change? [y,n,d,q,?]", approval->asked,
		     approval->total);
	show(approval, change, false);
	tell_lapsed(approval, change);
	return question.data && ask(approval, change, question.data, ret_digest);
}

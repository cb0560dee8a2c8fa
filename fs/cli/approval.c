/* SPDX-License-Identifier: MIT */
#include "fs/cli/approval.h"

#include <stdio.h>

#include "fs/base/text.h"
#include "fs/cli/question.h"
#include "fs/review/print_diff.h"
#include "fs/review/print_hazards.h"

void approval_init(struct approval *approval, const struct cli *cli, const struct review *review)
{
	*approval = (struct approval){
		.cli = cli,
		.review = review,
		.total = review ? review_count_group(review, REVIEW_NEEDS_APPROVAL) : 0,
	};
}

static void explain(void)
{
	(void)fputs("y - commit this change\n"
		    "n - leave it pending (so does Enter)\n"
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

bool approval_ask(const struct change *change, void *arg)
{
	struct approval *approval = arg;
	cleanup_text struct text question = { 0 };

	if (approval->has_quit)
		return false;
	approval->asked++;
	text_appendf(&question, "(%zu/%zu) commit this change? [y,n,d,q,?]", approval->asked,
		     approval->total);
	show(approval, change, false);
	for (;;) {
		switch (question_ask(question.data ? question.data
						   : "commit this change? [y,n,d,q,?]")) {
		case 'y': return true;
		case 'n':
		case '\n': return false;
		case 'd': show(approval, change, true); break;
		case 'q':
		case '\0': approval->has_quit = true; return false;
		default: explain(); break;
		}
	}
}

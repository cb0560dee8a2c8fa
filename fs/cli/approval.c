/* SPDX-License-Identifier: MIT */
#include "fs/cli/approval.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/base/text.h"
#include "fs/cli/deciding.h"
#include "fs/cli/patch.h"
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
		    "p - decide about it hunk by hunk, key by key or record by record\n"
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

static bool has_approved(const struct decisions *answers)
{
	for (size_t i = 0; i < decisions_count(answers); i++) {
		if (decisions_get(answers, i)->verdict == DECISION_APPROVED)
			return true;
	}
	return false;
}

/* Hunk by hunk, key by key, record by record. True if any of it goes. */
static bool ask_parts(struct approval *approval, const struct change *change,
		      struct plan_entry *entry)
{
	struct patch patch = {
		approval->cli, approval->session, approval->review, DECISION_APPROVED, false, 0, 0
	};
	cleanup_patch_result struct patch_result result = { 0 };
	bool is_any = false;
	bool is_all = true;

	if (patch_change(&patch, change, &result) != EXIT_OK)
		return false;
	approval->has_quit = patch.has_quit;
	entry->digest = result.digest;
	if (result.answers) {
		entry->answers = steal_ptr(&result.answers);
		return has_approved(entry->answers);
	}
	if (!result.verdicts)
		return result.whole == DECISION_APPROVED;
	entry->chosen = calloc(result.count + 1, sizeof(*entry->chosen));
	if (!entry->chosen)
		return false;
	entry->chosen_count = result.count;
	for (size_t i = 0; i < result.count; i++) {
		entry->chosen[i] = result.verdicts[i] == DECISION_APPROVED;
		is_any = is_any || entry->chosen[i];
		is_all = is_all && entry->chosen[i];
	}
	/* All of it is the whole of it. */
	if (is_any && is_all) {
		free(entry->chosen);
		entry->chosen = NULL;
	}
	return is_any;
}

static bool ask(struct approval *approval, const struct change *change, const char *question,
		struct plan_entry *entry)
{
	for (;;) {
		switch (question_ask(question)) {
		case 'y': return note(approval, change, DECISION_APPROVED, &entry->digest);
		case 'n':
			(void)note(approval, change, DECISION_REJECTED, &entry->digest);
			return false;
		case '\n': return false;
		case 'd': show(approval, change, true); break;
		case 'p': return ask_parts(approval, change, entry);
		case 'q':
		case '\0': approval->has_quit = true; return false;
		default: explain(); break;
		}
	}
}

bool approval_ask(const struct change *change, struct plan_entry *entry, void *arg)
{
	struct approval *approval = arg;
	cleanup_text struct text question = { 0 };
	int r;

	if (approval->has_quit)
		return false;
	approval->asked++;
	/* Before it is shown: what is written meanwhile is not approved. */
	r = change_digest(approval->review, change, &entry->digest);
	if (r < 0) {
		message_error("commit: %s: its content cannot be read: %s", change->path,
			      strerror(-r));
		return false;
	}
	text_appendf(&question, "(%zu/%zu) commit this change? [y,n,d,p,q,?]", approval->asked,
		     approval->total);
	show(approval, change, false);
	tell_lapsed(approval, change);
	return question.data && ask(approval, change, question.data, entry);
}

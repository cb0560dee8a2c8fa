/* SPDX-License-Identifier: MIT */
/* `claudefs rules suggest`: collects from all sessions what needed approval, and what became of it.
 */
#include "fs/cli/rules_suggest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/cli/json_output.h"
#include "fs/cli/open_review.h"
#include "fs/cli/rules_choice.h"
#include "fs/review/receipt.h"
#include "fs/review/suggest.h"
#include "fs/session/session_dir.h"
#include "fs/session/state_key.h"

struct collecting {
	const struct rules *rules;   /* in force */
	const struct rules *builtin; /* alone: what they never let out is nobody's to loosen here */
	struct suggest_list *list;
	struct project_scope **scopes; /* one per session, kept for the list */
	size_t scope_count;
	struct state_key key; /* of this machine's receipts */
	bool has_key;
};

/* A name that a person is asked about, and whose default is not "never". */
static bool is_asked(const struct collecting *collecting, const struct project_scope *scope,
		     const char *path, struct verdict *ret)
{
	struct verdict builtin;

	policy_decide(collecting->rules, scope, path, ret);
	policy_decide(collecting->builtin, scope, path, &builtin);
	return ret->write == RULE_WRITE_REVIEW &&
	       (builtin.write == RULE_WRITE_REVIEW || builtin.write == RULE_WRITE_AUTO);
}

static enum suggest_state state_of(const struct change *change)
{
	switch (change->decision) {
	case CHANGE_UNDECIDED: return SUGGEST_OPEN;
	case CHANGE_APPROVED: return SUGGEST_APPROVED;
	case CHANGE_REJECTED:
	case CHANGE_PARTLY:
	case CHANGE_LAPSED: return SUGGEST_REFUSED;
	}
	return SUGGEST_REFUSED;
}

/* Directories go without a rule: they come home with what is in them. */
static int add_pending(struct collecting *collecting, const struct review *review,
		       const struct project_scope *scope)
{
	for (size_t i = 0; i < review_count(review); i++) {
		const struct change *change = review_get(review, i);
		struct verdict verdict;
		/* Also where the host has changed since, and nobody could decide any more. */
		bool is_rejected = state_of(change) == SUGGEST_REFUSED;
		bool is_file = change->kind == CHANGE_CREATE || change->kind == CHANGE_MODIFY;
		bool can_pass = is_file &&
				(change->kind == CHANGE_CREATE || !change->base.was_host ||
				 (change->is_append_only && change->merge != RULE_MERGE_REPLACE));
		int r;

		if (!(change->group == REVIEW_NEEDS_APPROVAL || is_rejected) ||
		    change->kind == CHANGE_MKDIR || change->kind == CHANGE_RMDIR ||
		    !is_asked(collecting, scope, change->path, &verdict))
			continue;
		r = suggest_list_add(collecting->list, change->path, scope, state_of(change),
				     can_pass, &verdict);
		if (r < 0)
			return r;
	}
	return 0;
}

/* "create" and "append" add; "replace" changes what the host had, unless an earlier commit of the
 * same session had made it. */
static bool action_can_pass(json_t *made, const char *path, const char *action)
{
	if (strcmp(action, "create") == 0) {
		(void)json_object_set_new(made, path, json_true());
		return true;
	}
	if (strcmp(action, "append") == 0)
		return true;
	return strcmp(action, "replace") == 0 && json_object_get(made, path) != NULL;
}

static int add_entry(struct collecting *collecting, const struct project_scope *scope, json_t *made,
		     json_t *entry, bool is_undone)
{
	const char *action = json_get_string(entry, "action", "");
	const char *path = NULL;
	struct verdict verdict;

	if (strcmp(json_get_string(entry, "status", ""), "applied") != 0 ||
	    strcmp(action, "mkdir") == 0 || strcmp(action, "rmdir") == 0 ||
	    receipt_get_path(entry, "path", &path) < 0 ||
	    !is_asked(collecting, scope, path, &verdict))
		return 0;
	return suggest_list_add(collecting->list, path, scope,
				is_undone ? SUGGEST_REFUSED : SUGGEST_APPROVED,
				action_can_pass(made, path, action), &verdict);
}

/* True if what was done last to the name on the host was to take it back. */
static bool is_undone(const struct receipts *receipts, const char *path)
{
	const struct receipt_info *info = receipts_info(receipts, receipts_last(receipts, path));

	return info && info->undoes != 0;
}

/* Only receipts that this machine's own commits wrote: a session directory may come from elsewhere,
 * and a forged receipt must not become a rule. */
static int add_receipt(struct collecting *collecting, const struct chosen_session *session,
		       const struct project_scope *scope, const struct receipts *receipts,
		       const struct receipt_info *info, json_t *made)
{
	struct receipt_seal seal = { &collecting->key, session->id, info->number };
	cleanup_fd int fd = receipt_dir_open(session->fd, info->number);
	cleanup_json json_t *json = NULL;
	json_t *entry;
	size_t i;

	/* An undo puts back what was: it approves nothing. */
	if (info->undoes != 0 || fd < 0 || receipt_load(fd, "receipt", &seal, &json) < 0)
		return 0;
	json_array_foreach (json_object_get(json, "entries"), i, entry) {
		const char *path = NULL;
		int r = 0;

		if (receipt_get_path(entry, "path", &path) == 0)
			r = add_entry(collecting, scope, made, entry, is_undone(receipts, path));
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_receipts(struct collecting *collecting, const struct chosen_session *session,
			const struct project_scope *scope)
{
	cleanup_receipts struct receipts *receipts = NULL;
	cleanup_json json_t *made = json_object();
	const struct receipt_info *infos;
	size_t count = 0;
	int r = receipts_read(session->fd, &receipts, NULL);

	if (r < 0 || !collecting->has_key)
		return r == -ENOMEM ? r : 0;
	if (!made)
		return -ENOMEM;
	infos = receipts_infos(receipts, &count);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = add_receipt(collecting, session, scope, receipts, &infos[i], made);
	return r;
}

/* A session that cannot be read has nothing to teach. */
static int add_session(struct collecting *collecting, int state_fd, const char *id)
{
	cleanup_chosen_session struct chosen_session session = CHOSEN_SESSION_NONE;
	cleanup_open_review struct open_review open = { 0 };
	int r;

	if (session_open_chosen(state_fd, id, &session) < 0 ||
	    open_review_quietly(collecting->rules, &session, &open) < 0)
		return 0;
	r = add_pending(collecting, open.review, open.scope);
	if (r == 0)
		r = add_receipts(collecting, &session, open.scope);
	collecting->scopes[collecting->scope_count++] = steal_ptr(&open.scope);
	return r;
}

static void say_rest(const struct suggest_counts *counts)
{
	if (counts->by_hand > 0)
		message_info(
			"%zu approved change%s replaced or removed what the host had: no rule lets "
			"that out without asking",
			counts->by_hand, counts->by_hand == 1 ? "" : "s");
	if (counts->in_class > 0)
		message_info(
			"%zu approved change%s code or instructions by their place: not suggested",
			counts->in_class, counts->in_class == 1 ? " is" : "s are");
	if (counts->mixed > 0)
		message_info("%zu approved change%s a name that was refused too: not suggested",
			     counts->mixed, counts->mixed == 1 ? " has" : "s have");
	if (counts->once > 0)
		message_info(
			"%zu approved change%s in the directory of a single session: not suggested",
			counts->once, counts->once == 1 ? " is" : "s are");
	if (counts->covered == 0)
		message_info("nothing that was always approved needs a new rule");
}

static int print_suggestions(struct collecting *collecting)
{
	cleanup_json json_t *json = NULL;
	struct suggest_counts counts;

	if (suggest_rules(collecting->list, &json, &counts) < 0) {
		message_error("out of memory");
		return EXIT_FAULT;
	}
	say_rest(&counts);
	return json_output_print(json);
}

static int collect(struct collecting *collecting, int state_fd)
{
	char **ids = NULL;
	int count = session_list(state_fd, &ids);
	int r = 0;

	collecting->scopes = calloc(count > 0 ? (size_t)count : 1, sizeof(*collecting->scopes));
	if (!collecting->scopes)
		r = -ENOMEM;
	/* Oldest first, as things were decided. */
	for (int i = count; r == 0 && i > 0; i--)
		r = add_session(collecting, state_fd, ids[i - 1]);
	if (count > 0)
		session_list_free(ids, count);
	return count < 0 ? count : r;
}

int rules_suggest(const struct cli *cli)
{
	cleanup_rules struct rules *rules = NULL;
	cleanup_rules struct rules *builtin = NULL;
	cleanup_suggest_list struct suggest_list *list = suggest_list_new();
	struct collecting collecting = { .list = list };
	cleanup_fd int state_fd = -1;
	int r = rules_choose(cli, &rules);

	if (r != EXIT_OK)
		return r;
	r = session_open_state(&state_fd);
	if (r != EXIT_OK && r != EXIT_NO_SESSION)
		return r;
	if (!list || rules_new_builtin(&builtin) < 0) {
		message_error("out of memory");
		return EXIT_FAULT;
	}
	collecting.has_key = state_fd >= 0 && state_key_read(state_fd, false, &collecting.key) == 0;
	collecting.rules = rules;
	collecting.builtin = builtin;
	r = state_fd >= 0 ? collect(&collecting, state_fd) : 0;
	if (r == 0) {
		r = print_suggestions(&collecting);
	} else {
		message_error("rules: %s", r == -E2BIG ? "more held changes than can be compared"
						       : strerror(-r));
		r = message_exit_code(r);
	}
	for (size_t i = 0; i < collecting.scope_count; i++)
		project_scope_free(collecting.scopes[i]);
	free(collecting.scopes);
	return r;
}

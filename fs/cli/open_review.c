/* SPDX-License-Identifier: MIT */
#include "fs/cli/open_review.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/base/message.h"
#include "fs/cli/json_output.h"
#include "fs/cli/rules_choice.h"
#include "fs/review/change_hazards.h"

void open_review_done(struct open_review *open)
{
	review_free(open->review);
	if (open->host)
		host_tree_close(open->host);
	project_scope_free(open->scope);
	free(open->key);
	rules_free(open->rules);
	*open = (struct open_review){ 0 };
}

/* Which of the steps failed, so that the message names the right object. */
enum review_step {
	STEP_PROJECT,
	STEP_HOST,
	STEP_KEY,
	STEP_JOURNAL,
};

/* Where there is no key yet nothing was decided here: then no decision has its tag, whatever the
 * session's directory says. */
static int read_key(const struct chosen_session *session, struct state_key **ret)
{
	struct state_key *key = malloc(sizeof(*key));
	int r;

	*ret = key;
	if (!key)
		return -ENOMEM;
	r = state_key_read(session->state_fd, false, key);
	return r == -ENOENT ? fd_random_bytes(key->bytes, sizeof(key->bytes)) : r;
}

static int open_steps(const struct rules *rules, const struct chosen_session *session,
		      struct open_review *open, enum review_step *ret_step)
{
	const struct manifest *manifest = &session->manifest;
	struct review_options options;
	int r;

	*ret_step = STEP_PROJECT;
	r = session_scope_new(manifest, &open->scope);
	if (r < 0)
		return r;
	*ret_step = STEP_HOST;
	r = host_tree_open(manifest->host_root, manifest->host_config, &open->host);
	if (r < 0)
		return r;
	*ret_step = STEP_KEY;
	r = read_key(session, &open->key);
	if (r < 0)
		return r;
	*ret_step = STEP_JOURNAL;
	options = (struct review_options){
		.session_fd = session->fd,
		.manifest = manifest,
		.rules = rules,
		.scope = open->scope,
		.host = open->host,
		.key = open->key,
	};
	return review_open(&options, &open->review);
}

int open_review_quietly(const struct rules *rules, const struct chosen_session *session,
			struct open_review *ret)
{
	struct open_review open = { 0 };
	enum review_step step;
	int r = open_steps(rules, session, &open, &step);

	if (r < 0) {
		open_review_done(&open);
		return r;
	}
	*ret = open;
	return 0;
}

int say_journal_failure(const struct chosen_session *session, int error)
{
	switch (error) {
	case -ENOENT:
		message_error(
			"session %s: it never started, so there is no journal and nothing to show",
			session->id);
		return EXIT_NO_SESSION;
	case -EPROTONOSUPPORT:
		message_error("session %s: journal written by a newer claudefs; use that version "
			      "to read it",
			      session->id);
		return EXIT_TOO_NEW;
	case -EBADMSG:
		message_error("session %s: journal, receipt or decisions.json damaged; "
			      "'claudefs verify --session %s' says where",
			      session->id, session->id);
		return EXIT_DAMAGED;
	default:
		message_error("session %s: journal: %s", session->id, strerror(-error));
		return message_exit_code(error);
	}
}

static int say_failure(const struct chosen_session *session, enum review_step step, int error)
{
	switch (step) {
	case STEP_PROJECT:
		message_error("session %s: manifest.json: bad project path or patterns; restore it "
			      "from a backup",
			      session->id);
		return error == -ENOMEM ? EXIT_FAULT : EXIT_DAMAGED;
	case STEP_HOST:
		message_error("%s: %s; make it a directory that you can read",
			      session->manifest.host_root, strerror(-error));
		return EXIT_HOST_STATE;
	case STEP_KEY: return session_say_key(error);
	case STEP_JOURNAL: break;
	}
	return say_journal_failure(session, error);
}

static void warn_of_host(const struct chosen_session *session, const struct host_tree *host)
{
	const struct manifest *manifest = &session->manifest;
	uint64_t dev = 0;
	uint64_t ino = 0;

	if (manifest->host_dev == 0 && manifest->host_ino == 0)
		return;
	if (!host_tree_exists(host)) {
		message_warning("%s: missing, though the session started from it; put it back "
				"before you commit",
				manifest->host_root);
		return;
	}
	host_tree_identity(host, &dev, &ino);
	if (dev != manifest->host_dev || ino != manifest->host_ino)
		message_warning("%s: not the directory that the session started from; put that one "
				"back before you commit",
				manifest->host_root);
}

static void warn_of_journal(const struct chosen_session *session, const struct review *review)
{
	const char *reason = NULL;
	uint64_t offset = 0;

	if (replay_state(review_replay(review), &reason, &offset) != JOURNAL_DAMAGED)
		return;
	message_warning("session %s: journal damaged at byte %" PRIu64
			" (%s); what comes before it is shown, what comes after it is not",
			session->id, offset, reason ? reason : "unknown");
}

static void warn_of_decisions(const struct chosen_session *session, const struct review *review)
{
	size_t forged = review_count_forged(review);

	if (forged > 0)
		message_warning("session %s: %zu of its decisions %s not made here, and %s not "
				"count; decide again",
				session->id, forged, forged == 1 ? "was" : "were",
				forged == 1 ? "does" : "do");
}

int open_review(const struct cli *cli, const struct chosen_session *session,
		struct open_review *ret)
{
	cleanup_open_review struct open_review open = { 0 };
	enum review_step step;
	int r = rules_choose(cli, &open.rules);

	if (r != EXIT_OK)
		return r;
	r = open_steps(open.rules, session, &open, &step);
	if (r < 0)
		return say_failure(session, step, r);
	r = review_find_hazards(open.review);
	if (r < 0) {
		message_error("out of memory");
		return EXIT_FAULT;
	}
	warn_of_host(session, open.host);
	warn_of_journal(session, open.review);
	warn_of_decisions(session, open.review);
	*ret = open;
	open = (struct open_review){ 0 };
	return EXIT_OK;
}

const char *session_state_name(const struct chosen_session *session, const struct review *review)
{
	uint64_t offset;

	if (session->is_running)
		return "running";
	if (session->manifest.is_discarded)
		return "discarded";
	if (!review)
		return "empty";
	switch (replay_state(review_replay(review), NULL, &offset)) {
	case JOURNAL_COMPLETE: return "ended";
	case JOURNAL_OPEN:
	case JOURNAL_TORN: return "crashed";
	case JOURNAL_DAMAGED: return "damaged";
	}
	return "damaged";
}

static void set_text(json_t *object, const char *key, const char *value)
{
	if (value)
		json_output_set_name(object, key, value);
	else
		(void)json_object_set_new(object, key, json_null());
}

json_t *session_to_json(const struct chosen_session *session, const struct review *review)
{
	const struct manifest *manifest = &session->manifest;
	json_t *json = json_object();

	set_text(json, "id", session->id);
	set_text(json, "project", manifest->project);
	set_text(json, "state", session_state_name(session, review));
	json_output_set_time(json, "start", manifest->start_ns);
	json_output_set_time(json, "end", manifest->end_ns);
	set_text(json, "ended", manifest->ended);
	set_text(json, "command", manifest->command);
	set_text(json, "host_root", manifest->host_root);
	return json;
}

static const char *journal_state_name(enum journal_state state)
{
	switch (state) {
	case JOURNAL_COMPLETE: return "complete";
	case JOURNAL_OPEN: return "open";
	case JOURNAL_TORN: return "torn";
	case JOURNAL_DAMAGED: return "damaged";
	}
	return "damaged";
}

json_t *journal_to_json(const struct review *review)
{
	const struct replay *replay = review_replay(review);
	const char *reason = NULL;
	uint64_t offset = 0;
	enum journal_state state = replay_state(replay, &reason, &offset);

	return json_pack("{s:s, s:I, s:I, s:s?}", "state", journal_state_name(state), "records",
			 (json_int_t)replay_record_count(replay), "offset", (json_int_t)offset,
			 "reason", reason);
}

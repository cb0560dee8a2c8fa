/* SPDX-License-Identifier: MIT */
#include "fs/review/verdicts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/fold.h"
#include "fs/base/json.h"
#include "fs/base/path_name.h"
#include "fs/base/text.h"
#include "fs/host/host_parent.h"
#include "fs/review/content.h"
#include "fs/review/host_look.h"
#include "fs/review/host_union.h"
#include "fs/review/key_changes.h"
#include "fs/review/line_check.h"

#define JSON_CHECK_MAX (64u << 20) /* bytes of a .json file; larger is held */

/* Sets group and reason. Returns 1, as a check does that decides. */
static int __attribute__((format(printf, 3, 4)))
decide(struct change *change, enum review_group group, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_vformat_safe(change->reason, sizeof(change->reason), format, args);
	va_end(args);
	change->group = group;
	return 1;
}

static bool ends_with(const char *s, const char *end)
{
	size_t len = strlen(s);
	size_t end_len = strlen(end);

	return len >= end_len && strcmp(s + len - end_len, end) == 0;
}

/* A change that puts content at a name. */
static bool has_content(const struct change *change)
{
	return change->kind == CHANGE_CREATE || change->kind == CHANGE_MODIFY;
}

static bool is_removal(const struct change *change)
{
	return change->kind == CHANGE_DELETE || change->kind == CHANGE_RMDIR;
}

/* The checks, each in a function: 1 decided, 0 go on, or -errno. */

static int check_rule(const struct review *review, struct change *change)
{
	struct verdict *verdict = &change->verdict;
	const char *why;

	policy_decide(review->options.rules, review->options.scope, change->path, verdict);
	why = verdict->note ? verdict->note : verdict->rule ? verdict->rule->why : "";
	switch (verdict->write) {
	case RULE_WRITE_AUTO: (void)decide(change, REVIEW_WILL_COMMIT, "%s", why); return 0;
	case RULE_WRITE_REVIEW: (void)decide(change, REVIEW_NEEDS_APPROVAL, "%s", why); return 0;
	case RULE_WRITE_NEVER:
	case RULE_WRITE_REFUSE: return decide(change, REVIEW_NEVER_LEAVES, "%s", why);
	}
	return decide(change, REVIEW_NEVER_LEAVES, "no rule that this version knows");
}

static int check_name(const struct review *review, struct change *change)
{
	const char *cursor = change->path;
	const char *name;
	size_t len = 0;

	(void)review;
	if (!path_is_valid(change->path))
		return decide(change, REVIEW_NEVER_LEAVES, "the name is too long for any host");
	while ((name = path_next(&cursor, &len)) != NULL) {
		char component[PATH_NAME_MAX + 1];

		memcpy(component, name, len);
		component[len] = '\0';
		if (!fold_is_plain_name(component))
			return decide(change, REVIEW_NEVER_LEAVES,
				      "the name holds characters that no host should be given");
	}
	return 0;
}

static int check_entry(const struct review *review, struct change *change)
{
	(void)review;
	if (change->mode & (S_ISUID | S_ISGID) && change->object != 0)
		return decide(change, REVIEW_NEVER_LEAVES, "it has a set-id bit");
	if (change->kind == CHANGE_TYPE_CHANGE)
		return decide(change, REVIEW_HELD, "a %s became a %s: not applied by itself",
			      change->base.is_directory ? "directory" : "file",
			      change->base.is_directory ? "file" : "directory");
	if (change->is_damaged)
		return decide(change, REVIEW_HELD,
			      "its content is damaged: object %llu is not what the journal says",
			      (unsigned long long)change->object);
	return 0;
}

static int check_merge(const struct review *review, struct change *change)
{
	(void)review;
	change->merge = RULE_MERGE_REPLACE;
	switch (change->verdict.merge) {
	case RULE_MERGE_JSON_KEYS:
		if (has_content(change))
			change->merge = RULE_MERGE_JSON_KEYS;
		break;
	case RULE_MERGE_APPEND_LINES:
		if (has_content(change))
			change->merge = RULE_MERGE_APPEND_LINES;
		break;
	case RULE_MERGE_UNION_RECORDS:
		if (change->kind == CHANGE_MODIFY && change->is_append_only &&
		    ends_with(change->path, ".jsonl"))
			change->merge = RULE_MERGE_UNION_RECORDS;
		break;
	case RULE_MERGE_REPLACE: break;
	}
	/* Whatever a rule of the user's for many files says: other projects live in it, and the
	 * host keeps it outside ~/.claude. */
	if (host_parent_is_config(change->path) && change->merge != RULE_MERGE_JSON_KEYS)
		return decide(change, REVIEW_NEVER_LEAVES,
			      "the configuration comes home by key only (merge json-keys)");
	/* What the session replaced or removed was less than what the host has. */
	if (change->verdict.read == RULE_READ_FILTER && change->merge == RULE_MERGE_REPLACE)
		return decide(change, REVIEW_HELD, "the session saw only a part of it (filter %s)",
			      change->verdict.rule->filter ? change->verdict.rule->filter : "?");
	return 0;
}

static int check_existing(struct change *change, const struct host_look *look)
{
	bool is_append = change->merge == RULE_MERGE_APPEND_LINES ||
			 change->merge == RULE_MERGE_UNION_RECORDS;

	if (S_ISLNK(look->st.st_mode))
		return decide(change, REVIEW_HELD, "the host has a symlink there");
	if (S_ISDIR(look->st.st_mode)) {
		if (change->kind == CHANGE_MKDIR)
			change->is_moot = true;
		if (change->kind == CHANGE_MKDIR || change->kind == CHANGE_RMDIR)
			return 0;
		return decide(change, REVIEW_CONFLICT, "the host has a directory there");
	}
	if (!S_ISREG(look->st.st_mode))
		return decide(change, REVIEW_HELD, "the host has a special file there");
	if (look->st.st_nlink > 1)
		return decide(change, REVIEW_HELD, "the host's file has another name too (link)");
	/* The same transcript on both sides, each with records of its own. */
	if (change->kind == CHANGE_CREATE && change->verdict.merge == RULE_MERGE_UNION_RECORDS &&
	    ends_with(change->path, ".jsonl")) {
		change->merge = RULE_MERGE_UNION_RECORDS;
		return 0;
	}
	if (look->is_base || change->merge == RULE_MERGE_APPEND_LINES ||
	    change->merge == RULE_MERGE_JSON_KEYS || (is_append && look->has_grown))
		return 0;
	change->may_keep_ours = change->kind != CHANGE_MKDIR && change->kind != CHANGE_RMDIR;
	return decide(change, REVIEW_CONFLICT,
		      change->base.exists ? "changed on the host since the session found it"
					  : "the host has got an entry of this name meanwhile");
}

static int check_host(const struct review *review, struct change *change)
{
	struct host_look look = { .is_base = !change->base.exists };
	int r = 0;

	const char *config = review->options.manifest->host_config;

	if (review->root_fd >= 0 || (config && host_parent_is_config(change->path)))
		r = host_look_beneath(review->root_fd, config, change->path, &change->base, &look);
	if (r == -ELOOP)
		return decide(change, REVIEW_HELD, "a symlink is on the way to it on the host");
	if (r == -EXDEV)
		return decide(change, REVIEW_HELD, "another file system is on the way to it");
	if (r == -ENOTDIR)
		return decide(change, REVIEW_CONFLICT, "a file is on the way to it on the host");
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return decide(change, REVIEW_HELD, "the host's entry cannot be read: %s",
			      strerror(-r));
	change->has_host_entry = look.exists;
	if (look.exists)
		change->host_identity = journal_identity_of(&look.st);
	if (look.exists)
		return check_existing(change, &look);
	change->is_moot = is_removal(change);
	if (change->kind == CHANGE_MODIFY) {
		change->may_keep_ours = true;
		return decide(change, REVIEW_CONFLICT, "removed on the host meanwhile");
	}
	return 0;
}

static int check_json(struct change *change, const struct content *content)
{
	cleanup_free char *data = NULL;
	cleanup_json json_t *json = NULL;
	struct json_problem problem = { 0 };
	size_t len = 0;
	int r;

	r = content_load(content, 0, JSON_CHECK_MAX, &data, &len);
	if (r == -EFBIG)
		return decide(change, REVIEW_HELD, "too large to be checked as JSON");
	if (r < 0)
		return r;
	r = json_load_strict(data, len, &json, &problem);
	if (r == -EBADMSG)
		return decide(change, REVIEW_HELD, "not JSON: line %u: %s", problem.line,
			      problem.reason);
	return r;
}

/* Which group the file's changed keys make it: the best of theirs. */
static int group_by_keys(struct change *change)
{
	const struct change_keys *keys = &change->keys;
	enum review_group group = keys->goes > 0        ? REVIEW_WILL_COMMIT
				  : keys->asks > 0      ? REVIEW_NEEDS_APPROVAL
				  : keys->conflicts > 0 ? REVIEW_CONFLICT
							: REVIEW_NEVER_LEAVES;
	cleanup_text struct text text = { 0 };

	change->is_moot = group == REVIEW_NEVER_LEAVES && keys->stays == 0;
	if (keys->goes > 0)
		text_appendf(&text, "%zu go, ", keys->goes);
	if (keys->asks > 0)
		text_appendf(&text, "%zu %s approval, ", keys->asks,
			     keys->asks == 1 ? "needs" : "need");
	if (keys->conflicts > 0)
		text_appendf(&text, "%zu in conflict with the host, ", keys->conflicts);
	if (keys->stays > 0)
		text_appendf(&text, "%zu %s, ", keys->stays,
			     keys->stays == 1 ? "never leaves" : "never leave");
	if (text.is_failed)
		return -ENOMEM;
	return decide(change, group, "by key: %.*s", (int)(text.len > 2 ? text.len - 2 : 0),
		      text.data ? text.data : "");
}

/* The host's Claude reads the one and ignores the other. */
static bool is_shadowed(const struct review *review, const struct change *change)
{
	struct stat st;

	return host_parent_is_config(change->path) && review->root_fd >= 0 &&
	       fstatat(review->root_fd, ".config.json", &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int check_keys(const struct review *review, struct change *change)
{
	cleanup_key_changes struct key_changes *keys = NULL;
	char reason[sizeof(change->reason)] = "";
	int r;

	if (is_shadowed(review, change))
		return decide(change, REVIEW_HELD,
			      "the host's Claude reads ~/.claude/.config.json instead, which is "
			      "never written");
	r = key_changes_load(review, change, &keys, reason, sizeof(reason));
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return decide(change, REVIEW_HELD, "%s", reason);
	key_changes_sum(keys, &change->keys);
	return group_by_keys(change);
}

/* Records that are not this project's: a transcript that has them needs a look, a history leaves
 * them behind. */
static int judge_foreign(struct change *change, enum line_form form,
			 const struct line_report *report)
{
	if (report->foreign == 0)
		return 0;
	switch (form) {
	case LINE_ANY: return 0;
	case LINE_HISTORY:
		if (report->foreign == report->lines)
			return decide(change, REVIEW_NEVER_LEAVES,
				      "all new lines are another project's");
		(void)decide(change, change->group,
			     "%llu of %llu new lines are another project's and stay in the session",
			     (unsigned long long)report->foreign,
			     (unsigned long long)report->lines);
		return 0;
	case LINE_TRANSCRIPT:
		(void)decide(change, REVIEW_NEEDS_APPROVAL,
			     "%llu of %llu new records are not of this project (%s)",
			     (unsigned long long)report->foreign, (unsigned long long)report->lines,
			     report->foreign_by);
		return 0;
	}
	return -EINVAL;
}

/* Records of the host's that are not the session's, under a uuid of the session's. */
static int check_union(const struct review *review, struct change *change,
		       const struct content *content)
{
	struct union_report report = { 0 };
	int r = host_union(review, change, content, &report);

	if (r == -EBADMSG || r == -E2BIG || r == -EAGAIN)
		return decide(change, REVIEW_HELD, "its records cannot be united with the host's");
	if (r < 0)
		return r;
	if (report.conflicts == 0)
		return 0;
	/* Without these records the others can go, if nothing else is to be asked about them. */
	change->may_keep_ours = change->group == REVIEW_WILL_COMMIT && change->is_append_only;
	return decide(change, REVIEW_CONFLICT,
		      "%llu of %llu new records have the uuid of another record of the host "
		      "(the first is number %llu)",
		      (unsigned long long)report.conflicts, (unsigned long long)report.records,
		      (unsigned long long)report.conflict_record);
}

static int check_lines(const struct review *review, struct change *change,
		       const struct content *content)
{
	uint64_t offset = change->is_append_only ? change->base.size : 0;
	/* Of lines that are appended commit asks the same again. */
	enum line_form form = change->verdict.merge == RULE_MERGE_APPEND_LINES
				      ? line_form_of(change)
				      : LINE_TRANSCRIPT;
	struct line_report report;
	int r;

	r = line_check_content(form, review->options.scope, content, offset, &report);
	if (r < 0)
		return r;
	if (report.bad_line > 0)
		return decide(change, REVIEW_HELD, "%s line %llu %s",
			      change->is_append_only ? "appended" : "its",
			      (unsigned long long)report.bad_line, report.bad);
	r = judge_foreign(change, form, &report);
	return r == 0 && change->merge == RULE_MERGE_UNION_RECORDS
		       ? check_union(review, change, content)
		       : r;
}

static int check_bytes(const struct review *review, struct change *change,
		       const struct content *content)
{
	if (ends_with(change->path, ".jsonl"))
		return check_lines(review, change, content);
	return ends_with(change->path, ".json") ? check_json(change, content) : 0;
}

static int check_content(const struct review *review, struct change *change)
{
	cleanup_content struct content content = CONTENT_NONE;
	int r;

	if (!has_content(change))
		return 0;
	r = content_open(review, change, &content);
	if (r == -EBADMSG)
		return decide(change, REVIEW_HELD, "its content is %s: object %llu",
			      replay_state(review->replay, NULL, NULL) == JOURNAL_OPEN
				      ? "being written, or damaged"
				      : "damaged",
			      (unsigned long long)change->object);
	if (r == -ESTALE)
		return decide(change, REVIEW_CONFLICT,
			      "the host's file that it continues has changed");
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return decide(change, REVIEW_HELD, "its content cannot be read: %s", strerror(-r));
	if (change->merge == RULE_MERGE_JSON_KEYS)
		return check_keys(review, change);
	return check_bytes(review, change, &content);
}

/* A directory that is to be reviewed has nothing in it to review: parents of what comes home are
 * made with it, and an empty one would only ask a question that nobody needs. */
static int check_empty_directory(const struct review *review, struct change *change)
{
	(void)review;
	if (change->kind != CHANGE_MKDIR || change->group != REVIEW_NEEDS_APPROVAL)
		return 0;
	return decide(change, REVIEW_NEVER_LEAVES, "empty: made when something in it comes home");
}

/* "<uuid>.jsonl" or "agent-<hex>.jsonl": what --resume lists. */
static bool is_transcript_name(const char *name)
{
	size_t len = strcspn(name, ".");

	if (strcmp(name + len, ".jsonl") != 0)
		return false;
	if (strncmp(name, "agent-", 6) == 0)
		return len > 6 && strspn(name + 6, "0123456789abcdef") == len - 6;
	return len == SESSION_UUID_LEN && strspn(name, "0123456789abcdef-") == len;
}

/* A transcript of another name is nothing that Claude wrote. */
static int check_transcript_name(const struct review *review, struct change *change)
{
	(void)review;
	if (change->group != REVIEW_WILL_COMMIT || change->kind != CHANGE_CREATE ||
	    change->verdict.merge != RULE_MERGE_UNION_RECORDS ||
	    is_transcript_name(path_base(change->path)))
		return 0;
	return decide(change, REVIEW_NEEDS_APPROVAL, "not named as Claude names transcripts");
}

/* What "auto" does not cover. */
static int check_approval(const struct review *review, struct change *change)
{
	(void)review;
	if (change->group != REVIEW_WILL_COMMIT)
		return 0;
	if (is_removal(change))
		return decide(change, REVIEW_NEEDS_APPROVAL, "removes what the host has");
	if (change->kind != CHANGE_MODIFY)
		return 0;
	if (change->is_append_only && change->merge != RULE_MERGE_REPLACE)
		return 0;
	if (change->verdict.merge != RULE_MERGE_REPLACE)
		return decide(change, REVIEW_NEEDS_APPROVAL,
			      "changes lines that were there before, instead of adding some");
	if (change->base.was_host)
		return decide(change, REVIEW_NEEDS_APPROVAL, "replaces what the host had");
	return 0;
}

/* In this order: what never leaves is not even looked at further. */
static int (*const checks[])(const struct review *review, struct change *change) = {
	check_rule, check_name,    check_entry,           check_empty_directory, check_merge,
	check_host, check_content, check_transcript_name, check_approval,
};

/* Whether the session's side of a conflict is one that could be applied: readable, and JSON where
 * it must be. */
static int judge_theirs(const struct review *review, struct change *change)
{
	struct change theirs = *change;
	int r;

	/* By key there are other ways; and what was seen in part replaces nothing. */
	if (change->group != REVIEW_CONFLICT || !change->may_keep_ours ||
	    change->verdict.merge == RULE_MERGE_JSON_KEYS ||
	    change->verdict.read == RULE_READ_FILTER) {
		change->may_keep_ours = false;
		return 0;
	}
	theirs.group = REVIEW_NEEDS_APPROVAL;
	r = check_content(review, &theirs);
	if (r < 0)
		return r;
	change->may_take_theirs = r == 0;
	return 0;
}

int verdicts_judge_content(const struct review *review, const struct change *change,
			   const struct content *content, enum review_group *ret_group,
			   char *ret_reason, size_t reason_size)
{
	struct change again = *change;
	int r = check_rule(review, &again);

	if (r == 0)
		r = check_bytes(review, &again, content);
	if (r == 0)
		r = check_transcript_name(review, &again);
	if (r == 0)
		r = check_approval(review, &again);
	if (r < 0)
		return r;
	/* The person was told that it is about these records alone. */
	if (again.group == REVIEW_CONFLICT && change->may_keep_ours && !again.may_keep_ours)
		again.group = REVIEW_HELD;
	*ret_group = again.group;
	(void)snprintf(ret_reason, reason_size, "%s", again.reason);
	return 0;
}

int verdicts_ask_again(struct change *change, size_t count, const char *why)
{
	if (change->merge == RULE_MERGE_JSON_KEYS) {
		int r;

		change->keys.goes -= count;
		change->keys.asks += count;
		r = group_by_keys(change);
		change->asks_again = change->group != REVIEW_WILL_COMMIT;
		return r < 0 ? r : 0;
	}
	change->asks_again = true;
	(void)decide(change, REVIEW_NEEDS_APPROVAL, "%s: goes by approval only", why);
	return 0;
}

void verdicts_hold_undecidable(struct change *change, int error)
{
	(void)decide(change, REVIEW_HELD, "what was decided cannot be compared with it: %s",
		     strerror(-error));
}

int verdicts_join(struct review *review)
{
	for (size_t i = 0; i < review->count; i++) {
		int r = 0;

		for (size_t k = 0; r == 0 && k < sizeof(checks) / sizeof(checks[0]); k++)
			r = checks[k](review, &review->changes[i]);
		if (r >= 0)
			r = judge_theirs(review, &review->changes[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

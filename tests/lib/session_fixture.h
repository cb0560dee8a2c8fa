/* SPDX-License-Identifier: MIT */
/* A session without a mount: a temporary HOME with a host ~/.claude, a state directory, and a
 * journal and objects that the test writes itself as the view would. Every helper ends the process
 * with a message if it cannot do its work, so that tests stay short.
 *
 * Names are state paths. The project is <home>/proj. */
#ifndef CLAUDEFS_TESTS_SESSION_FIXTURE_H
#define CLAUDEFS_TESTS_SESSION_FIXTURE_H

#include "fs/commit/commit.h"
#include "fs/commit/undo.h"
#include "fs/journal/content_store.h"
#include "fs/journal/writer.h"
#include "fs/review/review.h"

#define FIXTURE_PREFIXES_MAX 8

struct fixture {
	char root[80]; /* temporary directory; HOME is root/home */
	char *home;
	char *host;    /* <home>/.claude */
	char *project; /* <home>/proj */
	char *encoded; /* the project's directory name under projects/ */
	int host_fd;
	int state_fd;
	int session_fd;
	struct manifest manifest;
	struct journal_writer *writer;
	struct content_store *store;
	const struct rules *rules; /* parsed once for all fixtures */
	struct project_scope *scope;
	struct host_tree *tree;
	struct review *review;
	struct state_key key; /* of the state directory */
	char undo_reasons[4096];
	bool is_beside; /* the directories are another fixture's */
	/* Objects of this session that begin in the middle of their file. */
	struct {
		uint64_t object;
		uint64_t prefix; /* bytes */
	} prefixes[FIXTURE_PREFIXES_MAX];
	size_t prefix_count;
};

/* Where the temporary directories are made, if a test wants a file system of its own. NULL: in
 * CLAUDEFS_TEST_PARENT (folding_host sets it), else in "/tmp". */
extern const char *fixture_parent;
/* The very directory, if a test wants every fixture at the same place (digests of contents that
 * hold its name are the same then). What a test that failed left there is removed. NULL: a new name
 * each time. */
extern const char *fixture_root;

/* A host with an empty ~/.claude; the built-in rules. */
void fixture_make(struct fixture *fixture);
/* The same with the host's ~/.claude missing. */
void fixture_make_without_host(struct fixture *fixture);
/* prepare is called once the host's ~/.claude is there, and before anything is opened in it. */
void fixture_make_prepared(struct fixture *fixture, void (*prepare)(const char *host));
/* One more session on the host of first, which must live longer; of the project <home>/name. */
void fixture_make_beside(struct fixture *fixture, const struct fixture *first, const char *name);
/* Closes everything and removes the temporary directory. */
void fixture_done(struct fixture *fixture);

/* Rules that allow everything: the control that shows that the rules are what protects. */
void fixture_allow_everything(struct fixture *fixture);
/* Adds a rule file's text in front. */
void fixture_add_rules(struct fixture *fixture, const char *text);

/* "projects/<encoded>/name", without name the directory itself (static buffer, four at a time). */
const char *fixture_own(const struct fixture *fixture, const char *name);

/* The host's side. Parents are made. */
void fixture_host_write(struct fixture *fixture, const char *path, const char *content);
void fixture_host_append(struct fixture *fixture, const char *path, const char *content);
/* The content (caller frees), NULL if there is no such file. */
char *fixture_host_read(struct fixture *fixture, const char *path);

/* The host's .claude.json, which lies beside its ~/.claude: replaced as Claude does. */
void fixture_config_write(struct fixture *fixture, const char *content);
char *fixture_config_read(struct fixture *fixture); /* caller frees; NULL: there is none */

/* What happens in the session. */
void fixture_begin(struct fixture *fixture); /* called by make */
void fixture_record(struct fixture *fixture, struct journal_record *record);
void fixture_base(struct fixture *fixture, const char *path);
uint64_t fixture_create(struct fixture *fixture, const char *path, const char *content);
/* A new object with content, journaled as nameless. */
void fixture_write(struct fixture *fixture, uint64_t object, uint64_t offset, const char *content);
void fixture_seal(struct fixture *fixture, uint64_t object);
/* Copies a host file up wholly, and gives its object. */
uint64_t fixture_copy_up(struct fixture *fixture, const char *path);
/* Copies it up with its whole length as prefix. */
uint64_t fixture_copy_up_prefix(struct fixture *fixture, const char *path);
/* Copy-up, write at the end, seal. */
uint64_t fixture_append(struct fixture *fixture, const char *path, const char *content);
/* Copy-up, replace the content in place, seal. */
uint64_t fixture_modify(struct fixture *fixture, const char *path, const char *content);
/* Saves a file as Claude does: temporary name, rename. shown: what the session saw at path, if this
 * is its first change there and it is not the host's file as it is; NULL else. */
void fixture_save(struct fixture *fixture, const char *path, const char *shown,
		  const char *content);
void fixture_mkdir(struct fixture *fixture, const char *path);
/* Of a host entry (with its base) or of an own one. */
void fixture_unlink(struct fixture *fixture, const char *path);
void fixture_rmdir(struct fixture *fixture, const char *path);
void fixture_rename(struct fixture *fixture, const char *path, const char *to);
void fixture_end(struct fixture *fixture);
/* Makes the journal as a killed daemon leaves it. */
void fixture_crash(struct fixture *fixture);

/* Reads the session afresh; ends with a message if it cannot. Kept until the next one. */
struct review *fixture_review(struct fixture *fixture);
int fixture_try_review(struct fixture *fixture);

/* commit_open, review, plan, apply: 0 or the first error. */
int fixture_commit(struct fixture *fixture, const struct commit_choice *choice,
		   struct commit_result *ret);
/* The same with a conflict to settle: --ours PATH, or --theirs PATH. There must be such a change.
 */
int fixture_settle(struct fixture *fixture, const char *path, bool is_ours,
		   struct commit_result *ret);

/* commit_open, undo_apply: 0 or the first error. Events go to the fixture's undo_reasons, a line
 * "path: reason" each for what was refused. */
int fixture_undo(struct fixture *fixture, uint64_t receipt, struct commit_result *ret);

/* Decides about a pending change as it is now. */
void fixture_decide(struct fixture *fixture, const char *path, enum decision_verdict verdict);
/* The same about one of its keys or records, by the name that a person would give (parts_find()).
 */
void fixture_decide_part(struct fixture *fixture, const char *path, const char *name,
			 enum decision_verdict verdict);
/* The same about one of its edits, by its number (hunks.h). */
void fixture_decide_hunk(struct fixture *fixture, const char *path, size_t index,
			 enum decision_verdict verdict);

#endif

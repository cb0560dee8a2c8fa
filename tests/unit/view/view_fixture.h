/* SPDX-License-Identifier: MIT */
/* A view over a small made-up ~/.claude, with a real journal and store, in a temporary directory:
 * made anew for every test. Paths are state paths; helpers fail the test by themselves. */
#ifndef CLAUDEFS_TESTS_VIEW_FIXTURE_H
#define CLAUDEFS_TESTS_VIEW_FIXTURE_H

#include "tests/unit/cmocka_setup.h"
#include "tests/unit/temp_dir.h"

#include <sys/types.h>

#include "fs/journal/record.h"
#include "fs/view/view.h"

#define FIXTURE_SESSION "20261123T140812.345Z-1a2b3c4d"
#define FIXTURE_PROJECT "/home/user/proj"
#define FIXTURE_ENCODED "projects/-home-user-proj"
#define FIXTURE_OTHER   "projects/-home-user-other"
#define FIXTURE_UUID    "0b000000-0000-4000-8000-000000000001"

struct fixture {
	struct temp_dir dir; /* "claude" is the host's ~/.claude, "session" the session */
	int session_fd;
	struct host_tree *host;
	struct content_store *store;
	struct journal_writer *journal;
	struct rules *rules;
	struct project_scope *scope;
	struct view *view;
	struct view_caller caller;
	struct view_options options; /* what the view was made with */
};

/* Not 0: writing (or syncing) the journal fails with this errno. Reset by each setup. */
extern int journal_write_error;
extern int journal_sync_error;

/* For cmocka: *state becomes a struct fixture with the view made. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* The view anew, with the session's other parts, after options were changed. */
void fixture_remake(struct fixture *fixture, const char *user_rules);

/* Writes, appends to or makes something on the host's side, relative to its ~/.claude. */
void host_write(struct fixture *fixture, const char *path, const char *content);
void host_append(struct fixture *fixture, const char *path, const char *content);
void host_fill(struct fixture *fixture, const char *path, char byte, size_t size);
void host_set_mtime(struct fixture *fixture, const char *path, time_t seconds);
void host_mkdir(struct fixture *fixture, const char *path);

/* Walks from the root; the lookups stay counted. Returns the inode number or -errno. */
int64_t look(struct fixture *fixture, const char *path);
uint64_t ino_of(struct fixture *fixture, const char *path); /* must exist */
struct stat stat_of(struct fixture *fixture, const char *path);
/* The parent's number; *ret_name points into path. */
uint64_t parent_of(struct fixture *fixture, const char *path, const char **ret_name);

int try_make(struct fixture *fixture, const char *path); /* O_EXCL, and closed again */
int try_mkdir(struct fixture *fixture, const char *path);
int try_unlink(struct fixture *fixture, const char *path);
int try_rmdir(struct fixture *fixture, const char *path);
int try_rename(struct fixture *fixture, const char *from, const char *to);
int try_setattr(struct fixture *fixture, const char *path, const struct stat *want,
		unsigned int valid);
int try_truncate(struct fixture *fixture, const char *path, off_t size);

struct view_file *open_path(struct fixture *fixture, const char *path, int flags); /* must open */
int try_open_path(struct fixture *fixture, const char *path, int flags, struct view_file **ret,
		  bool *ret_keep);
struct view_file *create_path(struct fixture *fixture, const char *path);
ssize_t put(struct fixture *fixture, struct view_file *file, const char *text, off_t offset);
ssize_t append(struct fixture *fixture, struct view_file *file, const char *text);
/* What reading [offset, offset + size) gives; compares with expected. */
void assert_reads(struct view_file *file, off_t offset, size_t size, const char *expected);
void assert_content(struct fixture *fixture, const char *path, const char *expected);
/* create/open, write, close */
void write_path(struct fixture *fixture, const char *path, const char *text);
void append_path(struct fixture *fixture, const char *path, const char *text);

/* The names in a directory, sorted, joined by spaces, without "." and ".." (static buffer). */
const char *names_in(struct fixture *fixture, const char *path);

/* The journal so far, one word per record: "base:a copy_up:a write:a seal rename:a>b", without
 * session and process records; from record number skip on. Static buffer. */
const char *journal_text(struct fixture *fixture, unsigned int skip);
unsigned int journal_count(struct fixture *fixture); /* as journal_text() counts */
/* The last record of a type. Numbers only: the strings are gone. False if there is none. */
bool journal_last(struct fixture *fixture, enum journal_type type, struct journal_record *ret);
unsigned int object_files(struct fixture *fixture); /* files in objects/ */

#endif

/* SPDX-License-Identifier: MIT */
/* A whole world for tests through a real mount: a temporary HOME with a ~/.claude as found in the
 * wild (several projects, settings, history, plugins), a session, a daemon, and the check
 *afterwards that the host's files are what they were. Never touches the HOME of the machine.
 *
 *	test_x CLAUDEFS_MOUNT MANIFEST_OF_TREE [--as-user]
 *
 * --as-user drops from root to "nobody" first, so that libfuse mounts through fusermount3. */
#ifndef CLAUDEFS_TESTS_MOUNT_FIXTURE_H
#define CLAUDEFS_TESTS_MOUNT_FIXTURE_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include "fs/journal/record.h"
#include "tests/unit/cmocka_setup.h"

#define FIXTURE_SESSION_UUID "11111111-1111-4111-8111-111111111111"
#define FIXTURE_OTHER_UUID   "22222222-2222-4222-8222-222222222222"
#define FIXTURE_SKIPPED      77

/* ThreadSanitizer has a thread of its own: no user namespaces in its processes, among others. */
#ifdef __SANITIZE_THREAD__
#define FIXTURE_HAS_TSAN 1
#else
#define FIXTURE_HAS_TSAN 0
#endif

struct fixture {
	char root[64];    /* the temporary directory */
	char home[80];    /* root/home */
	char view[80];    /* root/view: the mountpoint */
	char project[96]; /* home/proj */
	char own[512];    /* projects/<this project, encoded> */
	char other[64];   /* projects/<another project>: hidden */
	char session_id[80];
	int session_fd;
	int daemon_fd;           /* the program */
	int manifest_fd;         /* the program */
	pid_t daemon;            /* 0: none runs */
	bool allow_other;        /* other uids may come in; for root */
	void (*fill_host)(void); /* adds to the host before anything is compared; or NULL */
};

/* One per test program. */
extern struct fixture fixture;

/* Runs the group in a mounted fixture and checks afterwards that the daemon ended in order, that
 * the journal is complete, that the host is untouched and that nothing is left mounted. rules: text
 * of a rule file, or NULL. Returns the exit code. */
#define fixture_run(argc, argv, rules, tests) \
	fixture_run_group(argc, argv, #tests, rules, tests, sizeof(tests) / sizeof((tests)[0]))
int fixture_run_group(int argc, char **argv, const char *name, const char *rules,
		      const struct CMUnitTest *tests, size_t count);

/* For host changes that a test makes itself: what is there now becomes the state to compare with.
 */
void fixture_accept_host(void);
/* What the daemon said on stderr since it was started; borrowed until the next get_file(). */
const char *fixture_stderr(void);

/* The parts of the above, for tests that start and kill daemons themselves. */
int fixture_make(int argc, char **argv); /* 0, or the exit code (FIXTURE_SKIPPED) */
int fixture_new_session(void);           /* 0 or -1 */
/* Starts the daemon on the session (arguments after the session's, NULL-terminated) and waits until
 * it is ready. Returns 0, or the daemon's exit code if it did not get that far. */
int fixture_start(const char *const *arguments);
int fixture_mount(void);
/* Sends a signal (0: none) and waits for the daemon's end. Returns its wait status; -1 if there is
 * none, or if it did not end in time: then it was shown (tests/lib/stuck.h) and killed. */
int fixture_stop(int signal);
/* Prints what differs from the state after fixture_make(). Returns 0 if nothing does. */
int fixture_check_host(void);
bool fixture_is_mounted(void);
/* Lazily, as whoever owns the mount. */
void fixture_force_unmount(void);
/* In a forked child: becomes the daemon. Never returns. */
void fixture_exec_daemon(const char *const *argv) __attribute__((noreturn));
/* Unmounts by force whatever a failed test left, and removes the temporary directory. */
void fixture_remove(void);

/* The path of a name in the view, or beneath HOME. One of eight static buffers in turn. */
const char *in_view(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *in_home(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *in_root(const char *name);

/* Whole small files. The writer creates or truncates; both fail the test on errors. */
void put_file(const char *path, const char *content);
/* Borrowed until the next call; at most 1 MiB. */
const char *get_file(const char *path);
/* True if the directory's listing has the name. */
bool lists_name(const char *dir, const char *name);

/* True if the journal (read while it is open) has a REFUSE of this operation and error. */
bool journal_has_refusal(const char *operation, int error);
/* How many records of a type it has. */
unsigned int journal_count(enum journal_type type);

/* Forks; the child runs body and exits with its result; the parent asserts that it is 0. */
void in_child(int (*body)(void *arg), void *arg);

#define assert_ok(call)                                                                        \
	do {                                                                                   \
		if ((call) < 0)                                                                \
			fail_msg("%s:%d: %s: %s", __FILE__, __LINE__, #call, strerror(errno)); \
	} while (0)

#define assert_errno(call, wanted)                                                                 \
	do {                                                                                       \
		errno = 0;                                                                         \
		if ((call) >= 0)                                                                   \
			fail_msg("%s:%d: %s worked, but must be " #wanted, __FILE__, __LINE__,     \
				 #call);                                                           \
		if (errno != (wanted))                                                             \
			fail_msg("%s:%d: %s: %s, but must be " #wanted, __FILE__, __LINE__, #call, \
				 strerror(errno));                                                 \
	} while (0)

#endif

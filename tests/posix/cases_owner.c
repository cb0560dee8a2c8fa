/* SPDX-License-Identifier: MIT */
/* Several uids in one mount (--allow-other, as the container has it): whose is a new file, and who
 * may do what. The cases run as root and go on as others. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/posix/transcript.h"

#define ALICE 1001
#define BOB   1002

/* Fails a case that goes on as root by mistake: its lines then differ from nothing. */
static void become(uid_t uid)
{
	TRY(setgroups(0, NULL));
	TRY(setresgid(uid, uid, uid));
	TRY(setresuid(uid, uid, uid));
}

static void note_owner(const char *name)
{
	struct stat st;

	if (note_result(name, lstat(name, &st)) < 0)
		return;
	VALUE(st.st_uid);
	VALUE(st.st_gid);
	VALUE(st.st_mode);
}

static void alice_makes_files(void)
{
	become(ALICE);
	(void)umask(027);
	TRY(close(open("alice", O_CREAT | O_EXCL | O_WRONLY, 0666)));
	TRY(mkdir("alice-dir", 0777));
	TRY(mknod("alice-node", S_IFREG | 0666, 0));
	TRY(close(open(".", O_TMPFILE | O_RDWR, 0666)));
	TRY(close(open("alice-dir/below", O_CREAT | O_WRONLY, 0666)));
}

static void bob_looks(void)
{
	become(BOB);
	TRY(open("alice", O_RDONLY));
	TRY(open("alice", O_WRONLY));
	TRY(open("alice-dir/below", O_RDONLY));
	TRY(open("alice-dir", O_RDONLY));
	TRY(chdir("alice-dir"));
	TRY(chmod("alice", 0666));
	TRY(truncate("alice", 0));
	TRY(access("alice", R_OK));
	TRY(rename("alice", "alice-dir/x"));
	TRY(unlink("alice-dir/below"));
	TRY(rename("alice", "bobs"));
	TRY(unlink("bobs"));
}

static void new_files_belong_to_the_caller(void)
{
	(void)umask(0);
	TRY(chmod(".", 0777));
	in_process(alice_makes_files);
	note_owner("alice");
	note_owner("alice-dir");
	note_owner("alice-node");
	note_owner("alice-dir/below");
	in_process(bob_looks);
	note_owner("f");
	note_owner("d");
}

static void alice_in_the_sticky_directory(void)
{
	become(ALICE);
	TRY(close(open("e/alice", O_CREAT | O_EXCL | O_WRONLY, 0666)));
	TRY(close(open("e/alice2", O_CREAT | O_EXCL | O_WRONLY, 0666)));
	TRY(mkdir("e/alice-dir", 0777));
	TRY(unlink("e/roots"));
	TRY(rename("e/roots", "e/x"));
	TRY(rename("e/alice", "e/roots"));
	TRY(chmod("e", 0777));
}

static void bob_in_the_sticky_directory(void)
{
	become(BOB);
	TRY(close(open("e/bob", O_CREAT | O_EXCL | O_WRONLY, 0666)));
	TRY(unlink("e/alice"));
	TRY(rename("e/alice", "e/x"));
	TRY(rename("e/bob", "e/alice"));
	TRY(rmdir("e/alice-dir"));
	TRY(rename("e/alice-dir", "e/x"));
	TRY(rename("e/alice", "bob-took-it"));
	TRY(close(open("e/alice", O_WRONLY)));
	TRY(unlink("e/bob"));
}

static void sticky_directory_keeps_others_out(void)
{
	(void)umask(0);
	TRY(chmod("e", 01777));
	note_owner("e");
	TRY(close(open("e/roots", O_CREAT | O_EXCL | O_WRONLY, 0666)));
	in_process(alice_in_the_sticky_directory);
	in_process(bob_in_the_sticky_directory);
	TRY(unlink("e/alice"));
	TRY(chmod("e", 0777));
	note_owner("e");
}

static void alice_among_roots_files(void)
{
	struct timespec both[2] = { { .tv_sec = 1 }, { .tv_sec = 2 } };
	struct timespec now[2] = { { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_NOW } };
	struct timespec mixed[2] = { { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_OMIT } };
	struct timespec none[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_OMIT } };

	become(ALICE);
	/* f may be written by all, g may be read. */
	TIMES(utimensat(AT_FDCWD, "f", NULL, 0));
	TIMES(utimensat(AT_FDCWD, "f", now, 0));
	TIMES(utimensat(AT_FDCWD, "f", both, 0));
	TIMES(utimensat(AT_FDCWD, "f", mixed, 0));
	TIMES(utimensat(AT_FDCWD, "f", none, 0));
	TIMES(utimensat(AT_FDCWD, "g", NULL, 0));
	TIMES(utimensat(AT_FDCWD, "g", both, 0));
	TIMES(utimensat(AT_FDCWD, "g", none, 0));
	TIMES(chmod("f", 0666));
	TIMES(chmod("f", 0600));
	TIMES(chmod("f", 04777));
	TIMES(chown("f", ALICE, (gid_t)-1));
	TIMES(chown("f", (uid_t)-1, ALICE));
	TIMES(chown("f", (uid_t)-1, (gid_t)-1));
	TIMES(chown("f", 0, 0));
	TIMES(truncate("f", 3));
	TIMES(truncate("g", 3));
	TRY(open("g", O_WRONLY));
	TRY(open("g", O_RDONLY | O_TRUNC));
	TRY(open("f", O_RDONLY | O_NOATIME));
	TRY(close(open("g", O_RDONLY)));
	TRY(access("g", R_OK));
	TRY(access("g", W_OK));
	TRY(access("g", X_OK));
	TRY(mkdir("e/x", 0700));
	TRY(open("e/x", O_CREAT | O_WRONLY, 0600));
	TRY(open("d/f", O_RDONLY));
	TRY(open("d", O_RDONLY | O_DIRECTORY));
	TRY(chdir("d"));
	TRY(unlink("f"));
	TRY(rename("f", "x"));
	TRY(rename("e/x", "f"));
	TRY(rmdir("e"));
}

static void owner_and_mode_decide(void)
{
	(void)umask(0);
	TRY(chmod(".", 0755));
	TRY(chmod("f", 0666));
	TRY(chmod("g", 0644));
	TRY(chmod("d", 0700));
	in_process(alice_among_roots_files);
	note_owner("f");
	note_owner("g");
}

static void alice_without_rights_of_her_own(void)
{
	become(ALICE);
	TRY(close(open("own", O_CREAT | O_EXCL | O_WRONLY, 0000)));
	TRY(open("own", O_RDONLY));
	TRY(open("own", O_WRONLY));
	TRY(truncate("own", 1));
	TIMES(utimensat(AT_FDCWD, "own", NULL, 0));
	TRY(chmod("own", 0200));
	TRY(truncate("own", 1));
	TRY(open("own", O_RDONLY));
	TRY(mkdir("own-dir", 0000));
	TRY(open("own-dir/x", O_CREAT | O_WRONLY, 0600));
	TRY(open("own-dir", O_RDONLY));
	TRY(chmod("own-dir", 0300));
	TRY(close(open("own-dir/x", O_CREAT | O_WRONLY, 0600)));
	TRY(open("own-dir", O_RDONLY));
	TRY(chmod("own-dir", 0500));
	TRY(unlink("own-dir/x"));
	TRY(chown("own", ALICE, ALICE));
	TRY(chown("own", ALICE, BOB));
	TRY(chown("own", BOB, (gid_t)-1));
	TRY(chmod("own", 01600));
	note_owner("own");
	TRY(chmod("own-dir", 01700));
	note_owner("own-dir");
}

static void mode_binds_its_owner_too(void)
{
	(void)umask(0);
	TRY(chmod(".", 0777));
	in_process(alice_without_rights_of_her_own);
}

static void owners_cannot_be_changed(void)
{
	TIMES(chown("f", ALICE, (gid_t)-1));
	TIMES(chown("d", ALICE, ALICE));
	TIMES(lchown("g", (uid_t)-1, BOB));
	note_owner("f");
}

const struct posix_case owner_cases[] = {
	{ "mode_binds_its_owner_too", mode_binds_its_owner_too, true },
	{ "new_files_belong_to_the_caller", new_files_belong_to_the_caller, true },
	{ "owner_and_mode_decide", owner_and_mode_decide, true },
	{ "owners_cannot_be_changed", owners_cannot_be_changed, true },
	{ "sticky_directory_keeps_others_out", sticky_directory_keeps_others_out, true },
	{ NULL, NULL, false },
};

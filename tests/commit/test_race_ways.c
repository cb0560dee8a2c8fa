/* SPDX-License-Identifier: MIT */
/* Another program of the host changes a name while a commit or an undo is at it: in front of each
 * of their calls on files, by each way that leads there (test_race.c goes by number instead, with a
 * real second process). Whatever the instant, what the other program made is there afterwards. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/review/verify.h"
#include "tests/lib/fault_call.h"
#include "tests/lib/session_fixture.h"

static const char rules[] = "{\"version\":1,\"rules\":[{\"path\":\"t/**\",\"read\":\"show\","
			    "\"write\":\"review\",\"why\":\"test\"},"
			    "{\"path\":\"log/**\",\"read\":\"show\",\"write\":\"auto\","
			    "\"merge\":\"append-lines\",\"why\":\"test\"}]}";

static const struct commit_choice choose_all = { .approve_all = true };

/* One race. The other program acts on path. */
struct race {
	struct fixture f;
	const char *path;
	unsigned int instant;
	bool is_again; /* checked after the next commit */
	bool is_void;  /* the other program could not act at this instant */
};

#define THEIRS       "the host's\n"
#define THEIRS_SHORT "BASE\n" /* as long as what was there, within a tick of the clock */

/* ---- what the other program does ---- */

static void save_in_place(void *arg)
{
	struct race *race = arg;

	fixture_host_write(&race->f, race->path, THEIRS);
}

static void save_as_long(void *arg)
{
	struct race *race = arg;

	fixture_host_write(&race->f, race->path, THEIRS_SHORT);
}

static void save_by_rename(void *arg)
{
	struct race *race = arg;

	fixture_host_write(&race->f, ".theirs", THEIRS);
	assert_int_equal(renameat(race->f.host_fd, ".theirs", race->f.host_fd, race->path), 0);
}

static void remove_it(void *arg)
{
	struct race *race = arg;

	if (unlinkat(race->f.host_fd, race->path, 0) < 0 && errno == EISDIR)
		(void)unlinkat(race->f.host_fd, race->path, AT_REMOVEDIR);
}

static void plant_symlink(void *arg)
{
	struct race *race = arg;

	remove_it(race);
	race->is_void = symlinkat("elsewhere", race->f.host_fd, race->path) < 0;
}

static void plant_fifo(void *arg)
{
	struct race *race = arg;

	remove_it(race);
	race->is_void = mkfifoat(race->f.host_fd, race->path, 0600) < 0;
}

static void plant_directory(void *arg)
{
	struct race *race = arg;

	remove_it(race);
	race->is_void = mkdirat(race->f.host_fd, race->path, 0700) < 0;
}

static void link_it(void *arg)
{
	struct race *race = arg;

	race->is_void = linkat(race->f.host_fd, race->path, race->f.host_fd, "theirs", 0) < 0;
}

static void fill_directory(void *arg)
{
	struct race *race = arg;
	char name[64];

	(void)snprintf(name, sizeof(name), "%s/theirs", race->path);
	fixture_host_write(&race->f, name, THEIRS);
}

/* ---- what must be there then ---- */

static void check_text(struct race *race, const char *path, const char *expected)
{
	cleanup_free char *content = fixture_host_read(&race->f, path);

	if (!content || strcmp(content, expected) != 0)
		fail_msg("%s, instant %u: holds \"%s\"", path, race->instant,
			 content ? content : "(nothing)");
}

static void is_theirs(struct race *race)
{
	check_text(race, race->path, THEIRS);
}

static void is_theirs_short(struct race *race)
{
	check_text(race, race->path, THEIRS_SHORT);
}

static void is_gone(struct race *race)
{
	struct stat st;

	if (fstatat(race->f.host_fd, race->path, &st, AT_SYMLINK_NOFOLLOW) == 0)
		fail_msg("%s, instant %u: is there again%s", race->path, race->instant,
			 race->is_again ? " after the next commit" : "");
}

static void check_kind(struct race *race, mode_t kind)
{
	struct stat st;

	assert_int_equal(fstatat(race->f.host_fd, race->path, &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mode & S_IFMT, kind);
	/* Nothing was written through it. */
	assert_int_equal(fstatat(race->f.host_fd, "t/elsewhere", &st, AT_SYMLINK_NOFOLLOW), -1);
}

static void is_symlink(struct race *race)
{
	check_kind(race, S_IFLNK);
}

static void is_fifo(struct race *race)
{
	check_kind(race, S_IFIFO);
}

static void is_directory(struct race *race)
{
	check_kind(race, S_IFDIR);
}

static void is_filled(struct race *race)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s/theirs", race->path);
	check_text(race, name, THEIRS);
}

/* Lines of ours may follow. */
static void begins_with_theirs(struct race *race)
{
	cleanup_free char *content = fixture_host_read(&race->f, race->path);

	if (!content || strncmp(content, THEIRS, strlen(THEIRS)) != 0)
		fail_msg("%s, instant %u: holds \"%s\"", race->path, race->instant,
			 content ? content : "(nothing)");
}

/* A hard link to it is one to the same file, or to one that both sides had once. */
static void is_linked(struct race *race)
{
	cleanup_free char *content = fixture_host_read(&race->f, "theirs");

	assert_non_null(content);
	assert_true(*content);
}

struct act {
	const char *name;
	void (*act)(void *arg);
	void (*check)(struct race *race);
};

enum act_number {
	ACT_IN_PLACE,
	ACT_AS_LONG,
	ACT_RENAME,
	ACT_RENAME_LINES,
	ACT_REMOVE,
	ACT_SYMLINK,
	ACT_FIFO,
	ACT_DIRECTORY,
	ACT_LINK,
	ACT_FILL,
};

static const struct act acts[] = {
	[ACT_IN_PLACE] = { "save in place", save_in_place, is_theirs },
	[ACT_AS_LONG] = { "save as long", save_as_long, is_theirs_short },
	[ACT_RENAME] = { "save by rename", save_by_rename, is_theirs },
	[ACT_RENAME_LINES] = { "save by rename", save_by_rename, begins_with_theirs },
	[ACT_REMOVE] = { "remove", remove_it, is_gone },
	[ACT_SYMLINK] = { "symlink", plant_symlink, is_symlink },
	[ACT_FIFO] = { "fifo", plant_fifo, is_fifo },
	[ACT_DIRECTORY] = { "directory", plant_directory, is_directory },
	[ACT_LINK] = { "link", link_it, is_linked },
	[ACT_FILL] = { "fill", fill_directory, is_filled },
};

/* ---- what is going on meanwhile ---- */

static void make_replacement(struct fixture *f)
{
	fixture_host_write(f, "t/a", "base\n");
	fixture_modify(f, "t/a", "session\n");
}

static void make_creation(struct fixture *f)
{
	fixture_host_write(f, "t/x", "");
	fixture_create(f, "t/a", "session\n");
}

static void make_deletion(struct fixture *f)
{
	fixture_host_write(f, "t/a", "base\n");
	fixture_unlink(f, "t/a");
}

static void make_append(struct fixture *f)
{
	fixture_host_write(f, "log/a", "1\n");
	fixture_append(f, "log/a", "2\n");
}

static void make_directory(struct fixture *f)
{
	fixture_host_write(f, "t/x", "");
	fixture_mkdir(f, "t/a");
	fixture_create(f, "t/a/b", "session\n");
}

static void make_removal(struct fixture *f)
{
	fixture_host_write(f, "t/a/b", "base\n");
	fixture_unlink(f, "t/a/b");
	fixture_rmdir(f, "t/a");
}

/* ---- the races ---- */

struct scene {
	const char *path;
	void (*make)(struct fixture *f);
	bool is_undo;
	void (*change)(struct fixture *f); /* the host, before the undo; or NULL */
	long missing_call;                 /* that the file system lacks; 0: none */
};

static void arm(struct race *race, const struct scene *scene, const struct act *act)
{
	if (!act)
		return;
	fault_refuse_syscall(scene->missing_call, ENOSYS);
	fault_arm_act(act->act, race);
}

/* The other program acts after the review; act: NULL, it does nothing. */
static int commit(struct race *race, const struct scene *scene, const struct act *act)
{
	cleanup_commit struct commit *commit = NULL;
	cleanup_commit_plan struct commit_plan *plan = NULL;
	struct fixture *f = &race->f;
	struct commit_result result;
	const char *missing = NULL;
	int r;

	r = commit_open(f->session_fd, &f->manifest, f->state_fd, NULL, NULL, NULL, &commit);
	if (r == 0)
		r = commit_plan_new(fixture_review(f), &choose_all, &plan, &missing);
	if (r < 0)
		return r;
	arm(race, scene, act);
	return commit_apply(commit, plan, NULL, NULL, &result);
}

static int undo(struct race *race, const struct scene *scene, const struct act *act)
{
	struct commit_result result;
	int r;

	arm(race, scene, act);
	r = fixture_undo(&race->f, 1, &result);
	return r == -EALREADY ? 0 : r;
}

static int run(struct race *race, const struct scene *scene, const struct act *act)
{
	return scene->is_undo ? undo(race, scene, act) : commit(race, scene, act);
}

static void make_race(struct race *race, const struct scene *scene, unsigned int instant)
{
	*race = (struct race){ .path = scene->path, .instant = instant };
	fixture_make(&race->f);
	fixture_add_rules(&race->f, rules);
	scene->make(&race->f);
	fixture_end(&race->f);
	if (scene->is_undo)
		assert_int_equal(commit(race, scene, NULL), 0);
	if (scene->change)
		scene->change(&race->f);
}

static void check_session(struct race *race)
{
	struct verify_report report;

	assert_int_equal(
		verify_session(race->f.session_fd, race->f.manifest.id, NULL, NULL, &report), 0);
	assert_int_equal(report.problems, 0);
}

/* False once there is no way left on which nothing has happened yet. */
static bool race_once(const struct scene *scene, const struct act *act, unsigned int instant)
{
	struct race race;
	bool has_acted;
	int r;

	make_race(&race, scene, instant);
	r = run(&race, scene, act);
	has_acted = fault_disarm() && !race.is_void;
	if (r < 0)
		fail_msg("%s, %s, instant %u: %s", scene->path, act->name, instant, strerror(-r));
	if (has_acted) {
		act->check(&race);
		/* Nor does the next try take it away. */
		assert_int_equal(run(&race, scene, NULL), 0);
		race.is_again = true;
		act->check(&race);
	}
	fault_refuse_syscall(0, 0);
	check_session(&race);
	fixture_done(&race.f);
	return has_acted || race.is_void;
}

static void race_all(const struct scene *scene, const struct act *act)
{
	unsigned int instants = 0;

	fault_forget_ways();
	while (race_once(scene, act, instants))
		instants++;
	print_message("%s, %s: %u instants\n", scene->path, act->name, instants);
	assert_true(instants > 20);
}

static void race_with(const struct scene *scene, const enum act_number *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		race_all(scene, &acts[numbers[i]]);
}

#define RACE(scene, ...)                                           \
	race_with(scene, (const enum act_number[]){ __VA_ARGS__ }, \
		  sizeof((const enum act_number[]){ __VA_ARGS__ }) / sizeof(enum act_number))

static void nothing_is_lost_to_a_replacement(void **state)
{
	const struct scene scene = { "t/a", make_replacement };

	(void)state;
	RACE(&scene, ACT_IN_PLACE, ACT_AS_LONG, ACT_RENAME, ACT_REMOVE, ACT_SYMLINK, ACT_FIFO,
	     ACT_LINK);
}

static void nothing_is_lost_to_a_creation(void **state)
{
	const struct scene scene = { "t/a", make_creation };

	(void)state;
	RACE(&scene, ACT_IN_PLACE, ACT_RENAME, ACT_SYMLINK);
}

static void nothing_is_lost_to_a_deletion(void **state)
{
	const struct scene scene = { "t/a", make_deletion };

	(void)state;
	RACE(&scene, ACT_IN_PLACE, ACT_RENAME, ACT_REMOVE, ACT_FIFO, ACT_LINK);
}

static void nothing_is_lost_to_an_append(void **state)
{
	const struct scene scene = { "log/a", make_append };

	(void)state;
	RACE(&scene, ACT_RENAME_LINES, ACT_REMOVE, ACT_DIRECTORY);
}

static void nothing_is_lost_to_directories_that_come_and_go(void **state)
{
	const struct scene coming = { "t/a", make_directory };
	const struct scene going = { "t/a", make_removal };

	(void)state;
	RACE(&coming, ACT_SYMLINK);
	RACE(&going, ACT_FIFO, ACT_FILL);
}

static void grow(struct fixture *f)
{
	fixture_host_append(f, "log/a", "3\n");
}

static void nothing_is_lost_to_an_undo(void **state)
{
	const struct scene replaced = { "t/a", make_replacement, .is_undo = true };
	const struct scene created = { "t/a", make_creation, .is_undo = true };
	const struct scene deleted = { "t/a", make_deletion, .is_undo = true };
	const struct scene appended = { "log/a", make_append, .is_undo = true };
	const struct scene grown = { "log/a", make_append, .is_undo = true, .change = grow };

	(void)state;
	RACE(&replaced, ACT_RENAME);
	RACE(&created, ACT_RENAME);
	RACE(&deleted, ACT_SYMLINK);
	/* (A program that opens it meets the lease, and waits: test_undo.c.) */
	RACE(&appended, ACT_RENAME, ACT_FIFO);
	RACE(&grown, ACT_RENAME, ACT_SYMLINK, ACT_FIFO);
}

/* Without an exchange of names there is one instant, between the last look and the rename, at which
 * a file can be lost; what lies outside is safe there too. */
static void without_an_exchange_one_instant_is_left(void **state)
{
	const struct scene scene = { "t/a", make_replacement, .missing_call = SYS_renameat2 };
	unsigned int lost = 0;
	bool is_new = true;

	(void)state;
	fault_forget_ways();
	for (unsigned int instant = 0; is_new; instant++) {
		cleanup_free char *content = NULL;
		struct race race;

		make_race(&race, &scene, instant);
		assert_int_equal(commit(&race, &scene, &acts[ACT_RENAME]), 0);
		is_new = fault_disarm();
		fault_refuse_syscall(0, 0);
		content = fixture_host_read(&race.f, "t/a");
		assert_non_null(content);
		if (is_new && strcmp(content, THEIRS) != 0) {
			assert_string_equal(content, "session\n");
			lost++;
		}
		check_session(&race);
		fixture_done(&race.f);
	}
	assert_int_equal(lost, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost_to_a_replacement),
		cmocka_unit_test(nothing_is_lost_to_a_creation),
		cmocka_unit_test(nothing_is_lost_to_a_deletion),
		cmocka_unit_test(nothing_is_lost_to_an_append),
		cmocka_unit_test(nothing_is_lost_to_directories_that_come_and_go),
		cmocka_unit_test(nothing_is_lost_to_an_undo),
		cmocka_unit_test(without_an_exchange_one_instant_is_left),
	};

	/* Nothing here asks whether a disk keeps what it was told to: memory is faster. */
	if (access("/dev/shm", W_OK) == 0)
		fixture_parent = "/dev/shm";
	return cmocka_run_group_tests(tests, NULL, NULL);
}

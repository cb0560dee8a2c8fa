/* SPDX-License-Identifier: MIT */
/* The daemon's life: what it refuses to start with, how it ends, and what is left behind. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/message.h"
#include "fs/base/secret.h"
#include "fs/journal/reader.h"
#include "fs/session/session_dir.h"
#include "tests/mount/fixture.h"

/* Every test has a session of its own, and leaves neither a daemon nor a mount. */
static int setup(void **state)
{
	(void)state;
	return fixture_new_session();
}

static int teardown(void **state)
{
	(void)state;
	if (fixture.daemon > 0)
		(void)fixture_stop(SIGKILL);
	fixture_force_unmount();
	return fixture_is_mounted() ? -1 : 0;
}

static int start_on(const char *mountpoint)
{
	const char *arguments[] = { mountpoint, NULL };

	return fixture_start(arguments);
}

static enum journal_state state_of_journal(void)
{
	cleanup_journal_reader struct journal_reader *reader = NULL;
	struct journal_record record;
	const char *reason = NULL;

	assert_int_equal(journal_reader_open(fixture.session_fd, fixture.session_id, &reader), 0);
	while (journal_reader_next(reader, &record) > 0)
		;
	return journal_reader_state(reader, &reason);
}

static void expect_said(const char *text)
{
	if (!strstr(fixture_stderr(), text))
		fail_msg("\"%s\" is not in: %s", text, fixture_stderr());
}

static void unknown_session_is_named(void **state)
{
	(void)state;
	(void)snprintf(fixture.session_id, sizeof(fixture.session_id),
		       "20200101T000000.000Z-00000000");
	assert_int_equal(fixture_mount(), EXIT_NO_SESSION);
	expect_said("20200101T000000.000Z-00000000: no such session");
	(void)snprintf(fixture.session_id, sizeof(fixture.session_id), "no-such-id");
	assert_int_equal(fixture_mount(), EXIT_NO_SESSION);
}

static void usage_errors_exit_with_two(void **state)
{
	const char *both[] = { "--fuse-fd", "9", fixture.view, NULL };
	const char *unknown[] = { "--no-such-option", fixture.view, NULL };
	const char *number[] = { "--uid", "12x", fixture.view, NULL };
	const char *none[] = { NULL };

	(void)state;
	assert_int_equal(fixture_start(both), EXIT_USAGE);
	assert_int_equal(fixture_start(none), EXIT_USAGE);
	assert_int_equal(fixture_start(number), EXIT_USAGE);
	expect_said("12x");
	assert_int_equal(fixture_start(unknown), EXIT_USAGE);
	expect_said("--no-such-option: unknown option");
}

static void mountpoint_must_be_an_empty_directory_of_ones_own(void **state)
{
	(void)state;
	assert_int_equal(start_on(fixture.home), EXIT_BUSY);
	expect_said("not empty");
	assert_int_equal(start_on(in_home(".claude.json")), EXIT_BUSY);
	expect_said("Not a directory");
	assert_int_equal(start_on(in_home("absent")), EXIT_BUSY);
	expect_said("No such file");
	if (geteuid() != 0) {
		assert_int_equal(start_on("/usr/share/man"), EXIT_BUSY);
		expect_said("belongs to somebody else");
	}
	/* The refusals used nothing up. */
	assert_int_equal(fixture_mount(), 0);
	assert_int_equal(fixture_stop(SIGTERM), 0);
}

static void mountpoint_in_use_is_refused(void **state)
{
	pid_t first;

	(void)state;
	assert_int_equal(fixture_mount(), 0);
	first = fixture.daemon;
	assert_int_equal(fixture_new_session(), 0);
	assert_int_equal(fixture_mount(), EXIT_BUSY);
	expect_said("mounted here already");
	fixture.daemon = first;
	assert_int_equal(fixture_stop(SIGTERM), 0);
}

static void session_is_served_once(void **state)
{
	pid_t first;

	(void)state;
	assert_ok(mkdir(in_root("second"), 0700));
	assert_int_equal(fixture_mount(), 0);
	first = fixture.daemon;
	assert_int_equal(start_on(in_root("second")), EXIT_BUSY);
	fixture.daemon = first;
	assert_int_equal(fixture_stop(SIGTERM), 0);
	assert_int_equal(start_on(in_root("second")), EXIT_BUSY);
	expect_said("mounted before");
	assert_ok(rmdir(in_root("second")));
}

static void broken_rule_file_is_named_with_its_line(void **state)
{
	const char *arguments[] = { "--rules", in_root("broken.json"), fixture.view, NULL };

	(void)state;
	put_file(in_root("broken.json"), "{\n  \"rules\": [\n    nonsense\n  ]\n}\n");
	assert_int_equal(fixture_start(arguments), EXIT_RULES);
	expect_said("broken.json:3:");
}

static void session_of_a_newer_version_is_refused(void **state)
{
	char text[4096];
	ssize_t n;
	char *version;
	int fd = openat(fixture.session_fd, "manifest.json", O_RDWR | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	n = pread(fd, text, sizeof(text) - 1, 0);
	assert_true(n > 0);
	text[n] = '\0';
	version = strstr(text, "\"version\": 1");
	assert_non_null(version);
	version[strlen("\"version\": ")] = '9';
	assert_int_equal(pwrite(fd, text, (size_t)n, 0), n);
	assert_ok(close(fd));
	assert_int_equal(fixture_mount(), EXIT_TOO_NEW);
	expect_said("newer version");
}

static void damaged_manifest_is_refused(void **state)
{
	int fd = openat(fixture.session_fd, "manifest.json", O_WRONLY | O_TRUNC | O_CLOEXEC);

	(void)state;
	assert_int_equal(write(fd, "{]", 2), 2);
	assert_ok(close(fd));
	assert_int_equal(fixture_mount(), EXIT_DAMAGED);
}

static void other_host_directory_than_the_sessions_is_refused(void **state)
{
	struct manifest manifest = { 0 };

	(void)state;
	assert_int_equal(manifest_read(fixture.session_fd, fixture.session_id, &manifest), 0);
	manifest.host_ino++;
	assert_int_equal(manifest_write(fixture.session_fd, &manifest), 0);
	manifest_done(&manifest);
	assert_int_equal(fixture_mount(), EXIT_HOST_STATE);
}

static void signals_end_the_session_in_order(void **state)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(fixture_new_session(), 0);
		assert_int_equal(fixture_mount(), 0);
		put_file(in_view("kept"), "kept");
		assert_int_equal(state_of_journal(), JOURNAL_OPEN);
		assert_true(session_is_running(fixture.session_fd));
		assert_int_equal(fixture_stop(signals[i]), 0);
		assert_int_equal(state_of_journal(), JOURNAL_COMPLETE);
		assert_false(session_is_running(fixture.session_fd));
		assert_false(fixture_is_mounted());
	}
}

static void open_files_do_not_keep_the_daemon_from_ending(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(fixture_mount(), 0);
	fd = open(in_view("still-open"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "data", 4), 4);
	assert_int_equal(fixture_stop(SIGTERM), 0);
	assert_int_equal(state_of_journal(), JOURNAL_COMPLETE);
	assert_int_equal(pwrite(fd, "more", 4, 4), -1);
	(void)close(fd);
	assert_true(journal_count(JOURNAL_SEAL) > 0);
}

static void killed_daemon_leaves_a_dead_mount_and_never_a_directory(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(fixture_mount(), 0);
	put_file(in_view("before"), "before");
	assert_true(WIFSIGNALED(fixture_stop(SIGKILL)));
	assert_errno(stat(in_view("before"), &st), ENOTCONN);
	assert_errno(open(in_view("after"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), ENOTCONN);
	assert_errno(mkdir(in_view("after"), 0700), ENOTCONN);
	assert_errno(stat(fixture.view, &st), ENOTCONN);
	assert_true(fixture_is_mounted());
	assert_int_not_equal(state_of_journal(), JOURNAL_COMPLETE);
	assert_int_not_equal(state_of_journal(), JOURNAL_DAMAGED);
	assert_false(session_is_running(fixture.session_fd));
	assert_int_equal(fixture_new_session(), 0);
	assert_int_equal(fixture_mount(), EXIT_BUSY);
	expect_said("unmount it");
}

static void unmounting_from_outside_ends_the_session_in_order(void **state)
{
	(void)state;
	assert_int_equal(fixture_mount(), 0);
	put_file(in_view("kept"), "kept");
	fixture_force_unmount();
	assert_int_equal(fixture_stop(0), 0);
	assert_int_equal(state_of_journal(), JOURNAL_COMPLETE);
}

static void background_daemon_serves_when_the_command_returns(void **state)
{
	const char *argv[] = { "claudefs-mount", "--session", fixture.session_id, fixture.view,
			       NULL };
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		fixture_exec_daemon(argv);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(lists_name(fixture.view, "settings.json"));
	fixture_force_unmount();
	for (int i = 0; i < 1000 && session_is_running(fixture.session_fd); i++)
		assert_ok(usleep(20000));
	assert_int_equal(state_of_journal(), JOURNAL_COMPLETE);
}

static void background_daemon_reports_its_failure(void **state)
{
	const char *argv[] = { "claudefs-mount", "--session", fixture.session_id, fixture.home,
			       NULL };
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		(void)close(2);
		fixture_exec_daemon(argv);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_BUSY);
}

static void relative_names_work(void **state)
{
	const char *arguments[] = { "view", NULL };

	(void)state;
	assert_ok(chdir(fixture.root));
	assert_int_equal(fixture_start(arguments), 0);
	assert_true(lists_name(fixture.view, "settings.json"));
	assert_int_equal(fixture_stop(SIGTERM), 0);
	assert_false(fixture_is_mounted());
}

#define TOKEN "dummy-token-3f9a1c"

/* Looks for the token in every file of the session. */
static int session_holds_token(void)
{
	char path[64];
	int status = 0;
	pid_t pid;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/", fixture.session_fd);
	pid = fork();
	if (pid == 0) {
		(void)fcntl(fixture.session_fd, F_SETFD, 0);
		(void)execlp("grep", "grep", "-rqa", TOKEN, path, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static struct secret *secret_of(const char *text)
{
	struct secret *secret = NULL;

	assert_ok(secret_copy(text, strlen(text), &secret));
	return secret;
}

/* Until the kernel's second of caching is over. */
static void wait_for_content(const char *path, const char *text)
{
	for (int i = 0; i < 100 && strcmp(get_file(path), text) != 0; i++)
		(void)usleep(100000);
	assert_string_equal(get_file(path), text);
}

static void credentials_are_served_from_memory_only(void **state)
{
	static const char text[] = "{\"claudeAiOauth\":{\"accessToken\":\"" TOKEN "\"}}\n";
	cleanup_secret struct secret *first = secret_of(text);
	cleanup_secret struct secret *renewed = secret_of("{\"renewed\":1}");
	char number[16];
	const char *arguments[] = { "--credentials-fd", number, fixture.view, NULL };
	int fds[2];

	(void)state;
	assert_ok(pipe(fds));
	assert_ok(secret_write_frame(fds[1], first));
	(void)snprintf(number, sizeof(number), "%d", fds[0]);
	assert_int_equal(fixture_start(arguments), 0);
	assert_ok(close(fds[0]));
	assert_string_equal(get_file(in_view(".credentials.json")), text);
	assert_ok(secret_write_frame(fds[1], renewed));
	wait_for_content(in_view(".credentials.json"), "{\"renewed\":1}");
	/* The end of the pipe is the end of the news, and of nothing else. */
	assert_ok(close(fds[1]));
	put_file(in_view("after"), "after");
	assert_string_equal(get_file(in_view(".credentials.json")), "{\"renewed\":1}");
	assert_int_equal(session_holds_token(), 1);
	assert_int_equal(fixture_stop(SIGTERM), 0);
	assert_int_equal(session_holds_token(), 1);
}

static void credentials_that_the_session_saves_come_out_and_stay_off_the_disk(void **state)
{
	static const char text[] = "{\"claudeAiOauth\":{\"accessToken\":\"" TOKEN "\"}}";
	cleanup_secret struct secret *saved = secret_of(text);
	cleanup_secret struct secret *late = secret_of("{\"late\":1}");
	struct secret *got = NULL;
	char number[16];
	const char *arguments[] = { "--credentials-out-fd", number, fixture.view, NULL };
	char temp[512];
	int fds[2];

	(void)state;
	assert_ok(pipe(fds));
	(void)snprintf(number, sizeof(number), "%d", fds[1]);
	assert_int_equal(fixture_start(arguments), 0);
	assert_ok(close(fds[1]));
	(void)snprintf(temp, sizeof(temp), "%s", in_view(".credentials.json.tmp.1.ab"));
	put_file(temp, text);
	assert_ok(rename(temp, in_view(".credentials.json")));
	assert_ok(secret_read_frame(fds[0], &got));
	assert_true(secret_is_equal(got, saved));
	secret_free(got);
	got = NULL;
	put_file(in_view(".credentials.json"), "{\"late\":1}");
	assert_int_equal(session_holds_token(), 1);
	assert_int_equal(fixture_stop(SIGTERM), 0);
	assert_int_equal(session_holds_token(), 1);
	/* An in-place write begins with a cut, so an empty one may have come first. */
	do {
		secret_free(got);
		got = NULL;
		assert_ok(secret_read_frame(fds[0], &got));
	} while (got->len == 0);
	assert_true(secret_is_equal(got, late));
	secret_free(got);
	got = NULL;
	assert_int_equal(secret_read_frame(fds[0], &got), -ENODATA);
	assert_ok(close(fds[0]));
}

static void what_is_no_frame_with_credentials_is_refused(void **state)
{
	char number[16];
	const char *arguments[] = { "--credentials-fd", number, fixture.view, NULL };
	int fd = open(in_root("huge"), O_RDWR | O_CREAT, 0600);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "CFC1\1\0\1\0", 8, 0), 8);
	assert_ok(ftruncate(fd, 8 + (64 << 10) + 1));
	(void)snprintf(number, sizeof(number), "%d", fd);
	assert_int_equal(fixture_start(arguments), EXIT_USAGE);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(pwrite(fd, "{\"a\":1}\n", 8, 0), 8);
	assert_int_equal(fixture_start(arguments), EXIT_USAGE);
	assert_ok(close(fd));
	assert_ok(unlink(in_root("huge")));
}

static void daemon_cannot_be_dumped_or_traced(void **state)
{
	char path[64];
	struct stat st;

	(void)state;
#ifdef CLAUDEFS_SANITIZED
	skip();
#endif
	assert_int_equal(fixture_mount(), 0);
	(void)snprintf(path, sizeof(path), "/proc/%d/mem", fixture.daemon);
	assert_ok(stat(path, &st));
	/* The files of a process that is not dumpable belong to root. */
	assert_int_equal(st.st_uid, 0);
	if (geteuid() != 0)
		assert_errno(open(path, O_RDONLY | O_CLOEXEC), EACCES);
	(void)snprintf(path, sizeof(path), "/proc/%d/limits", fixture.daemon);
	assert_non_null(strstr(get_file(path), "Max core file size        0                    0"));
	assert_int_equal(fixture_stop(SIGTERM), 0);
}

static void view_mounted_by_somebody_else_is_served(void **state)
{
	char options[160];
	char number[16];
	const char *arguments[] = { "--fuse-fd", number, NULL };
	int fd;

	(void)state;
	/* ThreadSanitizer knows that descriptors order threads, but not of one that came with
	 * exec(2): it takes the kernel's order of requests for a race. */
	if (geteuid() != 0 || FIXTURE_HAS_TSAN)
		skip();
	fd = open("/dev/fuse", O_RDWR);
	assert_true(fd >= 0);
	(void)snprintf(options, sizeof(options),
		       "fd=%d,rootmode=40000,user_id=0,group_id=0,default_permissions", fd);
	assert_ok(mount("claudefs", fixture.view, "fuse.claudefs", MS_NOSUID | MS_NODEV, options));
	(void)snprintf(number, sizeof(number), "%d", fd);
	assert_int_equal(fixture_start(arguments), 0);
	assert_ok(close(fd));
	assert_true(lists_name(fixture.view, "settings.json"));
	put_file(in_view("kept"), "kept");
	assert_ok(umount2(fixture.view, MNT_DETACH));
	assert_int_equal(fixture_stop(0), 0);
	assert_int_equal(state_of_journal(), JOURNAL_COMPLETE);
}

#define OTHER_ID 4711

/* Another user of the machine: gets what the modes say, and owns what it makes. */
static int act_as_other(void *arg)
{
	struct stat st;

	(void)arg;
	if (setgid(OTHER_ID) < 0 || setuid(OTHER_ID) < 0)
		return 1;
	if (open(in_view("settings.json"), O_RDONLY | O_CLOEXEC) >= 0 || errno != EACCES)
		return 2;
	if (mkdir(in_view("plugins/theirs"), 0700) == 0 || errno != EACCES)
		return 3;
	if (mkdir(in_view("shared/theirs"), 0700) < 0)
		return 4;
	put_file(in_view("shared/file"), "theirs");
	if (stat(in_view("shared/file"), &st) < 0 || st.st_uid != OTHER_ID || st.st_gid != OTHER_ID)
		return 5;
	if (chown(in_view("shared/file"), 0, 0) == 0 || errno != EPERM)
		return 6;
	return chmod(in_view("settings.json"), 0666) == 0 || errno != EPERM ? 7 : 0;
}

static void other_users_are_let_in_by_option_and_held_to_modes(void **state)
{
	const char *arguments[] = { "--allow-other", fixture.view, NULL };
	struct stat st;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_ok(chmod(fixture.root, 0711));
	assert_int_equal(fixture_start(arguments), 0);
	assert_ok(chmod(fixture.view, 0755));
	assert_ok(mkdir(in_view("shared"), 0700));
	assert_ok(chmod(in_view("shared"), 0777));
	in_child(act_as_other, NULL);
	assert_ok(stat(in_view("shared/theirs"), &st));
	assert_int_equal(st.st_uid, OTHER_ID);
	assert_int_equal(fixture_stop(SIGTERM), 0);
	assert_ok(chmod(fixture.root, 0700));
}

static void file_size_limit_of_the_daemon_is_only_an_error(void **state)
{
	static const char block[64 << 10];
	struct rlimit old;
	struct rlimit small;
	int fd;

	(void)state;
	assert_ok(getrlimit(RLIMIT_FSIZE, &old));
	small = old;
	small.rlim_cur = sizeof(block);
	assert_ok(setrlimit(RLIMIT_FSIZE, &small));
	assert_int_equal(fixture_mount(), 0);
	assert_ok(setrlimit(RLIMIT_FSIZE, &old));
	fd = open(in_view("long"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, block, sizeof(block)), sizeof(block));
	assert_errno(write(fd, block, sizeof(block)), EFBIG);
	assert_ok(close(fd));
	put_file(in_view("short"), "works");
	assert_string_equal(get_file(in_view("short")), "works");
	assert_int_equal(fixture_stop(SIGTERM), 0);
	assert_int_equal(state_of_journal(), JOURNAL_COMPLETE);
}

/* Runs the daemon where /dev/fuse is absent, or there but closed. Returns its exit code. */
static int run_without_device(bool has_node)
{
	const char *argv[] = { "claudefs-mount",   "--foreground", "--session",
			       fixture.session_id, fixture.view,   NULL };
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (!freopen(in_root("stderr"), "w", stderr) || unshare(CLONE_NEWNS) < 0 ||
		    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount("tmpfs", "/dev", "tmpfs", MS_NODEV, NULL) < 0 ||
		    mknod("/dev/null", S_IFREG | 0666, 0) < 0)
			_exit(99);
		/* On a file system without devices the node cannot be opened. */
		if (has_node && mknod("/dev/fuse", S_IFCHR | 0666, makedev(10, 229)) < 0)
			_exit(98);
		fixture_exec_daemon(argv);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void machine_without_fuse_is_told_the_mend(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(run_without_device(false), EXIT_NO_FUSE);
	expect_said("modprobe fuse");
	assert_int_equal(run_without_device(true), EXIT_NO_FUSE);
	expect_said("/dev/fuse: Permission denied");
	/* The session was not used up. */
	assert_int_equal(fixture_mount(), 0);
	assert_int_equal(fixture_stop(SIGTERM), 0);
}

static void missing_host_state_is_an_empty_view(void **state)
{
	struct manifest manifest = { 0 };

	(void)state;
	assert_int_equal(manifest_read(fixture.session_fd, fixture.session_id, &manifest), 0);
	manifest.host_dev = 0;
	manifest.host_ino = 0;
	(void)strcpy(manifest.host_root + strlen(manifest.host_root) - 1, "X");
	assert_int_equal(manifest_write(fixture.session_fd, &manifest), 0);
	manifest_done(&manifest);
	assert_int_equal(fixture_mount(), 0);
	put_file(in_view("first"), "first");
	assert_string_equal(get_file(in_view("first")), "first");
	assert_false(lists_name(fixture.view, "settings.json"));
	assert_int_equal(fixture_stop(SIGTERM), 0);
}

int main(int argc, char **argv)
{
#define life(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	static const struct CMUnitTest lives[] = {
		life(background_daemon_reports_its_failure),
		life(background_daemon_serves_when_the_command_returns),
		life(broken_rule_file_is_named_with_its_line),
		life(credentials_are_served_from_memory_only),
		life(credentials_that_the_session_saves_come_out_and_stay_off_the_disk),
		life(daemon_cannot_be_dumped_or_traced),
		life(damaged_manifest_is_refused),
		life(file_size_limit_of_the_daemon_is_only_an_error),
		life(killed_daemon_leaves_a_dead_mount_and_never_a_directory),
		life(machine_without_fuse_is_told_the_mend),
		life(missing_host_state_is_an_empty_view),
		life(mountpoint_in_use_is_refused),
		life(mountpoint_must_be_an_empty_directory_of_ones_own),
		life(open_files_do_not_keep_the_daemon_from_ending),
		life(other_host_directory_than_the_sessions_is_refused),
		life(other_users_are_let_in_by_option_and_held_to_modes),
		life(relative_names_work),
		life(session_is_served_once),
		life(what_is_no_frame_with_credentials_is_refused),
		life(session_of_a_newer_version_is_refused),
		life(signals_end_the_session_in_order),
		life(unknown_session_is_named),
		life(unmounting_from_outside_ends_the_session_in_order),
		life(usage_errors_exit_with_two),
		life(view_mounted_by_somebody_else_is_served),
	};
#undef life
	int r = fixture_make(argc, argv);

	if (r != 0)
		return r;
	r = cmocka_run_group_tests(lives, NULL, NULL);
	if (fixture_check_host() < 0) {
		(void)fprintf(stderr, "the host's files have changed\n");
		r = 1;
	}
	fixture_remove();
	return r ? 1 : 0;
}

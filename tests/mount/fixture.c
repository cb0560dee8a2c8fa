/* SPDX-License-Identifier: MIT */
#include "tests/mount/fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/policy/project_scope.h"
#include "fs/session/session_dir.h"
#include "tests/lib/stuck.h"
#include "tests/mount/fixture_host.h"

#define READY_TIMEOUT_MS 20000
#define END_TIMEOUT_S    120 /* from the signal; an ordered end drains for five */

struct fixture fixture;

/* On machines without udev only root may open /dev/fuse. The tests see one that everybody may open,
 * as is usual, in a mount namespace of their own. */
static int open_fuse_device_to_all(void)
{
	char dir[] = "/tmp/claudefs-dev-XXXXXX";
	char path[64];
	struct stat st;

	if (stat("/dev/fuse", &st) < 0 || (st.st_mode & 0006) == 0006)
		return 0;
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    !mkdtemp(dir) || mount("tmpfs", dir, "tmpfs", 0, "mode=0755") < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/fuse", dir);
	if (mknod(path, S_IFCHR | 0600, st.st_rdev) < 0 || chmod(path, 0666) < 0 ||
	    mount(path, "/dev/fuse", NULL, MS_BIND, NULL) < 0)
		return -1;
	/* The bind keeps the node; the way to it is not needed any more. */
	return umount2(dir, MNT_DETACH) < 0 || rmdir(dir) < 0 ? -1 : 0;
}

static int drop_to_nobody(void)
{
	const struct passwd *nobody = getpwnam("nobody");

	if (geteuid() != 0 || !nobody)
		return FIXTURE_SKIPPED;
	if (open_fuse_device_to_all() < 0) {
		perror("/dev/fuse");
		return 1;
	}
	if (setgroups(0, NULL) < 0 || setgid(nobody->pw_gid) < 0 || setuid(nobody->pw_uid) < 0)
		return 1;
	/* Changing ids took this away, and with it /proc/self. */
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		return 1;
	return 0;
}

static int open_program(const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		perror(path);
	return fd;
}

/* Runs a program of ours (already open, since its path may be closed to "nobody"). */
__attribute__((noreturn)) static void exec_program(int fd, const char *const *argv)
{
	union {
		const char *const *in;
		char *const *out;
	} arguments = { .in = argv };

	(void)fexecve(fd, arguments.out, environ);
	_exit(127);
}

/* Writes the tree's manifest to root/name. */
static int take_manifest(const char *name)
{
	const char *argv[] = { "manifest_of_tree", fixture.home, NULL };
	char path[128];
	int status = 0;
	pid_t pid;

	(void)snprintf(path, sizeof(path), "%s/%s", fixture.root, name);
	pid = fork();
	if (pid == 0) {
		int out = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		if (out < 0 || dup2(out, 1) < 0)
			_exit(126);
		exec_program(fixture.manifest_fd, argv);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static int make_paths(void)
{
	/* folding_host runs tests in a file system of its own. */
	const char *parent = getenv("CLAUDEFS_TEST_PARENT");
	cleanup_free char *encoded = NULL;

	(void)snprintf(fixture.root, sizeof(fixture.root), "%s/claudefs-mount-XXXXXX",
		       parent ? parent : "/tmp");
	if (!mkdtemp(fixture.root) || chdir(fixture.root) < 0)
		return -1;
	(void)snprintf(fixture.home, sizeof(fixture.home), "%s/home", fixture.root);
	(void)snprintf(fixture.view, sizeof(fixture.view), "%s/view", fixture.root);
	(void)snprintf(fixture.project, sizeof(fixture.project), "%s/proj", fixture.home);
	(void)snprintf(fixture.other, sizeof(fixture.other), "projects/-srv-other-secret");
	if (project_scope_encode(fixture.project, &encoded) < 0)
		return -1;
	(void)snprintf(fixture.own, sizeof(fixture.own), "projects/%s", encoded);
	if (mkdir(fixture.home, 0700) < 0 || mkdir(fixture.view, 0700) < 0)
		return -1;
	return fixture_fill_host(fixture.home, fixture.project, fixture.own, fixture.other);
}

static int set_environment(void)
{
	char path[128];

	if (setenv("HOME", fixture.home, 1) < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/state", fixture.root);
	if (setenv("XDG_STATE_HOME", path, 1) < 0 || mkdir(path, 0700) < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/config", fixture.root);
	return setenv("XDG_CONFIG_HOME", path, 1) < 0 || mkdir(path, 0700) < 0 ? -1 : 0;
}

static int fill_host(void)
{
	if (fixture.fill_host)
		fixture.fill_host();
	return take_manifest("before");
}

void fixture_accept_host(void)
{
	assert_int_equal(take_manifest("before"), 0);
}

const char *fixture_stderr(void)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/stderr", fixture.root);
	return get_file(path);
}

int fixture_make(int argc, char **argv)
{
	int r;

	if (argc < 3) {
		(void)fprintf(stderr, "usage: %s CLAUDEFS_MOUNT MANIFEST_OF_TREE [--as-user]\n",
			      argv[0]);
		return 2;
	}
	fixture.session_fd = -1;
	fixture.daemon_fd = open_program(argv[1]);
	fixture.manifest_fd = open_program(argv[2]);
	if (fixture.daemon_fd < 0 || fixture.manifest_fd < 0)
		return 2;
	if (argc > 3 && strcmp(argv[3], "--as-user") == 0) {
		r = drop_to_nobody();
		if (r != 0)
			return r;
	}
	(void)umask(022);
	if (make_paths() < 0 || set_environment() < 0 || fill_host() < 0) {
		perror("fixture");
		fixture_remove();
		return 2;
	}
	return 0;
}

int fixture_new_session(void)
{
	char root[128];
	char config[128];
	struct stat st;
	struct manifest manifest = {
		.project = fixture.project,
		.host_root = root,
		.host_config = config,
		.uid = geteuid(),
	};
	cleanup_fd int state_fd = -1;

	(void)snprintf(root, sizeof(root), "%s/.claude", fixture.home);
	(void)snprintf(config, sizeof(config), "%s/.claude.json", fixture.home);
	if (stat(root, &st) == 0) {
		manifest.host_dev = st.st_dev;
		manifest.host_ino = st.st_ino;
	}
	state_fd = session_state_open(true);
	if (state_fd < 0)
		return -1;
	if (fixture.session_fd >= 0)
		(void)close(fixture.session_fd);
	fixture.session_fd = session_create(state_fd, &manifest);
	if (fixture.session_fd < 0)
		return -1;
	(void)snprintf(fixture.session_id, sizeof(fixture.session_id), "%s", manifest.id);
	free(manifest.id);
	return 0;
}

/* Waits for "ready" or the daemon's end. */
static int wait_until_ready(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	char word[8] = { 0 };
	int status = 0;

	if (poll(&poll_fd, 1, READY_TIMEOUT_MS) > 0 && read(fd, word, 6) == 6 &&
	    strcmp(word, "ready\n") == 0)
		return 0;
	/* Neither ready nor ended: shown and killed. */
	if (stuck_wait(fixture.daemon, 10, &status) < 0)
		return 1;
	fixture.daemon = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void redirect_stderr(void)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/stderr", fixture.root);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd >= 0)
		(void)dup2(fd, 2);
}

int fixture_start(const char *const *arguments)
{
	const char *argv[20] = { "claudefs-mount",   "--foreground", "--session",
				 fixture.session_id, "--ready-fd",   NULL };
	char number[16];
	size_t n = 6;
	int fds[2];
	int r;

	if (pipe(fds) < 0)
		return 1;
	(void)snprintf(number, sizeof(number), "%d", fds[1]);
	argv[5] = number;
	for (size_t i = 0; arguments && arguments[i] && n < 19; i++)
		argv[n++] = arguments[i];
	argv[n] = NULL;
	fixture.daemon = fork();
	if (fixture.daemon == 0) {
		(void)close(fds[0]);
		redirect_stderr();
		exec_program(fixture.daemon_fd, argv);
	}
	(void)close(fds[1]);
	r = fixture.daemon < 0 ? 1 : wait_until_ready(fds[0]);
	(void)close(fds[0]);
	return r;
}

int fixture_mount(void)
{
	const char *arguments[5] = { NULL };
	char rules[128];
	struct stat st;
	size_t n = 0;

	(void)snprintf(rules, sizeof(rules), "%s/rules.json", fixture.root);
	if (stat(rules, &st) == 0) {
		arguments[n++] = "--rules";
		arguments[n++] = rules;
	}
	if (fixture.allow_other)
		arguments[n++] = "--allow-other";
	arguments[n] = fixture.view;
	return fixture_start(arguments);
}

int fixture_stop(int signal)
{
	int status = -1;

	if (fixture.daemon <= 0)
		return -1;
	if (signal)
		(void)kill(fixture.daemon, signal);
	if (stuck_wait(fixture.daemon, END_TIMEOUT_S, &status) < 0)
		status = -1;
	fixture.daemon = 0;
	return status;
}

bool fixture_is_mounted(void)
{
	cleanup_file FILE *file = fopen("/proc/self/mountinfo", "re");
	char line[4096];

	while (file && fgets(line, sizeof(line), file)) {
		if (strstr(line, fixture.root))
			return true;
	}
	return false;
}

int fixture_check_host(void)
{
	char before[128];
	char after[128];
	int status = 0;
	pid_t pid;

	if (take_manifest("after") < 0)
		return -1;
	(void)snprintf(before, sizeof(before), "%s/before", fixture.root);
	(void)snprintf(after, sizeof(after), "%s/after", fixture.root);
	pid = fork();
	if (pid == 0) {
		(void)execlp("diff", "diff", before, after, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static void run_quietly(const char *program, const char *first, const char *second,
			const char *third)
{
	pid_t pid = fork();

	if (pid == 0) {
		int null_fd = open("/dev/null", O_WRONLY);

		if (null_fd >= 0)
			(void)dup2(null_fd, 2);
		(void)execlp(program, program, first, second, third, (char *)NULL);
		_exit(127);
	}
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
}

void fixture_exec_daemon(const char *const *argv)
{
	exec_program(fixture.daemon_fd, argv);
}

void fixture_force_unmount(void)
{
	bool is_root = geteuid() == 0;

	if (fixture_is_mounted())
		run_quietly(is_root ? "umount" : "fusermount3", is_root ? "-l" : "-uz",
			    fixture.view, NULL);
}

void fixture_remove(void)
{
	if (fixture.daemon > 0)
		(void)fixture_stop(SIGKILL);
	if (!fixture.root[0])
		return;
	fixture_force_unmount();
	if (!fixture_is_mounted() && chdir("/") == 0)
		run_quietly("rm", "-rf", "--", fixture.root);
}

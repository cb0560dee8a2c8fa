/* SPDX-License-Identifier: MIT */
/* A view that is mounted inside a sandbox's own user and mount namespaces, as the native runtime
 * does, and served from outside: nothing is mounted on the host, ids are the sandbox's, and the end
 * of the sandbox is the end of the session. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/fd.h"
#include "fs/journal/reader.h"
#include "fs/session/session_dir.h"
#include "tests/mount/fixture.h"

/* The user's number inside, on purpose another one than outside. */
#define INSIDE_ID 1234

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int r = fd < 0 ? -1 : fd_write_all(fd, text, strlen(text));

	if (fd >= 0)
		(void)close(fd);
	return r;
}

static int enter_namespaces(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	char map[64];

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return -1;
	(void)snprintf(map, sizeof(map), "%d %u 1\n", INSIDE_ID, uid);
	if (write_text("/proc/self/uid_map", map) < 0)
		return -1;
	(void)snprintf(map, sizeof(map), "%d %u 1\n", INSIDE_ID, gid);
	if (write_text("/proc/self/setgroups", "deny") < 0 ||
	    write_text("/proc/self/gid_map", map) < 0)
		return -1;
	return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static int send_fd(int socket_fd, int fd)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	char byte = 'f';
	struct iovec vec = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &vec,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	return sendmsg(socket_fd, &message, 0) == 1 ? 0 : -1;
}

static int receive_fd(int socket_fd)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	char byte;
	struct iovec vec = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &vec,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *header;
	int fd = -1;

	if (recvmsg(socket_fd, &message, 0) != 1)
		return -1;
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

/* Mounts inside and hands the device out. */
static int mount_inside(int socket_fd)
{
	char options[128];
	int fd;

	if (enter_namespaces() < 0)
		return -1;
	/* The kernel wants the device to be opened in the namespace that mounts. */
	fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -1;
	(void)snprintf(options, sizeof(options),
		       "fd=%d,rootmode=40000,user_id=%d,group_id=%d,default_permissions", fd,
		       INSIDE_ID, INSIDE_ID);
	if (mount("claudefs", fixture.view, "fuse.claudefs", MS_NOSUID | MS_NODEV, options) < 0)
		return -1;
	if (send_fd(socket_fd, fd) < 0)
		return -1;
	return close(fd);
}

/* The sandbox. Returns its exit code: the number of what went wrong. */
static int live_inside(int socket_fd, bool dies_writing)
{
	struct stat st;
	char go;

	if (mount_inside(socket_fd) < 0)
		return 10;
	if (read(socket_fd, &go, 1) != 1)
		return 11;
	if (stat(in_view("settings.json"), &st) < 0 || st.st_uid != INSIDE_ID ||
	    st.st_gid != INSIDE_ID)
		return 12;
	put_file(in_view("made-inside"), "inside");
	if (stat(in_view("made-inside"), &st) < 0 || st.st_uid != INSIDE_ID)
		return 13;
	if (strcmp(get_file(in_view("made-inside")), "inside") != 0)
		return 14;
	if (!lists_name(fixture.view, "made-inside") || lists_name(fixture.view, "statsig"))
		return 15;
	for (int i = 0; dies_writing; i++) {
		put_file(in_view("kept-%d", i), "kept");
		if (i == 20 && write(socket_fd, "d", 1) != 1)
			return 16;
	}
	return 0;
}

/* Starts a sandbox and the daemon that serves it. Returns our end of the socket. */
static int start_sandbox(bool dies_writing, pid_t *ret_pid)
{
	char number[16];
	char id[16];
	const char *arguments[] = { "--fuse-fd", number, "--uid", id, "--gid", id, NULL };
	int sockets[2];
	int fuse_fd;

	if (FIXTURE_HAS_TSAN)
		skip();
	assert_ok(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	*ret_pid = fork();
	if (*ret_pid == 0) {
		(void)close(sockets[0]);
		_exit(live_inside(sockets[1], dies_writing));
	}
	assert_true(*ret_pid > 0);
	assert_ok(close(sockets[1]));
	fuse_fd = receive_fd(sockets[0]);
	assert_true(fuse_fd >= 0);
	(void)snprintf(number, sizeof(number), "%d", fuse_fd);
	(void)snprintf(id, sizeof(id), "%d", INSIDE_ID);
	assert_int_equal(fixture_start(arguments), 0);
	assert_ok(close(fuse_fd));
	assert_int_equal(write(sockets[0], "g", 1), 1);
	return sockets[0];
}

static void expect_complete_journal(void)
{
	cleanup_journal_reader struct journal_reader *reader = NULL;
	struct journal_record record;
	const char *reason = NULL;

	assert_int_equal(journal_reader_open(fixture.session_fd, fixture.session_id, &reader), 0);
	while (journal_reader_next(reader, &record) > 0)
		;
	assert_int_equal(journal_reader_state(reader, &reason), JOURNAL_COMPLETE);
}

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
	return 0;
}

static void sandbox_ends_and_so_does_the_session(void **state)
{
	int status = 0;
	pid_t pid;
	int fd = start_sandbox(false, &pid);

	(void)state;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	/* Nothing was ever mounted here. */
	assert_false(fixture_is_mounted());
	assert_int_equal(fixture_stop(0), 0);
	expect_complete_journal();
	assert_true(journal_count(JOURNAL_CREATE) > 0);
	assert_ok(close(fd));
}

static void killed_sandbox_is_ended_in_order(void **state)
{
	char byte = 0;
	int status = 0;
	pid_t pid;
	int fd = start_sandbox(true, &pid);

	(void)state;
	assert_int_equal(read(fd, &byte, 1), 1);
	assert_ok(kill(pid, SIGKILL));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(fixture_stop(0), 0);
	expect_complete_journal();
	assert_true(journal_count(JOURNAL_CREATE) > 20);
	assert_ok(close(fd));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest sandboxes[] = {
		cmocka_unit_test_setup_teardown(killed_sandbox_is_ended_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(sandbox_ends_and_so_does_the_session, setup,
						teardown),
	};
	int r = fixture_make(argc, argv);

	if (r != 0)
		return r;
	r = cmocka_run_group_tests(sandboxes, NULL, NULL);
	if (fixture_check_host() < 0) {
		(void)fprintf(stderr, "the host's files have changed\n");
		r = 1;
	}
	fixture_remove();
	return r ? 1 : 0;
}

/* SPDX-License-Identifier: MIT */
/* The sockets that a container's keeper hands to claudefs-run: all that are wanted, or none. */
#include "tests/unit/cmocka_setup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "launcher/handover.h"
#include "tests/unit/temp_dir.h"

#define FDS_MAX 6

/* Of files that can be told apart: what stands for the sockets. */
static const char *const sources[FDS_MAX] = { "/dev/null",   "/dev/zero",    "/dev/full",
					      "/dev/random", "/dev/urandom", "/dev/fuse" };

/* The keeper's side: one message of len bytes with the first count of fds; none: it hangs up. */
static void send_as_keeper(int session_fd, const char *bytes, size_t len, const int *fds,
			   size_t count)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char copy[8] = "";
	struct iovec part = { copy, len };
	union {
		struct cmsghdr header; /* for its alignment */
		char bytes[CMSG_SPACE(sizeof(int) * FDS_MAX)];
	} control = { 0 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	cleanup_fd int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s",
		       session_fd, NETWORK_HANDOVER_SOCKET);
	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	if (len == 0)
		return;
	memcpy(copy, bytes, len);
	if (count > 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int) * count);
		memcpy(CMSG_DATA(&control.header), fds, sizeof(int) * count);
	}
	assert_int_equal(sendmsg(fd, &message, MSG_NOSIGNAL), (ssize_t)len);
}

static size_t open_fds(void)
{
	cleanup_dir DIR *dir = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	return count;
}

static bool is_source(int fd, size_t which)
{
	struct stat wanted, got;

	return stat(sources[which], &wanted) == 0 && fstat(fd, &got) == 0 &&
	       wanted.st_rdev == got.st_rdev && fcntl(fd, F_GETFD) == FD_CLOEXEC;
}

/* What is taken over from such a message; nothing of it stays open but ret_fds. */
static int take(bool wants_gate, bool wants_push, const char *bytes, size_t count,
		int ret_fds[NETWORK_SLOTS])
{
	const bool wanted[NETWORK_SLOTS] = {
		[NETWORK_SLOT_GATE] = wants_gate,     [NETWORK_SLOT_PUSH] = wants_push,
		[NETWORK_SLOT_REDIRECT] = wants_gate, [NETWORK_SLOT_NAMES] = wants_gate,
		[NETWORK_SLOT_REFUSALS] = wants_gate,
	};
	struct temp_dir dir;
	int fds[FDS_MAX];
	int offer, r;

	temp_dir_make(&dir);
	for (size_t i = 0; i < FDS_MAX; i++)
		fds[i] = open(sources[i], O_RDONLY | O_CLOEXEC);
	offer = handover_offer(dir.fd, NETWORK_HANDOVER_SOCKET, SOCK_SEQPACKET);
	assert_true(offer >= 0);
	send_as_keeper(dir.fd, bytes, strlen(bytes), fds, count);
	r = handover_take_sockets(dir.fd, offer, wanted, ret_fds);
	assert_int_equal(faccessat(dir.fd, NETWORK_HANDOVER_SOCKET, F_OK, 0), -1);
	for (size_t i = 0; i < FDS_MAX; i++)
		(void)close(fds[i]);
	(void)close(offer);
	temp_dir_remove(&dir);
	return r;
}

static void each_socket_comes_in_its_slot(void **state)
{
	int fds[NETWORK_SLOTS];
	size_t before = open_fds();

	(void)state;
	assert_int_equal(take(true, true, "LL---", 2, fds), 0);
	assert_true(is_source(fds[NETWORK_SLOT_GATE], 0));
	assert_true(is_source(fds[NETWORK_SLOT_PUSH], 1));
	(void)close(fds[NETWORK_SLOT_GATE]);
	(void)close(fds[NETWORK_SLOT_PUSH]);

	assert_int_equal(take(true, false, "L----", 1, fds), 0);
	assert_true(is_source(fds[NETWORK_SLOT_GATE], 0));
	assert_int_equal(fds[NETWORK_SLOT_PUSH], -1);
	(void)close(fds[NETWORK_SLOT_GATE]);

	assert_int_equal(take(false, true, "-L---", 1, fds), 0);
	assert_int_equal(fds[NETWORK_SLOT_GATE], -1);
	assert_true(is_source(fds[NETWORK_SLOT_PUSH], 0));
	(void)close(fds[NETWORK_SLOT_PUSH]);

	assert_int_equal(take(true, false, "L-LLL", 4, fds), 0);
	assert_true(is_source(fds[NETWORK_SLOT_GATE], 0));
	assert_int_equal(fds[NETWORK_SLOT_PUSH], -1);
	assert_true(is_source(fds[NETWORK_SLOT_REDIRECT], 1));
	assert_true(is_source(fds[NETWORK_SLOT_NAMES], 2));
	assert_true(is_source(fds[NETWORK_SLOT_REFUSALS], 3));
	for (size_t i = 0; i < NETWORK_SLOTS; i++) {
		if (fds[i] >= 0)
			(void)close(fds[i]);
	}
	assert_int_equal(open_fds(), before);
}

static void other_messages_are_refused_and_leak_nothing(void **state)
{
	static const struct {
		bool gate, push;
		const char *bytes;
		size_t count;
	} cases[] = {
		{ true, true, "L----", 1 },  /* one is missing */
		{ true, true, "-L---", 1 },  /* the other one is */
		{ true, false, "-L---", 1 }, /* not the one that is wanted */
		{ true, false, "LL---", 2 }, /* more than is wanted */
		{ true, true, "LL---", 1 },  /* fewer than it says */
		{ true, true, "LL---", 0 },  /* none of them */
		{ true, false, "L----", 2 }, /* more than it says */
		{ true, true, "LLLLL", 6 },  /* more than there are slots */
		{ true, true, "LLLL-", 4 },  /* what goes together does not */
		{ true, true, "LL-L-", 3 },  /* nor here */
		{ true, true, "LL--L", 3 },  /* nor here */
		{ false, true, "-LLLL", 4 }, /* nobody wants it */
		{ true, true, "LL", 2 },     /* an older keeper's */
		{ true, true, "LL----", 2 }, /* a newer one's */
		{ true, true, "XX---", 2 },  /* nobody's */
		{ true, true, "LLXXX", 2 },  /* nor this */
		{ true, true, "", 0 },       /* it hung up */
	};
	size_t before = open_fds();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int fds[NETWORK_SLOTS];

		assert_int_equal(
			take(cases[i].gate, cases[i].push, cases[i].bytes, cases[i].count, fds),
			-EBADMSG);
		assert_int_equal(fds[NETWORK_SLOT_GATE], -1);
		assert_int_equal(fds[NETWORK_SLOT_PUSH], -1);
		assert_int_equal(open_fds(), before);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_socket_comes_in_its_slot),
		cmocka_unit_test(other_messages_are_refused_and_leak_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

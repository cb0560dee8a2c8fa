/* SPDX-License-Identifier: MIT */
/* Messages between claudefs-run and its set-up process. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "launcher/channel.h"

static void second_descriptor_keeps_its_place_without_the_first(void **state)
{
	cleanup_fd int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct channel_message sent = { .kind = CHANNEL_BUILT, .value = 7, .fds = { -1, null } };
	struct channel_message got;
	struct stat a, b;
	int ends[2];

	(void)state;
	assert_int_equal(channel_make(ends), 0);
	assert_int_equal(channel_send(ends[0], &sent), 0);
	assert_int_equal(channel_receive(ends[1], CHANNEL_BUILT, &got), 0);
	assert_int_equal(got.value, 7);
	assert_int_equal(got.fds[0], -1);
	assert_true(got.fds[1] >= 0);
	assert_int_equal(fstat(null, &a), 0);
	assert_int_equal(fstat(got.fds[1], &b), 0);
	assert_int_equal(a.st_ino, b.st_ino);
	assert_int_equal(fcntl(got.fds[1], F_GETFD), FD_CLOEXEC);
	(void)close(got.fds[1]);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void closed_end_is_epipe_both_ways(void **state)
{
	struct channel_message message = { .kind = CHANNEL_GO, .fds = { -1, -1 } };
	int ends[2];

	(void)state;
	assert_int_equal(channel_make(ends), 0);
	(void)close(ends[0]);
	assert_int_equal(channel_receive(ends[1], CHANNEL_GO, &message), -EPIPE);
	assert_int_equal(channel_send(ends[1], &message), -EPIPE);
	(void)close(ends[1]);
}

static void message_of_another_kind_is_refused_and_leaks_nothing(void **state)
{
	cleanup_fd int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct channel_message message = { .kind = CHANNEL_BUILT, .fds = { null, -1 } };
	int ends[2], next;

	(void)state;
	assert_int_equal(channel_make(ends), 0);
	next = dup(null);
	(void)close(next);
	assert_int_equal(channel_send(ends[0], &message), 0);
	assert_int_equal(channel_receive(ends[1], CHANNEL_STARTED, &message), -EBADMSG);
	/* The lowest free number is the same as before. */
	assert_int_equal(dup(null), next);
	(void)close(next);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(second_descriptor_keeps_its_place_without_the_first),
		cmocka_unit_test(closed_end_is_epipe_both_ways),
		cmocka_unit_test(message_of_another_kind_is_refused_and_leaks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* A messenger that ends before it has said what became of the push. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/cmocka_setup.h"
#include "tests/unit/temp_dir.h"

#include "fs/base/cleanup.h"
#include "fs/base/fd.h"
#include "fs/git/push_messenger.h"
#include "fs/git/push_quarantine.h"
#include "fs/git/push_rules.h"

#define SESSION "20260101T000000.000Z-00000001"

static struct temp_dir dir;

static int setup(void **state)
{
	(void)state;
	return temp_dir_make(&dir) < 0 || setenv("HOME", dir.path, 1) < 0 ||
			       setenv("no_proxy", "127.0.0.1", 1) < 0
		       ? -1
		       : 0;
}

static int teardown(void **state)
{
	(void)state;
	temp_dir_remove(&dir);
	return 0;
}

/* Takes connections, and says nothing. */
static int silent_server(char *url, size_t size)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	(void)snprintf(url, size, "http://127.0.0.1:%u/r.git", ntohs(address.sin_port));
	return fd;
}

static void make_entry(const struct push_store *store, const char *target, struct push_entry *ret)
{
	cleanup_free char *path = push_store_quarantine(store, 1);

	assert_int_equal(push_quarantine_make(path), 0);
	ret->number = 1;
	ret->remote = strdup("origin");
	ret->target = strdup(target);
	assert_int_equal(push_entry_turn(ret, PUSH_APPROVED, PUSH_BY_PERSON, NULL), 0);
	assert_int_equal(push_entry_write(store, ret), 0);
}

static void the_entry_says_that_it_ended(void **state)
{
	cleanup_push_store struct push_store store = PUSH_STORE_NONE;
	cleanup_push_entry struct push_entry entry = { 0 };
	cleanup_push_entry struct push_entry read = { 0 };
	cleanup_push_rules struct push_rules *rules = NULL;
	struct push_problem problem = { 0 };
	char url[64];
	cleanup_fd int server = silent_server(url, sizeof(url));
	struct push_errand errand = { .store = &store,
				      .project = "/nowhere/project",
				      .may_push = true,
				      .by = PUSH_BY_PERSON,
				      .seconds = 1 };

	(void)state;
	assert_int_equal(push_rules_parse(NULL, 0, &rules, NULL), 0);
	assert_true(server >= 0);
	errand.rules = rules;
	assert_int_equal(push_store_open(dir.path, SESSION, true, &store), 0);
	make_entry(&store, url, &entry);
	assert_int_equal(push_messenger_send(&errand, &entry, &problem), -EIO);
	assert_non_null(strstr(problem.text, "look at the remote"));
	assert_int_equal(push_entry_read(&store, 1, &read), 0);
	assert_int_equal(read.state, PUSH_APPROVED);
	assert_non_null(read.reason);
	assert_string_equal(read.reason, problem.text);
	assert_int_equal(read.event_count, 2);
	assert_int_equal(read.events[1].by, PUSH_BY_PERSON);
	/* Only a look changes nothing. */
	errand.may_push = false;
	assert_int_equal(push_messenger_send(&errand, &entry, &problem), -EIO);
	push_entry_done(&read);
	assert_int_equal(push_entry_read(&store, 1, &read), 0);
	assert_int_equal(read.event_count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_entry_says_that_it_ended),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

/* SPDX-License-Identifier: MIT */
/* Every case, in the view and in a plain directory:
 *
 *	test_posix CLAUDEFS_MOUNT MANIFEST_OF_TREE wide|default [--as-user]
 *
 * wide: with rules that hide, filter and refuse nothing. default: with the built-in rules, in a
 * directory that is reviewed and in one that no rule names. Each with files that the session made
 *and with files that the host has. The listed differences must all occur: no more, no less. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/mount/fixture.h"
#include "tests/posix/opened_wide.h"
#include "tests/posix/transcript.h"

#define CASES_MAX 128u

static const struct posix_case *const lists[] = { file_cases, name_cases, owner_cases,
						  process_cases, time_cases };

static const struct posix_case *cases[CASES_MAX];
static size_t case_count;
static unsigned int runs;
static bool is_default;

static void find_cases(void)
{
	const char *only = getenv("CLAUDEFS_TEST_POSIX");

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		for (const struct posix_case *at = lists[i]; at->name; at++) {
			if (only && strcmp(only, at->name) != 0)
				continue;
			if (case_count == CASES_MAX)
				abort();
			cases[case_count++] = at;
		}
	}
}

/* The directories of the view where everything is tried; relative to it. */
static const char *place(unsigned int number)
{
	static char memory[640];

	if (number == 0)
		return "posix";
	(void)snprintf(memory, sizeof(memory), "%s/memory", fixture.own);
	return memory;
}

static unsigned int place_count(void)
{
	return is_default ? 2 : 1;
}

/* Before the mount: what the cases start with, made by the host. */
static void fill_host(void)
{
	for (unsigned int i = 0; i < place_count(); i++) {
		(void)mkdir(in_home(".claude/%s", place(i)), 0755);
		for (size_t j = 0; j < case_count; j++) {
			const char *dir = in_home(".claude/%s/%s.host", place(i), cases[j]->name);

			if (mkdir(dir, 0755) < 0 || chdir(dir) < 0 || make_start() < 0)
				abort();
		}
	}
	if (chdir(fixture.root) < 0)
		abort();
}

static void compare(const struct posix_case *at, unsigned int number, bool is_made)
{
	const char *plain = in_root("plain");
	char view[1024];
	char dir[256];

	(void)snprintf(view, sizeof(view), "%s/%s/%s%s", fixture.view, place(number), at->name,
		       is_made ? ".host" : "");
	(void)mkdir(plain, 0755);
	(void)snprintf(dir, sizeof(dir), "%s/%u", plain, runs++);
	if (compare_case(at, dir, view, is_made) > 0)
		fail_msg("%s differs in %s, with files of the %s", at->name, place(number),
			 is_made ? "host" : "session");
}

static void run_case(void **state)
{
	const struct posix_case *at = *state;

	if (at->needs_root && geteuid() != 0)
		skip();
	for (unsigned int i = 0; i < place_count(); i++) {
		compare(at, i, false);
		compare(at, i, true);
	}
}

static void listed_differences_all_occur(void **state)
{
	unsigned int missing = 0;

	(void)state;
	if (geteuid() != 0)
		skip(); /* some need several uids */
	for (const struct difference *row = differences; row->line; row++) {
		if (row->seen > 0)
			continue;
		print_error("did not occur: %s\n", row->line);
		missing++;
	}
	assert_int_equal(missing, 0);
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[CASES_MAX + 1];
	char *arguments[4] = { NULL };
	size_t count = 0;

	if (argc < 4)
		return 2;
	is_default = strcmp(argv[3], "default") == 0;
	for (int i = 0; i < 3; i++)
		arguments[i] = argv[i];
	arguments[3] = argc > 4 ? argv[4] : NULL;
	find_cases();
	fixture.fill_host = fill_host;
	fixture.allow_other = geteuid() == 0 && argc == 4;
	for (size_t i = 0; i < case_count; i++) {
		union {
			const struct posix_case *in;
			void *out;
		} row = { .in = cases[i] };

		tests[count++] = (struct CMUnitTest){ .name = cases[i]->name,
						      .test_func = run_case,
						      .initial_state = row.out };
	}
	if (!getenv("CLAUDEFS_TEST_POSIX"))
		tests[count++] = (struct CMUnitTest)cmocka_unit_test(listed_differences_all_occur);
	return fixture_run_group(argc > 4 ? 4 : 3, arguments,
				 is_default ? "posix default" : "posix",
				 is_default ? NULL : OPENED_WIDE, tests, count);
}

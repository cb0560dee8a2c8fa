/* SPDX-License-Identifier: MIT */
/* The addresses that names have inside a sandbox. */
#include "tests/unit/cmocka_setup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fs/network/redirect.h"
#include "init/gateway/names.h"

#define NOW 1000u

static int setup(void **state)
{
	*state = names_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	names_free(*state);
	return 0;
}

static const char *numbered(unsigned int number)
{
	static char name[32];

	(void)snprintf(name, sizeof(name), "n%u.example", number);
	return name;
}

/* n0.example and so on, at one time. */
static void fill(struct names *names, uint64_t now)
{
	uint32_t address;

	for (unsigned int i = 0; i < NAMES_MAX; i++)
		assert_int_equal(names_give(names, numbered(i), now, &address), 0);
}

static void a_name_keeps_its_address(void **state)
{
	uint32_t first, again, other;

	assert_int_equal(names_give(*state, "a.example", NOW, &first), 0);
	assert_int_equal(names_give(*state, "b.example", NOW, &other), 0);
	assert_int_equal(names_give(*state, "a.example", NOW + 100000, &again), 0);
	assert_int_equal(first, again);
	assert_int_not_equal(first, other);
	assert_string_equal(names_find(*state, first), "a.example");
	assert_string_equal(names_find(*state, other), "b.example");
}

static void addresses_of_nobody_have_no_name(void **state)
{
	uint32_t address;

	assert_null(names_find(*state, REDIRECT_NAMES_NETWORK));
	assert_int_equal(names_give(*state, "a.example", NOW, &address), 0);
	for (uint32_t i = 0; i < REDIRECT_NAMES_COUNT; i++) {
		if (REDIRECT_NAMES_NETWORK + i != address)
			assert_null(names_find(*state, REDIRECT_NAMES_NETWORK + i));
	}
	/* Outside of the range, and congruent. */
	assert_null(names_find(*state, address + REDIRECT_NAMES_COUNT));
	assert_null(names_find(*state, address - REDIRECT_NAMES_COUNT));
	assert_null(names_find(*state, 0));
	assert_null(names_find(*state, UINT32_MAX));
}

static void each_name_of_a_full_table_has_its_own(void **state)
{
	uint32_t address;

	fill(*state, NOW);
	for (unsigned int i = 0; i < NAMES_MAX; i++) {
		assert_int_equal(names_give(*state, numbered(i), NOW, &address), 0);
		assert_true(address - REDIRECT_NAMES_NETWORK < REDIRECT_NAMES_COUNT);
		assert_string_equal(names_find(*state, address), numbered(i));
	}
}

static void no_address_changes_hands_within_its_time(void **state)
{
	uint32_t address;

	fill(*state, NOW);
	assert_int_equal(names_give(*state, "late.example", NOW, &address), -ENOSPC);
	assert_int_equal(names_give(*state, "late.example", NOW + NAMES_TTL_SECONDS, &address),
			 -ENOSPC);
	/* The others are put off, not this one. */
	assert_int_equal(names_give(*state, numbered(7), NOW, &address), 0);
}

static void the_oldest_name_is_forgotten(void **state)
{
	uint32_t old, new, kept, held;

	fill(*state, NOW);
	assert_int_equal(names_give(*state, numbered(0), NOW, &held), 0);
	names_hold(*state, held);
	names_hold(*state, held);
	names_release(*state, held);
	/* All but these two are asked for once more. */
	for (unsigned int i = 2; i < NAMES_MAX; i++)
		assert_int_equal(names_give(*state, numbered(i), NOW + 10, &kept), 0);
	assert_int_equal(names_give(*state, numbered(1), NOW, &old), 0);
	assert_int_equal(names_give(*state, "late.example", NOW + NAMES_TTL_SECONDS + 1, &new), 0);
	assert_int_not_equal(new, old);
	assert_null(names_find(*state, old));
	assert_string_equal(names_find(*state, new), "late.example");
	assert_string_equal(names_find(*state, held), numbered(0));
	/* Nothing else is old enough, but for the one that is held. */
	assert_int_equal(names_give(*state, "later.example", NOW + NAMES_TTL_SECONDS + 1, &new),
			 -ENOSPC);
	names_release(*state, held);
	assert_int_equal(names_give(*state, "later.example", NOW + NAMES_TTL_SECONDS + 1, &new), 0);
	assert_null(names_find(*state, held));
}

static void an_address_comes_up_again_after_fifteen_others(void **state)
{
	uint64_t now = NOW;
	uint32_t first, address;

	fill(*state, now);
	assert_int_equal(names_give(*state, numbered(0), now, &first), 0);
	for (unsigned int i = 1; i <= REDIRECT_NAMES_COUNT / NAMES_MAX; i++) {
		now += NAMES_TTL_SECONDS + 1;
		/* All others stay young. */
		for (unsigned int k = 1; k < NAMES_MAX; k++)
			assert_int_equal(names_give(*state, numbered(k), now, &address), 0);
		assert_int_equal(names_give(*state, numbered(NAMES_MAX + i), now, &address), 0);
		assert_int_equal(address == first, i == REDIRECT_NAMES_COUNT / NAMES_MAX);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_name_keeps_its_address, setup, teardown),
		cmocka_unit_test_setup_teardown(addresses_of_nobody_have_no_name, setup, teardown),
		cmocka_unit_test_setup_teardown(each_name_of_a_full_table_has_its_own, setup,
						teardown),
		cmocka_unit_test_setup_teardown(no_address_changes_hands_within_its_time, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_oldest_name_is_forgotten, setup, teardown),
		cmocka_unit_test_setup_teardown(an_address_comes_up_again_after_fifteen_others,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

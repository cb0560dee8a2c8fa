/* SPDX-License-Identifier: MIT */
/* One line per test: each runs in a view of its own. */
#ifndef CLAUDEFS_TESTS_VIEW_CASES_H
#define CLAUDEFS_TESTS_VIEW_CASES_H

#include "tests/unit/view/view_fixture.h"

#define VIEW_CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

#endif

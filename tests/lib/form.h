/* SPDX-License-Identifier: MIT */
/* How much of a test runs.
 *
 *	brief     CLAUDEFS_TEST_BRIEF: a tenth or so of the cases. For builds that run a test once
 *more for another reason than its cases: a second compiler, sanitizers, coverage. ./bootstrap test
 *sets it. default   what the first build of ./bootstrap test runs long      CLAUDEFS_TEST_LONG: the
 *whole campaign; wins over brief
 */
#ifndef CLAUDEFS_TESTS_LIB_FORM_H
#define CLAUDEFS_TESTS_LIB_FORM_H

#include <stdbool.h>
#include <stdlib.h>

static inline bool form_is_long(void)
{
	return getenv("CLAUDEFS_TEST_LONG") != NULL;
}

static inline bool form_is_brief(void)
{
	return !form_is_long() && getenv("CLAUDEFS_TEST_BRIEF") != NULL;
}

/* The one of three numbers that this run takes: how many cases, or every which of them. */
static inline unsigned int form_of(unsigned int brief, unsigned int usual, unsigned int longest)
{
	return form_is_long() ? longest : form_is_brief() ? brief : usual;
}

#endif

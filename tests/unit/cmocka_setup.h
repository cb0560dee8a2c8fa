/* SPDX-License-Identifier: MIT */
/* cmocka wants these four headers before its own; every unit test includes this one file instead.
 */
#ifndef CLAUDEFS_TESTS_CMOCKA_SETUP_H
#define CLAUDEFS_TESTS_CMOCKA_SETUP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every unit test includes first: cmocka with its own prerequisites, in their order. */
#ifndef KS_TESTS_UNIT_H
#define KS_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/err.h"

/* A test is named by the sentence it proves. */
#define test(name) cmocka_unit_test(name)

/* Expects success and shows the sentence where it failed. */
#define assert_ok(expr)                                                                            \
	do {                                                                                       \
		int _r = (expr);                                                                   \
		if (_r < 0)                                                                        \
			fail_msg("%s: %d: %s", #expr, _r, err.msg);                                \
	} while (0)

#endif

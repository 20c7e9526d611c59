/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Time as a parameter. The real clock is CLOCK_MONOTONIC (suspend does not count as
 * soak); the fake one stands still until somebody moves it, so that a
 * test of 43 hours takes a microsecond.
 */
#ifndef KS_BASE_CLOCK_H
#define KS_BASE_CLOCK_H

#include "base/macro.h"

struct clock {
	bool fake;
	uint64_t at_ns; /* the fake clock's time; a test may assign it */
};

static inline struct clock clock_fake(void)
{
	return (struct clock){ .fake = true, .at_ns = NS_PER_S };
}

uint64_t clock_now_ns(const struct clock *c);

/* Wall clock, for names and reports only: seconds since 1970. */
int64_t clock_wall_s(void);
int64_t clock_wall_ms(void);

#endif

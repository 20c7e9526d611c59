/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a comparison says in plain words. A sentence never claims more than its interval: "lowers"
 * is said where the interval leaves 1 out and the p-value, adjusted for all pairs, is below alpha.
 * Names in it are not sanitised.
 */
#ifndef KS_REPORT_SAY_H
#define KS_REPORT_SAY_H

#include "report/contrast.h"

/* "more-memory lowers the hazard 4.1 times [2.0, 8.3]; chance alone would do this in 1 of 3,000
 * such experiments." The caller frees. */
char *say_pair(const struct contrast *c, const struct contrast_pair *p);

/* The same per unit of work, where it was counted: "per replace ...". NULL where it was not. */
char *say_work(const struct contrast *c, const struct contrast_pair *p);

/* "3 of 4 trials failed, MTTF 14.2 s [4.9, 68.8]. 1 was lost to the host and does not count." The
 * caller frees. */
char *say_arm(const struct view_arm *a);

/* Did it hold? NULL for an arm that is no control. The caller frees. */
char *say_control(const struct view_arm *a);

/* "1 of 3,000", "fewer than 1 of 1,000,000": an error probability, never rounded in favour. */
void say_chance(struct buf *out, double p);

#endif

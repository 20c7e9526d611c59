/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A table of lifetimes, one row a trial: what every estimator of this room takes. Plain data; the
 * caller builds it with sample_add() and sorts it once with sample_sort(); estimators ask for a
 * sorted sample (they assert it) and leave it as it is.
 *
 * Only trials that count come in: FAILED as `failed`; SURVIVED, STOPPED and OTHER as censored (an
 * OTHER is `failed` with a cause of its own where competing risks are asked for). INFRA stays out.
 *
 * Times are seconds of soak or units of work, finite and not negative. Equal doubles are tied and
 * nothing else is: the store keeps integer microseconds, so no tolerance is needed, and one has
 * already turned 1, 2 and 3 ns into one time (R's aeqSurv).
 */
#ifndef KS_STATS_SAMPLE_H
#define KS_STATS_SAMPLE_H

#include "base/macro.h"

struct lifetime {
	double time;
	int arm;     /* 0, 1, 2 ...: small numbers, they index tables */
	int cause;   /* which crash, 0, 1, 2 ...; only read where `failed` */
	int stratum; /* host, snapshot cluster ...; 0 where there is only one */
	bool failed;
};

struct sample {
	struct lifetime *life; /* owned by the sample */
	size_t n, cap;
	bool sorted;
};

#define SAMPLE_INIT                                                                                \
	{                                                                                          \
		0                                                                                  \
	}
#define _cleanup_sample_ _cleanup_(sample_done)

void sample_done(struct sample *s); /* frees; leaves an empty sample that may be used again */
void sample_add(struct sample *s, struct lifetime life);
void sample_sort(struct sample *s); /* by time */

size_t sample_failures(const struct sample *s);
double sample_total_time(const struct sample *s); /* exposure: the sum of all times */
double sample_max_time(const struct sample *s);   /* 0 where empty */
size_t sample_arms(const struct sample *s);       /* one more than the largest arm; 0 where empty */
size_t sample_causes(const struct sample *s);     /* one more than the largest cause that failed */
size_t sample_strata(const struct sample *s);     /* one more than the largest stratum */

/* A copy of one arm's rows, still sorted where s is. The caller owns *ret. */
void sample_of_arm(const struct sample *s, int arm, struct sample *ret);

/* A copy in which only `cause` counts as a failure: other causes are censored at their time. */
void sample_of_cause(const struct sample *s, int cause, struct sample *ret);

#endif

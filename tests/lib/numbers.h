/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For the tests of harness/stats: comparing doubles, building samples, finding R's answers. */
#ifndef KS_TESTS_NUMBERS_H
#define KS_TESTS_NUMBERS_H

#include "unit.h"

#include <math.h>

#include "base/buf.h"
#include "stats/sample.h"

/* Relative to `want`; NaN agrees with NaN only, infinity with infinity only. */
static inline bool close_to(double got, double want, double rel)
{
	if (isnan(want) || isinf(want))
		return isnan(want) ? isnan(got) : got == want;
	return fabs(got - want) <= rel * fabs(want) || got == want;
}

#define assert_close(got, want, rel)                                                               \
	do {                                                                                       \
		double _g = (got), _w = (want);                                                    \
		if (!close_to(_g, _w, rel))                                                        \
			fail_msg("%s: %.17g, want %.17g", #got, _g, _w);                           \
	} while (0)

#define assert_interval(got, want_lo, want_hi, rel)                                                \
	do {                                                                                       \
		struct interval _i = (got);                                                        \
		if (!close_to(_i.lo, want_lo, rel) || !close_to(_i.hi, want_hi, rel))              \
			fail_msg("%s: [%.17g, %.17g], want [%.17g, %.17g]", #got, _i.lo, _i.hi,    \
				 (double)(want_lo), (double)(want_hi));                            \
	} while (0)

/* "9 13 13+ 18": lifetimes of one arm, + behind the censored ones; "|" goes on with the next arm.
 */
static inline struct sample sample_from(const char *text)
{
	struct sample s = SAMPLE_INIT;
	struct lifetime life = { 0 };

	while (*text) {
		char *end;

		life.time = strtod(text, &end);
		life.failed = *end != '+';
		if (end != text)
			sample_add(&s, life);
		else
			life.arm += *end == '|';
		text = *end ? end + 1 : end;
		text += *text == ' ' && life.failed == 0;
	}
	sample_sort(&s);
	return s;
}

/* One row as time, status, arm, stratum. */
struct row4 {
	double time;
	int failed, arm, stratum;
};

static inline struct sample sample_of_rows(const struct row4 *row, size_t n)
{
	struct sample s = SAMPLE_INIT;

	for (size_t i = 0; i < n; i++)
		sample_add(&s, (struct lifetime){ .time = row[i].time,
						  .failed = row[i].failed,
						  .arm = row[i].arm,
						  .stratum = row[i].stratum });
	sample_sort(&s);
	return s;
}

/* Ovarian cancer (Edmunson 1979): arm is the treatment, stratum the residual disease. */
static inline struct sample sample_ovarian(void)
{
	static const struct row4 row[] = {
		{ 59, 1, 0, 1 },   { 115, 1, 0, 1 },  { 156, 1, 0, 1 },  { 421, 0, 1, 1 },
		{ 431, 1, 0, 1 },  { 448, 0, 0, 0 },  { 464, 1, 1, 1 },  { 475, 1, 1, 1 },
		{ 477, 0, 0, 1 },  { 563, 1, 1, 0 },  { 638, 1, 0, 0 },  { 744, 0, 1, 0 },
		{ 769, 0, 1, 1 },  { 770, 0, 1, 1 },  { 803, 0, 0, 0 },  { 855, 0, 0, 0 },
		{ 1040, 0, 0, 1 }, { 1106, 0, 0, 0 }, { 1129, 0, 1, 0 }, { 1206, 0, 1, 1 },
		{ 1227, 0, 1, 0 }, { 268, 1, 0, 1 },  { 329, 1, 0, 1 },  { 353, 1, 1, 0 },
		{ 365, 1, 1, 1 },  { 377, 0, 1, 0 },
	};

	return sample_of_rows(row, ARRAY_SIZE(row));
}

/* Thirty made-up rows, three arms, hardly any time without a tie. */
#define TIES "1 1 2 2+ 2 3 3 4 4+ 5 | 1 2 2 3+ 3 3 4 5 5+ 6 | 2 3 4 4+ 5 5 6 6 6+ 7"

/* The folder of R's answers beside the checkout; NULL where there is none. The caller frees. */
static inline char *vectors_dir(void)
{
	const char *shared = getenv("KERNSOAK_SHARED");
	char *dir = xasprintf("%s/stats_vectors/dev", shared ? shared : "../shared");

	if (access(dir, R_OK | X_OK) == 0)
		return dir;
	free(dir);
	return NULL;
}

/* Miller 1997, acute myelogenous leukaemia: maintained | not. */
#define AML_MAINTAINED "9 13 13+ 18 23 28+ 31 34 45+ 48 161+"
#define AML_NOT        "5 5 8 8 12 16+ 23 27 30 33 43 45"
#define AML            AML_MAINTAINED " | " AML_NOT

#endif

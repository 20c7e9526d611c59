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

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/ticks.h"

#include <math.h>

double ticks_step(double length, unsigned wanted)
{
	static const double nice[] = { 1, 2, 5, 10 };
	double raw = length / wanted, power = pow(10, floor(log10(raw)));

	for (size_t i = 0; i < ARRAY_SIZE(nice); i++)
		if (raw <= nice[i] * power * 1.0001)
			return nice[i] * power;
	return raw;
}

static void fill(struct ticks *t, double max, double step)
{
	t->n = 0;
	for (size_t i = 0; i < TICKS_MAX && (double)i * step <= max * (1 + 1e-9); i++)
		t->at[t->n++] = (double)i * step;
}

/* The first of some steps of which `most` are enough; NaN where none is. */
static double step_of(const double *step, size_t n, double length, unsigned most)
{
	for (size_t i = 0; i < n; i++)
		if (step[i] * most >= length)
			return step[i];
	return NAN;
}

void ticks_time(double max_s, unsigned most, struct scale *ret_scale, struct ticks *ret)
{
	static const double sixty[] = { 1, 2, 5, 10, 15, 20, 30, 60, 120, 180 };
	static const double hours[] = { 1, 2, 3, 6, 12, 24, 48 };
	struct scale s = scale_of_seconds(max_s);
	double length = max_s / s.per, step = NAN;

	most = MIN(MAX(most, 2u), (unsigned)TICKS_MAX) - 1;
	if (length >= most && (s.per == 1 || s.per == 60))
		step = step_of(sixty, ARRAY_SIZE(sixty), length, most);
	else if (length >= most && s.per == 3600)
		step = step_of(hours, ARRAY_SIZE(hours), length, most);
	if (isnan(step))
		step = ticks_step(length, most);
	*ret_scale = s;
	fill(ret, length, step);
	for (size_t i = 0; i < ret->n; i++)
		ret->at[i] *= s.per;
}

void ticks_linear(double max, unsigned wanted, struct ticks *ret)
{
	fill(ret, max, max > 0 ? ticks_step(max, wanted) : 1);
}

/* Powers of ten, and of each the first n of 1, 2, 5. */
static size_t log_marks(double lo, double hi, size_t n, struct ticks *ret)
{
	static const double digit[] = { 1, 2, 5 };
	size_t found = 0;

	for (double power = pow(10, floor(log10(lo))); power <= hi * 1.0001; power *= 10)
		for (size_t i = 0; i < n; i++) {
			double v = power * digit[i];

			if (v < lo * 0.9999 || v > hi * 1.0001)
				continue;
			if (found < TICKS_MAX)
				ret->at[found] = v;
			found++;
		}
	ret->n = MIN(found, (size_t)TICKS_MAX);
	return found;
}

void ticks_log(double lo, double hi, unsigned most, struct ticks *ret)
{
	if (log_marks(lo, hi, 3, ret) > most)
		log_marks(lo, hi, 1, ret);
}

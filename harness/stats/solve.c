/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/solve.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

enum { ROUNDS = 200 };

static bool differ(double a, double b)
{
	return (a < 0) != (b < 0);
}

/* Ridders' point for the bracket's ends and its middle; the middle itself where that has no value.
 */
static double ridders(double lo, double f_lo, double mid, double f_mid, double f_hi)
{
	double root = sqrt(f_mid * f_mid - f_lo * f_hi);
	double x = mid + (mid - lo) * copysign(1, f_lo - f_hi) * f_mid / root;

	return isfinite(x) ? x : mid;
}

static bool narrow(double lo, double hi)
{
	return fabs(hi - lo) <= 2 * DBL_EPSILON * fmax(fabs(lo), fabs(hi));
}

struct bracket {
	double lo, f_lo, hi, f_hi;
};

/* Keeps the half of the bracket in which the sign changes. */
static void cut(struct bracket *b, double x, double f)
{
	if (!(x > fmin(b->lo, b->hi) && x < fmax(b->lo, b->hi)))
		return;
	if (differ(b->f_lo, f)) {
		b->hi = x;
		b->f_hi = f;
	} else {
		b->lo = x;
		b->f_lo = f;
	}
}

double solve_root(solve_fn f, const void *arg, double lo, double hi)
{
	struct bracket b = { lo, f(lo, arg), hi, f(hi, arg) };

	if (isnan(b.f_lo) || isnan(b.f_hi))
		return NAN;
	for (int i = 0; i < ROUNDS; i++) {
		double mid = b.lo + (b.hi - b.lo) / 2, f_mid, x, f_x;

		if (b.f_lo == 0 || b.f_hi == 0)
			return b.f_lo == 0 ? b.lo : b.hi;
		if (!differ(b.f_lo, b.f_hi))
			return NAN;
		if (narrow(b.lo, b.hi))
			return mid;
		f_mid = f(mid, arg);
		x = ridders(b.lo, b.f_lo, mid, f_mid, b.f_hi);
		f_x = x == mid ? f_mid : f(x, arg);
		cut(&b, mid, f_mid);
		cut(&b, x, f_x);
	}
	return b.lo + (b.hi - b.lo) / 2;
}

double solve_outward(solve_fn f, const void *arg, double x, double step, double limit)
{
	double f_x = f(x, arg);

	while ((step > 0 ? x < limit : x > limit)) {
		double next = step > 0 ? fmin(x + step, limit) : fmax(x + step, limit);
		double f_next = f(next, arg);

		if (isnan(f_next))
			return NAN;
		if (differ(f_x, f_next))
			return solve_root(f, arg, x, next);
		x = next;
		f_x = f_next;
		step *= 2;
	}
	return NAN;
}

/* The next point: Newton's, but no further than 4, and not where the signs forbid it. */
static double newton(double x, double y, double slope, double below, double above)
{
	double next = slope > 0 ? fmin(fmax(x - y / slope, x - 4), x + 4) : NAN;

	if (next >= below && next <= above)
		return next;
	if (isfinite(below) && isfinite(above))
		return below + (above - below) / 2;
	return y < 0 ? x + 4 : x - 4;
}

double solve_rising(solve_slope_fn f, const void *arg, double x, double lo, double hi)
{
	double below = -INFINITY, above = INFINITY, last = INFINITY;

	for (int i = 0; i < ROUNDS && x > lo && x < hi; i++) {
		double slope, y = f(x, arg, &slope), next, move, unit = fmax(1, fabs(x));

		if (y == 0 || isnan(y))
			return y == 0 ? x : NAN;
		if (y < 0)
			below = x;
		else
			above = x;
		next = newton(x, y, slope, below, above);
		move = fabs(next - x);
		if (move <= DBL_EPSILON * unit || (move < 1e-8 * unit && move >= last / 2))
			return next; /* it no longer gains: what is left is rounding */
		last = move;
		x = next;
	}
	return x > lo && x < hi ? x : NAN;
}

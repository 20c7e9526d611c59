/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Roots of one variable. Own, bracketed, and so without surprises: no starting value to get wrong.
 */
#ifndef KS_STATS_SOLVE_H
#define KS_STATS_SOLVE_H

typedef double (*solve_fn)(double x, const void *arg);

/*
 * Where f changes its sign between lo and hi, to the last bits (Ridders 1979). f(lo) and f(hi) must
 * differ in sign, else NaN; infinite values of f are fine.
 */
double solve_root(solve_fn f, const void *arg, double lo, double hi);

/*
 * Walks from x in steps that double until f has changed its sign or `limit` is passed; then as
 * solve_root. `step` may be negative. NaN: no sign change on the way (the bound does not exist).
 */
double solve_outward(solve_fn f, const void *arg, double x, double step, double limit);

/* As solve_fn, with the slope at x. */
typedef double (*solve_slope_fn)(double x, const void *arg, double *ret_slope);

/*
 * Newton from x for a function that rises throughout (lo, hi), kept inside what its signs have
 * shown and to steps of at most 4. NaN: it stays on one side of zero up to lo or hi.
 */
double solve_rising(solve_slope_fn f, const void *arg, double x, double lo, double hi);

#endif

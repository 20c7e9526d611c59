/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small symmetric matrices, row by row in one array of n * n. */
#ifndef KS_STATS_MATRIX_H
#define KS_STATS_MATRIX_H

#include "base/macro.h"

/*
 * Inverts a covariance or information matrix in place and returns its rank. Directions in which it
 * says nothing (a zero pivot) get zero rows and columns: a generalised inverse.
 */
size_t matrix_invert(double *a, size_t n);

/* u' a u */
double matrix_form(const double *a, const double *u, size_t n);

/* ret = a u; ret and u must not overlap */
void matrix_times(const double *a, const double *u, size_t n, double *ret);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/matrix.h"

#include "base/buf.h"

/* A pivot this much smaller than its diagonal was is rounding. */
#define SINGULAR 1e-11

/* Sweeps one pivot (Goodnight 1979). */
static void sweep(double *a, size_t n, size_t k)
{
	double pivot = a[k * n + k];

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			if (i != k && j != k)
				a[i * n + j] -= a[i * n + k] * a[k * n + j] / pivot;
	for (size_t i = 0; i < n; i++) {
		if (i == k)
			continue;
		a[i * n + k] /= pivot;
		a[k * n + i] /= -pivot;
	}
	a[k * n + k] = 1 / pivot;
}

static void clear(double *a, size_t n, size_t k)
{
	for (size_t i = 0; i < n; i++)
		a[i * n + k] = a[k * n + i] = 0;
}

size_t matrix_invert(double *a, size_t n)
{
	_cleanup_free_
	double *was = xcalloc(n + 1, sizeof(*was));
	size_t rank = 0;

	for (size_t k = 0; k < n; k++)
		was[k] = a[k * n + k];
	for (size_t k = 0; k < n; k++) {
		if (a[k * n + k] > SINGULAR * was[k]) {
			sweep(a, n, k);
			rank++;
		} else {
			clear(a, n, k);
		}
	}
	return rank;
}

double matrix_form(const double *a, const double *u, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			sum += u[i] * a[i * n + j] * u[j];
	return sum;
}

void matrix_times(const double *a, const double *u, size_t n, double *ret)
{
	for (size_t i = 0; i < n; i++) {
		ret[i] = 0;
		for (size_t j = 0; j < n; j++)
			ret[i] += a[i * n + j] * u[j];
	}
}

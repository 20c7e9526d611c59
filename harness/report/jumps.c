/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/jumps.h"

#include <math.h>
#include <stdio.h>

#include "base/order.h"
#include "report/figure.h"

enum {
	BEFORE_MIN = 3,
	AFTER_MIN = 2,     /* samples on the two sides of a jump */
	ALL_MAX = 2 * 512, /* jumps that are weighed against each other */
};
#define SHARE_STEP 0.25 /* of a CPU, of the time */
#define RATE_TIMES 5.0
#define RATE_FLOOR 100.0 /* per second: below that, five times as many are still few */
#define SIZE_STEP  0.1   /* of the guest's memory */
#define SILENT_S   3.0   /* a busy guest's samples come that late */

/* The p-quantile of n values, the lower one of two. */
static double quantile(const double *v, size_t n, double p)
{
	double sorted[SERIES_MAX];

	memcpy(sorted, v, n * sizeof(*v));
	qsort(sorted, n, sizeof(*sorted), by_value);
	return quantile_of(sorted, n, p);
}

/* Where cutting takes away most of the squares; 0: nowhere. */
static size_t best_cut(const struct series *s)
{
	double total = 0, left = 0, best = 0;
	size_t cut = 0;

	for (size_t i = 0; i < s->n; i++)
		total += s->v[i];
	for (size_t k = 1; k < s->n; k++) {
		double a, b, gain;

		left += s->v[k - 1];
		a = left / (double)k;
		b = (total - left) / (double)(s->n - k);
		gain = (double)k * (double)(s->n - k) * (a - b) * (a - b);
		if (k >= BEFORE_MIN && s->n - k >= AFTER_MIN && gain > best) {
			best = gain;
			cut = k;
		}
	}
	return cut;
}

static bool apart(const struct series *s, size_t cut, bool rose)
{
	const double *a = s->v, *b = s->v + cut;
	size_t na = cut, nb = s->n - cut;

	return rose ? quantile(a, na, 0.9) < quantile(b, nb, 0.1)
		    : quantile(a, na, 0.1) > quantile(b, nb, 0.9);
}

/* How much of a jump it is; 0: none. Sizes may fall, shares and rates are told when they rise. */
static double weigh(const struct jump *j, double memory)
{
	double step = j->after - j->before;

	switch (j->unit) {
	case SERIES_SHARE: return step >= SHARE_STEP ? step : 0;
	case SERIES_RATE:
		if (j->after < RATE_FLOOR || j->after < RATE_TIMES * j->before)
			return 0;
		return 0.9 * fmin(1, log10(j->after / fmax(j->before, 1)) / 4);
	case SERIES_SIZE:
		return memory > 0 && fabs(step) >= SIZE_STEP * memory ? fabs(step) / memory : 0;
	}
	return 0;
}

static bool find_jump(const struct series *s, double memory, struct jump *j)
{
	size_t cut = s->n >= BEFORE_MIN + AFTER_MIN ? best_cut(s) : 0;

	if (!cut)
		return false;
	snprintf(j->what, sizeof(j->what), "%s", s->what);
	j->unit = s->unit;
	j->cpu = s->cpu;
	j->host = s->host;
	j->before = quantile(s->v, cut, 0.5);
	j->after = quantile(s->v + cut, s->n - cut, 0.5);
	j->at_s = s->at_s[cut];
	j->weight = weigh(j, memory);
	return j->weight > 0 && apart(s, cut, j->after > j->before);
}

static int by_weight(const void *a, const void *b)
{
	const struct jump *x = a, *y = b;

	return (x->weight < y->weight) - (x->weight > y->weight);
}

/* How long a vCPU ran says little on a busy host, how long it wanted to says all: where that is
 * known, the other is left out. */
static bool is_told_better(const struct samples *s, const char *key)
{
	return str_after(key, "host.vcpu") && samples_column(s, "host.want0") >= 0;
}

size_t jumps_find(const struct samples *s, size_t max, struct jump *ret)
{
	int total = samples_column(s, "mem.MemTotal");
	double memory = NAN;
	struct jump *all = xcalloc(ALL_MAX, sizeof(*all));
	struct series *series = xcalloc(1, sizeof(*series));
	size_t n = 0;

	for (size_t i = 0; total >= 0 && i < s->n; i++)
		memory = fmax(memory, samples_get(s, i, total));
	for (size_t k = 0; k < s->key.n && n < ALL_MAX; k++)
		if (!is_told_better(s, s->key.item[k]) && series_make(s, k, series))
			n += find_jump(series, memory, &all[n]);
	free(series);
	qsort(all, n, sizeof(*all), by_weight);
	n = MIN(n, max);
	memcpy(ret, all, n * sizeof(*all));
	free(all);
	return n;
}

bool jumps_lead(struct jump *jump, size_t n, double silent_s)
{
	const bool by_host = silent_s > SILENT_S;
	size_t best = n;

	for (size_t i = n; i-- > 0;) /* the largest is the last to be looked at */
		if (jump[i].cpu >= 0 && jump[i].after > jump[i].before &&
		    (best == n || jump[i].host == by_host || jump[best].host != by_host))
			best = i;
	if (best == n)
		return false;
	for (struct jump lead = jump[best]; best > 0; best--) {
		jump[best] = jump[best - 1];
		jump[best - 1] = lead;
	}
	return true;
}

/* Rows of the guest have its clock. */
static size_t guest_rows(const struct samples *s, double *ret_last_s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		if (!isnan(s->up_s[i])) {
			*ret_last_s = s->at_s[i];
			n++;
		}
	return n;
}

bool jumps_before(int trial_dir, const struct verdict *v, struct jumps *ret)
{
	_cleanup_samples_ struct samples s = { 0 };
	struct jump all[64];
	size_t n;

	if (!samples_before(trial_dir, v, &s))
		return false;
	*ret = (struct jumps){ .failed_s = (double)v->sighting.at_ns / 1e9, .last_s = s.at_s[0] };
	ret->n_samples = guest_rows(&s, &ret->last_s);
	n = jumps_find(&s, ARRAY_SIZE(all), all);
	ret->stands_out = jumps_lead(all, n, ret->failed_s - ret->last_s);
	ret->n = MIN(n, (size_t)JUMPS_MAX);
	memcpy(ret->jump, all, ret->n * sizeof(*all));
	return true;
}

void jump_text(const struct jump *j, double failed_at_s, struct buf *out)
{
	str_sanitise(out, j->what, strlen(j->what), false);
	buf_puts(out, j->after > j->before ? " rose from " : " fell from ");
	series_amount(out, j->unit, j->before);
	buf_puts(out, " to ");
	series_amount(out, j->unit, j->after);
	buf_puts(out, ", ");
	figure_scaled(out, failed_at_s - j->at_s, scale_of_seconds(failed_at_s - j->at_s));
	buf_puts(out, " before");
}

static void put_cpu(const struct jumps *j, struct buf *out)
{
	const double silent_s = j->failed_s - j->last_s;

	buf_printf(out, "  CPU %d stands out, by ", j->jump[0].cpu);
	if (!j->jump[0].host) {
		buf_puts(out, "the guest's own samples\n");
		return;
	}
	buf_puts(out, "what the host saw");
	if (silent_s > SILENT_S) {
		buf_puts(out, ": the guest's samples end ");
		figure_scaled(out, silent_s, scale_of_seconds(silent_s));
		buf_puts(out, " before");
	}
	buf_putc(out, '\n');
}

void jumps_put(const struct jumps *j, size_t max, struct buf *out)
{
	if (j->stands_out)
		put_cpu(j, out);
	for (size_t i = 0; i < MIN(j->n, max); i++) {
		buf_puts(out, "  ");
		jump_text(&j->jump[i], j->failed_s, out);
		buf_putc(out, '\n');
	}
}

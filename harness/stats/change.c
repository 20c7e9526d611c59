/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/change.h"

#include <math.h>

#include "base/buf.h"

/* log(e^a + e^b) */
static double log_add(double a, double b)
{
	const double max = fmax(a, b);

	return isinf(max) ? max : max + log(exp(a - max) + exp(b - max));
}

/* before[k]: nights 0 to k - 1 together. */
static struct duel *running_sums(const struct duel *night, size_t n, double factor, double alpha)
{
	struct duel *before = xcalloc(n + 1, sizeof(*before));

	before[0] = duel_make(factor, alpha, 0.5);
	for (size_t i = 0; i < n; i++) {
		before[i + 1] = before[i];
		duel_join(&before[i + 1], 0, &night[i]);
	}
	return before;
}

/* Nights from..k-1 against k..end-1. */
static struct duel_look look_at(const struct duel *before, size_t from, size_t k, size_t end)
{
	struct duel d = before[k];

	d.d[0] -= before[from].d[0];
	d.d[1] = before[end].d[0] - before[k].d[0];
	d.sum_log_t = before[end].sum_log_t - before[from].sum_log_t;
	for (size_t s = 0; s < DUEL_SHAPES; s++) {
		d.hazard[0][s] -= before[from].hazard[0][s];
		d.hazard[1][s] = before[end].hazard[0][s] - before[k].hazard[0][s];
	}
	return duel_look(&d);
}

static struct change_look look(const struct duel *before, size_t from, size_t end)
{
	struct change_look ret = { .log_e = -INFINITY };
	double best = -INFINITY;
	enum change direction = CHANGE_NONE;

	for (size_t k = from + 1; k < end; k++) {
		const struct duel_look l = look_at(before, from, k, end);

		ret.log_e = log_add(ret.log_e, l.log_e);
		if (l.log_e > best) {
			best = l.log_e;
			ret.since = k;
			direction = l.log_e_less > l.log_e_more ? CHANGE_LESS : CHANGE_MORE;
		}
	}
	if (ret.log_e >= log(1 / before[0].alpha))
		ret.verdict = direction;
	return ret;
}

struct change_look change_look(const struct duel *night, size_t n, double factor, double alpha)
{
	_cleanup_free_
	struct duel *before = running_sums(night, n, factor, alpha);

	return look(before, 0, n);
}

void change_track(const struct duel *night, size_t n, double factor, double alpha,
		  struct change_look *ret)
{
	_cleanup_free_
	struct duel *before = running_sums(night, n, factor, alpha);
	size_t from = 0;

	for (size_t i = 0; i < n; i++) {
		ret[i] = look(before, from, i + 1);
		if (ret[i].verdict != CHANGE_NONE)
			from = ret[i].since;
	}
}

const char *change_name(enum change c)
{
	switch (c) {
	case CHANGE_NONE: return "none";
	case CHANGE_LESS: return "less";
	case CHANGE_MORE: return "more";
	}
	return "?";
}

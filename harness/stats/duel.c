/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/duel.h"

#include <assert.h>
#include <math.h>

/* Shapes from 0.2 to 5, evenly by their logarithm (0.2 * 25^(k/30)): the prior d shape / shape. */
static const double shape[] = {
	0.20000000000000001,
	0.2226527153689607,
	0.2478711583058571,
	0.27594593229224301,
	0.30720055559943638,
	0.3419951893353394,
	0.38073078774317576,
	0.42385371857790743,
	0.47186090680301196,
	0.52530556088075342,
	0.58480354764257325,
	0.65104048920010138,
	0.72477966367769564,
	0.80687080081020501,
	0.89825987376159966,
	1,
	1.1132635768448034,
	1.2393557915292854,
	1.3797296614612149,
	1.5360027779971817,
	1.7099759466766971,
	1.9036539387158784,
	2.119268592889537,
	2.35930453401506,
	2.6265278044037679,
	2.9240177382128665,
	3.2552024460005082,
	3.6238983183884779,
	4.0343540040510248,
	4.491299368807999,
	5,
};

struct duel duel_make(double factor, double alpha, double power)
{
	assert(factor > 1 && alpha > 0 && alpha < 1 && power > 0 && power < 1);
	return (struct duel){ .factor = factor, .alpha = alpha, .beta = 1 - power };
}

void duel_add(struct duel *d, int arm, double time, bool failed)
{
	double t = fmax(time, 1e-6);

	assert((arm == 0 || arm == 1) && isfinite(time));
	for (size_t k = 0; k < DUEL_SHAPES; k++)
		d->hazard[arm][k] += pow(t, shape[k]);
	if (failed) {
		d->d[arm]++;
		d->sum_log_t += log(t);
	}
}

void duel_add_alive(struct duel *d, int arm, double time, size_t n)
{
	double t = fmax(time, 1e-6);

	for (size_t k = 0; k < DUEL_SHAPES; k++)
		d->hazard[arm][k] += (double)n * pow(t, shape[k]);
}

void duel_join(struct duel *d, int arm, const struct duel *lives)
{
	for (size_t k = 0; k < DUEL_SHAPES; k++)
		d->hazard[arm][k] += lives->hazard[0][k];
	d->d[arm] += lives->d[0];
	d->sum_log_t += lives->sum_log_t;
}

static double log_sum_exp(const double *v, size_t n)
{
	double max = -INFINITY, sum = 0;

	for (size_t i = 0; i < n; i++)
		max = fmax(max, v[i]);
	for (size_t i = 0; i < n; i++)
		sum += exp(v[i] - max);
	return max + log(sum);
}

/* The likelihood of arm 1 having `ratio` times the hazard, scale and shape integrated out. */
static double log_marginal(const struct duel *d, double ratio)
{
	double n = (double)(d->d[0] + d->d[1]), l[DUEL_SHAPES];

	for (size_t k = 0; k < DUEL_SHAPES; k++)
		l[k] = (n - 1) * log(shape[k]) + (shape[k] - 1) * d->sum_log_t -
		       n * log(d->hazard[0][k] + ratio * d->hazard[1][k]);
	return (double)d->d[1] * log(ratio) + log_sum_exp(l, DUEL_SHAPES);
}

/* What a failure adds to the evidence on average, both arms being equally exposed: if the ratio is
 * true, and (negative) if there is no difference. */
static double gain_if_true(double ratio)
{
	double p = ratio / (1 + ratio);

	return p * log(2 * p) + (1 - p) * log(2 * (1 - p));
}

static double gain_if_alike(double ratio)
{
	double p = ratio / (1 + ratio);

	return 0.5 * (log(2 * p) + log(2 * (1 - p)));
}

static void expect(const struct duel *d, struct duel_look *look)
{
	double missing = log(1 / d->alpha) - look->log_e,
	       above = fmax(look->log_e_less, look->log_e_more) - log(d->beta);

	look->failures_to_differ = fmax(0, missing / gain_if_true(d->factor));
	look->failures_to_alike = fmax(0, above / -gain_if_alike(d->factor));
}

static enum duel_verdict verdict(const struct duel *d, const struct duel_look *look)
{
	if (look->log_e >= log(1 / d->alpha))
		return look->log_e_less > look->log_e_more ? DUEL_LESS : DUEL_MORE;
	if (fmax(look->log_e_less, look->log_e_more) <= log(d->beta))
		return DUEL_ALIKE;
	return DUEL_CONTINUE;
}

struct duel_look duel_look(const struct duel *d)
{
	struct duel_look look = { .verdict = DUEL_CONTINUE };

	if (d->d[0] + d->d[1] > 0 && d->hazard[0][0] > 0 && d->hazard[1][0] > 0) {
		double alike = log_marginal(d, 1), both[2];

		both[0] = look.log_e_less = log_marginal(d, 1 / d->factor) - alike;
		both[1] = look.log_e_more = log_marginal(d, d->factor) - alike;
		look.log_e = log_sum_exp(both, 2) - log(2);
		look.verdict = verdict(d, &look);
	}
	look.p = fmin(1, exp(-look.log_e));
	expect(d, &look);
	return look;
}

/* Of a second with the share p in arm 1, if its hazard is `ratio` times that of arm 0; the hazards'
 * geometric mean is 1, so that both directions weigh alike. */
static double growth(double p, double ratio)
{
	double m = 1 - p + p * ratio;

	return (p * ratio * log(ratio) - m * log(m)) / sqrt(ratio);
}

double duel_share(const struct duel *d, const struct duel_look *look, const double cost[2])
{
	double less = 1 / (1 + exp(look->log_e_more - look->log_e_less)), best = 0.5, most = 0;

	for (int i = 10; i <= 90; i++) {
		double p = i / 100.0,
		       rate = less * growth(p, 1 / d->factor) + (1 - less) * growth(p, d->factor);

		rate /= (1 - p) * cost[0] + p * cost[1];
		if (rate > most) {
			most = rate;
			best = p;
		}
	}
	return best;
}

const char *duel_verdict_name(enum duel_verdict v)
{
	switch (v) {
	case DUEL_CONTINUE: return "continue";
	case DUEL_LESS: return "less";
	case DUEL_MORE: return "more";
	case DUEL_ALIKE: return "alike";
	}
	return "?";
}

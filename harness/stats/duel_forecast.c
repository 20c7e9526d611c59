/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/duel_forecast.h"

#include "base/rng.h"

enum { FAILURES_MAX = 1000000 };

struct odds { /* of one trial */
	double mttf[2], fails[2];
	double any; /* of a pair: at least one fails */
};

static struct odds odds_of(const struct duel_world *w)
{
	struct odds o = { .mttf = { w->mttf, w->mttf / w->ratio } };

	for (int a = 0; a < 2; a++)
		o.fails[a] = -expm1(-w->horizon / o.mttf[a]);
	o.any = o.fails[0] + o.fails[1] - o.fails[0] * o.fails[1];
	return o;
}

/* How many pairs live on before the one with a failure. */
static double pairs_alive(const struct odds *o, struct rng *r)
{
	return o->any >= 1 ? 0 : floor(log(rng_unit(r)) / log1p(-o->any));
}

/* Given that it fails before the horizon. */
static double lifetime(const struct odds *o, int arm, struct rng *r)
{
	return -o->mttf[arm] * log1p(-rng_unit(r) * o->fails[arm]);
}

/* Which of the pair fail, given that one does: a bit an arm. */
static int who_fails(const struct odds *o, struct rng *r)
{
	double u = rng_unit(r) * o->any, only0 = o->fails[0] * (1 - o->fails[1]),
	       only1 = o->fails[1] * (1 - o->fails[0]);

	return u < only0 ? 1 : u < only0 + only1 ? 2 : 3;
}

static void add_alive(struct duel *d, const struct duel_world *w, double n, double *exposure)
{
	for (int a = 0; a < 2 && n > 0; a++) {
		duel_add_alive(d, a, w->horizon, (size_t)n);
		exposure[a] += n * w->horizon;
	}
}

static void add_pair(struct duel *d, const struct duel_world *w, const struct odds *o,
		     struct rng *r, double *exposure)
{
	int fails = who_fails(o, r);

	for (int a = 0; a < 2; a++) {
		bool failed = fails >> a & 1;
		double t = failed ? lifetime(o, a, r) : w->horizon;

		duel_add(d, a, t, failed);
		exposure[a] += t;
	}
}

static enum duel_verdict play(struct duel *d, const struct duel_world *w, const struct odds *o,
			      struct rng *r, struct duel_forecast *sum)
{
	enum duel_verdict v = DUEL_CONTINUE;

	while (v == DUEL_CONTINUE && d->d[0] + d->d[1] < FAILURES_MAX) {
		double alive = pairs_alive(o, r);

		add_alive(d, w, alive, sum->exposure);
		add_pair(d, w, o, r, sum->exposure);
		sum->trials += alive + 1;
		v = duel_look(d).verdict;
	}
	sum->failures += (double)(d->d[0] + d->d[1]);
	return v;
}

struct duel_forecast duel_forecast(const struct duel_world *w, double factor, double alpha,
				   double power, size_t campaigns, uint64_t seed)
{
	struct odds o = odds_of(w);
	struct rng r = rng_make(seed);
	struct duel_forecast f = { 0 };
	double n = (double)campaigns;

	for (size_t i = 0; i < campaigns; i++) {
		struct duel d = duel_make(factor, alpha, power);
		enum duel_verdict v = play(&d, w, &o, &r, &f);

		f.less += (v == DUEL_LESS) / n;
		f.more += (v == DUEL_MORE) / n;
		f.alike += (v == DUEL_ALIKE) / n;
	}
	f.failures /= n;
	f.trials /= n;
	f.exposure[0] /= n;
	f.exposure[1] /= n;
	return f;
}

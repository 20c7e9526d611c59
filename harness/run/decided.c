/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/decided.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/exit.h"
#include "base/rng.h"
#include "run/decided_parts.h"

/* ---- parameters ---- */

int decided_params(const struct scenario *s, json_t **ret, struct err *err)
{
	const struct stop *stop = &s->stop;
	json_t *o = json_object(), *arms = json_array();
	size_t n = stop->arms.n ? stop->arms.n : s->n_arms;

	for (size_t i = 0; i < n; i++)
		json_array_append_new(
			arms, json_string(stop->arms.n ? stop->arms.item[i] : s->arm[i].name));
	json_object_set_new(o, "arms", arms);
	json_set_double(o, "factor", stop->factor);
	json_set_double(o, "alpha", stop->alpha);
	json_set_double(o, "power", stop->power);
	json_set_u64(o, "trials", stop->until_decided ? stop->trials : 0);
	if (n < 2) {
		json_decref(o);
		err_set(err, EINVAL,
			"there is nothing to decide: %s has one arm, and a test needs two",
			s->name);
		return err_exit(err, EXIT_BAD_USAGE);
	}
	*ret = o;
	return 0;
}

static int arm_by_name(const struct campaign *c, const char *name, uint64_t *ret, struct err *err)
{
	for (size_t i = 0; i < c->scenario.n_arms; i++)
		if (name && str_eq(c->scenario.arm[i].name, name)) {
			*ret = i;
			return 0;
		}
	return err_set(err, EINVAL, "the strategy names an arm that does not exist");
}

static int read_params(const struct campaign *c, const json_t *params, struct decided *d,
		       struct err *err)
{
	const json_t *arms = json_object_get(params, "arms");

	if (json_get_double(params, "factor", &d->factor, err) < 0 ||
	    json_get_double(params, "alpha", &d->alpha, err) < 0 ||
	    json_get_double(params, "power", &d->power, err) < 0 ||
	    json_get_u64(params, "trials", &d->most, err) < 0)
		return -EINVAL;
	if (!(d->factor > 1 && isfinite(d->factor) && d->alpha > 0 && d->alpha < 1 &&
	      d->power > 0 && d->power < 1) ||
	    json_array_size(arms) < 2)
		return err_set(err, EINVAL, "the test to decide has parameters out of range");
	d->side = xcalloc(json_array_size(arms), sizeof(*d->side));
	d->rival = xcalloc(json_array_size(arms), sizeof(*d->rival));
	d->duel = xcalloc(json_array_size(arms), sizeof(*d->duel));
	for (d->n = 0; d->n < json_array_size(arms); d->n++)
		if (arm_by_name(c, json_string_value(json_array_get(arms, d->n)),
				&d->side[d->n].arm, err) < 0)
			return -EINVAL;
	return 0;
}

static void decided_free(struct strategy *s)
{
	struct decided *d = (struct decided *)s;

	free(d->side);
	free(d->rival);
	free(d->duel);
	free(d);
}

static int decided_load(const struct campaign *c, const json_t *params, struct strategy **ret,
			struct err *err)
{
	struct decided *d = xcalloc(1, sizeof(*d));

	if (read_params(c, params, d, err) < 0) {
		decided_free(&d->base);
		return -EINVAL;
	}
	for (size_t i = 1; i < d->n; i++) {
		d->duel[i] = duel_make(d->factor, d->alpha / (double)(d->n - 1), d->power);
		d->rival[i].look = duel_look(&d->duel[i]);
	}
	*ret = &d->base;
	return 0;
}

/* ---- evidence ---- */

/* The arm's place among those that are compared; d->n where it is none of them. */
static size_t side_of(const struct decided *d, uint64_t arm)
{
	size_t i = 0;

	while (i < d->n && d->side[i].arm != arm)
		i++;
	return i;
}

/* A lifetime of arm `i`: of the first it counts in every duel. */
static void add_life(const struct decided *d, struct duel *duel, size_t i, double time, bool failed)
{
	for (size_t k = 1; k < d->n; k++)
		if (i == 0 || i == k)
			duel_add(&duel[k], i == 0 ? 0 : 1, time, failed);
}

static void decided_ended(struct strategy *s, const struct campaign *c, const struct planned *t,
			  const struct verdict *v)
{
	struct decided *d = (struct decided *)s;
	size_t i = side_of(d, t->arm);
	double time = decided_seconds(v->exposure_ns);
	bool failed = v->outcome == OUTCOME_FAILED;

	(void)c;
	if (i == d->n)
		return;
	d->side[i].guest_s += decided_seconds(v->wall_ns);
	if (v->outcome == OUTCOME_INFRA)
		return;
	d->side[i].told += v->outcome != OUTCOME_STOPPED;
	if (v->exposure_ns == 0 && !failed)
		return;
	d->side[i].soaked++;
	d->side[i].failures += failed;
	d->side[i].exposure_s += time;
	add_life(d, d->duel, i, time, failed);
}

/* With what runs counted as alive so far: else early deaths would be seen before long lives. */
static bool decided_decided(struct strategy *s, const struct campaign *c, uint64_t now_ns)
{
	struct decided *d = (struct decided *)s;
	_cleanup_free_
	struct duel *duel = xcalloc(d->n, sizeof(*duel));

	memcpy(duel, d->duel, d->n * sizeof(*duel));
	for (size_t t = 0; t < c->plan.n; t++) {
		uint64_t age = campaign_age_ns(c, t + 1, now_ns);
		size_t i = side_of(d, c->plan.trial[t].arm);

		if (age && i < d->n)
			add_life(d, duel, i, decided_seconds(age), false);
	}
	for (size_t i = 1; i < d->n; i++) {
		if (!decided_is_open(d, i))
			continue;
		d->rival[i].look = duel_look(&duel[i]);
		d->rival[i].verdict = d->rival[i].look.verdict;
	}
	return decided_n_open(d) == 0;
}

/* An arm whose own test is decided is of no more use; the first is, as long as any is open. */
static bool decided_enough(struct strategy *s, const struct campaign *c, const struct planned *t,
			   uint64_t age_ns)
{
	const struct decided *d = (struct decided *)s;
	size_t i = side_of(d, t->arm);

	(void)c;
	return age_ns && i > 0 && i < d->n && !decided_is_open(d, i);
}

/* ---- whom the next trial goes to ---- */

/* How long a trial of the arm soaks, and what goes round it, as far as is known; the limit counts
 * as a first guess that one trial's worth of news outweighs. */
static double soak_expected(const struct decided *d, const struct campaign *c, size_t i)
{
	double limit = decided_seconds(c->scenario.arm[d->side[i].arm].settings.limits.soak);
	double mean = (d->side[i].exposure_s + fmin(limit, 60)) / (double)(d->side[i].soaked + 1);

	return fmin(limit, mean);
}

/* Seconds of a guest for one second of soak. */
static double cost_of(const struct decided *d, size_t i)
{
	const struct side *s = &d->side[i];

	return s->exposure_s > 0 && s->guest_s > s->exposure_s ? s->guest_s / s->exposure_s : 1;
}

/* Exposure that the arm has, and that what runs of it will yet bring. */
static void in_hand(const struct decided *d, const struct campaign *c, uint64_t now_ns,
		    double *ret_s, size_t *ret_running)
{
	for (size_t i = 0; i < d->n; i++) {
		ret_s[i] = d->side[i].exposure_s;
		ret_running[i] = 0;
	}
	for (size_t t = 0; t < c->plan.n; t++) {
		size_t i = side_of(d, c->plan.trial[t].arm);

		if (c->state[t] == TRIAL_ENDED || i == d->n)
			continue;
		ret_s[i] += fmax(decided_seconds(campaign_age_ns(c, t + 1, now_ns)),
				 soak_expected(d, c, i));
		ret_running[i]++;
	}
}

/* By how much more the arm should be exposed than the first, for what is still open. */
static void want(const struct decided *d, double *ret_weight)
{
	double open = (double)decided_n_open(d);

	ret_weight[0] = sqrt(open);
	for (size_t i = 1; i < d->n; i++) {
		double cost[2] = { cost_of(d, 0), cost_of(d, i) };
		double p = duel_share(&d->duel[i], &d->rival[i].look, cost);

		ret_weight[i] = decided_is_open(d, i) ? p / (1 - p) : 0;
	}
}

/* The seed of trial n of this run, one stream of its own. */
static struct rng coin_of(const struct campaign *c)
{
	return rng_make(c->plan.seed ^ ((c->plan.n + 1) * UINT64_C(0x9e3779b97f4a7c15)));
}

/* One of the n arms at random: as often as gives each its share of the exposure in the long run,
 * so the less often the longer its trials are. */
static size_t draw(struct rng *coin, const struct decided *d, const struct campaign *c,
		   const double *weight, const size_t *able, size_t n)
{
	double sum = 0, at;
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		sum += weight[able[i]] / soak_expected(d, c, able[i]);
	at = sum * rng_unit(coin);
	while (k + 1 < n && (at -= weight[able[k]] / soak_expected(d, c, able[k])) >= 0)
		k++;
	return able[k];
}

/* Efron's biased coin: the arm furthest behind in three of four cases, else a random one. */
static bool choose(const struct decided *d, const struct campaign *c, uint64_t now_ns, size_t *ret)
{
	_cleanup_free_
	double *have = xcalloc(d->n, sizeof(*have)), *weight = xcalloc(d->n, sizeof(*weight));
	_cleanup_free_
	size_t *running = xcalloc(d->n, sizeof(*running)), *able = xcalloc(d->n, sizeof(*able));
	struct rng coin = coin_of(c);
	size_t n = 0;

	want(d, weight);
	in_hand(d, c, now_ns, have, running);
	for (size_t i = 0; i < d->n; i++)
		if (weight[i] > 0 && (!d->most || d->side[i].told + running[i] < d->most))
			able[n++] = i;
	if (n == 0)
		return false;
	*ret = draw(&coin, d, c, weight, able, n);
	if (rng_unit(&coin) < 0.25)
		return true;
	for (size_t k = 0; k < n; k++) /* where several are as far, the drawn one stays */
		if (have[able[k]] / weight[able[k]] < have[*ret] / weight[*ret])
			*ret = able[k];
	return true;
}

static bool decided_next(struct strategy *s, const struct campaign *c, uint64_t now_ns,
			 struct wish *ret)
{
	const struct decided *d = (struct decided *)s;
	size_t i;

	if (decided_n_open(d) == 0 || !choose(d, c, now_ns, &i))
		return false;
	*ret = (struct wish){ .arm = d->side[i].arm };
	snprintf(ret->why, sizeof(ret->why), "%.0f s of soak so far, undecided",
		 d->side[i].exposure_s);
	return true;
}

const struct strategy_ops strategy_until_decided = {
	.name = "decided",
	.load = decided_load,
	.free = decided_free,
	.next = decided_next,
	.ended = decided_ended,
	.enough = decided_enough,
	.decided = decided_decided,
	.exit_code = decided_exit_code,
	.sentence = decided_sentence,
	.answer = decided_answer,
	.say = decided_say,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/bisection.h"

#include <math.h>

#include "base/buf.h"
#include "stats/rate.h"

/* Before any boot was seen. */
static const double guess_boot_s = 15;

/*
 * A good end that crashes at so much of the bad end's rate fails, too. Up to 0.3 the posterior
 * copes with crashes of good versions, so below that it is asked.
 */
static const double fails_too = 0.2, surely_less = 0.7;

/*
 * A boundary's good side is watched for so many MTTFs in all, in two guests or more, and its bad
 * side dies twice: a host that is busy for a while makes a race wait, and one long clean soak may
 * have met just that.
 */
static const double confirm_scales = 3, good_end_scales = 1;

/* The scale grows a little with every clean second: what was run for is not to be missed by a hair.
 */
static const double nearly = 0.9;

/* In full soaks: so long at the bad end without one failure; so long for the first few of them. */
enum { CONFIRM_CRASHES = 2, CONFIRM_GUESTS = 2, CLEAN_SOAKS = 5, PATIENCE_SOAKS = 30 };

void bisection_init(struct bisection *b, const struct bisection_question *q)
{
	*b = (struct bisection){ .q = *q };
	b->skipped = xcalloc(q->n, sizeof(*b->skipped));
}

void bisection_done(struct bisection *b)
{
	free(b->item);
	free(b->skipped);
	*b = (struct bisection){ 0 };
}

void bisection_add(struct bisection *b, const struct bisection_item *item)
{
	b->item = xrealloc(b->item, (b->n + 1) * sizeof(*b->item));
	b->item[b->n++] = *item;
}

/* ---- places ---- */

/* In the order good -> bad; and back, since turning round twice is nothing. */
static size_t place_of(const struct bisection *b, size_t version)
{
	return b->q.first_good ? b->q.n - 1 - version : version;
}

static size_t bad_end(const struct bisection *b)
{
	return place_of(b, b->q.n - 1);
}

static size_t good_end(const struct bisection *b)
{
	return place_of(b, 0);
}

/* The axis's index of the boundary where the place c >= 1 is the first bad one. */
static size_t boundary(const struct bisection *b, size_t c)
{
	return place_of(b, c) + b->q.first_good;
}

/* ---- what was seen ---- */

/* It did not come to soak, and that was not its runner's death: such a verdict knows no wall time.
 */
static bool is_unbooted(const struct bisection_item *it)
{
	return it->outcome == OUTCOME_INFRA && it->wall_s > 0;
}

static void count(const struct bisection *b, struct bisection_view *v)
{
	double boots = 0;
	size_t n_boots = 0;

	for (size_t i = 0; i < b->n; i++) {
		const struct bisection_item *it = &b->item[i];
		struct bisection_tally *t = &v->tally[it->version];

		t->trials++;
		t->running += it->running;
		t->lost += it->outcome == OUTCOME_INFRA;
		t->unbooted += is_unbooted(it);
		t->crashes += it->outcome == OUTCOME_FAILED;
		t->others += it->outcome == OUTCOME_OTHER;
		t->seconds += it->outcome == OUTCOME_INFRA ? 0 : it->seconds;
		v->guest_s += it->running ? it->seconds : it->wall_s;
		if (it->running || it->outcome == OUTCOME_INFRA || it->wall_s < it->seconds)
			continue;
		boots += it->wall_s - it->seconds;
		n_boots++;
	}
	v->boot_s = n_boots ? boots / (double)n_boots : guess_boot_s;
	v->switch_s = b->prepared ? b->prepare_s / (double)b->prepared : 0;
}

static bool is_lost(const struct bisection *b, const struct bisection_view *v, size_t version)
{
	const struct bisection_tally *t = &v->tally[version];

	return b->skipped[version] || (t->unbooted >= BISECT_MAX_BOOTS && t->lost == t->trials);
}

static bool *unusable(const struct bisection *b, const struct bisection_view *v)
{
	bool *u = xcalloc(b->q.n, sizeof(*u));

	for (size_t i = 0; i < b->q.n; i++)
		u[i] = is_lost(b, v, place_of(b, i));
	return u;
}

static void fit(const struct bisection *b, struct bisection_view *v)
{
	struct bisect_run *run = xcalloc(MAX(b->n, (size_t)1), sizeof(*run));
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++) {
		const struct bisection_item *it = &b->item[i];

		if (it->outcome == OUTCOME_INFRA || (it->seconds <= 0 && it->running))
			continue;
		run[n++] =
			(struct bisect_run){ place_of(b, it->version), 0, fmax(it->seconds, 1e-3),
					     it->outcome == OUTCOME_FAILED };
	}
	posterior_fit(b->q.n, &bisect_prior_full, run, n, &v->posterior);
	v->known = v->posterior.crashes > 0;
	for (size_t c = 1; c < b->q.n; c++)
		v->p[boundary(b, c)] = v->posterior.p[c - 1];
	v->scale_s = v->known ? posterior_scale(&v->posterior) : NAN;
	free(run);
}

/* ---- the answer ---- */

/* Least interval of hypotheses, unlikely ones left out from the outside in. */
static void spread(const struct bisection *b, struct bisection_view *v)
{
	const double out = 1 - MAX(b->q.confidence, 0.5);
	size_t lo = 1, hi = b->q.n - 1;
	double left = out;

	while (lo < hi) {
		double *p = v->p;
		bool from_below = p[lo] <= p[hi];

		if ((from_below ? p[lo] : p[hi]) > left)
			break;
		left -= from_below ? p[lo++] : p[hi--];
	}
	v->low = lo;
	v->high = hi;
}

static void answer(const struct bisection *b, struct bisection_view *v)
{
	_cleanup_free_
	bool *u = unusable(b, v);
	const struct bisect_answer a = bisect_answer(&v->posterior, u);
	const size_t x = boundary(b, a.first), y = boundary(b, a.last);

	v->mass = a.mass;
	v->first = MIN(x, y);
	v->last = MAX(x, y);
	v->bad = place_of(b, a.last);
	v->good = place_of(b, a.first - 1);
	spread(b, v);
}

/* ---- which state it is in ---- */

/* Seconds that the good side still is to be watched for; 0 or less: enough. */
static double confirm_lacks(const struct bisection_view *v)
{
	const struct bisection_tally *t = &v->tally[v->good];
	const double lacks = confirm_scales * v->scale_s - t->seconds;

	if (t->trials - t->lost - t->running < CONFIRM_GUESTS)
		return MAX(lacks, good_end_scales * v->scale_s);
	return lacks > (1 - nearly) * confirm_scales * v->scale_s ? lacks : 0;
}

static bool confirmed(const struct bisection_view *v)
{
	return v->tally[v->bad].crashes >= CONFIRM_CRASHES && confirm_lacks(v) <= 0;
}

/* Nothing more is to be learnt where every version between is untestable. */
static bool is_narrowed(const struct bisection *b, const struct bisection_view *v)
{
	_cleanup_free_
	bool *u = unusable(b, v);
	const struct bisect_slot slot = { 0 };
	const struct bisect_bench bench = {
		.boot_s = v->boot_s, .unusable = u, .slot = &slot, .n_slots = 1
	};
	struct bisect_action a;

	return !bisect_choose(&v->posterior, &bench, &a);
}

static enum bisection_state state_of_bad_end(const struct bisection *b,
					     const struct bisection_view *v)
{
	const struct bisection_tally *t = &v->tally[bad_end(b)];
	const size_t ended = t->trials - t->lost - t->running;

	if (t->crashes >= BISECT_FIRST_CRASHES ||
	    (t->crashes && t->seconds >= PATIENCE_SOAKS * b->q.soak_s))
		return BISECT_SEARCH;
	if (t->crashes == 0 && ended >= CLEAN_SOAKS && t->seconds >= CLEAN_SOAKS * b->q.soak_s)
		return BISECT_BAD_END_CLEAN;
	return BISECT_BAD_END;
}

/* Both ends are known to crash: which of the three is it? */
static enum bisection_state compare_ends(const struct bisection *b, const struct bisection_view *v)
{
	const struct bisection_tally *bad = &v->tally[bad_end(b)], *good = &v->tally[good_end(b)];
	const struct rate_ratio r = rate_compare(bad->crashes, bad->seconds, good->crashes,
						 good->seconds, 2 * b->q.confidence - 1);

	if (r.ci.lo > fails_too)
		return BISECT_GOOD_END_FAILS;
	return r.ci.hi < surely_less ? BISECT_SEARCH : BISECT_GOOD_END;
}

static enum bisection_state state_of_good_end(const struct bisection *b,
					      const struct bisection_view *v)
{
	const struct bisection_tally *good = &v->tally[good_end(b)];

	if (good->crashes)
		return compare_ends(b, v);
	return good->trials == good->lost + good->running &&
			       good->seconds < nearly * good_end_scales * v->scale_s
		       ? BISECT_GOOD_END
		       : BISECT_SEARCH;
}

static enum bisection_state state_of(const struct bisection *b, const struct bisection_view *v)
{
	enum bisection_state s;

	if (is_lost(b, v, bad_end(b)) || is_lost(b, v, good_end(b)))
		return BISECT_END_UNTESTABLE;
	s = state_of_bad_end(b, v);
	if (s == BISECT_SEARCH)
		s = state_of_good_end(b, v);
	if (s != BISECT_SEARCH)
		return s;
	if (v->mass < bisect_stop_at(b->q.confidence))
		return is_narrowed(b, v) ? BISECT_NARROWED : BISECT_SEARCH;
	return confirmed(v) ? BISECT_FOUND : BISECT_CONFIRM;
}

void bisection_look(const struct bisection *b, struct bisection_view *ret)
{
	struct bisection_view v = { 0 };

	v.tally = xcalloc(b->q.n, sizeof(*v.tally));
	v.p = xcalloc(b->q.n, sizeof(*v.p));
	count(b, &v);
	fit(b, &v);
	answer(b, &v);
	v.state = state_of(b, &v);
	*ret = v;
}

void bisection_view_done(struct bisection_view *v)
{
	free(v->tally);
	free(v->p);
	posterior_done(&v->posterior);
	*v = (struct bisection_view){ 0 };
}

bool bisection_is_over(const struct bisection_view *v)
{
	switch (v->state) {
	case BISECT_BAD_END:
	case BISECT_GOOD_END:
	case BISECT_SEARCH:
	case BISECT_CONFIRM: return false;
	case BISECT_FOUND:
	case BISECT_NARROWED:
	case BISECT_BAD_END_CLEAN:
	case BISECT_GOOD_END_FAILS:
	case BISECT_END_UNTESTABLE: return true;
	}
	return true;
}

/* ---- what next ---- */

static struct bisection_step fixed_step(size_t version, double soak_s, const char *why)
{
	return (struct bisection_step){ version, soak_s, NAN, NAN, why };
}

/* Versions that no new guest is for: those that cannot be run, and those of which it is being found
 * out: the same number of guests that do not come up must do with many slots as with one. */
static bool *not_now(const struct bisection *b, const struct bisection_view *v)
{
	bool *u = unusable(b, v);

	for (size_t i = 0; i < b->q.n; i++) {
		const struct bisection_tally *t = &v->tally[place_of(b, i)];

		u[i] |= t->unbooted && t->lost + t->running == t->trials &&
			t->unbooted + t->running >= BISECT_MAX_BOOTS;
	}
	return u;
}

static bool choose(const struct bisection *b, const struct bisection_view *v, size_t last,
		   const struct bisection_item *alive, struct bisection_step *ret)
{
	_cleanup_free_
	bool *u = alive ? unusable(b, v) : not_now(b, v);
	const struct bisect_slot slot = {
		.any = alive || last < b->q.n,
		.version = alive ? place_of(b, alive->version)
				 : (last < b->q.n ? place_of(b, last) : 0),
		.alive = alive,
		.age_s = alive ? alive->seconds : 0,
	};
	const struct bisect_bench bench = {
		.boot_s = v->boot_s,
		.switch_s = v->switch_s,
		.unusable = u,
		.slot = &slot,
		.n_slots = 1,
		.stop_at = bisect_stop_at(b->q.confidence),
	};
	struct bisect_action a;

	if (!v->known || !bisect_choose(&v->posterior, &bench, &a))
		return false;
	if (alive && (a.fresh || a.version != slot.version))
		return false; /* another guest would tell more */
	*ret = (struct bisection_step){
		.version = place_of(b, a.version),
		/* the policy thinks of one MTTF at most: a life shorter than its boot is no end */
		.soak_s = MAX(a.tau_s, MIN(v->boot_s + v->switch_s, b->q.soak_s)),
		.nats_s = a.score,
		.p_crash = a.probe.p_crash,
		.why = alive ? "it goes on: that costs no boot" : "it tells most per second",
	};
	return true;
}

/* The two sides of the boundary, as far as they lack something and nobody is at it. */
static bool confirm(const struct bisection *b, const struct bisection_view *v,
		    struct bisection_step *ret)
{
	const struct bisection_tally *bad = &v->tally[v->bad], *good = &v->tally[v->good];
	const double lacks = confirm_lacks(v);

	if (bad->crashes + bad->running < CONFIRM_CRASHES)
		*ret = fixed_step(v->bad, b->q.soak_s, "the bad side of the boundary once more");
	else if (lacks > 0 && !good->running)
		*ret = fixed_step(v->good, lacks, "the good side of the boundary once more");
	else
		return false;
	return true;
}

/* The good end's turn; where both crash, that of the one which did less often. */
static struct bisection_step end_step(const struct bisection *b, const struct bisection_view *v)
{
	const struct bisection_tally *bad = &v->tally[bad_end(b)], *good = &v->tally[good_end(b)];

	if (!good->crashes)
		return fixed_step(good_end(b), good_end_scales * v->scale_s - good->seconds,
				  "does the good end live?");
	return fixed_step(good->crashes > bad->crashes ? bad_end(b) : good_end(b), b->q.soak_s,
			  "both ends fail: how often?");
}

bool bisection_next(const struct bisection *b, const struct bisection_view *v, size_t last,
		    struct bisection_step *ret)
{
	const struct bisection_tally *bad = &v->tally[bad_end(b)], *good = &v->tally[good_end(b)];

	switch (v->state) {
	case BISECT_BAD_END:
		*ret = fixed_step(bad_end(b), b->q.soak_s, "does the bad end fail, and how fast?");
		return bad->crashes == 0 || bad->crashes + bad->running < BISECT_FIRST_CRASHES ||
		       !bad->running;
	case BISECT_GOOD_END:
		*ret = end_step(b, v);
		return good->crashes || !good->running || choose(b, v, last, NULL, ret);
	case BISECT_SEARCH: return choose(b, v, last, NULL, ret);
	case BISECT_CONFIRM: return confirm(b, v, ret);
	case BISECT_FOUND:
	case BISECT_NARROWED:
	case BISECT_BAD_END_CLEAN:
	case BISECT_GOOD_END_FAILS:
	case BISECT_END_UNTESTABLE: return false;
	}
	return false;
}

bool bisection_goes_on(const struct bisection *b, const struct bisection_view *v,
		       const struct bisection_item *running, struct bisection_step *ret)
{
	const struct bisection_tally *t = &v->tally[running->version];
	double lacks;

	if (bisection_is_over(v))
		return false;
	if (v->state == BISECT_BAD_END && running->version == bad_end(b)) {
		*ret = fixed_step(running->version, b->q.soak_s, "until it fails");
		return true;
	}
	if (v->state == BISECT_GOOD_END && t->crashes) {
		*ret = fixed_step(running->version, b->q.soak_s, "both ends fail: how often?");
		return running->version == good_end(b) || running->version == bad_end(b);
	}
	if (v->state == BISECT_GOOD_END && running->version == good_end(b)) {
		lacks = good_end_scales * v->scale_s - t->seconds;
		*ret = fixed_step(running->version, MAX(lacks, 0), "does the good end live?");
		return true;
	}
	if (v->state != BISECT_CONFIRM)
		return choose(b, v, b->q.n, running, ret);
	/* the second guest has done its part after one MTTF, if nothing else is missing */
	lacks = confirm_lacks(v);
	if (lacks > 0)
		lacks = MAX(confirm_scales * v->scale_s - t->seconds,
			    good_end_scales * v->scale_s - running->seconds);
	*ret = fixed_step(running->version, MAX(lacks, 0), "both sides of the boundary once more");
	return (running->version == v->bad && t->crashes < CONFIRM_CRASHES) ||
	       (running->version == v->good && lacks > 0);
}

/* ---- figures of the result ---- */

double bisection_left(const struct bisection *b, const struct bisection_view *v)
{
	/* what a distribution still holds when its best answer has the wanted probability */
	const double q = bisect_stop_at(b->q.confidence),
		     rest = -q * log(q) - (1 - q) * log((1 - q) / 2);
	struct bisection_step step;

	if (bisection_is_over(v))
		return 0;
	if (!v->known)
		return NAN;
	if (v->state == BISECT_CONFIRM)
		return confirm_scales * v->scale_s + 2 * v->boot_s;
	if (!choose(b, v, b->q.n, NULL, &step) || step.nats_s <= 0)
		return NAN;
	return MAX(v->posterior.entropy - rest, 0) / step.nats_s + confirm_scales * v->scale_s +
	       2 * v->boot_s;
}

void bisection_sides(const struct bisection *b, const struct bisection_view *v,
		     struct bisection_side *ret_bad, struct bisection_side *ret_good)
{
	const size_t from = place_of(b, v->bad);

	*ret_bad = *ret_good = (struct bisection_side){ 0 };
	for (size_t i = 0; i < b->n; i++) {
		const struct bisection_item *it = &b->item[i];
		struct bisection_side *s = place_of(b, it->version) >= from ? ret_bad : ret_good;

		if (it->running || it->outcome == OUTCOME_INFRA)
			continue;
		s->trials++;
		s->crashes += it->outcome == OUTCOME_FAILED;
		s->seconds += it->seconds;
	}
}

double bisection_misfit(const struct bisection *b, const struct bisection_view *v,
			size_t *ret_version)
{
	struct bisection_side side[2];
	double least = 1;
	size_t tests = 0;

	bisection_sides(b, v, &side[1], &side[0]);
	for (size_t i = 0; i < b->q.n; i++) {
		const struct bisection_tally *t = &v->tally[i];
		const struct bisection_side *s = &side[place_of(b, i) >= place_of(b, v->bad)];
		double p, rest = s->seconds - t->seconds;

		if (t->seconds <= 0 || rest <= 0 || s->crashes == 0)
			continue;
		p = binomial_test(t->crashes, s->crashes, t->seconds / s->seconds);
		tests++;
		if (p < least) {
			least = p;
			*ret_version = i;
		}
	}
	return MIN(least * (double)MAX(tests, (size_t)1), 1);
}

void bisection_drift(const struct bisection *b, const struct bisection_view *v, struct drift *ret)
{
	struct drift_life *life = xcalloc(b->n + 1, sizeof(*life));
	const size_t from = place_of(b, v->bad);
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++) {
		const struct bisection_item *it = &b->item[i];

		if (place_of(b, it->version) >= from && !it->running &&
		    it->outcome != OUTCOME_INFRA && it->seconds > 0)
			life[n++] =
				(struct drift_life){ it->seconds, it->outcome == OUTCOME_FAILED };
	}
	drift_test(life, n, ret);
	free(life);
}

double bisection_fixed_cost(const struct bisection *b, const struct bisection_view *v,
			    unsigned repeats)
{
	struct bisection_side bad, good;
	size_t lo = 0, hi = b->q.n - 1; /* places: good .. bad */
	double cost = 0, life;

	bisection_sides(b, v, &bad, &good);
	life = bad.crashes ? bad.seconds / (double)bad.crashes : INFINITY;
	/* runs that fail end at once; the mean of a life cut at the limit */
	life = isfinite(life) ? life * (1 - exp(-b->q.soak_s / life)) : b->q.soak_s;
	while (hi - lo > 1) {
		const size_t mid = (lo + hi) / 2;
		const bool fails = mid >= place_of(b, v->bad);

		cost += repeats * (v->boot_s + (fails ? life : b->q.soak_s));
		*(fails ? &hi : &lo) = mid;
	}
	return cost;
}

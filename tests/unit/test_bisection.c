/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "base/buf.h"
#include "base/rng.h"
#include "run/bisection.h"

/* A world of versions, played trial by trial as the runner does, without processes. */
struct world {
	size_t n, boundary; /* the first bad, or first good, version */
	bool first_good;
	double mttf, soak;
	double shape;       /* of lives, 0: 1 */
	double other;       /* mean of another crash, in every version; 0: none */
	bool same;          /* every version fails */
	bool healthy;       /* none does */
	size_t unbootable;  /* 0: all boot */
	bool deterministic; /* a life is always mttf */
	uint64_t busy_from; /* from this trial on a host is busy; 0: never: */
	double busy;        /*   lives are so much longer */
	struct rng rng;
};

static bool fails(const struct world *w, size_t version)
{
	if (w->same || w->healthy)
		return w->same;
	return w->first_good ? version < w->boundary : version >= w->boundary;
}

static struct bisection_item play(struct world *w, uint64_t trial, const struct bisection_step *s)
{
	double life = w->deterministic ? w->mttf
				       : rng_weibull(&w->rng, w->mttf, w->shape > 0 ? w->shape : 1);
	double other = w->other > 0 ? rng_weibull(&w->rng, w->other, 1) : INFINITY;
	struct bisection_item it = { .trial = trial, .version = s->version };
	const double limit = fmin(s->soak_s, w->soak);

	if (w->busy_from && trial >= w->busy_from)
		life *= w->busy;
	if (!fails(w, s->version))
		life = INFINITY;
	it.outcome = OUTCOME_SURVIVED;
	it.seconds = limit;
	if (fmin(life, other) < limit) {
		it.seconds = fmin(life, other);
		it.outcome = life < other ? OUTCOME_FAILED : OUTCOME_OTHER;
	}
	it.wall_s = it.seconds + 10;
	if (w->unbootable && s->version == w->unbootable)
		it = (struct bisection_item){ trial, s->version, OUTCOME_INFRA, 0, 60, false };
	return it;
}

static void search(struct world *w, struct bisection *b, struct bisection_view *ret)
{
	const struct bisection_question q = { w->n, w->first_good, 0.95, w->soak };

	bisection_init(b, &q);
	for (uint64_t trial = 1; trial < 2000; trial++) {
		struct bisection_view v = { 0 };
		struct bisection_step step;
		struct bisection_item it;

		bisection_look(b, &v);
		if (bisection_is_over(&v)) {
			*ret = v;
			return;
		}
		assert_true(bisection_next(b, &v, w->n, &step));
		it = play(w, trial, &step);
		bisection_add(b, &it);
		bisection_view_done(&v);
	}
	fail_msg("the search does not end");
}

static struct world world(size_t n, size_t boundary, uint64_t seed)
{
	return (struct world){
		.n = n, .boundary = boundary, .mttf = 5, .soak = 60, .rng = rng_make(seed)
	};
}

static void the_change_is_found_in_both_directions(void **state)
{
	int wrong = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 40; seed++) {
		struct world w = world(10, 1 + seed % 9, seed);
		_cleanup_bisection_view_ struct bisection_view v = { 0 };
		struct bisection b;

		w.first_good = seed % 2;
		search(&w, &b, &v);
		assert_int_equal(v.state, BISECT_FOUND);
		wrong += v.first != w.boundary || v.last != w.boundary;
		assert_true(v.mass >= 0.95);
		assert_true(v.low <= v.first && v.last <= v.high);
		bisection_done(&b);
	}
	assert_in_range(wrong, 0, 3);
}

static void a_bug_that_always_strikes_takes_two_trials_a_step(void **state)
{
	struct world w = world(10, 8, 1);
	_cleanup_bisection_view_ struct bisection_view v = { 0 };
	struct bisection b;

	(void)state;
	w.first_good = w.deterministic = true;
	w.mttf = 1;
	search(&w, &b, &v);
	assert_int_equal(v.state, BISECT_FOUND);
	assert_int_equal(v.first, 8);
	assert_in_range(b.n, 5, 20);
	bisection_done(&b);
}

static void a_version_that_does_not_boot_is_passed_over(void **state)
{
	struct world w = world(10, 7, 3);
	_cleanup_bisection_view_ struct bisection_view v = { 0 };
	struct bisection b;

	(void)state;
	w.unbootable = 5;
	search(&w, &b, &v);
	assert_int_equal(v.state, BISECT_FOUND);
	assert_int_equal(v.first, 7);
	assert_true(v.tally[5].trials <= BISECT_MAX_BOOTS);
	bisection_done(&b);
}

static void beside_one_that_does_not_boot_the_answer_is_a_range(void **state)
{
	struct world w = world(10, 6, 4);
	_cleanup_bisection_view_ struct bisection_view v = { 0 };
	struct bisection b;

	(void)state;
	w.unbootable = 5;
	search(&w, &b, &v);
	assert_int_equal(v.state, BISECT_FOUND);
	assert_int_equal(v.first, 5);
	assert_int_equal(v.last, 6);
	assert_int_equal(v.good, 4);
	assert_int_equal(v.bad, 6);
	bisection_done(&b);
}

static void another_crash_is_nothing_but_time(void **state)
{
	int wrong = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct world w = world(10, 4, seed);
		_cleanup_bisection_view_ struct bisection_view v = { 0 };
		struct bisection b;

		w.other = 5;
		search(&w, &b, &v);
		wrong += v.first != 4 || v.last != 4;
		bisection_done(&b);
	}
	assert_in_range(wrong, 0, 2);
}

static void a_bad_end_that_lives_is_an_answer(void **state)
{
	struct world w = world(10, 4, 1);
	_cleanup_bisection_view_ struct bisection_view v = { 0 };
	struct bisection b;

	(void)state;
	w.healthy = true;
	search(&w, &b, &v);
	assert_int_equal(v.state, BISECT_BAD_END_CLEAN);
	bisection_done(&b);
}

static void a_good_end_that_fails_is_an_answer(void **state)
{
	struct world w = world(10, 4, 1);
	_cleanup_bisection_view_ struct bisection_view v = { 0 };
	struct bisection b;

	(void)state;
	w.same = true;
	search(&w, &b, &v);
	assert_int_equal(v.state, BISECT_GOOD_END_FAILS);
	bisection_done(&b);
}

static void an_end_that_does_not_boot_ends_the_search(void **state)
{
	struct world w = world(10, 4, 1);
	_cleanup_bisection_view_ struct bisection_view v = { 0 };
	struct bisection b;

	(void)state;
	w.unbootable = 9;
	search(&w, &b, &v);
	assert_int_equal(v.state, BISECT_END_UNTESTABLE);
	bisection_done(&b);
}

static void the_order_of_the_evidence_does_not_matter(void **state)
{
	struct world w = world(10, 4, 7);
	_cleanup_bisection_view_ struct bisection_view v = { 0 }, turned = { 0 };
	struct bisection b, c;

	(void)state;
	search(&w, &b, &v);
	bisection_init(&c, &b.q);
	for (size_t i = b.n; i-- > 0;)
		bisection_add(&c, &b.item[i]);
	bisection_look(&c, &turned);
	assert_int_equal(turned.state, v.state);
	for (size_t i = 0; i < 10; i++)
		assert_true(fabs(turned.p[i] - v.p[i]) < 1e-12);
	bisection_done(&b);
	bisection_done(&c);
}

static void add(struct bisection *b, size_t version, size_t crashes, double life, double clean)
{
	for (size_t i = 0; i < crashes; i++)
		bisection_add(b, &(struct bisection_item){ b->n + 1, version, OUTCOME_FAILED, life,
							   life + 10, false });
	if (clean > 0)
		bisection_add(b, &(struct bisection_item){ b->n + 1, version, OUTCOME_SURVIVED,
							   clean, clean + 10, false });
}

static void two_changes_do_not_fit(void **state)
{
	const struct bisection_question q = { 9, false, 0.95, 300 };
	_cleanup_bisection_view_ struct bisection_view v = { 0 };
	struct bisection b;
	size_t version = 0;

	(void)state;
	bisection_init(&b, &q);
	add(&b, 8, 5, 5, 0);
	add(&b, 3, 6, 5, 0); /* bad here, then good, then bad */
	add(&b, 5, 0, 0, 300);
	add(&b, 0, 0, 0, 300);
	bisection_look(&b, &v);
	assert_true(bisection_misfit(&b, &v, &version) < 0.001);
	bisection_done(&b);
}

static void one_change_fits(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct world w = world(10, 1 + seed % 9, seed);
		_cleanup_bisection_view_ struct bisection_view v = { 0 };
		struct bisection b;
		size_t version;

		search(&w, &b, &v);
		assert_true(bisection_misfit(&b, &v, &version) > 0.001);
		bisection_done(&b);
	}
}

/* The share of searches that are said to have met a drift. */
static double drifts(uint64_t busy_from, double busy, double shape)
{
	const int repeats = 300;
	double said = 0;

	for (uint64_t seed = 0; seed < (uint64_t)repeats; seed++) {
		struct world w = world(12, 1 + seed % 11, seed);
		_cleanup_bisection_view_ struct bisection_view v = { 0 };
		struct bisection b;
		struct drift d;

		w.busy_from = busy_from;
		w.busy = busy;
		w.shape = shape;
		search(&w, &b, &v);
		bisection_drift(&b, &v, &d);
		said += drift_in_order(&d) || drift_with_age(&d);
		bisection_done(&b);
	}
	return said / repeats;
}

/* Six crashes are what such a search sees: little is proven with them, and little is claimed. */
static void few_searches_are_said_to_drift_that_do_not(void **state)
{
	(void)state;
	assert_true(drifts(0, 1, 1) <= 0.03);
	assert_true(drifts(6, 10, 1) >= 0.07);
	assert_true(drifts(0, 1, 3) >= 0.25);
}

static void a_guest_goes_on_while_it_teaches(void **state)
{
	const struct bisection_question q = { 9, false, 0.95, 300 };
	_cleanup_bisection_view_ struct bisection_view v = { 0 }, after = { 0 };
	struct bisection_item running = { 9, 4, OUTCOME_STOPPED, 3, 0, true };
	struct bisection_step step;
	struct bisection b;

	(void)state;
	bisection_init(&b, &q);
	add(&b, 8, 4, 5, 0);
	add(&b, 0, 0, 0, 60);
	bisection_add(&b, &running);
	bisection_look(&b, &v);
	assert_true(bisection_goes_on(&b, &v, &running, &step));
	/* somebody else's crashes at an older version: what it runs is bad, and tells no more */
	add(&b, 3, 6, 5, 0);
	bisection_look(&b, &after);
	assert_false(bisection_goes_on(&b, &after, &running, &step));
	bisection_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_change_is_found_in_both_directions),
		test(a_bug_that_always_strikes_takes_two_trials_a_step),
		test(a_version_that_does_not_boot_is_passed_over),
		test(beside_one_that_does_not_boot_the_answer_is_a_range),
		test(another_crash_is_nothing_but_time),
		test(a_bad_end_that_lives_is_an_answer),
		test(a_good_end_that_fails_is_an_answer),
		test(an_end_that_does_not_boot_ends_the_search),
		test(the_order_of_the_evidence_does_not_matter),
		test(two_changes_do_not_fit),
		test(one_change_fits),
		test(few_searches_are_said_to_drift_that_do_not),
		test(a_guest_goes_on_while_it_teaches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "numbers.h"

#include "stats/cascade.h"
#include "stats/cascade_play.h"

/* 8 hosts, 40 containers, 2 deletions a second each, one in 4,000 fatal: a death every 50 s. */
static const struct cascade_model usual = {
	.hosts = 8,
	.containers = 40,
	.rate = 2,
	.lambda = 1 / 4000.0,
	.moves = MOVES_FREE,
	.horizon_s = 400,
};

static struct cascade_model with(double moves, double delay_s, double horizon_s)
{
	struct cascade_model m = usual;

	m.moves = moves;
	m.delay_s = delay_s;
	m.horizon_s = horizon_s;
	return m;
}

static double alive(const struct cascade *c, double t)
{
	double n = 0;

	for (size_t i = 0; i < c->n_hosts; i++)
		n += !(c->host[i].dead_s <= t);
	return n;
}

static double mean_alive(const struct cascade_model *m, double t, int cascades)
{
	struct rng r = rng_make(3);
	double sum = 0;

	for (int i = 0; i < cascades; i++) {
		_cleanup_cascade_ struct cascade c = { 0 };

		cascade_play(m, &r, &c);
		sum += alive(&c, t) / cascades;
	}
	return sum;
}

/* --- the model --- */

static void without_moves_hosts_fall_exponentially(void **state)
{
	const struct cascade_model m = with(0, 0, 1000);

	(void)state;
	for (double t = 100; t <= 1000; t += 300)
		assert_close(mean_alive(&m, t, 3000), 8 * exp(-t / 400), 0.04);
}

static void with_free_moves_hosts_die_at_one_rate(void **state)
{
	const struct cascade_model m = with(MOVES_FREE, 0, 5000);
	struct rng r = rng_make(4);
	double all_dead = 0;

	(void)state;
	assert_close(mean_alive(&m, 100, 3000), 8 - 100 / 50.0, 0.01);
	for (int i = 0; i < 3000; i++) {
		_cleanup_cascade_ struct cascade c = { 0 };
		double last = 0;

		cascade_play(&m, &r, &c);
		for (size_t k = 0; k < c.n_hosts; k++)
			last = fmax(last, c.host[k].dead_s);
		all_dead += last / 3000;
	}
	assert_close(all_dead, 8 * 50, 0.015); /* H / (lambda r C) */
}

/* H / lambda, whatever the limit. */
static void a_limit_changes_when_and_not_after_how_many_deletions(void **state)
{
	static const double moves[] = { 0, 2, 20, MOVES_FREE };
	struct rng r = rng_make(5);

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(moves); k++) {
		const struct cascade_model m = with(moves[k], 10, 1e6);
		double made = 0;

		for (int i = 0; i < 1500; i++) {
			_cleanup_cascade_ struct cascade c = { 0 };

			cascade_play(&m, &r, &c);
			for (size_t h = 0; h < c.n_hosts; h++)
				made += c.host[h].deletions / 1500;
		}
		assert_close(made, 8 * 4000, 0.03);
	}
}

static void no_more_are_moved_than_allowed(void **state)
{
	const struct cascade_model m = with(6, 5, 400);
	struct rng r = rng_make(6);

	(void)state;
	for (int i = 0; i < 50; i++) {
		_cleanup_cascade_ struct cascade c = { 0 };
		double has[8] = { 0 }, last = -10;

		cascade_play(&m, &r, &c);
		for (size_t k = 0; k < c.n_steps; k++) {
			const struct cascade_step *s = &c.step[k];

			assert_true(k == 0 || s->at_s >= c.step[k - 1].at_s);
			if (s->at_s > 0 && s->containers > 0) {
				assert_true(s->at_s >= last + 10 - 1e-9);
				assert_true(s->containers == has[s->host] + 1);
				last = s->at_s;
			}
			has[s->host] = s->containers;
		}
		for (size_t h = 0; h < c.n_hosts; h++)
			if (c.host[h].found_s >= 0)
				assert_close(c.host[h].found_s, c.host[h].dead_s + 5, 1e-9);
	}
}

static void a_forecast_has_the_model_s_middle_and_band(void **state)
{
	const struct cascade_model free_moves = with(MOVES_FREE, 0, 300), none = with(0, 0, 300);
	_cleanup_cascade_forecast_ struct cascade_forecast f = { 0 }, n = { 0 }, again = { 0 };

	(void)state;
	cascade_forecast(&free_moves, 31, 1000, 9, &f);
	cascade_forecast(&none, 31, 1000, 9, &n);
	assert_true(f.points == 31 && f.at_s[0] == 0 && f.at_s[30] == 300);
	assert_true(f.alive[0].median == 8 && f.alive[0].lo == 8);
	assert_true(f.alive[10].median == 6); /* Poisson of mean 2: median 2, 90 % within 0 to 5 */
	assert_true(f.alive[10].lo == 3 && f.alive[10].hi == 8);
	assert_close(f.half_s.median, 50 * 3.672, 0.06); /* the median of a gamma of 4 */
	/* the fourth of eight: the median of a beta of 4 and 5 is 0.4404 */
	assert_close(n.half_s.median, -400 * log(1 - 0.4404), 0.07);
	assert_close(n.served_mean, (1 - exp(-0.75)) / 0.75, 0.02);
	assert_true(f.dead.median > n.dead.median && f.served_mean > n.served_mean);
	cascade_forecast(&free_moves, 31, 1000, 9, &again);
	assert_true(memcmp(f.alive, again.alive, 31 * sizeof(*f.alive)) == 0);
}

/* --- estimates --- */

/* Cascades of some arms, and their fits. */
struct campaign {
	struct cascade c[12];
	size_t n;
};

static void play(struct campaign *k, const struct cascade_model *m, size_t arm, size_t cascades,
		 struct rng *r)
{
	for (size_t i = 0; i < cascades; i++) {
		cascade_play(m, r, &k->c[k->n]);
		k->c[k->n++].arm = arm;
	}
}

static void campaign_done(struct campaign *k)
{
	while (k->n)
		cascade_done(&k->c[--k->n]);
}

static void intervals_of_deaths_per_deletion_cover(void **state)
{
	static const double moves[] = { 0, 6, MOVES_FREE };

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(moves); k++) {
		/* some cascades end with the last host, others by the clock */
		const struct cascade_model m = with(moves[k], 5, 350);
		struct rng r = rng_make(k + 1);
		double held = 0;

		for (int i = 0; i < 600; i++) {
			_cleanup_cascade_fit_ struct cascade_fit f = { 0 };
			struct campaign c = { .n = 0 };

			play(&c, &m, 0, 2, &r);
			cascade_fit(c.c, c.n, 0, 0.95, &f);
			held += f.lambda.lo <= m.lambda && f.lambda.hi >= m.lambda;
			campaign_done(&c);
		}
		if (held / 600 < 0.94 || held / 600 > 0.99)
			fail_msg("%g moves: %g", moves[k], held / 600);
	}
}

struct shares {
	double growth, falling, dead, even, model_fits; /* of the campaigns */
};

static struct shares shares(const struct cascade_model *m, size_t cascades, int campaigns,
			    uint64_t seed)
{
	struct shares s = { 0 };
	struct rng r = rng_make(seed);
	const double one = 1.0 / campaigns;

	for (int i = 0; i < campaigns; i++) {
		_cleanup_cascade_fit_ struct cascade_fit f = { 0 };
		struct campaign c = { .n = 0 };

		play(&c, m, 0, cascades, &r);
		cascade_fit(c.c, c.n, 0, 0.95, &f);
		s.growth += f.growth.x_ci.lo > 0 ? one : 0;
		s.falling += f.growth.x_ci.hi < 0 ? one : 0;
		s.dead += f.dead.p < 0.05 ? one : 0;
		s.even += drift_in_order(&f.even) || drift_with_age(&f.even) ? one : 0;
		s.model_fits += f.law.deletions < f.law.growth ? one : 0;
		campaign_done(&c);
	}
	return s;
}

static void without_moves_nothing_is_said_to_grow(void **state)
{
	const struct cascade_model m = with(0, 5, 500);
	const struct shares s = shares(&m, 3, 600, 11);

	(void)state;
	if (s.growth > 0.035 || s.falling > 0.035)
		fail_msg("%g grow, %g fall", s.growth, s.falling);
	assert_true(s.growth + s.falling > 0.02);
}

static void with_free_moves_the_hazard_of_a_host_is_seen_to_grow(void **state)
{
	const struct cascade_model m = with(MOVES_FREE, 5, 350);
	const struct shares s = shares(&m, 12, 200, 12);

	(void)state;
	if (s.growth < 0.7 || s.falling > 0.001 || s.model_fits < 0.85)
		fail_msg("%g grow, %g fall, %g the model's", s.growth, s.falling, s.model_fits);
}

/* The hazard per deletion is constant in the model: that must not be doubted too often. */
static void a_true_model_is_seldom_doubted(void **state)
{
	static const double moves[] = { 0, 6, MOVES_FREE };

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(moves); k++) {
		const struct cascade_model m = with(moves[k], 5, 350);
		const struct shares s = shares(&m, 3, 600, 20 + k);

		if (s.dead > 0.075 || s.even > 0.035)
			fail_msg("%g moves: %g by the dead, %g uneven", moves[k], s.dead, s.even);
		assert_true(s.dead > 0.02);
	}
}

/* As if each death made deletions half as dangerous again: deaths come early. */
static void deaths_that_breed_deaths_are_seen(void **state)
{
	struct rng r = rng_make(31);
	double seen = 0, factor = 0;

	(void)state;
	for (int i = 0; i < 200; i++) {
		_cleanup_cascade_fit_ struct cascade_fit f = { 0 };
		struct campaign c = { .n = 0 };
		const struct cascade_model m = with(0, 0, 1000);

		for (size_t k = 0; k < 4; k++) {
			struct cascade *a = &c.c[c.n++];
			double t = 0;

			cascade_play(&m, &r, a);
			for (size_t h = 0; h < 8; h++) { /* one host after the other */
				t += -log(rng_unit(&r)) * 400 / (8.0 - (double)h) /
				     pow(1.5, (double)h);
				a->host[h].dead_s = t;
				a->host[h].target = true;
				a->host[h].found_s = a->host[h].deletions = NAN;
			}
			a->n_steps = 8;
		}
		cascade_fit(c.c, c.n, 0, 0.95, &f);
		seen += f.dead.x_ci.lo > 0;
		factor += exp(f.dead.x) / 200;
		campaign_done(&c);
	}
	if (seen < 160 || fabs(factor - 1.5) > 0.15)
		fail_msg("%g of 200, factor %g", seen, factor);
}

/* --- arms --- */

static double told_apart(double factor, size_t arms, int campaigns)
{
	struct rng r = rng_make(41);
	double n = 0;

	for (int i = 0; i < campaigns; i++) {
		struct cascade_fit f[3] = { 0 };
		const struct cascade_fit *all[3] = { &f[0], &f[1], &f[2] };
		struct campaign c = { .n = 0 };

		for (size_t k = 0; k < arms; k++) {
			struct cascade_model m = with(k ? MOVES_FREE : 0, 5, 350);

			m.lambda *= k ? factor : 1;
			play(&c, &m, k, 2, &r);
			cascade_fit(c.c, c.n, k, 0.95, &f[k]);
		}
		n += cascade_alike_p(all, arms) < 0.05;
		for (size_t k = 0; k < arms; k++)
			cascade_fit_done(&f[k]);
		campaign_done(&c);
	}
	return n / campaigns;
}

static void arms_that_are_alike_are_seldom_told_apart(void **state)
{
	const double two = told_apart(1, 2, 600), three = told_apart(1, 3, 60);

	(void)state;
	if (two > 0.05 || three > 0.12)
		fail_msg("%g of two, %g of three", two, three);
	assert_true(two > 0.01);
}

static void arms_that_differ_are_told_apart(void **state)
{
	(void)state;
	assert_true(told_apart(4, 2, 200) > 0.85);
	assert_true(told_apart(4, 3, 30) > 0.85);
}

/* --- by hand --- */

/* Two hosts of 10 containers, 1 deletion a second each. One dies at 30 s, is found at 40, the other
 * gets its containers and dies at 60; watched to 100. */
static struct cascade two_hosts(void)
{
	struct cascade c = { .n_hosts = 2, .containers = 20, .rate = 1, .end_s = 100 };

	c.host = xcalloc(2, sizeof(*c.host));
	c.host[0] = (struct cascade_host){ 30, true, 40, NAN };
	c.host[1] = (struct cascade_host){ 60, true, 65, NAN };
	cascade_add_step(&c, 0, 0, 10);
	cascade_add_step(&c, 0, 1, 10);
	cascade_add_step(&c, 40, 0, 0);
	cascade_add_step(&c, 40, 1, 20);
	cascade_add_step(&c, 65, 1, 0);
	return c;
}

static void two_hosts_by_hand(void **state)
{
	_cleanup_cascade_ struct cascade c = two_hosts();
	_cleanup_cascade_fit_ struct cascade_fit f = { 0 };

	(void)state;
	cascade_fit(&c, 1, CASCADE_ALL_ARMS, 0.95, &f);
	assert_true(f.cascades == 1 && f.hosts == 2 && f.died == 2 && f.otherwise == 0);
	assert_close(f.deletions, 10 * 30 + 10 * 40 + 20 * 20, 1e-12);
	assert_close(f.container_s, 1100, 1e-12);
	assert_close(f.host_s, 90, 1e-12);
	assert_close(f.rate, 1, 1e-12);
	assert_close(f.expo.rate, 2 / 1100.0, 1e-12);
	assert_interval(f.lambda, 0.000220192, 0.00656789, 1e-4); /* R: poisson.test(2, 1100) */
	assert_true(f.delays == 2);
	assert_close(f.delay_s, 7.5, 1e-12);
	assert_true(f.n_stages == 2);
	assert_close(f.stage[0].deletions, 600, 1e-12);
	assert_close(f.stage[1].deletions, 500, 1e-12);
	assert_true(f.stage[0].died == 1 && f.stage[1].died == 1);
	assert_close(exp(f.dead.x), (1 / 500.0) / (1 / 600.0), 1e-6);
	assert_close(cascade_half_s(&c), 30, 1e-12);
	assert_close(cascade_served(&c), 1100, 1e-12);
	/* constant: 2 log(2/90) - 2; deletions: 2 log(2/1100) + log 10 + log 20 - 2 */
	assert_close(f.law.constant, 2 - 2 * (2 * log(2 / 90.0) - 2), 1e-9);
	assert_close(f.law.deletions, 2 - 2 * (2 * log(2 / 1100.0) + log(200) - 2), 1e-9);
}

static void what_hosts_counted_goes_before_what_they_should_have(void **state)
{
	_cleanup_cascade_ struct cascade c = two_hosts();
	_cleanup_cascade_fit_ struct cascade_fit f = { 0 };

	(void)state;
	c.host[1].deletions = 400; /* half of what it was to do */
	c.host[0].target = false;  /* and the other was lost to something else */
	cascade_fit(&c, 1, 0, 0.95, &f);
	assert_close(f.deletions, 300 + 400, 1e-12);
	assert_close(f.rate, 700 / 1100.0, 1e-12);
	assert_true(f.died == 1 && f.otherwise == 1);
	assert_true(f.stage[0].died == 0 && f.stage[1].died == 1);
	assert_close(f.stage[0].deletions, 300 + 150, 1e-12);
}

/* --- nothing to go by --- */

static void no_deaths_give_a_bound_and_nothing_else(void **state)
{
	struct cascade_model m = with(MOVES_FREE, 0, 100);
	_cleanup_cascade_ struct cascade c = { 0 };
	_cleanup_cascade_fit_ struct cascade_fit f = { 0 };
	struct rng r = rng_make(1);

	(void)state;
	m.lambda = 0;
	cascade_play(&m, &r, &c);
	cascade_fit(&c, 1, 0, 0.95, &f);
	assert_true(f.died == 0 && f.deletions > 7999);
	assert_close(f.lambda.lo, 0, 0);
	assert_close(f.lambda.hi, 3.688879 / 8000, 1e-5);
	assert_true(isnan(f.growth.x) && isnan(f.dead.p) && isnan(f.law.growth));
	assert_true(isnan(f.delay_s) && isnan(cascade_half_s(&c)));
	assert_true(isnan(cascade_alike_p((const struct cascade_fit *[]){ &f, &f }, 2)));
}

static void one_host_is_no_cascade_but_counts(void **state)
{
	struct cascade_model m = { 1, 3, 1, 1 / 30.0, MOVES_FREE, 5, 1000 };
	_cleanup_cascade_ struct cascade c = { 0 };
	_cleanup_cascade_fit_ struct cascade_fit f = { 0 };
	struct rng r = rng_make(1);

	(void)state;
	cascade_play(&m, &r, &c);
	cascade_fit(&c, 1, 0, 0.95, &f);
	assert_true(f.died == 1 && f.n_stages == 1 && isfinite(f.expo.rate));
	assert_true(isnan(f.dead.x)); /* no host was dead before another */
	assert_close(cascade_half_s(&c), c.host[0].dead_s, 0);
}

/* Deaths that no deletions lie between did not come of deletions. */
static void all_at_once_is_no_poisson_process(void **state)
{
	const struct cascade_model m = with(0, 0, 500);
	struct cascade_model still = m;
	_cleanup_cascade_fit_ struct cascade_fit f = { 0 };
	struct campaign c = { .n = 0 };
	struct rng r = rng_make(1);

	(void)state;
	still.lambda = 0;
	play(&c, &still, 0, 1, &r);
	for (size_t h = 0; h < 8; h++) {
		c.c[0].host[h].dead_s = 200;
		c.c[0].host[h].target = true;
		c.c[0].host[h].deletions = NAN;
	}
	cascade_fit(c.c, c.n, 0, 0.95, &f);
	assert_true(f.died == 8 && isfinite(f.expo.rate));
	assert_true(isnan(f.growth.x)); /* all at the end of all lives */
	assert_true(drift_with_age(&f.even));
	campaign_done(&c);
}

static void nothing_at_all_is_survived(void **state)
{
	_cleanup_cascade_ struct cascade c = { .n_hosts = 0 };
	_cleanup_cascade_fit_ struct cascade_fit f = { 0 }, g = { 0 };
	struct cascade_model m = { 2, 0, 1, 0.1, 1, 0, 10 };
	_cleanup_cascade_forecast_ struct cascade_forecast w = { 0 };

	(void)state;
	cascade_fit(NULL, 0, 0, 0.95, &f);
	assert_true(f.cascades == 0 && isnan(f.expo.rate) && isnan(f.lambda.hi) && isnan(f.rate));
	cascade_fit(&c, 1, 0, 0.95, &g);
	assert_true(g.cascades == 1 && g.hosts == 0 && isnan(cascade_half_s(&c)));
	cascade_forecast(&m, 2, 10, 1, &w); /* no container */
	assert_true(w.dead.hi == 0 && isinf(w.half_s.median));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(without_moves_hosts_fall_exponentially),
		test(with_free_moves_hosts_die_at_one_rate),
		test(a_limit_changes_when_and_not_after_how_many_deletions),
		test(no_more_are_moved_than_allowed),
		test(a_forecast_has_the_model_s_middle_and_band),
		test(intervals_of_deaths_per_deletion_cover),
		test(without_moves_nothing_is_said_to_grow),
		test(with_free_moves_the_hazard_of_a_host_is_seen_to_grow),
		test(a_true_model_is_seldom_doubted),
		test(deaths_that_breed_deaths_are_seen),
		test(arms_that_are_alike_are_seldom_told_apart),
		test(arms_that_differ_are_told_apart),
		test(two_hosts_by_hand),
		test(what_hosts_counted_goes_before_what_they_should_have),
		test(no_deaths_give_a_bound_and_nothing_else),
		test(one_host_is_no_cascade_but_counts),
		test(all_at_once_is_no_poisson_process),
		test(nothing_at_all_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

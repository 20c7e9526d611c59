/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "model/plan.h"

static char *names[] = { "a", "b", "c" };
static struct arm arms[] = { { .name = "a" }, { .name = "b" }, { .name = "c" } };
static const struct scenario sc = {
	.name = "s", .arm = arms, .n_arms = 3, .stop = { .trials = 200 }
};

static void every_block_holds_each_arm_once(void **state)
{
	struct plan p;

	(void)state;
	plan_make(&sc, sc.stop.trials, 1, &p);
	assert_int_equal(p.n, 600);
	for (size_t b = 0; b < 200; b++) {
		unsigned seen = 0;

		for (size_t i = 0; i < 3; i++) {
			const struct planned *t = &p.trial[b * 3 + i];

			assert_int_equal(t->trial, b * 3 + i + 1);
			assert_int_equal(t->block, b);
			seen |= 1u << t->arm;
		}
		assert_int_equal(seen, 7);
	}
	plan_done(&p);
}

/* Six orders of three arms, 200 blocks: chi-square with 5 degrees of freedom, 0.1 % at 20.5. */
static void the_orders_are_all_alike_in_number(void **state)
{
	unsigned count[27] = { 0 };
	double chi2 = 0;
	unsigned orders = 0;
	struct plan p;

	(void)state;
	plan_make(&sc, sc.stop.trials, 7, &p);
	for (size_t b = 0; b < 200; b++)
		count[p.trial[b * 3].arm * 9 + p.trial[b * 3 + 1].arm * 3 +
		      p.trial[b * 3 + 2].arm]++;
	for (size_t i = 0; i < 27; i++) {
		const double off = count[i] - 200 / 6.0;

		orders += count[i] > 0;
		chi2 += count[i] ? off * off / (200 / 6.0) : 0;
	}
	assert_int_equal(orders, 6);
	assert_true(chi2 < 20.5);
	plan_done(&p);
}

static void the_seed_decides_everything(void **state)
{
	struct plan a, b, c;
	size_t same_seed = 0;

	(void)state;
	plan_make(&sc, sc.stop.trials, 42, &a);
	plan_make(&sc, sc.stop.trials, 42, &b);
	plan_make(&sc, sc.stop.trials, 43, &c);
	assert_memory_equal(a.trial, b.trial, a.n * sizeof(*a.trial));
	for (size_t i = 0; i < a.n; i++)
		for (size_t j = 0; j < a.n; j++)
			same_seed += i != j && a.trial[i].seed == a.trial[j].seed;
	assert_int_equal(same_seed, 0);
	assert_true(a.trial[0].seed != c.trial[0].seed);
	plan_done(&a);
	plan_done(&b);
	plan_done(&c);
}

/* More trials may be asked for later: the ones already run must stay what they were. */
static void a_longer_plan_begins_with_the_shorter_one(void **state)
{
	struct scenario longer = sc;
	struct plan a, b;

	(void)state;
	longer.stop.trials = 300;
	plan_make(&sc, sc.stop.trials, 42, &a);
	plan_make(&longer, longer.stop.trials, 42, &b);
	assert_memory_equal(a.trial, b.trial, a.n * sizeof(*a.trial));
	plan_done(&a);
	plan_done(&b);
}

static void additions_are_new_trials_in_blocks_of_their_own(void **state)
{
	struct scenario small = sc;
	struct plan p, q;
	struct planned t;

	(void)state;
	small.stop.trials = 2;
	plan_make(&small, small.stop.trials, 5, &p);
	plan_make(&small, small.stop.trials, 5, &q);
	t = *plan_add(&p, 1, 0);
	assert_int_equal(t.trial, 7);
	assert_int_equal(t.block, 2);
	assert_int_equal(t.arm, 1);
	assert_int_equal(plan_add(&p, 0, 0)->block, 2);
	assert_int_equal(plan_add(&p, 1, 0)->block, 3);
	assert_true(plan_add(&q, 1, 0)->seed == t.seed); /* same seed and history: same trial */
	plan_done(&p);
	plan_done(&q);
}

static void plans_survive_json_both_ways(void **state)
{
	struct err err = { 0 };
	struct plan p, back;
	json_t *j;

	(void)state;
	plan_make(&sc, sc.stop.trials, UINT64_MAX, &p); /* JSON's integers have 63 bits */
	plan_add(&p, 2, 0);
	j = plan_to_json(&p, &sc);
	assert_string_equal(json_string_value(json_array_get(json_object_get(j, "arms"), 1)),
			    names[1]);
	assert_ok(plan_from_json(j, &back, &err));
	assert_int_equal(back.n, p.n);
	assert_int_equal(back.n_arms, 3);
	assert_true(back.seed == p.seed);
	assert_memory_equal(back.trial, p.trial, p.n * sizeof(*p.trial));
	assert_true(plan_add(&back, 0, 0)->seed == plan_add(&p, 0, 0)->seed);
	json_decref(j);
	plan_done(&p);
	plan_done(&back);
}

static void a_torn_plan_is_refused(void **state)
{
	static const char *const bad[] = {
		"[]",
		"{}",
		"{\"arms\": [\"a\"]}",
		"{\"arms\": [], \"trials\": []}",
		"{\"arms\": [\"a\"], \"trials\": [{\"trial\": 2, \"arm\": 0}]}",
		"{\"arms\": [\"a\"], \"trials\": [{\"trial\": 1, \"arm\": 1}]}",
		"{\"arms\": [\"a\"], \"trials\": [{\"trial\": 1}]}",
		"{\"arms\": [\"a\"], \"trials\": [4]}",
		"{\"arms\": [\"a\"], \"trials\": [{\"trial\": 1, \"arm\": 0, \"seed\": \"x\"}]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		json_t *j = json_loads(bad[i], 0, NULL);
		struct err err = { 0 };
		struct plan p = { 0 };

		assert_non_null(j);
		if (plan_from_json(j, &p, &err) >= 0)
			fail_msg("accepted: %s", bad[i]);
		assert_true(err.msg[0]);
		assert_null(p.trial);
		json_decref(j);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(every_block_holds_each_arm_once),
		test(the_orders_are_all_alike_in_number),
		test(the_seed_decides_everything),
		test(a_longer_plan_begins_with_the_shorter_one),
		test(additions_are_new_trials_in_blocks_of_their_own),
		test(plans_survive_json_both_ways),
		test(a_torn_plan_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

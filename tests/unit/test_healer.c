/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cascades played by hand: the auto-healer sees trials, ages and verdicts, and nothing else. */
#include "unit.h"

#include <stdio.h>

#include "model/cascade.h"
#include "run/cascade.h"

enum { HOSTS = 4, CONTAINERS = 10, SOAK_S = 100 };

struct play {
	struct campaign c;
	struct strategy *s;
	uint64_t now_ns;
	struct journal_record rec[400]; /* all that was ordered */
	char line[400][256];
	size_t n, seen;
};

static void begin(struct play *p, const char *arms)
{
	_cleanup_free_
	char *text = xasprintf("guest: { backend: fake }\nload: { container-churn: { } }\n"
			       "limits: { soak: %ds }\nfake: { clock: real }\n"
			       "cascade: { hosts: %d, containers: %d, rate: 0.5/s }\n%s\n"
			       "stop: { trials: 2 }\n",
			       SOAK_S, HOSTS, CONTAINERS, arms);
	struct scenario sc = { 0 };
	struct err err = { 0 };

	memset(p, 0, sizeof(*p));
	assert_ok(scenario_parse("cascade.yaml", text, strlen(text), NULL, &sc, &err));
	campaign_init(&p->c, &sc, 7, false);
	assert_ok(strategy_load(&strategy_cascade, &p->c, NULL, &p->s, &err));
	p->now_ns = 1000 * NS_PER_S;
}

static void end(struct play *p)
{
	p->s = strategy_free(p->s);
	campaign_done(&p->c);
}

static void orders(struct play *p)
{
	struct order o = { 0 };

	while (p->s->ops->orders(p->s, &p->c, p->now_ns, &o)) {
		assert_true(p->n < ARRAY_SIZE(p->rec));
		snprintf(p->line[p->n], sizeof(p->line[0]), "%s", o.line);
		p->rec[p->n++] = o.rec;
		o = (struct order){ 0 };
	}
}

/* Fills the slots: how many were wished for. All boot in no time and soak. */
static size_t fill(struct play *p)
{
	struct wish w = { 0 };
	size_t n = 0;

	orders(p);
	for (; p->s->ops->next(p->s, &p->c, p->now_ns, &w); n++) {
		uint64_t t = campaign_add(&p->c, w.arm, w.soak_ns)->trial;

		p->c.state[t - 1] = TRIAL_RUNNING;
		p->c.soak[t - 1] = (struct soak){ .begun = true };
	}
	return n;
}

static void pass(struct play *p, double s)
{
	p->now_ns += (uint64_t)(s * 1e9);
	orders(p);
}

/* Its soak is over; the verdict is still to come. */
static void fall(struct play *p, uint64_t trial)
{
	p->c.soak[trial - 1].over_ns = p->now_ns;
	orders(p);
}

static void verdict(struct play *p, uint64_t trial, enum outcome outcome)
{
	struct verdict v = { .trial = trial, .outcome = outcome };

	snprintf(v.reason, sizeof(v.reason), "was hit by a bus");
	campaign_ended(&p->c, trial, &v);
	p->s->ops->ended(p->s, &p->c, campaign_trial(&p->c, trial), &v);
	orders(p);
}

static void die(struct play *p, uint64_t trial)
{
	fall(p, trial);
	verdict(p, trial, OUTCOME_FAILED);
}

/* The records since the last call: "1=3 begin, 2=0 died +3, ..." */
static const char *news(struct play *p)
{
	static char text[2048];
	struct buf b = BUF_INIT;

	for (; p->seen < p->n; p->seen++) {
		const struct journal_record *r = &p->rec[p->seen];

		if (b.len)
			buf_puts(&b, ", ");
		if (r->event == JOURNAL_CASCADE_END)
			buf_printf(&b, "end of %d: %s", (int)r->cascade, r->why);
		else
			buf_printf(&b, "%d=%d %s +%d", (int)r->trial, (int)r->containers, r->why,
				   (int)r->pending);
	}
	snprintf(text, sizeof(text), "%s", buf_str(&b));
	buf_done(&b);
	return text;
}

static void survive(struct play *p, const uint64_t *trial, size_t n)
{
	for (size_t i = 0; i < n; i++)
		verdict(p, trial[i], OUTCOME_SURVIVED);
}

/* ---- what a scenario says ---- */

static void a_cascades_load_idles_and_lives_count_from_the_placement(void **state)
{
	static struct play p;
	const struct settings *s;

	(void)state;
	begin(&p, "");
	s = &p.c.scenario.arm[0].settings;
	assert_string_equal(pairs_get(&s->load[0].args, "rate"), "0");
	assert_int_equal(s->exposure_starts, EXPOSURE_PLACEMENT);
	assert_int_equal(cascade_rate(&s->cascade, 3), 1500000);
	assert_int_equal(scenario_slots(&p.c.scenario, 1), HOSTS);
	end(&p);
}

static void moves_are_a_rate_or_a_word(void **state)
{
	static const struct {
		const char *word;
		uint64_t ns;
	} good[] = {
		{ "free", 0 },
		{ "none", TIME_NEVER },
		{ "6/m", 10 * NS_PER_S },
		{ "0.5/s", 2 * NS_PER_S },
	};
	static const char *const bad[] = { "", "6", "0/m", "6/min", "-1/s", "freely" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct cascade_wish w = { .moves = (char *)(uintptr_t)good[i].word };

		assert_true(cascade_is_moves(good[i].word));
		assert_int_equal(cascade_move_ns(&w), good[i].ns);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(cascade_is_moves(bad[i]));
}

static void what_does_not_go_together_is_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "guest: { backend: fake }\nfake: { clock: real }\ncascade: { hosts: 3 }\n",
		  "needs a load whose rate can be changed" },
		{ "guest: { backend: fake }\nload: { container-churn: }\ncascade: { hosts: 3 }\n",
		  "say fake.clock: real" },
		{ "guest: { backend: fake }\nfake: { clock: real }\nload: { container-churn: }\n"
		  "cascade: { hosts: 13 }\n",
		  "should be as many as cascade.hosts" },
		{ "guest: { backend: fake }\nfake: { clock: real }\n"
		  "load: { container-churn: { rate: 2/s } }\ncascade: { hosts: 3 }\n",
		  "leave it out, and say cascade.rate" },
		{ "guest: { backend: fake }\nfake: { clock: real }\nload: { container-churn: }\n"
		  "cascade: { hosts: 3, rate: 100/s }\n",
		  "container-churn does 1000/s at most" },
		{ "guest: { backend: fake }\nfake: { clock: real }\nload: { container-churn: }\n"
		  "arms: { a: { cascade: { hosts: 3 } }, b: }\n",
		  "either all arms are cascades, or none is" },
		{ "guest: { backend: fake }\nexposure: { starts: placement }\n",
		  "nothing is placed without a cascade" },
		{ "guest: { backend: fake }\nfake: { clock: real }\nload: { container-churn: }\n"
		  "cascade: { hosts: 3, moves: 6 }\n",
		  "should be free, none, or a rate such as 6/m" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scenario sc = { 0 };
		struct err err = { 0 };

		assert_true(scenario_parse("x.yaml", cases[i].text, strlen(cases[i].text), NULL,
					   &sc, &err) < 0);
		if (!strstr(err.msg, cases[i].says))
			fail_msg("%s\nis not: %s", err.msg, cases[i].says);
	}
}

/* ---- the healer ---- */

static void containers_are_placed_evenly_when_the_last_host_is_ready(void **state)
{
	static struct play p;

	(void)state;
	begin(&p, "");
	assert_int_equal(fill(&p), HOSTS);
	p.c.soak[3].begun = false;
	pass(&p, 10);
	assert_string_equal(news(&p), "");
	p.c.soak[3].begun = true;
	pass(&p, 1);
	assert_string_equal(news(&p), "1=3 begin +0, 2=3 begin +0, 3=2 begin +0, 4=2 begin +0");
	assert_string_equal(p.line[0],
			    "until ns=100000000000\ntune load=container-churn rate=1500000\n");
	assert_int_equal(fill(&p), 0);
	end(&p);
}

static void all_that_a_dead_host_had_goes_to_the_least_loaded_at_once(void **state)
{
	static struct play p;

	(void)state;
	begin(&p, "");
	fill(&p);
	pass(&p, 1);
	news(&p);
	fall(&p, 1);
	assert_string_equal(news(&p), "1=0 died +3, 2=4 moved +2, 3=3 moved +1, 4=3 moved +0");
	fall(&p, 3); /* while the first is in its last words */
	assert_string_equal(news(&p), "3=0 died +3, 2=5 moved +2, 4=5 moved +0");
	verdict(&p, 1, OUTCOME_FAILED);
	verdict(&p, 3, OUTCOME_OTHER);
	assert_string_equal(news(&p), "");
	die(&p, 2);
	assert_string_equal(news(&p), "2=0 died +5, 4=10 moved +0");
	assert_string_equal(p.line[p.n - 1], "tune load=container-churn rate=5000000\n");
	fall(&p, 4);
	assert_string_equal(news(&p), "4=0 died +10");
	verdict(&p, 4, OUTCOME_FAILED);
	assert_string_equal(news(&p), "end of 1: all-dead");
	end(&p);
}

static void a_limit_is_kept_to_the_move(void **state)
{
	static struct play p;

	(void)state;
	begin(&p, "arms: { limited: { cascade: { moves: 6/m } } }");
	fill(&p);
	pass(&p, 1);
	news(&p);
	die(&p, 1);
	assert_string_equal(news(&p), "1=0 died +3, 3=3 moved +2");
	pass(&p, 9.9);
	assert_string_equal(news(&p), "");
	pass(&p, 0.2);
	assert_string_equal(news(&p), "4=3 moved +1");
	die(&p, 2); /* those that wait already keep their turn */
	assert_string_equal(news(&p), "2=0 died +4");
	pass(&p, 40);
	assert_string_equal(news(&p), "3=5 moved +2, 4=5 moved +0");
	pass(&p, 20);
	die(&p, 3); /* nothing waited: the first goes at once, and only that */
	assert_string_equal(news(&p), "3=0 died +5, 4=6 moved +4");
	end(&p);
}

static void without_moves_each_dies_on_its_own(void **state)
{
	static struct play p;

	(void)state;
	begin(&p, "arms: { none: { cascade: { moves: none } } }");
	fill(&p);
	pass(&p, 1);
	news(&p);
	die(&p, 1);
	pass(&p, 50);
	die(&p, 2);
	assert_string_equal(news(&p), "1=0 died +3, 2=0 died +6");
	end(&p);
}

/* Whatever happens: what lives, and what waits, is what there was; free, limited, and not at
 * all. */
static void no_container_is_lost_or_made(void **state)
{
	static const char *const arms[] = { "", "arms: { a: { cascade: { moves: 12/m } } }",
					    "arms: { a: { cascade: { moves: none } } }" };
	static struct play p;

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(arms); k++) {
		uint64_t has[HOSTS + 1] = { 0 };

		begin(&p, arms[k]);
		fill(&p);
		for (int i = 0; i < 90; i++) {
			pass(&p, 1);
			if (i == 10 || i == 11 || i == 30)
				die(&p, (uint64_t)(i == 10 ? 2 : i == 11 ? 4 : 1));
		}
		for (size_t i = 0; i < p.n; i++) {
			uint64_t sum = p.rec[i].pending;

			has[p.rec[i].trial] = p.rec[i].containers;
			for (size_t h = 1; h <= HOSTS; h++)
				sum += has[h];
			if (i >= HOSTS - 1)
				assert_int_equal(sum, CONTAINERS);
		}
		end(&p);
	}
}

static void at_the_horizon_nobody_dies_or_moves_any_more(void **state)
{
	static const uint64_t all[] = { 1, 2, 3, 4 };
	static struct play p;

	(void)state;
	begin(&p, "");
	fill(&p);
	pass(&p, 1);
	news(&p);
	pass(&p, SOAK_S);
	for (uint64_t t = 1; t <= HOSTS; t++)
		fall(&p, t); /* that is how their trials say that they have survived */
	assert_string_equal(news(&p), "");
	survive(&p, all, 4);
	assert_string_equal(news(&p), "end of 1: time");
	assert_int_equal(fill(&p), HOSTS); /* the next */
	end(&p);
}

/* ---- what goes wrong ---- */

static void a_host_that_is_lost_before_the_placement_is_replaced(void **state)
{
	static struct play p;

	(void)state;
	begin(&p, "");
	fill(&p);
	p.c.soak[3].begun = false;
	verdict(&p, 4, OUTCOME_INFRA);
	assert_int_equal(fill(&p), 1);
	verdict(&p, 2, OUTCOME_OTHER); /* it died idle: that is none of the cascade's deaths */
	assert_int_equal(fill(&p), 1);
	pass(&p, 1);
	assert_string_equal(news(&p), "1=3 begin +0, 3=3 begin +0, 5=2 begin +0, 6=2 begin +0");
	end(&p);
}

static void a_host_that_is_lost_later_makes_it_void_and_it_is_done_again(void **state)
{
	static struct play p;
	uint64_t arm;

	(void)state;
	begin(&p, "arms: { a: , b: { cascade: { moves: none } } }");
	fill(&p);
	pass(&p, 1);
	arm = p.c.plan.trial[0].arm;
	news(&p);
	fall(&p, 2); /* it looks like a death, until the verdict says otherwise */
	assert_non_null(strstr(news(&p), "2=0 died +3"));
	assert_false(strategy_enough(p.s, &p.c, campaign_trial(&p.c, 1), NS_PER_S));
	verdict(&p, 2, OUTCOME_STOPPED);
	assert_string_equal(news(&p), "end of 1: void: trial 2 was hit by a bus");
	assert_int_equal(fill(&p), 0);
	for (uint64_t t = 1; t <= HOSTS; t++)
		if (t != 2) {
			struct verdict v = { .outcome = OUTCOME_STOPPED, .enough = true };

			assert_true(strategy_enough(p.s, &p.c, campaign_trial(&p.c, t), NS_PER_S));
			campaign_ended(&p.c, t, &v);
			p.s->ops->ended(p.s, &p.c, campaign_trial(&p.c, t), &v);
		}
	assert_int_equal(fill(&p), HOSTS);
	assert_int_equal(p.c.plan.trial[HOSTS].arm, arm);
	pass(&p, 1);
	assert_int_equal(p.rec[p.n - 1].cascade, 2);
	end(&p);
}

static void each_arm_has_its_cascades_and_then_it_is_done(void **state)
{
	static struct play p;
	uint64_t of[2] = { 0 };
	size_t n = 0;

	(void)state;
	begin(&p, "arms: { a: , b: { cascade: { moves: none } } }");
	while (fill(&p)) {
		const uint64_t first = p.c.plan.n - HOSTS + 1;

		n++;
		of[p.c.plan.trial[first - 1].arm]++;
		pass(&p, 1);
		pass(&p, SOAK_S);
		for (uint64_t t = first; t <= p.c.plan.n; t++)
			verdict(&p, t, OUTCOME_SURVIVED);
	}
	assert_int_equal(n, 4);
	assert_int_equal(of[0], 2);
	assert_int_equal(of[1], 2);
	end(&p);
}

/* What the runner was told so far, told again to the one that takes the run up. */
static void one_that_was_interrupted_is_void_and_done_again(void **state)
{
	static struct play p, q;
	static const uint64_t all[] = { 1, 2, 3, 4 };

	(void)state;
	begin(&p, "");
	fill(&p);
	pass(&p, 1);
	pass(&p, SOAK_S);
	survive(&p, all, 4);
	fill(&p);
	pass(&p, 1);
	die(&p, 6);

	begin(&q, "");
	for (uint64_t t = 1; t <= p.c.plan.n; t++) {
		struct journal_record add = { .event = JOURNAL_ADD, .trial = t };

		snprintf(add.why, sizeof(add.why), "cascade %d, ...", t <= HOSTS ? 1 : 2);
		campaign_add(&q.c, 0, 0);
		q.s->ops->recall(q.s, &q.c, &add);
		for (size_t i = 0; t == HOSTS && i < p.n && p.rec[i].cascade == 1; i++)
			q.s->ops->recall(q.s, &q.c, &p.rec[i]);
	}
	for (size_t i = 0; i < p.n; i++)
		if (p.rec[i].cascade == 2)
			q.s->ops->recall(q.s, &q.c, &p.rec[i]);
	for (uint64_t t = 1; t <= q.c.plan.n; t++) {
		struct verdict v = { .outcome = t <= HOSTS ? OUTCOME_SURVIVED : OUTCOME_STOPPED };

		campaign_ended(&q.c, t, &v);
		q.s->ops->ended(q.s, &q.c, campaign_trial(&q.c, t), &v);
	}
	assert_int_equal(fill(&q), HOSTS);
	assert_string_equal(news(&q), "end of 2: void: the run was interrupted");
	pass(&q, 1);
	assert_string_equal(news(&q), "9=3 begin +0, 10=3 begin +0, 11=2 begin +0, 12=2 begin +0");
	assert_int_equal(q.rec[q.n - 1].cascade, 3);
	end(&p);
	end(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_cascades_load_idles_and_lives_count_from_the_placement),
		test(moves_are_a_rate_or_a_word),
		test(what_does_not_go_together_is_refused),
		test(containers_are_placed_evenly_when_the_last_host_is_ready),
		test(all_that_a_dead_host_had_goes_to_the_least_loaded_at_once),
		test(a_limit_is_kept_to_the_move),
		test(without_moves_each_dies_on_its_own),
		test(no_container_is_lost_or_made),
		test(at_the_horizon_nobody_dies_or_moves_any_more),
		test(a_host_that_is_lost_before_the_placement_is_replaced),
		test(a_host_that_is_lost_later_makes_it_void_and_it_is_done_again),
		test(each_arm_has_its_cascades_and_then_it_is_done),
		test(one_that_was_interrupted_is_void_and_done_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

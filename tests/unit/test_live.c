/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run shows while it runs: figures, and lines that fit. */
#include "unit.h"

#include "base/str.h"
#include "run/live.h"

static const char text[] =
	"guest: { backend: fake }\nlimits: { soak: 60s }\n"
	"stop: { trials: 4, budget: 10m }\n"
	"arms:\n  bad:\n  a-rather-long-name-of-an-arm: { fake: { scale: none } }\n";

struct world {
	struct campaign c;
	struct live *live;
};

static struct world world_of(const char *scenario)
{
	struct scenario sc = { 0 };
	struct err err = { 0 };
	struct world w;

	assert_ok(scenario_parse("w.yaml", scenario, strlen(scenario), NULL, &sc, &err));
	campaign_init(&w.c, &sc, 1, true);
	return w;
}

static uint64_t next_of(const struct world *w, uint64_t arm)
{
	for (size_t i = 0; i < w->c.plan.n; i++)
		if (w->c.plan.trial[i].arm == arm && w->c.state[i] == TRIAL_WAITING)
			return i + 1;
	fail_msg("no trial of arm %d waits", (int)arm);
	return 0;
}

static void ends(struct world *w, uint64_t arm, enum outcome o, double seconds)
{
	const uint64_t trial = next_of(w, arm);
	const struct verdict v = { .outcome = o,
				   .trial = trial,
				   .exposure_ns = (uint64_t)(seconds * 1e9),
				   .wall_ns = 20 * NS_PER_S };

	campaign_ended(&w->c, trial, &v);
	live_count(w->live, campaign_trial(&w->c, trial), &v);
}

static void runs_since(struct world *w, uint64_t arm, uint64_t from_ns)
{
	const uint64_t trial = next_of(w, arm);

	w->c.state[trial - 1] = TRIAL_RUNNING;
	w->c.soak[trial - 1].from_ns = from_ns;
}

static void done(struct world *w)
{
	live_free(w->live);
	campaign_done(&w->c);
}

static void who_still_runs_counts_as_alive_until_now(void **state)
{
	struct world w = world_of(text);
	struct live_arm a;

	(void)state;
	w.live = live_new(&w.c, 2);
	ends(&w, 0, OUTCOME_FAILED, 10);
	ends(&w, 0, OUTCOME_INFRA, 0);
	runs_since(&w, 0, 100 * NS_PER_S);
	live_look(w.live, 0, 130 * NS_PER_S, &a);
	assert_int_equal(a.told, 1);
	assert_int_equal(a.planned, 4);
	assert_int_equal(a.running, 1);
	assert_true(fabs(a.expo.total_time - 40) < 1e-9);
	assert_true(fabs(a.expo.mttf - 40) < 1e-9);
	assert_true(a.mttf_ci.lo > 5 && a.mttf_ci.lo < 40 && a.mttf_ci.hi > 40);
	live_look(w.live, 1, 130 * NS_PER_S, &a);
	assert_true(isnan(a.expo.mttf) && isnan(a.mttf_above));
	ends(&w, 1, OUTCOME_SURVIVED, 60);
	live_look(w.live, 1, 130 * NS_PER_S, &a);
	assert_true(fabs(a.mttf_above - 60 / 2.9957) < 0.01); /* the rule of three */
	done(&w);
}

static void what_is_left_goes_by_what_trials_took_and_by_the_budget(void **state)
{
	struct world w = world_of(text);

	(void)state;
	w.live = live_new(&w.c, 2);
	assert_true(live_left_s(w.live, 0) == 600); /* nothing ended: the budget alone */
	ends(&w, 0, OUTCOME_FAILED, 10);
	ends(&w, 1, OUTCOME_SURVIVED, 60);
	assert_true(fabs(live_share(w.live) - 0.25) < 1e-9);
	assert_true(fabs(live_left_s(w.live, 0) - 60) < 1e-9); /* six of 20 s over two slots */
	assert_true(fabs(live_left_s(w.live, 590 * NS_PER_S) - 10) < 1e-9);
	assert_true(live_left_s(w.live, 700 * NS_PER_S) == 0);
	done(&w);
}

static size_t columns(const char *s, size_t n)
{
	size_t c = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\033')
			while (s[i] != 'm')
				i++;
		else
			c += ((unsigned char)s[i] & 0xc0) != 0x80;
	}
	return c;
}

static void no_line_is_wider_and_the_lines_are_as_many_as_it_says(void **state)
{
	struct world w = world_of(text);

	(void)state;
	w.live = live_new(&w.c, 2);
	ends(&w, 0, OUTCOME_FAILED, 10);
	ends(&w, 0, OUTCOME_OTHER, 3);
	ends(&w, 1, OUTCOME_SURVIVED, 60);
	for (unsigned width = 10; width < 200; width++)
		for (unsigned rows = 0; rows < 8; rows++) {
			const struct page_style style = { width, rows, width & 1, rows & 1 };
			_cleanup_buf_ struct buf page = BUF_INIT;
			unsigned n = live_page(w.live, 0, &style, &page), lines = page.len > 0;

			for (const char *s = buf_str(&page); *s; s += *s == '\n') {
				const size_t len = strcspn(s, "\n");

				assert_true(columns(s, len) <= width);
				lines += s[len] == '\n';
				s += len;
			}
			assert_int_equal(lines, n);
			assert_true(n <= rows);
		}
	done(&w);
}

static void the_page_is_as_it_should_be(void **state)
{
	struct world w = world_of(text);
	const struct page_style style = { .width = 90, .rows = 10 };
	_cleanup_buf_ struct buf page = BUF_INIT;

	(void)state;
	w.live = live_new(&w.c, 2);
	ends(&w, 0, OUTCOME_FAILED, 30);
	ends(&w, 0, OUTCOME_SURVIVED, 60);
	ends(&w, 1, OUTCOME_SURVIVED, 60);
	live_page(w.live, 0, &style, &page);
	assert_string_equal(
		buf_str(&page),
		"arm                       trials failed  other  MTTF [95 %]                   "
		"alive "
		"   1 m\n"
		"bad                          2/4      1      0  1 m 30 s [16.2 s, 59 m 15 s]  "
		"######======\n"
		"a-rather-long-name-of-an     1/4      0      0  > 20.0 s                      "
		"############");
	done(&w);
}

static void arms_that_nothing_was_done_with_are_not_shown(void **state)
{
	struct world w = world_of(text);
	const struct page_style style = { .width = 80, .rows = 10 };
	_cleanup_buf_ struct buf page = BUF_INIT;

	(void)state;
	w.c.tally[1].planned = 0;
	w.live = live_new(&w.c, 2);
	assert_int_equal(live_page(w.live, 0, &style, &page), 2);
	assert_null(strstr(buf_str(&page), "a-rather"));
	done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(who_still_runs_counts_as_alive_until_now),
		test(what_is_left_goes_by_what_trials_took_and_by_the_budget),
		test(no_line_is_wider_and_the_lines_are_as_many_as_it_says),
		test(the_page_is_as_it_should_be),
		test(arms_that_nothing_was_done_with_are_not_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

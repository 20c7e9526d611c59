/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Simulated bisections, by our rule and by those of others, against what was promised when the
 * method was chosen; and how long a decision takes. bench_bisect N plays N bisections of each kind
 * in the large table (default 30: read it with an error of a tenth).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/str.h"
#include "stats/choice.h"
#include "stats/simulate.h"

enum { REPEATS = 400, TABLE_REPEATS = 30 };

static size_t policy_of(const char *name)
{
	size_t i = 0;

	while (policy_name(i) && !str_eq(policy_name(i), name))
		i++;
	return i;
}

static struct simulated play(const char *name, const struct world *w, size_t repeats)
{
	struct simulated s;

	simulate(policy_of(name), w, repeats, 1, &s);
	return s;
}

/* ---- promises ---- */

static const struct {
	const char *name, *policy;
	struct {
		size_t versions;
		double shape, stray, other, unusable;
	} in;
	double cost_max, wrong_max;
} line[] = {
	{ "16 versions, time only", "time", { 16, 1 }, 12.5, 0.075 },
	{ "64 versions, time only", "time", { 64, 1 }, 19, 0.075 },
	{ "1024 versions, time only", "time", { 1024, 1 }, 28, 0.075 },
	{ "64 versions, told the rate", "known", { 64, 1 }, 13, 0.075 },
	{ "64 versions, full", "full", { 64, 1 }, 23, 0.075 },
	{ "  shape 0.6", "full", { 64, 0.6 }, 23, 0.075 },
	{ "  shape 2", "full", { 64, 2 }, 23, 0.075 },
	{ "  foreign crashes", "full", { 64, 1, 0, 1 }, 26, 0.075 },
	{ "  a tenth does not boot", "full", { 64, 1, 0, 0, 0.1 }, 23, 0.075 },
	{ "  good ones crash at a 20th", "full", { 64, 1, 0.05 }, 40, 0.075 },
};

static int promises(void)
{
	int bad = 0;

	printf("%-34s %14s %9s %7s %9s\n", "400 bisections each, MTTF 900 s", "MTTFs", "promised",
	       "wrong", "promised");
	for (size_t i = 0; i < ARRAY_SIZE(line); i++) {
		struct world w = world_default;
		struct simulated s;
		bool ok;

		w.versions = line[i].in.versions;
		w.shape = line[i].in.shape;
		w.stray = line[i].in.stray;
		w.other = line[i].in.other;
		w.unusable = line[i].in.unusable;
		s = play(line[i].policy, &w, REPEATS);
		ok = s.cost_mttf <= line[i].cost_max && s.error <= line[i].wrong_max;
		printf("  %-32s %7.1f +- %.1f %9.1f %6.1f%% %8.1f%%%s\n", line[i].name, s.cost_mttf,
		       s.cost_se, line[i].cost_max, 100 * s.error, 100 * line[i].wrong_max,
		       ok ? "" : "  BROKEN");
		bad += !ok;
	}
	return bad;
}

/* ---- how long a decision takes ---- */

/* 40 versions tested, as late in a search; the best of some, as the machine may be busy. */
static int decision(void)
{
	struct bisect_run run[60];
	struct bisect_slot slot = { .any = true, .version = 400, .alive = true, .age_s = 300 };
	struct bisect_bench bench = { 30, 60, NULL, &slot, 1 };
	struct rng r = rng_make(2);
	double best = INFINITY;

	for (size_t i = 0; i < ARRAY_SIZE(run); i++)
		run[i] = (struct bisect_run){ i < 20 ? 1023 : (i - 19) * 1023 / 41, 0,
					      100 + 900 * rng_unit(&r), i < 3 };
	for (int i = 0; i < 20; i++) {
		_cleanup_posterior_ struct posterior p = { 0 };
		struct bisect_action a;
		clock_t start = clock();

		posterior_fit(1024, &bisect_prior_full, run, ARRAY_SIZE(run), &p);
		bisect_choose(&p, &bench, &a);
		best = fmin(best, 1000.0 * (double)(clock() - start) / CLOCKS_PER_SEC);
	}
	printf("\nnext action among 1024 versions, 41 tested: %.2f ms (promised: below 2)\n", best);
	return best >= 2;
}

/* ---- all beside all ---- */

static void print_heading(void)
{
	printf("%4s %5s %5s %5s", "n", "MTTF", "slots", "bound");
	for (size_t i = 0; policy_name(i); i++)
		printf(" %13.12s", policy_name(i));
	putchar('\n');
}

/* What ours are held against. Their cost hangs on a few first crashes, so that few repeats would
 * flatter them or us, and they are soon played. */
static const char *const than[] = { "safe", "syz-tuned" };

static size_t repeats_of(size_t policy, size_t repeats)
{
	for (size_t i = 0; i < ARRAY_SIZE(than); i++)
		if (policy == policy_of(than[i]))
			return MAX(repeats, (size_t)REPEATS);
	return repeats;
}

/* Adds the logarithm of each policy's cost to log_cost. */
static void print_cell(const struct world *w, size_t repeats, double *log_cost)
{
	printf("%4zu %5.0f %5zu %5.1f", w->versions, w->mttf_s, w->slots,
	       simulate_bound_mttf(w->versions));
	for (size_t i = 0; policy_name(i); i++) {
		struct simulated s;

		simulate(i, w, repeats_of(i, repeats), 1, &s);
		log_cost[i] += log(s.cost_mttf);
		printf(" %7.1f %4.0f%%", s.cost_mttf, 100 * s.error);
		fflush(stdout);
	}
	putchar('\n');
}

static int ratios(const double *log_cost, double cells)
{
	int bad = 0;

	for (size_t i = 0; i < ARRAY_SIZE(than); i++) {
		double other = log_cost[policy_of(than[i])],
		       time = exp((other - log_cost[policy_of("time")]) / cells),
		       full = exp((other - log_cost[policy_of("full")]) / cells);

		printf("cheaper than %s, geometric mean: time %.2f times, full %.2f (promised: "
		       "2)\n",
		       than[i], time, full);
		bad += time < 2 || full < 2;
	}
	return bad;
}

static int table(size_t repeats)
{
	static const size_t versions[] = { 16, 64, 1024 }, slots[] = { 1, 4, 16 };
	static const double mttf_s[] = { 60, 300, 900, 3600 };
	double log_cost[32] = { 0 }, cells = 0;

	printf("\nguests' time in MTTFs and wrong answers, %zu bisections each\n", repeats);
	print_heading();
	for (size_t k = 0; k < ARRAY_SIZE(slots); k++)
		for (size_t n = 0; n < ARRAY_SIZE(versions); n++)
			for (size_t m = 0; m < ARRAY_SIZE(mttf_s); m++) {
				struct world w = world_default;

				w.versions = versions[n];
				w.mttf_s = mttf_s[m];
				w.slots = slots[k];
				print_cell(&w, repeats, log_cost);
				cells++;
			}
	return ratios(log_cost, cells);
}

int main(int argc, char **argv)
{
	size_t repeats = argc > 1 ? strtoul(argv[1], NULL, 10) : TABLE_REPEATS;
	int bad = promises();

	bad += decision();
	bad += table(MAX(repeats, (size_t)2));
	return bad ? 1 : 0;
}

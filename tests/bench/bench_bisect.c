/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Simulated bisections against what was promised when the method was chosen. */
#include <stdio.h>

#include "base/buf.h"
#include "base/str.h"
#include "stats/simulate.h"

enum { REPEATS = 400 };

static struct simulated play(const char *name, const struct world *w, size_t repeats)
{
	struct simulated s = { .error = 1 };

	for (size_t i = 0; policy_name(i); i++)
		if (str_eq(policy_name(i), name))
			simulate(i, w, repeats, 1, &s);
	return s;
}

static const struct {
	const char *name, *policy;
	size_t versions;
	double shape, stray, cost_max, wrong_max;
} line[] = {
	{ "16 versions, time only", "time", 16, 1, 0, 12.5, 0.075 },
	{ "64 versions, time only", "time", 64, 1, 0, 19, 0.075 },
	{ "1024 versions, time only", "time", 1024, 1, 0, 28, 0.075 },
	{ "64 versions, full model", "full", 64, 1, 0, 23, 0.075 },
	{ "64 versions, shape 0.6, full", "full", 64, 0.6, 0, 23, 0.075 },
	{ "64 versions, stray crashes, full", "full", 64, 1, 0.05, 40, 0.11 },
};

int main(void)
{
	int bad = 0;

	printf("%-40s %10s %10s %8s\n", "400 bisections each, MTTF 900 s", "MTTFs", "promised",
	       "wrong");
	for (size_t i = 0; i < ARRAY_SIZE(line); i++) {
		struct world w = world_default;
		struct simulated s;
		bool ok;

		w.versions = line[i].versions;
		w.shape = line[i].shape;
		w.stray = line[i].stray;
		s = play(line[i].policy, &w, REPEATS);
		ok = s.cost_mttf <= line[i].cost_max && s.error <= line[i].wrong_max;
		printf("  %-38s %10.1f %10.1f %7.1f%%%s\n", line[i].name, s.cost_mttf,
		       line[i].cost_max, 100 * s.error, ok ? "" : "  BROKEN");
		bad += !ok;
	}
	return bad ? 1 : 0;
}

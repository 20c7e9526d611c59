/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Simulated bisections, 400 a line, against what was measured when the method was chosen. */
#include <stdio.h>
#include <time.h>

#include "bisects.h"

static const struct bisect_prior time_only = { 0 };

static const struct {
	const char *name;
	struct history h;
	bool full;
	double cost_max, wrong_max;
} line[] = {
	{ "16 versions, time only", { 16, 900, 1, 0, 30, 60 }, false, 12.5, 0.075 },
	{ "64 versions, time only", { 64, 900, 1, 0, 30, 60 }, false, 19, 0.075 },
	{ "1024 versions, time only", { 1024, 900, 1, 0, 30, 60 }, false, 28, 0.075 },
	{ "64 versions, all grids", { 64, 900, 1, 0, 30, 60 }, true, 23, 0.075 },
	{ "64 versions, shape 0.6, all grids", { 64, 900, 0.6, 0, 30, 60 }, true, 23, 0.075 },
	{ "64 versions, stray crashes, all grids", { 64, 900, 1, 0.05, 30, 60 }, true, 40, 0.11 },
};

int main(void)
{
	int bad = 0;

	printf("%-40s %10s %10s %8s %10s\n", "400 bisections each, MTTF 900 s", "MTTFs", "promised",
	       "wrong", "CPU s");
	for (size_t i = 0; i < ARRAY_SIZE(line); i++) {
		clock_t start = clock();
		struct searches s = search_many(
			&line[i].h, line[i].full ? &bisect_prior_full : &time_only, 400, 1000 + i);
		bool ok = s.cost_mttf <= line[i].cost_max && s.wrong <= 400 * line[i].wrong_max;

		printf("  %-38s %10.1f %10.1f %7.1f%% %10.1f%s\n", line[i].name, s.cost_mttf,
		       line[i].cost_max, s.wrong / 4.0, (double)(clock() - start) / CLOCKS_PER_SEC,
		       ok ? "" : "  BROKEN");
		bad += !ok;
	}
	return bad ? 1 : 0;
}

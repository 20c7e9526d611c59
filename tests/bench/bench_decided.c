/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How much sooner a test that may stop at any time is done than one of a fixed size with the same
 * promise (alpha 5 %, power 80 % at a factor of 2): seconds of guests, whole campaigns over the
 * fake VM's law, two guests at once, ten looks in an MTTF and one at each end.
 */
#include "unit.h"

#include <math.h>
#include <stdio.h>

#include "nights.h"
#include "stats/power.h"

enum { CAMPAIGNS = 2000 };

/* A fixed test has its failures (Schoenfeld) from arms that are exposed alike; those last for so
 * many seconds of guests, boots included, while they happen. */
static double fixed_s(double failures, double ratio, double limit_s, double boot_s)
{
	double rate[] = { 1e-3, 1e-3 * ratio }, cost = 0;

	for (int i = 0; i < 2; i++) {
		double soak = (1 - exp(-rate[i] * limit_s)) / rate[i]; /* mean, cut at the limit */

		cost += (soak + boot_s) / soak / 2;
	}
	return cost * failures / ((rate[0] + rate[1]) / 2);
}

static struct nights play(double ratio, double limit_s, double boot_s)
{
	_cleanup_free_
	char *scenario = xasprintf("guest: { backend: fake }\n"
				   "limits: { soak: %.0fs }\n"
				   "fake: { scale: 1000s, boot: %.0fs }\n"
				   "arms:\n  a:\n  b: { fake: { scale: %.0fms } }\n"
				   "stop: { decided: { factor: 2 } }\n",
				   limit_s, boot_s, 1e6 / ratio);
	const struct night night = {
		.scenario = scenario,
		.slots = 2,
		.look_ns = 100 * NS_PER_S,
		.trials_most = 5000,
	};

	return nights_play(&night, CAMPAIGNS, 20261121);
}

int main(void)
{
	static const double ratios[] = { 0.5, 0.707, 1, 0.2, 0.1 };
	double events = power_events(2, 0.05, 0.8, 0.5, 2), limit_s = 1000, boot_s = 50;
	bool kept = true;

	printf("two arms until decided (factor 2, alpha 5 %%, power 80 %%), %d campaigns each\n",
	       CAMPAIGNS);
	printf("  %-12s %8s %8s %10s %12s %12s %7s\n", "hazard ratio", "differ", "alike",
	       "failures", "guests, MTTF", "fixed plan", "ratio");
	for (size_t i = 0; i < ARRAY_SIZE(ratios); i++) {
		struct nights n = play(ratios[i], limit_s, boot_s);
		double fixed = fixed_s(events, ratios[i], limit_s, boot_s);
		bool promised = ratios[i] >= 1 || fabs(ratios[i] - 0.5) < 1e-9;

		printf("  %-12.3g %8.3f %8.3f %10.1f %12.1f %12.1f %7.2f%s\n", ratios[i],
		       n.differ / (double)n.n, n.alike / (double)n.n, n.failures, n.guest_s / 1e3,
		       fixed / 1e3, n.guest_s / fixed, promised ? " (promised: below 1)" : "");
		kept = kept && (!promised || n.guest_s < fixed);
	}
	return kept ? 0 : 1;
}

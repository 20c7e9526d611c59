/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/power.h"

#define MATHLIB_STANDALONE
#include <Rmath.h>

/* Nobody waits for more failures than this to make a claim. */
#define ALLOWED_MAX 100000

static struct demo_plan demo(double mttf, double alpha, double mttf_true, size_t allowed)
{
	double c = (double)allowed;
	struct demo_plan p = { .allowed = allowed };

	p.exposure = mttf * qchisq(alpha, 2 * c + 2, 0, 0) / 2;
	p.power = isinf(mttf_true) ? 1 : ppois(c, p.exposure / mttf_true, 1, 0);
	return p;
}

struct demo_plan power_demo(double mttf0, double k, double alpha, double beta, double mttf_true)
{
	size_t lo = 0, hi = 1;
	struct demo_plan p = demo(k * mttf0, alpha, mttf_true, 0);

	while (p.power < 1 - beta && mttf_true > k * mttf0 && hi <= ALLOWED_MAX) {
		lo = hi;
		p = demo(k * mttf0, alpha, mttf_true, hi);
		hi *= 2;
	}
	p.reachable = p.power >= 1 - beta;
	if (!p.reachable || p.allowed == 0)
		return p;
	for (hi = lo, lo = lo / 2; hi - lo > 1;) {
		size_t mid = lo + (hi - lo) / 2;

		if (demo(k * mttf0, alpha, mttf_true, mid).power >= 1 - beta)
			hi = mid;
		else
			lo = mid;
	}
	p = demo(k * mttf0, alpha, mttf_true, hi);
	p.reachable = true;
	return p;
}

double power_fixed_arm(size_t d0, double t0, size_t d1, double k, double alpha)
{
	double q;

	if (d0 == 0)
		return INFINITY;
	q = qbeta(alpha, (double)d1 + 1, (double)d0, 0, 0);
	return k * t0 * q / (1 - q);
}

struct power_needed power_still_needed(size_t d0, double t0, size_t d1, double t1, double k,
				       double alpha)
{
	double share = t1 / k / (t0 + t1 / k);
	struct power_needed n = { .t1_needed = power_fixed_arm(d0, t0, d1, k, alpha) };

	n.p_now = pbinom((double)d1, (double)d0 + (double)d1, share, 1, 0);
	n.claim_now = n.p_now <= alpha;
	n.still = n.claim_now ? 0 : fmax(0, n.t1_needed - t1);
	return n;
}

static double z_sum(double alpha, double power, int sides)
{
	return qnorm(alpha / sides, 0, 1, 0, 0) + qnorm(power, 0, 1, 1, 0);
}

double power_events(double hr, double alpha, double power, double share, int sides)
{
	double z = z_sum(alpha, power, sides) / log(hr);

	return z * z / (share * (1 - share));
}

/* Two-sided; the tail on the side of the effect is all that counts. */
static double exact_power(double n, double p_alike, double p_true, double alpha)
{
	bool fewer = p_true < p_alike;
	double c = qbinom(alpha / 2, n, p_alike, fewer, 0);

	if (!fewer)
		return pbinom(c, n, p_true, 0, 0);
	while (c >= 0 && pbinom(c, n, p_alike, 1, 0) > alpha / 2)
		c--;
	return c < 0 ? 0 : pbinom(c, n, p_true, 1, 0);
}

double power_events_exact(double ratio, double alpha, double power, double share)
{
	enum { EVENTS_MAX = 5000, STEADY = 40 }; /* the power rises in saw teeth */
	double p_true = share * ratio / (share * ratio + 1 - share);
	size_t since = 0;

	for (size_t n = 1; n <= EVENTS_MAX; n++) {
		if (exact_power((double)n, share, p_true, alpha) < power)
			since = 0;
		else if (!since)
			since = n;
		if (since && n - since >= STEADY)
			return (double)since;
	}
	return INFINITY;
}

double power_detectable(double events, double alpha, double power, double share, int sides)
{
	return exp(z_sum(alpha, power, sides) / sqrt(events * share * (1 - share)));
}

double power_more_exposure(double hr, double alpha, double power, double had, double rate0)
{
	double missing = power_events(hr, alpha, power, 0.5, 2) - had;

	return missing > 0 ? missing / (rate0 * (1 + hr)) : 0;
}

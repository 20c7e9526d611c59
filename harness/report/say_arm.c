/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an arm says for itself. */
#include <math.h>

#include "model/controls.h"
#include "report/figure.h"
#include "report/say.h"

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void put_mttf(const struct lifetimes *l, struct scale scale, const char *unit, struct buf *b)
{
	figure_interval(b, l->expo.mttf, l->mttf_ci, scale);
	buf_printf(b, "%s%s", *unit ? " " : "", unit);
}

static void put_failures(const struct view_arm *a, const char *unit, struct buf *b)
{
	buf_printf(b, "%zu of %zu trial%s failed, MTTF ", a->outcome[OUTCOME_FAILED], a->counted,
		   plural(a->counted));
	put_mttf(&a->time, scale_of_seconds(a->time.expo.mttf), "", b);
	if (a->work.expo.n_event) {
		buf_puts(b, ", or ");
		put_mttf(&a->work, scale_of_counts(), unit, b);
	}
	buf_puts(b, ".");
}

static void put_no_failure(const struct view_arm *a, const char *unit, struct buf *b)
{
	double total = a->time.expo.total_time, lower = a->time.mttf_lower;

	buf_puts(b, "no failure in ");
	figure_scaled(b, total, scale_of_seconds(total));
	if (isfinite(lower)) {
		buf_puts(b, ", so its MTTF is above ");
		figure_scaled(b, lower, scale_of_seconds(lower));
	}
	if (isfinite(lower) && isfinite(a->work.mttf_lower)) {
		buf_puts(b, ", or ");
		figure_number(b, a->work.mttf_lower);
		buf_printf(b, " %s", unit);
	}
	buf_puts(b, isfinite(lower) ? " (95 % sure)." : ".");
}

/* What else became of its trials, where it is not nothing. */
static void put_rest(const struct view_arm *a, struct buf *b)
{
	size_t other = a->outcome[OUTCOME_OTHER], stopped = a->outcome[OUTCOME_STOPPED],
	       infra = a->outcome[OUTCOME_INFRA];

	if (other)
		buf_printf(b, " %zu died of another crash.", other);
	if (stopped)
		buf_printf(b, " %zu %s ended early.", stopped, stopped == 1 ? "was" : "were");
	if (infra)
		buf_printf(b, " %zu %s lost to the host and do%s not count.", infra,
			   infra == 1 ? "was" : "were", infra == 1 ? "es" : "");
}

char *say_arm(const struct view_arm *a)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (a->counted == 0)
		buf_puts(&b, a->going ? "at work." : "nothing to count yet.");
	else if (a->outcome[OUTCOME_FAILED])
		put_failures(a, a->unit, &b);
	else
		put_no_failure(a, a->unit, &b);
	put_rest(a, &b);
	return buf_steal(&b);
}

/* --- controls --- */

static const char *control_verdict(const struct view_arm *a, enum control c)
{
	switch (control_state(c, a->outcome)) {
	case CONTROL_OPEN: return "has not said anything yet";
	case CONTROL_HELD: return "held";
	case CONTROL_BROKE:
		return "DID NOT HOLD: what the other arms seem to say is not to be believed";
	}
	return "";
}

char *say_control(const struct view_arm *a)
{
	const enum control c = control_of(a->name);
	const enum outcome want = c == CONTROL_POSITIVE ? OUTCOME_FAILED : OUTCOME_SURVIVED;

	if (c == CONTROL_NONE)
		return NULL;
	return xasprintf("%s control %s: %zu of %zu trials %s, as all of them should",
			 c == CONTROL_POSITIVE ? "Positive" : "Negative", control_verdict(a, c),
			 a->outcome[want],
			 a->outcome[OUTCOME_FAILED] + a->outcome[OUTCOME_OTHER] +
				 a->outcome[OUTCOME_SURVIVED],
			 c == CONTROL_POSITIVE ? "failed with the target" : "survived");
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a careful reader would write under the table. */
#include <math.h>

#include "base/buf.h"
#include "stats/answer.h"

/* Below this many failures an approximation says so. */
#define FEW           15
#define FEW_IN_AN_ARM 5

static double at(const json_t *o, const char *path)
{
	const json_t *v = json_at(o, path);

	return json_is_number(v) ? json_number_value(v) : NAN;
}

static void note(json_t *notes, const char *fmt, ...) PRINTF(2, 3);
static void note(json_t *notes, const char *fmt, ...)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	json_array_append_new(notes, json_string(buf_str(&b)));
}

static void note_no_failures(json_t *notes, const json_t *j)
{
	if (at(j, "overall.km.events") == 0)
		note(notes,
		     "no failure in %.4g of exposure: with 95 %% confidence the MTTF is at least "
		     "%.4g",
		     at(j, "overall.exponential.total_time"),
		     at(j, "overall.exponential.one_sided_lower_95"));
}

static void note_shape(json_t *notes, const json_t *group, const char *who)
{
	double d = at(group, "km.events"), p = at(group, "weibull.lrt_shape_eq_1.p"),
	       shape = at(group, "weibull.shape");

	if (!(p < 0.05))
		return;
	note(notes,
	     "%s: the rate is not constant (Weibull shape %.2f, p = %.2g%s): %s. The MTTF holds "
	     "for "
	     "runs of these lengths only",
	     who, shape, p, d < FEW ? ", approximate" : "",
	     shape < 1 ? "who survives the beginning is safer" : "it wears out with age");
}

static void note_shapes(json_t *notes, const json_t *j)
{
	const json_t *arms = json_at(j, "by_arm");

	if (!arms)
		note_shape(notes, json_at(j, "overall"), "all");
	for (size_t i = 0; i < json_array_size(arms); i++) {
		const json_t *arm = json_array_get(arms, i);
		_cleanup_free_
		char *label = json_dumps(json_at(arm, "arm"), JSON_ENCODE_ANY);
		_cleanup_free_
		char *who = xasprintf("arm %s", label ? label : "?");

		note_shape(notes, arm, who);
	}
}

static void note_few(json_t *notes, const json_t *j)
{
	const json_t *arms = json_at(j, "by_arm");
	double least = INFINITY;

	for (size_t i = 0; i < json_array_size(arms); i++)
		least = fmin(least, at(json_array_get(arms, i), "km.events"));
	if (least <= FEW_IN_AN_ARM)
		note(notes,
		     "an arm has %.0f failure%s: quote the exact rate ratio, not the log-rank test",
		     least, least == 1 ? "" : "s");
}

static void note_monotone(json_t *notes, const json_t *j)
{
	if (json_is_false(json_at(j, "cox.efron.exists")))
		note(notes, "the hazard ratio has no estimate, only a bound: an arm has no failure "
			    "that the others were there for, or they do not overlap");
}

static void note_proportional(json_t *notes, const json_t *j)
{
	double p = at(j, "cox.efron.proportional_hazards.p");

	if (p < 0.05)
		note(notes,
		     "the hazards are not proportional (p = %.2g): one hazard ratio does not say "
		     "it "
		     "all; compare the curves, or the restricted means",
		     p);
}

/* Simpson's paradox has a face: the ratio changes sides once each host is compared with itself. */
static void note_strata(json_t *notes, const json_t *j)
{
	double plain = at(j, "cox.efron.log_hr"), within = at(j, "cox_stratified.efron.log_hr"),
	       robust = at(j, "cox.efron_cluster_robust.robust_se"),
	       naive = at(j, "cox.efron_cluster_robust.naive_se");

	if (plain * within < 0 && fabs(plain - within) > naive)
		note(notes,
		     "within strata the hazard ratio is %.2f, over all it is %.2f: the strata "
		     "differ "
		     "and the arms are not spread evenly over them; believe the first",
		     exp(within), exp(plain));
	if (robust > 1.5 * naive)
		note(notes,
		     "rows of one stratum are alike (robust error %.1f times the naive one): there "
		     "is less information here than rows",
		     robust / naive);
}

json_t *answer_notes(const json_t *answer)
{
	json_t *notes = json_array();

	note_no_failures(notes, answer);
	note_shapes(notes, answer);
	note_few(notes, answer);
	note_monotone(notes, answer);
	note_proportional(notes, answer);
	note_strata(notes, answer);
	return notes;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * OpenMetrics 1.0 that is Prometheus' own text format as well, which is what node exporter's
 * textfile collector reads: gauges only (counters are named differently in the two), no timestamps
 * (it refuses files with them).
 */
#include <math.h>

#include "report/export_parts.h"

static void label(struct buf *out, const char *name, const char *value)
{
	_cleanup_buf_ struct buf clean = BUF_INIT;

	str_sanitise(&clean, value, strlen(value), false);
	buf_printf(out, "%s%s=\"", out->data[out->len - 1] == '{' ? "" : ",", name);
	for (size_t i = 0; i < clean.len; i++) {
		if (clean.data[i] == '"' || clean.data[i] == '\\')
			buf_putc(out, '\\');
		buf_putc(out, clean.data[i]);
	}
	buf_putc(out, '"');
}

static void value(struct buf *out, double v)
{
	if (isnan(v))
		buf_puts(out, "} NaN\n");
	else if (isinf(v))
		buf_printf(out, "} %cInf\n", v > 0 ? '+' : '-');
	else
		buf_printf(out, "} %.15g\n", v);
}

static void begin(struct buf *out, const struct export_run *x, const char *name)
{
	buf_printf(out, "kernsoak_%s{", name);
	label(out, "scenario", x->view.about.scenario);
}

static void describe(struct buf *out, const char *name, const char *help)
{
	buf_printf(out, "# HELP kernsoak_%s %s\n# TYPE kernsoak_%s gauge\n", name, help, name);
}

/* ---- of the run ---- */

static void of_run(const struct export_run *x, struct buf *out)
{
	const struct about *a = &x->view.about;

	describe(out, "run_state", "The last run of the scenario, and how it stands; always 1.");
	begin(out, x, "run_state");
	label(out, "run", x->view.run);
	label(out, "state", run_state_name(a->state));
	value(out, 1);
	describe(out, "run_started_timestamp_seconds", "When it began, seconds since 1970.");
	begin(out, x, "run_started_timestamp_seconds");
	value(out, a->started_s < 0 ? NAN : (double)a->started_s);
	describe(out, "run_last_timestamp_seconds", "When its journal was last written to.");
	begin(out, x, "run_last_timestamp_seconds");
	value(out, a->last_s < 0 ? NAN : (double)a->last_s);
}

/* ---- of its arms ---- */

#define OF_ARM(name, expr)                                                                         \
	static double get_##name(const struct export_run *x, const struct view_arm *a)             \
	{                                                                                          \
		(void)x;                                                                           \
		return expr;                                                                       \
	}
OF_ARM(soak, a->time.expo.total_time)
OF_ARM(failures, (double)a->time.expo.n_event)
OF_ARM(mttf, a->time.expo.mttf)
OF_ARM(lo, a->time.mttf_ci.lo)
OF_ARM(hi, a->time.mttf_ci.hi)
OF_ARM(lower, a->time.mttf_lower)
OF_ARM(median, a->time.median)
OF_ARM(boot, export_boot_s(x, a->name))
OF_ARM(load, a->host_load)
OF_ARM(steal, a->host_steal)
#undef OF_ARM

static const struct {
	const char *name, *help;
	double (*value)(const struct export_run *x, const struct view_arm *a);
} gauge[] = {
	{ "soak_seconds", "Time under test, all trials that count together.", get_soak },
	{ "failures", "Trials that ended with the target crash.", get_failures },
	{ "mttf_seconds", "Mean time to failure; NaN without failures.", get_mttf },
	{ "mttf_low_seconds", "Lower end of its 95 % interval.", get_lo },
	{ "mttf_high_seconds", "Upper end of its 95 % interval.", get_hi },
	{ "mttf_at_least_seconds", "One-sided: the MTTF is above this with 95 %.", get_lower },
	{ "median_seconds", "Median time to failure (Kaplan-Meier); NaN: not reached.",
	  get_median },
	{ "boot_seconds", "Time to boot, mean of its guests.", get_boot },
	{ "host_load", "Load average of the host during its soaks, mean.", get_load },
	{ "host_steal_ratio", "Share of CPU time stolen from the host during its soaks.",
	  get_steal },
};

static void of_arms(const struct export_run *x, struct buf *out)
{
	for (size_t g = 0; g < ARRAY_SIZE(gauge); g++) {
		describe(out, gauge[g].name, gauge[g].help);
		for (size_t i = 0; i < x->view.n_arms; i++) {
			const struct view_arm *a = &x->view.arm[i];

			begin(out, x, gauge[g].name);
			label(out, "arm", export_arm(a->name));
			value(out, gauge[g].value(x, a));
		}
	}
}

static void of_outcomes(const struct export_run *x, struct buf *out)
{
	describe(out, "trials", "Trials that have ended, by outcome.");
	for (size_t i = 0; i < x->view.n_arms; i++)
		for (int o = 0; o < OUTCOME_COUNT; o++) {
			begin(out, x, "trials");
			label(out, "arm", export_arm(x->view.arm[i].name));
			label(out, "outcome", outcome_name((enum outcome)o));
			value(out, (double)x->view.arm[i].outcome[o]);
		}
}

static void of_crashes(const struct export_run *x, struct buf *out)
{
	describe(out, "crash_trials", "Trials that ended with this crash.");
	for (size_t b = 0; b < x->view.n_buckets; b++)
		for (size_t i = 0; i < x->view.n_arms; i++) {
			const struct bucket *bucket = &x->view.bucket[b];

			if (!bucket->by_arm[i])
				continue;
			begin(out, x, "crash_trials");
			label(out, "arm", export_arm(x->view.arm[i].name));
			label(out, "crash_id", bucket->first.id);
			label(out, "title", bucket->first.title);
			value(out, (double)bucket->by_arm[i]);
		}
}

void export_openmetrics(const struct export_run *x, struct buf *out)
{
	of_run(x, out);
	of_outcomes(x, out);
	of_arms(x, out);
	of_crashes(x, out);
	buf_puts(out, "# EOF\n");
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A million lifetimes through the estimators, side by side with R's survival where R is installed;
 * and the next action of a bisection of 1024 versions. One run, one machine: read the ratios.
 */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>

#include "base/fs.h"
#include "base/proc.h"
#include "base/rng.h"
#include "duels.h"
#include "stats/cox.h"
#include "stats/km.h"
#include "stats/logrank.h"
#include "stats/posterior.h"
#include "stats/power.h"
#include "stats/weibull.h"

enum { ROWS = 1000000 };

/* Processor time: a busy machine does not spoil the ratios. */
static double now_s(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

/* Two arms, hazard ratio 0.5, shape 0.8, cut at a horizon: microseconds, as the store keeps them.
 */
static struct sample million(void)
{
	struct sample s = SAMPLE_INIT;
	struct rng r = rng_make(1);

	for (int i = 0; i < ROWS; i++) {
		double t = rng_weibull(&r, i % 2 ? 2000 : 1000, 0.8), horizon = 3000;
		struct lifetime life = { .time = floor(1e6 * fmin(t, horizon)) / 1e6,
					 .arm = i % 2,
					 .failed = t < horizon };

		life.time = fmax(life.time, 1e-6);
		sample_add(&s, life);
	}
	return s;
}

/* ---- ours ---- */

enum what { SORT, KM, LOGRANK, WEIBULL, COX, WHATS };

static const char *const what_name[] = {
	[SORT] = "sort",       [KM] = "Kaplan-Meier", [LOGRANK] = "log-rank",
	[WEIBULL] = "Weibull", [COX] = "Cox (Efron)",
};

static void one(enum what what, struct sample *s)
{
	_cleanup_km_ struct km k = { 0 };
	_cleanup_logrank_ struct logrank l = { 0 };
	_cleanup_cox_ struct cox c = { 0 };
	struct weibull w;

	switch (what) {
	case SORT: sample_sort(s); break;
	case KM: km_fit(s, &k); break;
	case LOGRANK: logrank_fit(s, 0, false, &l); break;
	case WEIBULL: weibull_fit(s, &w); break;
	case COX: cox_fit(s, COX_EFRON, false, &c); break;
	case WHATS: break;
	}
}

static double timed(enum what what, struct sample *s)
{
	double start = now_s();

	one(what, s);
	return now_s() - start;
}

/* ---- R's, on the same rows ---- */

static const char r_program[] =
	"suppressMessages(library(survival)); f <- file(commandArgs(TRUE)[1],'rb');"
	"n <- %d; m <- matrix(readBin(f,'double',3*n),n,byrow=TRUE);"
	"t <- m[,1]; s <- m[,2]; a <- m[,3];"
	"e <- function(x) cat(sum(system.time(x)[1:2]),'');"
	"cat('0 '); e(survfit(Surv(t,s)~1)); e(survdiff(Surv(t,s)~a));"
	"e(survreg(Surv(t,s)~1)); e(coxph(Surv(t,s)~a))";

static bool write_rows(const struct sample *s, const char *path)
{
	FILE *f = fopen(path, "we");
	bool ok = f != NULL;

	for (size_t i = 0; i < s->n && ok; i++) {
		double row[] = { s->life[i].time, s->life[i].failed, s->life[i].arm };

		ok = fwrite(row, sizeof(row), 1, f) == 1;
	}
	return f && fclose(f) == 0 && ok;
}

/* Fills ret_s with R's seconds; false where there is no R. */
static bool time_r(const struct sample *s, double *ret_s)
{
	char path[] = "/tmp/kernsoak-bench-XXXXXX";
	_cleanup_free_
	char *program = xasprintf(r_program, ROWS), *rscript = fs_which("Rscript");
	const char *const argv[] = { "Rscript", "-e", program, path, NULL };
	_cleanup_buf_ struct buf out = BUF_INIT;
	_cleanup_close_ int fd = rscript ? mkstemp(path) : -1;
	bool ok = fd >= 0 && write_rows(s, path) && proc_output(argv, 4096, &out, NULL) == 0;
	char *at = out.data;

	for (enum what w = 0; w < WHATS && ok; w++)
		ret_s[w] = strtod(at, &at);
	if (fd >= 0)
		unlink(path);
	return ok;
}

/* ---- bisection ---- */

static double next_action_ms(void)
{
	struct bisect_run run[60];
	struct rng r = rng_make(2);
	struct posterior p;
	double start;
	volatile double gain = 0;

	for (size_t i = 0; i < ARRAY_SIZE(run); i++) {
		size_t version = i < 3 ? 1023 : i * 1023 / 60;

		run[i] = (struct bisect_run){ version, 0, 100 + 900 * rng_unit(&r), i < 3 };
	}
	start = now_s();
	posterior_fit(1024, &bisect_prior_full, run, ARRAY_SIZE(run), &p);
	for (size_t v = 0; v < 7; v++)
		for (double tau = 50; tau < 1000; tau *= 2)
			gain += posterior_probe(&p, 100 + 130 * v, tau, 0).gain;
	start = now_s() - start;
	posterior_done(&p);
	return 1000 * start;
}

/* ---- how much sooner than a fixed plan ---- */

static bool compare_plans(void)
{
	struct world w = { .shape = 1, .horizon = 1, .hazard_ratio = 0.5 }, same = w;
	struct tally t, none;
	double fixed = power_events(2, 0.05, 0.8, 0.5, 2);

	same.hazard_ratio = 1;
	t = duel_campaigns(&w, 2000, 11);
	none = duel_campaigns(&same, 2000, 12);
	printf("two arms until decided (factor 2, alpha 5 %%, power 80 %%), 2,000 campaigns "
	       "each\n");
	printf("  %-34s %10.1f failures, a fixed plan %.1f: ratio %.2f (promised: below 1)\n",
	       "hazard ratio 0.5", t.failures, fixed, t.failures / fixed);
	printf("  %-34s %10.1f failures\n", "no difference", none.failures);
	printf("  %-34s %10.3f power, %.3f false claims\n", "", t.less / 2000.0,
	       (none.less + none.more) / 2000.0);
	return t.failures < fixed;
}

int main(void)
{
	_cleanup_sample_ struct sample s = million();
	double ours[WHATS], theirs[WHATS], promised = 0;
	bool r;

	for (enum what w = 0; w < WHATS; w++)
		ours[w] = timed(w, &s);
	r = time_r(&s, theirs);
	printf("%-36s %10s %10s %8s\n", "1,000,000 lifetimes", "kernsoak s", "R s", "ratio");
	for (enum what w = 0; w < WHATS; w++) {
		printf("  %-34s %10.3f", what_name[w], ours[w]);
		if (r && theirs[w] > 0)
			printf(" %10.3f %7.1fx", theirs[w], theirs[w] / ours[w]);
		putchar('\n');
	}
	if (!r)
		puts("  (skipped: R, since Rscript with its package survival is not installed)");
	promised = ours[KM] + ours[LOGRANK] + ours[WEIBULL];
	printf("  %-34s %10.3f (promised: below 1)\n", "KM + log-rank + Weibull", promised);
	printf("next action among 1024 versions: %.2f ms (57 tested, 25 grid points, 35 probes)\n",
	       next_action_ms());
	return compare_plans() && promised < 1 ? 0 : 1;
}

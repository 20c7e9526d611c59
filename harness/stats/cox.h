/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cox's proportional hazards with the arm as the only covariate: how many times the hazard of arm 0
 * each other arm has. Ties after Efron (the default) or Breslow, with strata.
 *
 * The commonest case here has no maximum: the mitigated arm never fails, the likelihood rises for
 * ever as its hazard ratio falls to 0. Then `exists` is false, log_lik[1] is the limit, and
 * cox_hr_ci_profile() still gives the end that exists ("at most 0.044").
 */
#ifndef KS_STATS_COX_H
#define KS_STATS_COX_H

#include "stats/interval.h"
#include "stats/sample.h"
#include "stats/tail.h"

enum cox_ties { COX_EFRON, COX_BRESLOW };

struct cox {
	bool exists;
	const char *reason; /* why it does not exist (static); NULL where it does */
	enum cox_ties ties;
	bool stratified;
	size_t n_coef;     /* arms - 1; coefficient i is arm i + 1 over arm 0 */
	double *log_hr;    /* [n_coef]; owned. Where it does not exist: as far as the search went */
	double *se;        /* [n_coef] */
	double *cov;       /* [n_coef * n_coef], inverse of the observed information */
	double log_lik[2]; /* all arms alike; at the estimate (or in the limit) */
	struct chisq score, wald,
		lrt; /* of "all arms alike"; score is there even without estimate */
};

#define _cleanup_cox_ _cleanup_(cox_done)
void cox_fit(const struct sample *s, enum cox_ties ties, bool stratified, struct cox *ret);
void cox_done(struct cox *c);

struct interval cox_hr_ci_wald(const struct cox *c, size_t coef, double conf);

/* Profile likelihood, for two arms: lo is 0 or hi INFINITY where the likelihood never turns. */
struct interval cox_hr_ci_profile(const struct sample *s, const struct cox *c, double conf);

/*
 * Robust standard errors of an unstratified fit, with the strata (hosts) as clusters: what the
 * estimate is worth if the rows of one host are not independent. ret_se has n_coef places. Lin and
 * Wei 1989.
 */
void cox_robust_se(const struct sample *s, const struct cox *c, double *ret_se);

/*
 * Are the hazards proportional, or does the ratio drift with age? Grambsch and Therneau's test as a
 * score test, against the failed fraction as the measure of age (R: cox.zph with "km"). NaN where
 * the fit does not exist.
 */
struct chisq cox_test_proportional(const struct sample *s, const struct cox *c);

#endif

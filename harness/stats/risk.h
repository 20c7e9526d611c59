/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Walks the failure times of a sample, stratum by stratum, with who was at risk and who failed in
 * each arm: all that the log-rank test and Cox's model need to know. Keeps O(arms), not O(rows).
 *
 *	risk_init(&r, &sample, stratified);
 *	while (risk_next(&r))
 *		... r.n_risk[arm], r.n_event[arm] ...
 *	risk_done(&r);
 */
#ifndef KS_STATS_RISK_H
#define KS_STATS_RISK_H

#include "stats/sample.h"

struct risk {
	/* for the reader, valid until the next call */
	double time;
	double *n_risk, *n_event; /* [n_arms] */
	double risk, event;       /* their sums */
	bool new_stratum;         /* the first failure time of its stratum */
	size_t n_arms;

	/* its own */
	const struct sample *s;
	struct sample copy; /* by stratum, then time; empty where the sample itself will do */
	bool stratified;
	size_t at, end; /* rows: next to look at, end of this stratum */
	size_t walked;  /* rows from `walked` to `at` have still to leave the risk set */
};

void risk_init(struct risk *r, const struct sample *s, bool stratified);
bool risk_next(struct risk *r);
void risk_rewind(struct risk *r);
void risk_done(struct risk *r);

/*
 * Which arm the next failure at r->time is from: each arm's chance, where hazard[arm] are relative
 * hazards and a fraction `gone` of those that fail at this time has left already (0: Breslow's
 * ties). Returns the hazard of all together.
 */
double risk_shares(const struct risk *r, double gone, const double *hazard, double *ret_share);

#endif

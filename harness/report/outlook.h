/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Before a night starts: what a question will take, as data. Constant hazards are supposed, arms
 * are run in turns, and the other arms are the better ones.
 */
#ifndef KS_REPORT_OUTLOOK_H
#define KS_REPORT_OUTLOOK_H

#include "base/json.h"
#include "report/text.h"

struct outlook_question {
	double mttf_s;           /* of the first arm, as far as is known */
	struct interval mttf_ci; /* NaN: taken as it is */
	size_t d0;               /* failures that it was estimated from, in t0_s; 0: none */
	double t0_s;
	double factor, alpha, power;
	size_t arms, slots;
	double soak_s;   /* a trial's limit; INFINITY: none */
	double boot_s;   /* of a trial, all but its soak */
	double budget_s; /* INFINITY: none */
};

struct outlook_cost {
	double failures; /* in the arms that are compared */
	double trials;   /* of each arm */
	double soak_s;   /* guest-time of all arms */
	double wall_s;
};

/* For one MTTF that may be true. */
struct outlook_row {
	double mttf_s;
	const char *why;           /* "as given", "pessimistic", ... (static) */
	double fails[2];           /* share of the trials that fail: the first arm's, the others' */
	struct outlook_cost fixed; /* Schoenfeld: a plan of fixed size */
	struct outlook_cost exact; /* for the exact test of rates, the one for few failures */
	struct outlook_cost if_factor, if_none; /* until decided: in the mean, if the factor is
						   true, if there is no difference */
	double power;                           /* of the latter: how often it is seen */
	double detectable; /* the factor that the budget shows; INFINITY: none; NaN: no budget */
};

struct outlook_soak {
	double soak_s, fails[2];
	struct outlook_cost fixed;
	bool given, suggested;
};

/* Clean time of a repaired arm that lets one claim "fixed" (rate below the old one, 1 - alpha). */
struct outlook_clean {
	size_t d0;      /* base failures that the MTTF is known from; 0: known exactly */
	double clean_s; /* without any failure */
	double wall_s;
};

enum { OUTLOOK_ROWS = 3, OUTLOOK_SOAKS = 7, OUTLOOK_CLEANS = 7 };

struct outlook {
	struct outlook_question q;
	struct outlook_row row[OUTLOOK_ROWS];
	size_t n_rows;
	struct outlook_soak soak[OUTLOOK_SOAKS];
	size_t n_soaks;
	struct outlook_clean clean[OUTLOOK_CLEANS];
	size_t n_cleans;
};

void outlook_make(const struct outlook_question *q, struct outlook *ret);

enum { OUTLOOK_VERSION = 1 };

void outlook_text(const struct outlook *o, const struct text_style *style, struct buf *out);
json_t *outlook_json(const struct outlook *o); /* owned by the caller; docs/RESULTS.md */

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Arms against each other, as data: views in, what may be said of them out. Pure, so that text and
 * JSON say the same.
 *
 * FAILED is the event; OTHER is a competing risk and censors, as SURVIVED and STOPPED do; INFRA is
 * excluded and counted. Where an arm has five failures or fewer the exact rate ratio decides, else
 * Cox's hazard ratio with the log-rank test; strata are hosts (and pooled runs).
 */
#ifndef KS_REPORT_CONTRAST_H
#define KS_REPORT_CONTRAST_H

#include "report/view.h"
#include "stats/cox.h"
#include "stats/duel.h"
#include "stats/incidence.h"
#include "stats/logrank.h"
#include "stats/rate.h"
#include "stats/weibull.h"

enum { CONTRAST_FEW = 5 }; /* failures of an arm; up to here the exact test is the primary one */

struct contrast_options {
	double factor; /* the hazard ratio that matters, above 1 */
	double alpha;  /* of all pairs together; intervals of ratios are 1 - alpha */
	double power;
};

/* A factor of 2, 5 %, 80 %. */
extern const struct contrast_options contrast_usual;

struct contrast_part {
	const struct view *view;
	size_t arm;
};

/* What is compared: an arm, or like arms of several runs pooled. Borrowed. */
struct contrast_side {
	const char *name; /* as people will read it */
	const struct contrast_part *part;
	size_t n_parts;
};

struct contrast_versus {
	size_t base, other; /* sides */
};

struct contrast_share { /* of the guests, dead by a crash by `tau_s` */
	double share, se;
};

struct contrast_arm {
	char said[128];          /* its name for sentences: at most 40 columns of it */
	struct view_arm all;     /* of all parts; .settings are the first one's */
	int *stratum;            /* [all.counted] */
	struct strv hosts, runs; /* where its trials ran */
	struct weibull law;      /* of the lives in seconds */
	struct interval shape;   /* profile likelihood */
	struct chisq constant;   /* is the hazard? (shape = 1) */
	struct chisq hosts_agree;
	struct contrast_share *incidence; /* [n_crashes] Aalen-Johansen */
};

/* Two arms on one clock. Ratios are those of the other arm over the base. */
struct contrast_clock {
	bool exists; /* both have exposure on it, in one unit */
	struct rate_ratio rate;
	double rate_p; /* exact, twice the smaller tail: agrees with rate.ci */
	bool stratified;
	bool hr_exists;
	const char *hr_reason; /* why not (static) */
	double hr;
	struct interval hr_ci; /* profile likelihood: one end is there even without hr */
	struct chisq logrank, proportional;
	bool exact; /* what follows is the rate ratio's, for want of failures */
	double ratio;
	struct interval ci;
	double p;
};

/* A crash in one pair: cause-specific, other crashes censored. */
struct contrast_cause {
	size_t d[2];
	struct rate_ratio rate;
	struct chisq logrank;
	double p;      /* exact where one of d is CONTRAST_FEW or less, else the log-rank's */
	double p_holm; /* over all crashes of all pairs */
	int only;      /* 0, 1: seen in this arm of the pair only; else -1 */
};

enum contrast_verdict {
	CONTRAST_EMPTY,  /* an arm has no exposure, or none of them failed */
	CONTRAST_LOWER,  /* the other arm fails less than the base */
	CONTRAST_HIGHER, /* it fails more */
	CONTRAST_ALIKE,  /* a difference of the factor is ruled out, either way */
	CONTRAST_OPEN,   /* neither is shown */
};

struct contrast_pair {
	size_t base, other;
	struct contrast_clock time, work;
	double p_holm;      /* time.p, over all pairs */
	double work_p_holm; /* work.p */
	enum contrast_verdict verdict, work_verdict;
	struct duel_look anytime;     /* evidence that may be looked at as often as one likes */
	struct contrast_cause *cause; /* [n_crashes] */
	double tau_s, rmst_diff;      /* mean lives within tau, the other's less the base's */
	struct interval rmst_ci;
	double missing;     /* failures until the factor shows with the power; 0 enough */
	double more_s;      /* guest-time for them at the failure rate so far; NaN not known */
	double more_wall_s; /* at the pace so far: boots, losses, guests at once */
	double detectable;  /* the factor that so many failures show; INFINITY without any */
	bool confounded;    /* the arms never ran on one host */
	struct strv notes;  /* sentences: what its figures rest on and the data do not carry */
};

struct contrast_crash {
	struct sighting first; /* of the first run that met it */
	bool target;           /* some trial was FAILED by it */
	size_t n;
};

struct contrast {
	struct contrast_options opt;
	struct contrast_arm *arm;
	size_t n_arms;
	struct contrast_pair *pair;
	size_t n_pairs;
	struct contrast_crash *crash; /* most trials first */
	size_t n_crashes;
	size_t n_strata;
	double tau_s;         /* the longest time that every arm was watched */
	size_t slots;         /* guests at once: what more_wall_s supposes */
	struct chisq overall; /* log-rank of all arms; NaN unless one base is common to them */
	struct strv warnings; /* of the arms */
};

#define _cleanup_contrast_ _cleanup_(contrast_done)
void contrast_done(struct contrast *c);

/* The views must outlive *ret. Without pairs it still has the arms and the crashes. */
void contrast_make(const struct contrast_side *side, size_t n_sides,
		   const struct contrast_versus *versus, size_t n_pairs,
		   const struct contrast_options *opt, struct contrast *ret);

/* Who of an arm has died of which crash by when, all crashes competing; those from n_crashes on,
 * and what nobody named, are one cause more. */
void contrast_incidence(const struct view_arm *a, size_t n_crashes, struct incidence *ret);

/* Are all compared with the same arm? */
bool contrast_one_base(const struct contrast *c);

bool contrast_differs(const struct contrast_pair *p); /* LOWER or HIGHER */
const char *contrast_verdict_name(enum contrast_verdict v);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cascades: C containers on H hosts, each deleted and made anew r times a second. Any deletion may
 * be the one that its host does not survive. Who looks after the containers moves those of a dead
 * host to the others, at once, at most m a minute, or not at all.
 *
 * The model is one of compartments, as Kermack and McKendrick's of epidemics (1927), with
 * containers where they have contacts: S hosts alive, E dead and not yet found to be, R found;
 * K containers that run, P that wait to be placed.
 *
 *	a host leaves S at the rate    lambda r K / S    (lambda: deaths per deletion), the whole
 *	                               at lambda r K; its containers stop
 *	it goes from E to R            after the delay d, and its containers to P
 *	containers go from P to K      m a minute
 *
 * So with K constant (moves are free) the hosts die at a constant rate all together, each of those
 * that are left at one that grows as 1 / S: faster than exponentially. With no moves each has its
 * own constant rate, and S falls exponentially. Whatever m, it takes H / lambda deletions in the
 * mean until all are dead: a limit changes when, not how many. What would make a deletion itself
 * more dangerous with each death is no part of the model, and `dead` asks for it.
 *
 * Here: what was seen, put against that. stats/cascade_play.h lets the model run.
 */
#ifndef KS_STATS_CASCADE_H
#define KS_STATS_CASCADE_H

#include "stats/drift.h"
#include "stats/expo.h"
#include "stats/tilt.h"

/* From at_s on the host has so many containers to run, until its next step, or its death. */
struct cascade_step {
	double at_s;
	size_t host;
	double containers;
};

struct cascade_host {
	double dead_s;    /* it died, after its last deletion; NaN: it lived to the end */
	bool target;      /* of the crash that is looked for; else it counts until then */
	double found_s;   /* its containers were given up; NaN: they were not */
	double deletions; /* it made; NaN not known: containers x rate x time are taken for them */
};

/* One cascade, on a clock of its own. Plain data. */
struct cascade {
	size_t arm;
	struct cascade_host *host; /* [n_hosts], owned */
	size_t n_hosts;
	struct cascade_step *step; /* [n_steps], by time, owned */
	size_t n_steps;
	double containers; /* C */
	double rate;       /* r as it was asked for: deletions per container and second */
	double end_s;      /* watched until then */
};

#define _cleanup_cascade_ _cleanup_(cascade_done)
void cascade_done(struct cascade *c);
void cascade_add_step(struct cascade *c, double at_s, size_t host, double containers);

double cascade_half_s(const struct cascade *c); /* half the hosts dead; NaN: not by its end */
/* Container-seconds, of hosts that were alive. */
double cascade_served(const struct cascade *c);

/* With so many hosts dead before: all cascades of the arm together. */
struct cascade_stage {
	double deletions;
	size_t died; /* of the target */
};

/* Which law fits better: Akaike's criterion, the smaller the better (2 of a difference are little).
 */
struct cascade_laws {
	double constant;  /* a host's hazard is the same all the time */
	double growth;    /* it grows exponentially */
	double deletions; /* it is that of the deletions it makes: the model */
};

struct cascade_fit {
	size_t cascades, hosts;
	size_t died;      /* of the target */
	size_t otherwise; /* and of something else */
	double deletions, host_s, container_s;
	double rate;            /* deletions per container-second, as it came out; NaN none */
	struct expo expo;       /* its exposure is deletions */
	struct interval lambda; /* of expo.rate, deaths per deletion; exact, hi finite always */
	double delay_s;         /* from a death to its finding, mean; NaN: none is known */
	size_t delays;          /* so many are */
	struct tilt_fit growth; /* of a host's hazard, z in seconds since the begin: x per second */
	struct tilt_fit dead;   /* of the hazard per deletion, z the hosts dead before */
	struct drift even;      /* deletions between deaths: alike, over the arm's cascades? */
	struct cascade_laws law;     /* NaN: not to be had */
	struct cascade_stage *stage; /* [n_stages] */
	size_t n_stages;             /* most hosts of a cascade */
};

#define CASCADE_ALL_ARMS      SIZE_MAX
#define _cleanup_cascade_fit_ _cleanup_(cascade_fit_done)
void cascade_fit_done(struct cascade_fit *f);

/* Of the cascades of one arm, or of all together. Without a deletion: all estimates NaN. */
void cascade_fit(const struct cascade *c, size_t n, size_t arm, double conf,
		 struct cascade_fit *ret);

/*
 * Are deletions of all arms as dangerous? Exact, given how many died in all: two arms by
 * rate_compare(), more by 20,000 draws (fixed seed) of how they could have fallen. NaN: nobody
 * died, or fewer than two arms with deletions.
 */
double cascade_alike_p(const struct cascade_fit *const *fit, size_t n);

#endif

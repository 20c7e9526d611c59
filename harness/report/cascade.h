/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The cascades of a run (stats/cascade.h): what was seen, arm by arm, what the model makes of it,
 * and the tables and sentences that every form of the report has of them. Sentences and tables are
 * not sanitised where a name stands in them.
 */
#ifndef KS_REPORT_CASCADE_H
#define KS_REPORT_CASCADE_H

#include "base/json.h"
#include "report/columns.h"
#include "report/ticks.h"
#include "stats/cascade_play.h"
#include "stats/km.h"

struct cascades_arm {
	char *name;
	size_t in_view; /* index into the view's arms */
	double moves;   /* a minute, as it was set; 0: none; MOVES_FREE; NaN not known */
	size_t hosts;   /* of a cascade, as it was set */
	struct cascade_fit fit;
	struct sample sample; /* lives of hosts, all cascades together... */
	struct km hosts_km;   /* ... whose curve is the share of hosts alive */
	double half_s; /* until half are dead, median of cascades; NaN: most did not come to it */
	double served; /* share of containers that ran, of the run's longest cascade */
};

struct cascades {
	struct cascade *item; /* [n]; their arms are indices into arm */
	size_t n;
	size_t unusable, open; /* void ones, and those that go on: left out */
	struct strv why;       /* of the void ones, each once */
	struct cascades_arm *arm;
	size_t n_arms;
	double horizon_s; /* the longest cascade */
	struct cascade_fit all;
	double alike_p; /* of deaths per deletion, all arms; NaN: no test */
};

#define _cleanup_cascades_ _cleanup_(cascades_done)
void cascades_done(struct cascades *c);

/* The arm of that name, made if need be. */
struct cascades_arm *cascades_arm(struct cascades *c, const char *name, size_t in_view);
/* Takes *one over. */
void cascades_add(struct cascades *c, struct cascade *one);
/* Of fewer deaths nobody can tell how a hazard goes: a few at one instant look like anything. */
enum { CASCADE_TELLING = 4 };

/* Once all are there: fits and curves. */
void cascades_reckon(struct cascades *c);

/* Are there any to tell of? */
static inline bool cascades_any(const struct cascades *c)
{
	return c->n || c->unusable || c->open;
}

/* --- what the model expects --- */

enum { CASCADE_POINTS = 61, CASCADE_DRAWS = 500 };

/* One limit on moves: at the estimate of deaths per deletion, and at both ends of its interval. */
struct cascade_limit {
	double moves;
	struct cascade_forecast mid, lo, hi; /* without points */
};

struct cascade_outlook {
	struct cascade_model model; /* of the limits; its moves mean nothing */
	struct interval lambda;
	struct cascade_limit *limit; /* none before the first; empty without a death */
	size_t n_limits;
	struct cascade_forecast *arm; /* [n_arms], CASCADE_POINTS; empty where not to be had */
	size_t n_arms;
};

#define _cleanup_cascade_outlook_ _cleanup_(cascade_outlook_done)
void cascade_outlook_done(struct cascade_outlook *o);

/* Draws some thousand cascades: tens of milliseconds. Fixed seed. */
void cascade_outlook(const struct cascades *c, struct cascade_outlook *ret);

/* --- what is said --- */

void cascade_moves(struct buf *out, double moves); /* "none", "free", "5 a minute" */

/* A row an arm: what it cost, and how it went; a row a limit; a row a time and arm: alive as it
 * was, and as the model has it. */
void cascade_table(const struct cascades *c, struct columns *ret);
void cascade_course_table(const struct cascades *c, struct columns *ret);
void cascade_limits_table(const struct cascade_outlook *o, struct columns *ret);
void cascade_alive_table(const struct cascades *c, const struct cascade_outlook *o,
			 const struct ticks *at, struct columns *ret);

/* What the table of limits supposes, as its caption. The caller frees. */
char *cascade_limits_caption(const struct cascade_outlook *o);

/* Plain sentences that claim no more than their intervals. */
void cascade_sentences(const struct cascades *c, struct strv *ret);

/* All of it for a terminal. */
struct text_style;
void cascade_text(const struct cascades *c, const struct text_style *style, struct buf *out);

json_t *cascade_json(const struct cascades *c);

#endif

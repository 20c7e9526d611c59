/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Nights compared: what of the last one is new. A night's measures (lives, crashes, boots) are
 * taken from its runs once and kept in its folder, so that runs may be thinned, or go, and a year
 * of nights is read in a second. What is said about a night is a function of the measures up to it.
 *
 * Names and titles are files' and guests' words: sanitise before printing.
 */
#ifndef KS_REPORT_NIGHT_H
#define KS_REPORT_NIGHT_H

#include "report/columns.h"
#include "report/export.h"
#include "report/text.h"
#include "stats/change.h"
#include "stats/rate.h"

/* ---- what was measured ---- */

struct night_arm {
	char *name;
	json_t *settings; /* NULL: not known */
	struct strv kernels;
	size_t outcome[OUTCOME_COUNT];
	size_t failures;
	double exposure_s;
	double boot_s;     /* mean; NaN: nothing booted */
	struct duel lives; /* its lives, in arm 0 */
};

struct night_crash {
	char *id, *title, *arm; /* arm: of the first trial */
	bool whole;             /* its report was: not damaged, not cut */
	size_t trials;
	uint64_t first_trial;
};

struct night_entry {      /* a scenario */
	char *name, *run; /* run: its id; "" none was begun */
	char *state;      /* of NIGHT_STATE: "ended", "failed", "stopped", "waiting" */
	int exit;
	struct night_arm *arm;
	size_t n_arms;
	struct night_crash *crash;
	size_t n_crashes;
};

struct night_measured {
	uint64_t number;
	int64_t started_s, ended_s;
	char *state; /* "done", "stopped", "open", "abandoned" */
	struct night_entry *entry;
	size_t n;
};

/* A run's measures, for NIGHT_MEASURES: an object with a key a scenario's name. */
json_t *night_measure(const struct export_run *x);

/* From NIGHT_STATE and NIGHT_MEASURES (NULL: none yet). -EINVAL with a sentence. */
int night_measured_from_json(const json_t *state, const json_t *measures, double factor,
			     double alpha, struct night_measured *ret, struct err *err);
void night_measured_done(struct night_measured *n);

/* ---- what is said about the last one ---- */

enum night_kind {                     /* the weightier first */
		  NIGHT_NEW_CRASH,    /* a crash id that no night before had */
		  NIGHT_MORE,         /* an arm fails more often */
		  NIGHT_LESS,         /* ... less often */
		  NIGHT_NOT_RUN,      /* a scenario was not run, or not to its end */
		  NIGHT_LOSSES,       /* more trials are lost to the host */
		  NIGHT_CONTROL,      /* a control did not hold */
		  NIGHT_CUT,          /* a scenario was cut short, or left out, because of STOP */
		  NIGHT_UNCLEAR,      /* perhaps a new crash: its report is damaged */
		  NIGHT_SLOWER_BOOTS, /* slower than in every night before */
		  NIGHT_KERNEL,       /* another kernel than in the night before */
		  NIGHT_REFERENCE,    /* nothing to compare with, and why */
		  NIGHT_KIND_COUNT
};

enum night_weight { NIGHT_REMARK, NIGHT_TROUBLE, NIGHT_ALARM };

struct night_note {
	enum night_kind kind;
	char *entry, *arm; /* arm: "" none */
	char *text;        /* a whole sentence */
};

/* One night of an arm: those that are one experiment with tonight, which is the last. */
struct night_past {
	size_t number;
	const struct night_arm *arm;
	enum change change; /* what was to be said after it */
	bool begins;        /* another hazard was dated to begin with it */
};

/* An arm tonight, and what it is compared with. */
struct night_row {
	const char *entry;
	const struct night_arm *arm;
	size_t nights; /* before it, with the same settings, since its last change */
	struct rate_ratio
		ratio; /* of tonight to them; in an alarm, of the nights from `since` on */
	struct change_look look; /* since: the night's number, 0 none */
	struct night_past *past;
	size_t n_past;
};

struct night_said {
	const struct night_measured *night; /* tonight; borrowed, as what is in the rows */
	size_t nights;                      /* with it */
	size_t streams;                     /* arms that share alpha */
	double factor, alpha;
	struct night_note *note; /* alarms first */
	size_t n_notes;
	struct night_row *row;
	size_t n_rows;
};

#define _cleanup_night_said_ _cleanup_(night_said_done)
void night_said_done(struct night_said *s);

/* Nights in order, the last is the one to speak of; n is at least 1. alpha: false alarms a night,
 * over all arms together. */
void night_judge(const struct night_measured *night, size_t n, double factor, double alpha,
		 struct night_said *ret);

size_t night_said_count(const struct night_said *s, enum night_weight w);
enum night_weight night_weight(enum night_kind k);
const char *night_kind_name(enum night_kind k); /* "new-crash" */

/* "nightly, night 17: 1 new crash, 1 arm fails more": nothing of a guest in it. The caller frees.
 */
char *night_subject(const char *nights, const struct night_said *s);

void night_text(const char *nights, const struct night_said *s, const struct text_style *style,
		struct buf *out);
void night_html(const char *nights, const struct night_said *s, struct buf *out);
json_t *night_json(const char *nights, const struct night_said *s); /* docs/NIGHTS.md */

/* Parts of both texts: when it was, the table of the arms, and what its figures are. */
void night_when(const struct night_measured *n, struct buf *out);
void night_table(const struct night_said *s, struct columns *ret);
void night_words(const struct night_said *s, struct buf *out);

#endif

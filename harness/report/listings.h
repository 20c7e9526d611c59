/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tables of a long report, as cells: HTML, Markdown and text print the same ones. Cells are
 * printable; the first row is the headings.
 */
#ifndef KS_REPORT_LISTINGS_H
#define KS_REPORT_LISTINGS_H

#include "report/columns.h"
#include "report/dossier.h"
#include "report/ticks.h"

enum { LISTING_NAME = 64 /* columns of a name, at most */ };

/* What became of each arm's trials, and how long they lived. */
void listing_outcomes(const struct dossier *d, struct columns *ret);
void listing_lives(const struct dossier *d, struct columns *ret);

/* Alive at each of the times, by arm: at risk, share, band. */
void listing_survival(const struct dossier *d, const struct ticks *at, struct columns *ret);

/* Each arm against another: failures, ratio with interval, p, what it says. */
void listing_pairs(const struct dossier *d, struct columns *ret);

/* Dead of each crash by the time that every arm was watched for. */
void listing_incidence(const struct dossier *d, struct columns *ret);

/* Trials that each crash ended, by kernel. */
void listing_kernels(const struct dossier *d, struct columns *ret);
size_t listing_kernel_deaths(const struct dossier *d, size_t kernel, size_t crash);
size_t listing_kernel_trials(const struct dossier *d, size_t kernel);

/* A row a crash id: how many, in which arms, its MTTF, when it was seen. */
void listing_crashes(const struct dossier *d, size_t most, struct columns *ret);

/* "bad 4 (MTTF 9 s [4, 25]), good 1 (MTTF ...)"; "2026-11-21 16:37 (trial 3)" */
void listing_crash_arms(const struct dossier *d, size_t crash, struct buf *out);
void listing_seen(const struct dossier *d, size_t trial, struct buf *out);

/* Who is censored and who is left out, by arm and reason; at most `most` rows, the last one then
 * says how many there are more. */
void listing_ledger(const struct dossier *d, size_t most, struct columns *ret);

/* What the guests of each arm ran on. */
void listing_guests(const struct dossier *d, struct columns *ret);
/* The machines of the runs: key, and a column a run. */
void listing_hosts(const struct dossier *d, struct columns *ret);
/* In what arms were set up differently from those they are compared with: arm, setting, there,
 * here. Only the headings where nothing differs. */
void listing_differences(const struct dossier *d, struct columns *ret);

/* Of a bisection: versions with their probability; trials in their order. */
void listing_versions(const struct dossier *d, struct columns *ret);
void listing_path(const struct dossier *d, struct columns *ret);

/* How to have the same again: what it does, and the command line. */
void listing_again(const struct dossier *d, struct columns *ret);

/* "12 %", "0.4 %" */
void listing_percent(struct buf *out, double share);
/* The p that is adjusted for all pairs: "0.003", "< 1e-6" */
void listing_p(struct buf *out, double p);

/* A cell with a name: of an arm, a crash, a kernel. */
void listing_add_name(struct columns *c, const char *name);

static inline bool listing_empty(const struct columns *c)
{
	return c->cell.n <= c->n;
}

#endif

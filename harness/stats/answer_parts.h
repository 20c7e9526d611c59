/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of answer_json() share: for harness/stats/answer*.c only. */
#ifndef KS_STATS_ANSWER_PARTS_H
#define KS_STATS_ANSWER_PARTS_H

#include "base/json.h"
#include "stats/answer.h"
#include "stats/interval.h"

struct answer_context {
	const struct lifetable *t;
	struct answer_options opt;
	size_t n_arms, n_causes, n_strata;
	char wald_log[24], profile[24], lr[24], failure_truncated[32];
	double common_tau; /* the longest time that every arm was watched for */
};

/* Which rows of a long table are shown: evenly spread, the first and the last among them. */
struct answer_rows {
	size_t shown, of;
};
struct answer_rows answer_rows(const struct answer_context *c, size_t n);
size_t answer_row(struct answer_rows r, size_t i);

json_t *answer_ends(struct interval i, const char *lo, const char *hi);
json_t *answer_label(const struct labels *l, size_t i);
json_t *answer_labels(const struct labels *l);
/* {key: label, ...o}: what it is about comes first. Takes both. */
json_t *answer_labelled(const char *key, json_t *label, json_t *o);

json_t *answer_km(const struct answer_context *c, const struct sample *s);
json_t *answer_incidence(const struct answer_context *c, const struct sample *s);
/* Adds what is to say of the arms against each other; nothing where there is one. */
void answer_arms(const struct answer_context *c, json_t *o);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Everything that this room can say of a table of lifetimes, as JSON: the layout of `kernsoak stats
 * --json`, described in docs/STATISTICS.md. What does not exist is null.
 */
#ifndef KS_STATS_ANSWER_H
#define KS_STATS_ANSWER_H

#include "base/json.h"
#include "stats/lifetable.h"

struct answer_options {
	double conf;   /* of bands and intervals; 0.95 */
	bool all_rows; /* else tables of more than 150 rows are thinned to 150 */
};

/* The caller owns the object. `name` becomes its "name". */
json_t *answer_json(const char *name, const struct lifetable *t, struct answer_options opt);

/*
 * Sentences on what the figures of an answer rest on and these data do not carry: few failures, an
 * age that matters, hazards that are not proportional, hosts that disagree. A new array;
 * answer_json has put it in as "notes".
 */
json_t *answer_notes(const json_t *answer);

#endif

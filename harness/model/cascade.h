/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a scenario says of hosts whose containers move on when one dies (struct cascade_wish of
 * settings.h); run/cascade.h plays it. A container is a share of the rate of a load: the host with
 * three of them deletes three times as often as the one with one.
 */
#ifndef KS_MODEL_CASCADE_H
#define KS_MODEL_CASCADE_H

#include "model/scenario.h"

static inline bool cascade_wanted(const struct cascade_wish *c)
{
	return c->hosts && c->hosts != TIME_NEVER;
}

#define CASCADE_MOVES_SHAPE "free, none, or a rate such as 6/m"
bool cascade_is_moves(const char *word);

/* Between two moves of the auto-healer, in ns: 0 for free, TIME_NEVER for none. */
uint64_t cascade_move_ns(const struct cascade_wish *c);

/* The load whose rate can be changed while it works; NULL: there is none. */
const struct load_use *cascade_load(const struct settings *s);

/* The rate of so many containers, in the load's unit: millionths per second. */
uint64_t cascade_rate(const struct cascade_wish *c, uint64_t containers);

/* A cascade's hosts idle until it is told how many containers they have, and live from then on:
 * the load's rate is 0, exposure starts with the placement. */
void cascade_settle(struct settings *s);

/* The most hosts that an arm has; 0: no arm is a cascade. */
uint64_t cascade_hosts(const struct scenario *s);

#endif

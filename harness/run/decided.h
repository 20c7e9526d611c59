/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trials until it is decided: each arm against the first, by stats/duel.h, whose error rates hold
 * however often one looks. With k arms each of the k - 1 tests has alpha / (k - 1).
 *
 * Whom the next trial goes to. Evidence is made by exposure, shared about evenly between two arms
 * (duel_share(): what grows fastest per second of a guest, boots included), not by trials: one
 * trial each would give an arm that dies ten times as fast a tenth of the time, and take 2.6 times
 * as long. With several arms left, the first has as much as sqrt(their number) of them, since each
 * is compared with it. Of the arms that still want exposure the one furthest behind is next in
 * three of four cases, and a random one in the fourth (Efron's biased coin): a host that drifts
 * meets all arms in an order that nobody knows before. What was seen may choose the arm, since
 * given the arm a lifetime does not depend on why it was chosen: likelihoods, and so the evidence,
 * stay what they were.
 */
#ifndef KS_RUN_DECIDED_H
#define KS_RUN_DECIDED_H

#include "run/strategy.h"

extern const struct strategy_ops strategy_until_decided;

/* What the scenario says, or the defaults, as the strategy's params. -EINVAL (exit code 64) where
 * there are not two arms. */
int decided_params(const struct scenario *s, json_t **ret, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cascades: the hosts of an arm run together, each with some containers, and an auto-healer moves
 * those of a dead host to the living, as fast as it may. Who dies of what containers do, dies the
 * sooner the more hosts are dead already: whether a limit on moves ends that is the question.
 *
 * One cascade after the other, the arms in randomised blocks. Its hosts idle until all of them
 * soak; then the containers are placed, as evenly as it goes, and the horizon of each host is set
 * to limits.soak from there. That a host is dead the healer learns with its trial's `over` (before
 * the verdict, which takes seconds more): its containers wait, and go one by one to the host that
 * has the fewest. Each of these steps is in the journal before it is done (`place`), and
 * `cascade-end` when all verdicts are in.
 *
 * A host that is lost before the placement is replaced. One that is lost to this machine later, or
 * a runner that was killed, makes the cascade void: it is done again. What its hosts lived counts
 * for them.
 */
#ifndef KS_RUN_CASCADE_H
#define KS_RUN_CASCADE_H

#include "run/strategy.h"

extern const struct strategy_ops strategy_cascade;

#endif

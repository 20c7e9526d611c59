/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Controls: two arms that show whether a run could have found what it looks for (positive: it must
 * fail with the target) and whether it finds it where it is not (negative: it must survive). They
 * are known by their names, so that plans, verdicts and old runs need say no more.
 */
#ifndef KS_MODEL_CONTROLS_H
#define KS_MODEL_CONTROLS_H

#include "model/verdict.h"

enum control { CONTROL_NONE, CONTROL_POSITIVE, CONTROL_NEGATIVE };

enum control_state { CONTROL_OPEN, CONTROL_HELD, CONTROL_BROKE };

bool control_is_key(const char *key);     /* of the scenario: positive, negative */
const char *control_arm(const char *key); /* "positive-control"; NULL: it is no key */
enum control control_of(const char *arm); /* by the arm's name */

/* From how its trials ended. What was stopped or lost tells nothing; open: none told anything. */
enum control_state control_state(enum control c, const uint64_t outcome[OUTCOME_COUNT]);

#endif

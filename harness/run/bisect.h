/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bisection as a strategy: its arms are the values of the axis, its evidence run/bisection.h. */
#ifndef KS_RUN_BISECT_H
#define KS_RUN_BISECT_H

#include "run/strategy.h"

extern const struct strategy_ops strategy_bisect; /* params: run/bisect_params.h */

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What must always be possible on a host of containers, as probes. */
#ifndef KS_CHURN_PROBES_H
#define KS_CHURN_PROBES_H

#include "../probe.h"

#define CHURN_PROBES 3

/* Tries each once and keeps those that work; the others are noted. Returns how many. */
size_t churn_probes(struct probe ret[CHURN_PROBES], uint64_t deadline_ns);

#endif

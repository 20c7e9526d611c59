/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What became of a trial: trials/000017/verdict.json. Failed, censored and excluded are different
 * values. Written pessimistically first (INFRA "interrupted ..."), and for good at the end.
 */
#ifndef KS_MODEL_VERDICT_H
#define KS_MODEL_VERDICT_H

#include "model/counts.h"
#include "model/exposure.h"
#include "model/sighting.h"

enum outcome {
	OUTCOME_INFRA,    /* the host's fault, or it died before the soak: excluded, counted */
	OUTCOME_FAILED,   /* the target crash */
	OUTCOME_OTHER,    /* another crash: a competing risk, censors the target */
	OUTCOME_SURVIVED, /* lived to the horizon: right-censored */
	OUTCOME_STOPPED,  /* ended by us, or lost during the soak: censored at its last sign of life
			   */
	OUTCOME_COUNT
};

enum step { /* run/steps.def: how far it came */
	    STEP_PREPARE,
	    STEP_BOOT,
	    STEP_SETTLE,
	    STEP_SOAK,
	    STEP_EVIDENCE,
	    STEP_GATHER,
	    STEP_KILL,
	    STEP_CLASSIFY,
	    STEP_COMMIT,
	    STEP_COUNT
};

struct verdict {
	enum outcome outcome;
	bool final;       /* false: the pessimistic one, written at the start */
	enum step step;   /* the step in which it was decided */
	char reason[512]; /* one sentence */
	char arm[128];
	char origin[24]; /* what its life says about: model/plants.h; "" not known, as stock */
	uint64_t trial, block, slot, seed;
	bool has_sighting; /* of what decided it: a console report or a synthetic one
			      (heartbeat-lost) */
	struct sighting sighting;
	uint64_t n_sightings;   /* of severity crash or worse during the trial, the deciding one
				   included */
	struct counts findings; /* what its loads' attempts came to */
	bool enough; /* STOPPED because the run had its answer, or nothing more to learn from it:
			not lost, nothing takes its place */
	uint64_t exposure_ns; /* soak's start to failure or censoring; 0 without a soak */
	double exposure_work; /* in `unit`; NaN unknown */
	char unit[64];
	enum exposure_start exposure_starts; /* which moment was time 0 */
	uint64_t exposure_wait_ns;   /* it came so long after the soak's begin; TIME_NEVER: it
					did not come */
	bool before_exposure;        /* the crash came before it: exposure_ns is 0 */
	uint64_t boot_ns, settle_ns; /* how long these steps took; 0 not reached */
	int64_t started_s;           /* wall clock of the spawn, seconds since 1970 */
	uint64_t wall_ns;            /* spawn to commit */
	char kernel[128];            /* uname -r as the guest said it */
	char accel[16];              /* "kvm", "tcg", "fake" */
	double host_load;  /* /proc/loadavg's first figure, mean over the soak; NaN unknown */
	double host_steal; /* share of CPU time stolen from the host during the soak; NaN unknown */
	uint64_t vcpu_ns;  /* CPU time of the guest's vCPUs */
	uint64_t reader_lag_ns; /* the longest time between a byte's writing and our reading, as far
				   as we can tell */
};

const char *outcome_name(enum outcome o); /* "FAILED" ... */
bool outcome_by_name(const char *name, enum outcome *ret);
const char *step_name(enum step s); /* "PREPARE" ... */

json_t *verdict_to_json(const struct verdict *v);
int verdict_from_json(const json_t *j, struct verdict *ret, struct err *err);

#endif

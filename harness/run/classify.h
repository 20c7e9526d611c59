/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From what was seen to what it means. Pure: a live trial and one recovered from its folder after
 * kill -9 come through the same code.
 */
#ifndef KS_RUN_CLASSIFY_H
#define KS_RUN_CLASSIFY_H

#include "model/spec.h"
#include "model/verdict.h"

enum ending {                   /* why the trial left its steps */
	      ENDING_CRASH,     /* a report on the console that ends a trial */
	      ENDING_HORIZON,   /* the soak's limit */
	      ENDING_STOP,      /* we were told to stop */
	      ENDING_LOST,      /* this process died and the trial was recovered from its folder */
	      ENDING_NO_BOOT,   /* no hello in time */
	      ENDING_NO_SETTLE, /* no ready in time */
	      ENDING_GUEST_ERROR, /* the agent said so: a setting or a load did not take */
	      ENDING_HEARTBEAT,
	      ENDING_SILENCE,
	      ENDING_PROGRESS,
	      ENDING_RESET,   /* the guest rebooted or shut down by itself */
	      ENDING_HOST,    /* QEMU died or could not start, or the host failed us otherwise */
	      ENDING_ENOUGH,  /* the runner wants no more of it: censored, and nobody's loss */
	      ENDING_PROBE,   /* a load says that one of its probes is overdue */
	      ENDING_BOOT,    /* ready, and there were errors that the scenario wants none of */
	      ENDING_FSYNC,   /* the agent beats, and no fsync of its heartbeat comes through */
	      ENDING_ANSWER,  /* the agent beats, and no request of ours succeeds */
	      ENDING_UNARMED, /* the soak had begun, and the planted fault could not be armed */
	      ENDING_COUNT
};

/* How agent.log tells it, behind its `#`: "ending 1 in SOAK: detail". The number is what is read
 * back: a new ending goes to the end of the list. */
#define ENDING_NOTE "ending "

struct facts {
	uint64_t spawn_ns, hello_ns, ready_ns, soak_ns; /* instants; 0: not reached */
	uint64_t exposed_ns; /* from when on the life is counted: exposure.starts; 0: not reached */
	double work_before;  /* the exposure's load had counted by then */
	uint64_t last_beat_ns;     /* arrival of the last beat or progress; 0: none */
	uint64_t last_progress_ns; /* the last count of any load; 0: none */
	uint64_t tuned_ns; /* when the run last gave a load another rate (run/orders.h); 0: never */
	bool idle;         /* it was 0: nothing is to be counted */
	uint64_t last_sync_ns;   /* the last beat by which another fsync had come through */
	uint64_t last_answer_ns; /* the last request that was served */
	uint64_t synced;         /* fsyncs so far */
	char refusal[64];        /* what became of the last request that was not served */
	uint64_t probe_ns;       /* when the first overdue probe had begun to wait; 0: none */
	uint64_t end_ns;         /* the instant of the ending */
	uint64_t horizon_ns;     /* of the soak's limit, if a target had yet to last then; or 0 */
	enum ending ending;
	enum step step;   /* in which step it ended */
	char probe[24];   /* that probe's name: of a-z 0-9 and - only */
	char detail[400]; /* of the ending, for the reason */
	double work;      /* last count of the exposure's load; NaN: none came */
	bool has_sighting;
	struct sighting sighting; /* the first that ends a trial */
	uint64_t n_sightings;     /* of severity crash or worse */
	struct counts findings;   /* during the soak, of all loads */
};

/*
 * Does this sighting end a soak? The target does, and everything else of severity crash or worse
 * but warnings: a WARN is survived by the kernel, so it is recorded and the soak goes on, unless
 * the scenario calls it fatal. A panic always does, whatever severity the scenario gives its class.
 * What the scenario ignores never does, nor does a target before it has lasted.
 */
bool classify_ends_trial(const struct target *t, const struct sighting *s);

/* May the console say more, so that the trial goes on reading for a while after this ending? */
bool classify_words_may_follow(enum ending ending);

/* Fills outcome, reason, sighting, exposure and step of `v`; leaves the rest alone. */
void classify(const struct spec *spec, const struct facts *f, struct verdict *v);

#endif

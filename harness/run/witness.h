/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known of a trial, one line of its agent and one sighting at a time: the same for a trial
 * that runs and for one that is recovered from its folder, so that both come to one verdict.
 */
#ifndef KS_RUN_WITNESS_H
#define KS_RUN_WITNESS_H

#include "detect/boot_errors.h"
#include "detect/detector.h"
#include "run/agent.h"
#include "run/classify.h"

enum { SIGHTINGS_KEPT = 256 };

/* The first sighting of a console that ends a trial. */
struct deciding {
	uint64_t serial; /* TIME_NEVER: none yet */
	bool closed;
	struct sighting sighting;
};

struct witness {
	const struct settings *settings; /* borrowed */
	struct facts facts;
	char kernel[128];  /* as the guest's hello said it */
	uint64_t deciding; /* serial of facts.sighting; TIME_NEVER: none yet */
	bool deciding_closed;
	uint64_t scanned_before; /* pgscan_kswapd as the soak began; TIME_NEVER: not known */
	uint64_t open_until_ns;  /* a target that has yet to last is waited for until then; or 0 */
	json_t *sightings;       /* by serial; the first ones only */
	double work_at[SIGHTINGS_KEPT]; /* the work done when each was first seen */
	struct deciding netconsole;     /* of the second witness */
	struct boot_errors *boot;       /* what the kernel said before the soak; NULL: not asked */
	struct sighting *boot_error;    /* those that count, once the guest is ready */
	size_t n_boot_errors;
};

void witness_init(struct witness *w, const struct settings *s);
/* A cascade's host was given its containers: from here on its life is counted. */
void witness_placed(struct witness *w, uint64_t at_ns);
void witness_done(struct witness *w);

/* Words out of their order (a second begun, a begun before ready) change nothing; nor does any
 * after the end, but a finding: an attempt may be what ended it, and the console is quicker. */
void witness_agent(struct witness *w, const struct agent_line *l, uint64_t at_ns);

/* True where it is the first so far that ends a trial. */
bool witness_sighting(struct witness *w, enum sighting_phase phase, uint64_t serial,
		      const struct sighting *s);

/* The same, of the second witness. */
bool witness_netconsole(struct witness *w, enum sighting_phase phase, uint64_t serial,
			const struct sighting *s);

/* Is the report that ended the trial still to come to its end, as far as anybody saw it? */
bool witness_report_open(const struct witness *w);

/* The trial is over: what netconsole saw counts where the serial console saw nothing, or only a
 * part of it. */
void witness_hear_both(struct witness *w);

/* All that were seen, boot errors last: for sightings.json. The caller drops the reference. */
json_t *witness_sightings(const struct witness *w);

/*
 * The soak's limit has come: is there a target that may yet last long enough? The instant until
 * when it is to be waited for, or 0. From then on only such a target ends the life otherwise than
 * by survival, and no work is counted.
 */
uint64_t witness_horizon(struct witness *w, uint64_t at_ns);

/* Why, when and in which step the trial left its steps. The first end counts. */
void witness_end(struct witness *w, enum ending ending, enum step step, uint64_t at_ns,
		 const char *detail);

#endif

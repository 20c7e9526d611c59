/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who says what a run does next, and when it has its answer. The runner (runner_loop.h) owns
 * processes, journal and signals; a strategy only ever sees arms, verdicts and ages, and never a
 * file or a clock: so it can be played a thousand times in a test, and taken up after kill -9.
 *
 * A run's strategy is its name and its parameters (JSON; both in plan.json) and the verdicts that
 * it was told, in the order of the journal. Nothing else may go into what it decides, so that
 * `resume` comes to the same state by telling it the same again. What it draws at random, it draws
 * from campaign->plan.seed and the number of the trial (plan.n + 1), not from a generator that it
 * keeps.
 *
 * What the runner does with it:
 *	- a slot is idle: trials that the plan has and nobody has started come first; then
 *	  next() is asked. Its wish becomes a trial at the end of the plan, goes into the
 *	  journal (JOURNAL_ADD: arm, why, soak_ns), and is started. false: nothing now; asked
 *	  again when a trial has ended.
 *	- a trial has ended: ended(), once for each, lost ones (INFRA; STOPPED) too. A lost
 *	  trial has given its place back: whether another is wanted, next() says.
 *	- each second, and after each end: decided(), then enough() for each trial that runs,
 *	  with the age of its soak. Both are left out while a trial is in its last words
 *	  (campaign_in_limbo). Trials that run count as censored at campaign_age_ns().
 *	  enough() ends a trial as STOPPED with `enough` in its verdict: censored, told to
 *	  ended() as any other, and nobody's loss. decided() stops all, ends the run, and is
 *	  final: JOURNAL_DECIDED has the exit code and the sentence, and a resumed run only
 *	  waits for what was still open.
 *	- five times a second, and after each end: orders(), until it has no more, also while
 *	  a trial is in its last words. Each goes into the journal, and then to the trial. A
 *	  resumed run is told what the journal has of them, and of JOURNAL_ADD: recall(),
 *	  before any ended().
 *	- neither a trial runs nor next() wishes one: the run is done.
 *
 * To add one: a file that fills in a struct strategy_ops, and a row in strategy.c. Who starts such
 * a run names it in run_options (strategy, params); params are kept in plan.json as they are.
 *
 * A bisection: each version is an arm (an overlay of the scenario that only changes the kernel),
 * oldest first, made by the verb before runner_start(); params say the order, the prior and the
 * cost of a boot. The posterior is told each ended trial's arm, age and fate (an INFRA before the
 * soak: this version cannot be tested). next() is the best of stats/choice.h, its duration in
 * wish.soak_ns; so soaks of one arm differ in length. Where several slots are busy, the trials that
 * run are in the campaign (state, campaign_age_ns) and count as clean so far. enough(): this one
 * would now teach less per second than another (after somebody else's crash the version it runs may
 * be of no interest any more). decided(): a version has its 95 %, and nothing
 * runs that could take them away. answer(): the posterior.
 */
#ifndef KS_RUN_STRATEGY_H
#define KS_RUN_STRATEGY_H

#include "run/campaign.h"
#include "store/journal.h"

struct progress_style;

struct wish {
	uint64_t arm;
	uint64_t soak_ns; /* at most so long; 0: the arm's own limit */
	char why[256];    /* for the journal and for people */
};

/* Something that is done to a trial that runs. */
struct order {
	struct journal_record rec; /* its at_ms is filled in from at_ns, the runner's clock */
	uint64_t at_ns;
	char line[256]; /* for rec.trial: lines of run/orders.h; "" none */
};

struct strategy { /* every strategy's own struct begins with this; set by strategy_load() */
	const struct strategy_ops *ops;
};

/* What may be NULL says so. The campaign is the runner's, and outlives the strategy. */
struct strategy_ops {
	const char *name; /* in plan.json */
	bool laid_out;    /* the scenario's arms x stop.trials are planned at the beginning */
	bool lazy;        /* an arm is made ready (run/version.h) when it is first wished for */

	/* params NULL: none were given. -EINVAL with a sentence where they are no good. */
	int (*load)(const struct campaign *c, const json_t *params, struct strategy **ret,
		    struct err *err);
	void (*free)(struct strategy *s);

	bool (*next)(struct strategy *s, const struct campaign *c, uint64_t now_ns,
		     struct wish *ret);
	void (*ended)(struct strategy *s, const struct campaign *c, const struct planned *t,
		      const struct verdict *v);
	bool (*enough)(struct strategy *s, const struct campaign *c, const struct planned *t,
		       uint64_t age_ns); /* NULL: never */
	bool (*decided)(struct strategy *s, const struct campaign *c,
			uint64_t now_ns); /* NULL: never; the run ends when all is done */

	/* NULL: none are given. */
	bool (*orders)(struct strategy *s, const struct campaign *c, uint64_t now_ns,
		       struct order *ret);
	void (*recall)(struct strategy *s, const struct campaign *c,
		       const struct journal_record *rec); /* NULL where there are no orders */

	/* lazy: the arm can be run, and it took so long to make it ready; or it cannot, for good. A
	 * resumed run is told the latter again, before any trial. */
	void (*ready)(struct strategy *s, const struct campaign *c, uint64_t arm, double took_s);
	void (*unable)(struct strategy *s, const struct campaign *c, uint64_t arm, const char *why);

	/* Of a run that came to its end, or to that of its budget. */
	int (*exit_code)(const struct strategy *s, const struct campaign *c, bool over_budget);
	/* The answer in words, as far as there is one, for the journal's last record; NULL: none.
	 */
	void (*sentence)(const struct strategy *s, const struct campaign *c, struct buf *out);
	/* The same as data, for RUN/answer.json; NULL: no such file. */
	json_t *(*answer)(const struct strategy *s, const struct campaign *c);
	/* After each trial, some lines on how it stands; NULL: nothing to say. */
	void (*page)(struct strategy *s, const struct campaign *c,
		     const struct progress_style *style, struct buf *out);
	/* How far it is, for the progress line; NULL: nothing to say. */
	void (*say)(struct strategy *s, const struct campaign *c, uint64_t now_ns, struct buf *out);
};

extern const struct strategy_ops strategy_plan; /* the scenario's trials, each once: strategy.c */

const struct strategy_ops *strategy_by_name(const char *name); /* NULL where there is none */

int strategy_load(const struct strategy_ops *ops, const struct campaign *c, const json_t *params,
		  struct strategy **ret, struct err *err);

/* Thin calls; strategy_free(NULL) is fine and returns NULL. */
struct strategy *strategy_free(struct strategy *s);
bool strategy_enough(struct strategy *s, const struct campaign *c, const struct planned *t,
		     uint64_t age_ns);
bool strategy_decided(struct strategy *s, const struct campaign *c, uint64_t now_ns);
void strategy_sentence(const struct strategy *s, const struct campaign *c, struct buf *out);
void strategy_ready(struct strategy *s, const struct campaign *c, uint64_t arm, double took_s);
void strategy_unable(struct strategy *s, const struct campaign *c, uint64_t arm, const char *why);
void strategy_page(struct strategy *s, const struct campaign *c, const struct progress_style *style,
		   struct buf *out);
void strategy_say(struct strategy *s, const struct campaign *c, uint64_t now_ns, struct buf *out);

#endif

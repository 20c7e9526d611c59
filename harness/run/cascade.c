/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/cascade.h"

#include <inttypes.h>
#include <stdio.h>

#include "model/cascade.h"

enum {
	EARLY_PER_HOST = 2, /* hosts that die of themselves before the placement, per host */
};
#define AFTERWARDS (60 * NS_PER_S) /* who has not ended so long after the horizon is ended */

struct host {
	uint64_t trial;
	uint64_t containers, coming; /* coming: moved to it, and not yet told */
	bool placed;                 /* it was told its first containers */
	bool failed, ended;          /* its verdict says so; its verdict is in */
	bool dead;                   /* and the healer knows */
};

struct score { /* of one arm */
	uint64_t cascades, hosts, alive;
};

struct healer {
	struct strategy base;
	struct plan order;   /* which arm's turn it is: its n-th trial is the n-th cascade */
	size_t done;         /* cascades that came to their ends */
	struct score *score; /* by arm */
	uint64_t voids;
	uint64_t now_ns; /* when we were last asked */

	/* the cascade that runs, or was the last */
	uint64_t number;     /* 0: none yet */
	uint64_t arm, first; /* its first trial */
	bool open;           /* it has had no end yet */
	bool recalled;       /* it is another runner's */
	uint64_t early;      /* hosts that died of themselves before the placement */
	uint64_t placed_ns;  /* 0: not yet */
	uint64_t died_ns;    /* the last death */
	uint64_t move_ns;    /* the next move may be then */
	uint64_t pending;    /* containers */
	struct host *host;
	size_t n;
	char void_why[200];
};

static const struct settings *settings_of(const struct healer *h, const struct campaign *c)
{
	return &c->scenario.arm[h->arm].settings;
}

static uint64_t horizon_ns(const struct healer *h, const struct campaign *c)
{
	return h->placed_ns + settings_of(h, c)->limits.soak;
}

static struct host *host_of(struct healer *h, uint64_t trial)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->host[i].trial == trial)
			return &h->host[i];
	return NULL;
}

static size_t n_alive(const struct healer *h)
{
	size_t n = 0;

	for (size_t i = 0; i < h->n; i++)
		n += !h->host[i].dead;
	return n;
}

static bool all_ended(const struct healer *h)
{
	for (size_t i = 0; i < h->n; i++)
		if (!h->host[i].ended)
			return false;
	return true;
}

static bool is_void(const struct healer *h)
{
	return *h->void_why;
}

/* ---- begin and end ---- */

static int load_order(const struct campaign *c, const json_t *params, struct strategy **ret,
		      struct err *err)
{
	struct healer *h = xcalloc(1, sizeof(*h));

	(void)params;
	(void)err;
	plan_make(&c->scenario, c->scenario.stop.trials, c->plan.seed, &h->order);
	h->score = xcalloc(c->scenario.n_arms, sizeof(*h->score));
	*ret = &h->base;
	return 0;
}

static void cascade_free(struct strategy *s)
{
	struct healer *h = (struct healer *)s;

	plan_done(&h->order);
	free(h->score);
	free(h->host);
	free(h);
}

static void open_next(struct healer *h, const struct campaign *c)
{
	h->number++;
	h->arm = h->order.trial[h->done].arm;
	h->first = c->plan.n + 1;
	h->open = true;
	h->recalled = false;
	h->early = h->placed_ns = h->died_ns = h->move_ns = h->pending = 0;
	h->n = 0;
	h->void_why[0] = 0;
}

static void close_it(struct healer *h, const char *why)
{
	struct score *score = &h->score[h->arm];

	h->open = false;
	if (str_after(why, "void")) {
		h->voids++;
		return;
	}
	h->done++;
	score->cascades++;
	score->hosts += h->n;
	for (size_t i = 0; i < h->n; i++) /* a death just before the horizon was no news any more */
		score->alive += !h->host[i].dead && !h->host[i].failed;
}

/* What another runner wrote down: the same again, as far as the score goes. */
static void cascade_recall(struct strategy *s, const struct campaign *c,
			   const struct journal_record *rec)
{
	struct healer *h = (struct healer *)s;
	struct host *host;
	uint64_t number;

	if (rec->event == JOURNAL_ADD && sscanf(rec->why, "cascade %" SCNu64, &number) == 1) {
		if (number != h->number && h->done < h->order.n) {
			open_next(h, c);
			h->number = number;
			h->recalled = true;
		}
	} else if (rec->event == JOURNAL_PLACE && str_eq(rec->why, "begin")) {
		h->host = xrealloc(h->host, (h->n + 1) * sizeof(*h->host));
		h->host[h->n++] = (struct host){ .trial = rec->trial };
	} else if (rec->event == JOURNAL_PLACE && str_eq(rec->why, "died")) {
		host = host_of(h, rec->trial);
		if (host)
			host->dead = true;
	} else if (rec->event == JOURNAL_CASCADE_END && h->open) {
		close_it(h, rec->why);
	}
}

/* ---- whom to run ---- */

/* Hosts that wait, boot or idle. */
static size_t gathered(const struct healer *h, const struct campaign *c, bool begun)
{
	size_t n = 0;

	for (size_t i = h->first - 1; i < c->plan.n; i++)
		n += c->state[i] != TRIAL_ENDED && !c->soak[i].over_ns &&
		     (!begun || c->soak[i].begun);
	return n;
}

static bool anybody_runs(const struct campaign *c)
{
	for (size_t i = 0; i < c->plan.n; i++)
		if (c->state[i] == TRIAL_RUNNING)
			return true;
	return false;
}

/* Long enough for the others to come; the placement says for how long it is really. */
static uint64_t patience_ns(const struct settings *s)
{
	return s->limits.soak + 4 * (s->limits.boot + s->limits.settle);
}

static bool cascade_next(struct strategy *s, const struct campaign *c, uint64_t now_ns,
			 struct wish *ret)
{
	struct healer *h = (struct healer *)s;
	const struct settings *set;

	h->now_ns = now_ns;
	if (!h->open) {
		if (h->done == h->order.n || anybody_runs(c))
			return false;
		open_next(h, c);
	}
	set = settings_of(h, c);
	if (h->recalled || h->placed_ns || is_void(h) ||
	    gathered(h, c, false) >= set->cascade.hosts)
		return false;
	*ret = (struct wish){ .arm = h->arm, .soak_ns = patience_ns(set) };
	snprintf(ret->why, sizeof(ret->why), "cascade %" PRIu64 ", %zu of %zu", h->number,
		 h->done + 1, h->order.n);
	return true;
}

/* ---- what becomes of them ---- */

static void lose(struct healer *h, const struct planned *t, const char *why)
{
	if (!is_void(h))
		snprintf(h->void_why, sizeof(h->void_why), "void: trial %" PRIu64 " %.150s",
			 t->trial, why);
}

static void cascade_ended(struct strategy *s, const struct campaign *c, const struct planned *t,
			  const struct verdict *v)
{
	struct healer *h = (struct healer *)s;
	const bool lost =
		v->outcome == OUTCOME_INFRA || (v->outcome == OUTCOME_STOPPED && !v->enough);
	const uint64_t over_ns = c->soak[t->trial - 1].over_ns;
	struct host *host = host_of(h, t->trial);

	if (!h->open || h->recalled || t->trial < h->first)
		return;
	if (!h->placed_ns) {
		h->early += !lost;
		if (h->early > EARLY_PER_HOST * settings_of(h, c)->cascade.hosts)
			lose(h, t, "and others before it did not live until the placement");
		return;
	}
	if (!host)
		return;
	host->ended = true;
	host->failed = v->outcome == OUTCOME_FAILED || v->outcome == OUTCOME_OTHER;
	if (lost)
		lose(h, t, v->reason);
	else if (v->outcome == OUTCOME_SURVIVED && over_ns && over_ns < horizon_ns(h, c))
		lose(h, t, "came to its limit before the placed containers came to theirs");
}

/* Who is none of the cascade's, or of one that is void, or forgot its end. */
static bool cascade_enough(struct strategy *s, const struct campaign *c, const struct planned *t,
			   uint64_t age_ns)
{
	const struct healer *h = (struct healer *)s;

	(void)age_ns;
	if (!h->open || h->recalled || t->trial < h->first || is_void(h))
		return true;
	return h->placed_ns &&
	       h->now_ns > horizon_ns(h, c) + settings_of(h, c)->target.lasts + AFTERWARDS;
}

/* ---- what the healer does ---- */

static void place(const struct healer *h, const struct host *host, const char *why, uint64_t at_ns,
		  struct order *ret)
{
	ret->at_ns = at_ns;
	ret->rec = (struct journal_record){ .event = JOURNAL_PLACE,
					    .trial = host->trial,
					    .cascade = h->number,
					    .containers = host->containers,
					    .pending = h->pending };
	snprintf(ret->rec.why, sizeof(ret->rec.why), "%s", why);
}

static void tune(const struct healer *h, const struct campaign *c, const struct host *host,
		 struct order *ret)
{
	const struct settings *s = settings_of(h, c);
	const size_t n = strlen(ret->line);

	snprintf(ret->line + n, sizeof(ret->line) - n, "tune load=%s rate=%" PRIu64 "\n",
		 cascade_load(s)->def->name, cascade_rate(&s->cascade, host->containers));
}

static bool finish(struct healer *h, uint64_t at_ns, const char *why, struct order *ret)
{
	ret->at_ns = at_ns;
	ret->rec = (struct journal_record){ .event = JOURNAL_CASCADE_END, .cascade = h->number };
	snprintf(ret->rec.why, sizeof(ret->rec.why), "%s", why);
	close_it(h, why);
	return true;
}

/* All are there: who has how many from now on, those that are left over to the first. */
static void lay_out(struct healer *h, const struct campaign *c, uint64_t now_ns)
{
	const struct cascade_wish *w = &settings_of(h, c)->cascade;

	h->host = xrealloc(h->host, w->hosts * sizeof(*h->host));
	h->placed_ns = now_ns;
	for (size_t i = h->first - 1; i < c->plan.n; i++)
		if (c->state[i] == TRIAL_RUNNING && c->soak[i].begun && !c->soak[i].over_ns) {
			h->host[h->n] = (struct host){
				.trial = i + 1,
				.containers = w->containers / w->hosts +
					      (h->n < w->containers % w->hosts),
			};
			h->n++;
		}
}

static bool tell_first(struct healer *h, const struct campaign *c, struct order *ret)
{
	for (size_t i = 0; i < h->n; i++) {
		struct host *host = &h->host[i];

		if (host->placed)
			continue;
		host->placed = true;
		place(h, host, "begin", h->placed_ns, ret);
		snprintf(ret->line, sizeof(ret->line), "until ns=%" PRIu64 "\n",
			 settings_of(h, c)->limits.soak);
		tune(h, c, host, ret);
		return true;
	}
	return false;
}

/* Over before the horizon; or a verdict says so before we saw it. */
static bool has_died(const struct healer *h, const struct campaign *c, const struct host *host)
{
	const uint64_t over_ns = c->soak[host->trial - 1].over_ns;

	return over_ns ? over_ns < horizon_ns(h, c) : host->failed;
}

static bool hear_deaths(struct healer *h, const struct campaign *c, uint64_t now_ns,
			struct order *ret)
{
	for (size_t i = 0; i < h->n; i++) {
		struct host *host = &h->host[i];

		if (host->dead || !has_died(h, c, host))
			continue;
		host->dead = true;
		h->died_ns = MIN(now_ns, horizon_ns(h, c));
		if (!h->pending)
			h->move_ns = MAX(h->move_ns, now_ns);
		h->pending += host->containers + host->coming;
		host->containers = host->coming = 0;
		place(h, host, "died", h->died_ns, ret);
		return true;
	}
	return false;
}

static struct host *least_loaded(struct healer *h)
{
	struct host *least = NULL;

	for (size_t i = 0; i < h->n; i++) {
		struct host *host = &h->host[i];

		if (!host->dead &&
		    (!least || host->containers + host->coming < least->containers + least->coming))
			least = host;
	}
	return least;
}

/* As many as may be moved by now: each is somebody's then. */
static void move(struct healer *h, const struct campaign *c, uint64_t now_ns)
{
	const uint64_t every_ns = cascade_move_ns(&settings_of(h, c)->cascade);
	uint64_t left = h->pending;

	for (size_t i = 0; i < h->n; i++)
		left -= h->host[i].coming;
	if (every_ns == TIME_NEVER || !n_alive(h))
		return;
	for (; left && h->move_ns <= now_ns; left--) {
		least_loaded(h)->coming++;
		h->move_ns += every_ns;
	}
}

static bool tell_moved(struct healer *h, const struct campaign *c, uint64_t now_ns,
		       struct order *ret)
{
	for (size_t i = 0; i < h->n; i++) {
		struct host *host = &h->host[i];

		if (!host->coming)
			continue;
		host->containers += host->coming;
		h->pending -= host->coming;
		host->coming = 0;
		place(h, host, "moved", now_ns, ret);
		tune(h, c, host, ret);
		return true;
	}
	return false;
}

static bool heal(struct healer *h, const struct campaign *c, uint64_t now_ns, struct order *ret)
{
	const uint64_t end_ns = horizon_ns(h, c);

	if (tell_first(h, c, ret) || hear_deaths(h, c, now_ns, ret))
		return true;
	if (!n_alive(h))
		return all_ended(h) && finish(h, h->died_ns, "all-dead", ret);
	if (now_ns >= end_ns)
		return all_ended(h) && finish(h, end_ns, "time", ret);
	move(h, c, now_ns);
	return tell_moved(h, c, now_ns, ret);
}

static bool cascade_orders(struct strategy *s, const struct campaign *c, uint64_t now_ns,
			   struct order *ret)
{
	struct healer *h = (struct healer *)s;

	h->now_ns = now_ns;
	if (!h->open)
		return false;
	if (h->recalled)
		return finish(h, now_ns, "void: the run was interrupted", ret);
	if (is_void(h))
		return finish(h, now_ns, h->void_why, ret);
	if (!h->placed_ns && gathered(h, c, true) == settings_of(h, c)->cascade.hosts)
		lay_out(h, c, now_ns);
	return h->placed_ns && heal(h, c, now_ns, ret);
}

/* ---- in words ---- */

static int cascade_exit_code(const struct strategy *s, const struct campaign *c, bool over_budget)
{
	return strategy_plan.exit_code(s, c, over_budget);
}

static void cascade_sentence(const struct strategy *s, const struct campaign *c, struct buf *out)
{
	const struct healer *h = (const struct healer *)s;

	buf_printf(out, "%zu of %zu cascades", h->done, h->order.n);
	if (h->voids)
		buf_printf(out, " (%" PRIu64 " void)", h->voids);
	for (size_t i = 0; i < c->scenario.n_arms; i++) {
		const struct score *score = &h->score[i];

		if (score->cascades)
			buf_printf(out, "; %s: %" PRIu64 " of %" PRIu64 " hosts alive at the end",
				   c->scenario.arm[i].name, score->alive, score->hosts);
	}
}

static void cascade_say(struct strategy *s, const struct campaign *c, uint64_t now_ns,
			struct buf *out)
{
	const struct healer *h = (const struct healer *)s;

	if (!h->open || h->recalled)
		return;
	buf_printf(out, "cascade %zu of %zu (%s): ", h->done + 1, h->order.n,
		   c->scenario.arm[h->arm].name);
	if (!h->placed_ns)
		buf_printf(out, "%zu of %" PRIu64 " hosts are ready", gathered(h, c, true),
			   settings_of(h, c)->cascade.hosts);
	else
		buf_printf(out,
			   "%zu of %zu hosts alive after %" PRIu64 " s, %" PRIu64
			   " containers wait",
			   n_alive(h), h->n,
			   (MIN(now_ns, horizon_ns(h, c)) - h->placed_ns) / NS_PER_S, h->pending);
}

const struct strategy_ops strategy_cascade = {
	.name = "cascade",
	.load = load_order,
	.free = cascade_free,
	.next = cascade_next,
	.ended = cascade_ended,
	.enough = cascade_enough,
	.orders = cascade_orders,
	.recall = cascade_recall,
	.exit_code = cascade_exit_code,
	.sentence = cascade_sentence,
	.say = cascade_say,
};

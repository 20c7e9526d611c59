/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/simulate.h"

#include <math.h>

#include "base/buf.h"
#include "stats/choice.h"

enum { ROUNDS_MAX = 3000 };

/* ---- our own policy ---- */

struct search {
	struct game *g;
	struct bisect_run *run;
	size_t n_runs, room;
	struct bisect_slot slot[GAME_SLOTS_MAX];
	bool *unusable;
};

static void add_run(struct search *s, struct bisect_run run)
{
	if (s->n_runs == s->room) {
		s->room = 2 * s->room + 64;
		s->run = xrealloc(s->run, s->room * sizeof(*s->run));
	}
	s->run[s->n_runs++] = run;
}

/* How little a slot needs to run what is wanted: 0 nothing, 1 a boot, 2 a switch too. */
static int need(const struct bisect_slot *slot, const struct bisect_action *a)
{
	if (!slot->any || slot->version != a->version)
		return 2;
	return slot->alive && !a->fresh ? 0 : 1;
}

/* Picks the slots that need least; the others' guests go. Returns how many were picked. */
static size_t pick_slots(struct search *s, const struct bisect_action *a, size_t *ret)
{
	size_t n = 0;

	for (int least = 0; least <= 2; least++)
		for (size_t i = 0; i < s->g->w->slots; i++) {
			if (need(&s->slot[i], a) != least)
				continue;
			if (n < a->guests)
				ret[n++] = i;
			else
				s->slot[i].alive = false;
		}
	return n;
}

/* Puts guests of the version into the slots; false where it does not boot. */
static bool fill_slots(struct search *s, const struct bisect_action *a, const size_t *pick,
		       double *ready_s)
{
	struct game *g = s->g;
	bool boots = false;

	for (size_t i = 0; i < a->guests; i++) {
		struct bisect_slot *slot = &s->slot[pick[i]];

		ready_s[i] = 0;
		if (need(slot, a) == 0)
			continue;
		ready_s[i] = game_boot(g, pick[i], a->version);
		*slot = (struct bisect_slot){ .any = true, .version = a->version, .alive = true };
		boots = true;
	}
	if (!boots || !g->unusable[a->version])
		return true;
	for (size_t i = 0; i < a->guests; i++) {
		s->slot[pick[i]].alive = false;
		g->cost_s += ready_s[i];
	}
	return false;
}

static double longest(const double *v, size_t n)
{
	double most = 0;

	for (size_t i = 0; i < n; i++)
		most = fmax(most, v[i]);
	return most;
}

struct life {
	double ready, end;
	enum game_end how;
};

/* What a guest saw until the round was over. */
static void end_life(struct search *s, size_t version, struct bisect_slot *slot,
		     const struct life *life, double over)
{
	double from = slot->age_s;
	bool ended = life->end <= over;

	slot->age_s += fmax(0, over - life->ready);
	slot->alive = !ended || life->how == GAME_CLEAN;
	if (slot->age_s > from)
		add_run(s, (struct bisect_run){ version, from, slot->age_s,
						ended && life->how == GAME_CRASH });
}

/* The guests run from when they are ready until the first of them ends, or for tau once all are. */
static void play_round(struct search *s, const struct bisect_action *a)
{
	struct game *g = s->g;
	size_t pick[GAME_SLOTS_MAX], n = pick_slots(s, a, pick);
	double ready[GAME_SLOTS_MAX], over = INFINITY;
	struct life life[GAME_SLOTS_MAX];

	if (!fill_slots(s, a, pick, ready)) {
		s->unusable[a->version] = true;
		g->wall_s += longest(ready, n);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		double limit = longest(ready, n) + a->tau_s - ready[i], lived;

		life[i].ready = ready[i];
		life[i].how = game_run(g, a->version, s->slot[pick[i]].age_s, limit, &lived);
		life[i].end = ready[i] + lived;
		over = fmin(over, life[i].end);
	}
	g->wall_s += over;
	g->cost_s += over * (double)n;
	for (size_t i = 0; i < n; i++)
		end_life(s, a->version, &s->slot[pick[i]], &life[i], over);
}

static struct verdict_range search(struct search *s, const struct bisect_prior *prior,
				   double stop_at, bool ends)
{
	const struct world *w = s->g->w;
	struct bisect_bench bench = { .boot_s = w->boot_s,
				      .switch_s = w->switch_s,
				      .unusable = s->unusable,
				      .slot = s->slot,
				      .n_slots = w->slots,
				      .stop_at = ends ? stop_at : 0 };

	for (size_t i = 0; i < w->first_crashes; i++)
		add_run(s, (struct bisect_run){ w->versions - 1, 0, s->g->first[i], true });
	for (int i = 0; i < ROUNDS_MAX; i++) {
		_cleanup_posterior_ struct posterior p = { 0 };
		struct bisect_answer answer;
		struct bisect_action action;

		posterior_fit(w->versions, prior, s->run, s->n_runs, &p);
		answer = bisect_answer(&p, s->unusable);
		if (answer.mass >= stop_at || !bisect_choose(&p, &bench, &action))
			return (struct verdict_range){ answer.first, answer.last };
		play_round(s, &action);
	}
	return (struct verdict_range){ 0 };
}

struct verdict_range simulate_own(struct game *g, const struct bisect_prior *prior, double stop_at,
				  bool ends)
{
	struct search s = { .g = g };
	struct verdict_range r;

	s.unusable = xcalloc(g->w->versions, sizeof(*s.unusable));
	r = search(&s, prior, stop_at, ends);
	free(s.run);
	free(s.unusable);
	return r;
}

static struct verdict_range play_time(struct game *g)
{
	return simulate_own(g, &(struct bisect_prior){ 0 }, g->w->confidence, false);
}

static struct verdict_range play_full(struct game *g)
{
	return simulate_own(g, &bisect_prior_full, bisect_stop_at(g->w->confidence), true);
}

static struct verdict_range play_known(struct game *g)
{
	return simulate_own(g, &(struct bisect_prior){ .told_mttf_s = g->w->mttf_s },
			    g->w->confidence, false);
}

/* ---- the policies ---- */

static const struct rival own[] = {
	{ "time", "kernsoak's, if lives are exponential and good versions never crash", play_time },
	{ "full", "kernsoak's as it is: any shape, stray crashes of good versions", play_full },
	{ "known", "as time, but told the rate: what not knowing it costs", play_known },
};

static const struct rival *policy(size_t i)
{
	return i < ARRAY_SIZE(own) ? &own[i] : rival_nth(i - ARRAY_SIZE(own));
}

const char *policy_name(size_t i)
{
	return policy(i) ? policy(i)->name : NULL;
}

const char *policy_sentence(size_t i)
{
	return policy(i) ? policy(i)->sentence : NULL;
}

void simulate(size_t which, const struct world *w, size_t repeats, uint64_t seed,
	      struct simulated *ret)
{
	struct simulated sum = { 0 };
	double squares = 0, n = (double)repeats;

	for (size_t i = 0; i < repeats; i++) {
		struct world own_world;
		struct game g;
		struct verdict_range r;
		uint64_t stream = seed + i * UINT64_C(0x9e3779b97f4a7c15);
		double cost;

		own_world = w->random ? world_draw(w, rng_splitmix(&stream)) : *w;
		game_init(&g, &own_world, rng_splitmix(&stream), which + 1);
		r = policy(which)->play(&g);
		cost = g.cost_s / own_world.mttf_s;
		sum.cost_mttf += cost / n;
		squares += cost * cost / n;
		sum.wall_mttf += g.wall_s / own_world.mttf_s / n;
		sum.error += !(r.first <= g.culprit && g.culprit <= r.last) / n;
		sum.gave_up += (r.first == 0) / n;
		game_done(&g);
	}
	sum.cost_se = sqrt(fmax(0, squares - sum.cost_mttf * sum.cost_mttf) / fmax(1, n - 1));
	*ret = sum;
}

double simulate_bound_mttf(size_t versions)
{
	double e = 0.05, n = (double)(versions - 1), h = -e * log(e) - (1 - e) * log1p(-e);

	return n > 1 ? fmax(0, M_E * (log(n) - h - e * log(n - 1))) : 0;
}

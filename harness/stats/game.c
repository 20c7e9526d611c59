/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/game.h"

#include <assert.h>

#include "base/buf.h"
#include "stats/posterior.h"

const struct world world_default = {
	.versions = 64,
	.mttf_s = 900,
	.shape = 1,
	.boot_s = 30,
	.switch_s = 60,
	.slots = 1,
	.first_crashes = 3,
	.confidence = 0.95,
};

static double draw_from(struct rng *r, const double *value, const double *weight, size_t n)
{
	double sum = 0, at;
	size_t i = 0;

	for (size_t k = 0; k < n; k++)
		sum += weight[k];
	for (at = sum * rng_unit(r); i + 1 < n && at >= weight[i]; i++)
		at -= weight[i];
	return value[i];
}

struct world world_draw(const struct world *w, uint64_t seed)
{
	const struct bisect_prior *prior = &bisect_prior_full;
	struct rng r = rng_make(seed);
	struct world drawn = *w;

	assert(w->versions >= 4);
	drawn.versions = 4 + rng_below(&r, w->versions - 3);
	drawn.mttf_s = w->boot_s * 2 * pow(50, rng_unit(&r));
	drawn.shape = draw_from(&r, prior->shape, prior->shape_weight, prior->n_shapes);
	drawn.stray = draw_from(&r, prior->rho, prior->rho_weight, prior->n_rhos);
	return drawn;
}

static double scale_of(const struct world *w)
{
	return w->mttf_s / tgamma(1 + 1 / w->shape);
}

/* How long a guest of that age has still to live. */
static double draw_life(struct game *g, size_t version, double age)
{
	double rate = version >= g->culprit ? 1 : g->w->stray, k = g->w->shape,
	       scale = scale_of(g->w);

	if (rate == 0)
		return INFINITY;
	return fmax(1e-9,
		    scale * pow(pow(age / scale, k) - log(rng_unit(&g->rng)) / rate, 1 / k) - age);
}

void game_init(struct game *g, const struct world *w, uint64_t seed, uint64_t player)
{
	assert(w->versions >= 2 && w->slots >= 1 && w->slots <= GAME_SLOTS_MAX);
	assert(w->first_crashes >= 1 && w->first_crashes <= GAME_FIRST_MAX);
	*g = (struct game){ .w = w, .rng = rng_make(seed) };
	g->culprit = 1 + rng_below(&g->rng, w->versions - 1);
	g->unusable = xcalloc(w->versions, sizeof(*g->unusable));
	for (size_t v = 1; v + 1 < w->versions; v++)
		g->unusable[v] = rng_unit(&g->rng) < w->unusable;
	for (size_t i = 0; i < w->first_crashes; i++)
		g->first[i] = draw_life(g, w->versions - 1, 0);
	g->rng = rng_make(seed ^ rng_splitmix(&player));
}

void game_done(struct game *g)
{
	free(g->unusable);
	g->unusable = NULL;
}

double game_boot(struct game *g, size_t i, size_t version)
{
	bool other = !g->slot[i].any || g->slot[i].version != version;

	g->slot[i].any = true;
	g->slot[i].version = version;
	return g->w->boot_s + (other ? g->w->switch_s : 0);
}

enum game_end game_run(struct game *g, size_t version, double age, double limit, double *ret_s)
{
	double life = draw_life(g, version, age),
	       other = g->w->other > 0 ? -log(rng_unit(&g->rng)) * g->w->mttf_s / g->w->other
				       : INFINITY;

	*ret_s = fmin(limit, fmin(life, other));
	return *ret_s == limit ? GAME_CLEAN : *ret_s == life ? GAME_CRASH : GAME_OTHER;
}

double game_mttf_seen(const struct game *g)
{
	double sum = 0;

	for (size_t i = 0; i < g->w->first_crashes; i++)
		sum += g->first[i];
	return sum / (double)g->w->first_crashes;
}

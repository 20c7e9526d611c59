/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/plan.h"

#include <errno.h>

#include "base/hash.h"
#include "base/rng.h"

enum { MAX_PLANNED = 10000000 }; /* what a plan.json may make us allocate */

/* Two streams of the one seed, by what is drawn: a plan that grows keeps what it has. 63 bits,
 * since JSON's integers have no more. */
static uint64_t derived(uint64_t seed, const char *what, uint64_t n)
{
	uint64_t x = hash_bytes(hash_str(HASH_INIT, what), &n, sizeof(n)) ^ seed;

	return rng_splitmix(&x) >> 1;
}

static void append(struct plan *p, uint64_t arm, uint64_t block)
{
	const uint64_t trial = p->n + 1;

	p->trial[p->n++] = (struct planned){
		.trial = trial,
		.block = block,
		.arm = arm,
		.seed = derived(p->seed, "trial", trial),
	};
}

/* Each arm once, shuffled (Fisher and Yates). */
static void append_block(struct plan *p, uint64_t block)
{
	struct rng rng = rng_make(derived(p->seed, "block", block));
	const size_t first = p->n;

	for (size_t i = 0; i < p->n_arms; i++)
		append(p, i, block);
	for (size_t i = p->n_arms; i > 1; i--) {
		struct planned *a = &p->trial[first + i - 1];
		struct planned *b = &p->trial[first + rng_below(&rng, i)];
		const uint64_t arm = a->arm;

		a->arm = b->arm;
		b->arm = arm;
	}
}

void plan_make(const struct scenario *s, uint64_t trials, uint64_t seed, struct plan *ret)
{
	struct plan p = { .seed = seed & INT64_MAX, .n_arms = s->n_arms };

	p.trial = xcalloc(MAX(trials * p.n_arms, (uint64_t)1), sizeof(*p.trial));
	for (uint64_t block = 0; block < trials; block++)
		append_block(&p, block);
	*ret = p;
}

void plan_done(struct plan *p)
{
	free(p->trial);
	*p = (struct plan){ 0 };
}

/* Additions fill blocks behind the complete ones, each arm at most once in each. */
static uint64_t block_for(const struct plan *p, uint64_t arm)
{
	const uint64_t last = p->n ? p->trial[p->n - 1].block : 0;

	for (size_t i = p->n; i-- > 0 && p->trial[i].block == last;)
		if (p->trial[i].arm == arm)
			return last + 1;
	return last;
}

const struct planned *plan_add(struct plan *p, uint64_t arm, uint64_t soak_ns)
{
	p->trial = xrealloc(p->trial, (p->n + 1) * sizeof(*p->trial));
	append(p, arm, block_for(p, arm));
	p->trial[p->n - 1].soak_ns = soak_ns;
	return &p->trial[p->n - 1];
}

static json_t *planned_to_json(const struct planned *t, const struct scenario *s)
{
	json_t *o = json_object();

	json_set_u64(o, "trial", t->trial);
	json_set_u64(o, "block", t->block);
	json_set_u64(o, "arm", t->arm);
	json_set_str(o, "name", s->arm[t->arm].name);
	json_set_u64(o, "seed", t->seed);
	return o;
}

json_t *plan_to_json(const struct plan *p, const struct scenario *s)
{
	json_t *o = json_object(), *arms = json_array(), *trials = json_array();

	for (size_t i = 0; i < s->n_arms; i++)
		json_array_append_new(arms, json_string(s->arm[i].name));
	for (size_t i = 0; i < p->n; i++)
		json_array_append_new(trials, planned_to_json(&p->trial[i], s));
	json_set_str(o, "scenario", s->name);
	json_set_u64(o, "seed", p->seed);
	json_object_set_new(o, "arms", arms);
	if (s->grid.n)
		json_object_set_new(o, "grid", grid_to_json(&s->grid));
	json_object_set_new(o, "trials", trials);
	return o;
}

static int planned_from_json(const json_t *o, const struct plan *p, struct planned *ret,
			     struct err *err)
{
	struct planned t = { .arm = UINT64_MAX };

	if (json_get_u64(o, "trial", &t.trial, err) < 0 ||
	    json_get_u64(o, "block", &t.block, err) < 0 ||
	    json_get_u64(o, "arm", &t.arm, err) < 0 || json_get_u64(o, "seed", &t.seed, err) < 0)
		return -EINVAL;
	if (t.trial != p->n + 1 || t.arm >= p->n_arms)
		return err_set(err, EINVAL,
			       "trial %zu of the plan is out of order or of no arm of it",
			       p->n + 1);
	*ret = t;
	return 0;
}

int plan_from_json(const json_t *j, struct plan *ret, struct err *err)
{
	const json_t *trials = json_object_get(j, "trials");
	struct plan p = { .n_arms = json_array_size(json_object_get(j, "arms")) };
	size_t i;
	json_t *o;

	if (json_get_u64(j, "seed", &p.seed, err) < 0)
		return -EINVAL;
	if (!json_is_array(trials) || !p.n_arms || json_array_size(trials) > MAX_PLANNED)
		return err_set(err, EINVAL, "a plan should have \"arms\" and \"trials\"");
	p.trial = xcalloc(MAX(json_array_size(trials), (size_t)1), sizeof(*p.trial));
	json_array_foreach (trials, i, o) {
		if (planned_from_json(o, &p, &p.trial[i], err) < 0) {
			plan_done(&p);
			return -EINVAL;
		}
		p.n++;
	}
	*ret = p;
	return 0;
}

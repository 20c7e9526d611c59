/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/cascade.h"

#include "model/scenario_look.h"
#include "model/units.h"

#define MICRO 1e6 /* of a load's rate: its unit */

bool cascade_is_moves(const char *word)
{
	double per_s;

	return str_eq(word, "free") || str_eq(word, "none") ||
	       (rate_parse(word, &per_s, NULL) == 0 && per_s > 1e-6 && per_s < 1e6);
}

uint64_t cascade_move_ns(const struct cascade_wish *c)
{
	double per_s;

	if (str_eq(c->moves, "free"))
		return 0;
	if (rate_parse(c->moves, &per_s, NULL) < 0)
		return TIME_NEVER;
	return (uint64_t)((double)NS_PER_S / per_s);
}

static const struct load_param *tunable(const struct load_def *def)
{
	const struct load_param *p = def->param;

	while (p->key && !p->tunable)
		p++;
	return p->key ? p : NULL;
}

const struct load_use *cascade_load(const struct settings *s)
{
	for (size_t i = 0; i < s->n_loads; i++)
		if (tunable(s->load[i].def))
			return &s->load[i];
	return NULL;
}

uint64_t cascade_rate(const struct cascade_wish *c, uint64_t containers)
{
	return (uint64_t)(c->rate * (double)containers * MICRO + 0.5);
}

void cascade_settle(struct settings *s)
{
	const struct load_use *use = cascade_load(s);

	if (!cascade_wanted(&s->cascade) || !use)
		return;
	s->exposure_starts = EXPOSURE_PLACEMENT;
	for (size_t i = 0; i < use->args.n; i++)
		if (str_eq(use->args.item[i].key, tunable(use->def)->key)) {
			free(use->args.item[i].value);
			use->args.item[i].value = xstrdup("0");
		}
}

uint64_t cascade_hosts(const struct scenario *s)
{
	uint64_t most = 0;

	for (size_t i = 0; i < s->n_arms; i++) {
		const struct cascade_wish *c = &s->arm[i].settings.cascade;

		most = MAX(most, cascade_wanted(c) ? c->hosts : 0);
	}
	return most;
}

/* ---- do its keys go together, and with the others? ---- */

static int complain(const struct look *l, const char *key, const char *sentence)
{
	return tree_complain(l->err, look_place(l, key, "cascade"), "%s%s", l->arm, sentence);
}

static int check_kind(const struct look *l)
{
	const bool wanted = cascade_wanted(&l->s->cascade);

	if (wanted != cascade_wanted(&l->sc->arm[0].settings.cascade))
		return complain(l, "cascade.hosts",
				"either all arms are cascades, or none is: give each its "
				"cascade.hosts, controls too");
	if (!wanted && l->s->exposure_starts == EXPOSURE_PLACEMENT)
		return complain(l, "exposure.starts",
				"nothing is placed without a cascade; say begin, first-reclaim or "
				"first-count");
	return 0;
}

static int check_rate(const struct look *l, const struct load_use *use)
{
	const struct cascade_wish *c = &l->s->cascade;
	const struct load_param *p = tunable(use->def);
	char key[96], most[UNIT_TEXT];

	snprintf(key, sizeof(key), "load.%s.%s", use->def->name, p->key);
	if (tree_at(l->doc, key))
		return tree_complain(l->err, tree_at(l->doc, key),
				     "%sthe rate of a cascade's load is its containers'; leave it "
				     "out, and say cascade.rate",
				     l->arm);
	if (cascade_rate(c, c->containers) > p->max || !cascade_rate(c, 1))
		return tree_complain(l->err, look_place(l, "cascade.rate", "cascade"),
				     "%sone host may come to have all %llu containers, and %s does "
				     "%s at most",
				     l->arm, (unsigned long long)c->containers, use->def->name,
				     rate_format(most, (double)p->max / MICRO));
	return 0;
}

int cascade_check(const struct look *l)
{
	const struct cascade_wish *c = &l->s->cascade;
	const struct load_use *use = cascade_load(l->s);
	int r = check_kind(l);

	if (r < 0 || !cascade_wanted(c))
		return r;
	if (!use)
		return complain(l, "load",
				"a cascade needs a load whose rate can be changed while it works, "
				"such as container-churn");
	if (c->containers < c->hosts)
		return complain(l, "cascade.containers",
				"cascade.containers should be as many as cascade.hosts, or more");
	if (look_is_fake(l) && l->s->fake.clock != FAKE_CLOCK_REAL)
		return complain(l, "fake.clock",
				"the hosts of a cascade live at the same time; say fake.clock: "
				"real");
	if (l->sc->stop.until_decided)
		return complain(l, "stop.decided",
				"there is no sequential test of cascades; say stop.trials");
	return check_rate(l, use);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/cascade.h"
#include "report/figure.h"

static void set(json_t *o, const char *key, json_t *value)
{
	json_object_set_new(o, key, value);
}

static json_t *band(const struct cascade_band *b)
{
	return figure_json(b->median, (struct interval){ b->lo, b->hi });
}

static json_t *stages(const struct cascade_fit *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->n_stages; i++) {
		json_t *o = json_object();

		json_set_u64(o, "dead_before", i);
		json_set_double(o, "deletions", f->stage[i].deletions);
		json_set_u64(o, "died", f->stage[i].died);
		json_set_double(o, "expected", f->stage[i].deletions * f->expo.rate);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *tilt(const struct tilt_fit *t)
{
	json_t *o = figure_json(t->x, t->x_ci);

	json_set_double(o, "p", t->p);
	return o;
}

static json_t *fit(const struct cascade_fit *f)
{
	json_t *o = json_object(), *law = json_object();

	json_set_u64(o, "cascades", f->cascades);
	json_set_u64(o, "hosts", f->hosts);
	json_set_u64(o, "died", f->died);
	json_set_u64(o, "died_otherwise", f->otherwise);
	json_set_double(o, "deletions", f->deletions);
	json_set_double(o, "rate", f->rate);
	set(o, "deaths_per_deletion", figure_json(f->expo.rate, f->lambda));
	json_set_double(o, "found_after_s", f->delay_s);
	set(o, "growth_per_s", tilt(&f->growth));
	set(o, "per_dead_host", tilt(&f->dead));
	json_set_double(law, "constant", f->law.constant);
	json_set_double(law, "growth", f->law.growth);
	json_set_double(law, "deletions", f->law.deletions);
	set(o, "aic", law);
	set(o, "stages", stages(f));
	return o;
}

/* "none", "free", or a number a minute. */
static json_t *moves(double m)
{
	if (m == 0)
		return json_string("none");
	return isinf(m) ? json_string("free") : json_figure(m);
}

static json_t *alive(const struct km *km)
{
	json_t *list = json_array();

	for (size_t i = 0; i < km->n_rows; i++) {
		json_t *o = json_object();

		json_set_double(o, "t", km->row[i].time);
		json_set_double(o, "share", km->row[i].surv);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *expected(const struct cascade_forecast *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->points; i++) {
		json_t *o = band(&f->alive[i]);

		json_set_double(o, "t", f->at_s[i]);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *arm(const struct cascades_arm *a, const struct cascade_forecast *f)
{
	json_t *o = fit(&a->fit);

	json_set_str(o, "arm", a->name);
	set(o, "moves", moves(a->moves));
	json_set_double(o, "half_lost_s", a->half_s);
	json_set_double(o, "served", a->served);
	set(o, "alive", alive(&a->hosts_km));
	set(o, "expected_alive", expected(f));
	return o;
}

static json_t *forecast(const struct cascade_forecast *f)
{
	json_t *o = json_object();

	set(o, "lost", band(&f->dead));
	set(o, "half_lost_s", band(&f->half_s));
	set(o, "served", band(&f->served));
	return o;
}

static json_t *limits(const struct cascade_outlook *o)
{
	json_t *list = json_array();

	for (size_t i = 0; i < o->n_limits; i++) {
		json_t *l = forecast(&o->limit[i].mid);

		set(l, "moves", moves(o->limit[i].moves));
		set(l, "at_lo", forecast(&o->limit[i].lo));
		set(l, "at_hi", forecast(&o->limit[i].hi));
		json_array_append_new(list, l);
	}
	return list;
}

static json_t *model(const struct cascade_model *m)
{
	json_t *o = json_object();

	json_set_u64(o, "hosts", m->hosts);
	json_set_u64(o, "containers", m->containers);
	json_set_double(o, "rate", m->rate);
	json_set_double(o, "deaths_per_deletion", m->lambda);
	json_set_double(o, "found_after_s", m->delay_s);
	json_set_double(o, "horizon_s", m->horizon_s);
	return o;
}

json_t *cascade_json(const struct cascades *c)
{
	_cleanup_cascade_outlook_ struct cascade_outlook outlook = { 0 };
	_cleanup_strv_ struct strv said = { 0 };
	json_t *o = json_object(), *arms = json_array();

	cascade_outlook(c, &outlook);
	cascade_sentences(c, &said);
	for (size_t i = 0; i < c->n_arms; i++)
		json_array_append_new(arms, arm(&c->arm[i], &outlook.arm[i]));
	json_set_u64(o, "cascades", c->n);
	json_set_u64(o, "void", c->unusable);
	json_set_u64(o, "open", c->open);
	set(o, "arms", arms);
	set(o, "all", fit(&c->all));
	json_set_double(o, "alike_p", c->alike_p);
	set(o, "model", outlook.n_limits ? model(&outlook.model) : json_null());
	set(o, "limits", limits(&outlook));
	set(o, "sentences", json_texts(&said));
	return o;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/outlook.h"

static void set(json_t *o, const char *key, json_t *value)
{
	json_object_set_new(o, key, value);
}

static json_t *cost(const struct outlook_cost *c)
{
	json_t *o = json_object();

	json_set_double(o, "failures", c->failures);
	json_set_double(o, "trials_each", c->trials);
	json_set_double(o, "soak_s", c->soak_s);
	json_set_double(o, "wall_s", c->wall_s);
	return o;
}

static json_t *question(const struct outlook_question *q)
{
	json_t *o = json_object();

	json_set_double(o, "mttf_s", q->mttf_s);
	json_set_double(o, "mttf_lo_s", q->mttf_ci.lo);
	json_set_double(o, "mttf_hi_s", q->mttf_ci.hi);
	json_set_u64(o, "failures_seen", q->d0);
	json_set_double(o, "exposure_seen_s", q->t0_s);
	json_set_double(o, "factor", q->factor);
	json_set_double(o, "alpha", q->alpha);
	json_set_double(o, "power", q->power);
	json_set_u64(o, "arms", q->arms);
	json_set_u64(o, "guests_at_once", q->slots);
	json_set_double(o, "soak_s", q->soak_s);
	json_set_double(o, "boot_s", q->boot_s);
	json_set_double(o, "budget_s", q->budget_s);
	return o;
}

static json_t *row(const struct outlook_row *r)
{
	json_t *o = json_object();

	json_set_double(o, "mttf_s", r->mttf_s);
	json_set_str(o, "why", r->why);
	json_set_double(o, "share_failing", r->fails[0]);
	json_set_double(o, "share_failing_better", r->fails[1]);
	set(o, "fixed", cost(&r->fixed));
	set(o, "fixed_exact", cost(&r->exact));
	set(o, "until_decided_if_factor", cost(&r->if_factor));
	set(o, "until_decided_if_none", cost(&r->if_none));
	json_set_double(o, "until_decided_power", r->power);
	json_set_double(o, "budget_shows_factor", r->detectable);
	return o;
}

static json_t *soak(const struct outlook_soak *s)
{
	json_t *o = json_object();

	json_set_double(o, "soak_s", s->soak_s);
	json_set_double(o, "share_failing", s->fails[0]);
	json_set_double(o, "share_failing_better", s->fails[1]);
	set(o, "fixed", cost(&s->fixed));
	json_set_bool(o, "given", s->given);
	json_set_bool(o, "suggested", s->suggested);
	return o;
}

static json_t *clean(const struct outlook_clean *c)
{
	json_t *o = json_object();

	set(o, "failures_seen", c->d0 ? json_integer((json_int_t)c->d0) : json_null());
	json_set_double(o, "clean_s", c->clean_s);
	json_set_double(o, "wall_s", c->wall_s);
	return o;
}

json_t *outlook_json(const struct outlook *o)
{
	json_t *j = json_object(), *rows = json_array(), *soaks = json_array(),
	       *cleans = json_array();

	for (size_t i = 0; i < o->n_rows; i++)
		json_array_append_new(rows, row(&o->row[i]));
	for (size_t i = 0; i < o->n_soaks; i++)
		json_array_append_new(soaks, soak(&o->soak[i]));
	for (size_t i = 0; i < o->n_cleans; i++)
		json_array_append_new(cleans, clean(&o->clean[i]));
	json_set_u64(j, "version", OUTLOOK_VERSION);
	set(j, "question", question(&o->q));
	set(j, "plans", rows);
	set(j, "soaks", soaks);
	set(j, "fixed_after", cleans);
	return j;
}

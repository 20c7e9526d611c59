/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/json.h"
#include "model/controls.h"
#include "report/figure.h"
#include "report/heat.h"

#include <math.h>

static void set(json_t *o, const char *key, json_t *value)
{
	json_object_set_new(o, key, value);
}

static void set_wall(json_t *o, const char *key, int64_t s)
{
	set(o, key, s < 0 ? json_null() : json_integer(s));
}

static json_t *mttf(const struct lifetimes *l)
{
	json_t *o = figure_json(l->expo.mttf, l->mttf_ci);

	json_set_double(o, "at_least", l->mttf_lower);
	return o;
}

static json_t *curve(const struct km *km)
{
	json_t *list = json_array();

	for (size_t i = 0; i < km->n_rows; i++) {
		const struct km_row *row = &km->row[i];
		struct interval band = km_band(row, KM_LOGLOG, VIEW_CONFIDENCE);
		json_t *o = json_object();

		json_set_double(o, "t", row->time);
		json_set_u64(o, "at_risk", row->n_risk);
		json_set_u64(o, "failed", row->n_event);
		json_set_double(o, "survival", row->surv);
		json_set_double(o, "lo", band.lo);
		json_set_double(o, "hi", band.hi);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *censored(const struct sample *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->n; i++)
		if (!s->life[i].failed)
			json_array_append_new(list, json_real(s->life[i].time));
	return list;
}

/* One clock: "time" in seconds, "work" in units. */
static json_t *lifetimes(const struct lifetimes *l, const char *unit)
{
	json_t *o = json_object();

	json_set_str(o, "unit", unit);
	json_set_u64(o, "trials", l->sample.n);
	json_set_u64(o, "failures", l->expo.n_event);
	json_set_double(o, "exposure", l->expo.total_time);
	set(o, "mttf", mttf(l));
	set(o, "median", figure_json(l->median, l->median_ci));
	set(o, "curve", curve(&l->km));
	set(o, "censored", censored(&l->sample));
	return o;
}

/* null: it is no control, or one that has told nothing yet. */
static json_t *control_held(const struct view_arm *a)
{
	const enum control_state s = control_state(control_of(a->name), a->outcome);

	return s == CONTROL_OPEN ? json_null() : json_boolean(s == CONTROL_HELD);
}

static json_t *arm(const struct view_arm *a)
{
	json_t *o = json_object(), *outcomes = json_object();

	for (int i = 0; i < OUTCOME_COUNT; i++)
		json_set_u64(outcomes, outcome_name((enum outcome)i), a->outcome[i]);
	json_set_str(o, "arm", a->name);
	set(o, "control_held", control_held(a));
	set(o, "outcomes", outcomes);
	json_set_u64(o, "counted", a->counted);
	json_set_u64(o, "at_work", a->going);
	json_set_u64(o, "seen", a->seen);
	set(o, "time", lifetimes(&a->time, "s"));
	set(o, "work", a->work.sample.n ? lifetimes(&a->work, a->unit) : json_null());
	set(o, "origins", json_texts(&a->origins));
	set(o, "kernels", json_texts(&a->kernels));
	set(o, "accelerators", json_texts(&a->accels));
	if (a->starts != EXPOSURE_BEGIN) {
		json_set_str(o, "exposure_starts", exposure_starts[a->starts]);
		json_set_double(o, "exposure_wait_s", a->wait_s);
		json_set_u64(o, "failures_before", a->before);
	}
	json_set_double(o, "host_load", a->host_load);
	json_set_double(o, "host_steal", a->host_steal);
	if (a->findings.n)
		set(o, "findings", counts_to_json(&a->findings));
	return o;
}

static json_t *bucket_arm(const char *name, size_t n)
{
	json_t *o = json_object();

	json_set_str(o, "arm", name);
	json_set_u64(o, "trials", n);
	return o;
}

static json_t *bucket(const struct view *v, const struct bucket *k)
{
	json_t *o = json_object(), *arms = json_array();

	for (size_t i = 0; i < v->n_arms; i++)
		if (k->by_arm[i])
			json_array_append_new(arms, bucket_arm(v->arm[i].name, k->by_arm[i]));
	json_set_str(o, "id", k->first.id);
	json_set_str(o, "title", k->first.title);
	json_set_str(o, "class", crash_info(k->first.class)->name);
	json_set_str(o, "function", k->first.function);
	json_set_str(o, "module", k->first.module);
	json_set_u64(o, "trials", k->n);
	json_set_u64(o, "target", k->n_target);
	set(o, "arms", arms);
	json_set_u64(o, "first_trial", k->first_trial);
	json_set_u64(o, "last_trial", k->last_trial);
	return o;
}

static json_t *excluded(const struct view *v, const struct excluded *e)
{
	json_t *o = json_object();

	json_set_u64(o, "trial", e->trial);
	json_set_str(o, "arm", v->arm[e->arm].name);
	json_set_bool(o, "final", e->final);
	json_set_str(o, "step", step_name(e->step));
	json_set_str(o, "reason", e->reason);
	return o;
}

static json_t *about(const struct view *v)
{
	const struct about *a = &v->about;
	json_t *o = json_object();

	json_set_str(o, "id", v->run);
	json_set_str(o, "scenario", a->scenario);
	json_set_str(o, "state", run_state_name(a->state));
	json_set_str(o, "why", a->why);
	json_set_bool(o, "running", a->running);
	set_wall(o, "started_s", a->started_s);
	set_wall(o, "last_s", a->last_s);
	json_set_u64(o, "planned", a->planned);
	json_set_u64(o, "added", a->added);
	json_set_u64(o, "ended", v->ended);
	json_set_u64(o, "at_work", v->going);
	json_set_str(o, "host", v->host);
	set(o, "host_cpus", v->host_cpus ? json_integer((json_int_t)v->host_cpus) : json_null());
	return o;
}

json_t *json_report(const struct view *v)
{
	json_t *o = json_object(), *arms = json_array(), *crashes = json_array(),
	       *out = json_array();

	for (size_t i = 0; i < v->n_arms; i++)
		json_array_append_new(arms, arm(&v->arm[i]));
	for (size_t i = 0; i < v->n_buckets; i++)
		json_array_append_new(crashes, bucket(v, &v->bucket[i]));
	for (size_t i = 0; i < v->n_excluded; i++)
		json_array_append_new(out, excluded(v, &v->excluded[i]));
	json_set_u64(o, "version", REPORT_VERSION);
	json_set_double(o, "confidence", VIEW_CONFIDENCE);
	set(o, "run", about(v));
	set(o, "arms", arms);
	set(o, "crashes", crashes);
	if (v->grid.n)
		set(o, "grid", heat_json(v));
	if (cascades_any(&v->cascades))
		set(o, "cascade", cascade_json(&v->cascades));
	set(o, "excluded", out);
	set(o, "warnings", json_texts(&v->warnings));
	return o;
}

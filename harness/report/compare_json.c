/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "report/compare.h"
#include "report/differ.h"
#include "report/figure.h"
#include "report/say.h"

static void set(json_t *o, const char *key, json_t *value)
{
	json_object_set_new(o, key, value);
}

static json_t *two(double a, double b)
{
	json_t *list = json_array();

	json_array_append_new(list, json_figure(a));
	json_array_append_new(list, json_figure(b));
	return list;
}

static json_t *counts(const size_t d[2])
{
	json_t *list = json_array();

	json_array_append_new(list, json_integer((json_int_t)d[0]));
	json_array_append_new(list, json_integer((json_int_t)d[1]));
	return list;
}

static json_t *run(const struct comparison *of, size_t i)
{
	const struct view *v = of->run[i].view;
	_cleanup_free_
	char *label = sides_label(of->run, of->n_runs, i);
	json_t *o = json_object();

	json_set_str(o, "label", label);
	json_set_str(o, "id", v->run);
	json_set_str(o, "scenario", v->about.scenario);
	json_set_str(o, "host", v->host);
	json_set_str(o, "state", run_state_name(v->about.state));
	return o;
}

static json_t *lives(const struct lifetimes *l, const char *unit)
{
	json_t *o = json_object(), *mttf = figure_json(l->expo.mttf, l->mttf_ci);

	json_set_double(mttf, "at_least", l->mttf_lower);
	json_set_str(o, "unit", unit);
	json_set_double(o, "exposure", l->expo.total_time);
	set(o, "mttf", mttf);
	set(o, "median", figure_json(l->median, l->median_ci));
	return o;
}

static json_t *law(const struct contrast_arm *a)
{
	json_t *o = json_object();

	set(o, "shape", figure_json(a->law.exists ? a->law.shape : NAN, a->shape));
	json_set_double(o, "p", a->constant.p);
	json_set_bool(o, "approximate", a->law.n_event < 15);
	return o;
}

static json_t *arm(const struct contrast_arm *a)
{
	json_t *o = json_object(), *outcomes = json_object();

	for (int i = 0; i < OUTCOME_COUNT; i++)
		json_set_u64(outcomes, outcome_name((enum outcome)i), a->all.outcome[i]);
	json_set_str(o, "arm", a->all.name);
	set(o, "outcomes", outcomes);
	json_set_u64(o, "counted", a->all.counted);
	json_set_u64(o, "at_work", a->all.going);
	set(o, "time", lives(&a->all.time, "s"));
	set(o, "work", a->all.work.sample.n ? lives(&a->all.work, a->all.unit) : json_null());
	set(o, "constant_hazard", law(a));
	json_set_double(o, "hosts_agree_p", a->hosts_agree.p);
	set(o, "hosts", json_texts(&a->hosts));
	set(o, "origins", json_texts(&a->all.origins));
	set(o, "kernels", json_texts(&a->all.kernels));
	set(o, "accelerators", json_texts(&a->all.accels));
	return o;
}

static json_t *ratio(const struct contrast_clock *k)
{
	json_t *o = figure_json(k->ratio, k->ci);

	json_set_str(o, "by", k->exact ? "rate" : "hazard");
	json_set_double(o, "p", k->p);
	return o;
}

static json_t *hazards(const struct contrast_clock *k)
{
	json_t *o = figure_json(k->hr, k->hr_ci);

	json_set_bool(o, "exists", k->hr_exists);
	if (k->hr_reason)
		json_set_str(o, "reason", k->hr_reason);
	json_set_bool(o, "stratified", k->stratified);
	json_set_double(o, "logrank_p", k->logrank.p);
	json_set_double(o, "proportional_p", k->proportional.p);
	return o;
}

static json_t *rate(const struct rate_ratio *r, double p)
{
	json_t *o = figure_json(r->ratio, r->ci);

	json_set_double(o, "p", p);
	return o;
}

static json_t *clock_json(const struct contrast_clock *k)
{
	json_t *o = json_object();

	if (!k->exists) {
		json_decref(o);
		return json_null();
	}
	set(o, "failures", counts(k->rate.d));
	set(o, "exposure", two(k->rate.total_time[0], k->rate.total_time[1]));
	set(o, "ratio", ratio(k));
	set(o, "hazard_ratio", hazards(k));
	set(o, "rate_ratio", rate(&k->rate, k->rate_p));
	return o;
}

static json_t *cause(const struct contrast *c, const struct contrast_pair *p, size_t i)
{
	const struct contrast_cause *k = &p->cause[i];
	json_t *o = json_object();

	json_set_str(o, "id", c->crash[i].first.id);
	set(o, "trials", counts(k->d));
	set(o, "rate_ratio", figure_json(k->rate.ratio, k->rate.ci));
	json_set_double(o, "logrank_p", k->logrank.p);
	json_set_double(o, "p", k->p);
	json_set_double(o, "p_holm", k->p_holm);
	set(o, "only_in",
	    k->only < 0 ? json_null() : json_text(c->arm[k->only ? p->other : p->base].all.name));
	return o;
}

static json_t *anytime(const struct duel_look *look)
{
	json_t *o = json_object();

	json_set_str(o, "verdict", duel_verdict_name(look->verdict));
	json_set_double(o, "p", look->p);
	json_set_double(o, "log_e", look->log_e);
	return o;
}

static json_t *more(const struct contrast_pair *p)
{
	json_t *o = json_object();

	json_set_double(o, "failures", ceil(p->missing));
	json_set_double(o, "guest_s", p->more_s);
	json_set_double(o, "wall_s", p->more_wall_s);
	json_set_double(o, "detectable_now", p->detectable);
	return o;
}

static json_t *mean_life(const struct contrast_pair *p)
{
	json_t *o = figure_json(p->rmst_diff, p->rmst_ci);

	json_set_double(o, "within_s", p->tau_s);
	return o;
}

static json_t *pair(const struct contrast *c, const struct contrast_pair *p)
{
	const struct view_arm *a = &c->arm[p->base].all, *b = &c->arm[p->other].all;
	json_t *o = json_object(), *causes = json_array();
	_cleanup_strv_ struct strv differing = { 0 };
	_cleanup_free_
	char *sentence = say_pair(c, p), *work = say_work(c, p);

	differ_settings(a->settings, b->settings, &differing);
	for (size_t i = 0; i < c->n_crashes; i++)
		json_array_append_new(causes, cause(c, p, i));
	json_set_str(o, "base", a->name);
	json_set_str(o, "arm", b->name);
	json_set_str(o, "verdict", contrast_verdict_name(p->verdict));
	json_set_double(o, "p_holm", p->p_holm);
	json_set_str(o, "sentence", sentence);
	set(o, "time", clock_json(&p->time));
	set(o, "work", clock_json(&p->work));
	set(o, "work_verdict",
	    p->work.exists ? json_text(contrast_verdict_name(p->work_verdict)) : json_null());
	set(o, "work_sentence", work ? json_text(work) : json_null());
	set(o, "mean_life_difference", mean_life(p));
	set(o, "anytime", anytime(&p->anytime));
	set(o, "more", more(p));
	json_set_bool(o, "hosts_confounded", p->confounded);
	set(o, "differing_settings", json_texts(&differing));
	set(o, "crashes", causes);
	set(o, "notes", json_texts(&p->notes));
	return o;
}

static json_t *incidence(const struct contrast *c, size_t crash)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->n_arms; i++) {
		const struct contrast_share *share = &c->arm[i].incidence[crash];
		json_t *o = json_object();

		json_set_str(o, "arm", c->arm[i].all.name);
		json_set_double(o, "share", share->share);
		json_set_double(o, "se", share->se);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *crash(const struct contrast *c, size_t i)
{
	const struct contrast_crash *k = &c->crash[i];
	json_t *o = json_object();

	json_set_str(o, "id", k->first.id);
	json_set_str(o, "title", k->first.title);
	json_set_bool(o, "target", k->target);
	json_set_u64(o, "trials", k->n);
	set(o, "incidence", incidence(c, i));
	return o;
}

static json_t *options(const struct contrast *c)
{
	json_t *o = json_object();

	json_set_double(o, "factor", c->opt.factor);
	json_set_double(o, "alpha", c->opt.alpha);
	json_set_double(o, "power", c->opt.power);
	json_set_u64(o, "guests_at_once", c->slots);
	return o;
}

json_t *compare_json(const struct comparison *of)
{
	static const char *const answer[] = {
		[COMPARE_DIFFER] = "differ",
		[COMPARE_ALIKE] = "alike",
		[COMPARE_UNDECIDED] = "undecided",
	};
	const struct contrast *c = of->contrast;
	json_t *o = json_object(), *runs = json_array(), *arms = json_array(),
	       *pairs = json_array(), *crashes = json_array();

	for (size_t i = 0; i < of->n_runs; i++)
		json_array_append_new(runs, run(of, i));
	for (size_t i = 0; i < c->n_arms; i++)
		json_array_append_new(arms, arm(&c->arm[i]));
	for (size_t i = 0; i < c->n_pairs; i++)
		json_array_append_new(pairs, pair(c, &c->pair[i]));
	for (size_t i = 0; i < c->n_crashes; i++)
		json_array_append_new(crashes, crash(c, i));
	json_set_u64(o, "version", COMPARE_VERSION);
	json_set_str(o, "answer", answer[compare_answer(c)]);
	set(o, "options", options(c));
	set(o, "runs", runs);
	set(o, "arms", arms);
	set(o, "pairs", pairs);
	json_set_double(o, "all_arms_logrank_p", c->overall.p);
	json_set_double(o, "incidence_by_s", c->tau_s);
	set(o, "crashes", crashes);
	set(o, "warnings", json_texts(&c->warnings));
	return o;
}

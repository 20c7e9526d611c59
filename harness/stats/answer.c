/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/answer.h"

#include "base/buf.h"
#include "stats/answer_parts.h"
#include "stats/expo.h"
#include "stats/weibull.h"

/* ---- laws ---- */

static json_t *expo_json(const struct answer_context *c, const struct sample *s)
{
	static const struct {
		const char *name;
		double conf;
	} two_sided[] = { { "two_sided_95", 0.95 },
			  { "two_sided_90", 0.90 },
			  { "two_sided_80", 0.80 } };
	struct expo e = expo_fit(s);
	struct interval truncated = expo_mttf_ci_failure_truncated(&e, c->opt.conf);
	json_t *o = json_object();

	json_set_u64(o, "d", e.n_event);
	json_set_double(o, "total_time", e.total_time);
	json_set_double(o, "rate", e.rate);
	json_set_double(o, "mttf", e.mttf);
	json_set_double(o, "loglik", e.log_lik);
	for (size_t i = 0; i < ARRAY_SIZE(two_sided); i++)
		json_object_set_new(
			o, two_sided[i].name,
			answer_ends(expo_mttf_ci(&e, two_sided[i].conf), "mttf_lo", "mttf_hi"));
	json_set_double(o, "one_sided_lower_95", expo_mttf_lower(&e, 0.95));
	json_set_double(o, "one_sided_lower_90", expo_mttf_lower(&e, 0.90));
	json_object_set_new(o, c->failure_truncated,
			    e.n_event ? answer_ends(truncated, "mttf_lo", "mttf_hi") : json_null());
	if (e.n_event) {
		json_object_set_new(
			o, c->lr,
			answer_ends(expo_mttf_ci_lr(&e, c->opt.conf), "mttf_lo", "mttf_hi"));
		json_object_set_new(
			o, c->wald_log,
			answer_ends(expo_mttf_ci_wald(&e, c->opt.conf), "mttf_lo", "mttf_hi"));
	}
	return o;
}

static json_t *shape_and_scale(struct interval shape, struct interval scale)
{
	json_t *o = answer_ends(shape, "shape_lo", "shape_hi");

	json_set_double(o, "scale_lo", scale.lo);
	json_set_double(o, "scale_hi", scale.hi);
	return o;
}

static json_t *shape_test(const struct weibull *w)
{
	struct chisq t = weibull_test_shape_1(w);
	json_t *o = json_object();

	json_set_double(o, "chisq", t.chisq);
	json_set_double(o, "p", t.p);
	json_set_double(o, "exp_log_lik", w->expo_log_lik);
	return o;
}

static void weibull_estimates(json_t *o, const struct weibull *w)
{
	json_set_double(o, "shape", w->shape);
	json_set_double(o, "scale", w->scale);
	json_set_double(o, "log_lik", w->log_lik);
	json_set_double(o, "se_log_scale", w->se_log_scale);
	json_set_double(o, "se_log_shape", w->se_log_shape);
	json_set_double(o, "cov_log_scale_log_shape", w->cov_log_scale_log_shape);
	json_set_double(o, "se_shape", w->shape * w->se_log_shape);
	json_set_double(o, "se_scale", w->scale * w->se_log_scale);
	json_set_double(o, "mttf", weibull_mttf(w));
	json_set_double(o, "median", weibull_quantile(w, 0.5));
	json_set_double(o, "b10", weibull_quantile(w, 0.1));
}

static json_t *weibull_json(const struct answer_context *c, const struct sample *s)
{
	double conf = c->opt.conf;
	struct weibull w;
	json_t *o = json_object();

	weibull_fit(s, &w);
	json_set_bool(o, "exists", w.exists);
	if (!w.exists) {
		json_set_str(o, "reason", w.reason);
		return o;
	}
	weibull_estimates(o, &w);
	json_object_set_new(
		o, c->wald_log,
		shape_and_scale(weibull_shape_ci_wald(&w, conf), weibull_scale_ci_wald(&w, conf)));
	json_object_set_new(o, c->profile,
			    shape_and_scale(weibull_shape_ci_profile(s, &w, conf),
					    weibull_scale_ci_profile(s, &w, conf)));
	json_object_set_new(o, "lrt_shape_eq_1", shape_test(&w));
	return o;
}

static json_t *group_json(const struct answer_context *c, const struct sample *s)
{
	json_t *o = json_object();

	json_object_set_new(o, "km", answer_km(c, s));
	json_object_set_new(o, "exponential", expo_json(c, s));
	json_object_set_new(o, "weibull", weibull_json(c, s));
	return o;
}

/* ---- the whole ---- */

static void context_init(struct answer_context *c, const struct lifetable *t,
			 struct answer_options opt)
{
	double percent = 100 * opt.conf;

	*c = (struct answer_context){ .t = t,
				      .opt = opt,
				      .common_tau = sample_max_time(&t->sample) };
	c->n_arms = t->arm.n;
	c->n_causes = t->cause.n;
	c->n_strata = t->stratum.n;
	snprintf(c->wald_log, sizeof(c->wald_log), "wald_log_%g", percent);
	snprintf(c->profile, sizeof(c->profile), "profile_%g", percent);
	snprintf(c->lr, sizeof(c->lr), "lr_%g", percent);
	snprintf(c->failure_truncated, sizeof(c->failure_truncated), "failure_truncated_%g",
		 percent);
}

static void add_arms(struct answer_context *c, json_t *o)
{
	json_t *groups = json_array(), *incidences = json_array();

	for (size_t a = 0; a < c->n_arms; a++) {
		_cleanup_sample_ struct sample arm = SAMPLE_INIT;

		sample_of_arm(&c->t->sample, (int)a, &arm);
		json_array_append_new(groups, answer_labelled("arm", answer_label(&c->t->arm, a),
							      group_json(c, &arm)));
		if (c->n_causes > 1)
			json_array_append_new(incidences,
					      answer_labelled("arm", answer_label(&c->t->arm, a),
							      answer_incidence(c, &arm)));
	}
	json_object_set_new(o, "by_arm", groups);
	if (c->n_causes > 1)
		json_object_set_new(o, "competing_by_arm", incidences);
	else
		json_decref(incidences);
}

static double common_tau(const struct answer_context *c)
{
	double least = INFINITY;

	for (size_t a = 0; a < c->n_arms; a++) {
		_cleanup_sample_ struct sample arm = SAMPLE_INIT;

		sample_of_arm(&c->t->sample, (int)a, &arm);
		least = fmin(least, sample_max_time(&arm));
	}
	return least;
}

json_t *answer_json(const char *name, const struct lifetable *t, struct answer_options opt)
{
	json_t *o = json_object();
	struct answer_context c;

	context_init(&c, t, opt);
	c.common_tau = common_tau(&c);
	json_set_str(o, "name", name);
	json_set_double(o, "conf", opt.conf);
	json_set_u64(o, "n", t->sample.n);
	json_object_set_new(o, "arms", answer_labels(&t->arm));
	json_object_set_new(o, "causes", answer_labels(&t->cause));
	json_set_u64(o, "n_strata", c.n_strata);
	json_object_set_new(o, "overall", group_json(&c, &t->sample));
	if (c.n_arms > 1) {
		add_arms(&c, o);
		answer_arms(&c, o);
	}
	if (c.n_causes > 1)
		json_object_set_new(o, "competing", answer_incidence(&c, &t->sample));
	json_object_set_new(o, "notes", answer_notes(o));
	return o;
}

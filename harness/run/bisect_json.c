/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "run/bisect_text.h"
#include "stats/expo.h"

enum { VERSION = 1, REPEATS = 10 };

static json_t *side_json(const struct bisection_side *s)
{
	const struct expo e = expo_of(s->crashes, s->seconds);
	const struct interval ci = expo_mttf_ci(&e, 0.95);
	json_t *o = json_object();

	json_set_u64(o, "trials", s->trials);
	json_set_u64(o, "failures", s->crashes);
	json_set_double(o, "soaked_s", s->seconds);
	json_set_double(o, "mttf_s", e.mttf);
	json_set_double(o, "lo_s", ci.lo);
	json_set_double(o, "hi_s", ci.hi);
	json_set_double(o, "at_least_s", expo_mttf_lower(&e, 0.95));
	return o;
}

static json_t *versions_json(const struct bisect_result *r)
{
	json_t *a = json_array();

	for (size_t i = 0; i < r->p.axis.n; i++) {
		const struct bisection_tally *t = &r->v.tally[i];
		json_t *o = json_object();

		json_set_str(o, "version", r->p.axis.value[i].label);
		json_set_str(o, "note", r->p.axis.value[i].note);
		json_set_u64(o, "trials", t->trials);
		json_set_u64(o, "failed", t->crashes);
		json_set_u64(o, "other", t->others);
		json_set_u64(o, "lost", t->lost);
		json_set_double(o, "soaked_s", t->seconds);
		json_set_double(o, "probability", r->v.known ? r->v.p[i] : NAN);
		if (r->why[i])
			json_set_str(o, "skipped", r->why[i]);
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *answer_json(const struct bisect_result *r)
{
	const struct axis_value *value = r->p.axis.value;
	json_t *o = json_object();

	json_set_str(o, "first", value[r->v.first].label);
	json_set_str(o, "last", value[r->v.last].label);
	json_set_double(o, "probability", r->v.mass);
	json_set_str(o, "bad", value[r->v.bad].label);
	json_set_str(o, "good", value[r->v.good].label);
	json_set_str(o, "range_first", value[r->v.low].label);
	json_set_str(o, "range_last", value[r->v.high].label);
	json_set_double(o, "range_confidence", r->b.q.confidence);
	return o;
}

static json_t *crash_json(const struct bisect_result *r)
{
	json_t *o;

	if (!r->has_crash)
		return json_null();
	o = json_object();
	json_set_str(o, "id", r->crash.id);
	json_set_str(o, "title", r->crash.title);
	json_set_u64(o, "trial", r->crash_trial);
	return o;
}

static json_t *drift_json(const struct drift *d)
{
	json_t *o = json_object();

	json_set_u64(o, "failures", d->crashes);
	json_set_bool(o, "in_order", drift_in_order(d));
	json_set_double(o, "order_p", d->order_p);
	json_set_double(o, "first_half_mttf_s", d->mttf_s[0]);
	json_set_double(o, "second_half_mttf_s", d->mttf_s[1]);
	json_set_bool(o, "with_age", drift_with_age(d));
	json_set_double(o, "age_p", d->age_p);
	json_set_double(o, "shape", d->shape);
	json_set_double(o, "shape_lo", d->shape95.lo);
	json_set_double(o, "shape_hi", d->shape95.hi);
	return o;
}

static json_t *cost_json(const struct bisect_result *r)
{
	json_t *o = json_object();

	json_set_u64(o, "trials", r->b.n);
	json_set_double(o, "guest_s", r->v.guest_s);
	json_set_double(o, "boot_s", r->v.boot_s);
	json_set_double(o, "ten_fixed_runs_s",
			r->v.known ? bisection_fixed_cost(&r->b, &r->v, REPEATS) : NAN);
	return o;
}

json_t *bisect_json(const struct bisect_result *r)
{
	_cleanup_buf_ struct buf sentence = BUF_INIT, mail = BUF_INIT;
	struct bisection_side bad = { 0 }, good = { 0 };
	json_t *o = json_object(), *mttf = json_object(), *log = json_object();

	bisect_sentence(&r->p, &r->b, &r->v, &sentence);
	bisect_mail(r, &mail);
	json_set_u64(o, "version", VERSION);
	json_set_str(o, "run", r->run);
	json_set_str(o, "state", bisect_state_name(r->v.state));
	json_set_str(o, "sentence", buf_str(&sentence));
	json_set_str(o, "axis", r->p.axis.text);
	json_set_str(o, "find", r->p.first_good ? "first-good" : "first-bad");
	json_set_double(o, "confidence", r->b.q.confidence);
	json_set_str(o, "target", r->p.target);
	json_object_set_new(o, "answer", r->v.known ? answer_json(r) : json_null());
	if (r->v.known)
		bisection_sides(&r->b, &r->v, &bad, &good);
	json_object_set_new(mttf, "bad", side_json(&bad));
	json_object_set_new(mttf, "good", side_json(&good));
	json_object_set_new(o, "sides", mttf);
	json_object_set_new(o, "versions", versions_json(r));
	json_object_set_new(o, "crash", crash_json(r));
	json_set_double(o, "one_change_p", r->misfit);
	json_object_set_new(o, "drift", drift_json(&r->drift));
	json_object_set_new(o, "cost", cost_json(r));
	if (r->changelog_of)
		json_set_str(log, "package", r->changelog_of);
	json_set_u64(log, "entries_all", r->changelog_all);
	json_object_set_new(log, "entries", json_texts(&r->changelog));
	json_object_set_new(o, "changelog", log);
	json_object_set_new(o, "warnings", json_texts(&r->warnings));
	json_set_str(o, "mail", buf_str(&mail));
	return o;
}

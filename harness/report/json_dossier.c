/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report of `kernsoak report --json`: json_report() of each run, and what a dossier adds. */
#include <math.h>

#include "report/compare.h"
#include "report/figure.h"
#include "report/gist.h"
#include "report/json.h"
#include "report/listings.h"

/* --- crashes --- */

static json_t *place(const struct dossier *d, size_t trial)
{
	const struct dossier_trial *t = &d->trial[trial];
	json_t *o = json_object();

	json_set_str(o, "run", d->run[t->run].dir->id);
	json_set_u64(o, "trial", t->trial);
	json_object_set_new(o, "at_s", t->ended_s < 0 ? json_null() : json_integer(t->ended_s));
	return o;
}

static json_t *crash_arms(const struct dossier *d, size_t crash)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->contrast.n_arms; i++) {
		struct expo e = dossier_rate(d, i, crash);
		json_t *o;

		if (!e.n_event)
			continue;
		o = json_object();
		json_set_str(o, "arm", d->contrast.arm[i].all.name);
		json_set_u64(o, "trials", e.n_event);
		json_object_set_new(o, "mttf_s",
				    figure_json(e.mttf, expo_mttf_ci(&e, VIEW_CONFIDENCE)));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *crash_kernels(const struct dossier *d, size_t crash)
{
	json_t *list = json_array();

	for (size_t k = 0; k < d->kernels.n; k++) {
		json_t *o = json_object();

		json_set_str(o, "kernel", d->kernels.item[k]);
		json_set_u64(o, "trials", listing_kernel_deaths(d, k, crash));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *crash(const struct dossier *d, size_t i)
{
	const struct contrast_crash *k = &d->contrast.crash[i];
	const struct sighting *s = &k->first;
	json_t *o = json_object();

	json_set_str(o, "id", s->id);
	json_set_str(o, "title", s->title);
	json_set_str(o, "class", crash_info(s->class)->name);
	json_set_str(o, "function", s->function);
	json_set_str(o, "module", s->module);
	json_set_u64(o, "ended", k->n);
	json_object_set_new(o, "first", place(d, d->crash[i].first));
	json_object_set_new(o, "last", place(d, d->crash[i].last));
	json_object_set_new(o, "example", place(d, d->crash[i].example));
	json_object_set_new(o, "lives", crash_arms(d, i));
	json_object_set_new(o, "kernels", crash_kernels(d, i));
	return o;
}

/* Adds to the crash of that id, or makes one. */
static void add_crash(json_t *crashes, json_t *more)
{
	const char *id = json_string_value(json_object_get(more, "id"));
	json_t *have;
	size_t i;

	json_array_foreach (crashes, i, have)
		if (str_eq(json_string_value(json_object_get(have, "id")), id)) {
			json_object_update_missing(have, more);
			json_decref(more);
			return;
		}
	json_array_append_new(crashes, more);
}

/* --- the rest --- */

static json_t *kernels(const struct dossier *d)
{
	json_t *list = json_array();

	for (size_t k = 0; k < d->kernels.n; k++) {
		json_t *o = json_object();

		json_set_str(o, "kernel", d->kernels.item[k]);
		json_set_u64(o, "trials", listing_kernel_trials(d, k));
		json_array_append_new(list, o);
	}
	return list;
}

/* The steps of one crash in one arm. */
static json_t *incidence_curve(const struct incidence *in, size_t cause)
{
	json_t *list = json_array();
	double last = 0;

	for (size_t i = 0; i < in->n_rows; i++) {
		double share = in->cif[i * in->n_causes + cause];
		json_t *o;

		if (share <= last)
			continue;
		o = json_object();
		json_set_double(o, "t", in->time[i]);
		json_set_double(o, "share", share);
		json_set_double(o, "se", in->se[i * in->n_causes + cause]);
		json_array_append_new(list, o);
		last = share;
	}
	return list;
}

static json_t *incidence(const struct dossier *d)
{
	const struct contrast *c = &d->contrast;
	json_t *list = json_array();

	for (size_t i = 0; i < c->n_arms; i++) {
		_cleanup_incidence_ struct incidence in = { 0 };

		contrast_incidence(&c->arm[i].all, c->n_crashes, &in);
		for (size_t k = 0; k < c->n_crashes; k++) {
			json_t *o = json_object();

			json_set_str(o, "arm", c->arm[i].all.name);
			json_set_str(o, "id", c->crash[k].first.id);
			json_object_set_new(o, "curve", incidence_curve(&in, k));
			json_array_append_new(list, o);
		}
	}
	return list;
}

/* Everything that is not a failure that counts. */
static json_t *ledger(const struct dossier *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->n_trials; i++) {
		const struct dossier_trial *t = &d->trial[i];
		json_t *o;

		if ((t->counted && t->outcome == OUTCOME_FAILED) || t->going)
			continue;
		o = json_object();
		json_set_str(o, "run", d->run[t->run].dir->id);
		json_set_u64(o, "trial", t->trial);
		json_set_str(o, "arm", d->contrast.arm[t->side].all.name);
		json_set_str(o, "outcome", outcome_name(t->outcome));
		json_set_bool(o, "counted", t->counted);
		json_set_double(o, "time_s", t->time_s);
		json_set_str(o, "reason", t->reason);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *again(const struct dossier *d)
{
	_cleanup_columns_ struct columns c = { 0 };
	json_t *list = json_array();

	listing_again(d, &c);
	for (size_t i = c.n; i + 1 < c.cell.n; i += c.n) {
		json_t *o = json_object();

		json_set_str(o, "what", c.cell.item[i]);
		json_set_str(o, "command", c.cell.item[i + 1]);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *one_run(const struct dossier_run *run)
{
	json_t *o = json_report(run->view);

	if (run->answer)
		json_object_set_new(o, "bisect", json_deep_copy(run->answer));
	return o;
}

static json_t *all_runs(const struct dossier *d)
{
	json_t *o = json_object(), *runs = json_array();

	for (size_t i = 0; i < d->n_runs; i++)
		json_array_append_new(runs, one_run(&d->run[i]));
	json_set_u64(o, "version", REPORT_VERSION);
	json_set_double(o, "confidence", VIEW_CONFIDENCE);
	json_object_set_new(o, "runs", runs);
	json_object_set_new(o, "crashes", json_array());
	return o;
}

json_t *json_dossier(const struct dossier *d)
{
	const struct comparison of = { d->named, d->n_runs, &d->contrast };
	json_t *o = d->n_runs == 1 ? one_run(d->run) : all_runs(d);
	_cleanup_free_
	char *verdict = gist_verdict(d);

	for (size_t i = 0; i < d->contrast.n_crashes; i++)
		add_crash(json_object_get(o, "crashes"), crash(d, i));
	json_set_str(o, "verdict", verdict);
	json_object_set_new(o, "comparison", d->contrast.n_pairs ? compare_json(&of) : json_null());
	json_object_set_new(o, "kernels", kernels(d));
	json_object_set_new(o, "incidence", incidence(d));
	json_object_set_new(o, "not_failed", ledger(d));
	json_object_set_new(o, "again", again(d));
	return o;
}

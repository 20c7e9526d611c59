/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A night's measures: from its runs to JSON, and back. */
#include <errno.h>
#include <math.h>

#include "report/export_parts.h"
#include "report/night.h"

/* ---- from a run ---- */

static json_t *lives_of(const struct view_arm *a)
{
	json_t *lives = json_array();

	for (size_t i = 0; i < a->time.sample.n; i++) {
		const struct lifetime *l = &a->time.sample.life[i];
		json_t *pair = json_array();

		json_array_append_new(pair, json_figure(l->time));
		json_array_append_new(pair, json_integer(l->failed));
		json_array_append_new(lives, pair);
	}
	return lives;
}

static json_t *arm_of(const struct export_run *x, const struct view_arm *a)
{
	json_t *o = json_object(), *outcomes = json_object();

	json_set_str(o, "arm", a->name);
	if (a->settings)
		json_object_set(o, "settings", a->settings);
	json_object_set_new(o, "kernels", json_texts(&a->kernels));
	for (int i = 0; i < OUTCOME_COUNT; i++)
		json_set_u64(outcomes, outcome_name((enum outcome)i), a->outcome[i]);
	json_object_set_new(o, "outcomes", outcomes);
	json_set_double(o, "boot_s", export_boot_s(x, a->name));
	json_object_set_new(o, "lives", lives_of(a));
	return o;
}

static json_t *crash_of(const struct export_run *x, const struct bucket *b)
{
	json_t *o = json_object();
	const struct verdict *first = NULL;

	for (size_t i = 0; i < x->n && !first; i++)
		if (x->trial[i].trial == b->first_trial)
			first = &x->trial[i];
	json_set_str(o, "id", b->first.id);
	json_set_str(o, "title", b->first.title);
	json_set_str(o, "integrity", integrity_name(b->first.integrity));
	json_set_str(o, "arm", first ? first->arm : "");
	json_set_u64(o, "trials", b->n);
	json_set_u64(o, "first_trial", b->first_trial);
	return o;
}

json_t *night_measure(const struct export_run *x)
{
	json_t *o = json_object(), *arms = json_array(), *crashes = json_array();

	for (size_t i = 0; i < x->view.n_arms; i++)
		json_array_append_new(arms, arm_of(x, &x->view.arm[i]));
	for (size_t i = 0; i < x->view.n_buckets; i++)
		json_array_append_new(crashes, crash_of(x, &x->view.bucket[i]));
	json_set_str(o, "run", x->view.run);
	json_object_set_new(o, "arms", arms);
	json_object_set_new(o, "crashes", crashes);
	return o;
}

/* ---- and back ---- */

static char *text_of(const json_t *o, const char *key)
{
	const char *s = NULL;

	json_get_str(o, key, &s, NULL);
	return xstrdup(s ? s : "");
}

static uint64_t number_of(const json_t *o, const char *key)
{
	uint64_t v = 0;

	json_get_u64(o, key, &v, NULL);
	return v == TIME_NEVER ? 0 : v;
}

static int read_lives(const json_t *lives, struct night_arm *a, struct err *err)
{
	for (size_t i = 0; i < json_array_size(lives); i++) {
		const json_t *pair = json_array_get(lives, i);
		const double time = json_number_value(json_array_get(pair, 0));
		const bool failed = json_integer_value(json_array_get(pair, 1)) != 0;

		if (!json_is_number(json_array_get(pair, 0)) || !(time >= 0))
			return err_set(err, EINVAL, "a life of arm %s is no time", a->name);
		duel_add(&a->lives, 0, time, failed);
		a->exposure_s += time;
		a->failures += failed;
	}
	return 0;
}

static int read_arm(const json_t *o, struct night_arm *a, struct err *err)
{
	const json_t *outcomes = json_object_get(o, "outcomes"), *item;
	size_t i;

	a->name = text_of(o, "arm");
	a->settings = json_incref(json_object_get(o, "settings"));
	a->boot_s = NAN;
	json_get_double(o, "boot_s", &a->boot_s, NULL);
	json_array_foreach (json_object_get(o, "kernels"), i, item)
		if (json_is_string(item))
			strv_add(&a->kernels, json_string_value(item));
	for (int k = 0; k < OUTCOME_COUNT; k++)
		a->outcome[k] = (size_t)number_of(outcomes, outcome_name((enum outcome)k));
	return read_lives(json_object_get(o, "lives"), a, err);
}

static void read_crash(const json_t *o, struct night_crash *c)
{
	_cleanup_free_
	char *integrity = text_of(o, "integrity");

	c->id = text_of(o, "id");
	c->title = text_of(o, "title");
	c->arm = text_of(o, "arm");
	c->whole = !str_eq(integrity, integrity_name(INTEGRITY_TITLE_DAMAGED)) &&
		   !str_eq(integrity, integrity_name(INTEGRITY_HEADER_ONLY)) &&
		   !str_eq(integrity, integrity_name(INTEGRITY_TRUNCATED));
	c->trials = (size_t)number_of(o, "trials");
	c->first_trial = number_of(o, "first_trial");
}

static int read_entry(const json_t *o, const json_t *measures, double factor, double alpha,
		      struct night_entry *e, struct err *err)
{
	const json_t *m, *arms, *crashes;
	int r = 0;

	e->name = text_of(o, "name");
	e->run = text_of(o, "run");
	e->state = text_of(o, "state");
	e->exit = (int)number_of(o, "exit");
	m = json_object_get(measures, e->name);
	arms = json_object_get(m, "arms");
	crashes = json_object_get(m, "crashes");
	e->arm = xcalloc(json_array_size(arms) + 1, sizeof(*e->arm));
	e->crash = xcalloc(json_array_size(crashes) + 1, sizeof(*e->crash));
	while (r == 0 && e->n_arms < json_array_size(arms)) {
		struct night_arm *a = &e->arm[e->n_arms];

		a->lives = duel_make(factor, alpha, 0.5);
		r = read_arm(json_array_get(arms, e->n_arms++), a, err);
	}
	for (; e->n_crashes < json_array_size(crashes); e->n_crashes++)
		read_crash(json_array_get(crashes, e->n_crashes), &e->crash[e->n_crashes]);
	return r;
}

int night_measured_from_json(const json_t *state, const json_t *measures, double factor,
			     double alpha, struct night_measured *ret, struct err *err)
{
	const json_t *entries = json_object_get(state, "entries");
	struct night_measured n = { 0 };
	int r = 0;

	n.number = number_of(state, "number");
	n.started_s = (int64_t)number_of(state, "started_s");
	n.ended_s = (int64_t)number_of(state, "ended_s");
	n.state = text_of(state, json_object_get(state, "end") ? "end" : "state");
	n.entry = xcalloc(json_array_size(entries) + 1, sizeof(*n.entry));
	for (; r == 0 && n.n < json_array_size(entries); n.n++)
		r = read_entry(json_array_get(entries, n.n), measures, factor, alpha, &n.entry[n.n],
			       err);
	if (r < 0)
		night_measured_done(&n);
	else
		*ret = n;
	return r;
}

static void entry_done(struct night_entry *e)
{
	for (size_t i = 0; i < e->n_arms; i++) {
		free(e->arm[i].name);
		json_decref(e->arm[i].settings);
		strv_done(&e->arm[i].kernels);
	}
	for (size_t i = 0; i < e->n_crashes; i++) {
		free(e->crash[i].id);
		free(e->crash[i].title);
		free(e->crash[i].arm);
	}
	free(e->name);
	free(e->run);
	free(e->state);
	free(e->arm);
	free(e->crash);
}

void night_measured_done(struct night_measured *n)
{
	for (size_t i = 0; i < n->n; i++)
		entry_done(&n->entry[i]);
	free(n->entry);
	free(n->state);
	*n = (struct night_measured){ 0 };
}

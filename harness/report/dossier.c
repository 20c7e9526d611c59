/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/dossier.h"

#include <math.h>

#include "store/verdicts.h"

void dossier_done(struct dossier *d)
{
	for (size_t i = 0; i < d->n_trials; i++)
		free(d->trial[i].reason);
	free(d->trial);
	free(d->crash);
	free(d->named);
	strv_done(&d->kernels);
	contrast_done(&d->contrast);
	sides_done(&d->sides);
	*d = (struct dossier){ 0 };
}

char *dossier_ref(const struct dossier *d, const struct dossier_trial *t)
{
	return xasprintf("%s/%llu", d->run[t->run].dir->path, (unsigned long long)t->trial);
}

bool dossier_excerpt(const struct dossier *d, size_t crash, struct excerpt *ret)
{
	const struct dossier_crash *c = &d->crash[crash];
	const struct dossier_trial *t = &d->trial[c->example];
	_cleanup_close_ int dir = trial_dir_open(d->run[t->run].dir->fd, t->trial, NULL);

	return dir >= 0 && excerpt_read(dir, &c->shown, ret);
}

size_t dossier_deaths(const struct dossier *d, size_t side, size_t crash)
{
	const struct view_arm *a = &d->contrast.arm[side].all;
	size_t n = 0;

	for (size_t i = 0; i < a->counted; i++)
		n += a->life[i].bucket == crash;
	return n;
}

struct expo dossier_rate(const struct dossier *d, size_t side, size_t crash)
{
	return expo_of(dossier_deaths(d, side, crash),
		       d->contrast.arm[side].all.time.expo.total_time);
}

/* --- sides --- */

static const char *word(const json_t *o, const char *path)
{
	const char *s = json_string_value(json_at(o, path));

	return s ? s : "";
}

static void add_half(struct sides *s, const struct view *v, size_t from, size_t to,
		     const char *what)
{
	struct contrast_part *part = &s->part[s->n ? s->side[0].n_parts : 0];
	size_t n = 0;

	for (size_t i = from; i <= to; i++)
		if (v->arm[i].counted)
			part[n++] = (struct contrast_part){ v, i };
	if (!n)
		return;
	strv_add(&s->names, what);
	s->side[s->n] = (struct contrast_side){ s->names.item[s->n], part, n };
	s->n++;
}

/* A bisection with an answer: two sides of many versions each. False: it has none yet. */
static bool sides_of_hunt(const struct dossier_run *run, struct sides *ret)
{
	const struct view *v = run->view;
	size_t bad = view_arm_named(v, word(run->answer, "answer.bad")),
	       good = view_arm_named(v, word(run->answer, "answer.good"));
	bool falls = bad < good; /* the axis goes from bad to good */
	struct sides s = { 0 };

	if (bad == SIZE_MAX || good == SIZE_MAX || bad == good)
		return false;
	s.side = xcalloc(2, sizeof(*s.side));
	s.part = xcalloc(v->n_arms, sizeof(*s.part));
	s.versus = xcalloc(1, sizeof(*s.versus));
	add_half(&s, v, falls ? good : 0, falls ? v->n_arms - 1 : good, "without the bug");
	add_half(&s, v, falls ? 0 : bad, falls ? bad : v->n_arms - 1, "with the bug");
	s.n_pairs = s.n == 2;
	s.versus[0] = (struct contrast_versus){ 0, 1 };
	*ret = s;
	if (!s.n)
		sides_done(ret);
	return s.n > 0;
}

static void make_sides(struct dossier *d)
{
	d->named = xcalloc(d->n_runs, sizeof(*d->named));
	for (size_t i = 0; i < d->n_runs; i++)
		d->named[i] =
			(struct sides_run){ .label = d->run[i].label, .view = d->run[i].view };
	if (d->n_runs != 1 || !d->hunt || !sides_of_hunt(d->hunt, &d->sides))
		sides_all(d->named, d->n_runs, &d->sides);
}

/* --- trials --- */

struct collect {
	struct dossier *d;
	size_t run;
};

static size_t find_side(const struct dossier *d, const struct view *v, const char *arm)
{
	for (size_t i = 0; i < d->sides.n; i++)
		for (size_t k = 0; k < d->sides.side[i].n_parts; k++) {
			const struct contrast_part *p = &d->sides.side[i].part[k];

			if (p->view == v && str_eq(v->arm[p->arm].name, arm))
				return i;
		}
	return SIZE_MAX;
}

static size_t find_kernel(struct dossier *d, const char *name)
{
	for (size_t i = 0; i < d->kernels.n; i++)
		if (str_eq(d->kernels.item[i], name))
			return i;
	return SIZE_MAX;
}

static size_t find_crash(const struct dossier *d, const struct verdict *v)
{
	if (!v->has_sighting || (v->outcome != OUTCOME_FAILED && v->outcome != OUTCOME_OTHER))
		return SIZE_MAX;
	for (size_t i = 0; i < d->contrast.n_crashes; i++)
		if (str_eq(d->contrast.crash[i].first.id, v->sighting.id))
			return i;
	return SIZE_MAX;
}

static int64_t ended_at(const struct verdict *v)
{
	return v->started_s > 0 ? v->started_s + (int64_t)(v->wall_ns / 1000000000) : -1;
}

/* First and last by the clock, where there is one; trials come by number. */
static void take_crash(struct dossier *d, size_t at, const struct verdict *v)
{
	const struct dossier_trial *t = &d->trial[at];
	struct dossier_crash *c = &d->crash[t->crash];
	bool first = !c->life_ns && !*c->shown.id;
	bool whole = v->sighting.integrity == INTEGRITY_COMPLETE;

	if (first || t->ended_s < d->trial[c->first].ended_s)
		c->first = at;
	if (first || t->ended_s >= d->trial[c->last].ended_s)
		c->last = at;
	if (first || (whole && c->shown.integrity != INTEGRITY_COMPLETE)) {
		c->example = at;
		c->shown = v->sighting;
		c->life_ns = v->exposure_ns;
	}
}

static int take_verdict(void *arg, const struct verdict *v)
{
	struct collect *c = arg;
	struct dossier *d = c->d;
	const struct view *view = d->run[c->run].view;
	bool known = v->exposure_ns != TIME_NEVER;
	struct dossier_trial t = {
		.run = c->run,
		.side = find_side(d, view, v->arm),
		.trial = v->trial,
		.outcome = v->outcome,
		.step = v->step,
		.final = v->final,
		.enough = v->enough,
		.going = !v->final && about_is_going(&view->about, v->trial),
		.counted = v->outcome != OUTCOME_INFRA && known,
		.time_s = known ? (double)v->exposure_ns / 1e9 : NAN,
		.ended_s = ended_at(v),
		.seed = v->seed,
		.crash = find_crash(d, v),
		.kernel = find_kernel(d, v->kernel),
	};

	if (t.side == SIZE_MAX)
		return 0; /* of a version that the hunt passed over */
	t.counted = t.counted && !t.going;
	t.crash = t.counted ? t.crash : SIZE_MAX;
	t.reason = xstrdup(v->reason);
	d->trial = xrealloc(d->trial, (d->n_trials + 1) * sizeof(*d->trial));
	d->trial[d->n_trials++] = t;
	if (t.crash != SIZE_MAX)
		take_crash(d, d->n_trials - 1, v);
	return 0;
}

static void collect_kernels(struct dossier *d)
{
	for (size_t i = 0; i < d->contrast.n_arms; i++) {
		const struct strv *k = &d->contrast.arm[i].all.kernels;

		for (size_t j = 0; j < k->n; j++)
			if (!strv_has(&d->kernels, k->item[j]))
				strv_add(&d->kernels, k->item[j]);
	}
	strv_sort(&d->kernels, str_version_cmp);
}

int dossier_load(const struct dossier_run *run, size_t n, struct dossier *ret, struct err *err)
{
	struct dossier d = { .run = run, .n_runs = n };
	int r = 0;

	for (size_t i = n; i-- > 0;)
		d.hunt = run[i].answer ? &run[i] : d.hunt;
	for (size_t i = 0; i < n; i++)
		d.grid |= run[i].view->grid.n > 0;
	make_sides(&d);
	contrast_make(d.sides.side, d.sides.n, d.sides.versus, d.grid ? 0 : d.sides.n_pairs,
		      &contrast_usual, &d.contrast);
	collect_kernels(&d);
	d.crash = xcalloc(d.contrast.n_crashes + 1, sizeof(*d.crash));
	for (size_t i = 0; i < n && r == 0; i++) {
		struct collect c = { &d, i };

		r = verdicts_read(run[i].dir->fd, take_verdict, &c, err);
	}
	if (r < 0)
		dossier_done(&d);
	else
		*ret = d;
	return r;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/view.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>

#include "base/json.h"
#include "report/cascade_collect.h"
#include "store/verdicts.h"

static void lifetimes_done(struct lifetimes *l)
{
	sample_done(&l->sample);
	km_done(&l->km);
}

void view_arm_done(struct view_arm *a)
{
	lifetimes_done(&a->time);
	lifetimes_done(&a->work);
	strv_done(&a->kernels);
	strv_done(&a->accels);
	strv_done(&a->origins);
	free(a->life);
	free(a->end);
	json_decref(a->settings);
}

void view_done(struct view *v)
{
	for (size_t i = 0; i < v->n_arms; i++)
		view_arm_done(&v->arm[i]);
	for (size_t i = 0; i < v->n_buckets; i++)
		free(v->bucket[i].by_arm);
	free(v->arm);
	free(v->bucket);
	free(v->excluded);
	free(v->cell);
	grid_done(&v->grid);
	cascades_done(&v->cascades);
	strv_done(&v->warnings);
	about_done(&v->about);
	*v = (struct view){ 0 };
}

size_t view_failures(const struct view *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n_arms; i++)
		n += v->arm[i].outcome[OUTCOME_FAILED];
	return n;
}

size_t view_arm_named(const struct view *v, const char *name)
{
	for (size_t i = 0; i < v->n_arms; i++)
		if (str_eq(v->arm[i].name, name))
			return i;
	return SIZE_MAX;
}

/* --- collecting --- */

/* The arm's index; one that the plan does not name is added behind the others. */
static size_t find_arm(struct view *v, const char *name)
{
	const size_t have = view_arm_named(v, name);
	struct view_arm *a;

	if (have != SIZE_MAX)
		return have;
	v->arm = xrealloc(v->arm, (v->n_arms + 1) * sizeof(*v->arm));
	a = &v->arm[v->n_arms];
	*a = (struct view_arm){ 0 };
	snprintf(a->name, sizeof(a->name), "%s", name);
	for (size_t i = 0; i < v->n_buckets; i++) {
		v->bucket[i].by_arm =
			xrealloc(v->bucket[i].by_arm, (v->n_arms + 1) * sizeof(size_t));
		v->bucket[i].by_arm[v->n_arms] = 0;
	}
	return v->n_arms++;
}

static void add_excluded(struct view *v, const struct verdict *t, size_t arm, const char *reason)
{
	struct excluded *e;

	v->excluded = xrealloc(v->excluded, (v->n_excluded + 1) * sizeof(*v->excluded));
	e = &v->excluded[v->n_excluded++];
	*e = (struct excluded){ .trial = t->trial, .arm = arm, .final = t->final, .step = t->step };
	snprintf(e->reason, sizeof(e->reason), "%s", reason);
}

static struct bucket *find_bucket(struct view *v, const struct verdict *t)
{
	struct bucket *b;

	for (size_t i = 0; i < v->n_buckets; i++)
		if (str_eq(v->bucket[i].first.id, t->sighting.id))
			return &v->bucket[i];
	v->bucket = xrealloc(v->bucket, (v->n_buckets + 1) * sizeof(*v->bucket));
	b = &v->bucket[v->n_buckets++];
	*b = (struct bucket){
		.first = t->sighting,
		.first_trial = t->trial,
		.by_arm = xcalloc(v->n_arms, sizeof(size_t)),
	};
	return b;
}

/* The bucket that it is in now; those of the lives are put right when all have been sorted. */
static size_t add_crash(struct view *v, const struct verdict *t, size_t arm)
{
	struct bucket *b = find_bucket(v, t);

	b->n++;
	b->n_target += t->outcome == OUTCOME_FAILED;
	b->by_arm[arm]++;
	b->last_trial = t->trial;
	return (size_t)(b - v->bucket);
}

static void add_once(struct strv *v, const char *s)
{
	if (*s && !strv_has(v, s))
		strv_add(v, s);
}

/* Means are kept as sums until all trials are in; NaN trials do not count. */
struct means {
	double load, steal, wait_s;
	size_t n_load, n_steal, n_wait;
};

struct collect {
	struct view *v;
	struct means *mean; /* by arm */
	size_t n_means;
};

static void add_environment(struct collect *c, const struct verdict *t, size_t arm)
{
	struct view_arm *a = &c->v->arm[arm];
	struct means *m;

	if (c->n_means < c->v->n_arms) {
		c->mean = xrealloc(c->mean, c->v->n_arms * sizeof(*c->mean));
		memset(c->mean + c->n_means, 0, (c->v->n_arms - c->n_means) * sizeof(*c->mean));
		c->n_means = c->v->n_arms;
	}
	m = &c->mean[arm];
	add_once(&a->kernels, t->kernel);
	add_once(&a->accels, t->accel);
	add_once(&a->origins, t->origin);
	a->starts = t->exposure_starts;
	a->before += t->before_exposure && t->outcome == OUTCOME_FAILED;
	if (t->exposure_wait_ns != TIME_NEVER) {
		m->wait_s += (double)t->exposure_wait_ns / 1e9;
		m->n_wait++;
	}
	if (isfinite(t->host_load)) {
		m->load += t->host_load;
		m->n_load++;
	}
	if (isfinite(t->host_steal)) {
		m->steal += t->host_steal;
		m->n_steal++;
	}
}

/* Work is counted where the trial's unit is the arm's: a scenario's arms may differ in their loads.
 */
static double work_of(struct view_arm *a, const struct verdict *t)
{
	if (!isfinite(t->exposure_work) || t->exposure_work < 0 || !t->unit[0])
		return NAN;
	if (!a->unit[0])
		snprintf(a->unit, sizeof(a->unit), "%s", t->unit);
	return str_eq(a->unit, t->unit) ? t->exposure_work : NAN;
}

static void add_end(struct view_arm *a, const char *title)
{
	size_t i = 0;

	while (i < a->n_ends && !str_eq(a->end[i].title, title))
		i++;
	if (i == a->n_ends) {
		a->end = xrealloc(a->end, (a->n_ends + 1) * sizeof(*a->end));
		a->end[a->n_ends] = (struct view_end){ .n = 0 };
		snprintf(a->end[a->n_ends++].title, sizeof(a->end->title), "%s", title);
	}
	a->end[i].n++;
}

static void add_lifetime(struct view_arm *a, const struct verdict *t, size_t bucket)
{
	bool failed = t->outcome == OUTCOME_FAILED;
	struct view_life life = {
		.outcome = t->outcome,
		.time_s = (double)t->exposure_ns / 1e9,
		.work = work_of(a, t),
		.bucket = bucket,
	};

	sample_add(&a->time.sample, (struct lifetime){ .time = life.time_s, .failed = failed });
	if (isfinite(life.work))
		sample_add(&a->work.sample,
			   (struct lifetime){ .time = life.work, .failed = failed });
	a->life = xrealloc(a->life, (a->counted + 1) * sizeof(*a->life));
	a->life[a->counted++] = life;
}

static int take_verdict(void *arg, const struct verdict *t)
{
	struct collect *c = arg;
	struct view *v = c->v;
	size_t arm = find_arm(v, t->arm);
	struct view_arm *a = &v->arm[arm];
	size_t bucket = SIZE_MAX;

	if (!t->final && about_is_going(&v->about, t->trial)) {
		a->going++;
		v->going++;
		return 0;
	}
	v->ended++;
	a->outcome[t->outcome]++;
	a->wall_s += (double)t->wall_ns / 1e9;
	v->slots = MAX(v->slots, (size_t)t->slot + 1);
	if (t->outcome == OUTCOME_INFRA) {
		add_excluded(v, t, arm, t->reason);
		return 0;
	}
	if (t->has_sighting && t->outcome != OUTCOME_SURVIVED)
		bucket = add_crash(v, t, arm);
	a->seen += t->n_sightings;
	add_environment(c, t, arm);
	counts_add_all(&a->findings, &t->findings);
	if (t->outcome == OUTCOME_FAILED)
		add_end(a, t->sighting.title);
	if (t->exposure_ns == TIME_NEVER) {
		add_excluded(v, t, arm, "its verdict does not say how long it lived");
		return 0;
	}
	add_lifetime(a, t, bucket);
	return 0;
}

/* --- reckoning --- */

void lifetimes_reckon(struct lifetimes *l)
{
	sample_sort(&l->sample);
	l->expo = expo_fit(&l->sample);
	l->mttf_ci = interval_none();
	l->mttf_lower = NAN;
	if (l->expo.total_time > 0) {
		l->mttf_ci = expo_mttf_ci(&l->expo, VIEW_CONFIDENCE);
		l->mttf_lower = expo_mttf_lower(&l->expo, VIEW_CONFIDENCE);
	}
	km_fit(&l->sample, &l->km);
	l->median = km_quantile(&l->km, 0.5);
	l->median_ci = km_quantile_ci(&l->km, 0.5, KM_LOGLOG, VIEW_CONFIDENCE);
}

/* Buckets are told apart by their first trial, whatever their order. */
static void find_buckets_again(struct view *v, const uint64_t *first_trial)
{
	for (size_t a = 0; a < v->n_arms; a++)
		for (size_t i = 0; i < v->arm[a].counted; i++) {
			size_t *bucket = &v->arm[a].life[i].bucket, was = *bucket;

			for (size_t k = 0; k < v->n_buckets && was != SIZE_MAX; k++)
				if (v->bucket[k].first_trial == first_trial[was])
					*bucket = k;
		}
}

static int bigger_bucket(const void *a, const void *b)
{
	const struct bucket *x = a, *y = b;

	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return (x->first_trial > y->first_trial) - (x->first_trial < y->first_trial);
}

static void sort_buckets(struct view *v)
{
	_cleanup_free_
	uint64_t *first_trial = xcalloc(v->n_buckets + 1, sizeof(*first_trial));

	if (!v->n_buckets)
		return;
	for (size_t i = 0; i < v->n_buckets; i++)
		first_trial[i] = v->bucket[i].first_trial;
	qsort(v->bucket, v->n_buckets, sizeof(*v->bucket), bigger_bucket);
	find_buckets_again(v, first_trial);
}

static void doubt_arm(const struct view_arm *a, struct strv *ret)
{
	size_t infra = a->outcome[OUTCOME_INFRA], all = a->counted + infra;

	if (a->host_steal > 0.05)
		strv_take(ret, xasprintf("%s: %.0f %% of the host's CPU time was stolen by its own "
					 "hypervisor",
					 a->name, a->host_steal * 100));
	if (infra * 20 > all && all)
		strv_take(ret,
			  xasprintf("%s: %zu of %zu trials lost to the host: if what lost them has "
				    "to do with what is measured, the figures are biased",
				    a->name, infra, all));
	if (a->before)
		strv_take(ret, xasprintf("%s: %zu of %zu failures came before the exposure began "
					 "(%s), and count as lives of no length: is this what "
					 "exposure.starts should say?",
					 a->name, a->before, a->outcome[OUTCOME_FAILED],
					 exposure_starts[a->starts]));
	if (a->accels.n > 1)
		strv_take(ret,
			  xasprintf("%s: its trials ran under different accelerators", a->name));
	if (a->kernels.n > 1)
		strv_take(ret, xasprintf("%s: its trials ran different kernels", a->name));
}

/*
 * Measured on one machine: a busy host changed one MTTF eleven times. The guests themselves make a
 * load of about one a processor, so it takes half as much again before others are suspected.
 */
static void doubt_load(const struct view_arm *const *arm, size_t n, uint64_t cpus, struct strv *ret)
{
	double lo = INFINITY, hi = 0;

	for (size_t i = 0; i < n; i++)
		if (isfinite(arm[i]->host_load)) {
			lo = fmin(lo, arm[i]->host_load);
			hi = fmax(hi, arm[i]->host_load);
		}
	if (cpus && hi > 1.5 * (double)cpus)
		strv_take(
			ret,
			xasprintf("the host was busy (load up to %.1f on %llu processors): guests "
				  "were slowed down, and lived longer than on a quiet host",
				  hi, (unsigned long long)cpus));
	if (hi > 1.5 * lo && hi - lo > 1)
		strv_take(
			ret,
			xasprintf(
				"the arms met different host loads (%.1f to %.1f): compare them by "
				"work rather than by time",
				lo, hi));
}

static void doubt_starts(const struct view_arm *const *arm, size_t n, struct strv *ret)
{
	for (size_t i = 1; i < n; i++)
		if (arm[i]->starts != arm[0]->starts) {
			strv_take(ret, xstrdup("the arms count their lives from different moments "
					       "(exposure.starts): do not compare them"));
			return;
		}
}

static void doubt_accels(const struct view_arm *const *arm, size_t n, struct strv *ret)
{
	struct strv all = { 0 };

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < arm[i]->accels.n; j++)
			add_once(&all, arm[i]->accels.item[j]);
	if (all.n > 1)
		strv_take(
			ret,
			xstrdup("the arms ran under different accelerators: do not compare them"));
	strv_done(&all);
}

/* Lives of a fault that we planted say nothing of the kernel's own, and the other way round. */
static void doubt_origins(const struct view_arm *const *arm, size_t n, struct strv *ret)
{
	_cleanup_strv_ struct strv all = { 0 };
	_cleanup_buf_ struct buf b = BUF_INIT;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < arm[i]->origins.n; j++)
			add_once(&all, arm[i]->origins.item[j]);
	for (size_t k = 0; k < all.n; k++) {
		size_t named = 0;

		buf_printf(&b, "%s%s (", k ? ", " : "", all.item[k]);
		for (size_t i = 0; i < n; i++)
			if (strv_has(&arm[i]->origins, all.item[k]))
				buf_printf(&b, "%s%s", named++ ? ", " : "", arm[i]->name);
		buf_puts(&b, ")");
	}
	if (all.n > 1)
		strv_take(ret, xasprintf("the arms are not of one origin: %s; what differs between "
					 "two origins is what was planted, and says nothing of the "
					 "kernel's own bugs",
					 buf_str(&b)));
}

void view_doubts(const struct view_arm *const *arm, size_t n, uint64_t cpus, struct strv *ret)
{
	for (size_t i = 0; i < n; i++)
		doubt_arm(arm[i], ret);
	doubt_load(arm, n, cpus, ret);
	doubt_origins(arm, n, ret);
	doubt_accels(arm, n, ret);
	doubt_starts(arm, n, ret);
}

static void doubt(struct view *v)
{
	const struct view_arm **arm = xcalloc(v->n_arms + 1, sizeof(*arm));

	for (size_t i = 0; i < v->n_arms; i++)
		arm[i] = &v->arm[i];
	view_doubts(arm, v->n_arms, v->host_cpus, &v->warnings);
	free(arm);
}

static void reckon(struct collect *c)
{
	struct view *v = c->v;

	for (size_t i = 0; i < v->n_arms; i++) {
		struct view_arm *a = &v->arm[i];
		struct means m = i < c->n_means ? c->mean[i] : (struct means){ 0 };

		a->host_load = m.n_load ? m.load / (double)m.n_load : NAN;
		a->host_steal = m.n_steal ? m.steal / (double)m.n_steal : NAN;
		a->wait_s = m.n_wait ? m.wait_s / (double)m.n_wait : NAN;
		lifetimes_reckon(&a->time);
		lifetimes_reckon(&a->work);
	}
	doubt(v);
	sort_buckets(v);
}

/* What the runner wrote about the host; a folder without it says less, that is all. */
static void read_host(const struct run_dir *run, struct view *v)
{
	_cleanup_json_ json_t *o = NULL;

	if (json_read(run->fd, RUN_HOST, &o, NULL) < 0)
		return;
	json_get_u64(o, "cpus", &v->host_cpus, NULL);
	json_get_text(o, "name", v->host, sizeof(v->host), NULL);
}

/* Which arm is which cell: by name, since a run may have been begun with some of them only. */
static void place_cells(struct view *v)
{
	const size_t n = grid_cells(&v->grid);

	v->cell = xcalloc(n + 1, sizeof(*v->cell));
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_
		char *name = grid_cell_name(&v->grid, i);

		v->cell[i] = SIZE_MAX;
		for (size_t a = 0; a < v->n_arms; a++)
			if (str_eq(v->arm[a].name, name))
				v->cell[i] = a;
	}
}

/* A plan that cannot be read has been told about already. */
static void read_settings(const struct run_dir *run, struct view *v)
{
	_cleanup_json_ json_t *plan = NULL;
	json_t *list;

	if (json_read(run->fd, RUN_PLAN, &plan, NULL) < 0)
		return;
	list = json_object_get(plan, "settings");
	for (size_t i = 0; i < v->about.arm.n && i < v->n_arms; i++)
		v->arm[i].settings = json_incref(json_array_get(list, i));
	if (grid_from_json(json_object_get(plan, "grid"), &v->grid, NULL) == 0)
		place_cells(v);
}

int view_load(const struct run_dir *run, struct view *ret, struct err *err)
{
	struct view v = { 0 };
	struct collect c = { .v = &v };
	int r;

	snprintf(v.run, sizeof(v.run), "%s", run->id);
	about_read(run, &v.about);
	read_host(run, &v);
	for (size_t i = 0; i < v.about.arm.n; i++)
		find_arm(&v, v.about.arm.item[i]);
	read_settings(run, &v);
	r = verdicts_read(run->fd, take_verdict, &c, err);
	if (r == 0)
		reckon(&c);
	if (r == 0)
		r = cascades_read(run, &v, err);
	free(c.mean);
	if (r < 0)
		view_done(&v);
	else
		*ret = v;
	return r;
}

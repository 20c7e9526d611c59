/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/bisect_result.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/exit.h"
#include "image/changelog.h"
#include "image/kernels.h"
#include "model/loads.h"
#include "model/units.h"
#include "run/campaign.h"
#include "run/version.h"
#include "store/verdicts.h"

static const double two_changes = 0.001;

enum { CHANGELOG_SHOWN = 12, CLUE_FRAMES = 12, CLUE_MODULES = 12, LOST_MUCH = 10 };

void bisect_result_done(struct bisect_result *r)
{
	for (size_t i = 0; r->why && i < r->p.axis.n; i++)
		free(r->why[i]);
	free(r->why);
	bisection_view_done(&r->v);
	bisection_done(&r->b);
	bisect_params_done(&r->p);
	strv_done(&r->changelog);
	strv_done(&r->warnings);
	free(r->changelog_of);
	*r = (struct bisect_result){ 0 };
}

static const struct {
	const char *name;
	int exit_code;
} states[] = {
	[BISECT_BAD_END] = { "unfinished", EXIT_INCONCLUSIVE },
	[BISECT_GOOD_END] = { "unfinished", EXIT_INCONCLUSIVE },
	[BISECT_SEARCH] = { "unfinished", EXIT_INCONCLUSIVE },
	[BISECT_CONFIRM] = { "unconfirmed", EXIT_INCONCLUSIVE },
	[BISECT_FOUND] = { "found", EXIT_GOAL_MET },
	[BISECT_NARROWED] = { "narrowed", EXIT_GOAL_MET },
	[BISECT_BAD_END_CLEAN] = { "bad-end-lives", EXIT_BAD_END_LIVES },
	[BISECT_GOOD_END_FAILS] = { "good-end-fails", EXIT_GOOD_END_FAILS },
	[BISECT_END_UNTESTABLE] = { "end-untestable", EXIT_INFRA },
};

const char *bisect_state_name(enum bisection_state s)
{
	return states[s].name;
}

int bisect_exit_code(enum bisection_state s)
{
	return states[s].exit_code;
}

struct bisection_item bisect_item(size_t version, const struct verdict *v)
{
	return (struct bisection_item){
		.trial = v->trial,
		.version = version,
		.outcome = v->outcome,
		.seconds = (double)v->exposure_ns / (double)NS_PER_S,
		.wall_s = (double)v->wall_ns / (double)NS_PER_S,
	};
}

/* ---- the log of a folder ---- */

static int read_params(const struct run_dir *run, json_t **ret_plan, const json_t **ret,
		       struct err *err)
{
	const char *name = NULL;
	int r = json_read(run->fd, RUN_PLAN, ret_plan, err);

	if (r < 0)
		return r;
	if (json_get_str(json_at(*ret_plan, "strategy"), "name", &name, NULL) < 0 || !name ||
	    !str_eq(name, BISECT_STRATEGY)) {
		err_set(err, EINVAL, "%s is no bisection", run->path);
		return err_exit(err, EXIT_BAD_USAGE);
	}
	*ret = json_at(*ret_plan, "strategy.params");
	return 0;
}

bool bisect_is_one(const struct run_dir *run)
{
	_cleanup_json_ json_t *plan = NULL;
	const json_t *params;

	return read_params(run, &plan, &params, NULL) == 0;
}

static int add_trial(void *arg, const struct verdict *v)
{
	json_t *lines = arg, *o = json_object();

	if (!v->final) { /* it runs, or died with its runner and is settled by resume */
		json_decref(o);
		return 0;
	}
	json_set_u64(o, "trial", v->trial);
	json_set_str(o, "version", v->arm);
	json_set_str(o, "outcome", outcome_name(v->outcome));
	json_set_double(o, "seconds", (double)v->exposure_ns / (double)NS_PER_S);
	json_set_double(o, "wall_s", (double)v->wall_ns / (double)NS_PER_S);
	if (v->enough)
		json_set_bool(o, "enough", true);
	if (v->has_sighting) {
		json_set_str(o, "id", v->sighting.id);
		json_set_str(o, "title", v->sighting.title);
	}
	json_array_append_new(lines, o);
	return 0;
}

static void add_skips(const struct run_dir *run, const struct axis *a, json_t *lines)
{
	for (size_t i = 0; i < a->n; i++) {
		struct settings s = { 0 };
		struct err err = { 0 };
		json_t *o;
		int r = version_read(run->fd, i, &s, &err);

		settings_done(&s);
		if (r != -ENOEXEC)
			continue;
		o = json_object();
		json_set_str(o, "skip", a->value[i].label);
		json_set_str(o, "why", err.msg);
		json_array_append_new(lines, o);
	}
}

int bisect_log(const struct run_dir *run, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *plan = NULL, *lines = json_array();
	_cleanup_bisect_params_ struct bisect_params p = { 0 };
	const json_t *params = NULL, *soak;
	json_t *head = json_object();
	int r = read_params(run, &plan, &params, err);

	json_array_append_new(lines, head);
	if (r == 0)
		r = bisect_params_from_json(params, &p, err);
	if (r < 0)
		return r;
	soak = json_at(plan, "settings.0.limits.soak");
	json_object_set_new(head, "kernsoak-bisect", json_integer(1));
	json_set_str(head, "run", run->id);
	json_set_double(head, "soak_s", soak ? json_number_value(soak) / (double)NS_PER_S : NAN);
	json_object_set(head, "params", (json_t *)(uintptr_t)params);
	r = verdicts_read(run->fd, add_trial, lines, err);
	if (r < 0)
		return r;
	add_skips(run, &p.axis, lines);
	*ret = TAKE(lines, NULL);
	return 0;
}

/* ---- from the lines ---- */

static int version_of(const struct bisect_result *r, const json_t *o, const char *key, size_t *ret,
		      struct err *err)
{
	const char *label = NULL;

	if (json_get_str(o, key, &label, err) < 0)
		return -EINVAL;
	for (size_t i = 0; i < r->p.axis.n; i++)
		if (label && str_eq(label, r->p.axis.value[i].label)) {
			*ret = i;
			return 0;
		}
	return err_set(err, EINVAL, "the axis has no version '%.80s'", label ? label : "");
}

static int take_head(struct bisect_result *r, const json_t *o, struct err *err)
{
	struct bisection_question q = { 0 };
	const char *run = NULL;

	if (!json_object_get(o, "kernsoak-bisect"))
		return err_set(err, EINVAL,
			       "it should begin with a line that has \"kernsoak-bisect\"");
	if (json_get_str(o, "run", &run, err) < 0 ||
	    json_get_double(o, "soak_s", &q.soak_s, err) < 0 ||
	    bisect_params_from_json(json_object_get(o, "params"), &r->p, err) < 0)
		return -EINVAL;
	if (!(q.soak_s > 0))
		q.soak_s = 60; /* no limit was set: the figure only bounds what is expected */
	snprintf(r->run, sizeof(r->run), "%s", run ? run : "");
	q.n = r->p.axis.n;
	q.first_good = r->p.first_good;
	q.confidence = r->p.confidence;
	bisection_init(&r->b, &q);
	r->why = xcalloc(q.n, sizeof(*r->why));
	return 0;
}

static int take_skip(struct bisect_result *r, const json_t *o, struct err *err)
{
	const char *why = NULL;
	size_t version = 0;

	if (version_of(r, o, "skip", &version, err) < 0 || json_get_str(o, "why", &why, err) < 0)
		return -EINVAL;
	free(r->why[version]);
	r->why[version] = xstrdup(why ? why : "");
	r->b.skipped[version] = true;
	return 0;
}

static int take_trial(struct bisect_result *r, const json_t *o, struct err *err)
{
	struct bisection_item it = { 0 };
	const char *outcome = NULL;

	if (json_get_u64(o, "trial", &it.trial, err) < 0 ||
	    version_of(r, o, "version", &it.version, err) < 0 ||
	    json_get_str(o, "outcome", &outcome, err) < 0 ||
	    json_get_double(o, "seconds", &it.seconds, err) < 0 ||
	    json_get_double(o, "wall_s", &it.wall_s, err) < 0)
		return -EINVAL;
	if (!outcome || !outcome_by_name(outcome, &it.outcome))
		return err_set(err, EINVAL, "there is no outcome '%.40s'", outcome ? outcome : "");
	if (!(it.seconds >= 0 && it.seconds < 1e12))
		return err_set(err, EINVAL, "\"seconds\" should be 0 or more");
	it.wall_s = it.wall_s >= it.seconds && it.wall_s < 1e12 ? it.wall_s : it.seconds;
	for (size_t i = 0; i < r->b.n; i++)
		if (r->b.item[i].trial == it.trial)
			return err_set(err, EINVAL, "trial %" PRIu64 " is there twice", it.trial);
	bisection_add(&r->b, &it);
	return 0;
}

static int compare_items(const void *a, const void *b)
{
	const struct bisection_item *x = a, *y = b;

	return x->trial < y->trial ? -1 : x->trial > y->trial;
}

/* ---- what makes it doubtful ---- */

static void warn_changes(struct bisect_result *r)
{
	const char *label = r->p.axis.value[r->odd].label;

	if (r->misfit < two_changes)
		strv_take(
			&r->warnings,
			xasprintf("%s does not fit one change (p = %.2g): there is more than one, "
				  "or the hazard is not the same in all bad versions",
				  label, r->misfit));
}

static char *half_text(double mttf_s)
{
	char t[UNIT_TEXT];

	if (!isfinite(mttf_s))
		return xstrdup("had no failure");
	return xasprintf("failed once in %s", duration_human(t, (uint64_t)(mttf_s * 1e9)));
}

static void warn_order(struct bisect_result *r)
{
	_cleanup_free_
	char *early = half_text(r->drift.mttf_s[0]), *late = half_text(r->drift.mttf_s[1]);

	if (drift_in_order(&r->drift))
		strv_take(&r->warnings,
			  xasprintf("the hazard drifted while this ran: bad versions %s in the "
				    "first half of their soak, and %s in the second (p = %.2g); "
				    "the answer supposes one rate (a host that was busy for a "
				    "while?)",
				    early, late, r->drift.order_p));
}

/* Inside the shapes that the posterior knows it is a finding, outside a doubt. */
static void warn_age(struct bisect_result *r)
{
	const struct drift *d = &r->drift;
	const struct bisect_prior *known = &bisect_prior_full;
	const double least = known->shape[0], most = known->shape[known->n_shapes - 1];

	if (drift_with_age(d))
		strv_take(&r->warnings,
			  xasprintf("the hazard of bad versions %s while they soak (Weibull shape "
				    "%.2g, p = %.2g): %s",
				    d->shape < 1 ? "falls" : "rises", d->shape, d->age_p,
				    d->shape >= least && d->shape <= most
					    ? "the answer allows for that"
					    : "more than the answer allows for, shapes from 0.5 to "
					      "2"));
}

static void warn_others(struct bisect_result *r)
{
	size_t others = 0, lost = 0;

	for (size_t i = 0; i < r->p.axis.n; i++) {
		others += r->v.tally[i].others;
		lost += r->v.tally[i].lost;
	}
	if (others)
		strv_take(&r->warnings,
			  xasprintf("%zu trial%s died of another crash than %s: alive until then, "
				    "for this question",
				    others, others == 1 ? "" : "s", r->p.target));
	if (lost * LOST_MUCH > r->b.n)
		strv_take(&r->warnings,
			  xasprintf("%zu of %zu trials were lost before their soak; they say "
				    "nothing and are left out",
				    lost, r->b.n));
}

static void judge(struct bisect_result *r)
{
	if (r->b.n)
		qsort(r->b.item, r->b.n, sizeof(*r->b.item), compare_items);
	bisection_look(&r->b, &r->v);
	r->misfit = r->v.known ? bisection_misfit(&r->b, &r->v, &r->odd) : 1;
	warn_changes(r);
	bisection_drift(&r->b, &r->v, &r->drift);
	warn_order(r);
	warn_age(r);
	warn_others(r);
}

/* The target's crash of the bad version nearest to the boundary: from there it is to be explained.
 */
static bool is_nearer(const struct bisect_result *r, const struct bisection_item *it)
{
	const bool here = it->version == r->v.bad, there = r->crash_version == r->v.bad;

	return here != there ? here : it->trial < r->crash_trial;
}

static void keep_crash(struct bisect_result *r, const json_t *o)
{
	const char *id = NULL, *title = NULL;
	struct bisection_item it = { 0 };

	if (json_get_u64(o, "trial", &it.trial, NULL) < 0 ||
	    version_of(r, o, "version", &it.version, NULL) < 0 ||
	    json_get_str(o, "id", &id, NULL) < 0 || json_get_str(o, "title", &title, NULL) < 0)
		return;
	if (r->has_crash && !is_nearer(r, &it))
		return;
	r->has_crash = true;
	r->crash_version = it.version;
	r->crash_trial = it.trial;
	snprintf(r->crash.id, sizeof(r->crash.id), "%s", id ? id : "");
	snprintf(r->crash.title, sizeof(r->crash.title), "%s", title ? title : "");
}

static bool is_failure(const json_t *o)
{
	const char *outcome = NULL;

	return json_get_str(o, "outcome", &outcome, NULL) == 0 && outcome &&
	       str_eq(outcome, outcome_name(OUTCOME_FAILED));
}

int bisect_replay(const json_t *lines, struct bisect_result *ret, struct err *err)
{
	struct bisect_result r = { 0 };
	int code = take_head(&r, json_array_get(lines, 0), err);
	size_t i;
	json_t *o;

	json_array_foreach (lines, i, o) {
		if (i == 0 || code < 0)
			continue;
		code = json_object_get(o, "skip") ? take_skip(&r, o, err) : take_trial(&r, o, err);
		if (code < 0)
			err_wrap(err, "line %zu", i + 1);
	}
	if (code < 0) {
		bisect_result_done(&r);
		return code;
	}
	judge(&r);
	json_array_foreach (lines, i, o)
		if (i && is_failure(o))
			keep_crash(&r, o);
	*ret = r;
	return 0;
}

/* ---- what only the folder and the cache know ---- */

static void add_crash(const struct run_dir *run, struct bisect_result *r)
{
	struct verdict *v = xcalloc(1, sizeof(*v));

	if (r->has_crash && verdict_read(run->fd, r->crash_trial, v, NULL) == 0 && v->has_sighting)
		r->crash = v->sighting;
	free(v);
}

static void add_words(struct strv *v, const char *words)
{
	for (const char *s = words, *end; *s; s = end + strspn(end, " ")) {
		end = s + strcspn(s, " ");
		if (end > s)
			strv_take(v, xstrndup(s, (size_t)(end - s)));
	}
}

/* What the loads had loaded: where the stack is only locks and stalls, they say what it is about.
 */
static void modules_used(const struct run_dir *run, struct strv *ret)
{
	_cleanup_json_ json_t *plan = NULL;
	const char *name;
	json_t *args;

	if (json_read(run->fd, RUN_PLAN, &plan, NULL) < 0)
		return;
	json_object_foreach ((json_t *)(uintptr_t)json_at(plan, "settings.0.load"), name, args) {
		const struct load_def *def = load_by_name(name);
		const char *own = json_string_value(json_object_get(args, "modules"));

		add_words(ret, def ? def->modules : "");
		add_words(ret, own ? own : "");
	}
}

static size_t clues_of(const struct sighting *s, const struct strv *modules,
		       struct clue clue[CLUES_MAX])
{
	const char *function[CLUE_FRAMES + 1], *module[CLUE_FRAMES + CLUE_MODULES + 1];
	size_t n_functions = 0, n_modules = 0;

	if (*s->function)
		function[n_functions++] = s->function;
	if (*s->module)
		module[n_modules++] = s->module;
	for (size_t i = 0; i < s->n_frames && n_functions < CLUE_FRAMES; i++) {
		if (!s->frame[i].reliable)
			continue;
		function[n_functions++] = s->frame[i].function;
		if (*s->frame[i].module && n_modules < CLUE_FRAMES)
			module[n_modules++] = s->frame[i].module;
	}
	for (size_t i = 0; i < modules->n && i < CLUE_MODULES; i++)
		module[n_modules++] = modules->item[i];
	return changelog_clues(function, n_functions, module, n_modules, clue);
}

/* The newer one's changelog has what came after the older one, whichever of them is bad. */
static void add_changelog(const struct run_dir *run, struct bisect_result *r)
{
	_cleanup_strv_ struct strv modules = { 0 };
	const struct axis_value *x = &r->p.axis.value[r->v.bad];
	const struct axis_value *y = &r->p.axis.value[r->v.good];
	const struct axis_value *newer = str_version_cmp(x->note, y->note) > 0 ? x : y;
	_cleanup_kernel_ struct kernel k = { 0 };
	struct clue clue[CLUES_MAX];
	size_t n;
	const char *ref = newer->set.n ? str_after(newer->set.item[0], "kernel=") : NULL;

	modules_used(run, &modules);
	n = clues_of(&r->crash, &modules, clue);
	if (!ref || kernel_find(ref, false, &k, NULL) < 0)
		return;
	if (!k.changelog) {
		strv_take(&r->warnings, xasprintf("%s has no changelog in the cache", k.package));
		return;
	}
	if (changelog_read(k.changelog, newer == x ? y->note : x->note, clue, n, CHANGELOG_SHOWN,
			   &r->changelog, &r->changelog_all, NULL) == 0)
		r->changelog_of = xasprintf("%s %s", k.package, k.version);
}

int bisect_load(const struct run_dir *run, struct bisect_result *ret, struct err *err)
{
	_cleanup_json_ json_t *lines = NULL;
	int code = bisect_log(run, &lines, err);

	if (code == 0)
		code = bisect_replay(lines, ret, err);
	if (code < 0)
		return code;
	add_crash(run, ret);
	if (ret->p.axis.kind == AXIS_KERNELS && ret->has_crash &&
	    (ret->v.state == BISECT_FOUND || ret->v.state == BISECT_CONFIRM ||
	     ret->v.state == BISECT_NARROWED))
		add_changelog(run, ret);
	return 0;
}

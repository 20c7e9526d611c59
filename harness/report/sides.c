/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/sides.h"

#include <errno.h>

#include "model/controls.h"
#include "report/differ.h"

void sides_done(struct sides *s)
{
	free(s->side);
	free(s->versus);
	free(s->part);
	strv_done(&s->names);
	*s = (struct sides){ 0 };
}

/* --- names --- */

static bool same_run(const struct view *a, const struct view *b)
{
	return a == b || str_eq(a->run, b->run);
}

bool sides_one_run(const struct sides_run *run, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (!same_run(run[i].view, run[0].view))
			return false;
	return true;
}

/* Runs are numbered in the order in which they were first named. */
char *sides_label(const struct sides_run *run, size_t n, size_t i)
{
	size_t number = 1, first = i;

	for (size_t k = 0; k < n; k++)
		if (same_run(run[k].view, run[i].view)) {
			first = MIN(first, k);
			if (run[k].label)
				return xstrdup(run[k].label);
		}
	for (size_t k = 0; k < first; k++) {
		bool seen = false;

		for (size_t j = 0; j < k; j++)
			seen |= same_run(run[j].view, run[k].view);
		number += !seen;
	}
	return xasprintf("%zu", number);
}

static char *side_name(const struct sides_run *run, size_t n, size_t i, const char *arm)
{
	_cleanup_free_
	char *label = sides_label(run, n, i);

	if (sides_one_run(run, n) && !run[i].label)
		return xstrdup(arm);
	if (run[i].label && (run[i].arm || run[i].view->n_arms == 1))
		return xstrdup(label);
	return xasprintf("%s:%s", label, arm);
}

/* --- finding --- */

static void put_arms(struct buf *b, const struct view *v)
{
	for (size_t i = 0; i < v->n_arms; i++)
		buf_printf(b, "%s%s", i ? ", " : "", v->arm[i].name);
}

static int no_such_arm(const struct view *v, const char *name, struct err *err)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	put_arms(&b, v);
	return err_set(err, EINVAL, "run %s has no arm '%s': it has %s", v->run, name,
		       v->n_arms ? buf_str(&b) : "none");
}

/* --- building --- */

/* Room for all that n runs can give. */
static void reserve(struct sides *s, const struct sides_run *run, size_t n)
{
	size_t most = 1;

	for (size_t i = 0; i < n; i++)
		most += run[i].view->n_arms;
	s->side = xcalloc(most, sizeof(*s->side));
	s->part = xcalloc(most, sizeof(*s->part));
	s->versus = xcalloc(most, sizeof(*s->versus));
}

/* Takes the name. A side whose parts begin at `part`. */
static void add_side(struct sides *s, char *name, const struct contrast_part *part, size_t n_parts)
{
	strv_take(&s->names, name);
	s->side[s->n++] = (struct contrast_side){ .name = name, .part = part, .n_parts = n_parts };
}

static void add_one(struct sides *s, char *name, const struct view *v, size_t arm)
{
	struct contrast_part *part = &s->part[s->n];

	*part = (struct contrast_part){ v, arm };
	add_side(s, name, part, 1);
}

static void add_versus(struct sides *s, size_t base, size_t other)
{
	s->versus[s->n_pairs++] = (struct contrast_versus){ base, other };
}

/* --- all with the first --- */

static bool is_named(const struct sides *s, size_t i, const char *name)
{
	const struct contrast_part *part = s->side[i].part;

	return str_eq(s->side[i].name, name) || str_eq(part->view->arm[part->arm].name, name);
}

static int find_baseline(const struct sides *s, const char *name, size_t *ret, struct err *err)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	for (size_t i = 0; i < s->n && name; i++)
		if (is_named(s, i, name)) {
			*ret = i;
			return 0;
		}
	*ret = 0;
	if (!name)
		return 0;
	for (size_t i = 0; i < s->n; i++)
		buf_printf(&b, "%s%s", i ? ", " : "", s->side[i].name);
	return err_set(err, EINVAL, "there is no '%s' to compare with, but %s", name, buf_str(&b));
}

static int all_with_one(struct sides *s, const char *baseline, struct err *err)
{
	size_t base;
	int r = find_baseline(s, baseline, &base, err);

	if (r < 0)
		return r;
	if (s->n < 2)
		return err_set(err, EINVAL,
			       "there is one arm, '%s', and nothing to compare it with: name "
			       "another run, or RUN:ARM",
			       s->n ? s->side[0].name : "none");
	for (size_t i = 0; i < s->n; i++)
		if (i != base)
			add_versus(s, base, i);
	return 0;
}

static int refuse_twice(const struct sides *s, struct err *err)
{
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < i; k++) {
			const struct contrast_part *a = s->side[i].part, *b = s->side[k].part;

			if (a->arm == b->arm && same_run(a->view, b->view))
				return err_set(err, EINVAL, "arm '%s' of run %s is named twice",
					       a->view->arm[a->arm].name, a->view->run);
		}
	return 0;
}

static int flat(struct sides *s, const struct sides_run *run, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		const struct view *v = run[i].view;
		size_t only = run[i].arm ? view_arm_named(v, run[i].arm) : SIZE_MAX;

		if (run[i].arm && only == SIZE_MAX)
			return no_such_arm(v, run[i].arm, err);
		for (size_t a = 0; a < v->n_arms; a++)
			if (run[i].arm ? a == only : !control_of(v->arm[a].name))
				add_one(s, side_name(run, n, i, v->arm[a].name), v, a);
	}
	return refuse_twice(s, err);
}

/* --- runs by name --- */

static int find_run(const struct sides_run *run, size_t n, const char *baseline, size_t *ret,
		    struct err *err)
{
	*ret = 0;
	for (size_t i = 0; i < n && baseline; i++) {
		_cleanup_free_
		char *label = sides_label(run, n, i);

		if (str_eq(label, baseline) || str_eq(run[i].view->run, baseline)) {
			*ret = i;
			return 0;
		}
	}
	if (!baseline)
		return 0;
	return err_set(err, EINVAL, "there is no run '%s' to compare with: runs are 1 to %zu",
		       baseline, n);
}

/* The arm `a` of the base run with its namesakes in the others. */
static void add_namesakes(struct sides *s, const struct sides_run *run, size_t n, size_t base,
			  size_t a)
{
	const char *name = run[base].view->arm[a].name;
	size_t first = s->n;

	for (size_t k = 0; k < n; k++) {
		size_t i = (base + k) % n, arm = view_arm_named(run[i].view, name);

		if (arm == SIZE_MAX)
			continue;
		add_one(s, side_name(run, n, i, name), run[i].view, arm);
		if (s->n > first + 1)
			add_versus(s, first, s->n - 1);
	}
	if (s->n == first + 1) {
		s->n--; /* alone: its name stays in s->names, unused */
	}
}

static int nothing_in_common(const struct sides_run *run, size_t n, struct err *err)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	for (size_t i = 0; i < n; i++) {
		buf_printf(&b, "%s%s has ", i ? ", " : "", run[i].view->run);
		put_arms(&b, run[i].view);
	}
	return err_set(err, EINVAL,
		       "these runs have no arm of one name (%s): say which to compare, as RUN:ARM",
		       buf_str(&b));
}

static int by_name(struct sides *s, const struct sides_run *run, size_t n, const char *baseline,
		   struct err *err)
{
	bool single = true;
	size_t base;
	int r = find_run(run, n, baseline, &base, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		single &= run[i].view->n_arms == 1;
	for (size_t a = 0; a < run[base].view->n_arms; a++)
		if (!control_of(run[base].view->arm[a].name))
			add_namesakes(s, run, n, base, a);
	if (s->n_pairs)
		return refuse_twice(s, err);
	if (!single)
		return nothing_in_common(run, n, err);
	r = flat(s, run, n, err);
	return r < 0 ? r : all_with_one(s, NULL, err);
}

/* --- runs pooled --- */

/* Only like is pooled with like: the settings, and the kernels that really ran. */
static int check_alike(const struct contrast_part *a, const struct contrast_part *b,
		       struct err *err)
{
	const struct view_arm *x = &a->view->arm[a->arm], *y = &b->view->arm[b->arm];
	_cleanup_strv_ struct strv differing = { 0 };

	if (!x->settings || !y->settings)
		return err_set(err, EINVAL,
			       "the plan of run %s does not say its settings: it "
			       "cannot be pooled",
			       x->settings ? b->view->run : a->view->run);
	differ_settings(x->settings, y->settings, &differing);
	for (size_t i = 0; i < y->kernels.n && x->kernels.n; i++)
		if (!strv_has(&x->kernels, y->kernels.item[i]))
			strv_take(&differing, xasprintf("kernel %s -> %s", x->kernels.item[0],
							y->kernels.item[i]));
	if (!differing.n)
		return 0;
	return err_set(err, EINVAL, "arm '%s' of %s and of %s cannot be pooled, they differ: %s%s",
		       x->name, a->view->run, b->view->run, differing.item[0],
		       differing.n > 1 ? ", and more" : "");
}

static int pool_name(struct sides *s, const struct sides_run *run, size_t n, const char *name,
		     size_t *n_parts, struct err *err)
{
	struct contrast_part *first = &s->part[*n_parts];
	size_t had = *n_parts;

	for (size_t i = 0; i < n; i++) {
		size_t arm = view_arm_named(run[i].view, name);

		if (arm == SIZE_MAX)
			continue;
		s->part[*n_parts] = (struct contrast_part){ run[i].view, arm };
		if (check_alike(first, &s->part[*n_parts], err) < 0)
			return -EINVAL;
		(*n_parts)++;
	}
	add_side(s, xstrdup(name), first, *n_parts - had);
	return 0;
}

static int pooled(struct sides *s, const struct sides_run *run, size_t n, struct err *err)
{
	size_t n_parts = 0;

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++)
			if (same_run(run[i].view, run[k].view))
				return err_set(err, EINVAL, "run %s is named twice",
					       run[i].view->run);
		if (run[i].arm)
			return err_set(err, EINVAL,
				       "--pool takes whole runs, not the arm '%s' of one",
				       run[i].arm);
	}
	for (size_t i = 0; i < n; i++)
		for (size_t a = 0; a < run[i].view->n_arms; a++) {
			const char *name = run[i].view->arm[a].name;

			if (!strv_has(&s->names, name) &&
			    pool_name(s, run, n, name, &n_parts, err) < 0)
				return -EINVAL;
		}
	return 0;
}

static int make(struct sides *s, const struct sides_run *run, size_t n, const char *baseline,
		bool pool, struct err *err)
{
	bool arms = false;
	int r;

	for (size_t i = 0; i < n; i++)
		arms |= run[i].arm != NULL;
	reserve(s, run, n);
	if (n > 1 && !pool && !arms)
		return by_name(s, run, n, baseline, err);
	r = pool ? pooled(s, run, n, err) : flat(s, run, n, err);
	return r < 0 ? r : all_with_one(s, baseline, err);
}

int sides_make(const struct sides_run *run, size_t n, const char *baseline, bool pool,
	       struct sides *ret, struct err *err)
{
	struct sides s = { 0 };
	int r = make(&s, run, n, baseline, pool, err);

	if (r < 0)
		sides_done(&s);
	else
		*ret = s;
	return r;
}

/* --- all there is --- */

static bool has_trials(const struct view_arm *a)
{
	size_t n = a->going;

	for (int i = 0; i < OUTCOME_COUNT; i++)
		n += a->outcome[i];
	return n > 0;
}

static const char *arm_of(const struct contrast_side *side)
{
	return side->part->view->arm[side->part->arm].name;
}

/* Pairs each side with the first one; of its name where `namesakes` is set. */
static void add_pairs(struct sides *s, bool namesakes)
{
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < i && !control_of(arm_of(&s->side[i])); k++)
			if (!control_of(arm_of(&s->side[k])) &&
			    (!namesakes || str_eq(arm_of(&s->side[i]), arm_of(&s->side[k])))) {
				add_versus(s, k, i);
				break;
			}
}

void sides_all(const struct sides_run *run, size_t n, struct sides *ret)
{
	struct sides s = { 0 };

	reserve(&s, run, n);
	for (size_t i = 0; i < n; i++)
		for (size_t a = 0; a < run[i].view->n_arms; a++)
			if (has_trials(&run[i].view->arm[a]))
				add_one(&s, side_name(run, n, i, run[i].view->arm[a].name),
					run[i].view, a);
	add_pairs(&s, !sides_one_run(run, n));
	if (!s.n_pairs)
		add_pairs(&s, false);
	*ret = s;
}
